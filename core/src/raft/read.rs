//! Linearizable reads without a log write: ReadIndex (§8, thesis 6.4) and leases (thesis 6.4.1).
//!
//! A read takes the commit index as its `read_index` and waits for a majority to answer a round of messages that
//! began after it came in. Then this node was still the leader when the read began, and whatever was committed before
//! is at or below `read_index`. With a lease the promise of an earlier round is still running, and nobody is asked.

use super::fact::Fact;
use super::ids::{Index, NodeId};
use super::io::{Answer, Output, ReadId, Refusal};
use super::message::{Body, ReadIndexReply};
use super::node::Node;
use super::progress::Progress;
use super::role::Role;
use super::rules::{Rule, Rules};
use crate::time::Micros;

/// Who waits for an index to read at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    /// A client of this node.
    Here(ReadId),
    /// A follower.
    There(NodeId, ReadId),
}

/// The reads that a leader has not answered yet, and the rounds of its messages.
#[derive(Clone, Debug, Default)]
pub(super) struct Reads {
    /// The newest round that any message carries.
    pub(super) round: u64,
    /// When the rounds began that no majority has answered yet, and the newest that one has; the oldest first.
    begun: Vec<(u64, Micros)>,
    /// Reads that no round covers yet: the leader has not committed in its term, or a round is under way.
    unstarted: Vec<Reader>,
    /// Reads that wait for their round, in the order of rounds.
    waiting: Vec<Waiting>,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    reader: Reader,
    read_index: Index,
    round: u64,
}

/// A read that a majority has confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Confirmed {
    pub(super) reader: Reader,
    pub(super) read_index: Index,
}

impl Reads {
    /// A new read; [`Reads::start_round`] will take it along.
    pub(super) fn add(&mut self, reader: Reader) {
        self.unstarted.push(reader);
    }

    /// Whether a round should begin: reads wait for one, and none is under way for reads.
    pub(super) fn wants_round(&self) -> bool {
        !self.unstarted.is_empty() && self.waiting.is_empty()
    }

    /// A round begins, for whatever reason.
    pub(super) fn next_round(&mut self, now: Micros) -> u64 {
        self.round += 1;
        self.begun.push((self.round, now));
        self.round
    }

    /// A round begins that will confirm every read that has come in so far.
    pub(super) fn start_round(&mut self, commit_index: Index, now: Micros) {
        let round = self.next_round(now);
        let waiting = |reader| Waiting { reader, read_index: commit_index, round };
        self.waiting.extend(self.unstarted.drain(..).map(waiting));
    }

    /// A majority has answered `round` or a later one. Returns the reads that this confirms.
    pub(super) fn confirm(&mut self, round: u64) -> Vec<Confirmed> {
        self.forget_begun_before(round);
        let count = self.waiting.iter().take_while(|waiting| waiting.round <= round).count();
        let confirmed = |Waiting { reader, read_index, .. }| Confirmed { reader, read_index };
        self.waiting.drain(..count).map(confirmed).collect()
    }

    /// When the newest round began that a majority has answered, given that it is `round`.
    pub(super) fn began_at(&mut self, round: u64) -> Option<Micros> {
        self.forget_begun_before(round);
        self.begun.first().filter(|(begun, _)| *begun <= round).map(|(_, at)| *at)
    }

    /// Of the rounds up to this one, which a majority has answered, only the newest matters any more.
    pub(super) fn forget_begun_before(&mut self, round: u64) {
        let answered = self.begun.iter().take_while(|(begun, _)| *begun <= round).count();
        self.begun.drain(..answered.saturating_sub(1));
    }

    /// Whether some read waits for a majority to answer.
    pub(super) fn any_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Takes out every read, answered by nobody.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Reader> {
        self.unstarted.drain(..).chain(self.waiting.drain(..).map(|waiting| waiting.reader))
    }
}

impl<R: Rules> Node<R> {
    /// A client, or a follower for its client, wants an index to read at.
    pub(super) fn read(&mut self, reader: Reader, out: &mut Output) {
        let (commit_index, refusal) = (self.commit_index, Refusal::NotLeader { leader: self.leader() });
        if !matches!(self.role, Role::Leader(_)) {
            return self.refuse_read(reader, refusal, out);
        }
        if !self.rules.keeps(Rule::ReadNeedsQuorum) {
            return self.serve_read(reader, commit_index, out);
        }
        if let Some(lease_until) = self.lease_until() {
            self.note(out, || Fact::ReadByLease { read_index: commit_index, lease_until });
            return self.serve_read(reader, commit_index, out);
        }
        if !self.knows_commit_index() {
            self.note(out, || Fact::ReadWaitsForCommit { commit_index });
        }
        if let Some(leader) = self.leader_mut() {
            leader.reads.add(reader);
        }
    }

    /// The end of a step: answers the reads that are confirmed, and begins a round for those that need one.
    pub(super) fn serve_reads(&mut self, out: &mut Output) {
        self.confirm_reads(out);
        let (now, commit_index, knows_commit_index) =
            (self.now, self.commit_index, self.knows_commit_index());
        let Some(leader) = self.leader_mut() else { return };
        if leader.reads.wants_round() && knows_commit_index {
            leader.reads.start_round(commit_index, now);
            self.send_round(out);
            self.confirm_reads(out);
        }
    }

    pub(super) fn refuse_read(&self, reader: Reader, refusal: Refusal, out: &mut Output) {
        match reader {
            Reader::Here(read) => out.answers.push(Answer::ReadRefused { read, refusal }),
            Reader::There(follower, read) => {
                self.send(follower, Body::ReadIndexReply(ReadIndexReply { read, read_index: None }), out);
            }
        }
    }

