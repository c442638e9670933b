//! Linearizable reads without a log write: ReadIndex (§8, thesis 6.4).
//!
//! A read takes the commit index as its `read_index` and waits for a majority to answer a round of messages that
//! began after it came in. Then this node was still the leader when the read began, and whatever was committed before
//! is at or below `read_index`.

use std::collections::VecDeque;

use super::ids::Index;
use super::io::ReadId;

/// The reads that a leader has not answered yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Reads {
    /// The newest round that any message carries.
    pub(super) round: u64,
    /// Reads that no round covers yet: the leader has not committed in its term, or a round is under way.
    unstarted: Vec<ReadId>,
    /// Reads that wait for their round, in the order of rounds.
    waiting: VecDeque<Waiting>,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    read: ReadId,
    read_index: Index,
    round: u64,
}

/// A read that a majority has confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Confirmed {
    pub(super) read: ReadId,
    pub(super) read_index: Index,
}

impl Reads {
    /// A new read; [`Reads::start_round`] will take it along.
    pub(super) fn add(&mut self, read: ReadId) {
        self.unstarted.push(read);
    }

    /// Whether a round should begin: reads wait for one, and none is under way for reads.
    pub(super) fn wants_round(&self) -> bool {
        !self.unstarted.is_empty() && self.waiting.is_empty()
    }

    /// A round begins: it will confirm every read that has come in so far.
    pub(super) fn start_round(&mut self, commit_index: Index) {
        self.round += 1;
        let round = self.round;
        self.waiting.extend(self.unstarted.drain(..).map(|read| Waiting {
            read,
            read_index: commit_index,
            round,
        }));
    }

    /// A majority has answered `round` or a later one. Returns the reads that this confirms.
    pub(super) fn confirm(&mut self, round: u64) -> Vec<Confirmed> {
        let count = self
            .waiting
            .iter()
            .take_while(|waiting| waiting.round <= round)
            .count();
        self.waiting
            .drain(..count)
            .map(|Waiting { read, read_index, .. }| Confirmed { read, read_index })
            .collect()
    }

    /// Whether some read waits for a majority to answer.
    pub(super) fn any_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Takes out every read, answered by nobody.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = ReadId> {
        self.unstarted
            .drain(..)
            .chain(self.waiting.drain(..).map(|waiting| waiting.read))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_round_that_began_after_the_read_confirms_it() {
        let mut reads = Reads::default();
        reads.add(ReadId(1));
        reads.start_round(Index(4));
        reads.add(ReadId(2));
        assert_eq!(reads.confirm(0), []);
        assert_eq!(
            reads.confirm(1),
            [Confirmed {
                read: ReadId(1),
                read_index: Index(4)
            }]
        );
        assert!(reads.wants_round(), "the second read needs a round of its own");
        reads.start_round(Index(6));
        assert_eq!(
            reads.confirm(2),
            [Confirmed {
                read: ReadId(2),
                read_index: Index(6)
            }]
        );
    }

    #[test]
    fn a_later_round_confirms_earlier_reads() {
        let mut reads = Reads::default();
        reads.add(ReadId(1));
        reads.start_round(Index(4));
        reads.start_round(Index(4));
        assert_eq!(reads.confirm(2).len(), 1);
        assert!(!reads.any_waiting());
    }
}
