//! One file of the log: its header, its records, and how the end of the log is told from damage.
//!
//! A segment gets its full size, as zeros, before it is used; records overwrite the zeros. So the size of a segment
//! never changes, the end of the log is where zeros begin, and a sync has no metadata to write.
//!
//! A segment begins with a sector of its own, the header. Records follow, each at a multiple of 32 bytes:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | `record` mark |
//! | 4 | CRC-32C of the 24 bytes that follow |
//! | 8 | number of the record |
//! | 4 | length of the body |
//! | 4 | CRC-32C of the parts |
//! | 4 | how many whole sectors of the record are zeros |
//! | 4 | ones |
//! | … | body: parts of writes (`record.rs`), then a byte of ones |
//!
//! Both checksums start from the identity of the disk and the number of the segment, so that neither a segment from
//! elsewhere nor bytes inside a client's value can pass for a record here.
//!
//! # Torn or damaged
//! Only the last record can be torn by a power failure: a record is written after the one before it was synced. A
//! sector (512 bytes) reaches the disk whole or not at all, or only a prefix of the write does; what did not reach it
//! is still zeros. A record therefore counts as torn only if nothing but zeros follows it, and bytes that were
//! certainly written are zeros: its last byte, or a sector more than its header says. Anything else whose checksum is
//! wrong was whole once: that is damage.

use mini_raft_core::raft::{EntryId, HardState};

use super::position::{Position, SnapshotName, Terms};
use super::record::{hard_state_bytes, hard_state_of, take, take_id, take_u32, take_u64};
use super::sealed::Flaw;

/// What reaches a disk whole or not at all.
pub(super) const SECTOR: usize = 512;
/// Where the first record begins.
pub(super) const FIRST_RECORD: usize = SECTOR;
const ALIGNMENT: usize = 32;
const RECORD_HEADER: usize = 32;
const SEGMENT_MARK: [u8; 8] = *b"mini-raf";
const RECORD_MARK: [u8; 4] = *b"rec\n";
const ONES: u32 = u32::MAX;

/// The form of segments, and of the other files of a data directory, that this program writes; it reads no later one.
pub const FORMAT: u32 = 1;

/// What a segment says of itself and of the log before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) number: u64,
    pub(super) disk_id: u64,
    /// The size of the file.
    pub(super) bytes: u64,
    /// Where the log stood when the segment was begun; of the terms only the last entry.
    pub(super) before: Position,
}

/// Why a header is not read.
pub(super) enum BadHeader {
    Newer(u32),
    Flaw(Flaw),
}

impl Header {
    /// Where the checksums of the records of a segment start.
    pub(super) fn seed_of(disk_id: u64, number: u64) -> u32 {
        crc32c::crc32c_append(crc32c::crc32c(&disk_id.to_le_bytes()), &number.to_le_bytes())
    }

    pub(super) fn encode(&self) -> [u8; SECTOR] {
        let mut fields = Vec::with_capacity(SECTOR);
        fields.extend_from_slice(&FORMAT.to_le_bytes());
        for number in [self.number, self.disk_id, self.bytes, self.before.record] {
            fields.extend_from_slice(&number.to_le_bytes());
        }
        fields.extend_from_slice(&hard_state_bytes(self.before.hard_state));
        let snapshot = self.before.snapshot;
        let name = snapshot.unwrap_or(SnapshotName { last_included: EntryId::ZERO, checksum: 0 });
        for id in [self.before.terms.last(), name.last_included] {
            fields.extend_from_slice(&id.term.0.to_le_bytes());
            fields.extend_from_slice(&id.index.0.to_le_bytes());
        }
        fields.push(u8::from(snapshot.is_some()));
        fields.extend_from_slice(&name.checksum.to_le_bytes());
        let mut sector = [0; SECTOR];
        sector[..8].copy_from_slice(&SEGMENT_MARK);
        sector[12..12 + fields.len()].copy_from_slice(&fields);
        let checksum = crc32c::crc32c(&sector[12..]);
        sector[8..12].copy_from_slice(&checksum.to_le_bytes());
        sector
    }

