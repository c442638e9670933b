use super::*;
use crate::raft::Rule;

/// A scenario of every seed is in the form that files have, within its limits, and reads back as the same.
#[test]
fn what_is_drawn_is_a_scenario() {
    for seed in 0..500 {
        let scenario = draw(seed);
        let read = Scenario::from_json(&scenario.to_json())
            .unwrap_or_else(|mistakes| panic!("seed {seed}: {mistakes}"));
        assert!(read == scenario, "seed {seed}");
    }
}

/// Runs have their own sets of faults, sizes and workloads; every kind of fault is in some and not in others.
#[test]
fn runs_differ_in_kind() {
    let texts: Vec<String> = (0..200).map(|seed| draw(seed).about).collect();
    for words in ["crashes", "partitions", "clocks that drift", "changes of membership", "lost disk"] {
        let count = texts.iter().filter(|text| text.contains(words)).count();
        assert!((10..190).contains(&count), "{words}: {count} of 200");
    }
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in 0..10 {
        let (mut once, mut again) = (Exercise::default(), Exercise::default());
        assert_eq!(examine(&draw(seed), &mut once), examine(&draw(seed), &mut again));
        assert_eq!(once, again);
    }
}

/// What fails is made smaller, and still fails in the same way.
#[test]
fn what_fails_is_made_smaller() {
    let without = |seed| {
        let mut scenario = draw(seed);
        scenario.setup.without = vec![Rule::AckAfterSync];
        scenario
    };
    let found = (0..100).find_map(|seed| Some((seed, examine(&without(seed), &mut Exercise::default())?)));
    let (seed, finding) = found.expect("it is found soon");
    let scenario = without(seed);
    let smallest = minimize(&scenario, &finding, 500);
    assert_eq!(smallest.finding.wrong, finding.wrong);
    assert_eq!(examine(&smallest.scenario, &mut Exercise::default()), Some(smallest.finding));
    assert!(smallest.scenario.steps.len() < 10, "{}", smallest.scenario.to_json());
    assert!(smallest.runs <= 500 && smallest.scenario.setup.without == [Rule::AckAfterSync]);
}
