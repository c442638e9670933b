//! Errors as `application/problem+json` (RFC 9457), with what a client needs to know to go on: was it done, who leads,
//! when to come back.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use mini_raft_core::raft::{NodeId, Refusal, Term};
use serde::Serialize;

use super::App;
use crate::node::{Declined, Failure};

/// Whether what was asked for has been done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Done {
    /// Certainly not.
    NotApplied,
    /// Perhaps, now or later.
    Unknown,
}

/// An error as a client gets it.
#[derive(Clone, Debug)]
pub(super) struct Problem(Box<Parts>);

#[derive(Clone, Debug, Serialize)]
struct Parts {
    r#type: &'static str,
    title: &'static str,
    #[serde(serialize_with = "code_of")]
    status: StatusCode,
    detail: String,
    code: &'static str,
    outcome: Done,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<NodeId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    term: Option<Term>,
    leader: Option<NodeId>,
    leader_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    #[serde(skip)]
    location: Option<String>,
}

impl Problem {
    /// A problem of this status and code; nothing was done.
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Problem {
        Problem(Box::new(Parts {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status,
            detail: detail.into(),
            code,
            outcome: Done::NotApplied,
            node: None,
            term: None,
            leader: None,
            leader_url: None,
            retry_after_ms: None,
            location: None,
        }))
    }

    /// Something in the request is wrong.
    pub(super) fn bad_request(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "bad_request", detail)
    }

    /// It may have been done.
    pub(super) fn unknown(mut self) -> Problem {
        self.0.outcome = Done::Unknown;
        self
    }

    /// It came after something that was done.
    pub(super) fn after(mut self, done: &str) -> Problem {
        self.0.detail = format!("{done}: {}", self.0.detail);
        self.unknown()
    }

    /// It is worth while to come back after so long.
    pub(super) fn retry_after_ms(mut self, milliseconds: u64) -> Problem {
        self.0.retry_after_ms = Some(milliseconds);
        self
    }

    /// What a declined wish means to a client. `path` is that of its request, with its query: a leader elsewhere is
    /// named by its configured URL, never by what the client calls us.
    pub(super) fn of(failure: Failure, app: &App, path: &str) -> Problem {
        match failure {
            Failure::Declined(Declined::Refused(refusal)) => Problem::refused(refusal, app, path),
            Failure::Declined(Declined::Unknown) => Problem::new(
                StatusCode::GATEWAY_TIMEOUT,
                "leadership_lost",
                "this node lost leadership before the write was committed: it may or may not survive. Read the key, or \
                 retry with the same Idempotency-Key",
            )
            .unknown(),
            Failure::Declined(Declined::DiskFull) => Problem::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "disk_full",
                "the disk of this node is full: nothing new is taken in until there is room",
            )
            .retry_after_ms(1000),
            Failure::Declined(Declined::NoLease) => Problem::new(
                StatusCode::CONFLICT,
                "no_lease",
                "lease reads are off on this cluster: start the nodes with --lease-reads-drift-percent, or use \
                 consistency=linearizable",
            ),
            Failure::Declined(Declined::TransferFailed(why)) => {
                Problem::new(StatusCode::CONFLICT, "transfer_failed", why.as_ref())
            }
            Failure::Declined(Declined::NothingToSnapshot) => {
                Problem::new(StatusCode::CONFLICT, "nothing_to_snapshot", "no entry is applied yet")
            }
            Failure::Declined(Declined::Stopping) => {
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", "this node is stopping: ask another one")
                    .retry_after_ms(0)
            }
            Failure::Starting => Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "starting",
                "this node is starting: its disk is empty, and it asks its peers whether it has served here before",
            )
            .retry_after_ms(200),
            Failure::Overloaded => Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "overloaded",
                "too many requests are waiting here",
            )
            .retry_after_ms(100),
            Failure::TimedOut { proposed } => {
                let problem = Problem::new(
                    StatusCode::GATEWAY_TIMEOUT,
                    "timeout",
                    "no majority of the cluster answered in time",
                );
                if proposed { problem.unknown() } else { problem.retry_after_ms(500) }
            }
        }
    }

    fn refused(refusal: Refusal, app: &App, path: &str) -> Problem {
        match refusal {
            Refusal::NotLeader { leader: Some(leader) } => match app.url_of(leader) {
                Some(url) => {
                    let detail = format!("{leader} is the leader: ask it, or add ?forward=true");
                    let mut problem = Problem::new(StatusCode::TEMPORARY_REDIRECT, "not_leader", detail);
                    problem.0.leader = Some(leader);
                    problem.0.leader_url = Some(url.to_owned());
                    problem.0.location = Some(format!("{url}{path}"));
                    problem
                }
                None => Problem::no_leader(format!("{leader} is the leader, and its address is not known here")),
            },
            Refusal::NotLeader { leader: None } => {
                Problem::no_leader("no leader is known: an election is under way, or no majority can be reached")
            }
            Refusal::Transferring { to } => Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "transferring",
                format!("leadership is being handed to {to}"),
            )
            .retry_after_ms(100),
            Refusal::TooMuchUncommitted => Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "overloaded",
                "too many bytes wait for a majority to store them",
            )
            .retry_after_ms(200),
            Refusal::ChangeUnderWay => Problem::new(
                StatusCode::CONFLICT,
                "change_under_way",
                "another change of the membership is under way, or the leader is too new to make one: try again",
            )
            .retry_after_ms(500),
            Refusal::BadChange => Problem::new(
                StatusCode::CONFLICT,
                "bad_change",
                "the members are so already, or nobody would be left to vote: nothing was changed",
            ),
            Refusal::CatchUpTooSlow => Problem::new(
                StatusCode::CONFLICT,
                "catch_up_too_slow",
                "a server to be added did not catch up with the log in time: it runs, so the network or its disk is too \
                 slow. It is sent the log as a learner meanwhile: try again",
            ),
        }
    }

    fn no_leader(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "no_leader", detail).retry_after_ms(300)
    }

    /// With what this node knows beyond what is wrong: who it is, its term, and who leads.
    fn seen_by(mut self, app: &App) -> Problem {
        let (term, leader) = app.node.leadership();
        self.0.node = Some(app.id());
        // 0 stands for a node that does not take part yet.
        self.0.term = Some(term).filter(|term| *term > Term::ZERO);
        self.0.leader = self.0.leader.or(leader);
        self.0.leader_url = self.0.leader.and_then(|leader| app.url_of(leader)).map(str::to_owned);
        self
    }
}

/// Completes the document of an answer that is a problem, whoever found it.
pub(super) fn completed(app: &App, mut response: Response) -> Response {
    match response.extensions_mut().remove::<Problem>() {
        Some(problem) => response.map(|_| problem.seen_by(app).into_response().into_body()),
        None => response,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Problem(parts) = &self;
        let (location, retry_after_ms) = (parts.location.clone(), parts.retry_after_ms);
        let mut response = (parts.status, Json(parts)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(location) = location.and_then(|location| HeaderValue::try_from(location).ok()) {
            headers.insert(header::LOCATION, location);
        }
        if let Some(milliseconds) = retry_after_ms {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(milliseconds.div_ceil(1000)));
        }
        // Whoever knows the node completes it.
        response.extensions_mut().insert(self);
        response
    }
}

fn code_of<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}
