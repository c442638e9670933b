//! The log of one node: a snapshot base and the entries after it, in shared chunks.
//!
//! Cloning a log clones pointers to its chunks, so a checkpoint of a world costs microseconds. Only the last chunk is
//! ever written to, and it is copied first if somebody else holds it.

use std::sync::Arc;

use super::entry::{Entry, Snapshot};
use super::ids::{EntryId, Index, Term};

/// Entries in a full chunk: small, so that copying the last one before a write stays cheap.
const CHUNK_ENTRIES: usize = 64;

/// The log in memory; not all of it need be on stable storage.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// What stands for the entries up to `base`.
    snapshot: Option<Arc<Snapshot>>,
    /// The last entry that the snapshot covers.
    base: EntryId,
    /// The entries after `base`, without gaps. Every chunk but the first and the last is full; none is empty.
    chunks: Vec<Arc<Vec<Entry>>>,
    last: EntryId,
}

impl Log {
    /// A log as it was found on stable storage.
    pub(crate) fn new(snapshot: Option<Arc<Snapshot>>, entries: Vec<Entry>) -> Log {
        let base = snapshot.as_ref().map_or(EntryId::ZERO, |snapshot| snapshot.last_included);
        let mut log = Log { snapshot, base, chunks: Vec::new(), last: base };
        for entry in entries {
            log.append(entry);
        }
        log
    }

    /// The last entry; what the snapshot covers if there is none after it.
    pub fn last(&self) -> EntryId {
        self.last
    }

    /// The first index that is still an entry here: the one after the snapshot.
    pub fn first_index(&self) -> Index {
        self.base.index.next()
    }

    /// The snapshot that stands for the beginning of the log.
    pub fn snapshot(&self) -> Option<&Arc<Snapshot>> {
        self.snapshot.as_ref()
    }

    /// What the snapshot covers; zero if there is none.
    pub fn snapshot_id(&self) -> EntryId {
        self.base
    }

    /// The entry at this index, unless it is compacted away or not there yet.
    pub fn get(&self, index: Index) -> Option<&Entry> {
        let (chunk, offset) = self.locate(index)?;
        self.chunks.get(chunk)?.get(offset)
    }

    /// The term of the entry at this index; known also for the last entry that the snapshot covers, and 0 for
    /// index 0 while nothing is compacted.
    pub fn term_at(&self, index: Index) -> Option<Term> {
        if index == self.base.index { Some(self.base.term) } else { self.get(index).map(|entry| entry.term) }
    }

    /// Whether this very entry is in the log, or is the last one that the snapshot covers.
    pub fn holds(&self, id: EntryId) -> bool {
        self.term_at(id.index) == Some(id.term)
    }

    /// The entries from `from` on, in order.
    pub fn iter_from(&self, from: Index) -> impl Iterator<Item = &Entry> {
        let (chunk, offset) = self.locate(from.max(self.first_index())).unwrap_or((self.chunks.len(), 0));
        self.chunks.iter().skip(chunk).enumerate().flat_map(move |(place, entries)| {
            let skip = if place == 0 { offset } else { 0 };
            entries.iter().skip(skip)
        })
    }

    /// At most `count` entries from `from` on, to be shared with whoever they are sent to.
    pub(super) fn slice(&self, from: Index, count: u64) -> Arc<[Entry]> {
        let count = count.min(self.last.index.next().0.saturating_sub(from.0));
        self.iter_from(from).take(count as usize).cloned().collect()
    }

    /// The first index, after the snapshot, of the run of entries with this term that ends at `index`.
    pub(super) fn first_index_of_term(&self, term: Term, index: Index) -> Index {
        self.partition_point(self.first_index(), index, |found| found < term)
    }

    /// The last index, at or before `limit`, of an entry with this term.
    pub(super) fn last_index_of_term(&self, term: Term, limit: Index) -> Option<Index> {
        let (first, end) = (self.base.index, limit.min(self.last.index).next());
        let later = self.partition_point(first, end, |found| found <= term);
        let index = (later > first).then(|| later.prev())?;
        (self.term_at(index) == Some(term)).then_some(index)
    }

    /// The first index from `first` on and before `end` whose term is not one of the early ones, else `end`. Terms never
    /// decrease along a log, so the early ones come first and few need be looked at.
    fn partition_point(&self, first: Index, end: Index, mut is_early: impl FnMut(Term) -> bool) -> Index {
        let (mut first, mut end) = (first, end);
        while first < end {
            let middle = Index(first.0 + (end.0 - first.0) / 2);
            if self.term_at(middle).is_some_and(&mut is_early) {
                first = middle.next();
            } else {
                end = middle;
            }
        }
        end
    }

