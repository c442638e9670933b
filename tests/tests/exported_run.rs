//! A run saved from the Mini-Raft laboratory: A "run" with 2 crashes.

use mini_raft_core::play::play;
use mini_raft_core::scenario::Scenario;

/// What the scenario expects comes true, and no law of Raft is broken but as it says.
#[test]
fn saved_run_a_run_with_2_crashes() {
    let scenario = Scenario::from_json(SCENARIO).expect("the page saved it");
    let report = play(&scenario, |_| {});
    assert!(report.ok(), "{}", report.failures().join("\n"));
}

const SCENARIO: &str = r###"{
  "version": 1,
  "name": "A \"run\" with 2 crashes",
  "about": "It holds \"# and \"## too.",
  "nodes": 3,
  "seed": 7,
  "config": { "election_timeout_ms": [150, 300], "heartbeat_ms": 50, "pre_vote": true, "check_quorum": true, "max_entries_per_append": 64, "max_inflight": 32, "snapshot_every": 1000 },
  "network": { "latency_ms": [5, 15], "loss": 0.0, "duplicate": 0.0 },
  "disk": { "sync_ms": [0.5, 2] },
  "clients": [],
  "without": [],
  "steps": [
    { "at_ms": 900, "do": "crash", "node": "leader" },
    { "at_ms": 1500, "do": "set", "client": "you", "key": "x", "value": "1", "to": "leader" }
  ],
  "until_ms": 3000,
  "expect": [
    { "violations": [] },
    { "leader": true }
  ]
}
"###;
