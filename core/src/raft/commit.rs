//! When an entry is committed (§5.3, §5.4.2; Figure 2), and the handing out of committed entries.

use super::fact::Fact;
use super::ids::{Index, NodeId};
use super::io::{Answer, Output};
use super::node::Node;
use super::role::Role;
use super::rules::{Rule, Rules};

impl<R: Rules> Node<R> {
    /// Figure 2, Leaders: "If there exists an N such that N > commitIndex, a majority of matchIndex[i] ≥ N, and
    /// log[N].term == currentTerm: set commitIndex = N."
    pub(super) fn advance_commit(&mut self, out: &mut Output) {
        let is_all_committed = self.commit_index >= self.log.last().index;
        if !matches!(self.role, Role::Leader(_)) || is_all_committed {
            return;
        }
        let short = self.short_of_majority(Rule::CommitMajority) + self.counts_although_removed();
        let held_by_quorum = self.deciding().reached(short, |voter| self.match_index_of(voter), Index::ZERO);
        let from = self.commit_index;
        let Some(term) = self.log.term_at(held_by_quorum).filter(|_| held_by_quorum > from) else {
            return;
        };
        let current_term = self.hard_state.current_term;
        if term != current_term && self.rules.keeps(Rule::CommitOnlyCurrentTerm) {
            let entry = super::ids::EntryId { term, index: held_by_quorum };
            return self.note(out, || Fact::OldTermNotCounted { entry, current_term });
        }
        self.committed_to(held_by_quorum);
        self.note(out, || {
            let voters = self.deciding();
            let needed = voters.quorum().saturating_sub(short) as u32;
            let holds = |voter: &NodeId| self.match_index_of(*voter) >= held_by_quorum;
            let holders =
                voters.members().into_iter().filter(|id| voters.is_voter(*id)).filter(holds).collect();
            Fact::Committed { from, to: held_by_quorum, holders, needed }
        });
    }

    fn committed_to(&mut self, to: Index) {
        let from = std::mem::replace(&mut self.commit_index, to);
        let count = to.0 - from.0;
        if let Role::Leader(leader) = &mut self.role {
            let committed = self.log.iter_from(from.next()).take(count as usize);
            let bytes = committed.map(super::entry::Entry::command_bytes).sum();
            leader.uncommitted_bytes = leader.uncommitted_bytes.saturating_sub(bytes);
        }
    }

    /// Figure 2, AppendEntries 5: a follower commits what the leader has, as far as its own log is known to match.
    pub(super) fn learn_commit(&mut self, leader_commit: Index, verified: Index, out: &mut Output) {
        let bounded = self.rules.keeps(Rule::FollowerCommitBounded);
        let bound = if bounded { verified } else { self.log.last().index };
        let (from, to) = (self.commit_index, leader_commit.min(bound));
        if to > from {
            self.committed_to(to);
            self.note(out, || Fact::CommitLearnt { from, to, leader_commit, verified });
        }
    }

    /// Hands out what is committed and not applied yet (Figure 2, All Servers), and answers whoever proposed it.
    pub(super) fn apply_committed(&mut self, out: &mut Output) {
        if self.last_applied >= self.commit_index {
            return;
        }
        let count = self.commit_index.0 - self.last_applied.0;
        out.apply.extend(self.log.iter_from(self.last_applied.next()).take(count as usize).cloned());
        self.last_applied = self.commit_index;
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        let mut answered = 0;
        while let Some((index, proposal)) = leader.proposals.get(answered).copied() {
            let Some(entry) = self.log.get(index).filter(|_| index <= self.last_applied) else {
                break;
            };
            out.answers.push(Answer::Applied { proposal, entry: entry.id() });
            answered += 1;
        }
        leader.proposals.drain(..answered);
    }

    /// 1 where a laboratory lets a leader count itself that is not in the new configuration.
    fn counts_although_removed(&self) -> usize {
        let removed = !self.configuration().is_joint() && !self.configuration().is_voter(self.config.id);
        usize::from(removed && !self.rules.keeps(Rule::RemovedLeaderNotCounted))
    }

    fn match_index_of(&self, voter: NodeId) -> Index {
        if voter == self.config.id {
            self.own_match_index()
        } else {
            let counts = self.progress_of(voter).filter(|progress| progress.forgetful.is_none());
            counts.map_or(Index::ZERO, |progress| progress.match_index)
        }
    }
}
