//! The operations on the cluster itself. None of them has an idempotency key: they are asked once.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::request::Request;
use super::retry::Failure;
use super::url::NodeUrl;
use super::{Client, NodeStatus};

/// A change of who belongs to the cluster, done as one (§6).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MembersChange {
    /// Who votes from then on.
    pub add: Vec<String>,
    /// Who no longer belongs to it.
    pub remove: Vec<String>,
    /// Who is sent the log from then on and does not vote.
    pub learners: Vec<String>,
}

/// Who belongs to the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Members {
    /// Who votes.
    pub voters: Vec<String>,
    /// Who is sent the log and does not vote.
    #[serde(default)]
    pub learners: Vec<String>,
    /// The entry that says so.
    pub index: u64,
}

/// Who leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leadership {
    /// The leader.
    pub leader: String,
    /// Its term.
    pub term: u64,
}

/// What a snapshot covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The last entry in it.
    pub index: u64,
    /// The term of that entry.
    pub term: u64,
}

impl Client {
    /// How whichever node answers is.
    ///
    /// # Errors
    /// When no node answers.
    pub async fn status(&mut self) -> Result<NodeStatus, Failure> {
        self.call(&Request::get("/v1/status".to_owned())).await?.json()
    }

    /// Changes who belongs to the cluster.
    ///
    /// # Errors
    /// Whether it was refused, certainly not done, or may have been done.
    pub async fn change_members(&mut self, change: &MembersChange) -> Result<Members, Failure> {
        self.call(&Request::post("/v1/members".to_owned(), &json!(change))).await?.json()
    }

    /// Hands the leadership to this node, or to any that has the whole log.
    ///
    /// # Errors
    /// Whether it was refused, certainly not done, or may have been done.
    pub async fn transfer(&mut self, to: Option<&str>) -> Result<Leadership, Failure> {
        let wish = match to {
            Some(node) => json!({ "to": node }),
            None => json!({}),
        };
        self.call(&Request::post("/v1/transfer".to_owned(), &wish)).await?.json()
    }

    /// Makes the node at this URL take a snapshot and drop the part of its log that the snapshot covers.
    ///
    /// # Errors
    /// Whether it was refused, certainly not done, or may have been done.
    pub async fn snapshot(&self, node: &NodeUrl) -> Result<Snapshot, Failure> {
        let mut alone = Client { nodes: vec![node.clone()], at: 0, ..self.clone() };
        alone.call(&Request::post("/v1/snapshot".to_owned(), &json!({}))).await?.json()
    }
}
