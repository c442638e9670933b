//! One server's stable storage: writes wait, are synced together, and may be lost in a crash until then.

use std::sync::Arc;

use super::setup::DiskSetup;
use super::streams::{self, Purpose};
use crate::raft::{EntryId, HardState, Index, Log, NodeId, Persistent, Snapshot, Write, WriteId};
use crate::rng::Rng;
use crate::time::Micros;

/// What is on stable storage, and what waits to be.
#[derive(Clone, Debug)]
pub struct Disk {
    hard_state: HardState,
    log: Log,
    /// Writes that are not durable, the oldest first; the first `syncing` of them are being synced.
    pending: Vec<Pending>,
    syncing: usize,
    sync_done_at: Option<Micros>,
    sync: (Micros, Micros),
    /// The next sync fails.
    fails: bool,
    rng: Rng,
    /// See [`DiskSetup::keep`].
    keep: f64,
    survival: Rng,
}

/// A write that is not durable yet.
#[derive(Clone, Debug)]
struct Pending {
    write: Write,
    /// The event that led to it.
    cause: Option<u64>,
}

/// What became durable with one sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Synced {
    /// The last write that is durable now.
    pub(super) last: WriteId,
    /// Votes that are durable now, in their order, each with its term and the event that led to it.
    pub(super) votes: Vec<(HardState, Option<u64>)>,
    /// The last durable entry, if the log on disk changed, and the event that led to it.
    pub(super) log_end: Option<(EntryId, Option<u64>)>,
    /// The event that led to the last write.
    pub(super) cause: Option<u64>,
}

impl Disk {
    /// An empty disk.
    pub(super) fn new(seed: u64, id: NodeId, setup: &DiskSetup) -> Disk {
        Disk {
            hard_state: HardState::default(),
            log: Log::default(),
            pending: Vec::new(),
            syncing: 0,
            sync_done_at: None,
            sync: setup.sync,
            fails: false,
            rng: streams::node(seed, Purpose::Disk, id, 0),
            keep: setup.keep,
            survival: streams::node(seed, Purpose::Survival, id, 0),
        }
    }

    /// The durable term and vote.
    pub fn hard_state(&self) -> HardState {
        self.hard_state
    }

    /// The durable log, with the durable snapshot as its base.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The durable snapshot.
    pub fn snapshot(&self) -> Option<&Arc<Snapshot>> {
        self.log.snapshot()
    }

    /// Writes that may be lost in a crash now, the oldest first.
    pub fn pending(&self) -> impl Iterator<Item = &Write> {
        self.pending.iter().map(|pending| &pending.write)
    }

    /// Every log that a process might find here after a crash now: the durable one, then with one more of the writes that
    /// wait, the oldest first (see [`DiskSetup::keep`]). The last one is what the process has in memory.
    pub fn logs_after_crash(&self) -> Vec<Log> {
        let mut logs = vec![self.log.clone()];
        for write in self.pending() {
            let mut log = logs[logs.len() - 1].clone();
            write_into(&mut log, write);
            logs.push(log);
        }
        logs
    }

    /// When the sync under way ends.
    pub fn sync_done_at(&self) -> Option<Micros> {
        self.sync_done_at
    }

    /// The range of sync times.
    pub fn sync_range(&self) -> (Micros, Micros) {
        self.sync
    }

    /// The least index of the log in memory that is not on the disk.
    pub fn first_unsynced(&self) -> Option<Index> {
        self.pending()
            .filter_map(|write| {
                let appended = write.entries.first().map(|entry| entry.index);
                let replaced = write.snapshot.as_ref().and_then(|snapshot| {
                    let covered = snapshot.last_included;
                    (covered.index > self.log.last().index).then(|| self.log.last().index.next())
                });
                appended.into_iter().chain(replaced).min()
            })
            .min()
    }

    /// Whether nothing was ever written, or all of it was lost.
    pub(super) fn is_empty(&self) -> bool {
        self.hard_state == HardState::default() && self.log.last() == EntryId::ZERO
    }

