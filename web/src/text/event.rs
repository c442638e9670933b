//! Events and commands as sentences.

use mini_raft_core::kv::{ClientId, Outcome};
use mini_raft_core::raft::{Fact, Index, NodeId, RoleName};
use mini_raft_core::sim::command::{MessageFilter, TimerMove};
use mini_raft_core::sim::event::{ClientError, SnapshotOrigin};
use mini_raft_core::sim::{Command, DropReason, Event, EventKind, Target};

use super::number::fill;
use super::{
    capital, entries, finding, is_you, log_end, message_name, op, payload_label, property, span, target,
};

/// What happened, in a sentence.
pub fn event(event: &Event) -> String {
    let node = event.node.map_or_else(|| "The world".to_owned(), |node| node.to_string());
    match &event.kind {
        EventKind::Fact(fact) => super::fact(event.node.unwrap_or(NodeId(0)), fact),
        EventKind::Vote { candidate, term } => {
            format!("{node} has its vote for {candidate} in term {term} on disk.")
        }
        EventKind::Append { entries: appended } => match &appended[..] {
            [] => format!("{node} appends nothing."),
            [one] => {
                format!("{node} puts entry {} ({}) into its log.", one.index, payload_label(&one.payload))
            }
            [first, .., last] => format!("{node} puts {} into its log.", entries(first.index, last.index)),
        },
        EventKind::Truncate { from } => format!("{node} removes entry {from} and all after it."),
        EventKind::Sync { last } => format!("{node} has its log on disk up to {}.", last.index),
        EventKind::Commit { index } => format!("{node} knows that all up to {index} is committed."),
        EventKind::Apply { entry, outcome: None, .. } => {
            format!("{node} applies entry {} ({}).", entry.index, payload_label(&entry.payload))
        }
        EventKind::Apply { entry, outcome: Some(came_to), .. } => format!(
            "{node} applies entry {} ({}): {}.",
            entry.index,
            payload_label(&entry.payload),
            outcome(came_to),
        ),
        EventKind::Snapshot { last_included, origin } => match origin {
            SnapshotOrigin::Taken => format!("{node} takes a snapshot up to {}.", log_end(*last_included)),
            SnapshotOrigin::Installed => {
                format!("{node} has the leader's snapshot up to {} as its own.", log_end(*last_included))
            }
        },
        EventKind::Send { from, to, payload, .. } => {
            format!("{from} sends {to} a message: {}.", message_name(payload))
        }
        EventKind::Deliver { from, to, payload, .. } => {
            format!("A message of {from} reaches {to}: {}.", message_name(payload))
        }
        EventKind::Drop { from, to, payload, why, .. } => format!(
            "A message of {from} does not reach {to}, {}: {}.",
            drop_reason(*why),
            message_name(payload),
        ),
        EventKind::Crash { lost: None } => format!("{node} crashes; all of its log was on disk."),
        EventKind::Crash { lost: Some(first) } => {
            format!("{node} crashes, and loses what was not on disk: its log from {first} on.")
        }
        EventKind::Restart { hard_state, last, snapshot_index } => {
            let snapshot = if *snapshot_index == Index::ZERO {
                String::new()
            } else {
                format!(", a snapshot up to {snapshot_index}")
            };
            format!(
                "{node} restarts with what its disk holds: term {}{snapshot}, a log up to {}.",
                hard_state.current_term, last.index,
            )
        }
        EventKind::Wipe => format!("{node} loses its disk."),
        EventKind::Pause => format!("{node} stops running, and keeps all it has."),
        EventKind::Resume => format!("{node} goes on."),
        EventKind::Fault(done) => capital(format!("{}.", command(done))),
        EventKind::Invoke { client, op: asked, .. } => {
            format!("{} to {}.", does(client, "want", "wants"), op(asked))
        }
        EventKind::Return { client, op: asked, result, served_by, .. } => {
            let by =
                served_by.map_or_else(String::new, |(node, index)| format!(", by {node} at index {index}"));
            match result {
                Ok(came_to) => format!(
                    "{} answered{by}: {}, {}.",
                    does(client, "are", "is"),
                    op(asked),
                    outcome(came_to)
                ),
                Err(ClientError::Rejected) => {
                    format!("{} refused{by}: {}. It was not done.", does(client, "are", "is"), op(asked))
                }
                Err(ClientError::Unknown) => {
                    format!("{} up: {}. It may be done, or not.", does(client, "give", "gives"), op(asked))
                }
            }
        }
        EventKind::Skipped { step, why } => format!("Step {} of the scenario is skipped: {why}.", step + 1),
        EventKind::Violation(violation) => {
            format!("{} is broken: {}", property(violation.property), finding(&violation.detail))
        }
    }
}

