//! The faults that a real process can be given.

use std::fs;
use std::sync::Arc;

use mini_raft_server::storage::{Failure, Fault, Faults, Operation, Options, Storage, WriteError};

use super::work::{command, identity};

fn fault(operation: Operation, file: &str, error: Failure) -> Fault {
    Fault { operation, file: file.to_owned(), skip: 0, times: None, delay_ms: 0, error: Some(error) }
}

fn with(faults: &Arc<Faults>) -> Options {
    Options { faults: Some(faults.clone()), ..Options::default() }
}

/// Fault 7: a sync that fails is told, and the real files still hold all that was acknowledged.
#[test]
fn a_failed_sync_of_a_real_file_is_told() {
    let dir = tempfile::tempdir().expect("a directory");
    let faults = Arc::new(Faults::default());
    let (mut storage, _) = Storage::open(dir.path(), &identity(), with(&faults)).expect("a new directory");
    storage.write(&[command(1, 1, b"a")]).expect("the disk is whole");
    faults.set(vec![fault(Operation::Sync, "log/", Failure::Io)]);
    let error = storage.write(&[command(1, 2, b"b")]).expect_err("the sync fails");
    assert!(matches!(error, WriteError::Failed { operation: "syncing", .. }), "{error}");
    faults.set(Vec::new());
    storage.write(&[command(1, 2, b"b")]).expect_err("it is never tried again");
    drop(storage);
    let (_, recovered) = Storage::open(dir.path(), &identity(), with(&faults)).expect("it comes back");
    let entries = recovered.persistent.entries;
    assert_eq!(entries[0], command(1, 1, b"a").entries[0], "what was acknowledged is there");
}

/// Faults 6 and 8 in real files: no room, half a write, a signal in between.
#[test]
fn a_full_disk_is_told_apart_and_short_writes_are_completed() {
    let dir = tempfile::tempdir().expect("a directory");
    let faults = Arc::new(Faults::new(vec![
        Fault { times: Some(1), ..fault(Operation::Write, "log/", Failure::Short) },
        Fault { times: Some(1), ..fault(Operation::Write, "log/", Failure::Interrupted) },
    ]));
    let (mut storage, _) = Storage::open(dir.path(), &identity(), with(&faults)).expect("a new directory");
    storage.write(&[command(1, 1, b"a")]).expect("the writes are completed");
    faults.set(vec![fault(Operation::Create, "state.json", Failure::Full)]);
    assert!(matches!(storage.born(&[]), Err(WriteError::Full { .. })));
    faults.set(Vec::new());
    storage.born(&[]).expect("there is room again");
    storage.write(&[command(1, 2, b"b")]).expect("it goes on");
    drop(storage);
    let (_, recovered) = Storage::open(dir.path(), &identity(), with(&faults)).expect("it comes back");
    assert_eq!((recovered.persistent.entries.len(), recovered.born), (2, true));
}

/// The file of faults is read while the process runs, and may come and go.
#[test]
fn faults_come_and_go_with_their_file() {
    let dir = tempfile::tempdir().expect("a directory");
    let (data, file) = (dir.path().join("data"), dir.path().join("faults.json"));
    let faults = Arc::new(Faults::from_file(&file).expect("no file is no fault"));
    let (mut storage, _) = Storage::open(&data, &identity(), with(&faults)).expect("a new directory");
    let json = r#"[{ "operation": "create", "file": "state", "skip": 1, "times": 1, "error": "full" }]"#;
    fs::write(&file, json).expect("it can be written");
    let results: Vec<bool> = (0..3).map(|_| storage.born(&[]).is_ok()).collect();
    assert_eq!(results, [true, false, true]);
    fs::write(&file, json).expect("it can be written");
    storage.born(&[]).expect("the same text again is no new fault");
    fs::remove_file(&file).expect("it can be removed");
    storage.born(&[]).expect("no file is no fault");
    fs::write(&file, "nonsense").expect("it can be written");
    let error = storage.born(&[]).expect_err("a bad file is no disk without faults").to_string();
    assert!(error.contains("faults.json"), "{error}");
}
