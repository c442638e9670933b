//! Single faults, and what exactly is said and done about each.

use std::sync::Arc;

use mini_raft_core::raft::{Configuration, EntryId, HardState, NodeId, Snapshot, Term, Write};
use mini_raft_server::storage::{ProblemKind, Refusal, Storage};

use super::disk::Disk;
use super::work::{command, no_write, open};

const LOG: &str = "log/0000000000000001.log";

/// A disk with term 7, a vote for node-2 and the entries 1 to 6, killed or closed.
fn with_six_entries(closed: bool) -> Disk {
    let disk = Disk::new();
    let (mut storage, _) = open(&disk).expect("the disk is new");
    let hard_state = HardState { current_term: Term(7), voted_for: Some(NodeId(2)), forgetful: None };
    storage.write(&[Write { hard_state: Some(hard_state), ..no_write() }]).expect("it is written");
    storage.tidy().expect("it is written");
    for index in 1..=6 {
        storage.write(&[command(7, index, format!("value {index}").as_bytes())]).expect("it is written");
    }
    if closed {
        storage.close().expect("it is written");
    }
    disk
}

fn snapshot(term: u64, index: u64) -> Write {
    let snapshot = Snapshot {
        last_included: EntryId::new(term, index),
        configuration: Arc::new(Configuration::of_size(3)),
        data: format!("state at {index}").as_bytes().into(),
    };
    Write { snapshot: Some(Arc::new(snapshot)), ..no_write() }
}

fn refused(disk: &Disk) -> Refusal {
    open(disk).expect_err("it must be refused")
}

/// The offset of these bytes in the log.
fn place_of(disk: &Disk, text: &str) -> usize {
    let bytes = disk.bytes(LOG);
    bytes.windows(text.len()).position(|window| window == text.as_bytes()).expect("it is in the log")
}

fn indexes(disk: &Disk) -> (Option<u64>, Vec<u64>, Vec<String>) {
    let (_, recovered) = open(disk).expect("it opens");
    let snapshot = recovered.persistent.snapshot.map(|snapshot| snapshot.last_included.index.0);
    let entries = recovered.persistent.entries.iter().map(|entry| entry.index.0);
    (snapshot, entries.collect(), recovered.notes)
}

/// Fault 9: a record that breaks off after the last one that `state.json` knows is cut, and that is reported. It does
/// not come back.
#[test]
fn a_torn_last_record_is_cut_and_reported() {
    let disk = with_six_entries(false);
    let from = place_of(&disk, "value 6") + 4;
    disk.change(LOG, |bytes| bytes[from..].fill(0));
    let (_, entries, notes) = indexes(&disk);
    assert_eq!(entries, [1, 2, 3, 4, 5]);
    assert!(notes.len() == 1 && notes[0].contains(LOG) && notes[0].contains("record 7"), "{notes:?}");
    let (_, entries, notes) = indexes(&disk);
    assert_eq!((entries, notes), (vec![1, 2, 3, 4, 5], Vec::new()));
}

/// Fault 9, the other way: a record that `state.json` knows was acknowledged, and is not cut.
#[test]
fn a_torn_record_that_was_acknowledged_is_refused() {
    let disk = with_six_entries(true);
    let from = place_of(&disk, "value 6") + 4;
    disk.change(LOG, |bytes| bytes[from..].fill(0));
    let text = refused(&disk).to_string();
    assert!(text.contains("expected record 7, since state.json knows 7 of them"), "{text}");
}

/// Fault 10: a bit flip inside the log names file, offset, what was expected and found, and what to do.
#[test]
fn a_bit_flip_inside_the_log_is_refused_with_its_place() {
    let disk = with_six_entries(false);
    let place = place_of(&disk, "value 3");
    disk.change(LOG, |bytes| bytes[place] ^= 4);
    let refusal = refused(&disk);
    let problem = &refusal.problems[0];
    assert_eq!(problem.kind, ProblemKind::Damaged);
    assert!(problem.offset.is_some_and(|offset| offset < place as u64 && offset + 64 > place as u64));
    let text = refusal.to_string();
    assert!(text.starts_with("/disk/log/0000000000000001.log, byte "), "{text}");
    assert!(text.contains("expected record 4 with checksum ") && text.contains("found bytes with"), "{text}");
    assert!(text.contains("start the node with an empty one"), "{text}");
}

