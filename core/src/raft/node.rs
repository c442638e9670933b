//! A server of the cluster: the state of Figure 2 and the one way in, [`Node::step`].
//!
//! What a node does is spread over the files of this folder by subject, each an `impl Node`: `election`,
//! `replication` (the leader's side), `append` (the follower's side), `commit`, `snapshot`, `read`, `transfer`,
//! `durability`. Here is what they share: the state, the timers, the terms, the roles.

use std::sync::Arc;

use super::config::Config;
use super::durability::Durability;
use super::entry::{Entry, Payload, Snapshot};
use super::fact::{Fact, RoleReason};
use super::ids::{Index, NodeId, Term};
use super::io::{Answer, HardState, Input, Output, Persistent, ReadId, Refusal};
use super::log::Log;
use super::membership::Configurations;
use super::message::{Body, Message};
use super::progress::Progress;
use super::read::Reader;
use super::role::{Campaign, Follower, Role, RoleName};
use super::rules::{Rule, Rules};
use super::snapshot::Incoming;
use crate::rng::Rng;
use crate::time::Micros;

/// No honest cluster comes near this term.
const TERM_OF_NOBODY: Term = Term(1 << 62);

/// From there on, a message raises the term by this much at most. So no message leaves a cluster without terms for its
/// next elections: whoever wants to use them up has to send more than 2^31 of them.
const TERM_LEAP_MAX: u64 = 1 << 32;

/// When the election timer was set and when it runs out, in the node's local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ElectionTimer {
    /// When it was last set.
    pub started_at: Micros,
    /// When the node starts an election if nothing resets it.
    pub deadline: Micros,
}

/// One server.
#[derive(Clone, Debug)]
pub struct Node<R: Rules> {
    pub(super) config: Config,
    pub(super) rules: R,
    pub(super) hard_state: HardState,
    pub(super) log: Log,
    pub(super) configurations: Configurations,
    pub(super) commit_index: Index,
    pub(super) last_applied: Index,
    pub(super) role: Role,
    pub(super) durability: Durability,
    pub(super) incoming: Option<Incoming>,
    /// Until then this server votes for nobody, whatever becomes of its role, its term and its process: a leader may
    /// rely on it (thesis 6.4.1).
    pub(super) lease_kept_until: Micros,
    /// The name under which this server last asked a leader for an index to read at.
    pub(super) last_asked: ReadId,
    halted: bool,
    pub(super) now: Micros,
    election_timer: ElectionTimer,
    timeouts: Rng,
}

impl<R: Rules> Node<R> {
    /// A server that starts with what its stable storage holds, as a follower (§5.2).
    ///
    /// `out.restore` becomes the snapshot found there, if any: the state machine begins with it.
    pub fn new(config: Config, rules: R, persistent: Persistent, now: Micros, out: &mut Output) -> Node<R> {
        let Persistent { hard_state, snapshot, entries } = persistent;
        let configuration = match &snapshot {
            Some(snapshot) => snapshot.configuration.clone(),
            None => Arc::new(config.configuration.clone()),
        };
        let base = snapshot.as_ref().map_or(Index::ZERO, |snapshot| snapshot.last_included.index);
        let mut configurations = Configurations::new(base, configuration);
        for entry in &entries {
            configurations.appended(entry);
        }
        let log = Log::new(snapshot.clone(), entries);
        out.restore = snapshot;
        let mut node = Node {
            timeouts: Rng::new(config.seed),
            hard_state,
            configurations,
            commit_index: base,
            last_applied: base,
            durability: Durability::new(log.last().index),
            role: Role::Follower(Follower::default()),
            incoming: None,
            lease_kept_until: Micros::ZERO,
            // At random, so that an answer from before a restart fits no question after it.
            last_asked: ReadId(Rng::stream(config.seed, now.0).next_u64()),
            halted: false,
            election_timer: ElectionTimer { started_at: now, deadline: now },
            now,
            config,
            rules,
            log,
        };
        node.reset_election_timer();
        if node.hard_state.current_term > Term::ZERO {
            // It does not remember whom it heard just before it ended.
            node.keep_lease();
        }
        if node.configuration_index() > Index::ZERO {
            node.configuration_changed(out);
        }
        if node.config.lost_disk.is_some() && node.hard_state.forgetful.is_none() {
            node.hard_state.forgetful = node.config.lost_disk;
            node.durability.stage_hard_state();
            node.flush(out);
        }
        node
    }

