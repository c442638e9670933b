//! The same scenario and seed give the same run, byte for byte: twice in one process, today and tomorrow, natively
//! and as wasm (the page's crate compares the same file in a browser).
//!
//! `tests/data/trace_hashes.json` holds the hash of every library scenario's trace. When a run is meant to change,
//! `MINI_RAFT_UPDATE=1 cargo test -p mini-raft-tests --test determinism` writes it anew, and the change is reviewed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use mini_raft_core::play::fingerprint;
use mini_raft_core::scenario;
use mini_raft_tests::files::root;
use mini_raft_tests::played::builtin;

fn path() -> PathBuf {
    root().join("tests/data/trace_hashes.json")
}

#[test]
fn traces_are_those_of_the_committed_file() {
    let found: BTreeMap<&str, String> = scenario::library()
        .iter()
        .map(|builtin| (builtin.stem, fingerprint(&builtin.scenario()).hash_digits()))
        .collect();
    let text = serde_json::to_string_pretty(&found).expect("names and hashes are JSON") + "\n";
    if std::env::var_os("MINI_RAFT_UPDATE").is_some() {
        std::fs::write(path(), &text).expect("the file can be written");
    }
    let committed = std::fs::read_to_string(path()).expect("the file is there");
    let committed: BTreeMap<&str, String> = serde_json::from_str(&committed).expect("names and hashes");
    let changed: Vec<&str> = found
        .iter()
        .filter(|(stem, hash)| committed.get(*stem) != Some(hash))
        .map(|(stem, _)| *stem)
        .collect();
    assert!(
        changed.is_empty() && found.len() == committed.len(),
        "these runs are not what they were: {changed:?}\nif that is meant: \
         MINI_RAFT_UPDATE=1 cargo test -p mini-raft-tests --test determinism"
    );
}

/// Nothing is left over from one run for the next.
#[test]
fn sim_same_seed_same_trace() {
    let mut scenario = builtin("fault_churn_unreliable");
    for seed in 0..5 {
        scenario.setup.seed = seed;
        assert_eq!(fingerprint(&scenario), fingerprint(&scenario), "seed {seed}");
    }
}

/// The seed matters: another one gives another run.
#[test]
fn another_seed_gives_another_trace() {
    let mut scenario = builtin("fault_churn_unreliable");
    let first = fingerprint(&scenario);
    scenario.setup.seed += 1;
    assert_ne!(fingerprint(&scenario).hash, first.hash);
}