    pub(super) fn decode(segment: &[u8]) -> Result<Header, BadHeader> {
        let flaw = |offset, expected: &str, found: String| {
            BadHeader::Flaw(Flaw { offset, expected: expected.to_owned(), found })
        };
        let Some(sector) = segment.first_chunk::<SECTOR>() else {
            return Err(flaw(0, "a segment of the log", format!("only {} bytes", segment.len())));
        };
        if sector[..8] != SEGMENT_MARK {
            return Err(flaw(0, "the mark of a segment", format!("{:02x?}", &sector[..8])));
        }
        let checksum = crc32c::crc32c(&sector[12..]);
        if sector[8..12] != checksum.to_le_bytes() {
            let expected = format!("the checksum of the header, {checksum:08x}");
            let found = u32::from_le_bytes([sector[8], sector[9], sector[10], sector[11]]);
            return Err(flaw(8, &expected, format!("{found:08x}")));
        }
        let mut rest = &sector[12..];
        let format = take_u32(&mut rest).unwrap_or_default();
        if format > FORMAT {
            return Err(BadHeader::Newer(format));
        }
        Header::decode_fields(rest).ok_or_else(|| flaw(16, "a header of format 1", "other fields".to_owned()))
    }

    fn decode_fields(mut rest: &[u8]) -> Option<Header> {
        let rest = &mut rest;
        let [number, disk_id, bytes, record] =
            [take_u64(rest)?, take_u64(rest)?, take_u64(rest)?, take_u64(rest)?];
        let hard_state: HardState = hard_state_of(take(rest)?)?;
        let (last, last_included) = (take_id(rest)?, take_id(rest)?);
        let [has_snapshot] = take(rest)?;
        let name = SnapshotName { last_included, checksum: take_u32(rest)? };
        let snapshot = (has_snapshot == 1).then_some(name);
        let before = Position { record, hard_state, snapshot, terms: Terms::after(last) };
        Some(Header { number, disk_id, bytes, before })
    }
}

/// A record under construction.
#[derive(Debug, Default)]
pub(super) struct Draft {
    bytes: Vec<u8>,
}

impl Draft {
    /// Begins a record. Its parts go into what is returned.
    pub(super) fn begin(&mut self) -> &mut Vec<u8> {
        self.bytes.clear();
        self.bytes.resize(RECORD_HEADER, 0);
        &mut self.bytes
    }

    /// How much room a record needs whose parts have this many bytes.
    pub(super) fn room(parts_bytes: usize) -> usize {
        (RECORD_HEADER + parts_bytes + 1).next_multiple_of(ALIGNMENT)
    }

    /// How many bytes the record will have.
    pub(super) fn bytes_when_ended(&self) -> u64 {
        (self.bytes.len() + 1).next_multiple_of(ALIGNMENT) as u64
    }

    /// Ends the record that will stand at this offset of a segment with this seed; its bytes.
    pub(super) fn end(&mut self, seed: u32, number: u64, offset: u64) -> &[u8] {
        let parts_checksum = crc32c::crc32c_append(seed, &self.bytes[RECORD_HEADER..]);
        self.bytes.push(u8::MAX);
        let body_bytes = self.bytes.len() - RECORD_HEADER;
        let body_bytes = u32::try_from(body_bytes).expect("a record is smaller than 4 GiB");
        let mut header = [0; RECORD_HEADER];
        header[..4].copy_from_slice(&RECORD_MARK);
        header[8..16].copy_from_slice(&number.to_le_bytes());
        header[16..20].copy_from_slice(&body_bytes.to_le_bytes());
        header[20..24].copy_from_slice(&parts_checksum.to_le_bytes());
        header[28..].copy_from_slice(&ONES.to_le_bytes());
        // The header is no sector of zeros, so its own bytes may be left out of the count.
        let zero_sectors = zero_sectors(&self.bytes[RECORD_HEADER..], offset + RECORD_HEADER as u64);
        header[24..28].copy_from_slice(&zero_sectors.to_le_bytes());
        let checksum = crc32c::crc32c_append(seed, &header[8..]);
        header[4..8].copy_from_slice(&checksum.to_le_bytes());
        self.bytes[..RECORD_HEADER].copy_from_slice(&header);
        let padded = self.bytes.len().next_multiple_of(ALIGNMENT);
        self.bytes.resize(padded, 0);
        &self.bytes
    }
}

struct RecordHeader {
    number: u64,
    body_bytes: usize,
    parts_checksum: u32,
    zero_sectors: u32,
}

impl RecordHeader {
    fn decode(bytes: &[u8], seed: u32) -> Option<RecordHeader> {
        let mut rest = bytes;
        let mark: [u8; 4] = take(&mut rest)?;
        let checksum = take_u32(&mut rest)?;
        if mark != RECORD_MARK || crc32c::crc32c_append(seed, rest.get(..24)?) != checksum {
            return None;
        }
        Some(RecordHeader {
            number: take_u64(&mut rest)?,
            body_bytes: take_u32(&mut rest)? as usize,
            parts_checksum: take_u32(&mut rest)?,
            zero_sectors: take_u32(&mut rest)?,
        })
    }
}

