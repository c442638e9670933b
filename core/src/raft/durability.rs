//! What waits for the disk, and is let go when the driver reports the write complete.
//!
//! A driver cannot break durability: a vote, an acknowledgement, a candidate's own vote and a leader's own count are
//! kept here until the write that they rest on is done. Writes complete in order and are matched by their id, never by
//! an index: an entry may be written, cut off and written again before the first report comes in.

use std::sync::Arc;

use super::entry::{Entry, Snapshot};
use super::ids::{Index, NodeId, Term};
use super::io::{HardState, Output, Write, WriteId};
use super::message::{AppendOutcome, Body, Message};
use super::node::Node;
use super::rules::{Rule, Rules};

/// The writes under way and what waits for them.
#[derive(Clone, Debug)]
pub(super) struct Durability {
    /// The last index of the log that is on stable storage.
    index: Index,
    last_id: WriteId,
    staged: Staged,
    pending: Vec<Pending>,
    held: Vec<(WriteId, Held)>,
}

/// The write that this step is putting together.
#[derive(Clone, Debug, Default)]
struct Staged {
    hard_state: bool,
    snapshot: Option<Arc<Snapshot>>,
    truncate_from: Option<Index>,
    entries: Option<Arc<[Entry]>>,
    held: Vec<Held>,
}

#[derive(Clone, Debug)]
struct Pending {
    id: WriteId,
    /// Once done, the log is on stable storage up to here at least; lowered when the log is cut meanwhile.
    last_index: Index,
    /// The last index that was written, whatever became of it.
    written_to: Index,
    /// It holds a term or a vote.
    hard_state: bool,
}

#[derive(Clone, Debug)]
enum Held {
    Message(Message),
    OwnVote(Term),
}

impl Held {
    /// The entry that it says is on stable storage.
    fn acknowledges(&self) -> Option<Index> {
        match self {
            Held::Message(Message { body: Body::AppendEntriesReply(reply), .. }) => match reply.outcome {
                AppendOutcome::Success { match_index } => Some(match_index),
                _ => None,
            },
            _ => None,
        }
    }
}

impl Durability {
    /// Everything up to `index` was found on stable storage.
    pub(super) fn new(index: Index) -> Durability {
        Durability {
            index,
            last_id: WriteId(0),
            staged: Staged::default(),
            pending: Vec::new(),
            held: Vec::new(),
        }
    }

    pub(super) fn index(&self) -> Index {
        self.index
    }

    pub(super) fn is_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Whether a term or a vote is not on stable storage yet.
    pub(super) fn hard_state_is_pending(&self) -> bool {
        self.staged.hard_state || self.pending.iter().any(|write| write.hard_state)
    }

    pub(super) fn stage_hard_state(&mut self) {
        self.staged.hard_state = true;
    }

    /// Whether this step has appended already.
    pub(super) fn appends_in_this_step(&self) -> bool {
        self.staged.entries.is_some()
    }

    pub(super) fn stage_entries(&mut self, entries: Arc<[Entry]>) {
        assert!(self.staged.entries.is_none(), "a step appends once");
        self.staged.entries = Some(entries);
    }

    pub(super) fn stage_truncation(&mut self, from: Index) {
        assert!(self.staged.entries.is_none(), "a step truncates before it appends");
        self.staged.truncate_from = Some(from);
        self.forget_from(from);
    }

    /// A write failed: nothing that waits is let go any more.
    pub(super) fn abandon(&mut self) {
        self.staged = Staged::default();
        self.pending.clear();
        self.held.clear();
    }

    /// `valid_to`: up to here the log on disk is still right, until the snapshot has replaced it.
    pub(super) fn stage_snapshot(&mut self, snapshot: Arc<Snapshot>, valid_to: Index) {
        self.forget_from(valid_to.next());
        self.staged.snapshot = Some(snapshot);
    }