/// What a screen reader is told without asking: elections, crashes, commits and violations; `None` for the rest.
pub fn announcement(happened: &Event) -> Option<String> {
    match &happened.kind {
        EventKind::Fact(Fact::RoleChanged { to, term, .. }) => {
            let node = happened.node?;
            match to {
                RoleName::Leader => Some(format!("{node} leads term {term}.")),
                RoleName::Candidate => Some(format!("{node} is a candidate in term {term}.")),
                RoleName::Follower | RoleName::PreCandidate => None,
            }
        }
        EventKind::Fact(Fact::Committed { from, to, .. }) => {
            let verb = if to.0 > from.0 + 1 { "are" } else { "is" };
            Some(capital(format!("{} {verb} committed.", entries(from.next(), *to))))
        }
        EventKind::Crash { .. }
        | EventKind::Restart { .. }
        | EventKind::Wipe
        | EventKind::Pause
        | EventKind::Resume
        | EventKind::Violation(_) => Some(event(happened)),
        _ => None,
    }
}

/// What a person or a scenario does, as a clause: `the link from node-1 to node-3 is cut`.
pub fn command(done: &Command) -> String {
    match done {
        Command::Crash { node } => format!("{} crashes", target(*node)),
        Command::Restart { node } => format!("{} restarts", target(*node)),
        Command::Wipe { node } => format!("{} loses its disk", target(*node)),
        Command::Pause { node } => format!("{} is paused", target(*node)),
        Command::Resume { node } => format!("{} goes on", target(*node)),
        Command::Cut { from, to, both } => {
            format!("the link {} is cut", ends(target(*from), target(*to), *both))
        }
        Command::Heal { link: None } => "all links work again".to_owned(),
        Command::Heal { link: Some(link) } => {
            format!("the link {} works again", ends(target(link.from), target(link.to), link.both))
        }
        Command::Partition { groups } => {
            let groups: Vec<String> = groups
                .iter()
                .map(|group| {
                    let nodes: Vec<String> = group.iter().map(|node| target(*node)).collect();
                    nodes.join(", ")
                })
                .collect();
            format!("the network is split: {}", groups.join(" | "))
        }
        Command::Network { from, to, change } => {
            let place = match (from, to) {
                (None, None) => "on all links".to_owned(),
                (Some(from), Some(to)) => format!("from {} to {}", target(*from), target(*to)),
                (Some(from), None) => format!("from {}", target(*from)),
                (None, Some(to)) => format!("to {}", target(*to)),
            };
            let mut changes = Vec::new();
            if let Some((min, max)) = change.latency {
                changes.push(format!("latency is {} to {}", span(min), span(max)));
            }
            if let Some(loss) = change.loss {
                changes.push(fill("%0 % of messages are lost", &[loss * 100.0]));
            }
            if let Some(duplicate) = change.duplicate {
                changes.push(fill("%0 % of messages arrive twice", &[duplicate * 100.0]));
            }
            format!("{place}, {}", changes.join(", "))
        }
        Command::Disk { node, fails: true, .. } => format!("the next write of {} fails", target(*node)),
        Command::Disk { node, sync, .. } => match sync {
            Some((min, max)) => format!("a sync of {} takes {} to {}", target(*node), span(*min), span(*max)),
            None => format!("the disk of {} stays as it is", target(*node)),
        },
        Command::Clock { node, rate } => {
            format!("the clock of {} runs at {} of true time", target(*node), fill("%2", &[*rate]))
        }
        Command::Timeout { node } => format!("the election timer of {} runs out", target(*node)),
        Command::Timers { how: TimerMove::Spread } => "all election timers move apart".to_owned(),
        Command::Timers { how: TimerMove::Align } => "all election timers move to one moment".to_owned(),
        Command::Request { client, op: asked, to } => {
            format!("{} {} to {}", does(client, "ask", "asks"), target(*to), op(asked))
        }
        Command::Members { add, remove, learners } => {
            let part = |verb: &str, nodes: &[Target]| {
                let names: Vec<String> = nodes.iter().map(|node| target(*node)).collect();
                (!nodes.is_empty()).then(|| format!("{verb} {}", names.join(", ")))
            };
            let parts = [part("adds", add), part("removes", remove), part("makes a learner of", learners)];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            format!("the cluster {}", parts.join(" and "))
        }
        Command::Transfer { to } => format!("leadership should go to {}", target(*to)),
        Command::Snapshot { node } => format!("{} takes a snapshot", target(*node)),
        Command::Drop(filter) => format!("{} lost", messages(filter)),
        Command::Hold(filter) => format!("{} held back", messages(filter)),
        Command::Release(filter) => format!("{} let go", messages(filter)),
        Command::Duplicate(filter) => format!("{} sent twice", messages(filter)),
    }
}

