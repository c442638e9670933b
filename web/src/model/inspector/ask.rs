//! Since when a field of a node is as it is: the event that last changed it.

use mini_raft_core::raft::{Body, Fact, HardState, Message, NodeId, RoleName};
use mini_raft_core::sim::{Endpoint, Event, EventKind, Payload, World};

use super::Past;
use crate::wish::{Asked, AskedField};

/// The last event that changed it, as far as is remembered.
pub(super) fn last_change<'a>(world: &World, past: Past<'a>, asked: Asked) -> Option<&'a Event> {
    let id = NodeId(asked.node);
    let HardState { current_term, voted_for, .. } = persistent(world, id)?;
    let first_of_term = || {
        let in_term = |event: &&Event| matches!(event.kind, EventKind::Fact(Fact::RoleChanged { term, .. }) if term == current_term);
        past.chronicle.changes(id).filter(in_term).last()
    };
    match asked.what {
        AskedField::CurrentTerm => first_of_term(),
        AskedField::VotedFor => match voted_for {
            None => first_of_term(),
            Some(own) if own == id => past.last_on(id, |kind| {
                matches!(kind, EventKind::Fact(Fact::RoleChanged { to: RoleName::Candidate, term, .. })
                    if *term == current_term)
            }),
            Some(other) => past.last_on(id, |kind| {
                matches!(kind, EventKind::Fact(Fact::VoteGranted { candidate, campaign_term, pre_vote: false, .. })
                    if *candidate == other && *campaign_term == current_term)
            }),
        },
        AskedField::Log => past.last_on(id, |kind| {
            matches!(kind, EventKind::Append { .. } | EventKind::Truncate { .. } | EventKind::Snapshot { .. })
        }),
        AskedField::Synced => past.last_on(id, |kind| matches!(kind, EventKind::Sync { .. })),
        AskedField::State => past.chronicle.last_of(id),
        AskedField::CommitIndex => past.last_on(id, |kind| {
            matches!(kind, EventKind::Fact(Fact::Committed { .. } | Fact::CommitLearnt { .. }))
        }),
        AskedField::LastApplied => past.last_on(id, |kind| matches!(kind, EventKind::Apply { .. })),
        AskedField::NextIndex(follower) => {
            let follower = NodeId(follower);
            past.last_on(id, |kind| moves_next(kind, follower) || becomes_leader(kind))
        }
        AskedField::MatchIndex(follower) => {
            past.last_on(id, |kind| advances_match(kind, NodeId(follower)) || becomes_leader(kind))
        }
    }
}

fn persistent(world: &World, id: NodeId) -> Option<HardState> {
    let machine = world.machine(id)?;
    Some(match machine.node() {
        Some(node) => HardState {
            current_term: node.current_term(),
            voted_for: node.voted_for(),
            ..machine.disk().hard_state()
        },
        None => machine.disk().hard_state(),
    })
}

fn becomes_leader(kind: &EventKind) -> bool {
    matches!(kind, EventKind::Fact(Fact::RoleChanged { to: RoleName::Leader, .. }))
}

fn advances_match(kind: &EventKind, of: NodeId) -> bool {
    matches!(kind, EventKind::Fact(Fact::MatchAdvanced { follower, .. }) if *follower == of)
}

/// With each message that carries entries, a leader's `next_index` moves past them.
fn moves_next(kind: &EventKind, of: NodeId) -> bool {
    match kind {
        EventKind::Send { to, payload, .. } if *to == Endpoint::Node(of) => {
            matches!(&**payload, Payload::Peer(Message { body: Body::AppendEntries(append), .. })
                if !append.entries.is_empty())
        }
        EventKind::Fact(Fact::NextIndexBacked { follower, .. }) => *follower == of,
        kind => advances_match(kind, of),
    }
}
