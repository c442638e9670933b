//! Bytes that changed, and files that were cut, taken away or put back.

use mini_raft_core::raft::{Entry, Index, Persistent};
use mini_raft_server::storage::{ProblemKind, Refusal};

use super::disk::Disk;
use super::work::{Model, Step, apply, life, open};

/// A disk after a life, closed as it should be or killed; and what it must hold.
fn lived(seed: u64, steps: usize, closed: bool) -> (Disk, Model, Vec<Entry>) {
    let disk = Disk::new();
    let (mut storage, _) = open(&disk).expect("the disk is new");
    let mut model = Model::default();
    let mut history = Vec::new();
    for step in life(seed, steps) {
        apply(&mut storage, &step).expect("the disk is whole");
        model.take(&step);
        if let Step::Write(writes) = &step {
            history.extend(writes.iter().flat_map(|write| write.entries.iter().cloned()));
        }
    }
    if closed {
        storage.close().expect("the disk is whole");
    }
    (disk, model, history)
}

/// The same state, though perhaps from an older snapshot and more of the log.
fn is_same(found: &Persistent, expected: &Persistent, history: &[Entry]) -> bool {
    let covered = |of: &Persistent| of.snapshot.as_ref().map_or(Index::ZERO, |it| it.last_included.index);
    let (older, newer) = (covered(found), covered(expected));
    if older == newer {
        return found == expected;
    }
    let (more, same) =
        found.entries.split_at((newer.0.saturating_sub(older.0) as usize).min(found.entries.len()));
    let wanted = expected.snapshot.as_ref().expect("it is the newer one").last_included;
    let leads = more.last().is_some_and(|entry| entry.id() == wanted);
    let known = more.iter().all(|entry| history.contains(entry));
    found.hard_state == expected.hard_state && same == expected.entries && older < newer && leads && known
}

/// What came of opening a damaged disk.
fn judge(disk: &Disk, model: &Model, history: &[Entry], circumstance: &str) -> Option<Refusal> {
    match open(disk) {
        Err(refusal) => {
            let text = refusal.to_string();
            for part in ["/disk/", "expected ", "found ", ". "] {
                assert!(text.contains(part), "{circumstance}: {text} lacks {part:?}");
            }
            Some(refusal)
        }
        Ok((storage, recovered)) => {
            let found = Model::of(&storage, &recovered);
            let same = is_same(&found.persistent, &model.persistent, history);
            assert!(
                same,
                "{circumstance}: silently {found:?}\ninstead of {model:?}\nnotes {:?}",
                recovered.notes
            );
            assert_eq!((found.born, &found.peers), (model.born, &model.peers), "{circumstance}");
            None
        }
    }
}

/// Without which a node must not start: `state.json` and the segments that it needs.
fn is_needed(disk: &Disk, path: &str) -> bool {
    let state: serde_json::Value = serde_json::from_slice(&disk.bytes("state.json")).expect("JSON");
    let first = state["first_segment"].as_u64().expect("a number");
    path == "state.json" || path.ends_with(".log") && path >= &*format!("log/{first:016}.log")
}

const LIVES: [(u64, usize, bool); 4] = [(21, 12, true), (22, 12, false), (23, 40, true), (24, 40, false)];

/// Faults 9 to 12: whichever byte of whichever file changes, the node does not start, or starts with all that was
/// acknowledged; a shorter or different log is never taken for the log.
#[test]
fn every_changed_byte_is_refused_or_harmless() {
    for (seed, steps, closed) in LIVES {
        let (disk, model, history) = lived(seed, steps, closed);
        let mut refused = 0;
        for path in disk.paths() {
            for place in 0..disk.bytes(&path).len() {
                for mask in [1 << (place % 8), 0xff] {
                    let damaged = disk.copy();
                    damaged.change(&path, |bytes| bytes[place] ^= mask);
                    let circumstance = format!("life {seed}, {path}, byte {place} ^ {mask:02x}");
                    refused += u64::from(judge(&damaged, &model, &history, &circumstance).is_some());
                }
            }
        }
        assert!(refused > 1_000, "life {seed}: only {refused} changes were refused");
    }
}

/// Fault 13: a file that was cut anywhere, at a record's boundary too, is refused.
#[test]
fn every_cut_file_is_refused_or_harmless() {
    for (seed, steps, closed) in LIVES {
        let (disk, model, history) = lived(seed, steps, closed);
        for path in disk.paths() {
            for length in 0..disk.bytes(&path).len() {
                let damaged = disk.copy();
                damaged.change(&path, |bytes| bytes.truncate(length));
                let circumstance = format!("life {seed}, {path}, cut to {length} bytes");
                let refusal = judge(&damaged, &model, &history, &circumstance);
                assert!(refusal.is_some() || !is_needed(&disk, &path), "{circumstance}");
            }
        }
    }
}

/// Fault 13: the end of the log, after any of the records that `state.json` knows, became zeros.
#[test]
fn a_log_that_lost_its_last_records_is_refused() {
    let (disk, model, history) = lived(25, 30, true);
    let last = disk.paths().into_iter().rfind(|path| path.ends_with(".log")).expect("there is a log");
    let end = disk.bytes(&last).iter().rposition(|byte| *byte != 0).expect("it is not empty") + 1;
    for from in (512..end).step_by(32) {
        let damaged = disk.copy();
        damaged.change(&last, |bytes| bytes[from..].fill(0));
        let refusal = judge(&damaged, &model, &history, &format!("zeros from byte {from}"));
        let refusal = refusal.unwrap_or_else(|| panic!("zeros from byte {from} are not seen"));
        assert!(refusal.to_string().contains("state.json"), "{refusal}");
    }
}

/// Faults 14, 15 and 17: a file that is not there, of those that must be, is named.
#[test]
fn every_missing_file_is_refused_or_harmless() {
    for (seed, steps, closed) in LIVES {
        let (disk, model, history) = lived(seed, steps, closed);
        let mut paths = disk.paths();
        paths.push("log".to_owned());
        for path in paths {
            let damaged = disk.copy();
            damaged.take_away(&path);
            let refusal = judge(&damaged, &model, &history, &format!("life {seed}, without {path}"));
            if path == "log" || is_needed(&disk, &path) {
                let refusal = refusal.unwrap_or_else(|| panic!("life {seed}: {path} is not missed"));
                let kind = refusal.problems[0].kind;
                let expected = [ProblemKind::Missing, ProblemKind::Damaged];
                assert!(expected.contains(&kind), "life {seed}, without {path}: {refusal}");
            }
        }
    }
}
