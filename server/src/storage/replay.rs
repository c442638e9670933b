//! Reading the log back: segment after segment, record after record.

use mini_raft_core::raft::{Entry, EntryId, Index, Term};

use super::error::{Problem, ProblemKind, place};
use super::files::Files;
use super::position::{Position, Terms};
use super::record::{Part, take_part};
use super::sealed::Flaw;
use super::segment::{BadHeader, FIRST_RECORD, FORMAT, Header, Next, read_next};
use super::state::State;

/// What one segment holds.
#[derive(Clone, Debug)]
pub(super) struct SegmentView {
    pub(super) number: u64,
    /// Below the data directory.
    pub(super) name: String,
    pub(super) bytes: u64,
    /// Where the next record would begin.
    pub(super) used_bytes: u64,
    pub(super) records: u64,
    pub(super) entries: u64,
    /// The last entry of the log when the segment was begun.
    pub(super) last_before: EntryId,
}

/// Bytes at the end of the log that are no whole record, and never were one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Torn {
    pub(super) name: String,
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) why: &'static str,
    pub(super) record: u64,
}

/// The log as it is read.
#[derive(Debug, Default)]
pub(super) struct Replay {
    pub(super) position: Position,
    /// From the one after the base of the position's terms, without gaps.
    pub(super) entries: Vec<Entry>,
    pub(super) segments: Vec<SegmentView>,
    pub(super) torn: Option<Torn>,
    pub(super) problems: Vec<Problem>,
}

/// Where a replay is, and against what it is checked.
struct Reader<'a> {
    files: &'a dyn Files,
    state: Option<&'a State>,
    replay: Replay,
    /// Whether everything up to here was read, so that the next segment must follow.
    connected: bool,
}

/// Reads these segments, in this order.
pub(super) fn replay(files: &dyn Files, state: Option<&State>, segments: &[(u64, String)]) -> Replay {
    let mut reader = Reader { files, state, replay: Replay::default(), connected: true };
    for (place, (number, name)) in segments.iter().enumerate() {
        let is_first = place == 0;
        let is_last = place + 1 == segments.len();
        if let Err(problem) = reader.read_segment(*number, name, is_first, is_last) {
            reader.replay.problems.push(problem);
            reader.connected = false;
        }
    }
    if let Some(problem) = reader.short_of_state().filter(|_| reader.connected) {
        reader.replay.problems.push(problem);
    }
    reader.replay
}

