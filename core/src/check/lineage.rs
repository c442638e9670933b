//! Every entry and the entry before it, as far as Log Matching lets them be told by few numbers.
//!
//! The entries of a term are made by one leader, one after the other; so wherever a term's entries are, they start
//! at the same index and after the same entry. A term with its start and the entry before it therefore stands for
//! the ancestry of all its entries, and a whole log is known by its last entry. Where a run breaks Log Matching,
//! the first thing seen is taken as true, and what differs from it is the violation.

use super::sequence::Sequence;
use crate::hash::Hasher;
use crate::raft::{Entry, EntryId, Index, NodeId, Payload, Term};
use crate::sorted::SortedMap;

/// What is known of all entries of all logs.
#[derive(Clone, Debug, Default)]
pub(super) struct Lineage {
    terms: SortedMap<Term, Line>,
}

/// The entries of one term.
#[derive(Clone, Debug)]
struct Line {
    first: Index,
    /// The entry before the first one; of a lower term.
    before: EntryId,
    /// A hash of what each entry carries, by index.
    contents: Sequence<u64>,
}

/// How an entry differs from what is known of the entry of the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mismatch {
    /// It does not follow the entry before it: the index is not the next, or the term is lower.
    OutOfOrder,
    /// It follows another entry than it does elsewhere.
    Predecessor {
        /// What it follows elsewhere; none if it is none of the entries that this term has.
        elsewhere: Option<EntryId>,
    },
    /// It carries something else than it does elsewhere.
    Content,
}

impl Lineage {
    /// Takes note of an entry in a log, where it follows `before`.
    pub(super) fn add(&mut self, before: EntryId, entry: &Entry) -> Result<(), Mismatch> {
        let in_order = entry.index == before.index.next() && entry.term >= before.term;
        let Some(line) = self.terms.get_mut(&entry.term) else {
            // An entry out of order may have no ancestors: `EntryId::ZERO` is no predecessor of a later index.
            let origin = if in_order && before.term < entry.term { before } else { EntryId::ZERO };
            let mut contents = Sequence::starting_at(entry.index.0);
            contents.push(content(&entry.payload));
            let line = Line { first: entry.index, before: origin, contents };
            self.terms.insert(entry.term, line);
            return if in_order { Ok(()) } else { Err(Mismatch::OutOfOrder) };
        };
        if !in_order {
            return Err(Mismatch::OutOfOrder);
        }
        let elsewhere = line.before_index(entry.term, entry.index);
        if elsewhere != Some(before) {
            return Err(Mismatch::Predecessor { elsewhere });
        }
        let content = content(&entry.payload);
        if line.contents.end() == entry.index.0 {
            line.contents.push(content);
        }
        match line.contents.get(entry.index.0) {
            Some(known) if *known != content => Err(Mismatch::Content),
            _ => Ok(()),
        }
    }

    /// The entry at `index` in the log that ends with `end`; none if it is shorter, or forgotten.
    pub(super) fn at(&self, end: EntryId, index: Index) -> Option<EntryId> {
        let mut end = end;
        while index <= end.index {
            if index == end.index {
                return Some(end);
            }
            let line = self.terms.get(&end.term)?;
            if index >= line.first {
                return Some(EntryId { term: end.term, index });
            }
            end = line.before;
        }
        None
    }

    /// Whether the log that ends with `end` holds this entry.
    pub(super) fn contains(&self, end: EntryId, entry: EntryId) -> bool {
        self.at(end, entry.index) == Some(entry)
    }

    /// The last index up to which the logs that end with `a` and `b` are the same.
    pub(super) fn common(&self, a: EntryId, b: EntryId) -> Index {
        let (mut a, mut b) = (a, b);
        while a.term != b.term {
            let later = if a.term > b.term { &mut a } else { &mut b };
            *later = self.terms.get(&later.term).map_or(EntryId::ZERO, |line| line.before);
        }
        a.index.min(b.index)
    }

    /// Forgets what comes before this entry, which all logs have in common.
    pub(super) fn forget_before(&mut self, compacted: EntryId) {
        self.terms.remove_before(&compacted.term);
    }

    /// Forgets what entries before this index carry; their names stay known.
    pub(super) fn forget_contents_before(&mut self, index: Index) {
        for line in self.terms.values_mut() {
            line.contents.forget_before(index.0);
        }
    }
}

impl Line {
    /// The entry before the one at `index`, if this term has one there.
    fn before_index(&self, term: Term, index: Index) -> Option<EntryId> {
        let previous = EntryId { term, index: index.prev() };
        match index.cmp(&self.first) {
            std::cmp::Ordering::Less => None,
            std::cmp::Ordering::Equal => Some(self.before),
            std::cmp::Ordering::Greater => Some(previous),
        }
    }
}

