//! Snapshots (§7, Figure 13): taken here, sent in chunks to a follower that is too far behind, installed from a leader.

use std::sync::Arc;

use super::entry::{Bytes, Snapshot};
use super::fact::Fact;
use super::ids::{EntryId, Index, NodeId, Term};
use super::io::Output;
use super::log::Log;
use super::message::{Body, InstallSnapshot, InstallSnapshotReply};
use super::node::Node;
use super::progress::ProgressState;
use super::role::Role;
use super::rules::{Rule, Rules};

/// No honest log comes near this index.
const INDEX_MAX: Index = Index(1 << 62);

/// The chunks of a snapshot received so far. Kept in memory alone: a restart begins anew, and never with a part.
#[derive(Clone, Debug)]
pub(super) struct Incoming {
    /// Who sends it, as leader of which term: chunks of two leaders are never mixed.
    from: (NodeId, Term),
    last_included: EntryId,
    data: Vec<u8>,
}

impl<R: Rules> Node<R> {
    /// The driver has the state machine's state after the entry at `index`: it replaces the log up to there.
    pub(super) fn snapshot_taken(&mut self, index: Index, data: Bytes, out: &mut Output) {
        let Some(term) = self.log.term_at(index) else { return };
        if index <= self.log.snapshot_id().index || index > self.last_applied {
            return;
        }
        let configuration = if self.rules.keeps(Rule::SnapshotCarriesConfiguration) {
            self.configurations.at(index).clone()
        } else {
            Arc::new(self.config.configuration.clone())
        };
        let last_included = EntryId { term, index };
        let snapshot = Arc::new(Snapshot { last_included, configuration, data });
        self.log.compact(snapshot.clone());
        self.configurations.compacted(index);
        // The entries are on the disk, or on their way there before the snapshot: nothing is undone.
        self.durability.stage_snapshot(snapshot, self.log.last().index);
        self.note(out, || Fact::Compacted { last_included });
    }

    /// The entry that this follower needs next is compacted away: it gets the snapshot instead.
    pub(super) fn send_snapshot(&mut self, to: NodeId, out: &mut Output) {
        let (Some(snapshot), Some(progress)) = (self.log.snapshot().cloned(), self.progress_of(to)) else {
            return;
        };
        let (follower, next_index, last_included) = (to, progress.next_index, snapshot.last_included);
        self.note(out, || Fact::SnapshotSent { follower, next_index, last_included });
        let now = self.now;
        if let Some(progress) = self.progress_mut(to) {
            progress.state = ProgressState::Snapshot { snapshot, offset: 0, sent_at: now };
        }
        self.send_chunk(to, out);
    }

    /// Sends the chunk that a follower needs next of the snapshot that it is getting.
    pub(super) fn send_chunk(&mut self, to: NodeId, out: &mut Output) {
        let (now, heartbeat_at) = (self.now, self.now + self.config.heartbeat_interval);
        let chunk_bytes = self.config.snapshot_chunk_bytes.max(1) as usize;
        let Some(leader) = self.leader_mut() else { return };
        let round = leader.reads.round;
        let Some(progress) = leader.progress.get_mut(&to) else { return };
        let ProgressState::Snapshot { snapshot, offset, sent_at } = &mut progress.state else { return };
        *sent_at = now;
        progress.heartbeat_at = heartbeat_at;
        let start = (*offset as usize).min(snapshot.data.len());
        let end = (start + chunk_bytes).min(snapshot.data.len());
        let whole = start == 0 && end == snapshot.data.len();
        let data = if whole { snapshot.data.clone() } else { Arc::from(&snapshot.data[start..end]) };
        let chunk = InstallSnapshot {
            last_included: snapshot.last_included,
            configuration: snapshot.configuration.clone(),
            offset: start as u64,
            data,
            done: end == snapshot.data.len(),
            round,
        };
        self.send(to, Body::InstallSnapshot(chunk), out);
    }

    /// Figure 13, Receiver implementation.
    pub(super) fn install_requested(&mut self, from: NodeId, request: InstallSnapshot, out: &mut Output) {
        if !is_well_formed(request.last_included, self.hard_state.current_term) || !self.follow(from, out) {
            return;
        }
        let (last_included, commit_index, round) = (request.last_included, self.commit_index, request.round);
        if last_included.index <= commit_index && self.rules.keeps(Rule::SnapshotNeverGoesBack) {
            self.incoming = None;
            self.note(out, || Fact::SnapshotIgnored { last_included, commit_index });
            let reply = self.install_reply(round, commit_index.min(self.durable_index()), 0);
            // Figure 2: a term is on stable storage before anything is acknowledged in it.
            if self.durability.hard_state_is_pending() {
                return self.send_when_durable(from, reply);
            }
            return self.send(from, reply, out);
        }
        let configuration = request.configuration.clone();
        match self.receive_chunk(from, request) {
            Ok(data) => {
                let snapshot = Snapshot { last_included, configuration, data };
                let received = snapshot.data.len() as u64;
                self.install(Arc::new(snapshot), out);
                let reply = self.install_reply(round, last_included.index, received);
                self.send_when_durable(from, reply);
            }
            Err(next_offset) => {
                let reply = self.install_reply(round, Index::ZERO, next_offset);
                self.send(from, reply, out);
            }
        }
    }