    fn serve_read(&self, reader: Reader, read_index: Index, out: &mut Output) {
        match reader {
            Reader::Here(read) => out.answers.push(Answer::ReadReady { read, read_index }),
            Reader::There(follower, read) => {
                let reply = ReadIndexReply { read, read_index: Some(read_index) };
                self.send(follower, Body::ReadIndexReply(reply), out);
            }
        }
    }

    /// §8: only after committing in its own term does a leader know which entries are committed.
    fn knows_commit_index(&self) -> bool {
        match &self.role {
            Role::Leader(leader) => {
                self.commit_index >= leader.first_of_term || !self.rules.keeps(Rule::ReadNeedsOwnTermCommit)
            }
            _ => false,
        }
    }

    fn confirm_reads(&mut self, out: &mut Output) {
        if !matches!(&self.role, Role::Leader(leader) if leader.reads.any_waiting()) {
            return;
        }
        let mut round = self.round_of_quorum();
        if !self.rules.keeps(Rule::ReadNeedsLaterRound) {
            round += 1;
        }
        let Some(leader) = self.leader_mut() else { return };
        for Confirmed { reader, read_index } in leader.reads.confirm(round) {
            self.serve_read(reader, read_index, out);
            self.note(out, || {
                let answered = |(voter, progress): (NodeId, &Progress)| {
                    (progress.round_answered >= round).then_some(voter)
                };
                Fact::ReadConfirmed {
                    read_index,
                    confirmed_by: self.progress().filter_map(answered).collect(),
                }
            });
        }
    }

    /// The newest round that a majority has answered.
    pub(super) fn round_of_quorum(&self) -> u64 {
        let Role::Leader(leader) = &self.role else { return 0 };
        let (id, newest) = (self.config.id, leader.reads.round);
        let answered = |voter: NodeId| match leader.progress.get(&voter) {
            Some(progress) => {
                if progress.forgetful.is_some() {
                    0
                } else {
                    progress.round_answered
                }
            }
            None => {
                if voter == id {
                    newest
                } else {
                    0
                }
            }
        };
        self.deciding().reached(0, answered, 0)
    }

    /// A leader was heard: where there are leases, it may count on this server's vote for nobody else from now on for
    /// the least election timeout.
    pub(super) fn keep_lease(&mut self) {
        if self.config.lease_reads.is_some() && self.config.check_quorum {
            self.lease_kept_until = self.now + self.config.election_timeout_min;
        }
    }

    /// Whether such a promise is still running: who asks for a vote is not heard then.
    pub(super) fn keeps_lease(&self) -> bool {
        self.now < self.lease_kept_until
    }

    #[cfg(test)]
    pub(super) fn rounds_remembered(&self) -> usize {
        match &self.role {
            Role::Leader(leader) => leader.reads.begun.len(),
            _ => 0,
        }
    }

    /// When the lease of this leader ends, if it has one that is still running (thesis 6.4.1).
    fn lease_until(&mut self) -> Option<Micros> {
        let drift = self.config.lease_reads.filter(|_| self.config.check_quorum)?;
        let span = self.config.election_timeout_min;
        let lease = if self.rules.keeps(Rule::LeaseWithinDrift) { drift.shortened(span) } else { span };
        let (round, now) = (self.round_of_quorum(), self.now);
        let knows_commit_index = self.knows_commit_index();
        let ends_with_transfer = self.rules.keeps(Rule::LeaseEndsWithTransfer);
        let leader = self.leader_mut()?;
        let ended = leader.timeout_now_sent && ends_with_transfer;
        let began_at = leader.reads.began_at(round)?;
        (knows_commit_index && !ended && now < began_at + lease).then(|| began_at + lease)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READER: Reader = Reader::Here(ReadId(1));
    const OTHER: Reader = Reader::There(NodeId(2), ReadId(1));

    #[test]
    fn only_a_round_that_began_after_the_read_confirms_it() {
        let mut reads = Reads::default();
        reads.add(READER);
        reads.start_round(Index(4), Micros(40));
        reads.add(OTHER);
        assert_eq!(reads.confirm(0), []);
        assert_eq!(reads.confirm(1), [Confirmed { reader: READER, read_index: Index(4) }]);
        assert!(reads.wants_round(), "the second read needs a round of its own");
        reads.start_round(Index(6), Micros(60));
        assert_eq!(reads.confirm(2), [Confirmed { reader: OTHER, read_index: Index(6) }]);
    }

    #[test]
    fn a_later_round_confirms_earlier_reads() {
        let mut reads = Reads::default();
        reads.add(READER);
        reads.start_round(Index(4), Micros(40));
        reads.start_round(Index(4), Micros(40));
        assert_eq!(reads.confirm(2).len(), 1);
        assert!(!reads.any_waiting());
    }

    #[test]
    fn a_lease_counts_from_when_the_answered_round_began() {
        let mut reads = Reads::default();
        reads.next_round(Micros(10));
        reads.next_round(Micros(20));
        reads.next_round(Micros(30));
        assert_eq!(reads.began_at(0), None);
        assert_eq!(reads.began_at(2), Some(Micros(20)));
        assert_eq!(reads.began_at(3), Some(Micros(30)));
    }

    #[test]
    fn rounds_that_are_answered_are_forgotten() {
        let mut reads = Reads::default();
        for read in 1..=100 {
            reads.add(READER);
            reads.start_round(Index(4), Micros(read));
            reads.confirm(read);
        }
        assert_eq!(reads.begun.len(), 1);
        assert_eq!(reads.began_at(100), Some(Micros(100)));
    }
}
