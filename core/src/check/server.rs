//! What the events so far say about each server.

use super::lineage::Lineage;
use crate::raft::{Configuration, EntryId, Fact, Index, NodeId, RoleName, Term};
use crate::sim::event::{Event, EventKind, SnapshotOrigin};
use crate::sorted::SortedMap;

/// All servers.
#[derive(Clone, Debug)]
pub(super) struct Servers {
    by_id: SortedMap<NodeId, Server>,
}

/// One server, as far as events show it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Server {
    pub(super) role: RoleName,
    /// The term in which it has that role.
    pub(super) role_term: Term,
    /// The end of its log in memory.
    pub(super) log_end: EntryId,
    /// The end of its log on disk.
    pub(super) disk_end: EntryId,
    /// So much of the log on its disk was not cut off in memory since both were the same: a crash may bring the disk
    /// to any state between the two.
    pub(super) uncut: Index,
    /// The furthest end of a log on a disk that it lost.
    pub(super) wiped_end: EntryId,
    pub(super) commit_index: Index,
    pub(super) last_applied: Index,
    /// What its snapshot covers.
    pub(super) snapshot_index: Index,
    /// What the snapshot before covers: a crash may bring that one back, if the new one is not on disk yet.
    pub(super) older_snapshot_index: Index,
}

impl Servers {
    pub(super) fn new(configuration: &Configuration) -> Servers {
        let mut by_id = SortedMap::new();
        configuration.voters().iter().for_each(|id| by_id.insert(*id, Server::EMPTY));
        Servers { by_id }
    }

    /// A server that was never heard of is an empty one.
    pub(super) fn get(&self, id: NodeId) -> Server {
        self.by_id.get(&id).copied().unwrap_or(Server::EMPTY)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (NodeId, &Server)> {
        self.by_id.iter().map(|(id, server)| (*id, server))
    }

    /// The last entry that every server has compacted away and has in common with the committed log on its disk:
    /// no server will ever go back before it.
    pub(super) fn compacted(&self, committed: EntryId, lineage: &Lineage) -> EntryId {
        let kept =
            |server: &Server| server.older_snapshot_index.min(lineage.common(server.disk_end, committed));
        let index = self.by_id.values().map(kept).min().unwrap_or(Index::ZERO);
        lineage.at(committed, index).unwrap_or(EntryId::ZERO)
    }

    /// The servers as they are after the event.
    pub(super) fn update(&mut self, event: &Event, lineage: &Lineage) {
        if let Some(id) = event.node {
            self.by_id.get_or_insert_with(id, || Server::EMPTY).update(&event.kind, lineage);
        }
    }
}

impl Server {
    const EMPTY: Server = Server {
        role: RoleName::Follower,
        role_term: Term::ZERO,
        log_end: EntryId::ZERO,
        disk_end: EntryId::ZERO,
        uncut: Index(u64::MAX),
        wiped_end: EntryId::ZERO,
        commit_index: Index::ZERO,
        last_applied: Index::ZERO,
        snapshot_index: Index::ZERO,
        older_snapshot_index: Index::ZERO,
    };

    /// Whether it leads this term.
    pub(super) fn leads(&self, term: Term) -> bool {
        self.role == RoleName::Leader && self.role_term == term
    }

    fn update(&mut self, kind: &EventKind, lineage: &Lineage) {
        match kind {
            EventKind::Fact(Fact::RoleChanged { to, term, .. }) => {
                self.role = *to;
                self.role_term = *term;
            }
            EventKind::Append { entries } => {
                if let Some(last) = entries.last() {
                    self.log_end = last.id();
                }
            }
            EventKind::Truncate { from } => {
                let last = from.prev();
                self.uncut = self.uncut.min(last);
                if last < self.log_end.index {
                    self.log_end = lineage
                        .at(self.log_end, last)
                        .unwrap_or(EntryId { term: self.log_end.term, index: last });
                }
            }
            EventKind::Sync { last } => {
                self.disk_end = *last;
                if *last == self.log_end {
                    self.uncut = Index(u64::MAX);
                }
            }
            EventKind::Commit { index } => self.commit_index = *index,
            EventKind::Apply { entry, .. } => self.last_applied = entry.index,
            EventKind::Snapshot { last_included, origin } => {
                self.older_snapshot_index = self.snapshot_index;
                self.snapshot_index = last_included.index;
                if *origin == SnapshotOrigin::Installed {
                    self.install(*last_included, lineage);
                }
            }
            EventKind::Crash { .. } => self.role = RoleName::Follower,
            EventKind::Restart { last, snapshot_index, .. } => {
                self.log_end = *last;
                self.disk_end = *last;
                self.uncut = Index(u64::MAX);
                self.commit_index = *snapshot_index;
                self.last_applied = *snapshot_index;
                self.snapshot_index = *snapshot_index;
                self.older_snapshot_index = *snapshot_index;
            }
            EventKind::Wipe => {
                *self = Server { wiped_end: self.wiped_end.max(self.disk_end), ..Server::EMPTY };
            }
            _ => {}
        }
    }

    /// Figure 13, rules 6 to 8.
    fn install(&mut self, last_included: EntryId, lineage: &Lineage) {
        if !lineage.contains(self.log_end, last_included) {
            self.log_end = last_included;
            self.uncut = self.uncut.min(lineage.common(self.disk_end, last_included));
        }
        self.commit_index = self.commit_index.max(last_included.index);
        self.last_applied = last_included.index;
    }
}
