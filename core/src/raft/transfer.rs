//! Leadership transfer (thesis 3.10): the target's log is brought up to date, then it is told to start an election.

use super::fact::{Fact, TransferFailure};
use super::ids::{NodeId, Term};
use super::io::Output;
use super::message::Body;
use super::node::Node;
use super::role::{Role, Transfer};
use super::rules::{Rule, Rules};

impl<R: Rules> Node<R> {
    /// The driver wants `to` to lead. Proposals are refused until it does, or an election timeout has passed.
    pub(super) fn transfer_leadership(&mut self, to: NodeId, out: &mut Output) {
        let forgets = self.progress_of(to).is_some_and(|progress| progress.forgetful.is_some());
        let may_lead = self.configuration().voters().contains(&to) && !forgets;
        let give_up_at = self.now + self.config.election_timeout_max;
        let id = self.config.id;
        let Some(leader) = self.leader_mut() else {
            return self.note(out, || Fact::TransferAborted { to, why: TransferFailure::NotLeader });
        };
        if to == id || !may_lead {
            return self.note(out, || Fact::TransferAborted { to, why: TransferFailure::BadTarget });
        }
        let before = leader.transfer.replace(Transfer { to, give_up_at, timeout_now_sent: false });
        if let Some(before) = before {
            self.note(out, || Fact::TransferAborted { to: before.to, why: TransferFailure::Superseded });
        }
        self.note(out, || Fact::TransferStarted { to });
        self.check_transfer(out);
    }

    /// Sends TimeoutNow once the target has the whole log; gives up when it takes too long.
    pub(super) fn check_transfer(&mut self, out: &mut Output) {
        let (now, last) = (self.now, self.log.last().index);
        let Some(leader) = self.leader_mut() else { return };
        let Some(Transfer { to, give_up_at, timeout_now_sent }) = leader.transfer else {
            return;
        };
        if give_up_at <= now {
            leader.transfer = None;
            return self.note(out, || Fact::TransferAborted { to, why: TransferFailure::TookTooLong });
        }
        let up_to_date = leader.progress.get(&to).is_some_and(|progress| progress.match_index == last);
        if up_to_date && !timeout_now_sent {
            leader.transfer = Some(Transfer { to, give_up_at, timeout_now_sent: true });
            leader.timeout_now_sent = true;
            self.note(out, || Fact::TimeoutNowSent { to });
            self.send(to, Body::TimeoutNow, out);
        }
    }

    /// This leader wants us to take over. Only a follower of the current term does.
    pub(super) fn timeout_now(&mut self, from: NodeId, term: Term, out: &mut Output) {
        let current = term == self.hard_state.current_term || !self.rules.keeps(Rule::StaleTermRejected);
        let follows = matches!(self.role, Role::Follower(_));
        if current && follows && self.may_campaign() {
            self.take_over(from, out);
        }
    }
}
