//! What the events so far say about each server.

use std::collections::BTreeMap;

use super::lineage::Lineage;
use crate::raft::{Configuration, EntryId, Fact, Index, NodeId, RoleName, Term};
use crate::sim::event::{Event, EventKind, SnapshotOrigin};

/// All servers.
#[derive(Clone, Debug)]
pub(super) struct Servers {
    by_id: BTreeMap<NodeId, Server>,
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
    /// The end of the log on the disk that it lost last.
    pub(super) wiped_end: EntryId,
    pub(super) commit_index: Index,
    pub(super) last_applied: Index,
    /// The last entry that its snapshot covers.
    pub(super) snapshot: EntryId,
}

impl Servers {
    pub(super) fn new(configuration: &Configuration) -> Servers {
        let voters = configuration.voters().iter();
        Servers { by_id: voters.map(|id| (*id, Server::EMPTY)).collect() }
    }

    /// A server that was never heard of is an empty one.
    pub(super) fn get(&self, id: NodeId) -> Server {
        self.by_id.get(&id).copied().unwrap_or(Server::EMPTY)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (NodeId, &Server)> {
        self.by_id.iter().map(|(id, server)| (*id, server))
    }

    /// What no log needs any more, in memory or on disk: where the compacted logs begin that reach back furthest. A
    /// snapshot may not be on disk yet, so a disk is taken to need the last entry on it.
    pub(super) fn compacted(&self) -> EntryId {
        let needed = || self.by_id.values().flat_map(|server| [server.snapshot, server.disk_end]);
        EntryId {
            term: needed().map(|id| id.term).min().unwrap_or_default(),
            index: needed().map(|id| id.index).min().unwrap_or_default(),
        }
    }

    /// The servers as they are after the event.
    pub(super) fn update(&mut self, event: &Event, lineage: &Lineage) {
        if let Some(id) = event.node {
            self.by_id.entry(id).or_insert(Server::EMPTY).update(&event.kind, lineage);
        }
    }
}

impl Server {
    const EMPTY: Server = Server {
        role: RoleName::Follower,
        role_term: Term::ZERO,
        log_end: EntryId::ZERO,
        disk_end: EntryId::ZERO,
        wiped_end: EntryId::ZERO,
        commit_index: Index::ZERO,
        last_applied: Index::ZERO,
        snapshot: EntryId::ZERO,
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
                if last < self.log_end.index {
                    self.log_end = lineage
                        .at(self.log_end, last)
                        .unwrap_or(EntryId { term: self.log_end.term, index: last });
                }
            }
            EventKind::Sync { last } => self.disk_end = *last,
            EventKind::Commit { index } => self.commit_index = *index,
            EventKind::Apply { entry, .. } => self.last_applied = entry.index,
            EventKind::Snapshot { last_included, origin } => {
                self.snapshot = *last_included;
                if *origin == SnapshotOrigin::Installed {
                    self.install(*last_included, lineage);
                }
            }
            EventKind::Crash { .. } => self.role = RoleName::Follower,
            EventKind::Restart { last, snapshot_index, .. } => {
                self.log_end = *last;
                self.disk_end = *last;
                self.commit_index = *snapshot_index;
                self.last_applied = *snapshot_index;
                self.snapshot = lineage
                    .at(*last, *snapshot_index)
                    .unwrap_or(EntryId { term: Term::ZERO, index: *snapshot_index });
            }
            EventKind::Wipe => {
                *self = Server { wiped_end: self.disk_end, ..Server::EMPTY };
            }
            _ => {}
        }
    }

    /// Figure 13, rules 6 to 8.
    fn install(&mut self, last_included: EntryId, lineage: &Lineage) {
        if !lineage.contains(self.log_end, last_included) {
            self.log_end = last_included;
        }
        self.commit_index = self.commit_index.max(last_included.index);
        self.last_applied = last_included.index;
    }
}
