//! Writing the log: one record and one sync for each group of writes.

use std::fmt;

use mini_raft_core::raft::Index;

use super::error::{Trouble, WriteError};
use super::files::{FileHandle, Files, write_all_at};
use super::position::{Position, Terms};
use super::reading::{LOG, SPARE, segment_name};
use super::replay::{Replay, SegmentView};
use super::segment::{Draft, FIRST_RECORD, Header};
use super::state::{rename, sync_dir};

/// How many zeros are written at a time.
const ZEROS: usize = 1 << 20;

/// The end of the log, open for writing.
pub(super) struct Journal {
    disk_id: u64,
    segment_bytes: u64,
    /// All that are there, in order, with the last entry of the log before each; the last one is written to.
    segments: Vec<(u64, Index)>,
    file: Box<dyn FileHandle>,
    seed: u32,
    /// Where the next record begins, and where the segment ends.
    offset: u64,
    end: u64,
    /// The segment to be used next, if it was made in advance.
    spare: Option<Spare>,
    /// There was no room for one: the next is made when it is needed.
    spare_waits: bool,
    draft: Draft,
}

struct Spare {
    file: Box<dyn FileHandle>,
    bytes: u64,
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal")
            .field("segments", &self.segments)
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}

impl Journal {
    /// Makes the first segment of a log, in this directory.
    pub(super) fn make_first(
        files: &dyn Files,
        dir: &str,
        disk_id: u64,
        segment_bytes: u64,
    ) -> Result<(), Trouble> {
        let name = segment_name(dir, 1);
        let bytes = size(segment_bytes, 0);
        let header = Header { number: 1, disk_id, bytes, before: Position::default() };
        let made = files.create(&name).and_then(|mut file| {
            fill(&mut *file, 0, bytes)?;
            write_all_at(&mut *file, &header.encode(), 0)?;
            file.sync()
        });
        made.map_err(Trouble::with(files, &name, "writing"))?;
        files.sync_dir(dir).map_err(Trouble::with(files, dir, "syncing"))
    }

    /// Goes on at the end of a log that was read, where nothing but zeros follows.
    ///
    /// What was read may have been in memory alone: it is on stable storage when this returns.
    pub(super) fn at_end_of(
        files: &dyn Files,
        log: &Replay,
        disk_id: u64,
        segment_bytes: u64,
    ) -> Result<Journal, Trouble> {
        let last = log.segments.last().expect("a log that was read without problems has a segment");
        let mut file = files.open(&last.name).map_err(Trouble::with(files, &last.name, "opening"))?;
        if let Some(torn) = &log.torn {
            let cut = fill(&mut *file, torn.from, torn.to);
            cut.map_err(Trouble::with(files, &last.name, "writing"))?;
        }
        file.sync().map_err(Trouble::with(files, &last.name, "syncing"))?;
        files.sync_dir(LOG).map_err(Trouble::with(files, LOG, "syncing"))?;
        let first_entries = |segment: &SegmentView| (segment.number, segment.last_before.index);
        Ok(Journal {
            disk_id,
            segment_bytes,
            segments: log.segments.iter().map(first_entries).collect(),
            file,
            seed: Header::seed_of(disk_id, last.number),
            offset: last.used_bytes,
            end: last.bytes,
            spare: None,
            spare_waits: false,
            draft: Draft::default(),
        })
    }

    /// The number of the first segment, and of the one that is written to.
    pub(super) fn segments(&self) -> (u64, u64) {
        let number = |segment: Option<&(u64, Index)>| segment.map_or(0, |(number, _)| *number);
        (number(self.segments.first()), number(self.segments.last()))
    }

    /// Sees to it that a record whose parts have this many bytes finds room. If there is none, nothing was done.
    pub(super) fn make_room(&mut self, files: &dyn Files, parts_bytes: usize) -> Result<(), WriteError> {
        let room = Draft::room(parts_bytes) as u64;
        let fits_spare = |spare: &Spare| FIRST_RECORD as u64 + room <= spare.bytes;
        if self.offset + room > self.end && !self.spare.as_ref().is_some_and(fits_spare) {
            self.make_spare(files, room)?;
        }
        Ok(())
    }

    /// Begins a record: its parts go into what is returned.
    pub(super) fn begin(&mut self) -> &mut Vec<u8> {
        self.draft.begin()
    }

