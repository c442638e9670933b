//! The follower's side of log replication (§5.3; Figure 2, AppendEntries, Receiver implementation).

use std::sync::Arc;

use super::entry::Entry;
use super::fact::{Fact, RoleReason};
use super::ids::{EntryId, Index, NodeId, Term};
use super::io::Output;
use super::message::{AppendEntries, AppendEntriesReply, AppendOutcome, Body};
use super::node::Node;
use super::role::Role;
use super::rules::{Rule, Rules};

impl<R: Rules> Node<R> {
    /// A request of an old term is refused, so that its sender learns the current one (§5.1).
    pub(super) fn answer_stale(&self, from: NodeId, body: &Body, out: &mut Output) {
        if !self.rules.keeps(Rule::StaleLeaderAnswered) {
            return;
        }
        match body {
            Body::AppendEntries(request) => {
                let outcome = self.failure(request.prev_log.index);
                self.send(from, self.append_reply(request.round, outcome), out);
            }
            Body::InstallSnapshot(request) => {
                self.send(from, self.install_reply(request.round, Index::ZERO, 0), out);
            }
            _ => {}
        }
    }

    pub(super) fn append_requested(
        &mut self,
        from: NodeId,
        term: Term,
        request: AppendEntries,
        out: &mut Output,
    ) {
        if !is_well_formed(&request, term) || !self.follow(from, out) {
            return;
        }
        if !self.matches_at(request.prev_log) {
            return self.refuse_append(from, &request, out);
        }
        let AppendEntries { prev_log, entries, leader_commit, round } = request;
        if self.conflicts_with_committed(&entries) {
            return;
        }
        let verified = prev_log.index.plus(entries.len() as u64).max(self.log.snapshot_id().index);
        let new_entries = self.merge(prev_log, &entries, out);
        self.note(out, || Fact::AppendAccepted { leader: from, prev_log, new_entries, verified });
        self.learn_commit(leader_commit, verified, out);
        self.acknowledge(from, round, verified, entries.is_empty(), out);
    }

    /// Takes `from` for the leader of the current term. Returns whether that can be.
    pub(super) fn follow(&mut self, from: NodeId, out: &mut Output) -> bool {
        match &mut self.role {
            // Election Safety: no other server leads this term. Should one claim to, it is not believed.
            Role::Leader(_) => return false,
            Role::Follower(follower) => {
                let other_leader = follower.leader.is_some_and(|leader| leader != from);
                follower.leader = Some(from);
                follower.leader_heard_at = Some(self.now);
                if other_leader {
                    self.refuse_reads_here(Some(from), out);
                }
            }
            Role::PreCandidate(_) | Role::Candidate(_) => {
                let why = RoleReason::LeaderDiscovered { leader: from };
                self.become_follower(self.hard_state.current_term, Some(from), why, out);
            }
        }
        self.reset_election_timer();
        self.keep_lease();
        true
    }

    /// Figure 2, AppendEntries 2. What the snapshot covers is committed, so the leader has it too.
    fn matches_at(&self, prev_log: EntryId) -> bool {
        prev_log.index < self.log.snapshot_id().index
            || self.log.holds(prev_log)
            || (!self.rules.keeps(Rule::PrevLogChecked) && prev_log.index <= self.log.last().index)
    }

    fn refuse_append(&mut self, from: NodeId, request: &AppendEntries, out: &mut Output) {
        let outcome = self.failure(request.prev_log.index);
        if let AppendOutcome::Failure { conflict_term, conflict_index, .. } = outcome {
            let prev_log = request.prev_log;
            self.note(out, || Fact::AppendRefused {
                leader: from,
                prev_log,
                our_term: conflict_term,
                conflict_index,
            });
        }
        self.send(from, self.append_reply(request.round, outcome), out);
    }

    /// §5.3, last paragraph: the conflicting term and its first index let the leader skip the whole term.
    fn failure(&self, prev_log_index: Index) -> AppendOutcome {
        let conflict_term = self.log.get(prev_log_index).map(|entry| entry.term);
        let conflict_index = match conflict_term {
            Some(term) => self.log.first_index_of_term(term, prev_log_index),
            None => self.log.last().index.next(),
        };
        AppendOutcome::Failure { prev_log_index, conflict_term, conflict_index }
    }

    /// Leader Completeness: a leader has every committed entry, so it never conflicts with one. A message that does
    /// comes from no leader of this cluster, or from a run without a rule; what is applied cannot be taken back.
    fn conflicts_with_committed(&self, entries: &[Entry]) -> bool {
        let differs = |entry: &Entry| self.log.get(entry.index).is_some_and(|ours| ours.term != entry.term);
        entries.iter().take_while(|entry| entry.index <= self.commit_index).any(differs)
    }

    /// Figure 2, AppendEntries 3 and 4. Returns how many entries are new here.
    fn merge(&mut self, prev_log: EntryId, entries: &Arc<[Entry]>, out: &mut Output) -> u64 {
        let base = self.log.snapshot_id().index;
        if !self.rules.keeps(Rule::MatchingKept) && prev_log.index < self.log.last().index {
            self.truncate(prev_log.index.max(self.commit_index).next(), out);
        }
        let known = |entry: &&Entry| entry.index <= base || self.log.holds(entry.id());
        let mut new = entries.iter().take_while(known).count();
        if let Some(theirs) = entries.get(new)
            && let Some(ours) = self.log.get(theirs.index).map(Entry::id)
        {
            if self.rules.keeps(Rule::ConflictRemoved) {
                let last = self.log.last().index;
                self.note(out, || Fact::ConflictRemoved { ours, theirs: theirs.id(), last });
                self.truncate(ours.index, out);
            } else {
                new = entries.iter().take_while(|entry| entry.index <= self.log.last().index).count();
            }
        }
        // The whole message shares its entries with the log on disk; a part of it is copied.
        let new: Arc<[Entry]> = if new == 0 { entries.clone() } else { Arc::from(&entries[new..]) };
        let count = new.len() as u64;
        if count > 0 {
            self.append_own(new, out);
        }
        count
    }

    fn truncate(&mut self, from: Index, out: &mut Output) {
        if from <= self.log.last().index {
            self.cut_log(from, out);
            self.durability.stage_truncation(from);
        }
    }

    /// Tells the leader how far this log matches, once that much is on stable storage.
    fn acknowledge(
        &mut self,
        leader: NodeId,
        round: u64,
        verified: Index,
        heartbeat: bool,
        out: &mut Output,
    ) {
        let reply =
            |node: &Node<R>, match_index| node.append_reply(round, AppendOutcome::Success { match_index });
        if !self.rules.keeps(Rule::AckAfterSync) {
            self.send(leader, reply(self, verified), out);
        } else if heartbeat && !self.durability.hard_state_is_pending() {
            // A slow disk must not silence a follower: what is durable so far can be told at once.
            self.send(leader, reply(self, verified.min(self.durable_index())), out);
        } else {
            self.send_when_durable(leader, reply(self, verified));
        }
    }

    fn append_reply(&self, round: u64, outcome: AppendOutcome) -> Body {
        Body::AppendEntriesReply(AppendEntriesReply { round, forgetful: self.forgets(), outcome })
    }
}

/// Entries follow `prev_log` without gaps, and terms never decrease nor pass the leader's: else no Raft leader sent it.
fn is_well_formed(request: &AppendEntries, term: Term) -> bool {
    let mut before = request.prev_log;
    request.entries.iter().all(|entry| {
        let follows = entry.index == before.index.next() && entry.term >= before.term && entry.term <= term;
        before = entry.id();
        follows
    })
}
