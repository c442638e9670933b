//! From role to role (Figure 4), and from term to term (§5.1).

use std::sync::Arc;

use super::entry::{Entry, Payload};
use super::fact::{Fact, RoleReason};
use super::ids::{NodeId, Term};
use super::io::{Answer, HardState, Output, Refusal};
use super::node::Node;
use super::progress::Progress;
use super::read::{Reader, Reads};
use super::role::{Follower, Leader, Role, RoleName};
use super::rules::{Rule, Rules};
use crate::sorted::SortedMap;

impl<R: Rules> Node<R> {
    /// Rules for Servers, Leaders: what a leader knows begins anew with each of its terms.
    pub(super) fn become_leader(&mut self, why: RoleReason, out: &mut Output) {
        let id = self.config.id;
        assert!(matches!(self.role, Role::Candidate(_)), "only a candidate becomes leader");
        assert!(
            self.hard_state.voted_for == Some(id) || !self.rules.keeps(Rule::OneVotePerTerm),
            "leader did not vote for itself"
        );
        let last = self.log.last().index;
        let others = self.others().into_iter();
        let mut progress = SortedMap::new();
        others.for_each(|other| progress.insert(other, Progress::new(last, self.now, 0)));
        if !self.rules.keeps(Rule::MatchIsProven) {
            // The bug as it was seen in the wild: at the leader's last entry, its empty one included.
            progress.values_mut().for_each(|progress| progress.match_index = last.next());
        }
        let leader = Leader {
            progress,
            proposals: Vec::new(),
            reads: Reads::default(),
            first_of_term: last.next(),
            check_quorum_at: self.now + self.config.election_timeout_min,
            transfer: None,
            timeout_now_sent: false,
            change: None,
            uncommitted_bytes: self.log.iter_from(self.commit_index.next()).map(Entry::command_bytes).sum(),
        };
        self.change_role(Role::Leader(Box::new(leader)), why, out);
        // §8: a leader begins its term with an empty entry, since only entries of its own term are committed by
        // counting (§5.4.2), and reads wait for one.
        let noop = Entry { term: self.hard_state.current_term, index: last.next(), payload: Payload::Noop };
        self.append_own(Arc::from([noop]), out);
        self.replicate_to_all(out);
        self.advance_commit(out);
    }

    /// Follows `leader`, or nobody yet, in `term`. A higher term is adopted, and with it the vote is free again.
    pub(super) fn become_follower(
        &mut self,
        term: Term,
        leader: Option<NodeId>,
        why: RoleReason,
        out: &mut Output,
    ) {
        let current_term = self.hard_state.current_term;
        assert!(term >= current_term, "the current term never decreases");
        if term > current_term {
            self.hard_state = HardState { current_term: term, voted_for: None, ..self.hard_state };
            self.durability.stage_hard_state();
        } else if !self.rules.keeps(Rule::VoteKeptForTerm) {
            self.hard_state.voted_for = None;
            self.durability.stage_hard_state();
        }
        let was_leader = matches!(self.role, Role::Leader(_));
        if let Role::Leader(deposed) = &mut self.role {
            let lost = deposed.proposals.drain(..).map(|(_, proposal)| Answer::ProposalUnknown { proposal });
            out.answers.extend(lost);
            let change = deposed.change.take();
            out.answers.extend(change.map(|change| Answer::ProposalUnknown { proposal: change.proposal }));
            let readers: Vec<Reader> = deposed.reads.drain().collect();
            let refusal = Refusal::NotLeader { leader };
            readers.into_iter().for_each(|reader| self.refuse_read(reader, refusal, out));
        }
        self.refuse_reads_here(leader, out);
        let leader_heard_at = leader.map(|_| self.now);
        let follower = Follower { leader, leader_heard_at, ..Follower::default() };
        self.change_role(Role::Follower(follower), why, out);
        if was_leader {
            self.reset_election_timer();
        }
    }

    pub(super) fn change_role(&mut self, role: Role, why: RoleReason, out: &mut Output) {
        // With the role goes whom it asked; whoever waits for that is told.
        self.refuse_reads_here(None, out);
        let from = self.role();
        self.role = role;
        let (to, term) = (self.role(), self.hard_state.current_term);
        // A pre-candidate that asks once more changes neither its role nor its term (thesis 9.6).
        let asks_again = from == RoleName::PreCandidate && to == from;
        if !asks_again {
            self.note(out, || Fact::RoleChanged { from, to, term, why });
        }
    }
}
