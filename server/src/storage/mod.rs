//! A node's data directory: what it must not forget, and what it does about damage.
//!
//! | file | what |
//! |---|---|
//! | `state.json` | whose directory it is, term and vote, and how far the log is known to reach (`state.rs`) |
//! | `log/0000000000000001.log` … | segments of the log (`segment.rs`), each with records (`record.rs`) |
//! | `snapshot.json`, `snapshot.previous.json` | the two newest snapshots (`snapshot.rs`) |
//! | `LOCK` | the process that uses it (`lock.rs`) |
//!
//! # What makes a write durable
//! The log alone. All that a node asks to be written (term and vote, a cut of the log, entries, the fact that a
//! snapshot now counts) goes into one record, with one checksum and one sync for as many writes as wait. So each
//! write is there as a whole or not at all, in order, and nothing is ever overwritten: a cut is a part of a record,
//! and what was cut cannot come back, whatever a crash leaves. A snapshot's file is made durable before the record
//! that names it; until then the one before it counts.
//!
//! `state.json` repeats what the log says as of one of its records. It is written with each new segment, after a new
//! term, vote or snapshot as soon as there is nothing else to do ([`Storage::tidy`]), and at a clean stop. It is not
//! needed to read the log, but to know that the log is whole: it must hold that record, and agree on it.
//!
//! # What can be told from what
//! A node refuses to start on any damage, with one exception. The last record may have been torn by a power failure
//! while it was written; nobody relied on it then, so it is cut. It counts as torn only if bytes that were certainly
//! written are still the zeros of a new segment, and nothing follows (`segment.rs` says exactly when), and if
//! `state.json` does not know the record.
//!
//! A record that was acknowledged and later lost *whole sectors, which became zeros again*, at the very end of the
//! log, after the record that `state.json` knows, looks like a torn one; and where all of the last records became
//! zeros since then, they look as if they had never been written. No file in the same directory can tell; the next
//! `state.json` closes the gap, and an old copy of the whole directory is for the peers to notice.

mod error;
mod faults;
mod files;
mod inspection;
mod journal;
mod lock;
mod making;
mod position;
mod reading;
mod record;
mod replay;
mod sealed;
mod segment;
mod snapshot;
mod state;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use mini_raft_core::raft::{Index, NodeId, Persistent, Write};

pub use error::{Problem, ProblemKind, Refusal, WriteError};
pub use faults::{Failure, Fault, Faults, Operation};
pub use files::{FileHandle, Files, RealFiles};
pub use inspection::{Inspection, SegmentSummary, SnapshotSummary};
pub use segment::FORMAT;

use faults::FaultyFiles;
use journal::Journal;
use lock::Lock;
use position::{Position, SnapshotName};
use state::{Hex, State};

/// Whose directory it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The name of the cluster.
    pub cluster: String,
    /// The node.
    pub node: NodeId,
}

/// How a directory is used.
#[derive(Clone, Debug)]
pub struct Options {
    /// The size of a segment of the log, in bytes. One with a single larger record is larger.
    pub segment_bytes: u64,
    /// How the disk fails, in tests.
    pub faults: Option<Arc<Faults>>,
}

impl Default for Options {
    fn default() -> Options {
        Options { segment_bytes: 4 << 20, faults: None }
    }
}

/// What a data directory held when it was opened.
#[derive(Clone, Debug)]
pub struct Recovered {
    /// For [`Node::new`](mini_raft_core::raft::Node::new).
    pub persistent: Persistent,
    /// Nothing was ever written here: the disk is new, or was lost.
    pub fresh: bool,
    /// Whether [`Storage::born`] was called on this disk.
    pub born: bool,
    /// What it was called with.
    pub first_voters: Vec<NodeId>,
    /// The identity of the disk.
    pub disk_id: u64,
    /// What was made, cut, skipped or removed, in sentences for the log of the process.
    pub notes: Vec<String>,
}

/// How long `state.json` may be behind while there is always something to write, in records.
const BEHIND_MAX: u64 = 256;

/// A data directory, open. All calls block.
pub struct Storage {
    files: Box<dyn Files>,
    /// As it is in the file.
    state: State,
    position: Position,
    journal: Journal,
    /// The snapshots in the two files.
    snapshot: Option<SnapshotName>,
    previous: Option<SnapshotName>,
    /// What is on stable storage is unknown: nothing is done any more.
    failed: bool,
    _lock: Option<Lock>,
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Storage").field("root", &self.files.root()).finish_non_exhaustive()
    }
}

impl Storage {
    /// Locks the directory, reads and checks all of it. A new one is made where there is none.
    pub fn open(dir: &Path, identity: &Identity, options: Options) -> Result<(Storage, Recovered), Refusal> {
        making::make_root(dir)?;
        let files = RealFiles::at(dir);
        making::refuse_others(&files)?;
        let lock = Lock::take(dir)?;
        let files: Box<dyn Files> = match options.faults.clone() {
            Some(faults) => Box::new(FaultyFiles { files: Box::new(files), faults }),
            None => Box::new(files),
        };
        let (mut storage, recovered) = Storage::open_in(files, identity, options)?;
        storage._lock = Some(lock);
        Ok((storage, recovered))
    }

    /// The same in any kind of directory, without a lock and without the faults of the options.
    pub fn open_in(
        files: Box<dyn Files>,
        identity: &Identity,
        options: Options,
    ) -> Result<(Storage, Recovered), Refusal> {
        making::open(files, identity, &options)
    }

    /// All of these, in order, are on stable storage when it returns.
    ///
    /// # Panics
    /// If a write does not follow from those before it.
    pub fn write(&mut self, writes: &[Write]) -> Result<(), WriteError> {
        self.unless_failed(|storage| storage.append(writes))
    }

