//! Making a data directory, and putting in order what a crash left in one.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use serde::de::IgnoredAny;

use super::error::{Refusal, Trouble, WriteError};
use super::files::{DIR_MODE, Files};
use super::journal::Journal;
use super::reading::{DAMAGED, LOG, LOG_DRAFT, Reading, SnapshotChoice, not_ours};
use super::segment::FORMAT;
use super::snapshot::{PREVIOUS, SNAPSHOT};
use super::state::{Hex, State};
use super::{Identity, Options, Recovered, Storage};

/// Makes the directory itself, and those above it, where there are none.
pub(super) fn make_root(dir: &Path) -> Result<(), Refusal> {
    let trouble = |file: &Path, operation| {
        let file = file.to_owned();
        move |source| Trouble { file, operation, source }
    };
    let missing: Vec<&Path> = dir.ancestors().take_while(|path| !is_there(path)).collect();
    let made = DirBuilder::new().recursive(true).mode(DIR_MODE).create(dir);
    made.map_err(trouble(dir, "making the directory"))?;
    for made in missing {
        let above = made.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let synced = File::open(above).and_then(|above| above.sync_all());
        synced.map_err(trouble(above, "syncing"))?;
    }
    Ok(())
}

/// Nothing is put into a directory with other people's files.
pub(super) fn refuse_others(files: &dyn Files) -> Result<(), Refusal> {
    let names = files.list("").map_err(Trouble::with(files, "", "listing"))?.unwrap_or_default();
    not_ours(files, &names).map_or(Ok(()), |problem| Err(problem.into()))
}

fn is_there(path: &Path) -> bool {
    path.as_os_str().is_empty() || path.is_dir()
}

/// Reads a data directory, makes it if there is none, and goes on where it ends.
pub(super) fn open(
    files: Box<dyn Files>,
    identity: &Identity,
    options: &Options,
) -> Result<(Storage, Recovered), Refusal> {
    let mut notes = Vec::new();
    let mut reading = Reading::of(&*files, Some(identity))?;
    if reading.is_blank {
        make(&*files, identity, options)?;
        notes.push(format!("made the data directory {}", files.root().display()));
        reading = Reading::of(&*files, Some(identity))?;
    }
    if !reading.problems.is_empty() {
        return Err(Refusal { problems: reading.problems });
    }
    let state = reading.state.clone().expect("a directory without problems has a state");
    put_in_order(&*files, &mut reading, &mut notes)?;
    let journal = Journal::at_end_of(&*files, &reading.log, state.disk.0, options.segment_bytes)?;
    let named = |name: &str| reading.whole(name).map(|(name, _)| *name);
    // The files may have changed their names since they were read.
    let (snapshot, previous) = match reading.choice {
        SnapshotChoice::None | SnapshotChoice::Fallback(None) => (None, None),
        SnapshotChoice::Named(SNAPSHOT) => (named(SNAPSHOT), named(PREVIOUS)),
        SnapshotChoice::Named(name) | SnapshotChoice::Fallback(Some(name)) => (named(name), None),
    };
    let persistent = reading.persistent();
    let recovered = Recovered {
        persistent,
        fresh: reading.log.position.record == 0,
        born: state.born,
        first_voters: state.first_voters.clone(),
        disk_id: state.disk.0,
        notes,
    };
    let position = reading.log.position;
    let storage = Storage { files, state, position, journal, snapshot, previous, failed: false, _lock: None };
    Ok((storage, recovered))
}

