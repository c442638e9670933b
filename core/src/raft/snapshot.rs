//! Snapshots (§7, Figure 13): taken here, sent to a follower that is too far behind, installed from a leader.

use std::sync::Arc;

use super::entry::Snapshot;
use super::fact::Fact;
use super::ids::{Index, NodeId};
use super::io::Output;
use super::log::Log;
use super::message::{Body, InstallSnapshot, InstallSnapshotReply};
use super::node::Node;
use super::role::Role;
use super::rules::{Rule, Rules};

impl<R: Rules> Node<R> {
    /// The driver has the state machine's state after `last_included`: it replaces the log up to there.
    pub(super) fn snapshot_taken(&mut self, snapshot: Snapshot, out: &mut Output) {
        let last_included = snapshot.last_included;
        let covers_something_new = last_included.index > self.log.snapshot_id().index;
        if !covers_something_new || last_included.index > self.last_applied || !self.log.holds(last_included)
        {
            return;
        }
        let snapshot = Arc::new(snapshot);
        self.log.compact(snapshot.clone());
        // The entries are on the disk, or on their way there before the snapshot: nothing is undone.
        self.durability.stage_snapshot(snapshot, Index(u64::MAX - 1));
        self.note(out, || Fact::Compacted { last_included });
    }

    /// The entry that this follower needs next is compacted away.
    pub(super) fn send_snapshot(&mut self, to: NodeId, out: &mut Output) {
        let (Some(snapshot), Some(progress)) = (self.log.snapshot().cloned(), self.progress_of(to)) else {
            return;
        };
        let Role::Leader(leader) = &self.role else { return };
        let (next_index, last_included, round) =
            (progress.next_index, snapshot.last_included, leader.reads.round);
        self.note(out, || Fact::SnapshotSent { follower: to, next_index, last_included });
        self.send(to, Body::InstallSnapshot(InstallSnapshot { snapshot, round }), out);
        self.snapshot_sent(to, last_included.index);
    }

    /// Figure 13, Receiver implementation, for a snapshot in one piece.
    pub(super) fn install_requested(&mut self, from: NodeId, request: InstallSnapshot, out: &mut Output) {
        if !self.follow(from, out) {
            return;
        }
        let InstallSnapshot { snapshot, round } = request;
        let (last_included, commit_index) = (snapshot.last_included, self.commit_index);
        if last_included.index <= commit_index && self.rules.keeps(Rule::SnapshotNeverGoesBack) {
            self.note(out, || Fact::SnapshotIgnored { last_included, commit_index });
            let match_index = commit_index.min(self.durable_index());
            return self.send(
                from,
                Body::InstallSnapshotReply(InstallSnapshotReply { round, match_index }),
                out,
            );
        }
        let kept = self.replace_log(&snapshot);
        self.configuration = snapshot.configuration.clone();
        self.commit_index = last_included.index;
        self.last_applied = last_included.index;
        out.restore = Some(snapshot);
        self.note(out, || Fact::SnapshotInstalled { last_included, kept });
        let reply = InstallSnapshotReply { round, match_index: last_included.index };
        self.send_when_durable(from, Body::InstallSnapshotReply(reply));
    }

    /// Figure 13, rules 6 and 7: what follows the snapshot is kept if the log matches there. Returns how much.
    fn replace_log(&mut self, snapshot: &Arc<Snapshot>) -> u64 {
        let (matches, after) = (self.log.holds(snapshot.last_included), snapshot.last_included.index.next());
        let rule = if matches { Rule::SnapshotKeepsMatching } else { Rule::SnapshotDropsConflict };
        // Keeping is right exactly where the logs match; without the rule that applies, the other thing is done.
        let keep = matches == self.rules.keeps(rule);
        let valid_to = if keep { self.log.last().index } else { self.commit_index };
        self.durability.stage_snapshot(snapshot.clone(), valid_to);
        if keep {
            return self.log.compact(snapshot.clone());
        }
        self.log = Log::new(Some(snapshot.clone()), Vec::new());
        self.durability.stage_truncation(after);
        0
    }

    pub(super) fn install_replied(&mut self, from: NodeId, reply: InstallSnapshotReply, out: &mut Output) {
        if self.heard_from(from, reply.round) {
            self.matched(from, reply.match_index, out);
            self.replicate_to(from, out);
            self.check_transfer(out);
        }
    }
}
