//! Membership change (§6; thesis chapter 4): learners catch up first, then joint consensus, then the new configuration.
//!
//! A configuration is in use from the moment it is appended, committed or not, and goes out of use when its entry is
//! cut off the log.

use std::borrow::Cow;
use std::sync::Arc;

use super::configuration::{Configuration, MembershipChange};
use super::entry::{Entry, Payload};
use super::fact::{Fact, RoleReason};
use super::ids::{Incarnation, Index, NodeId};
use super::io::{Answer, Output, ProposalId, Refusal};
use super::node::Node;
use super::progress::Progress;
use super::role::{Change, Role};
use super::rules::{Rule, Rules};
use crate::time::Micros;

/// New servers that have not caught up after this many election timeouts are given up (thesis 4.2.1).
const CATCH_UP_TIMEOUTS: u64 = 20;

/// The configurations of a log: the one it begins with, and those of its entries.
#[derive(Clone, Debug)]
pub(super) struct Configurations {
    base: (Index, Arc<Configuration>),
    /// The entries that are configurations, in order.
    entries: Vec<(Index, Arc<Configuration>)>,
}

impl Configurations {
    pub(super) fn new(base_index: Index, base: Arc<Configuration>) -> Configurations {
        Configurations { base: (base_index, base), entries: Vec::new() }
    }

    /// The configuration in use, and the entry that brought it.
    pub(super) fn latest(&self) -> &(Index, Arc<Configuration>) {
        self.entries.last().unwrap_or(&self.base)
    }

    /// The configuration in use at an entry that is in the log, or is the last one that the snapshot covers.
    pub(super) fn at(&self, index: Index) -> &Arc<Configuration> {
        let count = self.entries.partition_point(|(at, _)| *at <= index);
        &count.checked_sub(1).map_or(&self.base, |last| &self.entries[last]).1
    }

    /// The configuration in use at an entry, and all that came after it.
    fn since(&self, index: Index) -> impl Iterator<Item = &Configuration> {
        let later =
            self.entries.iter().filter(move |(at, _)| *at > index).map(|(_, configuration)| configuration);
        std::iter::once(self.at(index)).chain(later).map(|configuration| &**configuration)
    }

    /// An entry entered the log.
    pub(super) fn appended(&mut self, entry: &Entry) -> bool {
        if let Payload::Configuration(configuration) = &entry.payload {
            self.entries.push((entry.index, configuration.clone()));
            return true;
        }
        false
    }

    /// The log is cut here. Returns whether the configuration in use changed.
    fn truncated(&mut self, from: Index) -> bool {
        let before = self.entries.len();
        self.entries.retain(|(index, _)| *index < from);
        self.entries.len() < before
    }

    /// A snapshot covers the log up to here.
    pub(super) fn compacted(&mut self, index: Index) {
        self.base = (index, self.at(index).clone());
        self.entries.retain(|(at, _)| *at > index);
    }

    /// A snapshot that holds this configuration took the place of the log up to here.
    pub(super) fn installed(&mut self, index: Index, configuration: Arc<Configuration>, keep: bool) {
        self.base = (index, configuration);
        self.entries.retain(|(at, _)| keep && *at > index);
    }
}

impl<R: Rules> Node<R> {
    /// Who is in the cluster, as far as this server's log says.
    pub fn configuration(&self) -> &Configuration {
        &self.configurations.latest().1
    }

    /// The entry that brought the configuration in use; 0, or the end of the snapshot, if the log began with it.
    pub fn configuration_index(&self) -> Index {
        self.configurations.latest().0
    }