/// What stands at a place of a segment where a record may begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next<'a> {
    /// A whole record: its parts, and where the next one may begin.
    Record { parts: &'a [u8], next: usize },
    /// Nothing was written here or later.
    End,
    /// A record that was not written to its end; why.
    Torn(&'static str),
    /// Bytes that are not what was written.
    Damage(Flaw),
}

/// Reads what stands at `at`, where the record of this number is due.
pub(super) fn read_next(segment: &[u8], at: usize, seed: u32, number: u64) -> Next<'_> {
    let rest = &segment[at.min(segment.len())..];
    let Some(first) = rest.iter().position(|byte| *byte != 0) else {
        return Next::End;
    };
    let damage = |offset: usize, expected: String, found: String| {
        Next::Damage(Flaw { offset: offset as u64, expected, found })
    };
    if first >= RECORD_HEADER {
        return unwritten_header(segment, at, first, seed, number);
    }
    let Some(header) = RecordHeader::decode(rest, seed) else {
        let bytes = &rest[..RECORD_HEADER.min(rest.len())];
        return match bytes.last() == Some(&0) && is_zero(&rest[bytes.len()..]) {
            true => Next::Torn("its header breaks off"),
            false => damage(at, format!("the header of record {number}"), format!("{bytes:02x?}")),
        };
    };
    if header.number != number {
        return damage(at, format!("record {number}"), format!("record {}", header.number));
    }
    let end = RECORD_HEADER + header.body_bytes;
    let body = rest.get(RECORD_HEADER..end).unwrap_or_default();
    let Some((last, parts)) = body.split_last() else {
        let room = rest.len() - RECORD_HEADER;
        return damage(at, format!("a record of at most {room} bytes"), format!("{end} bytes"));
    };
    let checksum = crc32c::crc32c_append(seed, parts);
    if checksum != header.parts_checksum {
        if is_zero(&rest[end..]) {
            if *last == 0 {
                return Next::Torn("its end is missing");
            }
            if zero_sectors(body, (at + RECORD_HEADER) as u64) > header.zero_sectors {
                return Next::Torn("a sector in it is missing");
            }
        }
        let expected = format!("record {number} with checksum {:08x}", header.parts_checksum);
        return damage(at, expected, format!("bytes with checksum {checksum:08x}"));
    }
    // All that it says is there, even if the very last byte is not.
    if *last != u8::MAX && *last != 0 {
        return damage(at + end - 1, "ff at the end of a record".to_owned(), format!("{last:02x}"));
    }
    let next = end.next_multiple_of(ALIGNMENT).min(rest.len());
    if let Some(place) = rest[end..next].iter().position(|byte| *byte != 0) {
        let found = format!("{:02x}", rest[end + place]);
        return damage(at + end + place, "zeros between records".to_owned(), found);
    }
    Next::Record { parts, next: at + next }
}

/// The header is zeros, but `first` bytes from `at` something is not.
fn unwritten_header(segment: &[u8], at: usize, first: usize, seed: u32, number: u64) -> Next<'static> {
    let damage = |offset: usize, expected: &str, found: String| {
        Next::Damage(Flaw { offset: offset as u64, expected: expected.to_owned(), found })
    };
    let sector_end = (at + 1).next_multiple_of(SECTOR);
    if at + first < sector_end {
        let found = format!("{:02x} after zeros", segment[at + first]);
        return damage(at + first, "zeros to the end of the sector", found);
    }
    let later = (at + first) / ALIGNMENT * ALIGNMENT;
    for place in (later..segment.len()).step_by(ALIGNMENT) {
        if let Some(header) = RecordHeader::decode(&segment[place..], seed) {
            let found = format!("zeros, and record {} at byte {place}", header.number);
            return damage(at, &format!("record {number}"), found);
        }
    }
    Next::Torn("its first sector is missing")
}

/// How many sectors of the file, or parts of sectors at the ends, are zeros in these bytes at this offset.
fn zero_sectors(bytes: &[u8], offset: u64) -> u32 {
    let into_sector = (offset % SECTOR as u64) as usize;
    let (first, whole) = bytes.split_at(bytes.len().min((SECTOR - into_sector) % SECTOR));
    let sectors = whole.chunks(SECTOR).chain([first].into_iter().filter(|first| !first.is_empty()));
    sectors.filter(|sector| is_zero(sector)).count() as u32
}

pub(super) fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}