impl Reader<'_> {
    fn read_segment(
        &mut self,
        number: u64,
        name: &str,
        is_first: bool,
        is_last: bool,
    ) -> Result<(), Problem> {
        let problem = |kind, expected: String, found: String| {
            Problem::new(kind, place(self.files, name), expected, found)
        };
        let damage = |flaw: Flaw| problem(ProblemKind::Damaged, flaw.expected, flaw.found).at(flaw.offset);
        let bytes = match self.files.read(name) {
            Ok(bytes) => bytes.unwrap_or_default(),
            Err(error) => {
                let found = format!("\"{error}\"");
                return Err(problem(ProblemKind::Inaccessible, "reading to be possible".to_owned(), found));
            }
        };
        let header = Header::decode(&bytes).map_err(|bad| match bad {
            BadHeader::Newer(format) => newer(place(self.files, name), format),
            BadHeader::Flaw(flaw) => damage(flaw),
        })?;
        self.check_header(&header, number, bytes.len() as u64, is_first)
            .map_err(|(offset, expected, found)| damage(Flaw { offset, expected, found }))?;
        if is_first || !self.connected {
            self.replay.position = header.before.clone();
            self.replay.entries.clear();
        }
        self.connected = true;
        self.check_state().map_err(|(expected, found)| problem(ProblemKind::Damaged, expected, found))?;

        self.replay.segments.push(SegmentView {
            number,
            name: name.to_owned(),
            bytes: bytes.len() as u64,
            used_bytes: FIRST_RECORD as u64,
            records: 0,
            entries: 0,
            last_before: header.before.terms.last(),
        });
        let seed = Header::seed_of(header.disk_id, header.number);
        let mut at = FIRST_RECORD;
        loop {
            let record = self.replay.position.record + 1;
            match read_next(&bytes, at, seed, record) {
                Next::End => return Ok(()),
                Next::Damage(flaw) => return Err(damage(flaw)),
                Next::Torn(why) => {
                    let known = self.state.map_or(0, |state| state.record);
                    if !is_last || record <= known {
                        let expected = match is_last {
                            true => format!("record {record}, since state.json knows {known} of them"),
                            false => format!("record {record} or zeros, since a later segment follows"),
                        };
                        let found = format!("a part of it: {why}");
                        return Err(damage(Flaw { offset: at as u64, expected, found }));
                    }
                    let to = bytes.iter().rposition(|byte| *byte != 0).map_or(at, |last| last + 1);
                    let (name, from, to) = (name.to_owned(), at as u64, to as u64);
                    self.replay.torn = Some(Torn { name, from, to, why, record });
                    return Ok(());
                }
                Next::Record { parts, next } => {
                    self.replay.position.record = record;
                    let entries = self
                        .take_parts(parts)
                        .map_err(|(expected, found)| damage(Flaw { offset: at as u64, expected, found }))?;
                    self.check_state()
                        .map_err(|(expected, found)| damage(Flaw { offset: at as u64, expected, found }))?;
                    at = next;
                    if let Some(view) = self.replay.segments.last_mut() {
                        view.used_bytes = at as u64;
                        view.records += 1;
                        view.entries += entries;
                    }
                }
            }
        }
    }

    fn check_header(
        &self,
        header: &Header,
        number: u64,
        bytes: u64,
        is_first: bool,
    ) -> Result<(), (u64, String, String)> {
        if header.number != number {
            return Err((0, format!("segment {number}"), format!("segment {}", header.number)));
        }
        if let Some(state) = self.state.filter(|state| state.disk.0 != header.disk_id) {
            let (expected, found) = (state.disk.0, header.disk_id);
            return Err((
                0,
                format!("a segment of disk {expected:016x}"),
                format!("one of disk {found:016x}"),
            ));
        }
        if header.bytes != bytes {
            let at = header.bytes.min(bytes);
            return Err((at, format!("a file of {} bytes", header.bytes), format!("{bytes} bytes")));
        }
        let position = &self.replay.position;
        let described = |position: &Position| {
            let (record, last) = (position.record, position.terms.last());
            format!("record {record} and entry {last} before this segment")
        };
        let before = Position { terms: Terms::after(position.terms.last()), ..position.clone() };
        match is_first || !self.connected || before == header.before {
            true => Ok(()),
            false => Err((0, described(&before), described(&header.before))),
        }
    }

    /// Takes the parts of a record; how many entries it has.
    fn take_parts(&mut self, mut parts: &[u8]) -> Result<u64, (String, String)> {
        let Replay { position, entries, .. } = &mut self.replay;
        let mut count = 0;
        while !parts.is_empty() {
            let Some(part) = take_part(&mut parts) else {
                return Err(("parts of writes".to_owned(), "other bytes with a right checksum".to_owned()));
            };
            match part {
                Part::HardState(hard_state) => position.hard_state = hard_state,
                Part::Snapshot(name) => {
                    let base = position.terms.base().index.0;
                    position.take_snapshot(name);
                    let gone = position.terms.base().index.0.saturating_sub(base);
                    entries.drain(..entries.len().min(gone as usize));
                }
                Part::CutAfter(last) => {
                    let known = position.terms.term_at(last.index);
                    if known.is_some_and(|term| term != last.term) || last.index > position.terms.last().index
                    {
                        let found = format!("a cut after entry {last}");
                        return Err(("a cut after an entry of the log".to_owned(), found));
                    }
                    position.terms.cut_after(last);
                    let left = position.terms.last().index.0 - position.terms.base().index.0;
                    entries.truncate(left as usize);
                }
                Part::Entry(entry) => {
                    let last = position.terms.last();
                    let wrong = position.terms.push(entry.id()).is_err() || entry.term < last.term;
                    if wrong || entry.term == Term::ZERO {
                        let expected = format!("the entry after {last}");
                        return Err((expected, format!("entry {}", entry.id())));
                    }
                    entries.push(entry);
                    count += 1;
                }
            }
        }
        Ok(count)
    }

    /// If this is the record that `state.json` knows of: whether they agree.
    fn check_state(&self) -> Result<(), (String, String)> {
        let position = &self.replay.position;
        let Some(state) = self.state.filter(|state| state.record == position.record) else { return Ok(()) };
        let described = |hard_state: mini_raft_core::raft::HardState, last: EntryId| {
            let vote = hard_state.voted_for.map_or("nobody".to_owned(), |vote| vote.to_string());
            format!("term {}, vote for {vote}, last entry {last}", hard_state.current_term)
        };
        let (ours, theirs) = (position.hard_state, state.hard_state());
        let (last, durable) = (position.terms.last(), state.durable.into());
        match ours == theirs && last == durable {
            true => Ok(()),
            false => Err((
                format!("what state.json says of record {}: {}", state.record, described(theirs, durable)),
                described(ours, last),
            )),
        }
    }

    /// The log ends before, or begins after, the record that `state.json` knows of.
    fn short_of_state(&self) -> Option<Problem> {
        let state = self.state?;
        let position = &self.replay.position;
        let segment = self.replay.segments.last()?;
        let durable = EntryId::from(state.durable);
        let first = self.replay.segments.first()?;
        if position.record < state.record {
            let expected = format!("record {} with entry {durable}, which state.json knows", state.record);
            let found = format!("the end of the log after record {}", position.record);
            let file = place(self.files, &segment.name);
            return Some(Problem::new(ProblemKind::Damaged, file, expected, found).at(segment.used_bytes));
        }
        let records: u64 = self.replay.segments.iter().map(|segment| segment.records).sum();
        let before_first = position.record - records.min(position.record);
        (before_first > state.record).then(|| {
            let expected = format!("a log that begins at record {} or before it", state.record + 1);
            let found = format!("one that begins at record {}", before_first + 1);
            Problem::new(ProblemKind::Damaged, place(self.files, &first.name), expected, found)
        })
    }
}

/// The problem with a file of a later version.
pub(super) fn newer(file: std::path::PathBuf, format: u32) -> Problem {
    let expected = format!("a form that this binary reads, up to format {FORMAT}");
    Problem::new(ProblemKind::Newer, file, expected, format!("format {format}"))
}

/// The entries after this index.
pub(super) fn entries_after(mut entries: Vec<Entry>, index: Index) -> Vec<Entry> {
    let covered = entries.partition_point(|entry| entry.index <= index);
    entries.drain(..covered);
    entries
}
