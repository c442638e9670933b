//! How a node is, as `/v1/status` tells it.

use mini_raft_core::raft::{Index, NodeId, RoleName, Term};
use serde::Serialize;

use super::actor::Actor;

/// A look at the node, all of one moment.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// This node.
    pub id: NodeId,
    /// What it is.
    #[serde(serialize_with = "role_name")]
    pub role: RoleName,
    /// `current_term`.
    pub term: Term,
    /// The leader that it knows of.
    pub leader: Option<NodeId>,
    /// `commit_index`.
    pub commit_index: Index,
    /// `last_applied`.
    pub last_applied: Index,
    /// The last entry of the log.
    pub last_index: Index,
    /// The last entry of the log on stable storage.
    pub durable_index: Index,
    /// What the newest snapshot covers; 0 without one.
    pub snapshot_index: Index,
    /// Those whose votes count.
    pub voters: Vec<NodeId>,
    /// The old voters, while the configuration is joint.
    pub outgoing: Vec<NodeId>,
    /// Those who only get the log.
    pub learners: Vec<NodeId>,
    /// Whether this server lost its disk and does not count yet.
    pub forgetful: bool,
    /// Whether the disk is full.
    pub disk_full: bool,
    /// Whether the process is about to end.
    pub stopping: bool,
    /// Whether it knows a leader and has applied what was committed when it started.
    pub ready: bool,
    /// How often this node has stood for election since it started.
    #[serde(skip)]
    pub elections: u64,
    /// How often another leader became known to it.
    #[serde(skip)]
    pub leader_changes: u64,
    /// How many keys the store has.
    pub keys: u64,
    /// A hash of the store: equal on all nodes that have applied the same.
    pub digest: String,
    /// What a leader knows of the others; empty elsewhere.
    pub progress: Vec<PeerProgress>,
}

/// What a leader knows of another server.
#[derive(Clone, Debug, Serialize)]
pub struct PeerProgress {
    /// The server.
    pub id: NodeId,
    /// `match_index` of Figure 2.
    pub match_index: Index,
    /// `next_index` of Figure 2.
    pub next_index: Index,
    /// Whether it lost its disk and does not count yet.
    pub forgetful: bool,
}

impl Actor {
    /// Tells the log of the process who leads, and counts it, whenever that has changed.
    pub(super) fn tell_who_leads(&mut self) {
        let now = (self.node.role(), self.node.current_term(), self.node.leader());
        if now != self.told {
            let stands = matches!(now.0, RoleName::Candidate | RoleName::Leader);
            self.elections += u64::from(stands && now.1 > self.told.1);
            self.leader_changes += u64::from(now.2.is_some() && now.2 != self.told.2);
            let leader = now.2.map(|leader| leader.to_string());
            tracing::info!(
                role = now.0.as_str(),
                term = now.1.0,
                leader,
                "the role, the term or the leader changed"
            );
            self.leadership.tell(now.1, now.2);
            self.told = now;
        }
    }

    /// How the node is now.
    pub(super) fn status(&self) -> Status {
        let node = &self.node;
        let configuration = node.configuration();
        let disk_full = self.disk.gauge().is_full();
        let forgetful = node.forgets().is_some();
        Status {
            id: node.id(),
            role: node.role(),
            term: node.current_term(),
            leader: node.leader(),
            commit_index: node.commit_index(),
            last_applied: node.last_applied(),
            last_index: node.log().last().index,
            durable_index: node.durable_index(),
            snapshot_index: node.log().snapshot_id().index,
            voters: configuration.voters().to_vec(),
            outgoing: configuration.outgoing().to_vec(),
            learners: configuration.learners().to_vec(),
            forgetful,
            disk_full,
            stopping: self.stopping.is_some(),
            ready: node.leader().is_some() && !forgetful && !disk_full && self.stopping.is_none(),
            elections: self.elections,
            leader_changes: self.leader_changes,
            keys: self.store.len() as u64,
            digest: format!("{:016x}", self.store.digest()),
            progress: node
                .progress()
                .map(|(id, progress)| PeerProgress {
                    id,
                    match_index: progress.match_index,
                    next_index: progress.next_index,
                    forgetful: progress.forgetful.is_some(),
                })
                .collect(),
        }
    }
}

fn role_name<S: serde::Serializer>(role: &RoleName, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(role.as_str())
}
