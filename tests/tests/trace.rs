//! The trace alone is enough: a program that knows only its form finds nothing wrong with the library's runs, and
//! finds what is wrong when a line is changed.

use mini_raft_core::play::play;
use mini_raft_core::scenario::{self, Scenario};
use mini_raft_core::time::Micros;
use mini_raft_core::trace::TraceWriter;
use mini_raft_tests::outsider;

fn trace_of(scenario: &Scenario) -> String {
    let mut trace = String::new();
    let mut writer = TraceWriter::start(scenario, &mut trace);
    play(scenario, |event| writer.event(event, &mut trace));
    writer.end(scenario.until, &mut trace);
    trace
}

fn builtin(stem: &str) -> Scenario {
    scenario::builtin(stem).expect("it is in the library").scenario()
}

/// The lines of a run with crashes, elections, conflicts and reads.
fn lines() -> Vec<String> {
    trace_of(&builtin("client_progress_in_majority")).lines().map(str::to_owned).collect()
}

/// What the outsider says after line number `place` was replaced, and the end made right again.
fn complaints_after(mut lines: Vec<String>, place: usize, replacement: Option<String>) -> String {
    match replacement {
        Some(line) => lines[place] = line,
        None => drop(lines.remove(place)),
    }
    outsider::complaints(&outsider::with_right_end(&lines)).join("\n")
}

fn place_of(lines: &[String], parts: &[&str]) -> usize {
    let has_all = |line: &&String| parts.iter().all(|part| line.contains(part));
    lines.iter().position(|line| has_all(&line)).unwrap_or_else(|| panic!("no line has {parts:?}"))
}

#[test]
fn an_outsider_finds_nothing_wrong() {
    for builtin in scenario::library() {
        let mut scenario = builtin.scenario();
        if !scenario.setup.without.is_empty() {
            continue;
        }
        // What the long ones do after that is more of the same.
        scenario.end_at(scenario.until.min(Micros::from_millis(15_000)));
        let complaints = outsider::complaints(&trace_of(&scenario));
        let first: Vec<_> = complaints.iter().take(5).collect();
        assert!(complaints.is_empty(), "{}: {first:#?}", builtin.stem);
    }
}

#[test]
fn an_outsider_finds_the_lost_entry_of_figure_8_without_its_rule() {
    let trace = trace_of(&builtin("without_commit_only_current_term"));
    // Its own laws find it, not only the violations that the trace tells of.
    let without: Vec<String> =
        trace.lines().filter(|line| !line.contains(r#""ev":"violation""#)).map(str::to_owned).collect();
    let complaints = outsider::complaints(&outsider::with_right_end(&without)).join("\n");
    assert!(complaints.contains("leads without the committed entry (3, 2)"), "{complaints}");
    assert!(complaints.contains("at 3, node-4 applies"), "{complaints}");
}

/// The scenario in the first line is the whole of it: the same run can be made from it again.
#[test]
fn a_trace_can_be_made_again_from_its_first_line() {
    let trace = trace_of(&builtin("fault_churn_unreliable"));
    let start: serde_json::Value = serde_json::from_str(trace.lines().next().expect("a line")).expect("JSON");
    let again = Scenario::from_json(&start["scenario"].to_string()).expect("the scenario is whole");
    assert_eq!(trace_of(&again), trace);
}

#[test]
fn a_changed_byte_changes_the_hash() {
    let trace = lines().join("\n") + "\n";
    let changed = trace.replacen("\"client\":\"c1\"", "\"client\":\"c7\"", 1);
    assert!(outsider::complaints(&trace).is_empty());
    assert!(outsider::complaints(&changed).iter().any(|complaint| complaint.contains("the hash is")));
}

#[test]
fn a_changed_line_is_noticed() {
    let lines = lines();
    let cases: &[(&[&str], &str, &str, &str)] = &[
        (
            &[r#""ev":"role""#, r#""role":"leader""#, r#""term":3"#],
            r#""term":3"#,
            r#""term":1"#,
            "both lead term 1",
        ),
        (
            &[r#""ev":"deliver""#, r#""leader_commit":1"#],
            r#""leader_commit":1"#,
            r#""leader_commit":2"#,
            "changed on its way",
        ),
        (&[r#""ev":"commit""#, r#""index":9}"#], r#""index":9}"#, r#""index":3}"#, "commits 3 after"),
        (&[r#""ev":"apply""#, r#""index":5,"#], r#""result":null"#, r#""result":"x""#, "the result of 5 is"),
        (&[r#""ev":"apply""#, r#""index":5,"#], r#""index":5,"#, r#""index":6,"#, "applies 6 after 4"),
        (
            &[r#""ev":"return""#, r#""op":"get""#, r#""ok":true"#],
            r#""result":"#,
            r#""result":"wrong","was":"#,
            "is told \"wrong\"",
        ),
        (&[r#""ev":"return""#, r#""op":"set""#], r#""request":"#, r#""request":77"#, "did not ask"),
        (
            &[r#""ev":"vote""#, r#""node":"node-1""#],
            r#""for":"node-0""#,
            r#""for":"node-1""#,
            "of a vote that is not on its disk",
        ),
        (
            &[r#""ev":"sync""#, r#""node":"node-1""#, r#""index":2,"#],
            r#""index":2,"#,
            r#""index":1,"#,
            "acknowledges more than",
        ),
        (&[r#""ev":"commit""#], r#""ev":"commit""#, r#""ev":"comit""#, "unknown ev \"comit\""),
        (&[r#""ev":"append""#], r#""entries""#, r#""entires""#, "wrong entries"),
        (&[r#""ev":"send""#], r#""msg_term":"#, r#""msg_term":-"#, "wrong msg_term"),
    ];
    for (parts, from, to, expected) in cases {
        let place = place_of(&lines, parts);
        let changed = lines[place].replacen(from, to, 1);
        assert_ne!(changed, lines[place], "{from} is in {}", lines[place]);
        let complaints = complaints_after(lines.clone(), place, Some(changed));
        assert!(complaints.contains(expected), "{parts:?}: {complaints}");
    }
}

#[test]
fn a_missing_line_is_noticed() {
    let lines = lines();
    let cases: &[(&[&str], &str)] = &[
        (&[r#""ev":"send""#], "is not under way"),
        (&[r#""ev":"append""#, r#""index":7,"#], "appends entry 8 after entry 6"),
        (&[r#""ev":"invoke""#], "did not ask"),
        (&[r#""ev":"apply""#, r#""index":4,"#], "applies 5 after 3"),
        (&[r#""ev":"vote""#, r#""node":"node-1""#], "of a vote that is not on its disk"),
        (&[r#""ev":"start""#], "in a wrong place"),
    ];
    for (parts, expected) in cases {
        let complaints = complaints_after(lines.clone(), place_of(&lines, parts), None);
        assert!(complaints.contains(expected), "{parts:?}: {complaints}");
    }
}
