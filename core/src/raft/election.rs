//! Leader election (§5.2, §5.4.1), PreVote (thesis 9.6) and the withholding of votes (thesis 4.2.3).

use super::fact::{Fact, RoleReason, VoteRefusal};
use super::ids::{EntryId, NodeId, Term};
use super::io::{HardState, Output};
use super::message::{Body, RequestVote, VoteReply};
use super::node::Node;
use super::role::{Campaign, Role};
use super::rules::{Rule, Rules};

impl<R: Rules> Node<R> {
    /// No leader was heard for an election timeout: this server tries to become one.
    pub(super) fn election_timed_out(&mut self, out: &mut Output) {
        if self.keeps_lease() {
            // Only a timer that was moved by hand runs out so early.
            return self.postpone_election(self.lease_kept_until);
        }
        let leader = self.leader();
        self.note(out, || Fact::ElectionTimedOut { leader });
        if !self.may_campaign() {
            return self.reset_election_timer();
        }
        if self.config.pre_vote {
            self.start_pre_vote(RoleReason::ElectionTimeout, out);
        } else {
            self.start_election(RoleReason::ElectionTimeout, out);
        }
    }

    /// The leader wants this server to take over (thesis 3.10): it does not ask first.
    pub(super) fn take_over(&mut self, leader: NodeId, out: &mut Output) {
        if self.rules.keeps(Rule::TransferSkipsPreVote) || !self.config.pre_vote {
            self.start_election(RoleReason::TimeoutNow { leader }, out);
        } else {
            self.start_pre_vote(RoleReason::TimeoutNow { leader }, out);
        }
    }

    /// Asks everyone whether they would vote for it in the next term. Nothing changes, on either side.
    fn start_pre_vote(&mut self, why: RoleReason, out: &mut Output) {
        self.reset_election_timer();
        self.change_role(Role::PreCandidate(Campaign::default()), why, out);
        let request = RequestVote {
            campaign_term: self.hard_state.current_term.next(),
            last_log: self.log.last(),
            leadership_transfer: false,
        };
        for to in self.other_voters() {
            self.send(to, Body::PreVote(request), out);
        }
        self.count_vote(self.config.id, out);
    }

    /// Rules for Servers, Candidates: a new term, a vote for itself, and a request to everyone else.
    fn start_election(&mut self, why: RoleReason, out: &mut Output) {
        let current_term = self.hard_state.current_term.next();
        self.hard_state = HardState { current_term, voted_for: Some(self.config.id), ..self.hard_state };
        self.durability.stage_hard_state();
        self.reset_election_timer();
        self.change_role(Role::Candidate(Campaign::default()), why, out);
        let request = RequestVote {
            campaign_term: current_term,
            last_log: self.log.last(),
            leadership_transfer: matches!(why, RoleReason::TimeoutNow { .. }),
        };
        // Nobody hears of the new term before it is on stable storage: a restart must not ask twice for one term
        // with different logs.
        for to in self.other_voters() {
            self.send_after_vote(to, Body::RequestVote(request), out);
        }
        self.count_own_vote_when_durable();
    }

    pub(super) fn own_vote_is_durable(&mut self, term: Term, out: &mut Output) {
        if term == self.hard_state.current_term && matches!(self.role, Role::Candidate(_)) {
            self.count_vote(self.config.id, out);
        }
    }

    pub(super) fn pre_vote_requested(
        &mut self,
        from: NodeId,
        term: Term,
        request: RequestVote,
        out: &mut Output,
    ) {
        if request.campaign_term != term.next() || self.keeps_lease() {
            return;
        }
        let refusal = self.pre_vote_refusal(&request);
        let is_stale = matches!(refusal, Some(VoteRefusal::StaleTerm { .. }));
        if is_stale && !self.rules.keeps(Rule::StalePreVoteAnswered) {
            return;
        }
        self.note_vote(from, &request, true, refusal, out);
        let reply = VoteReply { campaign_term: request.campaign_term, vote_granted: refusal.is_none() };
        self.send(from, Body::PreVoteReply(reply), out);
    }

    pub(super) fn vote_requested(
        &mut self,
        from: NodeId,
        term: Term,
        request: RequestVote,
        out: &mut Output,
    ) {
        if request.campaign_term != term || (self.keeps_lease() && !request.leadership_transfer) {
            return;
        }
        let withholds = self.config.check_quorum && self.rules.keeps(Rule::VotesWithheld);
        let alive = self.leader_alive().filter(|_| withholds && !request.leadership_transfer);
        if term > self.hard_state.current_term && alive.is_none() {
            self.become_follower(term, None, RoleReason::HigherTerm { from, term }, out);
        }
        let refusal = match alive {
            // thesis 4.2.3: the term is not even looked at.
            Some(leader) if term > self.hard_state.current_term => Some(VoteRefusal::LeaderAlive { leader }),
            _ => self.vote_refusal(from, &request),
        };
        self.note_vote(from, &request, false, refusal, out);
        let reply =
            Body::RequestVoteReply(VoteReply { campaign_term: term, vote_granted: refusal.is_none() });
        if refusal.is_some() {
            return self.send(from, reply, out);
        }
        if self.hard_state.voted_for != Some(from) {
            self.hard_state.voted_for = Some(from);
            self.durability.stage_hard_state();
        }
        self.reset_election_timer();
        self.send_after_vote(from, reply, out);
    }

