//! What the translation knows of a server: as much as it needs to tell which step of the specification comes next.

use std::collections::VecDeque;

use mini_raft_core::raft::{NodeId, Write, WriteId};

use super::recording::{Kept, Waiting};

/// One server.
#[derive(Default)]
pub(super) struct Mirror {
    /// `Follower`, `Candidate` or `Leader`.
    pub(super) role: Role,
    /// What is in memory and will be kept.
    pub(super) memory: End,
    disk: End,
    /// What waits for the disk, as the specification has it: one for each of its steps, the oldest first.
    waiting: VecDeque<(End, Option<WriteId>)>,
    /// What the disk will hold after each write of the core that it does not hold yet.
    writes: Vec<(WriteId, End)>,
}

/// The roles of the specification.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Role {
    #[default]
    Follower,
    Candidate,
    Leader,
}

/// What will be kept, as far as it is needed to tell one write from another: of the log, the last index.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct End {
    pub(super) term: u64,
    pub(super) vote: Option<NodeId>,
    pub(super) base: u64,
    pub(super) last: u64,
}

impl From<Kept> for End {
    fn from(kept: Kept) -> End {
        End { term: kept.term, vote: kept.vote, base: kept.base, last: kept.last.index.0 }
    }
}

impl End {
    fn after(self, write: &Write) -> End {
        let mut end = self;
        if let Some(hard_state) = write.hard_state {
            (end.term, end.vote) = (hard_state.current_term.0, hard_state.voted_for);
        }
        if let Some(snapshot) = &write.snapshot {
            end.base = snapshot.last_included.index.0;
            end.last = end.last.max(end.base);
        }
        if let Some(from) = write.truncate_from {
            end.last = from.0 - 1;
        }
        if let Some(last) = write.entries.last() {
            end.last = last.index.0;
        }
        end
    }
}

impl Mirror {
    /// A step of the specification left this for the disk, with entries in the log that were not there or without.
    /// Mirrors `Save`.
    pub(super) fn save(&mut self, end: End, entries: bool) {
        if entries || end != self.memory || !self.waiting.is_empty() {
            self.waiting.push_back((end, None));
        }
        self.memory = end;
    }

    /// The core's disk has completed all of `before` that are not in `after`. Returns how many of the
    /// specification's writes that completes.
    pub(super) fn complete(&mut self, before: &[WriteId], after: &[Waiting]) -> usize {
        let done = |id: &WriteId| !after.iter().any(|waiting| waiting.id == *id);
        let Some(last) = before.iter().copied().filter(done).max() else { return 0 };
        if let Some((_, end)) = self.writes.iter().rev().find(|(id, _)| *id <= last) {
            self.disk = *end;
        }
        self.writes.retain(|(id, _)| *id > last);
        let count = self.waiting.iter().take_while(|(_, id)| id.is_some_and(|id| id <= last)).count();
        self.waiting.drain(..count);
        count
    }

    /// Tells to which of the core's writes the writes of the specification belong that a moment has left: a write of
    /// the core takes the place of all that led to it.
    pub(super) fn assign(&mut self, before: &[WriteId], after: &[Waiting]) {
        let new: Vec<&Waiting> = after.iter().filter(|waiting| !before.contains(&waiting.id)).collect();
        for (place, Waiting { id, write }) in new.iter().enumerate() {
            let end = self.writes.last().map_or(self.disk, |(_, end)| *end).after(write);
            self.writes.push((*id, end));
            let is_last = place + 1 == new.len();
            let upto = if is_last {
                self.waiting.len()
            } else {
                self.waiting.iter().rposition(|(at, id)| id.is_none() && *at == end).map_or(0, |at| at + 1)
            };
            self.waiting.range_mut(..upto).for_each(|(_, of)| *of = of.or(Some(*id)));
        }
        let last = self.writes.last().map(|(id, _)| *id);
        self.waiting.iter_mut().for_each(|(_, of)| *of = of.or(last));
    }

    /// The process starts again, with this on its disk. Returns how many of the specification's writes got there.
    pub(super) fn restart(&mut self, found: End) -> usize {
        let survived = if found == self.disk {
            0
        } else {
            let ends = self.writes.iter().find(|(_, end)| *end == found).map(|(id, _)| *id);
            self.waiting.iter().take_while(|(_, id)| *id <= ends && id.is_some()).count()
        };
        *self = Mirror { memory: found, disk: found, ..Mirror::default() };
        survived
    }
}
