//! What the log amounts to so far: the same for whoever writes it and for whoever reads it back.

use mini_raft_core::raft::{EntryId, HardState, Index, Term};

/// A snapshot file as the log names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SnapshotName {
    pub(super) last_included: EntryId,
    /// The seal of the file.
    pub(super) checksum: u32,
}

/// Where the log stands after one of its records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// The number of that record, counted from 1 in the life of the directory; 0 before the first.
    pub(super) record: u64,
    pub(super) hard_state: HardState,
    pub(super) snapshot: Option<SnapshotName>,
    pub(super) terms: Terms,
}

impl Position {
    /// There is a new snapshot. The log goes on after it; what is before it stays if it leads to it.
    pub(super) fn take_snapshot(&mut self, snapshot: SnapshotName) {
        self.snapshot = Some(snapshot);
        let EntryId { term, index } = snapshot.last_included;
        // Whoever reads a log whose first segments are gone sees snapshots that lie before its beginning.
        if index >= self.terms.base().index && self.terms.term_at(index) != Some(term) {
            self.terms.begin_after(snapshot.last_included);
        }
    }

    /// The last entry that is left when the log is cut at `from`: what a snapshot covers cannot be cut.
    pub(super) fn last_before(&self, from: Index) -> Option<EntryId> {
        let covered = self.snapshot.map_or(Index::ZERO, |snapshot| snapshot.last_included.index);
        let index = from.prev().max(covered).min(self.terms.last().index);
        Some(EntryId { term: self.terms.term_at(index)?, index })
    }
}

/// The terms of the entries of a log: the indexes of each term are a range.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Terms {
    base: EntryId,
    /// The first entry of each term after the base, in order.
    runs: Vec<EntryId>,
    last_index: Index,
}

impl Terms {
    /// An empty log that goes on after this entry.
    pub(super) fn after(base: EntryId) -> Terms {
        Terms { base, runs: Vec::new(), last_index: base.index }
    }

    /// The entry before the first one.
    pub(super) fn base(&self) -> EntryId {
        self.base
    }

    /// The last entry; the base if there is none.
    pub(super) fn last(&self) -> EntryId {
        EntryId { term: self.runs.last().unwrap_or(&self.base).term, index: self.last_index }
    }

    /// The term of the entry at this index; `None` if the log does not reach there, or begins later.
    pub(super) fn term_at(&self, index: Index) -> Option<Term> {
        if index < self.base.index || index > self.last_index {
            return None;
        }
        let runs_before = self.runs.partition_point(|first| first.index <= index);
        let run = runs_before.checked_sub(1).map_or(&self.base, |place| &self.runs[place]);
        Some(run.term)
    }

    /// Adds an entry; `Err` is the index that it should have.
    pub(super) fn push(&mut self, entry: EntryId) -> Result<(), Index> {
        let next = self.last_index.next();
        if entry.index != next {
            return Err(next);
        }
        if self.runs.is_empty() || self.last().term != entry.term {
            self.runs.push(entry);
        }
        self.last_index = next;
        Ok(())
    }

    /// Cuts the log after this entry. It may lie before the base: then the log is empty and goes on there.
    pub(super) fn cut_after(&mut self, last: EntryId) {
        if last.index <= self.base.index {
            *self = Terms::after(last);
            return;
        }
        self.runs.retain(|first| first.index <= last.index);
        self.last_index = last.index;
    }

    /// Forgets all up to the index of this entry, which becomes the base.
    pub(super) fn begin_after(&mut self, base: EntryId) {
        let next = base.index.next();
        let first = self.term_at(next).filter(|_| next > self.base.index);
        let later = self.runs.iter().copied().filter(|run| run.index > next);
        let runs = first.map(|term| EntryId { term, index: next }).into_iter().chain(later).collect();
        *self = Terms { base, runs, last_index: self.last_index.max(base.index) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(base: EntryId, terms: &[u64]) -> Terms {
        let mut log = Terms::after(base);
        for (place, term) in terms.iter().enumerate() {
            log.push(EntryId { term: Term(*term), index: base.index.plus(place as u64 + 1) })
                .expect("the next");
        }
        log
    }

    fn listed(log: &Terms) -> Vec<u64> {
        let indexes = log.base.index.0..=log.last_index.0;
        indexes.map(|index| log.term_at(Index(index)).expect("in the log").0).collect()
    }

    #[test]
    fn terms_are_what_was_pushed() {
        let log = terms(EntryId::new(1, 2), &[1, 1, 3, 3, 4]);
        assert_eq!(listed(&log), [1, 1, 1, 3, 3, 4]);
        assert_eq!((log.term_at(Index(1)), log.term_at(Index(8))), (None, None));
        assert_eq!(log.last(), EntryId::new(4, 7));
        assert_eq!(log.clone().push(EntryId::new(4, 9)), Err(Index(8)));
    }

    #[test]
    fn a_log_is_cut_and_goes_on_after_any_of_its_entries() {
        let whole = [0, 1, 1, 3, 3, 4];
        for place in 0..whole.len() {
            let entry = EntryId::new(whole[place], place as u64);
            let mut cut = terms(EntryId::ZERO, &whole[1..]);
            cut.cut_after(entry);
            assert_eq!((listed(&cut), cut.last()), (whole[..=place].to_vec(), entry));
            let mut later = terms(EntryId::ZERO, &whole[1..]);
            later.begin_after(entry);
            assert_eq!((listed(&later), later.base()), (whole[place..].to_vec(), entry));
        }
        let mut gone = terms(EntryId::ZERO, &whole[1..]);
        gone.begin_after(EntryId::new(7, 9));
        assert_eq!(gone, Terms::after(EntryId::new(7, 9)));
        gone.cut_after(EntryId::new(7, 8));
        assert_eq!(gone, Terms::after(EntryId::new(7, 8)));
    }
}