    pub(super) fn vote_replied(&mut self, from: NodeId, reply: VoteReply, out: &mut Output) {
        let current = reply.campaign_term == self.hard_state.current_term;
        let counts = current || !self.rules.keeps(Rule::VotesOfCurrentTerm);
        match &mut self.role {
            Role::Candidate(_) if counts && reply.vote_granted => self.count_vote(from, out),
            Role::Candidate(campaign) if current => {
                campaign.denied.insert(from);
                self.note(out, || Fact::VoteDenied { voter: from, pre_vote: false });
            }
            _ => {}
        }
    }

    pub(super) fn pre_vote_granted(&mut self, from: NodeId, reply: VoteReply, out: &mut Output) {
        let asked_for = match self.role {
            Role::PreCandidate(_) => self.hard_state.current_term.next(),
            Role::Candidate(_) if !self.rules.keeps(Rule::PreVoteIsNoVote) => self.hard_state.current_term,
            _ => return,
        };
        if reply.campaign_term == asked_for {
            self.count_vote(from, out);
        }
    }

    pub(super) fn pre_vote_denied(&mut self, from: NodeId, out: &mut Output) {
        if let Role::PreCandidate(campaign) = &mut self.role {
            campaign.denied.insert(from);
            self.note(out, || Fact::VoteDenied { voter: from, pre_vote: true });
        }
    }

    fn count_vote(&mut self, voter: NodeId, out: &mut Output) {
        let short = self.short_of_majority(Rule::ElectionMajority);
        let (voters, needed) = (self.deciding().into_owned(), self.deciding().quorum().saturating_sub(short));
        let needed = needed.max(1) as u32;
        let pre_vote = matches!(self.role, Role::PreCandidate(_));
        let (Role::PreCandidate(campaign) | Role::Candidate(campaign)) = &mut self.role else {
            return;
        };
        if !campaign.granted.insert(voter) {
            return;
        }
        let votes = campaign.granted.len() as u32;
        let won = voters.decides(short, |voter| campaign.granted.contains(&voter));
        self.note(out, || Fact::VoteCounted { voter, pre_vote, votes, needed });
        if !won {
            return;
        }
        if pre_vote {
            self.start_election(RoleReason::PreVoteWon { votes, needed }, out);
        } else {
            self.become_leader(RoleReason::ElectionWon { votes, needed }, out);
        }
    }

    /// Why a vote is refused, if it is. The term is the candidate's or higher by now.
    fn vote_refusal(&self, candidate: NodeId, request: &RequestVote) -> Option<VoteRefusal> {
        let HardState { current_term, voted_for, .. } = self.hard_state;
        let rival = voted_for.filter(|rival| *rival != candidate && self.rules.keeps(Rule::OneVotePerTerm));
        if request.campaign_term < current_term {
            Some(VoteRefusal::StaleTerm { current_term })
        } else if self.forgets().is_some() {
            Some(VoteRefusal::LostDisk)
        } else if let Some(voted_for) = rival {
            Some(VoteRefusal::AlreadyVoted { voted_for })
        } else {
            self.log_refusal(request)
        }
    }

    fn pre_vote_refusal(&self, request: &RequestVote) -> Option<VoteRefusal> {
        let current_term = self.hard_state.current_term;
        if request.campaign_term <= current_term {
            Some(VoteRefusal::StaleTerm { current_term })
        } else if let Some(leader) = self.leader_alive() {
            Some(VoteRefusal::LeaderAlive { leader })
        } else if self.forgets().is_some() {
            Some(VoteRefusal::LostDisk)
        } else {
            self.log_refusal(request)
        }
    }

    /// §5.4.1: the candidate's log must be at least as up-to-date as ours.
    fn log_refusal(&self, request: &RequestVote) -> Option<VoteRefusal> {
        let (ours, theirs) = (self.log.last(), request.last_log);
        let up_to_date = |ours: EntryId, theirs: EntryId| {
            if self.rules.keeps(Rule::LogUpToDateTerm) { theirs >= ours } else { theirs.index >= ours.index }
        };
        let granted = up_to_date(ours, theirs) || !self.rules.keeps(Rule::LogUpToDate);
        (!granted).then_some(VoteRefusal::LogNotUpToDate { ours, theirs })
    }

    /// The leader that was heard within the least election timeout, so that no election is called for
    /// (thesis 4.2.3). A leader takes itself for alive: CheckQuorum sees to it that it is not wrong for long.
    fn leader_alive(&self) -> Option<NodeId> {
        match &self.role {
            Role::Leader(_) => Some(self.config.id),
            Role::Follower(follower) => {
                let heard_at = follower.leader_heard_at?;
                follower.leader.filter(|_| self.now < heard_at + self.config.election_timeout_min)
            }
            Role::PreCandidate(_) | Role::Candidate(_) => None,
        }
    }

    fn other_voters(&self) -> Vec<NodeId> {
        let configuration = self.configuration();
        let mut voters = configuration.members();
        // A learner may have been promoted without this server knowing, but it does not count here either way.
        voters.retain(|id| *id != self.config.id && configuration.is_voter(*id));
        voters
    }

    fn send_after_vote(&mut self, to: NodeId, body: Body, out: &mut Output) {
        if self.rules.keeps(Rule::VoteIsDurable) {
            self.send_when_durable(to, body)
        } else {
            self.send(to, body, out)
        }
    }

    fn note_vote(
        &self,
        candidate: NodeId,
        request: &RequestVote,
        pre_vote: bool,
        refusal: Option<VoteRefusal>,
        out: &mut Output,
    ) {
        let campaign_term = request.campaign_term;
        self.note(out, || match refusal {
            Some(why) => Fact::VoteRefused { candidate, campaign_term, pre_vote, why },
            None => {
                let (ours, theirs) = (self.log.last(), request.last_log);
                Fact::VoteGranted { candidate, campaign_term, pre_vote, ours, theirs }
            }
        });
    }
}
