//! What the page remembers of a run for longer than its latest events: who became what, and the form's requests.

use std::collections::VecDeque;

use mini_raft_core::raft::{Fact, NodeId};
use mini_raft_core::sim::{Event, EventKind};

use super::weave::Weave;
use crate::text::is_you;

/// Changes of role, crashes and restarts that are remembered.
const LIVES_MAX: usize = 400;
/// Events of the form's requests that are remembered.
const REQUESTS_MAX: usize = 40;
/// Milestones that are remembered.
const MILESTONES_MAX: usize = 400;
/// Changes of what the inspector shows of a node that are remembered.
const CHANGES_MAX: usize = 1_000;
/// Votes that are remembered.
const VOTES_MAX: usize = 200;

/// What outlasts the latest events, which heartbeats soon push out. Each list is in the order of the run.
#[derive(Clone, Debug, Default)]
pub struct Chronicle {
    lives: VecDeque<Event>,
    requests: VecDeque<Event>,
    milestones: VecDeque<Event>,
    changes: VecDeque<Event>,
    votes: VecDeque<Event>,
    weave: Weave,
}

impl Chronicle {
    /// Remembers this event, if it is worth it. Events come in their order.
    pub fn observe(&mut self, event: &Event) {
        self.weave.observe(event);
        if is_of_a_life(&event.kind) {
            keep(&mut self.lives, event, LIVES_MAX);
        }
        if is_of_the_form(&event.kind) {
            keep(&mut self.requests, event, REQUESTS_MAX);
        }
        if is_milestone(&event.kind) {
            keep(&mut self.milestones, event, MILESTONES_MAX);
        }
        if is_vote(&event.kind) {
            keep(&mut self.votes, event, VOTES_MAX);
        }
        if is_change(&event.kind) {
            keep(&mut self.changes, event, CHANGES_MAX);
        }
    }

    /// Forgets this event and all after it: the run goes back to before it.
    pub fn rewind(&mut self, seq: u64) {
        let Chronicle { lives, requests, milestones, changes, votes, weave } = self;
        weave.rewind(seq);
        for list in [lives, requests, milestones, changes, votes] {
            list.retain(|event| event.seq < seq);
        }
    }

    /// The last change of this node's role or state of running.
    pub fn last_of(&self, node: NodeId) -> Option<&Event> {
        self.lives.iter().rev().find(|event| event.node == Some(node))
    }

    /// The changes of what a node keeps and knows: of its log and commit index and of what it knows of others, then
    /// of its vote, then of its role; each the latest first. Heartbeats change nothing, and push nothing out.
    pub fn changes(&self, node: NodeId) -> impl Iterator<Item = &Event> {
        let lists = [&self.changes, &self.votes, &self.lives].map(|list| list.iter().rev());
        lists.into_iter().flatten().filter(move |event| event.node == Some(node))
    }

    /// The changes of logs, of all nodes, in their order.
    pub fn all_changes(&self) -> impl Iterator<Item = &Event> {
        self.changes.iter()
    }

    /// The events of the form's requests.
    pub fn requests(&self) -> impl Iterator<Item = &Event> {
        self.requests.iter()
    }

    /// Elections, commits, faults, answers and violations.
    pub fn milestones(&self) -> impl DoubleEndedIterator<Item = &Event> {
        self.milestones.iter()
    }

    /// All messages and lives.
    pub fn weave(&self) -> &Weave {
        &self.weave
    }

    /// The event of this number, if it is remembered.
    pub fn event(&self, seq: u64) -> Option<&Event> {
        let Chronicle { lives, requests, milestones, changes, votes, .. } = self;
        [lives, requests, milestones, changes, votes].into_iter().find_map(|list| {
            let place = list.binary_search_by_key(&seq, |event| event.seq).ok()?;
            list.get(place)
        })
    }
}

