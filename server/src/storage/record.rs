//! What a record of the log says: the parts of writes, in order. Numbers are little-endian.
//!
//! | first byte | part | then |
//! |---|---|---|
//! | 1 | hard state | term 8, has voted 1, vote 4, is forgetful 1, incarnation 8 |
//! | 2 | snapshot | term 8, index 8, seal of its file 4 |
//! | 3 | cut | term 8, index 8 of the last entry that stays |
//! | 4 | empty entry | term 8, index 8 |
//! | 5 | command | term 8, index 8, length 4, bytes |
//! | 6 | configuration | term 8, index 8, four lists: length 4, node 4 each; the last with incarnation 8 |

use std::sync::Arc;

use mini_raft_core::raft::{
    Configuration, Entry, EntryId, HardState, Incarnation, Index, NodeId, Payload, Term, Write,
};

use super::position::{Position, SnapshotName};

const HARD_STATE: u8 = 1;
const SNAPSHOT: u8 = 2;
const CUT: u8 = 3;
const NOOP: u8 = 4;
const COMMAND: u8 = 5;
const CONFIGURATION: u8 = 6;

/// One part of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    HardState(HardState),
    Snapshot(SnapshotName),
    CutAfter(EntryId),
    Entry(Entry),
}

/// How many bytes [`put_write`] adds at most.
pub(super) fn bytes_max(write: &Write) -> usize {
    let of_entry = |entry: &Entry| match &entry.payload {
        Payload::Noop => 17,
        Payload::Command(command) => 21 + command.len(),
        Payload::Configuration(configuration) => {
            let ids = configuration.voters().len()
                + configuration.outgoing().len()
                + configuration.learners().len();
            33 + 4 * ids + 12 * configuration.admitted().len()
        }
    };
    64 + write.entries.iter().map(of_entry).sum::<usize>()
}

/// Adds the parts of a write, and moves the position past them. `checksum` is the seal of its snapshot's file.
///
/// # Panics
/// If the write does not follow from what was written before.
pub(super) fn put_write(out: &mut Vec<u8>, position: &mut Position, write: &Write, checksum: u32) {
    if let Some(hard_state) = write.hard_state {
        position.hard_state = hard_state;
        put_hard_state(out, hard_state);
    }
    if let Some(snapshot) = &write.snapshot {
        let name = SnapshotName { last_included: snapshot.last_included, checksum };
        position.take_snapshot(name);
        out.push(SNAPSHOT);
        put_id(out, name.last_included);
        out.extend_from_slice(&name.checksum.to_le_bytes());
    }
    if let Some(from) = write.truncate_from {
        let last = position.last_before(from).expect("the log is not cut before its beginning");
        position.terms.cut_after(last);
        out.push(CUT);
        put_id(out, last);
    }
    for entry in write.entries.iter() {
        let next = position.terms.push(entry.id());
        assert_eq!(next, Ok(()), "entry {} does not follow the log", entry.id());
        put_entry(out, entry);
    }
}

fn put_hard_state(out: &mut Vec<u8>, hard_state: HardState) {
    out.push(HARD_STATE);
    out.extend_from_slice(&hard_state_bytes(hard_state));
}

/// A hard state as 22 bytes.
pub(super) fn hard_state_bytes(hard_state: HardState) -> [u8; 22] {
    let HardState { current_term, voted_for, forgetful } = hard_state;
    let mut bytes = [0; 22];
    bytes[..8].copy_from_slice(&current_term.0.to_le_bytes());
    if let Some(vote) = voted_for {
        bytes[8] = 1;
        bytes[9..13].copy_from_slice(&vote.0.to_le_bytes());
    }
    if let Some(incarnation) = forgetful {
        bytes[13] = 1;
        bytes[14..].copy_from_slice(&incarnation.0.to_le_bytes());
    }
    bytes
}

fn put_id(out: &mut Vec<u8>, id: EntryId) {
    out.extend_from_slice(&id.term.0.to_le_bytes());
    out.extend_from_slice(&id.index.0.to_le_bytes());
}

fn put_entry(out: &mut Vec<u8>, entry: &Entry) {
    let tag = match &entry.payload {
        Payload::Noop => NOOP,
        Payload::Command(_) => COMMAND,
        Payload::Configuration(_) => CONFIGURATION,
    };
    out.push(tag);
    put_id(out, entry.id());
    match &entry.payload {
        Payload::Noop => {}
        Payload::Command(command) => {
            put_length(out, command.len());
            out.extend_from_slice(command);
        }
        Payload::Configuration(configuration) => {
            for ids in [configuration.voters(), configuration.outgoing(), configuration.learners()] {
                put_length(out, ids.len());
                ids.iter().for_each(|id| out.extend_from_slice(&id.0.to_le_bytes()));
            }
            put_length(out, configuration.admitted().len());
            for (id, incarnation) in configuration.admitted() {
                out.extend_from_slice(&id.0.to_le_bytes());
                out.extend_from_slice(&incarnation.0.to_le_bytes());
            }
        }
    }
}

fn put_length(out: &mut Vec<u8>, length: usize) {
    let length = u32::try_from(length).expect("a command and a cluster are smaller than 4 GiB");
    out.extend_from_slice(&length.to_le_bytes());
}