    /// Who decides. The configuration in use, unless a laboratory leaves out a rule about it.
    pub(super) fn deciding(&self) -> Cow<'_, Configuration> {
        let configuration = self.configuration();
        let rules = &self.rules;
        if rules.keeps(Rule::JointNeedsBoth) && rules.keeps(Rule::LearnersNotCounted) {
            return Cow::Borrowed(configuration);
        }
        let (mut voters, mut outgoing) = (configuration.voters().to_vec(), configuration.outgoing().to_vec());
        if !rules.keeps(Rule::JointNeedsBoth) {
            outgoing.clear();
        }
        if !rules.keeps(Rule::LearnersNotCounted) {
            voters.extend(configuration.learners());
        }
        Cow::Owned(Configuration::from_parts(voters, outgoing, configuration.learners().to_vec()))
    }

    /// Whether this server may campaign: a voter that remembers its promises.
    ///
    /// A server that leaves is a voter until it knows that this is committed: nobody else may have the entry that lets
    /// it go, and the others would need its vote and could not get it (thesis 4.2.2).
    pub(super) fn may_campaign(&self) -> bool {
        self.configurations.since(self.commit_index).any(|it| it.is_voter(self.config.id))
            && self.forgets().is_none()
    }

    /// The loss of its disk for which this server neither votes nor counts; see
    /// [`HardState::forgetful`](super::HardState::forgetful).
    pub fn forgets(&self) -> Option<Incarnation> {
        self.hard_state.forgetful.filter(|_| self.rules.keeps(Rule::ForgetfulNotCounted))
    }

    /// Everybody else who gets the log.
    pub(super) fn others(&self) -> Vec<NodeId> {
        let mut members = self.configuration().members();
        members.retain(|id| *id != self.config.id);
        members
    }

    /// Entries enter the log, and with them, perhaps, a configuration.
    pub(super) fn append_to_log(&mut self, entries: &Arc<[Entry]>, out: &mut Output) {
        let mut changed = false;
        for entry in entries.iter() {
            changed |= self.configurations.appended(entry);
            self.log.append(entry.clone());
        }
        if changed {
            self.configuration_changed(out);
            self.remember_if_admitted(out);
        }
    }

    /// The log is cut here, and with it, perhaps, a configuration.
    pub(super) fn cut_log(&mut self, from: Index, out: &mut Output) {
        self.log.truncate_from(from);
        let rolls_back = self.rules.keeps(Rule::ConfigurationRollsBack);
        if rolls_back && self.configurations.truncated(from) {
            self.configuration_changed(out);
        }
    }

    /// Another configuration is in use: a leader begins to send to the new servers and stops sending to the old.
    pub(super) fn configuration_changed(&mut self, out: &mut Output) {
        let (index, configuration) = self.configurations.latest().clone();
        self.note(out, || Fact::ConfigurationInUse { index, configuration: configuration.clone() });
        let (id, now, last) = (self.config.id, self.now, self.log.last().index);
        let Role::Leader(leader) = &mut self.role else { return };
        let members = configuration.members();
        leader.progress.retain(|follower, _| members.contains(follower));
        // Answers to rounds before this one belong to an earlier membership of the same server.
        let newcomers = members.into_iter().filter(|member| *member != id);
        for newcomer in newcomers {
            if leader.progress.get(&newcomer).is_none() {
                let round = leader.reads.next_round(now);
                leader.progress.insert(newcomer, Progress::new(last, now, round));
            }
        }
        let target_left = leader.transfer.filter(|transfer| !configuration.voters().contains(&transfer.to));
        if let Some(transfer) = target_left {
            leader.transfer = None;
            let why = super::fact::TransferFailure::BadTarget;
            self.note(out, || Fact::TransferAborted { to: transfer.to, why });
        }
    }

    /// Somebody wants the cluster changed.
    pub(super) fn change_membership(
        &mut self,
        proposal: ProposalId,
        change: MembershipChange,
        out: &mut Output,
    ) {
        if let Err(refusal) = self.begin_change(proposal, &change, out) {
            self.note(out, || Fact::ChangeRefused { refusal });
            out.answers.push(Answer::ProposalRefused { proposal, refusal });
        }
    }

    fn begin_change(
        &mut self,
        proposal: ProposalId,
        change: &MembershipChange,
        out: &mut Output,
    ) -> Result<(), Refusal> {
        let Role::Leader(leader) = &self.role else {
            return Err(Refusal::NotLeader { leader: self.leader() });
        };
        let configuration = self.configuration();
        let unfinished =
            leader.change.is_some() || configuration.is_joint() || !self.has_agreed_configuration();
        let too_early = self.commit_index < leader.first_of_term;
        let refused = (unfinished && self.rules.keeps(Rule::OneChangeAtATime))
            || (too_early && self.rules.keeps(Rule::ChangeAfterOwnTermCommit));
        if refused {
            return Err(Refusal::ChangeUnderWay);
        }
        let target = configuration.changed_by(change).ok_or(Refusal::BadChange)?;
        let strangers: Vec<NodeId> = target
            .voters()
            .iter()
            .copied()
            .filter(|voter| !configuration.is_voter(*voter) && !configuration.learners().contains(voter))
            .collect();
        let (now, asks_again) =
            (self.now, target.voters().iter().any(|it| configuration.learners().contains(it)));
        let with_strangers = (!strangers.is_empty()).then(|| configuration.with_learners(strangers));
        // Only without the rule: the change before has not been agreed on yet.
        let overtakes = unfinished.then(|| configuration.joint_with(&target));
        let patience = Micros(self.config.election_timeout_max.0.saturating_mul(CATCH_UP_TIMEOUTS));
        let give_up_at = self.now + patience;
        if let Some(leader) = self.leader_mut() {
            // Those whose logs are known already are asked once more.
            let asked_in_round = if asks_again { leader.reads.next_round(now) } else { 0 };
            leader.change = Some(Change { proposal, target: Arc::new(target), give_up_at, asked_in_round });
        }
        if asks_again {
            self.send_round(out);
        }
        if let Some(next) = overtakes {
            self.append_configuration(next, out);
        } else if let Some(first) = with_strangers {
            // thesis 4.2.1: a new server gets the log before its vote counts.
            self.append_configuration(first, out);
        }
        Ok(())
    }

    /// Whether the configuration in use is the last that anybody can have agreed on, so that a leader may go on from it.
    fn has_agreed_configuration(&self) -> bool {
        let Role::Leader(leader) = &self.role else { return false };
        let committed = self.configuration_index() <= self.commit_index;
        match self.rules.keeps(Rule::ChangeAfterOwnTermCommit) {
            // raft-dev 2015: a leader that has committed nothing in its term may not know of a committed configuration.
            true => committed && self.commit_index >= leader.first_of_term,
            // What was there before this leader is taken for agreed on.
            false => committed || self.configuration_index() < leader.first_of_term,
        }
    }

    /// The end of a step: takes the change under way as far as it can go.
    pub(super) fn advance_membership(&mut self, out: &mut Output) {
        let Role::Leader(leader) = &self.role else { return };
        let configuration = self.configuration();
        // Where a laboratory lets entries commit at once, there may be more to append than one step may.
        if self.durability.appends_in_this_step() {
            return;
        }
        if !self.has_agreed_configuration() {
            return;
        }
        if configuration.is_joint() {
            // §6: once the joint configuration is committed, by whichever leader, the new one alone can decide.
            let target = configuration.left();
            return self.append_configuration(target, out);
        }
        match &leader.change {
            Some(change) if *change.target == *configuration => self.change_is_done(out),
            Some(change) if self.now >= change.give_up_at => {
                let (proposal, refusal) = (change.proposal, Refusal::CatchUpTooSlow);
                self.note(out, || Fact::ChangeRefused { refusal });
                out.answers.push(Answer::ProposalRefused { proposal, refusal });
                if let Some(leader) = self.leader_mut() {
                    leader.change = None;
                }
            }
            Some(change) if let Some(next) = self.admitting_newcomers_of(&change.target) => {
                self.append_configuration(next, out);
            }
            Some(change) if self.has_caught_up(change) => {
                let target = change.target.with_admitted(configuration.admitted().iter().copied());
                let same_voters = target.voters() == configuration.voters();
                let next = if same_voters { target.clone() } else { configuration.joint_with(&target) };
                if let Some(change) = self.leader_mut().and_then(|leader| leader.change.as_mut()) {
                    change.target = Arc::new(target);
                }
                self.append_configuration(next, out);
            }
            _ => {}
        }
        self.leave_if_removed(out);
    }

    /// When the change under way is given up; never once it is in the log.
    pub(super) fn change_given_up_at(&self) -> Option<Micros> {
        let Role::Leader(leader) = &self.role else { return None };
        let in_the_log = self.configuration_index() > self.commit_index || self.configuration().is_joint();
        leader.change.as_ref().filter(|_| !in_the_log).map(|change| change.give_up_at)
    }

    /// Whether every new voter has what is committed, as it says since the change began: before it may have lost its
    /// disk, unheard.
    fn has_caught_up(&self, change: &Change) -> bool {
        self.newcomers_of(&change.target).all(|(_, progress)| {
            progress.match_index >= self.commit_index
                && progress.round_answered >= change.asked_in_round
                && progress.forgetful.is_none()
        })
    }

    /// What is known of those who are voters in this configuration and not yet in the one in use.
    fn newcomers_of(&self, target: &Configuration) -> impl Iterator<Item = (NodeId, &Progress)> {
        let newcomers = target.voters().iter().filter(|voter| !self.configuration().is_voter(**voter));
        newcomers.filter_map(|voter| Some((*voter, self.progress_of(*voter)?)))
    }

    /// The configuration in use, but with those new voters admitted that lost their disks, as they live now: still as
    /// learners, so that a majority of the next configuration never waits for a vote that nobody may give. `None` if
    /// there are none, or the log admits them already.
    fn admitting_newcomers_of(&self, target: &Configuration) -> Option<Configuration> {
        let forgetful =
            self.newcomers_of(target).filter_map(|(id, progress)| Some((id, progress.forgetful?)));
        let next = self.configuration().with_admitted(forgetful);
        (next != *self.configuration()).then_some(next)
    }

    fn change_is_done(&mut self, out: &mut Output) {
        let entry = super::ids::EntryId {
            index: self.configuration_index(),
            term: self.log.term_at(self.configuration_index()).unwrap_or(self.hard_state.current_term),
        };
        if let Some(change) = self.leader_mut().and_then(|leader| leader.change.take()) {
            out.answers.push(Answer::Applied { proposal: change.proposal, entry });
        }
    }

    /// thesis 4.2.2: a leader that is not in the committed configuration steps down.
    fn leave_if_removed(&mut self, out: &mut Output) {
        let committed = self.configuration_index() <= self.commit_index;
        if committed && matches!(self.role, Role::Leader(_)) && !self.configuration().is_voter(self.config.id)
        {
            // The others learn of the commit, so that they do not wait for it.
            self.send_round(out);
            let index = self.configuration_index();
            self.become_follower(self.hard_state.current_term, None, RoleReason::Removed { index }, out);
        }
    }

    fn append_configuration(&mut self, configuration: Configuration, out: &mut Output) {
        let entry = Entry {
            term: self.hard_state.current_term,
            index: self.log.last().index.next(),
            payload: Payload::Configuration(Arc::new(configuration)),
        };
        self.append_own(Arc::from([entry]), out);
        self.replicate_to_all(out);
        self.advance_commit(out);
    }

    /// A server that lost its disk counts again, where it is a voter, from the entry on that admits it in the
    /// incarnation in which it lives now.
    ///
    /// The leader that appended the entry had heard of the loss, and had committed a configuration in which this server
    /// is no voter: no log without that one can win by a vote that was lost. An admission from before the loss names
    /// another incarnation, or none: it comes with the log and means nothing.
    pub(super) fn remember_if_admitted(&mut self, out: &mut Output) {
        let (index, configuration) = self.configurations.latest();
        let Some(incarnation) = self.hard_state.forgetful else { return };
        if configuration.admits(self.config.id, incarnation) {
            let index = *index;
            self.hard_state.forgetful = None;
            self.durability.stage_hard_state();
            self.note(out, || Fact::AdmittedAnew { index, incarnation });
        }
    }
}