/// Makes a data directory. It is one from the moment that `state.json` has its name.
fn make(files: &dyn Files, identity: &Identity, options: &Options) -> Result<(), Refusal> {
    let disk_id = draw().map_err(Trouble::with(files, "", "drawing a number for the disk"))?;
    files.make_dir(LOG_DRAFT).map_err(Trouble::with(files, LOG_DRAFT, "making the directory"))?;
    for left_over in
        files.list(LOG_DRAFT).map_err(Trouble::with(files, LOG_DRAFT, "listing"))?.unwrap_or_default()
    {
        let name = format!("{LOG_DRAFT}/{left_over}");
        files.remove(&name).map_err(Trouble::with(files, &name, "removing"))?;
    }
    // The names below count from the moment that `state.json` is there, so they must be durable before it.
    files.sync_dir("").map_err(Trouble::with(files, "", "syncing"))?;
    Journal::make_first(files, LOG_DRAFT, disk_id, options.segment_bytes)?;
    let state = State {
        format: FORMAT,
        cluster: identity.cluster.clone(),
        node: identity.node,
        disk: Hex(disk_id),
        born: false,
        first_voters: Vec::new(),
        current_term: Default::default(),
        voted_for: None,
        forgetful: None,
        record: 0,
        durable: mini_raft_core::raft::EntryId::ZERO.into(),
        first_segment: 1,
        last_segment: 1,
        peer_disks: BTreeMap::new(),
        _checksum: IgnoredAny,
    };
    state.write(files).map_err(Trouble::from)?;
    Ok(())
}

/// Puts in order what a crash left. Each step may be the last one that a further crash lets through.
fn put_in_order(files: &dyn Files, reading: &mut Reading, notes: &mut Vec<String>) -> Result<(), Refusal> {
    let move_file =
        |from: &str, to: &str| files.rename(from, to).map_err(Trouble::with(files, to, "renaming"));
    if reading.log_is_draft {
        move_file(LOG_DRAFT, LOG)?;
        for segment in &mut reading.log.segments {
            segment.name = segment.name.replacen(LOG_DRAFT, LOG, 1);
        }
        for name in &mut reading.leftovers {
            *name = name.replacen(LOG_DRAFT, LOG, 1);
        }
    }
    if let Some(torn) = &reading.log.torn {
        let (bytes, place) = (torn.to - torn.from, files.root().join(&torn.name));
        notes.push(format!(
            "{}, byte {}: record {} was not written to its end ({}); cut {bytes} bytes that nobody relied on",
            place.display(),
            torn.from,
            torn.record,
            torn.why
        ));
    }
    notes.extend(
        reading.survivable.iter().map(|problem| format!("can be done without: {}", problem.finding())),
    );
    match reading.choice {
        SnapshotChoice::Named(SNAPSHOT) => {}
        SnapshotChoice::Named(other) => {
            move_file(other, SNAPSHOT)?;
            notes.push("took back a snapshot that the log does not name".to_owned());
        }
        SnapshotChoice::Fallback(older) => {
            if reading.snapshots.iter().any(|file| file.name == SNAPSHOT) && older != Some(SNAPSHOT) {
                move_file(SNAPSHOT, DAMAGED)?;
            }
            if let Some(older) = older.filter(|older| *older != SNAPSHOT) {
                move_file(older, SNAPSHOT)?;
            }
            let from = older.map_or("the log alone", |_| "the snapshot before it and the log");
            notes.push(format!("the newest snapshot is lost; started from {from}"));
        }
        SnapshotChoice::None => {
            reading.leftovers.extend(reading.snapshots.iter().map(|file| file.name.to_owned()));
        }
    }
    for name in &reading.leftovers {
        files.remove(name).map_err(Trouble::with(files, name, "removing"))?;
        notes.push(format!("removed {name}, which a crash had left over"));
    }
    // What was read may have been in memory alone, names included.
    files.sync_dir("").map_err(Trouble::with(files, "", "syncing"))?;
    Ok(())
}

fn draw() -> std::io::Result<u64> {
    getrandom::u64().map_err(std::io::Error::other)
}

impl From<WriteError> for Trouble {
    fn from(error: WriteError) -> Trouble {
        let full = std::io::ErrorKind::StorageFull.into();
        match error {
            WriteError::Full { file } => Trouble { file, operation: "writing", source: full },
            WriteError::Failed { file, operation, source } => Trouble { file, operation, source },
        }
    }
}