/// Fault 10: the last record too, though nothing follows it and `state.json` does not know it.
#[test]
fn a_bit_flip_in_the_last_record_is_no_torn_record() {
    let disk = with_six_entries(false);
    let place = place_of(&disk, "value 6");
    disk.change(LOG, |bytes| bytes[place] ^= 4);
    assert_eq!(refused(&disk).problems[0].kind, ProblemKind::Damaged);
}

/// Fault 11: another term or vote in `state.json` is refused, even with a seal that somebody put right.
#[test]
fn another_term_or_vote_is_refused() {
    let whole = with_six_entries(true);
    for (from, to) in
        [("\"current_term\": 7", "\"current_term\": 3"), ("\"voted_for\": \"node-2\"", "\"voted_for\": null")]
    {
        let disk = whole.copy();
        let text = String::from_utf8(disk.bytes("state.json")).expect("UTF-8");
        assert!(text.contains(from), "{text}");
        let changed = text.replace(from, to);
        disk.change("state.json", |bytes| *bytes = changed.clone().into_bytes());
        let refusal = refused(&disk).to_string();
        assert!(refusal.starts_with("/disk/state.json, byte ") && refusal.contains("seal"), "{refusal}");
        disk.change("state.json", |bytes| *bytes = sealed(&changed));
        let refusal = refused(&disk).to_string();
        assert!(refusal.contains("what state.json says of record 7"), "{refusal}");
    }
}

/// The text with the seal that belongs to it.
fn sealed(text: &str) -> Vec<u8> {
    let end = text.rfind(",\n  \"checksum\"").expect("it has a seal");
    let body = &text[..end];
    format!("{body},\n  \"checksum\": \"crc32c:{:08x}\"\n}}\n", crc32c::crc32c(body.as_bytes())).into_bytes()
}

/// Fault 12: a damaged snapshot is replaced by the one before it and the log; the damaged file is kept aside.
#[test]
fn the_older_snapshot_and_the_log_stand_in_for_a_damaged_one() {
    let disk = with_six_entries(false);
    let (mut storage, _) = open(&disk).expect("it opens");
    storage.write(&[snapshot(7, 2), snapshot(7, 3)]).expect("it is written");
    storage.write(&[snapshot(7, 5)]).expect("it is written");
    storage.tidy().expect("it is written");
    disk.change("snapshot.json", |bytes| bytes[100] ^= 1);
    let (snapshot_index, entries, notes) = indexes(&disk);
    assert_eq!((snapshot_index, entries), (Some(3), vec![4, 5, 6]));
    assert!(notes.iter().any(|note| note.contains("snapshot.json, byte ")), "{notes:?}");
    assert!(disk.paths().contains(&"snapshot.damaged.json".to_owned()));
    // It goes on from there, and the next snapshot replaces both.
    let (mut storage, _) = open(&disk).expect("it opens");
    storage.write(&[snapshot(7, 6), command(7, 7, b"value 7")]).expect("it is written");
    let (snapshot_index, entries, _) = indexes(&disk);
    assert_eq!((snapshot_index, entries), (Some(6), vec![7]));
    disk.change("snapshot.json", |bytes| bytes[100] ^= 1);
    assert_eq!(indexes(&disk).0, Some(3), "the one that stood in is still there");
}

/// Fault 12: a snapshot that a leader sent, with no log that leads to it, cannot be done without.
#[test]
fn a_damaged_snapshot_without_its_log_is_refused() {
    let disk = with_six_entries(false);
    let (mut storage, _) = open(&disk).expect("it opens");
    storage.write(&[snapshot(7, 3)]).expect("it is written");
    storage.write(&[snapshot(9, 50), command(9, 51, b"later")]).expect("it is written");
    disk.change("snapshot.json", |bytes| bytes[100] ^= 1);
    let refusal = refused(&disk);
    assert!(refusal.problems[0].file.ends_with("snapshot.json"), "{refusal}");
}

/// Fault 16: a snapshot that became durable before the record that names it does not count, and is not in the way.
#[test]
fn a_snapshot_that_the_log_does_not_name_does_not_count() {
    let disk = with_six_entries(false);
    let (mut storage, _) = open(&disk).expect("it opens");
    storage.write(&[snapshot(7, 3)]).expect("it is written");
    let before = disk.copy();
    storage.write(&[snapshot(9, 50)]).expect("it is written");
    let log = before.bytes(LOG);
    disk.change(LOG, |bytes| *bytes = log);
    assert_eq!(
        indexes(&disk),
        (Some(3), vec![4, 5, 6], vec!["took back a snapshot that the log does not name".to_owned()])
    );
    assert_eq!(indexes(&disk), (Some(3), vec![4, 5, 6], Vec::new()));
}