/// A client as the subject of a sentence, and its verb: `c1 asks`; the form's client is the reader: `You ask`.
pub(super) fn does(client: &ClientId, second_person: &str, third_person: &str) -> String {
    if is_you(client) { format!("You {second_person}") } else { format!("{client} {third_person}") }
}

/// What an operation came to, as a clause.
pub fn outcome(came_to: &Outcome) -> String {
    match came_to {
        Outcome::Done => "done".to_owned(),
        Outcome::Value(Some(value)) => format!("the value is “{value}”"),
        Outcome::Value(None) => "there is no such key".to_owned(),
        Outcome::Swapped(true) => "it was as expected, and is set".to_owned(),
        Outcome::Swapped(false) => "it was not as expected, and stays".to_owned(),
        Outcome::Stale => "an old request, applied before".to_owned(),
        Outcome::Expired(_) => "its session has expired; nothing changes".to_owned(),
        Outcome::Malformed => "not a command; nothing changes".to_owned(),
    }
}

fn ends(from: String, to: String, both: bool) -> String {
    if both { format!("between {from} and {to}") } else { format!("from {from} to {to}") }
}

fn messages(filter: &MessageFilter) -> String {
    if let Some(id) = filter.id {
        return format!("message {id} is");
    }
    let kind = filter.kind.map_or_else(String::new, |kind| format!("{} ", kind.as_str()));
    let from = filter.from.map_or_else(String::new, |from| format!(" from {}", target(from)));
    let to = filter.to.map_or_else(String::new, |to| format!(" to {}", target(to)));
    match filter.count {
        1 => format!("the next {kind}message{from}{to} is"),
        count => format!("the next {count} {kind}messages{from}{to} are"),
    }
}

pub(super) fn drop_reason(why: DropReason) -> &'static str {
    match why {
        DropReason::Lost => "lost by chance",
        DropReason::Cut => "since the link is cut",
        DropReason::Down => "which is down",
        DropReason::ByHand => "dropped by hand",
        DropReason::Full => "since too many are on this way",
    }
}

#[cfg(test)]
mod tests {
    use mini_raft_core::raft::{EntryId, RoleReason, Term};
    use mini_raft_core::sim::Target;
    use mini_raft_core::time::Micros;

    use super::*;

    fn at_node(node: u32, kind: EventKind) -> Event {
        Event { seq: 0, at: Micros::ZERO, cause: None, node: Some(NodeId(node)), term: Term(3), kind }
    }

    #[test]
    fn a_crash_says_what_was_lost() {
        let lost = at_node(2, EventKind::Crash { lost: Some(Index(9)) });
        assert_eq!(event(&lost), "node-2 crashes, and loses what was not on disk: its log from 9 on.");
    }

    #[test]
    fn elections_crashes_and_commits_are_announced_and_deliveries_are_not() {
        let elected = at_node(
            1,
            EventKind::Fact(Fact::RoleChanged {
                from: RoleName::Candidate,
                to: RoleName::Leader,
                term: Term(3),
                why: RoleReason::ElectionWon { votes: 3, needed: 3 },
            }),
        );
        assert_eq!(announcement(&elected).as_deref(), Some("node-1 leads term 3."));
        let committed = at_node(
            1,
            EventKind::Fact(Fact::Committed {
                from: Index(4),
                to: Index(6),
                holders: vec![NodeId(0), NodeId(1), NodeId(2)],
                needed: 3,
            }),
        );
        assert_eq!(announcement(&committed).as_deref(), Some("Entries 5 to 6 are committed."));
        assert_eq!(announcement(&at_node(1, EventKind::Sync { last: EntryId::new(3, 6) })), None);
    }

    #[test]
    fn a_fault_is_told_as_a_sentence() {
        let cut = EventKind::Fault(Command::Cut {
            from: Target::Node(NodeId(1)),
            to: Target::Node(NodeId(3)),
            both: false,
        });
        assert_eq!(event(&at_node(1, cut)), "The link from node-1 to node-3 is cut.");
    }
}