    /// What a process that starts now finds.
    pub(super) fn persistent(&self) -> Persistent {
        Persistent {
            hard_state: self.hard_state,
            snapshot: self.log.snapshot().cloned(),
            entries: self.log.iter_from(self.log.first_index()).cloned().collect(),
        }
    }

    /// Syncs that begin from now on take a time from this range.
    pub(super) fn set_sync_range(&mut self, sync: (Micros, Micros)) {
        self.sync = sync;
    }

    /// Takes a write; it waits for the next sync.
    pub(super) fn write(&mut self, write: Write, cause: Option<u64>) {
        self.pending.push(Pending { write, cause });
    }

    /// If nothing is being synced and something waits, all that waits is synced together (group commit).
    /// Returns when that will be done.
    pub(super) fn begin_sync(&mut self, now: Micros) -> Option<Micros> {
        if self.sync_done_at.is_some() || self.pending.is_empty() {
            return None;
        }
        self.syncing = self.pending.len();
        // At least a microsecond, so that no world spins in one moment.
        let span = self.rng.span(self.sync.0, self.sync.1).max(Micros(1));
        self.sync_done_at = Some(now + span);
        self.sync_done_at
    }

    /// Whether the next sync fails.
    pub(super) fn set_fails(&mut self, fails: bool) {
        self.fails = fails;
    }

    /// Whether the sync under way, which ends now, fails. What it should have written waits until the process is told.
    pub(super) fn sync_has_failed(&mut self) -> bool {
        let fails = self.sync_done_at.is_some() && std::mem::take(&mut self.fails);
        if fails {
            self.sync_done_at = None;
        }
        fails
    }

    /// What should have been written by the sync that failed will never be there.
    pub(super) fn lose_failed(&mut self) {
        self.pending.drain(..std::mem::take(&mut self.syncing));
    }

    /// The sync under way is done.
    pub(super) fn finish_sync(&mut self) -> Option<Synced> {
        self.sync_done_at.take()?;
        let mut synced: Option<Synced> = None;
        let done: Vec<Pending> = self.pending.drain(..std::mem::take(&mut self.syncing)).collect();
        for Pending { write, cause } in done {
            let synced =
                synced.get_or_insert(Synced { last: write.id, votes: Vec::new(), log_end: None, cause });
            synced.last = write.id;
            synced.cause = cause;
            let touches_log =
                write.snapshot.is_some() || write.truncate_from.is_some() || !write.entries.is_empty();
            synced.votes.extend(self.take(write).map(|vote| (vote, cause)));
            if touches_log {
                synced.log_end = Some((self.log.last(), cause));
            }
        }
        synced
    }

    /// The process has ended before what waits was synced: some of it, the oldest, may be on the disk all the same.
    /// Returns the votes among that.
    pub(super) fn keep_some(&mut self) -> Vec<HardState> {
        let mut votes = Vec::new();
        let keep = self.keep;
        while !self.pending.is_empty() && self.survival.chance(keep) {
            let Pending { write, .. } = self.pending.remove(0);
            votes.extend(self.take(write));
        }
        votes
    }

    /// A write gets on the disk. Returns the vote in it, if it is a new one.
    fn take(&mut self, write: Write) -> Option<HardState> {
        let before = self.hard_state;
        self.hard_state = write.hard_state.unwrap_or(before);
        write_into(&mut self.log, &write);
        Some(self.hard_state).filter(|after| *after != before && after.voted_for.is_some())
    }

    /// What waits is lost.
    pub(super) fn lose_pending(&mut self) {
        self.pending.clear();
        self.syncing = 0;
        self.sync_done_at = None;
    }

    /// The disk is replaced by an empty one.
    pub(super) fn wipe(&mut self) {
        self.lose_pending();
        self.hard_state = HardState::default();
        self.log = Log::default();
    }
}

/// What a write does to the log on the disk.
fn write_into(log: &mut Log, write: &Write) {
    if let Some(snapshot) = &write.snapshot {
        log.compact(snapshot.clone());
    }
    if let Some(from) = write.truncate_from {
        log.truncate_from(from);
    }
    for entry in write.entries.iter() {
        // After a write that failed, what follows it has nowhere to go.
        if entry.index == log.last().index.next() {
            log.append(entry.clone());
        }
    }
}