    /// The one way in. `now` is this node's local time; a `now` before an earlier one counts as that one.
    ///
    /// What the node wants done is added to `out`.
    pub fn step(&mut self, now: Micros, input: Input, out: &mut Output) {
        if self.halted {
            return;
        }
        self.now = self.now.max(now);
        match input {
            Input::TimerCheck => self.check_timers(out),
            Input::Message(message) => self.receive(message, out),
            Input::Propose(proposals) => self.propose(proposals, out),
            Input::Read(read) => self.read(Reader::Here(read), out),
            Input::ReadHere(read) => self.read_here(read, out),
            Input::WriteDone(id) => self.write_done(id, out),
            Input::WriteFailed => self.write_failed(out),
            Input::SnapshotTaken { index, data } => self.snapshot_taken(index, data, out),
            Input::ChangeMembership { id, change } => self.change_membership(id, change, out),
            Input::TransferLeadership(to) => self.transfer_leadership(to, out),
            Input::SetElectionDeadline(deadline) => {
                self.election_timer = ElectionTimer { started_at: self.now, deadline };
            }
        }
        self.advance_membership(out);
        self.apply_committed(out);
        self.serve_reads(out);
        self.serve_reads_here(out);
        self.flush(out);
    }

    /// When [`Input::TimerCheck`] is due next, in local time; it may change with every step.
    pub fn deadline(&self) -> Micros {
        match &self.role {
            _ if self.halted => Micros::MAX,
            Role::Leader(leader) => leader
                .progress
                .values()
                .map(|progress| progress.heartbeat_at)
                .chain(leader.transfer.map(|transfer| transfer.give_up_at))
                .chain(self.change_given_up_at())
                .chain(self.config.check_quorum.then_some(leader.check_quorum_at))
                .min()
                .unwrap_or(Micros::MAX),
            Role::Follower(follower) => {
                self.election_timer.deadline.min(follower.reads.give_up_at().unwrap_or(Micros::MAX))
            }
            Role::PreCandidate(_) | Role::Candidate(_) => self.election_timer.deadline,
        }
    }

    /// Whether a write failed: this server does nothing any more, and its process should end.
    pub fn is_halted(&self) -> bool {
        self.halted
    }

    /// This server.
    pub fn id(&self) -> NodeId {
        self.config.id
    }

    /// How it behaves.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// From now on facts are recorded, or not: see [`Config::facts`].
    pub fn record_facts(&mut self, wanted: bool) {
        self.config.facts = wanted;
    }

    /// Which rules it keeps.
    pub fn rules(&self) -> &R {
        &self.rules
    }

    /// `current_term` of Figure 2.
    pub fn current_term(&self) -> Term {
        self.hard_state.current_term
    }

    /// `voted_for` of Figure 2.
    pub fn voted_for(&self) -> Option<NodeId> {
        self.hard_state.voted_for
    }

    /// `commit_index` of Figure 2.
    pub fn commit_index(&self) -> Index {
        self.commit_index
    }

    /// `last_applied` of Figure 2.
    pub fn last_applied(&self) -> Index {
        self.last_applied
    }

    /// `log[]` of Figure 2.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The newest snapshot.
    pub fn snapshot(&self) -> Option<&Arc<Snapshot>> {
        self.log.snapshot()
    }

    /// The last index of the log that is known to be on stable storage.
    pub fn durable_index(&self) -> Index {
        self.durability.index()
    }

    /// Whether a write is under way.
    pub fn waits_for_disk(&self) -> bool {
        self.durability.is_pending()
    }

    /// What it is at the moment.
    pub fn role(&self) -> RoleName {
        match self.role {
            Role::Follower(_) => RoleName::Follower,
            Role::PreCandidate(_) => RoleName::PreCandidate,
            Role::Candidate(_) => RoleName::Candidate,
            Role::Leader(_) => RoleName::Leader,
        }
    }

    /// The leader of the current term, as far as this server knows: itself, or the one that it follows.
    pub fn leader(&self) -> Option<NodeId> {
        match &self.role {
            Role::Leader(_) => Some(self.config.id),
            Role::Follower(follower) => follower.leader,
            Role::PreCandidate(_) | Role::Candidate(_) => None,
        }
    }

    /// The running election timer; a leader has none.
    pub fn election_timer(&self) -> Option<ElectionTimer> {
        (!matches!(self.role, Role::Leader(_))).then_some(self.election_timer)
    }

    /// Those who granted their vote or pre-vote in the election under way; empty outside one.
    pub fn votes_granted(&self) -> impl Iterator<Item = NodeId> {
        self.campaign_state().into_iter().flat_map(|campaign| campaign.granted.iter().copied())
    }