    /// Ends the record and makes it durable. Room for it was made. `before` is the position that it begins from.
    pub(super) fn append(&mut self, files: &dyn Files, before: &Position) -> Result<(), WriteError> {
        let number = before.record + 1;
        if self.offset + self.draft.bytes_when_ended() > self.end {
            return self.append_in_spare(files, before, number);
        }
        let record = self.draft.end(self.seed, number, self.offset);
        let name = || segment_name(LOG, self.segments.last().map_or(0, |(number, _)| *number));
        let fatal =
            |operation| move |error, name: String| Trouble::with(files, &name, operation)(error).fatal();
        write_all_at(&mut *self.file, record, self.offset)
            .map_err(|error| fatal("writing")(error, name()))?;
        self.file.sync().map_err(|error| fatal("syncing")(error, name()))?;
        self.offset += record.len() as u64;
        Ok(())
    }

    /// Begins a segment with this record. It gets its name when it is whole, so that no segment is ever in part.
    fn append_in_spare(
        &mut self,
        files: &dyn Files,
        before: &Position,
        record_number: u64,
    ) -> Result<(), WriteError> {
        let Spare { mut file, bytes } = self.spare.take().expect("room was made");
        let number = self.segments().1 + 1;
        let last = before.terms.last();
        let position = Position { terms: Terms::after(last), ..before.clone() };
        let header = Header { number, disk_id: self.disk_id, bytes, before: position };
        let seed = Header::seed_of(self.disk_id, number);
        let offset = FIRST_RECORD as u64;
        let record = self.draft.end(seed, record_number, offset);
        let written = write_all_at(&mut *file, &header.encode(), 0)
            .and_then(|()| write_all_at(&mut *file, record, offset))
            .and_then(|()| file.sync());
        written.map_err(|error| Trouble::with(files, SPARE, "writing")(error).fatal())?;
        rename(files, SPARE, &segment_name(LOG, number))?;
        sync_dir(files, LOG)?;
        self.offset = offset + record.len() as u64;
        self.segments.push((number, last.index));
        (self.file, self.seed, self.end) = (file, seed, bytes);
        Ok(())
    }

    /// Makes the next segment in advance, once half of this one is used.
    pub(super) fn prepare_spare(&mut self, files: &dyn Files) -> Result<(), WriteError> {
        let is_due = self.offset > self.end / 2 && self.spare.is_none() && !self.spare_waits;
        if is_due { self.make_spare(files, 0) } else { Ok(()) }
    }

    fn make_spare(&mut self, files: &dyn Files, room: u64) -> Result<(), WriteError> {
        let bytes = size(self.segment_bytes, room);
        // One that is too small goes.
        self.spare = None;
        self.spare_waits = true;
        let made = files.create(SPARE).and_then(|mut file| {
            fill(&mut *file, 0, bytes)?;
            file.sync()?;
            Ok(file)
        });
        let file = made.map_err(|error| {
            // It is not used: all that matters is that its room is free again, if it can be.
            let _ = files.remove(SPARE);
            Trouble::with(files, SPARE, "writing")(error).full_or_fatal()
        })?;
        self.spare = Some(Spare { file, bytes });
        self.spare_waits = false;
        Ok(())
    }

    /// The segments that are not needed if everything up to this entry is in a snapshot: all before this number.
    pub(super) fn first_needed(&self, covered: Index) -> u64 {
        let later = self.segments.iter().rev().find(|(_, last_before)| *last_before <= covered);
        later.map_or(self.segments().0, |(number, _)| *number)
    }

    /// Removes the segments before this one, which `state.json` must name as the first.
    pub(super) fn remove_before(&mut self, files: &dyn Files, first: u64) -> Result<(), WriteError> {
        while let Some((number, _)) = self.segments.first().filter(|(number, _)| *number < first) {
            let name = segment_name(LOG, *number);
            files.remove(&name).map_err(|error| Trouble::with(files, &name, "removing")(error).fatal())?;
            self.segments.remove(0);
        }
        Ok(())
    }
}

/// The size of a segment that is to hold a record of this size.
fn size(segment_bytes: u64, room: u64) -> u64 {
    let sector = FIRST_RECORD as u64;
    segment_bytes.max(sector + room).max(2 * sector).next_multiple_of(sector)
}

/// Writes zeros.
fn fill(file: &mut dyn FileHandle, from: u64, to: u64) -> std::io::Result<()> {
    let zeros = vec![0; ZEROS.min((to - from) as usize)];
    let mut at = from;
    while at < to {
        let count = zeros.len().min((to - at) as usize);
        write_all_at(file, &zeros[..count], at)?;
        at += count as u64;
    }
    Ok(())
}
