//! All that a data directory holds, and all that is wrong with it. Nothing is changed by reading.

use std::sync::Arc;

use mini_raft_core::raft::{EntryId, Persistent, Snapshot};
use serde::Deserialize;

use super::Identity;
use super::error::{Problem, ProblemKind, Trouble, place};
use super::files::Files;
use super::position::SnapshotName;
use super::replay::{Replay, entries_after, newer, replay};
use super::sealed::{self, Flaw};
use super::segment::FORMAT;
use super::snapshot::{PREVIOUS, SNAPSHOT, SNAPSHOT_DRAFT, decode};
use super::state::{STATE, STATE_DRAFT, State};

/// The directory of the log.
pub(super) const LOG: &str = "log";
/// The directory of the log while the data directory is made.
pub(super) const LOG_DRAFT: &str = "log.new";
/// A segment that waits for its use.
pub(super) const SPARE: &str = "log/spare";
/// Who uses the directory.
pub(super) const LOCK: &str = "LOCK";
/// A snapshot that did not pass its checks, kept for whoever wants to know why.
pub(super) const DAMAGED: &str = "snapshot.damaged.json";
/// What may lie in a directory that is to become a data directory.
const OF_A_BLANK: [&str; 4] = [LOCK, LOG_DRAFT, STATE_DRAFT, "lost+found"];

const A_DIRECTORY_OF_OURS: &str = "a data directory of mini-raft";

/// What tells that a directory is a data directory.
const OURS: [&str; 4] = [STATE, LOG, SNAPSHOT, PREVIOUS];

/// A data directory, read.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// There is no data directory yet: none at all, an empty one, or one whose making was interrupted.
    pub(super) is_blank: bool,
    /// It is somebody else's.
    pub(super) is_not_ours: bool,
    pub(super) state: Option<State>,
    pub(super) log: Replay,
    pub(super) snapshots: Vec<SnapshotFile>,
    pub(super) choice: SnapshotChoice,
    /// Nothing is wrong with the state and the log: what they say of term and vote is true.
    pub(super) knows_hard_state: bool,
    /// The log is still in [`LOG_DRAFT`]: all but its last name was made.
    pub(super) log_is_draft: bool,
    /// Files that nobody needs, left over by a crash.
    pub(super) leftovers: Vec<String>,
    /// What keeps a node from starting.
    pub(super) problems: Vec<Problem>,
    /// What is damaged and can be done without.
    pub(super) survivable: Vec<Problem>,
}

/// One of the two snapshot files.
#[derive(Debug)]
pub(super) struct SnapshotFile {
    pub(super) name: &'static str,
    pub(super) bytes: u64,
    pub(super) content: Result<(SnapshotName, Arc<Snapshot>), Problem>,
}