/// A hash of what an entry carries.
pub(super) fn content(payload: &Payload) -> u64 {
    match payload {
        Payload::Noop => Hasher::new().number(0).finish(),
        Payload::Command(command) => Hasher::new().number(1).field(command).finish(),
        Payload::Configuration(configuration) => {
            let sets = [configuration.voters(), configuration.outgoing(), configuration.learners()];
            let numbers = sets.into_iter().flat_map(|set| std::iter::once(set.len() as u64).chain(ids(set)));
            numbers.fold(Hasher::new().number(2), Hasher::number).finish()
        }
    }
}

fn ids(set: &[NodeId]) -> impl Iterator<Item = u64> {
    set.iter().map(|id| u64::from(id.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noop(term: u64, index: u64) -> Entry {
        Entry { term: Term(term), index: Index(index), payload: Payload::Noop }
    }

    /// The logs `1@1 2@1 3@1`, `1@1 2@1 3@3 4@3` and `1@1 2@2`.
    fn three_branches() -> Lineage {
        let mut lineage = Lineage::default();
        for log in [&[(1, 1), (1, 2), (1, 3)][..], &[(1, 1), (1, 2), (3, 3), (3, 4)], &[(1, 1), (2, 2)]] {
            let mut before = EntryId::ZERO;
            for (term, index) in log {
                let entry = noop(*term, *index);
                assert_eq!(lineage.add(before, &entry), Ok(()));
                before = entry.id();
            }
        }
        lineage
    }

    #[test]
    fn a_log_is_known_by_its_last_entry() {
        let lineage = three_branches();
        let end = EntryId::new(3, 4);
        let log: Vec<Option<EntryId>> = (1..=5).map(|index| lineage.at(end, Index(index))).collect();
        let expected = [(1, 1), (1, 2), (3, 3), (3, 4)].map(|(term, index)| Some(EntryId::new(term, index)));
        assert_eq!(log[..4], expected);
        assert_eq!(log[4], None);
        assert!(!lineage.contains(end, EntryId::new(2, 2)));
        assert!(lineage.contains(end, EntryId::ZERO));
    }

    #[test]
    fn two_logs_are_the_same_up_to_where_they_part() {
        let lineage = three_branches();
        let common = |a: (u64, u64), b: (u64, u64)| {
            let (a, b) = (EntryId::new(a.0, a.1), EntryId::new(b.0, b.1));
            assert_eq!(lineage.common(a, b), lineage.common(b, a));
            lineage.common(a, b).0
        };
        assert_eq!(common((1, 3), (3, 4)), 2);
        assert_eq!(common((2, 2), (3, 4)), 1);
        assert_eq!(common((2, 2), (1, 3)), 1);
        assert_eq!(common((3, 3), (3, 4)), 3);
        assert_eq!(common((3, 3), (0, 0)), 0);
    }

    #[test]
    fn what_differs_from_elsewhere_is_a_mismatch() {
        let mut lineage = three_branches();
        let other_origin = lineage.add(EntryId::new(2, 2), &noop(3, 3));
        let elsewhere = Some(EntryId::new(1, 2));
        assert_eq!(other_origin, Err(Mismatch::Predecessor { elsewhere }));
        let before_the_first = lineage.add(EntryId::new(1, 1), &noop(3, 2));
        assert_eq!(before_the_first, Err(Mismatch::Predecessor { elsewhere: None }));
        assert_eq!(lineage.add(EntryId::new(1, 1), &noop(1, 3)), Err(Mismatch::OutOfOrder));
        assert_eq!(lineage.add(EntryId::new(3, 4), &noop(2, 5)), Err(Mismatch::OutOfOrder));
        let other_content = Entry { payload: Payload::Command([1][..].into()), ..noop(3, 4) };
        assert_eq!(lineage.add(EntryId::new(3, 3), &other_content), Err(Mismatch::Content));
        assert_eq!(lineage.add(EntryId::new(3, 3), &noop(3, 4)), Ok(()));
    }

    #[test]
    fn what_lies_before_the_snapshots_is_forgotten() {
        let mut lineage = three_branches();
        lineage.forget_before(EntryId::new(3, 4));
        assert_eq!(lineage.terms.iter().map(|(term, _)| *term).collect::<Vec<_>>(), [Term(3)]);
        assert!(lineage.contains(EntryId::new(3, 4), EntryId::new(3, 3)));
    }
}
