//! What a node answers when it does not do what was asked.

use hyper::StatusCode;
use serde::{Deserialize, Serialize};

use super::http::Reply;
use super::url::NodeUrl;

/// An answer that is an error: `application/problem+json` (RFC 9457) with the fields of this project.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Problem {
    /// The HTTP status.
    #[serde(default)]
    pub status: u16,
    /// What kind of problem it is, for programs: `not_leader`, `timeout`, …
    #[serde(default)]
    pub code: String,
    /// What kind of problem it is, for people.
    #[serde(default)]
    pub title: String,
    /// What is wrong with this very request.
    #[serde(default)]
    pub detail: String,
    /// Whether what was asked may have been done.
    #[serde(default)]
    pub outcome: Outcome,
    /// Who answered.
    #[serde(default)]
    pub node: Option<String>,
    /// The term of who answered.
    #[serde(default)]
    pub term: Option<u64>,
    /// Who leads, as far as the node knows.
    #[serde(default)]
    pub leader: Option<String>,
    /// Where to reach the leader.
    #[serde(default)]
    pub leader_url: Option<NodeUrl>,
    /// When it may be worth asking again, in milliseconds.
    #[serde(default)]
    pub retry_after_ms: Option<u64>,
}

/// Whether a request that failed had an effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Certainly none.
    NotApplied,
    /// It may have been done, or may still be done.
    #[default]
    Unknown,
}

impl Problem {
    /// Reads the answer, which is an error by its status. What is no problem document, as from a proxy on the way,
    /// is told by its status alone.
    pub(super) fn of(reply: &Reply) -> Problem {
        let mut problem = match serde_json::from_slice(&reply.body) {
            Ok(problem) => problem,
            Err(_) => Problem::without_document(reply.status),
        };
        problem.status = reply.status.as_u16();
        problem
    }

    fn without_document(status: StatusCode) -> Problem {
        let outcome = if status.is_server_error() { Outcome::Unknown } else { Outcome::NotApplied };
        Problem {
            status: status.as_u16(),
            code: String::new(),
            title: status.canonical_reason().unwrap_or("unknown status").to_owned(),
            detail: String::new(),
            outcome,
            node: None,
            term: None,
            leader: None,
            leader_url: None,
            retry_after_ms: None,
        }
    }

    /// In one line, for people.
    pub fn text(&self) -> String {
        let what = match (self.detail.as_str(), self.title.as_str()) {
            ("", title) => format!("{title} (status {})", self.status),
            (detail, _) => detail.to_owned(),
        };
        match &self.node {
            Some(node) => format!("{node}: {what}"),
            None => what,
        }
    }
}
