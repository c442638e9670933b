//! Linearizable reads without a log write: ReadIndex (§8, thesis 6.4).
//!
//! A read takes the commit index as its `read_index` and waits for a majority to answer a round of messages that
//! began after it came in. Then this node was still the leader when the read began, and whatever was committed before
//! is at or below `read_index`.

use std::collections::VecDeque;

use super::fact::Fact;
use super::ids::{Index, NodeId};
use super::io::{Answer, Output, ReadId, Refusal};
use super::node::Node;
use super::role::Role;
use super::rules::{Rule, Rules};

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
        let count = self.waiting.iter().take_while(|waiting| waiting.round <= round).count();
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
        self.unstarted.drain(..).chain(self.waiting.drain(..).map(|waiting| waiting.read))
    }
}

impl<R: Rules> Node<R> {
    /// A client wants to read.
    pub(super) fn read(&mut self, read: ReadId, out: &mut Output) {
        let (commit_index, refusal) = (self.commit_index, Refusal::NotLeader { leader: self.leader() });
        let needs_quorum = self.rules.keeps(Rule::ReadNeedsQuorum);
        match &mut self.role {
            Role::Leader(leader) if needs_quorum => {
                let must_wait = commit_index < leader.first_of_term;
                leader.reads.add(read);
                if must_wait {
                    self.note(out, || Fact::ReadWaitsForCommit { commit_index });
                }
            }
            Role::Leader(_) => out.answers.push(Answer::ReadReady { read, read_index: commit_index }),
            _ => out.answers.push(Answer::ReadRefused { read, refusal }),
        }
    }

    /// The end of a step: answers the reads that are confirmed, and begins a round for those that need one.
    pub(super) fn serve_reads(&mut self, out: &mut Output) {
        self.confirm_reads(out);
        let (commit_index, own_term_first) =
            (self.commit_index, self.rules.keeps(Rule::ReadNeedsOwnTermCommit));
        let Some(leader) = self.leader_mut() else { return };
        // §8: only after committing in its own term does a leader know which entries are committed.
        let knows_commit_index = commit_index >= leader.first_of_term || !own_term_first;
        if leader.reads.wants_round() && knows_commit_index {
            leader.reads.start_round(commit_index);
            self.send_round(out);
            self.confirm_reads(out);
        }
    }

    fn confirm_reads(&mut self, out: &mut Output) {
        let id = self.config.id;
        let needs_later_round = self.rules.keeps(Rule::ReadNeedsLaterRound);
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        if !leader.reads.any_waiting() {
            return;
        }
        let newest = leader.reads.round;
        let answered = |voter: NodeId| {
            if voter == id { newest } else { leader.progress[&voter].round_answered }
        };
        let mut round = self.configuration.reached_by(self.configuration.quorum(), answered, 0);
        if !needs_later_round {
            round += 1;
        }
        let confirmed = leader.reads.confirm(round);
        for Confirmed { read, read_index } in confirmed {
            out.answers.push(Answer::ReadReady { read, read_index });
            self.note(out, || {
                let answered_it = |(voter, progress): (NodeId, &super::progress::Progress)| {
                    (progress.round_answered >= round).then_some(voter)
                };
                Fact::ReadConfirmed {
                    read_index,
                    confirmed_by: self.progress().filter_map(answered_it).collect(),
                }
            });
        }
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
        assert_eq!(reads.confirm(1), [Confirmed { read: ReadId(1), read_index: Index(4) }]);
        assert!(reads.wants_round(), "the second read needs a round of its own");
        reads.start_round(Index(6));
        assert_eq!(reads.confirm(2), [Confirmed { read: ReadId(2), read_index: Index(6) }]);
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
