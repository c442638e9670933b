//! The leader's side of log replication (§5.3; Figure 2, Rules for Leaders): heartbeats, pipelining, back-tracking.

use std::sync::Arc;

use super::entry::Entry;
use super::fact::Fact;
use super::ids::{EntryId, Incarnation, Index, NodeId, Term};
use super::io::Output;
use super::message::{AppendEntries, AppendEntriesReply, AppendOutcome, Body};
use super::node::Node;
use super::progress::{InFlight, Progress, ProgressState};
use super::role::{Leader, Role};
use super::rules::{Rule, Rules};

/// Entries cut out of the log for one follower, kept for the next one that needs the same.
#[derive(Default)]
struct Shared(Option<(Index, Arc<[Entry]>)>);

impl<R: Rules> Node<R> {
    /// Sends every follower what it may be sent.
    pub(super) fn replicate_to_all(&mut self, out: &mut Output) {
        let mut shared = Shared::default();
        for to in self.followers() {
            self.replicate_sharing(to, &mut shared, out);
        }
    }

    /// Sends one follower what it may be sent: nothing while a probe is unanswered or the window is full.
    pub(super) fn replicate_to(&mut self, to: NodeId, out: &mut Output) {
        self.replicate_sharing(to, &mut Shared::default(), out);
    }

    fn replicate_sharing(&mut self, to: NodeId, shared: &mut Shared, out: &mut Output) {
        while let Some(progress) = self.progress_of(to).filter(|progress| progress.may_send(&self.config)) {
            let next_index = progress.next_index;
            if next_index > self.log.last().index {
                return;
            }
            if next_index < self.log.first_index() {
                return self.send_snapshot(to, out);
            }
            self.send_entries(to, next_index, shared, out);
        }
    }

    /// Sends the heartbeats that are due. A message with entries counts as one.
    pub(super) fn send_due_heartbeats(&mut self, out: &mut Output) {
        let (now, leases) = (self.now, self.config.lease_reads.is_some());
        let answered = if leases { self.round_of_quorum() } else { 0 };
        let Some(leader) = self.leader_mut() else { return };
        let due = |(id, progress): (&NodeId, &Progress)| (progress.heartbeat_at <= now).then_some(*id);
        let due: Vec<NodeId> = leader.progress.iter().filter_map(due).collect();
        if leases && !due.is_empty() {
            // A lease counts from when a round began: each heartbeat renews it.
            leader.reads.forget_begun_before(answered);
            leader.reads.next_round(now);
        }
        for to in due {
            self.send_heartbeat(to, out);
        }
    }

    /// Begins a round in which every follower is asked to confirm this leader at once (thesis 6.4).
    pub(super) fn send_round(&mut self, out: &mut Output) {
        for to in self.followers() {
            let Some(progress) = self.progress_of(to) else {
                continue;
            };
            // Where the logs match for certain, so that a message that overtakes others is not refused.
            let (prev_index, heartbeat_at) = (progress.match_index, progress.heartbeat_at);
            self.send_append(to, prev_index, Arc::from([]), out);
            // It cannot tell whether entries were lost, so it does not stand for the heartbeat that can: else a steady
            // stream of reads keeps a full window full for ever.
            if let Some(progress) = self.progress_mut(to) {
                progress.heartbeat_at = heartbeat_at;
            }
        }
    }

    fn send_heartbeat(&mut self, to: NodeId, out: &mut Output) {
        let (late, notices_loss) = (self.snapshot_is_late(to), self.rules.keeps(Rule::LostAppendNoticed));
        let Some(progress) = self.progress_mut(to) else {
            return;
        };
        match &mut progress.state {
            // The probe or its answer may be lost: again.
            ProgressState::Probe { sent } => {
                *sent = false;
                let next_index = progress.next_index;
                if next_index <= self.log.last().index {
                    return self.replicate_to(to, out);
                }
                self.send_append(to, next_index.prev(), Arc::from([]), out);
            }
            // At the end of what was sent: a refusal tells that something was lost.
            ProgressState::Replicate { .. } => {
                let sent_to = progress.next_index.prev();
                let prev_index = if notices_loss { sent_to } else { progress.match_index };
                // The window was full for so long that what comes next is compacted away: what a follower says of
                // an entry further on could not be told from an old answer.
                if sent_to < self.log.snapshot_id().index {
                    return self.send_snapshot(to, out);
                }
                self.send_append(to, prev_index, Arc::from([]), out);
            }
            // A chunk or its answer may be lost: again.
            ProgressState::Snapshot { .. } if late => self.send_chunk(to, out),
            ProgressState::Snapshot { .. } => {
                let prev_index = progress.match_index;
                self.send_append(to, prev_index, Arc::from([]), out);
            }
        }
    }

    fn send_entries(&mut self, to: NodeId, next_index: Index, shared: &mut Shared, out: &mut Output) {
        let entries = match &shared.0 {
            Some((first, entries)) if *first == next_index => entries.clone(),
            _ => self.cut_message(next_index),
        };
        shared.0 = Some((next_index, entries.clone()));
        let bytes = entries.iter().map(Entry::command_bytes).sum();
        let message = InFlight { last: next_index.prev().plus(entries.len() as u64), bytes };
        self.send_append(to, next_index.prev(), entries, out);
        if let Some(progress) = self.progress_mut(to) {
            progress.sent_entries(message);
        }
    }

    /// The entries of one message: at least one, and no more than its limits allow.
    fn cut_message(&self, from: Index) -> Arc<[Entry]> {
        let max_entries = u64::from(self.config.max_entries_per_append.max(1));
        let mut room = self.config.max_bytes_per_append;
        let fits = |entry: &&Entry| {
            let fits = entry.index == from || entry.command_bytes() <= room;
            room = room.saturating_sub(entry.command_bytes());
            fits
        };
        let count = self.log.iter_from(from).take(max_entries as usize).take_while(fits).count();
        self.log.slice(from, count as u64)
    }

