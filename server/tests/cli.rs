//! The command line as a script sees it: exit codes, what goes where, and forms that stay.

mod program;

use std::io::Read;
use std::process::Stdio;

use serde_json::Value;

use program::{Scratch, mini_raft, run, run_with_input, stderr, stdout};

const FAILING: &str = r#"{"version":1,"nodes":3,"until_ms":1000,"expect":[{"at_ms":900,"leader":false}]}"#;

#[test]
fn a_scenario_that_comes_true_exits_0() {
    let output = run(&["sim", "scenarios/initial_election.json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("passed") && text.contains("every property kept"), "{text}");
    assert!(!text.contains('\u{1b}'), "no colour where nobody looks");
    assert_eq!(stderr(&output), "", "no progress where nobody looks");
}

#[test]
fn a_built_in_scenario_needs_no_file() {
    let by_name = run(&["sim", "initial_election", "--format", "json"]);
    let by_file = run(&["sim", "scenarios/initial_election.json", "--format", "json"]);
    assert_eq!(by_name.status.code(), Some(0));
    assert_eq!(stdout(&by_name), stdout(&by_file));
    let list = stdout(&run(&["sim", "--list"]));
    assert!(list.lines().count() >= 15 && list.contains("initial_election"), "{list}");
}

#[test]
fn a_failed_expectation_exits_1_and_is_named() {
    let output = run_with_input(&["sim", "-"], FAILING);
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(text.contains("expect[0].leader: expected no leader, found node-"), "{text}");
}

#[test]
fn a_broken_property_exits_1_unless_it_is_expected() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/without_commit_only_current_term.json");
    let scenario = std::fs::read_to_string(file).expect("the scenario");
    assert_eq!(run_with_input(&["sim", "-"], &scenario).status.code(), Some(0));
    let mut unexpected: Value = serde_json::from_str(&scenario).expect("JSON");
    unexpected["expect"] = Value::Array(vec![]);
    let output = run_with_input(&["sim", "-", "--format", "json"], &unexpected.to_string());
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    assert_eq!(report["ok"], false);
    assert!(
        report["violations"]
            .as_array()
            .expect("a list")
            .iter()
            .any(|it| it["property"] == "state-machine-safety")
    );
}

#[test]
fn bad_input_exits_2_and_every_mistake_is_named() {
    let bad = r#"{"version":1,"nodes":3,"until_ms":10,"steps":[{"at_ms":1,"do":"explode"},{"at_ms":99,"do":"heal"}]}"#;
    let output = run_with_input(&["sim", "-"], bad);
    assert_eq!(output.status.code(), Some(2));
    let text = stderr(&output);
    assert!(text.contains("steps[0].do: unknown action \"explode\", one of crash,"), "{text}");
    assert!(text.contains("steps[1].at_ms: expected a number from 0 to 10, found the number 99"), "{text}");
    assert_eq!(stdout(&output), "");
}

#[test]
fn whatever_is_wrong_outside_exits_2() {
    let cases: &[&[&str]] = &[
        &[],
        &["simulate"],
        &["sim"],
        &["sim", "no/such/file.json"],
        &["sim", "."],
        &["sim", "initial_election", "--seed", "-1"],
        &["sim", "initial_election", "--until-ms", "NaN"],
        &["sim", "initial_election", "--until-ms", "3600001"],
        &["sim", "initial_election", "--format", "xml"],
        &["sim", "initial_election", "--trace", "no/such/folder/t.jsonl"],
        &["rules", "--format", "yaml"],
    ];
    for args in cases {
        let output = run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(!stderr(&output).is_empty() && stdout(&output).is_empty(), "{args:?}");
    }
    for args in [&["sim", "no/such/file.json", "--format", "json"][..], &["simulate", "--format=json"]] {
        let output = run(args);
        let error: Value = serde_json::from_str(&stderr(&output)).expect("one JSON object");
        assert_eq!((output.status.code(), &error["exit"]), (Some(2), &2.into()), "{error}");
        assert!(error["error"].as_str().is_some_and(|text| !text.is_empty()), "{error}");
    }
    let not_text = run_with_input(&["sim", "-"], "\u{0}");
    assert_eq!(not_text.status.code(), Some(2));
}

/// A number below zero is a wrong value, not an unknown option.
#[test]
fn a_wrong_number_is_told_what_is_right() {
    let cases = [
        ("--until-ms", "-5", "not a number of milliseconds from 0 to 3600000"),
        ("--until-ms", "soon", "not a number of milliseconds from 0 to 3600000"),
        ("--seed", "-1", "not a whole number from 0 to 18446744073709551615"),
        ("--seed", "1.5", "not a whole number from 0 to 18446744073709551615"),
    ];
    for (option, value, right) in cases {
        let output = run(&["sim", "initial_election", option, value]);
        let text = stderr(&output);
        assert!(text.contains(&format!("invalid value '{value}'")) && text.contains(right), "{text}");
    }
}

#[test]
fn the_report_counts_as_one_counts() {
    let one = r#"{"version":1,"nodes":3,"until_ms":3000}"#;
    let text = stdout(&run_with_input(&["sim", "-"], one));
    assert!(text.contains("; 1 entry committed"), "{text}");
}

#[test]
fn the_json_report_has_its_fields() {
    let output = run(&["sim", "initial_election", "--seed", "7", "--until-ms", "400", "--format", "json"]);
    let report: Value = serde_json::from_str(&stdout(&output)).expect("one JSON value");
    let fields = [
        "scenario",
        "seed",
        "until_ms",
        "events",
        "hash",
        "leader",
        "term",
        "committed",
        "expectations",
        "violations",
        "ok",
    ];
    for field in fields {
        assert!(!report[field].is_null(), "{field} is missing: {report}");
    }
    assert_eq!((&report["seed"], &report["until_ms"]), (&7.into(), &400.into()));
    assert!(stderr(&output).contains("left out"), "expectations after the new end are told of");
}

#[test]
fn a_trace_goes_to_a_file_or_to_standard_output() {
    let scratch = Scratch::new("a_trace_goes_to_a_file.jsonl");
    let to_file = run(&["sim", "initial_election", "--format", "json", "--trace", scratch.path()]);
    let to_stdout = run(&["sim", "initial_election", "--format", "json", "--trace", "-"]);
    let trace = std::fs::read_to_string(scratch.path()).expect("the trace");
    assert_eq!(stdout(&to_stdout), trace);
    assert_eq!(stderr(&to_stdout), stdout(&to_file), "the report goes where the trace does not");
    let end: Value = serde_json::from_str(trace.lines().last().expect("a line")).expect("JSON");
    let report: Value = serde_json::from_str(&stdout(&to_file)).expect("JSON");
    assert_eq!((&end["hash"], &end["events"]), (&report["hash"], &report["events"]));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let args = ["sim", "client_progress_in_majority", "--trace", "-", "--format", "json"];
    let mut child = mini_raft(&args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be run");
    let mut first = [0; 64];
    child.stdout.take().expect("a pipe").read_exact(&mut first).expect("a beginning");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let report: Value = serde_json::from_str(&stderr(&output)).expect("the report is whole");
    assert_eq!(report["ok"], true);
}

#[test]
fn the_rules_are_listed() {
    let rules: Value = serde_json::from_str(&stdout(&run(&["rules", "--format", "json"]))).expect("JSON");
    let rules = rules.as_array().expect("a list");
    assert!(rules.len() > 20);
    for rule in rules {
        for field in ["name", "kind", "section", "about"] {
            assert!(rule[field].as_str().is_some_and(|text| !text.is_empty()), "{rule}");
        }
        assert!(["safety", "client", "liveness"].contains(&rule["kind"].as_str().expect("a kind")));
    }
    let text = stdout(&run(&["rules"]));
    assert_eq!(text.lines().count(), rules.len());
}