    /// Those who refused it.
    pub fn votes_denied(&self) -> impl Iterator<Item = NodeId> {
        self.campaign_state().into_iter().flat_map(|campaign| campaign.denied.iter().copied())
    }

    /// What a leader knows of the others, by id; empty for everyone else.
    pub fn progress(&self) -> impl Iterator<Item = (NodeId, &Progress)> {
        let leader = match &self.role {
            Role::Leader(leader) => Some(leader),
            _ => None,
        };
        leader.into_iter().flat_map(|leader| leader.progress.iter().map(|(id, progress)| (*id, progress)))
    }

    /// To whom this leader hands leadership over at the moment.
    pub fn transferring_to(&self) -> Option<NodeId> {
        match &self.role {
            Role::Leader(leader) => leader.transfer.map(|transfer| transfer.to),
            _ => None,
        }
    }

    fn campaign_state(&self) -> Option<&Campaign> {
        match &self.role {
            Role::PreCandidate(campaign) | Role::Candidate(campaign) => Some(campaign),
            Role::Follower(_) | Role::Leader(_) => None,
        }
    }

    fn check_timers(&mut self, out: &mut Output) {
        match self.role {
            Role::Leader(_) => {
                self.check_quorum(out);
                self.check_transfer(out);
                self.send_due_heartbeats(out);
            }
            _ => {
                self.give_up_reads_here(out);
                if self.now >= self.election_timer.deadline {
                    self.election_timed_out(out);
                }
            }
        }
    }

    /// What is on stable storage is not known any more: this server must not rely on it, nor on what it keeps back.
    fn write_failed(&mut self, out: &mut Output) {
        if !self.rules.keeps(Rule::WriteFailureStops) {
            return;
        }
        self.note(out, || Fact::Halted);
        if matches!(self.role, Role::Leader(_)) {
            self.become_follower(self.hard_state.current_term, None, RoleReason::WriteFailed, out);
        }
        self.durability.abandon();
        self.halted = true;
    }

    /// A leader that hears no majority for an election timeout steps down (thesis 6.2).
    fn check_quorum(&mut self, out: &mut Output) {
        let (id, now, span) = (self.config.id, self.now, self.config.election_timeout_min);
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        if !self.config.check_quorum || now < leader.check_quorum_at {
            return;
        }
        let heard_at = |voter: NodeId| match leader.progress.get(&voter) {
            Some(progress) if progress.forgetful.is_none() => progress.heard_at,
            None if voter == id => now,
            _ => Micros::ZERO,
        };
        let configuration = &self.configurations.latest().1;
        let quorum_heard_at = configuration.reached(0, heard_at, Micros::ZERO);
        if quorum_heard_at + span > now {
            leader.check_quorum_at = quorum_heard_at + span;
        } else {
            let heard = configuration.voters().iter().filter(|voter| heard_at(**voter) + span > now).count();
            let why = RoleReason::QuorumLost { heard: heard as u32, needed: configuration.quorum() as u32 };
            self.become_follower(self.hard_state.current_term, None, why, out);
        }
    }