    /// `prev_index` is in the log, or covered by the snapshot: then the end of the snapshot stands in its place.
    fn send_append(&mut self, to: NodeId, prev_index: Index, entries: Arc<[Entry]>, out: &mut Output) {
        let prev_index = prev_index.max(self.log.snapshot_id().index);
        let prev_term = self.log.term_at(prev_index).unwrap_or(Term::ZERO);
        let (leader_commit, heartbeat_at) = (self.commit_index, self.now + self.config.heartbeat_interval);
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        let round = leader.reads.round;
        if let Some(progress) = leader.progress.get_mut(&to) {
            progress.heartbeat_at = heartbeat_at;
        }
        let prev_log = EntryId { term: prev_term, index: prev_index };
        self.send(to, Body::AppendEntries(AppendEntries { prev_log, entries, leader_commit, round }), out);
    }

    pub(super) fn append_replied(&mut self, from: NodeId, reply: AppendEntriesReply, out: &mut Output) {
        if !self.heard_from(from, reply.round, reply.forgetful) {
            return;
        }
        match reply.outcome {
            AppendOutcome::Success { match_index } => self.matched(from, match_index, out),
            AppendOutcome::Failure { prev_log_index, conflict_term, conflict_index } => {
                self.back_up(from, prev_log_index, conflict_term, conflict_index, out);
            }
        }
        self.replicate_to(from, out);
        self.check_transfer(out);
    }

    /// A follower answered in this term. Returns whether this node leads it, in its present membership.
    pub(super) fn heard_from(&mut self, from: NodeId, round: u64, forgetful: Option<Incarnation>) -> bool {
        let (now, last) = (self.now, self.log.last().index);
        let admitted = self.configurations.latest().1.admitted();
        let Role::Leader(leader) = &mut self.role else {
            return false;
        };
        let newest_round = leader.reads.round;
        let Some(progress) = leader.progress.get_mut(&from) else {
            return false;
        };
        if round < progress.joined_in_round {
            return false;
        }
        let is_late = progress.forgetful.is_none()
            && progress.match_index > Index::ZERO
            && forgetful.is_some_and(|incarnation| admitted.contains(&(from, incarnation)));
        if is_late {
            // It has said since that it knows of its admission.
            return false;
        }
        if forgetful.is_some() && progress.forgetful != forgetful {
            // With its disk went what it acknowledged: it begins anew, and answers from before the loss mean nothing.
            let round = leader.reads.next_round(now);
            *progress = Progress { forgetful, ..Progress::new(last, now, round) };
            return false;
        }
        progress.forgetful = forgetful;
        progress.heard_at = now;
        progress.round_answered = progress.round_answered.max(round.min(newest_round));
        true
    }

    /// A follower's log matches this one up to `match_index`, durably (Figure 2, Leaders).
    pub(super) fn matched(&mut self, from: NodeId, match_index: Index, out: &mut Output) {
        let last = self.log.last().index;
        let Some(progress) = self.progress_mut(from).filter(|_| match_index <= last) else {
            return;
        };
        let before = progress.match_index;
        if progress.advance(match_index) {
            self.note(out, || Fact::MatchAdvanced { follower: from, from: before, to: match_index });
            self.advance_commit(out);
        }
    }

    /// The follower's log does not match at `prev_log_index`: find where it does (§5.3).
    fn back_up(
        &mut self,
        from: NodeId,
        prev_log_index: Index,
        conflict_term: Option<Term>,
        conflict_index: Index,
        out: &mut Output,
    ) {
        let ours = conflict_term.and_then(|term| self.log.last_index_of_term(term, prev_log_index));
        let first_index = self.log.first_index();
        let Some(progress) = self.progress_mut(from) else {
            return;
        };
        let current = match progress.state {
            ProgressState::Probe { .. } => prev_log_index == progress.next_index.prev(),
            ProgressState::Replicate { .. } => {
                // What lies before the end of the snapshot is asked about there: see `send_append`.
                prev_log_index > progress.match_index && prev_log_index < progress.next_index.max(first_index)
            }
            ProgressState::Snapshot { .. } => false,
        };
        if !current {
            return;
        }
        let (before, was_probing) =
            (progress.next_index, matches!(progress.state, ProgressState::Probe { .. }));
        // If we have the follower's conflicting term too, our logs may match at our last entry of it.
        let hinted = ours.map_or(conflict_index, Index::next);
        progress.probe_from(hinted.min(prev_log_index).max(Index(1)));
        if was_probing && progress.next_index == before {
            // It refuses what it acknowledged: asked again at once, it would refuse again, as fast as messages travel.
            progress.state = ProgressState::Probe { sent: true };
        }
        let to = progress.next_index;
        self.note(out, || Fact::NextIndexBacked { follower: from, from: before, to, conflict_term });
    }

    /// Everybody to whom this leader sends, by id.
    fn followers(&self) -> Vec<NodeId> {
        match &self.role {
            Role::Leader(leader) => leader.progress.iter().map(|(id, _)| *id).collect(),
            _ => Vec::new(),
        }
    }

    pub(super) fn progress_of(&self, id: NodeId) -> Option<&Progress> {
        match &self.role {
            Role::Leader(leader) => leader.progress.get(&id),
            _ => None,
        }
    }

    pub(super) fn progress_mut(&mut self, id: NodeId) -> Option<&mut Progress> {
        self.leader_mut()?.progress.get_mut(&id)
    }

    pub(super) fn leader_mut(&mut self) -> Option<&mut Leader> {
        match &mut self.role {
            Role::Leader(leader) => Some(leader),
            _ => None,
        }
    }
}
