//! Every sentence that a person reads.

use mini_raft_core::sim::Event;

/// What a screen reader hears of this event; `None` for what is not worth saying.
pub fn announcement(_event: &Event) -> Option<String> {
    None
}
