//! Those who are to vote from now on: do they run, and do they remember what they promised?
//!
//! The core waits for a newcomer until it has the log, and gives up after a while; whoever asked for the change hears
//! sooner, and why, if the newcomer does not run at all. And to the core a voter that has lost its disk is a voter like
//! the others, so that adding it changes nothing: it must first be a learner, in a configuration of its own (see
//! `HardState::forgetful` in the core).

use std::time::Duration;

use axum::body::Bytes;
use axum::http::StatusCode;
use http_body_util::{BodyExt, Full, Limited};
use hyper::Request;
use mini_raft_core::raft::{EntryId, MembershipChange, NodeId, Refusal, RoleName};
use serde::Deserialize;
use tokio::time::{Instant, sleep, timeout};

use super::App;
use super::problem::Problem;
use crate::node::{Declined, Failure, Status};

/// How long a newcomer may take to say how it is.
const ANSWER_SPAN_MAX: Duration = Duration::from_secs(1);
/// How long a newcomer may take to start, and the leader to hear from it that its disk is lost.
const WAIT_SPAN_MAX: Duration = Duration::from_secs(5);
/// How long a change that another one is in the way of is tried again.
const CHANGE_WAIT_MAX: Duration = Duration::from_secs(5);
/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// No status is longer.
const STATUS_BYTES_MAX: usize = 1 << 20;

/// What a newcomer says of itself.
#[derive(Clone, Copy, Debug, Deserialize)]
struct SelfPortrait {
    forgetful: bool,
}

/// The voters among those to be added that have lost their disks, as the leader has heard from them; nobody where this
/// node does not lead, and so cannot change anything.
///
/// # Errors
/// When one of those to be added does not run.
pub(super) async fn voters_without_disk(app: &App, added: &[NodeId]) -> Result<Vec<NodeId>, Problem> {
    let deadline = Instant::now() + WAIT_SPAN_MAX;
    let mut lost = Vec::new();
    for &id in added.iter().filter(|id| **id != app.id()) {
        let Some(status) = status_if_leading(app).await else { return Ok(Vec::new()) };
        let portrait = portrait_of(app, id, deadline).await?;
        if !portrait.forgetful || !is_voter(&status, id) {
            continue;
        }
        // It says so to whoever asks; the leader acts on what it said under seal.
        while !is_known_to_forget(app, id).await {
            if Instant::now() >= deadline {
                return Err(unreachable(id, "has lost its disk, and this leader has not heard of it yet"));
            }
            sleep(LOOK_EVERY).await;
        }
        lost.push(id);
    }
    Ok(lost)
}

/// Makes learners of voters that have lost their disks: in the next configuration they can be admitted anew.
///
/// # Errors
/// Whatever is in the way of the change.
pub(super) async fn take_votes_away(app: &App, lost: &[NodeId]) -> Result<(), Failure> {
    let change = MembershipChange { learners: lost.to_vec(), ..MembershipChange::default() };
    app.node.change_members(change).await.map(drop)
}

/// Makes a change that follows another one: until that is over, the core refuses it.
///
/// # Errors
/// Whatever else is in the way of it, or the other one for too long.
pub(super) async fn change_after_another(app: &App, change: &MembershipChange) -> Result<EntryId, Failure> {
    let deadline = Instant::now() + CHANGE_WAIT_MAX;
    loop {
        match app.node.change_members(change.clone()).await {
            Err(Failure::Declined(Declined::Refused(Refusal::ChangeUnderWay)))
                if Instant::now() < deadline =>
            {
                sleep(LOOK_EVERY).await;
            }
            result => return result,
        }
    }
}

async fn status_if_leading(app: &App) -> Option<Status> {
    app.node.status().await.ok().filter(|status| status.role == RoleName::Leader)
}

fn is_voter(status: &Status, id: NodeId) -> bool {
    status.voters.contains(&id) || status.outgoing.contains(&id)
}

async fn is_known_to_forget(app: &App, id: NodeId) -> bool {
    let status = app.node.status().await.ok();
    status.is_some_and(|status| status.progress.iter().any(|it| it.id == id && it.forgetful))
}

/// What the node says of itself, as soon as it takes part.
async fn portrait_of(app: &App, id: NodeId, deadline: Instant) -> Result<SelfPortrait, Problem> {
    let url = app.url_of(id).unwrap_or_default().to_owned();
    loop {
        let why = match timeout(ANSWER_SPAN_MAX, ask(app, &url)).await {
            Ok(Ok(Some(portrait))) => return Ok(portrait),
            Ok(Ok(None)) if Instant::now() < deadline => {
                sleep(LOOK_EVERY).await;
                continue;
            }
            Ok(Ok(None)) => "does not get ready".to_owned(),
            Ok(Err(why)) => format!("does not answer ({why})"),
            Err(_) => format!("does not answer within {} s", ANSWER_SPAN_MAX.as_secs()),
        };
        return Err(unreachable(id, &format!("is at {url} and {why}")));
    }
}

/// `None` while it starts.
async fn ask(app: &App, url: &str) -> Result<Option<SelfPortrait>, String> {
    let request = Request::get(format!("{url}/v1/status")).body(Full::new(Bytes::new()));
    let request = request.map_err(|error| error.to_string())?;
    let response = app.http.request(request).await.map_err(|error| innermost(&error))?;
    let status = response.status();
    let body = Limited::new(response.into_body(), STATUS_BYTES_MAX).collect().await;
    let body = body.map_err(|error| error.to_string())?.to_bytes();
    match status {
        StatusCode::OK => serde_json::from_slice(&body).map(Some).map_err(|error| error.to_string()),
        StatusCode::SERVICE_UNAVAILABLE => Ok(None),
        other => Err(format!("status {other}")),
    }
}

/// The cause of all causes: the outer ones only say that something failed.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

fn unreachable(id: NodeId, why: &str) -> Problem {
    let detail = format!("{id} {why}: see to it that it runs, then add it again. Nothing was changed");
    Problem::new(StatusCode::CONFLICT, "node_unreachable", detail)
}
