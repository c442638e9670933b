//! What a node would lose if it crashed now: what it has not synced.

use mini_raft_core::raft::{HardState, Index, NodeId, Term};
use mini_raft_core::sim::Machine;

/// What a crash would lose of a node's persistent state. A disk may keep some of the oldest writes all the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CrashLoss {
    /// The first and the last entry of its log that are in memory only.
    pub entries: Option<(Index, Index)>,
    /// Its vote, if that is not on disk: for whom, in which term.
    pub vote: Option<(NodeId, Term)>,
    /// Its term, if that is not on disk, and the one that is.
    pub term: Option<(Term, Term)>,
    /// A removal of entries that is not on disk: it would have these again.
    pub returns: Option<(Index, Index)>,
}

impl CrashLoss {
    /// Whether nothing would be lost.
    pub fn is_empty(&self) -> bool {
        *self == CrashLoss::default()
    }
}

/// What this node would lose; nothing while it is down.
pub fn crash_loss(machine: &Machine) -> CrashLoss {
    let Some(node) = machine.node() else { return CrashLoss::default() };
    let HardState { current_term, voted_for, .. } = machine.disk().hard_state();
    let (kept, last) = (machine.disk().log(), node.log().last().index);
    let first_lost = machine.disk().first_unsynced().unwrap_or(last.next());
    let removed = machine.disk().pending().filter_map(|write| write.truncate_from).min();
    CrashLoss {
        entries: (first_lost <= last).then_some((first_lost, last)),
        vote: node
            .voted_for()
            .filter(|vote| (node.current_term(), Some(*vote)) != (current_term, voted_for))
            .map(|vote| (vote, node.current_term())),
        term: (node.current_term() != current_term).then_some((node.current_term(), current_term)),
        returns: removed.filter(|first| *first <= kept.last().index).map(|first| (first, kept.last().index)),
    }
}
