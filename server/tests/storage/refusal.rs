//! Directories that a node must not start on, and what it says about them.

use std::fs;
use std::path::Path;

use mini_raft_core::raft::{NodeId, Persistent};
use mini_raft_server::storage::{Identity, Options, ProblemKind, Refusal, Storage};

use super::work::{command, identity, options};

fn refusal(dir: &Path, identity: &Identity) -> Refusal {
    Storage::open(dir, identity, options()).expect_err("the directory must be refused")
}

fn with_a_log(dir: &Path) -> Persistent {
    let (mut storage, recovered) =
        Storage::open(dir, &identity(), Options::default()).expect("a new directory");
    assert!(recovered.fresh && !recovered.born, "{recovered:?}");
    let mut persistent = recovered.persistent;
    for index in 1..=3 {
        let write = command(1, index, b"value");
        storage.write(std::slice::from_ref(&write)).expect("it can be written");
        persistent.take(write);
    }
    storage.close().expect("it can be closed");
    persistent
}

/// A directory that is made with all those above it holds what was written, with the same identity.
#[test]
fn a_real_directory_is_made_and_read_back() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path().join("new/node-3");
    let persistent = with_a_log(&dir);
    let (mut storage, recovered) = Storage::open(&dir, &identity(), Options::default()).expect("it opens");
    assert_eq!((recovered.persistent, recovered.fresh), (persistent, false));
    assert_eq!(recovered.notes, Vec::<String>::new());
    storage.born(&[]).expect("it can be written");
    drop(storage);
    let (storage, again) = Storage::open(&dir, &identity(), Options::default()).expect("it opens");
    assert!(again.born && again.disk_id == recovered.disk_id && storage.disk_id() == recovered.disk_id);
}

/// Fault 18: another node's directory, and another cluster's, are refused by name.
#[test]
fn anothers_directory_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    with_a_log(dir.path());
    for other in
        [Identity { node: NodeId(4), ..identity() }, Identity { cluster: "other".to_owned(), ..identity() }]
    {
        let refusal = refusal(dir.path(), &other);
        assert_eq!(refusal.problems[0].kind, ProblemKind::Foreign);
        let text = refusal.to_string();
        let expected = format!("expected the directory of {} of cluster \"{}\"", other.node, other.cluster);
        assert!(text.contains(&expected), "{text}");
        assert!(text.contains("found the directory of node-3 of cluster \"test\""), "{text}");
    }
}

/// Fault 19: the second of two that use one directory is refused, and told who uses it.
#[test]
fn a_directory_in_use_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let (storage, _) = Storage::open(dir.path(), &identity(), options()).expect("it opens");
    let text = refusal(dir.path(), &identity()).to_string();
    assert!(text.contains(&format!("process {}", std::process::id())), "{text}");
    assert!(text.contains(&dir.path().display().to_string()), "{text}");
    drop(storage);
    Storage::open(dir.path(), &identity(), options()).expect("nobody uses it any more");
}

/// A directory with somebody else's files is not taken over.
#[test]
fn a_directory_with_other_files_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("thesis.tex"), "text").expect("it can be written");
    let refusal = refusal(dir.path(), &identity());
    assert_eq!(refusal.problems[0].kind, ProblemKind::NotOurs);
    assert!(refusal.to_string().contains("thesis.tex"), "{refusal}");
    assert_eq!(fs::read_dir(dir.path()).expect("it can be listed").count(), 1, "nothing was added");
}

/// Fault 22: where a directory cannot be, the path and the reason are named.
#[test]
fn an_inaccessible_directory_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("file");
    fs::write(&file, "text").expect("it can be written");
    let below = file.join("data");
    let refusal = refusal(&below, &identity());
    assert_eq!(refusal.problems[0].kind, ProblemKind::Inaccessible);
    let text = refusal.to_string();
    assert!(text.contains(&below.display().to_string()) && text.contains("Not a directory"), "{text}");
}