    /// Puts a chunk in its place. Returns the whole once it is there, else where the next chunk must begin.
    fn receive_chunk(&mut self, from: NodeId, chunk: InstallSnapshot) -> Result<Bytes, u64> {
        let InstallSnapshot { last_included, offset, data, done, .. } = chunk;
        if offset == 0 && done {
            self.incoming = None;
            return Ok(data);
        }
        let from = (from, self.hard_state.current_term);
        let continues = self
            .incoming
            .as_ref()
            .is_some_and(|begun| begun.from == from && begun.last_included == last_included);
        if !continues {
            self.incoming = Some(Incoming { from, last_included, data: Vec::new() });
        }
        let Some(incoming) = &mut self.incoming else { return Err(0) };
        if offset == incoming.data.len() as u64 {
            incoming.data.extend_from_slice(&data);
            if done {
                let whole = Arc::from(std::mem::take(&mut incoming.data));
                self.incoming = None;
                return Ok(whole);
            }
        }
        Err(incoming.data.len() as u64)
    }

    fn install(&mut self, snapshot: Arc<Snapshot>, out: &mut Output) {
        let last_included = snapshot.last_included;
        let kept = self.replace_log(&snapshot);
        self.commit_index = last_included.index;
        self.last_applied = last_included.index;
        out.restore = Some(snapshot);
        self.note(out, || Fact::SnapshotInstalled { last_included, kept });
        self.configuration_changed(out);
        self.remember_if_admitted(out);
    }

    /// Figure 13, rules 6 and 7: what follows the snapshot is kept if the log matches there. Returns how much.
    fn replace_log(&mut self, snapshot: &Arc<Snapshot>) -> u64 {
        let last_included = snapshot.last_included;
        let matches = self.log.holds(last_included);
        let rule = if matches { Rule::SnapshotKeepsMatching } else { Rule::SnapshotDropsConflict };
        // Keeping is right exactly where the logs match; without the rule that applies, the other thing is done.
        let keep = matches == self.rules.keeps(rule);
        let valid_to = if keep { self.log.last().index } else { self.commit_index };
        self.durability.stage_snapshot(snapshot.clone(), valid_to);
        let configuration = if self.rules.keeps(Rule::SnapshotCarriesConfiguration) {
            snapshot.configuration.clone()
        } else {
            Arc::new(self.config.configuration.clone())
        };
        self.configurations.installed(last_included.index, configuration, keep);
        if keep {
            return self.log.compact(snapshot.clone());
        }
        let has_suffix = self.log.last().index > last_included.index;
        self.log = Log::new(Some(snapshot.clone()), Vec::new());
        if has_suffix {
            self.durability.stage_truncation(last_included.index.next());
        }
        0
    }

    pub(super) fn install_reply(&self, round: u64, match_index: Index, next_offset: u64) -> Body {
        let forgetful = self.forgets();
        Body::InstallSnapshotReply(InstallSnapshotReply { round, forgetful, match_index, next_offset })
    }

    pub(super) fn install_replied(&mut self, from: NodeId, reply: InstallSnapshotReply, out: &mut Output) {
        if !self.heard_from(from, reply.round, reply.forgetful) {
            return;
        }
        self.matched(from, reply.match_index, out);
        let Some(progress) = self.progress_mut(from) else { return };
        if let ProgressState::Snapshot { snapshot, offset, .. } = &mut progress.state {
            let moves = reply.next_offset != *offset && reply.next_offset < snapshot.data.len() as u64;
            if moves {
                *offset = reply.next_offset;
                self.send_chunk(from, out);
            }
        }
        self.replicate_to(from, out);
        self.check_transfer(out);
    }

    /// Whether this node leads and the follower is getting a snapshot.
    pub(super) fn snapshot_is_late(&self, to: NodeId) -> bool {
        match (&self.role, self.progress_of(to).map(|progress| &progress.state)) {
            (Role::Leader(_), Some(ProgressState::Snapshot { sent_at, .. })) => {
                *sent_at + self.config.election_timeout_min <= self.now
            }
            _ => false,
        }
    }
}

/// No leader has a snapshot of a later term, nor one from which the indexes soon run out: else no Raft leader sent it.
fn is_well_formed(last_included: EntryId, current_term: Term) -> bool {
    last_included.term <= current_term && last_included.index <= INDEX_MAX
}
