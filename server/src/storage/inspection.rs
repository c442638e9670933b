//! What a data directory holds, for a person: no lock is taken, and nothing is changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use mini_raft_core::raft::{Configuration, Entry, EntryId, HardState, NodeId, Payload};

use super::Identity;
use super::error::{Problem, Refusal, place};
use super::files::{Files, RealFiles};
use super::reading::{LOCK, Reading, SnapshotChoice, SnapshotFile, blank};
use super::replay::SegmentView;
use super::state::Hex;

/// How often a directory is read anew if something is wrong with it: a node that uses it may have been in the middle
/// of a write, which the next reading sees finished.
const READINGS: usize = 3;

/// What a data directory holds, as far as it can be read, and all that is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Inspection {
    /// Whose it is.
    pub identity: Option<Identity>,
    /// The identity of the disk.
    pub disk_id: Option<u64>,
    /// Whether the node has asked its peers for an earlier disk of its own.
    pub born: bool,
    /// The disk with which each peer was first seen.
    pub peer_disks: BTreeMap<NodeId, u64>,
    /// The process that uses it, or used it last without a clean stop.
    pub used_by: Option<String>,
    /// Term and vote; `None` where the damage is such that they are not known.
    pub hard_state: Option<HardState>,
    /// How many records the log has had in its life, and how many of them `state.json` knows.
    pub records: u64,
    /// See `records`.
    pub records_known: u64,
    /// The snapshot files, the newest first.
    pub snapshots: Vec<SnapshotSummary>,
    /// The files of the log.
    pub segments: Vec<SegmentSummary>,
    /// The log after the snapshot.
    pub entries: Vec<Entry>,
    /// Who is in the cluster by the log and the snapshot, and since which entry.
    pub configuration: Option<(EntryId, Arc<Configuration>)>,
    /// What the next start will put in order.
    pub notes: Vec<String>,
    /// What is damaged and can be done without.
    pub survivable: Vec<Problem>,
    /// What keeps a node from starting.
    pub problems: Vec<Problem>,
}

/// A snapshot file.
#[derive(Clone, Debug)]
pub struct SnapshotSummary {
    /// Below the data directory.
    pub name: String,
    /// The size of the file, in bytes.
    pub file_bytes: u64,
    /// The last entry it covers, and the size of the state machine's state in bytes; `None` if it is damaged.
    pub content: Option<(EntryId, u64)>,
    /// A node that starts takes this one.
    pub is_used: bool,
}

/// A file of the log.
#[derive(Clone, Debug)]
pub struct SegmentSummary {
    /// Below the data directory.
    pub name: String,
    /// The size of the file, in bytes.
    pub file_bytes: u64,
    /// Up to where it is used, in bytes.
    pub used_bytes: u64,
    /// How many records are in it.
    pub records: u64,
    /// How many entries are in them, with those that were cut later.
    pub entries: u64,
}

impl Inspection {
    /// Reads this directory. An error if it is none, or none of ours.
    pub fn of(dir: &Path) -> Result<Inspection, Refusal> {
        let files = RealFiles::at(dir);
        let mut inspection = Inspection::read(&files)?;
        for _ in 1..READINGS {
            if inspection.problems.is_empty() {
                break;
            }
            inspection = Inspection::read(&files)?;
        }
        let lock = fs::read_to_string(dir.join(LOCK)).unwrap_or_default();
        inspection.used_by = Some(lock.trim().to_owned()).filter(|process| !process.is_empty());
        Ok(inspection)
    }

    fn read(files: &dyn Files) -> Result<Inspection, Refusal> {
        let mut reading = Reading::of(files, None)?;
        if reading.is_blank {
            return Err(blank(files).into());
        }
        if reading.is_not_ours {
            return Err(Refusal { problems: reading.problems });
        }
        let mut inspection = Inspection {
            hard_state: reading.knows_hard_state.then_some(reading.log.position.hard_state),
            records: reading.log.position.record,
            snapshots: reading.snapshots.iter().map(|file| summary(file, reading.choice)).collect(),
            segments: reading.log.segments.iter().map(SegmentSummary::of).collect(),
            notes: notes(files, &reading),
            ..Inspection::default()
        };
        if let Some(state) = &reading.state {
            inspection.identity = Some(Identity { cluster: state.cluster.clone(), node: state.node });
            inspection.disk_id = Some(state.disk.0);
            inspection.born = state.born;
            let disks = state.peer_disks.iter().map(|(peer, Hex(disk_id))| (*peer, *disk_id));
            inspection.peer_disks = disks.collect();
            inspection.records_known = state.record;
        }
        let persistent = reading.persistent();
        let of_snapshot = |snapshot: &Arc<mini_raft_core::raft::Snapshot>| {
            (snapshot.last_included, snapshot.configuration.clone())
        };
        let in_the_log = persistent.entries.iter().rev().find_map(|entry| match &entry.payload {
            Payload::Configuration(configuration) => Some((entry.id(), configuration.clone())),
            Payload::Noop | Payload::Command(_) => None,
        });
        inspection.configuration = in_the_log.or(persistent.snapshot.as_ref().map(of_snapshot));
        inspection.entries = persistent.entries;
        inspection.survivable = reading.survivable;
        inspection.problems = reading.problems;
        Ok(inspection)
    }
}

impl SegmentSummary {
    fn of(view: &SegmentView) -> SegmentSummary {
        let SegmentView { name, bytes, used_bytes, records, entries, .. } = view.clone();
        SegmentSummary { name, file_bytes: bytes, used_bytes, records, entries }
    }
}

fn summary(file: &SnapshotFile, choice: SnapshotChoice) -> SnapshotSummary {
    let content = file.content.as_ref().ok();
    SnapshotSummary {
        name: file.name.to_owned(),
        file_bytes: file.bytes,
        content: content.map(|(_, snapshot)| (snapshot.last_included, snapshot.data.len() as u64)),
        is_used: choice == SnapshotChoice::Named(file.name)
            || choice == SnapshotChoice::Fallback(Some(file.name)),
    }
}

fn notes(files: &dyn Files, reading: &Reading) -> Vec<String> {
    let torn = reading.log.torn.as_ref().map(|torn| {
        let place = place(files, &torn.name);
        format!(
            "{}, byte {}: record {} was not written to its end ({}); the next start cuts it",
            place.display(),
            torn.from,
            torn.record,
            torn.why
        )
    });
    let left_over =
        reading.leftovers.iter().map(|name| format!("{}: left over", place(files, name).display()));
    torn.into_iter().chain(left_over).collect()
}
