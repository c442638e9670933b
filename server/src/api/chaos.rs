//! `/v1/chaos/*`: faults on demand. Only with `--enable-chaos`; else these paths do not exist.

use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::routing::post;
use mini_raft_core::raft::NodeId;
use serde::Deserialize;

use super::App;
use super::problem::Problem;
use super::request::json_of;
use crate::node::{Direction, LinkFault};

/// The longest pause or delay.
const SPAN_MAX_MS: u64 = 60_000;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/v1/chaos/cut", post(cut))
        .route("/v1/chaos/heal", post(heal))
        .route("/v1/chaos/delay", post(delay))
        .route("/v1/chaos/pause", post(pause))
        .route("/v1/chaos/crash", post(crash))
}

/// Which links: to and from these peers, all if none is named.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Links {
    #[serde(default)]
    peers: Vec<NodeId>,
    #[serde(default)]
    direction: Direction,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Delay {
    #[serde(default)]
    peers: Vec<NodeId>,
    ms: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pause {
    ms: u64,
}

/// The body of a request that has nothing to say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

async fn cut(State(app): State<App>, request: Request) -> Result<StatusCode, Problem> {
    let Links { peers, direction } = json_of(request).await?;
    app.door.links().set(&app.known(peers)?, LinkFault::Cut(direction));
    Ok(StatusCode::NO_CONTENT)
}

async fn heal(State(app): State<App>, request: Request) -> Result<StatusCode, Problem> {
    let Links { peers, direction: _ } = json_of(request).await?;
    app.door.links().set(&app.known(peers)?, LinkFault::None);
    Ok(StatusCode::NO_CONTENT)
}

async fn delay(State(app): State<App>, request: Request) -> Result<StatusCode, Problem> {
    let Delay { peers, ms } = json_of(request).await?;
    app.door.links().set(&app.known(peers)?, LinkFault::Delay(span(ms)?));
    Ok(StatusCode::NO_CONTENT)
}

async fn pause(State(app): State<App>, request: Request) -> Result<StatusCode, Problem> {
    let Pause { ms } = json_of(request).await?;
    app.node.pause(span(ms)?);
    Ok(StatusCode::NO_CONTENT)
}

/// As kill -9: nothing is answered, nothing is tidied up.
async fn crash(request: Request) -> Result<StatusCode, Problem> {
    let Nothing {} = json_of(request).await?;
    tracing::warn!("crashing, since somebody asked for it");
    std::process::abort()
}

impl App {
    fn known(&self, peers: Vec<NodeId>) -> Result<Vec<NodeId>, Problem> {
        let others: Vec<NodeId> = self.peers().map(|(id, _)| id).filter(|id| *id != self.id()).collect();
        match peers.iter().find(|id| !others.contains(id)) {
            Some(stranger) => Err(Problem::bad_request(format!("{stranger} is not a peer of this node"))),
            None if peers.is_empty() => Ok(others),
            None => Ok(peers),
        }
    }
}

fn span(ms: u64) -> Result<Duration, Problem> {
    if ms > SPAN_MAX_MS {
        return Err(Problem::bad_request(format!("ms is {ms}, and may be at most {SPAN_MAX_MS}")));
    }
    Ok(Duration::from_millis(ms))
}