    /// Adds the entry after the last one.
    pub(crate) fn append(&mut self, entry: Entry) {
        assert_eq!(entry.index, self.last.index.next(), "appended entry leaves a gap in the log");
        self.last = entry.id();
        match self.chunks.last_mut() {
            Some(chunk) if chunk.len() < CHUNK_ENTRIES => Arc::make_mut(chunk).push(entry),
            _ => self.chunks.push(Arc::new(vec![entry])),
        }
    }

    /// Removes this entry and all after it.
    pub(crate) fn truncate_from(&mut self, from: Index) {
        assert!(from > self.base.index, "truncation reaches into the snapshot");
        while let Some(chunk) = self.chunks.last_mut() {
            let first = chunk[0].index;
            if first < from {
                let keep = (from.0 - first.0) as usize;
                if keep < chunk.len() {
                    Arc::make_mut(chunk).truncate(keep);
                }
                break;
            }
            self.chunks.pop();
        }
        self.last = self.chunks.last().and_then(|chunk| chunk.last()).map_or(self.base, Entry::id);
    }

    /// Puts the snapshot in place of the entries up to its index and keeps all that follow: right where the log
    /// holds the snapshot's last entry (Figure 13, rule 6). Returns how many entries are left.
    pub(crate) fn compact(&mut self, snapshot: Arc<Snapshot>) -> u64 {
        let covered = snapshot.last_included;
        let is_covered = |entry: &Entry| entry.index <= covered.index;
        let whole = self.chunks.partition_point(|chunk| chunk.last().is_some_and(is_covered));
        self.chunks.drain(..whole);
        if let Some(chunk) = self.chunks.first_mut().filter(|chunk| is_covered(&chunk[0])) {
            Arc::make_mut(chunk).retain(|entry| !is_covered(entry));
        }
        // A snapshot from before the log's beginning, in a run without a rule: a log has no holes.
        if self.chunks.first().is_some_and(|chunk| chunk[0].index > covered.index.next()) {
            self.chunks.clear();
        }
        self.base = covered;
        self.snapshot = Some(snapshot);
        self.last = self.chunks.last().and_then(|chunk| chunk.last()).map_or(covered, Entry::id);
        self.last.index.0 - covered.index.0
    }