    fn append(&mut self, writes: &[Write]) -> Result<(), WriteError> {
        if writes.is_empty() {
            return Ok(());
        }
        let snapshot = writes.iter().rev().find_map(|write| write.snapshot.as_ref());
        let file = snapshot.map(|snapshot| snapshot::encode(snapshot, &self.state.cluster));
        self.journal.make_room(&*self.files, writes.iter().map(record::bytes_max).sum())?;
        if let Some((bytes, _)) = &file {
            snapshot::write_new(&*self.files, bytes)?;
        }
        // From here on, what fails leaves things in between.
        if file.is_some() {
            snapshot::put_first(&*self.files, self.snapshot)?;
        }
        let mut position = self.position.clone();
        let parts = self.journal.begin();
        for write in writes {
            // Of several snapshots only the last one has a file; those before it are out of date in the same record.
            let is_last = |own: &Arc<_>| snapshot.is_some_and(|last| Arc::ptr_eq(own, last));
            let has_file = write.snapshot.as_ref().is_some_and(is_last);
            let checksum = file.as_ref().filter(|_| has_file).map_or(0, |(_, checksum)| *checksum);
            record::put_write(parts, &mut position, write, checksum);
        }
        self.journal.append(&*self.files, &self.position)?;
        position.record += 1;
        self.position = position;
        if file.is_some() {
            self.previous = self.snapshot;
            self.snapshot = self.position.snapshot;
        }
        let is_new_segment = self.state.last_segment != self.journal.segments().1;
        let is_overdue = self.position.record - self.state.record >= BEHIND_MAX;
        if is_new_segment || is_overdue && self.is_behind() {
            match self.catch_up() {
                // The writes themselves are durable.
                Ok(()) | Err(WriteError::Full { .. }) => {}
                failed => return failed,
            }
        }
        Ok(())
    }

    /// Does what can wait: to be called when there is nothing to write, and cheap when there is nothing to do.
    ///
    /// Brings `state.json` up to date, removes what a snapshot has replaced, makes the next segment in advance. When
    /// the disk is full, nothing is lost by it.
    pub fn tidy(&mut self) -> Result<(), WriteError> {
        self.unless_failed(|storage| {
            if storage.is_behind() {
                storage.catch_up()?;
            }
            storage.journal.prepare_spare(&*storage.files)
        })
    }

    /// For a clean stop: `state.json` then says how far the log reaches, to its last record.
    pub fn close(mut self) -> Result<(), WriteError> {
        self.unless_failed(|storage| {
            let is_current = storage.state.record == storage.position.record && !storage.is_behind();
            if is_current { Ok(()) } else { storage.catch_up() }
        })
    }

    /// The identity of the disk: drawn at random when the directory was made.
    pub fn disk_id(&self) -> u64 {
        self.state.disk.0
    }

    /// The node has asked its peers whether they know an earlier disk of its own, and acts on the answer. Durable.
    ///
    /// `first_voters` are those of the cluster as it began: what this node is told later, when others have been added,
    /// must not make it count other majorities.
    pub fn born(&mut self, first_voters: &[NodeId]) -> Result<(), WriteError> {
        self.unless_failed(|storage| {
            storage.write_state(|state| {
                state.born = true;
                state.first_voters = first_voters.to_vec();
            })
        })
    }

    /// The disk with which each peer was first seen.
    pub fn peer_disks(&self) -> BTreeMap<NodeId, u64> {
        self.state.peer_disks.iter().map(|(peer, Hex(disk_id))| (*peer, *disk_id)).collect()
    }

    /// Adds to [`peer_disks`](Self::peer_disks), durably.
    pub fn remember_peer_disk(&mut self, peer: NodeId, disk_id: u64) -> Result<(), WriteError> {
        self.unless_failed(|storage| {
            storage.write_state(|state| {
                state.peer_disks.insert(peer, Hex(disk_id));
            })
        })
    }

    /// Does this, unless something failed before; what fails now is the last thing that is done.
    fn unless_failed(
        &mut self,
        work: impl FnOnce(&mut Storage) -> Result<(), WriteError>,
    ) -> Result<(), WriteError> {
        if self.failed {
            let source = std::io::Error::other("an earlier write failed");
            let file = self.files.root().to_owned();
            return Err(WriteError::Failed { file, operation: "writing", source });
        }
        let result = work(self);
        self.failed = matches!(result, Err(WriteError::Failed { .. }));
        result
    }

    /// `state.json` lacks something that is worth a write.
    fn is_behind(&self) -> bool {
        let first_segment = self.journal.first_needed(self.covered());
        self.state.hard_state() != self.position.hard_state || self.state.first_segment != first_segment
    }

    /// Brings `state.json` up to date, and removes what the log needs no more by it.
    fn catch_up(&mut self) -> Result<(), WriteError> {
        self.write_state(|_| {})?;
        self.journal.remove_before(&*self.files, self.state.first_segment)
    }

    /// The log up to here can go: the older of the two snapshots has it.
    fn covered(&self) -> Index {
        self.previous.map_or(Index::ZERO, |previous| previous.last_included.index)
    }

    /// Writes `state.json` as of now, with a change. If there is no room, nothing has changed.
    fn write_state(&mut self, change: impl FnOnce(&mut State)) -> Result<(), WriteError> {
        let mut state = self.state.clone();
        state.set_hard_state(self.position.hard_state);
        state.record = self.position.record;
        state.durable = self.position.terms.last().into();
        state.first_segment = self.journal.first_needed(self.covered());
        state.last_segment = self.journal.segments().1;
        change(&mut state);
        state.write(&*self.files)?;
        self.state = state;
        Ok(())
    }
}
