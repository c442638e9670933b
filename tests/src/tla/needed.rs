//! Which messages make a difference. The others are left out: a network may lose any.

use std::collections::BTreeSet;

use mini_raft_core::raft::{Entry, Fact, RoleReason};
use mini_raft_core::sim::{Event, EventKind, Payload};

use super::message::{Commands, Message, Server};
use super::recording::{Part, Recording};

/// The messages that change something where they arrive, or bring entries. Votes and requests for votes always count.
pub(super) fn messages(recording: &Recording, commands: &mut Commands) -> BTreeSet<Message> {
    let steps = || {
        let parts = recording.moments.iter().flat_map(|moment| &moment.parts);
        parts.filter_map(|part| match part {
            Part::Step(id, events) => Some((*id, events)),
            Part::Network(_) => None,
        })
    };
    let mut needed = BTreeSet::new();
    for (_, events) in steps() {
        let changes = facts(events).any(|fact| match fact {
            Fact::RoleChanged { why, .. } => matches!(why, RoleReason::HigherTerm { .. }),
            Fact::MatchAdvanced { .. } | Fact::CommitLearnt { .. } | Fact::SnapshotInstalled { .. } => true,
            Fact::AppendAccepted { new_entries, .. } => *new_entries > 0,
            _ => false,
        });
        needed.extend(delivered(events, commands).filter(|_| changes));
        for event in events {
            if let EventKind::Send { payload, .. } = &event.kind
                && let Payload::Peer(message) = &**payload
            {
                let message = Message::of(message, commands);
                needed.extend(is_replication(&message).then_some(message));
            }
        }
    }
    // What an acknowledgement answers makes the difference that the acknowledgement makes.
    for (id, events) in steps() {
        let Some(message) = delivered(events, commands) else { continue };
        let answer = facts(events).find_map(|fact| match (fact, &message) {
            (Fact::AppendAccepted { verified, .. }, Message::Append { term, .. }) => {
                let held = Message::Ack { term: *term, from: Server(id), match_index: verified.0 };
                Some(ack_at_once(events, commands).unwrap_or(held))
            }
            (Fact::SnapshotIgnored { .. }, _) => ack_at_once(events, commands),
            _ => None,
        });
        if answer.is_some_and(|answer| needed.contains(&answer)) {
            needed.insert(message);
        }
    }
    needed
}

fn is_replication(message: &Message) -> bool {
    matches!(message, Message::Append { entries, .. } if !entries.is_empty())
}

fn facts(events: &[Event]) -> impl Iterator<Item = &Fact> {
    events.iter().filter_map(|event| match &event.kind {
        EventKind::Fact(fact) => Some(fact),
        _ => None,
    })
}

/// The message that a step began with.
pub(super) fn delivered(events: &[Event], commands: &mut Commands) -> Option<Message> {
    match &events.first()?.kind {
        EventKind::Deliver { payload, .. } => match &**payload {
            Payload::Peer(message) => Some(Message::of(message, commands)),
            Payload::Request { .. } | Payload::Reply { .. } => None,
        },
        _ => None,
    }
}

/// The acknowledgement that was sent in a step.
pub(super) fn ack_at_once(events: &[Event], commands: &mut Commands) -> Option<Message> {
    events.iter().find_map(|event| match &event.kind {
        EventKind::Send { payload, .. } => match &**payload {
            Payload::Peer(message) => {
                Some(Message::of(message, commands)).filter(|message| matches!(message, Message::Ack { .. }))
            }
            Payload::Request { .. } | Payload::Reply { .. } => None,
        },
        _ => None,
    })
}

/// The entries that entered the log in a step.
pub(super) fn appended(events: &[Event]) -> impl Iterator<Item = &Entry> {
    events.iter().flat_map(|event| match &event.kind {
        EventKind::Append { entries } => entries.iter(),
        _ => [].iter(),
    })
}

/// Whether a follower learnt in a step that entries are committed.
pub(super) fn learns(events: &[Event]) -> bool {
    facts(events).any(|fact| matches!(fact, Fact::CommitLearnt { .. }))
}
