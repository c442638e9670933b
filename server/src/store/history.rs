//! The last changes, for those who watch.
//!
//! It is no part of the state: a server that starts from a snapshot has none, and a replica may remember more than
//! another one.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

/// The most changes that are remembered.
pub const CHANGES_MAX: usize = 16 << 10;

/// The most bytes of keys and values that are remembered; the last change always is.
pub const CHANGES_BYTES_MAX: usize = 32 << 20;

/// A change of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The index of the entry that made it.
    pub index: u64,
    /// The key.
    pub key: Arc<str>,
    /// What became of it.
    pub value: ValueChange,
}

/// What became of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueChange {
    /// It has this value now.
    Put(Bytes),
    /// It is gone.
    Deleted,
}

/// Changes that somebody wants to see are forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the changes before index {oldest} are forgotten")]
pub struct Compacted {
    /// The first index from which all changes are known.
    pub oldest: u64,
}

impl Change {
    fn weight(&self) -> usize {
        let value = match &self.value {
            ValueChange::Put(value) => value.len(),
            ValueChange::Deleted => 0,
        };
        self.key.len() + value
    }
}

/// The last changes, in the order of their indexes.
#[derive(Clone, Debug)]
pub(super) struct History {
    changes: VecDeque<Arc<Change>>,
    bytes: usize,
    /// All changes from this index on are here.
    oldest: u64,
}

impl History {
    /// Nothing is known of what was before `oldest`.
    pub(super) fn beginning_at(oldest: u64) -> History {
        History { changes: VecDeque::new(), bytes: 0, oldest }
    }

    pub(super) fn push(&mut self, change: Arc<Change>) {
        self.bytes += change.weight();
        self.changes.push_back(change);
        while self.changes.len() > CHANGES_MAX || (self.bytes > CHANGES_BYTES_MAX && self.changes.len() > 1) {
            let Some(forgotten) = self.changes.pop_front() else { break };
            self.bytes -= forgotten.weight();
            self.oldest = forgotten.index + 1;
        }
    }

    /// The changes of keys with this prefix from this index on.
    pub(super) fn since(&self, from: u64, prefix: &str, limit: usize) -> Result<Vec<Arc<Change>>, Compacted> {
        if from < self.oldest {
            return Err(Compacted { oldest: self.oldest });
        }
        let first = self.changes.partition_point(|change| change.index < from);
        let matching = self.changes.range(first..).filter(|change| change.key.starts_with(prefix));
        Ok(matching.take(limit).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(index: u64, key: &str, length: usize) -> Arc<Change> {
        Arc::new(Change { index, key: key.into(), value: ValueChange::Put(vec![0; length].into()) })
    }

    fn indexes(found: Result<Vec<Arc<Change>>, Compacted>) -> Vec<u64> {
        found.expect("known").iter().map(|change| change.index).collect()
    }

    #[test]
    fn changes_are_told_from_an_index_on() {
        let mut history = History::beginning_at(5);
        for (index, key) in [(5, "a/1"), (8, "b"), (9, "a/2"), (12, "a/3")] {
            history.push(change(index, key, 1));
        }
        assert_eq!(indexes(history.since(5, "", 9)), [5, 8, 9, 12]);
        assert_eq!(indexes(history.since(6, "a/", 9)), [9, 12]);
        assert_eq!(indexes(history.since(6, "a/", 1)), [9]);
        assert_eq!(indexes(history.since(13, "", 9)), [0; 0]);
        assert_eq!(history.since(4, "", 9), Err(Compacted { oldest: 5 }));
    }

    #[test]
    fn what_is_forgotten_is_known_to_be() {
        let mut history = History::beginning_at(0);
        for index in 1..=CHANGES_MAX as u64 + 3 {
            history.push(change(index, "k", 1));
        }
        assert_eq!(history.since(3, "", 1), Err(Compacted { oldest: 4 }));
        assert_eq!(history.since(4, "", usize::MAX).expect("known").len(), CHANGES_MAX);
        for index in 0..40 {
            history.push(change(1 << 20 | index, "k", 1 << 20));
        }
        let found = history.since(1 << 20 | 39, "", 9).expect("known");
        assert_eq!(found.len(), 1);
        assert_eq!(
            history.since(1 << 20, "", 9),
            Err(Compacted { oldest: 1 << 20 | 9 }),
            "32 MiB of the last"
        );
    }
}
