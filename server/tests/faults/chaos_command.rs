//! `mini-raft chaos`, as a script sees it.

use std::process::{Command, Stdio};

use serde_json::Value;

use super::harness::{PROGRAM, turn};

fn chaos(arguments: &[&str]) -> (Option<i32>, Value, String) {
    let output = Command::new(PROGRAM)
        .args(["chaos", "--format", "json"])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the program runs");
    let report = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code(), report, String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_cluster_of_its_own_suffers_loses_nothing_and_is_gone_afterwards() {
    let _turn = turn();
    let (code, report, complaints) = chaos(&["--for", "6s", "--seed", "3"]);
    assert_eq!(code, Some(0), "{report:#} {complaints}");
    assert_eq!(report["ok"], true);
    assert!(report["faults"].as_array().is_some_and(|faults| !faults.is_empty()), "{report:#}");
    assert_eq!(report["seed"], 3);
}

#[test]
fn a_run_in_which_nothing_struck_is_no_good_run() {
    let _turn = turn();
    let (code, report, complaints) = chaos(&["--for", "1ms"]);
    assert_eq!(code, Some(1), "{report:#} {complaints}");
    assert_eq!(report["ok"], false);
    let problems = report["problems"].to_string();
    assert!(problems.contains("no fault struck"), "{problems}");
}

/// Ends the cluster in this directory.
struct Started<'a>(&'a str);

impl Drop for Started<'_> {
    fn drop(&mut self) {
        mini_raft(&["stop", "--dir", self.0, "--timeout", "5"]);
    }
}

fn mini_raft(arguments: &[&str]) -> (Option<i32>, String) {
    let output =
        Command::new(PROGRAM).args(arguments).stdin(Stdio::null()).output().expect("the program runs");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// It keeps running and keeps its keys; those of the test are removed.
#[test]
fn a_cluster_that_exists_suffers_and_keeps_what_it_had() {
    let _turn = turn();
    let scratch = tempfile::tempdir().expect("a directory");
    let dir = scratch.path().join("c");
    let dir = dir.to_str().expect("UTF-8");
    let started = Started(dir);
    let (code, said) = mini_raft(&["start", "--nodes", "3", "--base-port", "0", "--dir", dir]);
    assert_eq!(code, Some(0), "{said}");
    mini_raft(&["set", "kept", "value", "--dir", dir, "--timeout", "60"]);
    let (code, report, complaints) = chaos(&["--dir", dir, "--for", "2s"]);
    assert_eq!(code, Some(0), "{report:#} {complaints}");
    assert!(!report["faults"].to_string().contains("partition"), "its links cannot be cut: {report:#}");
    let (code, _, complaints) = chaos(&["--dir", dir, "--faults", "partition"]);
    assert_eq!(code, Some(2), "{complaints}");
    assert!(complaints.contains("-- --enable-chaos"), "{complaints}");
    let (code, keys) = mini_raft(&["list", "--dir", dir, "--timeout", "60", "--format", "json"]);
    assert_eq!(code, Some(0), "{keys}");
    assert!(keys.contains("kept") && !keys.contains("chaos-"), "{keys}");
    drop(started);
}
