//! What if: whether a node could win an election, what it would lose in a crash, whether an entry can still be lost.

use mini_raft_core::raft::{Index, NodeId};
use mini_raft_core::sim::{Machine, World};

use super::{RuleView, Why};
use crate::model::whatif::ballot::ballot;
use crate::model::whatif::crash::crash_loss;
use crate::model::whatif::safety::safe_up_to;
use crate::text::whatif;

const UP_TO_DATE: RuleView = RuleView {
    section: "§5.4.1",
    rule: "A candidate must get a majority, and a voter denies its vote if its own log is more up-to-date.",
};
const STABLE: RuleView = RuleView {
    section: "Figure 2, State",
    rule: "Persistent state is updated on stable storage before responding to RPCs.",
};
const COMPLETE: RuleView = RuleView {
    section: "§5.4.3",
    rule: "What is committed is in the log of the leaders of all later terms (Leader Completeness).",
};

/// Whether this node could win an election now.
pub(super) fn could_win(world: &World, machine: &Machine) -> Why {
    Why {
        question: whatif::could_win(machine.id()),
        answer: whatif::ballot(&ballot(world, machine)),
        rule: Some(UP_TO_DATE),
        event: None,
    }
}

/// What this node would lose if it crashed now.
pub(super) fn would_lose(machine: &Machine) -> Why {
    Why {
        question: whatif::would_lose(machine.id()),
        answer: whatif::crash_loss(&crash_loss(machine)),
        rule: Some(STABLE),
        event: None,
    }
}

/// Whether this entry of a node's log can still be lost.
pub(super) fn can_be_lost(world: &World, node: NodeId, index: Index) -> Why {
    let safe = safe_up_to(world).get(node.0 as usize).copied().unwrap_or(Index::ZERO);
    Why {
        question: whatif::is_safe(index.0),
        answer: whatif::safe(index <= safe, !world.setup().without.is_empty()).to_owned(),
        rule: Some(COMPLETE),
        event: None,
    }
}