/// From which snapshot the node starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum SnapshotChoice {
    /// There is none; the log begins with entry 1.
    #[default]
    None,
    /// The file with this name is the one that the log means.
    Named(&'static str),
    /// The one that the log means is lost; the file with this name and the log, or the log alone, hold the same.
    Fallback(Option<&'static str>),
}

impl Reading {
    /// Reads and checks everything. Without an identity, any node's directory is right.
    pub(super) fn of(files: &dyn Files, identity: Option<&Identity>) -> Result<Reading, Trouble> {
        let names = files.list("").map_err(Trouble::with(files, "", "listing"))?.unwrap_or_default();
        let has = |name: &str| names.iter().any(|other| other == name);
        let mut reading = Reading::default();
        if names.iter().all(|name| OF_A_BLANK.contains(&name.as_str())) {
            reading.is_blank = true;
            return Ok(reading);
        }
        if let Some(problem) = not_ours(files, &names) {
            reading.problems.push(problem);
            reading.is_not_ours = true;
            return Ok(reading);
        }
        if !has(STATE) {
            let other = names.iter().find(|name| OURS.contains(&name.as_str())).map_or(LOG, |name| name);
            let expected = format!("the file that belongs to {other}");
            reading.problems.push(Problem::new(ProblemKind::Missing, place(files, STATE), expected, "none"));
        } else {
            match read_state(files)? {
                Ok(state) => {
                    reading.problems.extend(identity.and_then(|identity| foreign(files, &state, identity)));
                    reading.state = Some(state);
                }
                Err(problem) => reading.problems.push(problem),
            }
        }
        // What another node wrote is not read any further: nothing in it is ours.
        if reading.problems.iter().any(|problem| problem.kind == ProblemKind::Foreign) {
            return Ok(reading);
        }
        for draft in [STATE_DRAFT, SNAPSHOT_DRAFT] {
            reading.leftovers.extend(has(draft).then(|| draft.to_owned()));
        }
        reading.read_log(files, has(LOG), has(LOG_DRAFT))?;
        reading.knows_hard_state = reading.problems.is_empty();
        reading.read_snapshots(files)?;
        if reading.problems.is_empty() {
            reading.choose_snapshot(files);
        }
        Ok(reading)
    }

    /// What a node starts with.
    pub(super) fn persistent(&mut self) -> Persistent {
        let name = match self.choice {
            SnapshotChoice::None | SnapshotChoice::Fallback(None) => None,
            SnapshotChoice::Named(name) | SnapshotChoice::Fallback(Some(name)) => Some(name),
        };
        let snapshot = name.and_then(|name| self.whole(name)).map(|(_, snapshot)| snapshot.clone());
        let covered = snapshot.as_ref().map_or(EntryId::ZERO, |snapshot| snapshot.last_included);
        Persistent {
            hard_state: self.log.position.hard_state,
            snapshot,
            entries: entries_after(std::mem::take(&mut self.log.entries), covered.index),
        }
    }

    /// The snapshot in the file of this name, if it is whole.
    pub(super) fn whole(&self, name: &str) -> Option<&(SnapshotName, Arc<Snapshot>)> {
        self.snapshots.iter().find(|file| file.name == name)?.content.as_ref().ok()
    }

    fn read_log(&mut self, files: &dyn Files, has_log: bool, has_draft: bool) -> Result<(), Trouble> {
        let may_be_draft = self.state.as_ref().is_some_and(|state| state.record == 0);
        self.log_is_draft = !has_log && has_draft && may_be_draft;
        let dir = if self.log_is_draft { LOG_DRAFT } else { LOG };
        let missing = |name: &str, expected: &str| {
            Problem::new(ProblemKind::Missing, place(files, name), expected, "none")
        };
        let Some(names) = files.list(dir).map_err(Trouble::with(files, dir, "listing"))? else {
            self.problems.push(missing(LOG, "the log that belongs to the other files"));
            return Ok(());
        };
        let mut segments = Vec::new();
        for name in names {
            let path = format!("{dir}/{name}");
            match segment_number(&name) {
                Some(number) if self.state.as_ref().is_none_or(|state| number >= state.first_segment) => {
                    segments.push((number, path));
                }
                Some(_) => self.leftovers.push(path),
                None if path == SPARE => self.leftovers.push(path),
                // Somebody else's: it does no harm.
                None => {}
            }
        }
        let first = self.state.as_ref().map(|state| state.first_segment).or(segments.first().map(|it| it.0));
        let due =
            (first.unwrap_or(1)..).zip(segments.iter().map(|it| it.0)).find(|(due, found)| due != found);
        let due = due.map(|it| it.0).or(segments.is_empty().then_some(first.unwrap_or(1)));
        if let Some(due) = due {
            self.problems.push(missing(&segment_name(dir, due), "this segment of the log"));
        }
        // A log with a hole is still read, segment by segment, for what is in it.
        let whole_until = due.unwrap_or(u64::MAX);
        segments.retain(|(number, _)| *number < whole_until);
        self.log = replay(files, self.state.as_ref(), &segments);
        self.problems.append(&mut self.log.problems);
        Ok(())
    }

    fn read_snapshots(&mut self, files: &dyn Files) -> Result<(), Trouble> {
        for name in [SNAPSHOT, PREVIOUS] {
            let Some(bytes) = files.read(name).map_err(Trouble::with(files, name, "reading"))? else {
                continue;
            };
            let content = read_snapshot(files, name, &bytes, self.state.as_ref());
            if let Err(problem) = &content {
                let list = match problem.kind {
                    ProblemKind::Newer => &mut self.problems,
                    _ => &mut self.survivable,
                };
                list.push(problem.clone());
            }
            self.snapshots.push(SnapshotFile { name, bytes: bytes.len() as u64, content });
        }
        Ok(())
    }

    /// Decides from which snapshot to start; a problem if from none.
    fn choose_snapshot(&mut self, files: &dyn Files) {
        let position = &self.log.position;
        let terms = &position.terms;
        let leads_to_the_log = |id: EntryId| terms.term_at(id.index) == Some(id.term);
        let Some(named) = position.snapshot else {
            self.choice = SnapshotChoice::None;
            if !leads_to_the_log(EntryId::ZERO) {
                self.problems.push(gap(files, &self.log, EntryId::ZERO));
            }
            return;
        };
        let found =
            self.snapshots.iter().find(|file| matches!(&file.content, Ok((name, _)) if *name == named));
        if let Some(file) = found {
            self.choice = SnapshotChoice::Named(file.name);
            if !leads_to_the_log(named.last_included) {
                self.problems.push(gap(files, &self.log, named.last_included));
            }
            return;
        }
        let expected =
            format!("the snapshot of entry {} with seal {:08x}", named.last_included, named.checksum);
        let lost = Problem::new(ProblemKind::Missing, place(files, SNAPSHOT), expected, "none that is whole");
        let older = self.snapshots.iter().find(|file| {
            let id = file.content.as_ref().ok().map(|(name, _)| name.last_included);
            id.is_some_and(|id| id.index < named.last_included.index && leads_to_the_log(id))
        });
        if older.is_some() || leads_to_the_log(EntryId::ZERO) {
            self.choice = SnapshotChoice::Fallback(older.map(|file| file.name));
            self.survivable.push(lost);
        } else {
            self.problems.append(&mut self.survivable);
            self.problems.push(lost);
        }
    }
}

/// Refuses a directory that is neither ours nor empty.
pub(super) fn not_ours(files: &dyn Files, names: &[String]) -> Option<Problem> {
    let is_in = |list: &[&str], name: &String| list.contains(&name.as_str());
    if names.iter().any(|name| is_in(&OURS, name)) {
        return None;
    }
    let other = names.iter().find(|name| !is_in(&OF_A_BLANK, name))?;
    let found = format!("\"{other}\" and no {STATE}");
    Some(Problem::new(ProblemKind::NotOurs, place(files, ""), A_DIRECTORY_OF_OURS, found))
}

/// There is nothing to read.
pub(super) fn blank(files: &dyn Files) -> Problem {
    Problem::new(ProblemKind::NotOurs, place(files, ""), A_DIRECTORY_OF_OURS, "none")
}

/// The number of the segment in a file of this name.
fn segment_number(name: &str) -> Option<u64> {
    let number = name.strip_suffix(".log")?.parse().ok()?;
    segment_name("", number).ends_with(&format!("/{name}")).then_some(number)
}

/// Where a segment lies.
pub(super) fn segment_name(dir: &str, number: u64) -> String {
    format!("{dir}/{number:016}.log")
}

fn read_state(files: &dyn Files) -> Result<Result<State, Problem>, Trouble> {
    let bytes = files.read(STATE).map_err(Trouble::with(files, STATE, "reading"))?.unwrap_or_default();
    Ok(checked(files, STATE, &bytes).and_then(|_| sealed::parse(&bytes).map_err(damage(files, STATE))))
}

fn read_snapshot(
    files: &dyn Files,
    name: &str,
    bytes: &[u8],
    state: Option<&State>,
) -> Result<(SnapshotName, Arc<Snapshot>), Problem> {
    #[derive(Deserialize)]
    struct Owner {
        cluster: String,
    }
    let checksum = checked(files, name, bytes)?;
    let owner: Owner = sealed::parse(bytes).map_err(damage(files, name))?;
    if let Some(state) = state.filter(|state| state.cluster != owner.cluster) {
        let (expected, found) = (&state.cluster, &owner.cluster);
        let expected = format!("a snapshot of cluster \"{expected}\"");
        let found = format!("one of \"{found}\"");
        return Err(Problem::new(ProblemKind::Foreign, place(files, name), expected, found));
    }
    let snapshot = decode(bytes).map_err(damage(files, name))?;
    Ok((SnapshotName { last_included: snapshot.last_included, checksum }, snapshot))
}

/// The seal of a file that is whole and in a form that this program reads.
fn checked(files: &dyn Files, name: &str, bytes: &[u8]) -> Result<u32, Problem> {
    #[derive(Deserialize)]
    struct Form {
        format: u32,
    }
    let checksum = sealed::check(bytes).map_err(damage(files, name))?;
    let form: Form = sealed::parse(bytes).map_err(damage(files, name))?;
    if form.format > FORMAT { Err(newer(place(files, name), form.format)) } else { Ok(checksum) }
}

fn damage<'a>(files: &'a dyn Files, name: &'a str) -> impl FnOnce(Flaw) -> Problem + 'a {
    move |flaw| {
        Problem::new(ProblemKind::Damaged, place(files, name), flaw.expected, flaw.found).at(flaw.offset)
    }
}

fn foreign(files: &dyn Files, state: &State, identity: &Identity) -> Option<Problem> {
    let described = |cluster: &str, node| format!("the directory of {node} of cluster \"{cluster}\"");
    let (expected, found) =
        (described(&identity.cluster, identity.node), described(&state.cluster, state.node));
    (expected != found).then(|| Problem::new(ProblemKind::Foreign, place(files, STATE), expected, found))
}

/// The log does not go on where the snapshot, or nothing at all, ends.
fn gap(files: &dyn Files, log: &Replay, covered: EntryId) -> Problem {
    let terms = &log.position.terms;
    let file = place(files, log.segments.first().map_or(LOG, |segment| &segment.name));
    let found = match terms.term_at(covered.index) {
        Some(term) => format!("entry {} there", EntryId { term, index: covered.index }),
        None => format!("a log that goes on after entry {}", terms.base()),
    };
    Problem::new(ProblemKind::Damaged, file, format!("a log that goes on after entry {covered}"), found)
}
