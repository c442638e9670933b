//! `mini-raft inspect`, on real directories.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use mini_raft_server::storage::{Options, Storage};
use serde_json::Value;

use super::work::{Step, apply, command, identity, life};

fn inspect(dir: &Path, args: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_mini-raft"));
    program.arg("inspect").arg(dir).args(args).output().expect("the program can be run")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

fn json(dir: &Path, args: &[&str]) -> Value {
    let output = inspect(dir, &[args, &["--format", "json"]].concat());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)))
}

/// The names of all files with their bytes.
fn content(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).expect("a directory").chain(fs::read_dir(dir.join("log")).expect("a log"))
    {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            files.push((path.display().to_string(), fs::read(&path).expect("a file")));
        }
    }
    files.sort();
    files
}

/// What is shown is what was written, while the directory is in use, and looking changes nothing.
#[test]
fn inspect_shows_a_directory_in_use_and_changes_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    let (mut storage, _) = Storage::open(dir, &identity(), Options::default()).expect("a new directory");
    let mut model = super::work::Model::default();
    for step in life(32, 60) {
        apply(&mut storage, &step).expect("it is written");
        model.take(&step);
    }
    let before = content(dir);
    let shown = json(dir, &["--entries"]);
    let plain = inspect(dir, &[]);
    assert_eq!(content(dir), before);

    assert_eq!((&shown["cluster"], &shown["node"]), (&Value::from("test"), &Value::from("node-3")));
    assert_eq!(shown["term"], model.persistent.hard_state.current_term.0);
    assert_eq!(shown["process"], std::process::id().to_string());
    let indexes = |list: &Value| -> Vec<u64> {
        let entries = list.as_array().expect("a list").iter();
        entries.map(|entry| entry["index"].as_u64().expect("an index")).collect()
    };
    let expected: Vec<u64> = model.persistent.entries.iter().map(|entry| entry.index.0).collect();
    assert!(expected.len() > 1, "this life ends without a log: take another");
    assert_eq!(indexes(&shown["entries"]), expected);
    assert_eq!(indexes(&json(dir, &["--entries", "1"])["entries"]), expected[expected.len() - 1..]);
    assert_eq!(shown["whole"], true, "{shown:#}");
    assert_eq!(plain.status.code(), Some(0));
    let plain = text(&plain.stdout);
    assert!(plain.contains("node-3 of cluster \"test\"") && plain.ends_with("whole\n"), "{plain}");
}

/// All that is wrong is listed, each with its file; exit 1.
#[test]
fn inspect_lists_all_that_is_wrong() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    let options = Options { segment_bytes: 4096, ..Options::default() };
    let (mut storage, _) = Storage::open(dir, &identity(), options).expect("a new directory");
    for index in 1..=12 {
        apply(&mut storage, &Step::Write(vec![command(1, index, &[7; 1000])])).expect("it is written");
    }
    storage.close().expect("it is written");
    let flip = |name: &str, place: usize| {
        let mut bytes = fs::read(dir.join(name)).expect("a file");
        bytes[place] ^= 1;
        fs::write(dir.join(name), bytes).expect("a file");
    };
    flip("state.json", 40);
    flip("log/0000000000000001.log", 700);
    flip("log/0000000000000003.log", 2000);
    let output = inspect(dir, &[]);
    assert_eq!(output.status.code(), Some(1));
    let shown = json(dir, &[]);
    let problems = shown["problems"].as_array().expect("a list");
    for (problem, name) in problems.iter().zip(["state.json", "1.log", "3.log"]) {
        assert!(problem["file"].as_str().expect("a file").ends_with(name), "{shown:#}");
        assert!(text(&output.stdout).contains(name), "{}", text(&output.stdout));
    }
    assert_eq!((problems.len(), &shown["whole"]), (3, &Value::from(false)));
    // Term 0 and no vote would be a guess.
    assert!(shown["term"].is_null() && shown["voted_for"].is_null(), "{shown:#}");
    assert!(text(&output.stdout).contains("not known, nor the vote"), "{}", text(&output.stdout));
}

/// What is no data directory: exit 2, and it stays as it is.
#[test]
fn inspect_refuses_what_is_no_data_directory() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("thesis.tex"), "text").expect("it can be written");
    for place in [dir.path().to_owned(), dir.path().join("none"), dir.path().join("thesis.tex")] {
        let output = inspect(&place, &[]);
        assert_eq!(output.status.code(), Some(2), "{}", place.display());
        let error = text(&output.stderr);
        assert!(error.starts_with("error: ") && error.contains(&place.display().to_string()), "{error}");
    }
    assert_eq!(fs::read_dir(dir.path()).expect("a directory").count(), 1);
}
