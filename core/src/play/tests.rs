//! What a played scenario reports, and what holds in all the runs of the library.

use super::*;
use crate::scenario::{builtin, library};

/// A scenario of three nodes and one second that is as this says.
fn scenario(fields: &str) -> Scenario {
    let text = format!(r#"{{"version":1,"name":"a test","nodes":3,"until_ms":1000,{fields}}}"#);
    Scenario::from_json(&text).expect("a scenario")
}

fn played(scenario: &Scenario) -> Report {
    play(scenario, |_| {})
}

#[test]
fn what_is_expected_is_judged_at_its_moment() {
    let report = played(&scenario(
        r#""expect":[{"at_ms":0,"leader":false,"term":0},{"at_ms":1000,"leader":true},{"term_at_least":1}]"#,
    ));
    assert!(report.ok(), "{:?}", report.failures());
    assert_eq!(report.failures(), [""; 0]);
    let judged: Vec<_> = report.verdicts.iter().map(|verdict| (verdict.place.as_str(), verdict.at)).collect();
    let end = Micros::from_millis(1_000);
    assert_eq!(
        judged,
        [
            ("expect[0].leader", Micros::ZERO),
            ("expect[0].term", Micros::ZERO),
            ("expect[1].leader", end),
            ("expect[2].term_at_least", end),
        ]
    );
    assert!(report.leader.is_some() && report.term >= Term(1));
}

/// A step of a moment is done before what is expected of it is judged, at time 0 too.
#[test]
fn a_step_comes_before_what_is_expected_at_its_moment() {
    let crash = |at| {
        format!(
            r#""steps":[{{"at_ms":{at},"do":"crash","node":"node-1"}}],"expect":[{{"at_ms":{at},"role":{{"node":"node-1","role":"follower"}}}}]"#
        )
    };
    for (at, moment) in [(0, "0.000 ms"), (5, "5.000 ms")] {
        assert_eq!(
            played(&scenario(&crash(at))).failures(),
            [format!("expect[0].role at {moment}: expected node-1 to be follower, found node-1 down")]
        );
    }
}

#[test]
fn a_report_says_what_did_not_come_true_and_what_was_left_out() {
    let scenario = scenario(
        r#""steps":[{"at_ms":0,"do":"crash","node":"leader"}],"expect":[{"at_ms":0,"leader":true},{"committed_at_least":1}]"#,
    );
    let report = played(&scenario);
    assert!(!report.ok());
    assert_eq!(report.failures(), ["expect[0].leader at 0.000 ms: expected a leader, found no leader"]);
    assert_eq!(report.skipped, [(0, "there is no leader".to_owned())]);

    let json = report.to_json(&scenario, Summary { events: 9, hash: 0xab });
    let leader = report.leader.expect("somebody leads in the end");
    let (term, committed) = (report.term, report.committed);
    assert_eq!(
        json,
        [
            r#"{"scenario":"a test","seed":42,"until_ms":1000,"events":9,"hash":"00000000000000ab","#,
            &format!(r#""leader":"{leader}","term":{term},"committed":{committed},"#),
            r#""expectations":[{"place":"expect[0].leader","at_ms":0,"leader":true,"ok":false,"#,
            r#""expected":"a leader","found":"no leader"},"#,
            r#"{"place":"expect[1].committed_at_least","at_ms":1000,"committed_at_least":1,"ok":true}],"#,
            r#""violations":[],"skipped":[{"step":0,"why":"there is no leader"}],"ok":false}"#,
        ]
        .concat()
    );
}

/// A broken property is a failure, unless the scenario is there to show it: then its absence would be one.
#[test]
fn only_a_scenario_that_expects_violations_may_have_them() {
    let mut scenario = builtin("without_commit_only_current_term").expect("it is in the library").scenario();
    let expected = played(&scenario);
    assert!(expected.ok(), "{:?}", expected.failures());
    let (at, first) = expected.violations.first().expect("Figure 8 without its rule").clone();

    scenario.expect.clear();
    let unexpected = played(&scenario);
    assert!(!unexpected.ok());
    assert_eq!(unexpected.violations, expected.violations);
    assert_eq!(unexpected.failures().len(), unexpected.violations.len());
    assert_eq!(unexpected.failures()[0], format!("{} broken at {at}: {}", first.property, first.detail));
    let json = unexpected.to_json(&scenario, Summary { events: 0, hash: 0 });
    assert!(json.contains(&format!(r#""violations":[{{"t_us":{},"property":"{}","#, at.0, first.property)));

    scenario.setup.without.clear();
    scenario.expect = vec![crate::scenario::Expect {
        at: None,
        checks: vec![Check::Violations(vec!["durability".to_owned()])],
    }];
    let kept = played(&scenario);
    assert_eq!(
        kept.failures(),
        ["expect[0].violations at 3000.000 ms: expected broken: durability, found every property kept"]
    );
}

/// Equal scenarios have equal fingerprints, and another seed has another.
#[test]
fn a_fingerprint_names_the_run() {
    let mut scenario = scenario(r#""clients":[{"id":"c1","every_ms":20}]"#);
    let first = fingerprint(&scenario);
    assert_eq!(fingerprint(&scenario.clone()), first);
    scenario.setup.seed += 1;
    assert_ne!(fingerprint(&scenario).hash, first.hash);
}

/// Whoever asks why something happened is told where the paper, or the thesis, says so.
#[test]
fn every_fact_of_the_library_cites_a_place_that_there_is() {
    let places = [
        "§5.1",
        "§5.2",
        "§5.3",
        "§5.4.1",
        "§5.4.2",
        "§6",
        "§7",
        "§8",
        "Figure 2",
        "Figure 8",
        "Figure 13",
        "thesis 3.10",
        "thesis 4.1",
        "thesis 4.2.1",
        "thesis 4.2.2",
        "thesis 4.2.3",
        "thesis 6.2",
        "thesis 6.4",
        "thesis 6.4.1",
        "thesis 9.6",
    ];
    // Parts of the figures.
    let parts = ["Leaders", "RequestVote ", "AppendEntries ", "rule ", "rules "];
    let mut kinds = BTreeSet::new();
    for builtin in library() {
        let mut scenario = builtin.scenario();
        // What the long ones do after that is more of the same.
        scenario.end_at(scenario.until.min(Micros::from_millis(10_000)));
        play(&scenario, |event| {
            let EventKind::Fact(fact) = &event.kind else { return };
            let clause = fact.clause();
            for place in clause.section.split(", ") {
                let is_part = parts.iter().any(|part| place.starts_with(part));
                assert!(is_part || places.contains(&place), "{fact:?} cites {place:?}");
            }
            assert!(clause.rule.ends_with('.'), "{:?} is a sentence", clause.rule);
            kinds.insert(clause.rule);
        });
    }
    assert!(kinds.len() >= 25, "the library shows few rules: {kinds:#?}");
}

/// Lines are JSON, in the order of time, and what happened on a node has its name and its term.
#[test]
fn every_line_of_the_library_begins_as_the_form_says() {
    for builtin in library() {
        let mut scenario = builtin.scenario();
        scenario.end_at(scenario.until.min(Micros::from_millis(10_000)));
        let (mut line, mut last) = (String::new(), 0);
        let mut writer = TraceWriter::start(&scenario, &mut line);
        play(&scenario, |event| {
            line.clear();
            writer.event(event, &mut line);
            if line.is_empty() {
                return;
            }
            let read: serde_json::Value = serde_json::from_str(&line).expect("a line is JSON");
            let t_us = read["t_us"].as_u64().expect("a line has its time");
            assert!(t_us >= last && line.starts_with(&format!(r#"{{"t_us":{t_us},"ev":""#)), "{line}");
            last = t_us;
            if let Some(node) = event.node {
                assert_eq!(read["node"], node.to_string());
                assert!(read["term"].is_u64(), "{line}");
            }
        });
    }
}

/// Whoever looks back on a run comes to the same verdicts as who played it.
#[test]
fn a_run_is_judged_afterwards_as_when_it_is_played() {
    for builtin in library().iter().filter(|builtin| builtin.stem != "default") {
        let scenario = builtin.scenario();
        if scenario.until > Micros::from_millis(20_000) {
            continue;
        }
        let mut events = Vec::new();
        let mut timeline = Timeline::new(scenario.setup.clone(), scenario.moments(), &mut events);
        timeline.seek(scenario.until + Micros::from_millis(500), &mut events);
        let told = |verdicts: &[Verdict]| -> Vec<_> {
            verdicts
                .iter()
                .map(|verdict| (verdict.place.clone(), verdict.at, verdict.result.clone()))
                .collect()
        };
        let played = play(&scenario, |_| ());
        assert_eq!(told(&judge(&scenario, &timeline)), told(&played.verdicts), "{}", builtin.stem);
        assert!(timeline.present().now() > scenario.until, "the run stays where it is");
    }
}