/// Whether a reader wants to know this first.
pub fn is_milestone(kind: &EventKind) -> bool {
    match kind {
        EventKind::Fact(fact) => matches!(
            fact,
            Fact::ElectionTimedOut { .. }
                | Fact::RoleChanged { .. }
                | Fact::Committed { .. }
                | Fact::ConflictRemoved { .. }
                | Fact::OldTermNotCounted { .. }
                | Fact::SnapshotSent { .. }
                | Fact::SnapshotInstalled { .. }
                | Fact::TransferStarted { .. }
                | Fact::TransferAborted { .. }
        ),
        EventKind::Crash { .. }
        | EventKind::Restart { .. }
        | EventKind::Wipe
        | EventKind::Pause
        | EventKind::Resume
        | EventKind::Fault(_)
        | EventKind::Snapshot { .. }
        | EventKind::Return { .. }
        | EventKind::Skipped { .. }
        | EventKind::Violation(_) => true,
        _ => false,
    }
}

/// Whether it is remembered of a whole run, however long that is: a life, a vote, a request of the form.
pub fn is_lasting(kind: &EventKind) -> bool {
    is_of_a_life(kind) || is_vote(kind) || is_of_the_form(kind)
}

fn is_of_a_life(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::Fact(Fact::RoleChanged { .. })
            | EventKind::Crash { .. }
            | EventKind::Restart { .. }
            | EventKind::Wipe
            | EventKind::Pause
            | EventKind::Resume
    )
}

fn is_vote(kind: &EventKind) -> bool {
    matches!(kind, EventKind::Fact(Fact::VoteGranted { pre_vote: false, .. }))
}

/// Whether it changes a field of a node that the inspector shows, and is neither a vote nor of its life.
fn is_change(kind: &EventKind) -> bool {
    match kind {
        EventKind::Fact(fact) => matches!(
            fact,
            Fact::Proposed { .. }
                | Fact::Committed { .. }
                | Fact::CommitLearnt { .. }
                | Fact::MatchAdvanced { .. }
                | Fact::NextIndexBacked { .. }
                | Fact::ConflictRemoved { .. }
        ),
        EventKind::Append { .. }
        | EventKind::Truncate { .. }
        | EventKind::Sync { .. }
        | EventKind::Apply { .. }
        | EventKind::Snapshot { .. } => true,
        _ => false,
    }
}

fn is_of_the_form(kind: &EventKind) -> bool {
    match kind {
        EventKind::Invoke { client, .. } | EventKind::Return { client, .. } => is_you(client),
        _ => false,
    }
}

fn keep(list: &mut VecDeque<Event>, event: &Event, most: usize) {
    if list.len() == most {
        list.pop_front();
    }
    list.push_back(event.clone());
}

#[cfg(test)]
mod tests {
    use mini_raft_core::raft::{Index, Term};
    use mini_raft_core::time::Micros;

    use super::*;

    fn event(seq: u64, node: u32, kind: EventKind) -> Event {
        Event { seq, at: Micros(seq), cause: None, node: Some(NodeId(node)), term: Term(1), kind }
    }

    #[test]
    fn a_crash_is_remembered_however_much_happens_after_it() {
        let mut chronicle = Chronicle::default();
        chronicle.observe(&event(0, 2, EventKind::Crash { lost: None }));
        for seq in 1..2_000 {
            chronicle.observe(&event(seq, 1, EventKind::Truncate { from: Index(1) }));
        }
        assert_eq!(chronicle.last_of(NodeId(2)).map(|event| event.seq), Some(0));
        assert!(chronicle.last_of(NodeId(1)).is_none());
        assert_eq!(chronicle.event(0).map(|event| event.seq), Some(0));
        assert!(chronicle.event(7).is_none());
    }

    #[test]
    fn going_back_forgets_what_is_no_longer_past() {
        let mut chronicle = Chronicle::default();
        chronicle.observe(&event(3, 2, EventKind::Crash { lost: None }));
        chronicle.observe(&event(8, 2, EventKind::Wipe));
        chronicle.rewind(8);
        assert_eq!(chronicle.milestones().map(|event| event.seq).collect::<Vec<_>>(), [3]);
        assert_eq!(chronicle.last_of(NodeId(2)).map(|event| event.seq), Some(3));
    }
}
