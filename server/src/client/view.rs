//! How the whole cluster is: all nodes asked at the same time.

use std::time::Duration;

use futures_util::future::join_all;

use super::http::Http;
use super::request::Request;
use super::status::{NodeStatus, PeerUrl};
use super::url::NodeUrl;

/// All nodes, each as it answered. They were asked at the same time, and answered at different ones: what does not
/// agree may be a change that is under way.
#[derive(Clone, Debug)]
pub struct ClusterView {
    /// In the order in which they were named.
    pub nodes: Vec<NodeView>,
}

/// One node, seen from outside.
#[derive(Clone, Debug)]
pub struct NodeView {
    /// Its name, and where it was asked.
    pub node: PeerUrl,
    /// What it said, or why it said nothing.
    pub status: Result<NodeStatus, String>,
}

/// What a node is to its cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// Its vote counts.
    Voter,
    /// It is sent the log, and does not vote.
    Learner,
    /// It does not belong to the cluster any more, or not yet.
    Removed,
}

impl Membership {
    /// One word for it.
    pub fn name(self) -> &'static str {
        match self {
            Membership::Voter => "voter",
            Membership::Learner => "learner",
            Membership::Removed => "removed",
        }
    }
}

/// Whether a cluster does what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It has a leader that is ready, and every member answers, follows it, and counts.
    Healthy,
    /// It has a leader that is ready; some member does not answer, does not follow it, or has lost its disk and does
    /// not count until it is admitted anew.
    Degraded,
    /// No leader that is ready was seen.
    Down,
}

impl Health {
    /// One word for it.
    pub fn name(self) -> &'static str {
        match self {
            Health::Healthy => "healthy",
            Health::Degraded => "degraded",
            Health::Down => "down",
        }
    }
}

impl ClusterView {
    /// Asks all these nodes.
    pub async fn of(http: &Http, nodes: &[PeerUrl], within: Duration) -> ClusterView {
        let nodes = join_all(nodes.iter().map(|node| async {
            let status = status_of(http, &node.url, within).await;
            NodeView { node: node.clone(), status }
        }));
        ClusterView { nodes: nodes.await }
    }

    /// The leader: of those who take themselves for it, the one of the highest term. A deposed leader that has not
    /// heard of it yet has a lower one (§5.2: at most one a term).
    pub fn leader(&self) -> Option<&NodeStatus> {
        self.answers().filter(|status| status.is_leader()).max_by_key(|status| status.term)
    }

    /// The highest term that any node knows; `None` when none answers.
    pub fn term(&self) -> Option<u64> {
        self.answers().map(|status| status.term).max()
    }

    /// What this node is to the cluster, as the leader says, or without one who has the longest log; `None` when nobody
    /// answers who takes part.
    pub fn membership(&self, id: &str) -> Option<Membership> {
        let source = self.leader().or_else(|| {
            // Who has just begun, or lost its disk, knows nothing of it yet.
            let knowing = self.answers().filter(|status| !status.voters.is_empty());
            knowing.max_by_key(|status| status.last_index)
        })?;
        let is_in = |set: &[String]| set.iter().any(|member| member == id);
        Some(if is_in(&source.voters) || is_in(&source.outgoing) {
            Membership::Voter
        } else if is_in(&source.learners) {
            Membership::Learner
        } else {
            Membership::Removed
        })
    }

    /// Whether it does what it is for.
    pub fn health(&self) -> Health {
        let forgets = self.answers().any(|status| status.forgetful);
        match self.leader() {
            Some(leader) if leader.ready && self.all_follow() && !forgets => Health::Healthy,
            Some(leader) if leader.ready => Health::Degraded,
            _ => Health::Down,
        }
    }

    /// Whether there is a leader that is ready, and every member answers and follows it.
    pub fn all_follow(&self) -> bool {
        let members = self.nodes.iter().filter(|node| self.is_member(&node.node.id));
        self.leader().is_some_and(|leader| leader.ready) && { members }
            .all(|node| node.status.as_ref().is_ok_and(|status| self.follows(status)))
    }

    /// Whether the leader counts this node among the cluster.
    pub fn is_member(&self, id: &str) -> bool {
        let is_in = |set: &[String]| set.iter().any(|member| member == id);
        self.leader().is_some_and(|leader| is_in(&leader.voters) || is_in(&leader.learners))
    }

    /// Whether this node follows the leader, or is it.
    pub fn follows(&self, status: &NodeStatus) -> bool {
        self.leader()
            .is_some_and(|leader| status.term == leader.term && status.leader.as_ref() == Some(&leader.id))
    }

    /// The node of this name.
    pub fn node(&self, id: &str) -> Option<&NodeView> {
        self.nodes.iter().find(|node| node.node.id == id)
    }

    /// Of those that answered.
    pub fn answers(&self) -> impl Iterator<Item = &NodeStatus> {
        self.nodes.iter().filter_map(|node| node.status.as_ref().ok())
    }
}

/// Asks one node how it is.
///
/// # Errors
/// Says why that is not known.
pub async fn status_of(http: &Http, node: &NodeUrl, within: Duration) -> Result<NodeStatus, String> {
    let reply = http.ask(node, &Request::get("/v1/status".to_owned()), within).await?;
    if !reply.status.is_success() {
        return Err(format!("{node} answered {} when asked for its status", reply.status));
    }
    serde_json::from_slice(&reply.body)
        .map_err(|error| format!("what answers at {node} is no node of mini-raft: {error}"))
}

/// All nodes of the cluster that the node at this URL belongs to, itself among them.
///
/// # Errors
/// Says why they cannot be learnt from it.
pub async fn nodes_known_to(http: &Http, url: &NodeUrl, within: Duration) -> Result<Vec<PeerUrl>, String> {
    let status = status_of(http, url, within).await?;
    let mut nodes = status.peers;
    if !nodes.iter().any(|node| node.id == status.id) {
        nodes.push(PeerUrl { id: status.id, url: url.clone() });
    }
    nodes.sort_by(|a, b| (a.id.len(), &a.id).cmp(&(b.id.len(), &b.id)));
    Ok(nodes)
}