    /// Where the entry at `index` lies: its chunk, and its place in it.
    fn locate(&self, index: Index) -> Option<(usize, usize)> {
        if index <= self.base.index || index > self.last.index {
            return None;
        }
        let before = (index.0 - self.first_index().0) as usize;
        let in_first_chunk = self.chunks.first()?.len();
        Some(match before.checked_sub(in_first_chunk) {
            None => (0, before),
            // Those between the first and the last are full.
            Some(before) => (1 + before / CHUNK_ENTRIES, before % CHUNK_ENTRIES),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raft::configuration::Configuration;
    use crate::raft::entry::Payload;
    use crate::rng::Rng;

    fn entry(index: u64, term: u64) -> Entry {
        Entry { term: Term(term), index: Index(index), payload: Payload::Noop }
    }

    fn log_of(terms: &[u64]) -> Log {
        Log::new(None, terms.iter().zip(1..).map(|(term, index)| entry(index, *term)).collect())
    }

    fn snapshot_at(id: EntryId) -> Arc<Snapshot> {
        Arc::new(Snapshot {
            last_included: id,
            configuration: Arc::new(Configuration::of_size(3)),
            data: Arc::from([]),
        })
    }

    #[test]
    fn finds_entries_across_chunks() {
        let log = log_of(&[1; 200]);
        for index in 1..=200 {
            assert_eq!(log.get(Index(index)).map(|entry| entry.index), Some(Index(index)));
        }
        assert!(log.get(Index(0)).is_none() && log.get(Index(201)).is_none());
        assert_eq!(log.iter_from(Index(60)).count(), 141);
        assert_eq!(log.slice(Index(60), 10).first().map(|entry| entry.index), Some(Index(60)));
        assert_eq!(log.slice(Index(198), 10).len(), 3);
        assert_eq!(log.slice(Index(201), 10).len(), 0);
    }

    #[test]
    fn a_clone_does_not_see_later_writes() {
        let mut log = log_of(&[1; 70]);
        let before = log.clone();
        log.truncate_from(Index(65));
        log.append(entry(65, 2));
        assert_eq!(before.last(), EntryId::new(1, 70));
        assert_eq!(before.term_at(Index(65)), Some(Term(1)));
        assert_eq!(log.last(), EntryId::new(2, 65));
    }

    #[test]
    fn truncation_at_every_place() {
        for from in 1..=130 {
            let mut log = log_of(&[1; 130]);
            log.truncate_from(Index(from));
            assert_eq!(log.last().index, Index(from - 1));
            log.append(entry(from, 2));
            assert_eq!(log.last(), EntryId::new(2, from));
        }
    }

    #[test]
    fn a_matching_snapshot_keeps_what_follows_it() {
        for index in 1..=130 {
            let mut log = log_of(&[1; 130]);
            assert_eq!(log.compact(snapshot_at(EntryId::new(1, index))), 130 - index);
            assert_eq!(log.first_index(), Index(index + 1));
            assert_eq!(log.last(), EntryId::new(1, 130));
            assert_eq!(log.term_at(Index(index)), Some(Term(1)));
            assert_eq!(log.iter_from(Index(1)).count() as u64, 130 - index);
        }
    }

    #[test]
    fn an_older_snapshot_leaves_no_hole() {
        let mut log = log_of(&[1; 130]);
        log.compact(snapshot_at(EntryId::new(1, 100)));
        assert_eq!(log.compact(snapshot_at(EntryId::new(1, 70))), 0);
        assert_eq!((log.first_index(), log.last()), (Index(71), EntryId::new(1, 70)));
        log.append(entry(71, 2));
        assert_eq!(log.get(Index(71)).map(Entry::id), Some(EntryId::new(2, 71)));
    }

    #[test]
    fn a_log_can_begin_with_a_snapshot_alone() {
        let log = Log::new(Some(snapshot_at(EntryId::new(2, 7))), Vec::new());
        assert_eq!(log.last(), EntryId::new(2, 7));
        assert_eq!(log.first_index(), Index(8));
        assert!(log.holds(EntryId::new(2, 7)) && !log.holds(EntryId::new(1, 7)));
    }

    #[test]
    fn runs_of_a_term() {
        let log = log_of(&[1, 1, 2, 2, 2, 4]);
        assert_eq!(log.first_index_of_term(Term(2), Index(5)), Index(3));
        assert_eq!(log.first_index_of_term(Term(1), Index(2)), Index(1));
        assert_eq!(log.last_index_of_term(Term(2), Index(6)), Some(Index(5)));
        assert_eq!(log.last_index_of_term(Term(2), Index(4)), Some(Index(4)));
        assert_eq!(log.last_index_of_term(Term(3), Index(6)), None);
    }

    /// Wherever runs of terms begin and end and the snapshot lies, they are found as by looking at every entry.
    #[test]
    fn runs_of_a_term_are_found_as_by_walking() {
        for seed in 0..50 {
            let mut rng = Rng::new(seed);
            let mut term = 1;
            let terms: Vec<u64> = (0..150)
                .map(|_| {
                    term += u64::from(rng.chance(0.1)) * rng.between(1, 3);
                    term
                })
                .collect();
            let mut log = log_of(&terms);
            let covered = rng.between(1, 100);
            log.compact(snapshot_at(EntryId::new(terms[covered as usize - 1], covered)));
            for index in covered + 1..=150 {
                let of_term = terms[index as usize - 1];
                let first = (covered + 1..=index).find(|at| terms[*at as usize - 1] == of_term);
                assert_eq!(Some(log.first_index_of_term(Term(of_term), Index(index))), first.map(Index));
                for wanted in 0..=term + 1 {
                    let last = (covered..=index).rev().find(|at| terms[*at as usize - 1] == wanted);
                    assert_eq!(log.last_index_of_term(Term(wanted), Index(index)), last.map(Index));
                }
            }
        }
    }

    /// A refused message costs a few looks into the log, however long the run of its term is.
    #[test]
    fn runs_of_a_term_are_found_with_few_looks() {
        let log = log_of(&[1; 100_000]);
        let mut looks = 0;
        let found = log.partition_point(Index(1), Index(100_000), |_| {
            looks += 1;
            false
        });
        assert_eq!(found, Index(1));
        assert!(looks <= 17, "{looks} looks");
    }
}