/// Fault 17: the log overlaps the snapshot: what it covers is skipped, once the term at its end is right.
#[test]
fn what_a_snapshot_covers_is_skipped() {
    let disk = with_six_entries(false);
    let (mut storage, _) = open(&disk).expect("it opens");
    storage.write(&[snapshot(7, 4)]).expect("it is written");
    assert_eq!(indexes(&disk), (Some(4), vec![5, 6], Vec::new()));
}

/// Fault 17: a gap. The first segment that is needed, and one in the middle, are missed by name.
#[test]
fn a_missing_segment_is_refused_by_name() {
    let disk = with_six_entries(false);
    let (mut storage, _) = open(&disk).expect("it opens");
    for index in 7..=20 {
        storage.write(&[command(7, index, &[1; 1000])]).expect("it is written");
    }
    for number in 1..=2 {
        let damaged = disk.copy();
        let name = format!("log/{number:016}.log");
        damaged.take_away(&name);
        let refusal = refused(&damaged);
        assert_eq!(refusal.problems[0].kind, ProblemKind::Missing);
        assert!(refusal.to_string().contains(&name), "{refusal}");
    }
}

/// Fault 24: a newer format is refused as that, in each kind of file.
#[test]
fn a_newer_format_is_refused() {
    let disk = with_six_entries(false);
    let (mut storage, _) = open(&disk).expect("it opens");
    storage.write(&[snapshot(7, 4)]).expect("it is written");
    for name in ["state.json", "snapshot.json"] {
        let newer = disk.copy();
        let text = String::from_utf8(newer.bytes(name)).expect("UTF-8");
        newer.change(name, |bytes| *bytes = sealed(&text.replace("\"format\": 1", "\"format\": 3")));
        assert_newer(&newer, name);
    }
    disk.change(LOG, |bytes| {
        bytes[12] = 3;
        let checksum = crc32c::crc32c(&bytes[12..512]);
        bytes[8..12].copy_from_slice(&checksum.to_le_bytes());
    });
    assert_newer(&disk, LOG);
}

fn assert_newer(disk: &Disk, name: &str) {
    let refusal = refused(disk);
    assert!(refusal.problems.iter().any(|problem| problem.kind == ProblemKind::Newer), "{refusal}");
    let text = refusal.to_string();
    assert!(text.contains(name) && text.contains("up to format 1, found format 3"), "{text}");
}

/// A segment of another disk, though everything in it is right, is not taken for a part of the log.
#[test]
fn a_segment_of_another_disk_is_refused() {
    let (disk, other) = (with_six_entries(true), with_six_entries(true));
    let bytes = other.bytes(LOG);
    disk.change(LOG, |log| *log = bytes);
    assert!(refused(&disk).to_string().contains("a segment of disk"));
}

/// Fault 20: a disk on which nothing was written is fresh, until something is; that the node was born is remembered.
#[test]
fn an_empty_disk_is_fresh_and_a_birth_is_remembered() {
    let disk = Disk::new();
    let life = |work: fn(&mut Storage)| {
        let (mut storage, recovered) = open(&disk).expect("it opens");
        work(&mut storage);
        (recovered.fresh, recovered.born)
    };
    assert_eq!(life(|_| {}), (true, false));
    assert_eq!(life(|storage| storage.born(&[]).expect("it is written")), (true, false));
    assert_eq!(life(|storage| storage.write(&[command(1, 1, b"")]).expect("it is written")), (true, true));
    assert_eq!(life(|_| {}), (false, true));
}

/// What snapshots have replaced is removed though the node never has a quiet moment; two snapshots' worth stays.
#[test]
fn a_busy_node_keeps_no_log_for_ever() {
    let disk = Disk::new();
    let (mut storage, _) = open(&disk).expect("the disk is new");
    let mut segments_max = 0;
    for index in 1..=2_000 {
        storage.write(&[command(1, index, &[1; 300])]).expect("it is written");
        if index % 50 == 0 {
            storage.write(&[snapshot(1, index)]).expect("it is written");
        }
        segments_max = segments_max.max(disk.paths().iter().filter(|path| path.ends_with(".log")).count());
    }
    assert!((5..40).contains(&segments_max), "{segments_max} segments");
    assert_eq!(indexes(&disk).0, Some(2_000));
}