/// The next part of a record, taken off `rest`; `None` if these bytes are no part.
pub(super) fn take_part(rest: &mut &[u8]) -> Option<Part> {
    let [tag] = take(rest)?;
    Some(match tag {
        HARD_STATE => Part::HardState(hard_state_of(take(rest)?)?),
        SNAPSHOT => {
            let last_included = take_id(rest)?;
            Part::Snapshot(SnapshotName { last_included, checksum: take_u32(rest)? })
        }
        CUT => Part::CutAfter(take_id(rest)?),
        NOOP | COMMAND | CONFIGURATION => {
            let EntryId { term, index } = take_id(rest)?;
            let payload = match tag {
                NOOP => Payload::Noop,
                COMMAND => {
                    let length = take_u32(rest)? as usize;
                    let (command, later) = rest.split_at_checked(length)?;
                    *rest = later;
                    Payload::Command(command.into())
                }
                _ => Payload::Configuration(Arc::new(take_configuration(rest)?)),
            };
            Part::Entry(Entry { term, index, payload })
        }
        _ => return None,
    })
}

/// What [`hard_state_bytes`] made.
pub(super) fn hard_state_of(bytes: [u8; 22]) -> Option<HardState> {
    let mut rest = &bytes[..];
    let current_term = Term(take_u64(&mut rest)?);
    let has_voted = take_bool(&mut rest)?;
    let vote = NodeId(take_u32(&mut rest)?);
    let is_forgetful = take_bool(&mut rest)?;
    let incarnation = Incarnation(take_u64(&mut rest)?);
    Some(HardState {
        current_term,
        voted_for: has_voted.then_some(vote),
        forgetful: is_forgetful.then_some(incarnation),
    })
}

fn take_configuration(rest: &mut &[u8]) -> Option<Configuration> {
    let mut lists = [const { Vec::new() }; 3];
    for list in &mut lists {
        for _ in 0..take_u32(rest)? {
            list.push(NodeId(take_u32(rest)?));
        }
    }
    let mut admitted = Vec::new();
    for _ in 0..take_u32(rest)? {
        admitted.push((NodeId(take_u32(rest)?), Incarnation(take_u64(rest)?)));
    }
    let [voters, outgoing, learners] = lists;
    Some(Configuration::from_parts(voters, outgoing, learners).with_admitted(admitted))
}

/// The next bytes of `rest`, taken off it.
pub(super) fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, later) = rest.split_first_chunk()?;
    *rest = later;
    Some(*taken)
}

/// The next eight bytes of `rest` as a number.
pub(super) fn take_u64(rest: &mut &[u8]) -> Option<u64> {
    take(rest).map(u64::from_le_bytes)
}

/// The next four bytes of `rest` as a number.
pub(super) fn take_u32(rest: &mut &[u8]) -> Option<u32> {
    take(rest).map(u32::from_le_bytes)
}

/// The next sixteen bytes of `rest` as the name of an entry.
pub(super) fn take_id(rest: &mut &[u8]) -> Option<EntryId> {
    let term = Term(take_u64(rest)?);
    Some(EntryId { term, index: Index(take_u64(rest)?) })
}

fn take_bool(rest: &mut &[u8]) -> Option<bool> {
    match take(rest)? {
        [0] => Some(false),
        [1] => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use mini_raft_core::raft::{Snapshot, WriteId};

    use super::*;

    fn everything() -> Write {
        let configuration = Configuration::from_parts(
            vec![NodeId(0), NodeId(1)],
            vec![NodeId(0), NodeId(2)],
            vec![NodeId(3), NodeId(u32::MAX)],
        )
        .with_admitted([(NodeId(3), Incarnation(u64::MAX))]);
        let entry = |index, payload| Entry { term: Term(5), index: Index(index), payload };
        Write {
            id: WriteId(1),
            hard_state: Some(HardState {
                current_term: Term(5),
                voted_for: Some(NodeId(7)),
                forgetful: Some(Incarnation(9)),
            }),
            snapshot: Some(Arc::new(Snapshot {
                last_included: EntryId::new(4, 10),
                configuration: Arc::new(configuration.clone()),
                data: [][..].into(),
            })),
            truncate_from: Some(Index(3)),
            entries: [
                entry(11, Payload::Noop),
                entry(12, Payload::Command(b"put"[..].into())),
                entry(13, Payload::Command([][..].into())),
                entry(14, Payload::Configuration(Arc::new(configuration))),
            ]
            .into(),
        }
    }

    /// Every part of a write is read back as it was put, and no part of it is read from fewer bytes.
    #[test]
    fn parts_are_read_back_as_they_were_put() {
        let write = everything();
        let mut bytes = Vec::new();
        put_write(&mut bytes, &mut Position::default(), &write, 77);
        assert!(bytes.len() <= bytes_max(&write), "{} bytes", bytes.len());
        let mut expected = vec![
            Part::HardState(write.hard_state.expect("there is one")),
            Part::Snapshot(SnapshotName { last_included: EntryId::new(4, 10), checksum: 77 }),
            Part::CutAfter(EntryId::new(4, 10)),
        ];
        expected.extend(write.entries.iter().cloned().map(Part::Entry));
        for length in 0..=bytes.len() {
            let mut rest = &bytes[..length];
            let mut parts = Vec::new();
            while let Some(part) = take_part(&mut rest) {
                parts.push(part);
            }
            assert_eq!(parts, expected[..parts.len()]);
            assert_eq!(parts.len() == expected.len(), length == bytes.len(), "{length} bytes");
        }
    }
}