    /// Sorts a message by its term (§5.1), then by its kind.
    fn receive(&mut self, message: Message, out: &mut Output) {
        let Message { from, to, term, body } = message;
        if to != self.config.id || from == to {
            return;
        }
        let highest = Term(self.hard_state.current_term.max(TERM_OF_NOBODY).0.saturating_add(TERM_LEAP_MAX));
        if term > highest {
            // Gone after as far as may be, and not heard: two servers that somebody has driven apart meet again.
            if !matches!(body, Body::PreVote(_) | Body::RequestVote(_)) {
                let why = RoleReason::HigherTerm { from, term: highest };
                self.become_follower(highest, None, why, out);
            }
            return;
        }
        match body {
            // These two decide for themselves what a term means: asking for a vote, or for a pre-vote, need not
            // disturb a server that hears from a leader (thesis 4.2.3, 9.6).
            Body::PreVote(request) => return self.pre_vote_requested(from, term, request, out),
            Body::RequestVote(request) => return self.vote_requested(from, term, request, out),
            // A grant of a pre-vote may come from a server whose term is behind ours.
            Body::PreVoteReply(reply) if reply.vote_granted => {
                return self.pre_vote_granted(from, reply, out);
            }
            _ => {}
        }
        let is_reply = matches!(
            body,
            Body::RequestVoteReply(_)
                | Body::PreVoteReply(_)
                | Body::AppendEntriesReply(_)
                | Body::InstallSnapshotReply(_)
                | Body::ReadIndexReply(_)
        );
        if term > self.hard_state.current_term && (self.rules.keeps(Rule::HigherTermAdopted) || !is_reply) {
            self.become_follower(term, None, RoleReason::HigherTerm { from, term }, out);
        } else if term < self.hard_state.current_term {
            let current_term = self.hard_state.current_term;
            self.note(out, || Fact::StaleTermIgnored { from, message_term: term, current_term });
            let rule = if is_reply { Rule::VotesOfCurrentTerm } else { Rule::StaleTermRejected };
            if self.rules.keeps(rule) {
                return self.answer_stale(from, &body, out);
            }
        }
        match body {
            Body::RequestVoteReply(reply) => self.vote_replied(from, reply, out),
            Body::PreVoteReply(_) => self.pre_vote_denied(from, out),
            Body::AppendEntries(request) => self.append_requested(from, term, request, out),
            Body::AppendEntriesReply(reply) if term == self.hard_state.current_term => {
                self.append_replied(from, reply, out)
            }
            Body::InstallSnapshot(request) => self.install_requested(from, request, out),
            Body::InstallSnapshotReply(reply) if term == self.hard_state.current_term => {
                self.install_replied(from, reply, out)
            }
            Body::TimeoutNow => self.timeout_now(from, term, out),
            Body::ReadIndex(request) => self.read_index_requested(from, request, out),
            Body::ReadIndexReply(reply) => self.read_index_replied(reply, out),
            Body::AppendEntriesReply(_) | Body::InstallSnapshotReply(_) => {}
            Body::PreVote(_) | Body::RequestVote(_) => unreachable!("vote requests are handled above"),
        }
    }

    /// A leader puts commands into its log and sends them to every follower (Rules for Leaders).
    fn propose(&mut self, proposals: Vec<super::io::Proposal>, out: &mut Output) {
        let refusal = match &self.role {
            Role::Leader(leader) if leader.uncommitted_bytes >= self.config.max_uncommitted_bytes => {
                Some(Refusal::TooMuchUncommitted)
            }
            Role::Leader(leader) => leader.transfer.map(|transfer| Refusal::Transferring { to: transfer.to }),
            _ => Some(Refusal::NotLeader { leader: self.leader() }),
        };
        if let Some(refusal) = refusal {
            let refused = proposals
                .into_iter()
                .map(|proposal| Answer::ProposalRefused { proposal: proposal.id, refusal });
            return out.answers.extend(refused);
        }
        if proposals.is_empty() {
            return;
        }
        let Role::Leader(leader) = &mut self.role else { unreachable!("only a leader gets here") };
        let (term, first) = (self.hard_state.current_term, self.log.last().index.next());
        let entries: Arc<[Entry]> = (first.0..)
            .zip(proposals)
            .map(|(index, proposal)| {
                leader.proposals.push((Index(index), proposal.id));
                leader.uncommitted_bytes += proposal.command.len() as u64;
                Entry { term, index: Index(index), payload: Payload::Command(proposal.command) }
            })
            .collect();
        self.note(out, || Fact::Proposed { first, count: entries.len() as u64 });
        self.append_own(entries, out);
        self.replicate_to_all(out);
    }

    /// Appends entries to the log and has them written.
    pub(super) fn append_own(&mut self, entries: Arc<[Entry]>, out: &mut Output) {
        self.append_to_log(&entries, out);
        self.durability.stage_entries(entries);
    }

    /// Draws a new election timeout (§5.2) and starts it now.
    pub(super) fn reset_election_timer(&mut self) {
        let timeout = self.timeouts.span(self.config.election_timeout_min, self.config.election_timeout_max);
        self.election_timer = ElectionTimer { started_at: self.now, deadline: self.now + timeout };
    }

    /// Lets the running election timer run out then.
    pub(super) fn postpone_election(&mut self, deadline: Micros) {
        self.election_timer.deadline = deadline;
    }

    /// How many voters fewer than a majority decide: none, but one where a laboratory leaves `rule` out.
    pub(super) fn short_of_majority(&self, rule: Rule) -> usize {
        usize::from(!self.rules.keeps(rule))
    }

    pub(super) fn send(&self, to: NodeId, body: Body, out: &mut Output) {
        out.messages.push(self.message(to, body));
    }

    pub(super) fn message(&self, to: NodeId, body: Body) -> Message {
        Message { from: self.config.id, to, term: self.hard_state.current_term, body }
    }

    /// Records a fact, if anybody listens.
    pub(super) fn note(&self, out: &mut Output, fact: impl FnOnce() -> Fact) {
        if self.config.facts {
            out.facts.push(fact());
        }
    }
}
