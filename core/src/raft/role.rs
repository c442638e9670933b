//! What a node is at the moment, with only the state that is legal in it.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::configuration::Configuration;
use super::ids::{Index, NodeId};
use super::io::ProposalId;
use super::progress::Progress;
use super::read::Reads;
use super::read_here::ReadsHere;
use crate::sorted::{SortedMap, SortedSet};
use crate::time::Micros;

/// The role of a node (Figure 4, and the pre-candidate of thesis 9.6).
#[derive(Clone, Debug)]
pub(super) enum Role {
    Follower(Follower),
    PreCandidate(Campaign),
    Candidate(Campaign),
    Leader(Box<Leader>),
}

/// A role without its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoleName {
    /// Answers requests.
    Follower,
    /// Asks whether it could win an election.
    PreCandidate,
    /// Asks for votes.
    Candidate,
    /// Replicates its log.
    Leader,
}

impl RoleName {
    /// The name in traces and on the page.
    pub fn as_str(self) -> &'static str {
        match self {
            RoleName::Follower => "follower",
            RoleName::PreCandidate => "pre-candidate",
            RoleName::Candidate => "candidate",
            RoleName::Leader => "leader",
        }
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a follower knows of its leader.
#[derive(Clone, Debug, Default)]
pub(super) struct Follower {
    /// The leader of the current term, once it has spoken.
    pub(super) leader: Option<NodeId>,
    /// When it last spoke; none before it did in this term.
    pub(super) leader_heard_at: Option<Micros>,
    /// Reads for which the leader was asked for an index.
    pub(super) reads: ReadsHere,
}

/// The votes of an election under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Campaign {
    /// Those who said yes.
    pub(super) granted: SortedSet<NodeId>,
    /// Those who said no.
    pub(super) denied: SortedSet<NodeId>,
}

/// The volatile state of leaders (Figure 2), and what clients wait for.
#[derive(Clone, Debug)]
pub(super) struct Leader {
    /// `next_index` and `match_index` of every other voter.
    pub(super) progress: SortedMap<NodeId, Progress>,
    /// Proposals in the log that are not applied yet, in the order of their indexes.
    pub(super) proposals: Vec<(Index, ProposalId)>,
    /// Reads that wait.
    pub(super) reads: Reads,
    /// The entry with which this leader began its term: what it must commit before it serves reads.
    pub(super) first_of_term: Index,
    /// When CheckQuorum is due next, at the earliest.
    pub(super) check_quorum_at: Micros,
    /// To whom leadership is being handed over, and when that is given up.
    pub(super) transfer: Option<Transfer>,
    /// A target was told to take over: it may do so at any time in this term, so there is no lease any more.
    pub(super) timeout_now_sent: bool,
    /// The change of the configuration under way, if this leader began it.
    pub(super) change: Option<Change>,
    /// The bytes of commands that are in the log and not committed.
    pub(super) uncommitted_bytes: u64,
}

/// A change of the configuration under way (§6).
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) proposal: ProposalId,
    pub(super) target: Arc<Configuration>,
    pub(super) give_up_at: Micros,
    /// Nobody becomes a voter who has not answered in this round or a later one.
    pub(super) asked_in_round: u64,
}

/// A transfer of leadership under way (thesis 3.10).
#[derive(Clone, Copy, Debug)]
pub(super) struct Transfer {
    pub(super) to: NodeId,
    pub(super) give_up_at: Micros,
    pub(super) timeout_now_sent: bool,
}
