//! `mini-raft check` and `mini-raft mutants` as a script sees them.

mod program;

use serde_json::Value;

use program::{Scratch, mini_raft, run, run_with_input, stderr, stdout};

fn json(args: &[&str]) -> (Option<i32>, Value) {
    let output = run(&[args, &["--format", "json"]].concat());
    let report = serde_json::from_str(&stdout(&output)).unwrap_or_else(|_| panic!("{}", stderr(&output)));
    (output.status.code(), report)
}

#[test]
fn a_search_that_finds_nothing_exits_0_and_counts_what_happened() {
    let (code, report) = json(&["check", "--random", "--seeds", "0..40"]);
    assert_eq!((code, &report["ok"], &report["failure"]), (Some(0), &true.into(), &Value::Null));
    assert_eq!((&report["runs"], &report["seeds"]), (&40.into(), &serde_json::json!([0, 40])));
    for (group, name) in [("faults", "crash"), ("roles", "candidate to leader"), ("turns", "operation done")]
    {
        assert!(report[group][name].as_u64().is_some_and(|count| count > 0), "{group}: {name}: {report}");
    }
    let text = stdout(&run(&["check", "--seeds", "0..3", "--jobs", "1"]));
    assert!(text.starts_with("3 runs in ") && text.ends_with("passed\n"), "{text}");
}

/// What is found, its replay and the smallest scenario all show the same broken property.
#[test]
fn a_failure_is_replayed_and_minimized() {
    let scratch = Scratch::new("a_failure_is_minimized.json");
    let search = ["check", "--random", "--seeds", "0..200", "--without", "commit-majority"];
    let (code, report) = json(&[&search[..], &["--minimize", "--output", scratch.path()]].concat());
    let failure = &report["failure"];
    assert_eq!((code, &report["ok"]), (Some(1), &false.into()));
    assert_eq!(failure["property"], "durability", "{report}");

    let replay = failure["replay"].as_str().expect("a command");
    let words: Vec<&str> = replay.strip_prefix("mini-raft ").expect("of this program").split(' ').collect();
    let (code, replayed) = json(&words);
    assert_eq!(code, Some(1));
    assert_eq!(replayed["failure"]["detail"], failure["detail"]);

    let smallest = &failure["minimized"];
    assert_eq!(smallest["file"], scratch.path());
    assert_eq!(smallest["replay"], format!("mini-raft sim {}", scratch.path()));
    let (code, played) = json(&["sim", scratch.path()]);
    assert_eq!(code, Some(1));
    let broken = &played["violations"][0];
    assert_eq!((&broken["property"], &broken["detail"]), (&"durability".into(), &smallest["detail"]));
}

/// A scenario may be about elections alone. What it expects is judged with every seed.
#[test]
fn scenarios_are_judged_with_every_seed() {
    let (code, report) = json(&["check", "initial_election", "--seeds", "5..8"]);
    assert_eq!((code, &report["runs"]), (Some(0), &3.into()), "{report}");
    let never = r#"{"version":1,"nodes":3,"until_ms":100,"expect":[{"leader":true}]}"#;
    let output = run_with_input(&["check", "-", "--seeds", "4", "--format", "json"], never);
    let report: Value = serde_json::from_str(&stdout(&output)).expect("one JSON value");
    let failure = &report["failure"];
    assert_eq!((&failure["seed"], &failure["property"]), (&4.into(), &"liveness".into()));
    assert_eq!(failure["replay"], "mini-raft check - --seeds 4..5");
}

#[test]
fn a_folder_is_all_its_scenarios() {
    let files =
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios")).expect("a folder").count();
    let (_, report) = json(&["check", "scenarios", "--seeds", "42"]);
    let runs = report["runs"].as_u64().expect("a count");
    let failed = !report["failure"].is_null();
    assert!(runs == files as u64 || failed && runs <= files as u64, "{report}");
}

/// Nobody is elected and nobody asks: that shows nothing.
#[test]
fn a_search_that_puts_nothing_to_the_test_fails() {
    let idle = r#"{"version":1,"nodes":3,"until_ms":10}"#;
    let output = run_with_input(&["check", "-", "--seeds", "0..5"], idle);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("nothing was put to the test"), "{}", stdout(&output));
}

#[test]
fn whatever_is_wrong_outside_exits_2() {
    let cases: &[&[&str]] = &[
        &["check", "no/such/file.json"],
        &["check", "initial_election", "--random"],
        &["check", "--seeds", "7..3"],
        &["check", "--jobs", "0"],
        &["check", "--without", "no-such-rule"],
        &["check", "--output", "x.json"],
        &["check", "server/src"],
    ];
    for args in cases {
        let output = mini_raft(args).output().expect("the program can be run");
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(!stderr(&output).is_empty() && stdout(&output).is_empty(), "{args:?}");
    }
}

#[test]
fn a_rule_that_is_found_has_a_row_with_its_seed() {
    let output = run(&["mutants", "--rule", "commit-majority", "--rule", "ack-after-sync", "--seeds", "50"]);
    assert_eq!(output.status.code(), Some(0));
    let text = stdout(&output);
    let rows: Vec<_> = text.lines().filter(|line| line.starts_with("| `")).collect();
    assert!(
        rows[0].starts_with("| `commit-majority` | §5.3 | ") && rows[0].contains("| durability |"),
        "{text}"
    );
    assert!(rows[1].starts_with("| `ack-after-sync` |") && rows.len() == 2, "{text}");
}

#[test]
fn a_rule_that_is_not_found_fails() {
    let output = run(&["mutants", "--rule", "change-after-own-term-commit", "--seeds", "1"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("nothing found"), "{}", stdout(&output));
}