    /// What is written from `from` on, or on its way to the disk, is no longer in the log.
    fn forget_from(&mut self, from: Index) {
        self.index = self.index.min(from.prev());
        for write in &mut self.pending {
            write.last_index = write.last_index.min(from.prev());
        }
    }

    /// Closes the write of this step. Returns it, or `None` if there is nothing to write.
    fn close(&mut self, hard_state: HardState) -> Option<Write> {
        let Staged { hard_state: changed, snapshot, truncate_from, entries, .. } = &mut self.staged;
        if !*changed && snapshot.is_none() && truncate_from.is_none() && entries.is_none() {
            return None;
        }
        self.last_id = WriteId(self.last_id.0 + 1);
        let write = Write {
            id: self.last_id,
            hard_state: std::mem::take(changed).then_some(hard_state),
            snapshot: snapshot.take(),
            truncate_from: truncate_from.take(),
            entries: entries.take().unwrap_or_default(),
        };
        let covered = write.snapshot.as_ref().map_or(Index::ZERO, |snapshot| snapshot.last_included.index);
        let written_to = write.entries.last().map_or(covered, |entry| entry.index.max(covered));
        self.pending.push(Pending {
            id: write.id,
            last_index: written_to,
            written_to,
            hard_state: write.hard_state.is_some(),
        });
        Some(write)
    }
}

impl<R: Rules> Node<R> {
    /// Sends this when everything that was written so far, this step's write included, is on stable storage.
    pub(super) fn send_when_durable(&mut self, to: NodeId, body: Body) {
        let message = self.message(to, body);
        self.durability.staged.held.push(Held::Message(message));
    }

    /// Counts this candidate's own vote when it is on stable storage.
    pub(super) fn count_own_vote_when_durable(&mut self) {
        self.durability.staged.held.push(Held::OwnVote(self.hard_state.current_term));
    }

    /// The end of a step: one write for all that it changed, and what need not wait goes out.
    pub(super) fn flush(&mut self, out: &mut Output) {
        out.writes.extend(self.durability.close(self.hard_state));
        let Durability { staged, pending, held, .. } = &mut self.durability;
        let waits_for = pending.last().map(|write| write.id);
        for staged in staged.held.drain(..) {
            match (waits_for, staged) {
                (Some(id), staged) => held.push((id, staged)),
                (None, Held::Message(message)) => out.messages.push(message),
                (None, Held::OwnVote(_)) => unreachable!("a candidate's own vote is always written"),
            }
        }
    }

    /// All writes up to `id` are on stable storage.
    pub(super) fn write_done(&mut self, id: WriteId, out: &mut Output) {
        let by_id = self.rules.keeps(Rule::WriteMatchedById);
        let Durability { pending, index, .. } = &mut self.durability;
        let done = pending.partition_point(|write| write.id <= id);
        for write in pending.drain(..done) {
            let durable = if by_id { write.last_index } else { write.written_to.min(self.log.last().index) };
            *index = durable.max(*index);
        }
        let index = *index;
        // Nothing is held anew before the end of the step.
        let mut held = std::mem::take(&mut self.durability.held);
        let done = held.partition_point(|(waits_for, _)| *waits_for <= id);
        self.let_go(held.drain(..done), out);
        if !by_id {
            let acknowledges = |held: &Held| held.acknowledges().is_some_and(|it| it <= index);
            self.let_go(held.extract_if(.., |(_, held)| acknowledges(held)), out);
        }
        self.durability.held = held;
        self.advance_commit(out);
    }

    fn let_go(&mut self, held: impl Iterator<Item = (WriteId, Held)>, out: &mut Output) {
        for (_, held) in held {
            match held {
                Held::Message(message) => out.messages.push(message),
                Held::OwnVote(term) => self.own_vote_is_durable(term, out),
            }
        }
    }

    /// How far a leader counts itself: what is on its own stable storage (thesis 10.2.1).
    pub(super) fn own_match_index(&self) -> Index {
        if self.rules.keeps(Rule::LeaderCountsAfterSync) {
            self.durability.index
        } else {
            self.log.last().index
        }
    }
}
