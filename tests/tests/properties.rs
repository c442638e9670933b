//! Whatever goes wrong, the laws of Raft hold; and when nothing goes wrong any more, the cluster works again.
//!
//! Each seed makes a scenario of its own, as `mini-raft check --random` does: its servers, timeouts, disks and clients, and
//! seconds of faults of its own kinds. All checks watch. Then everything is healed, and within a bound there must be a
//! leader and a new commit. That the faults were real is counted over all seeds.

use mini_raft_core::run::Run;
use mini_raft_core::swarm::{Exercise, draw, examine};
use mini_raft_tests::search::for_each_seed;

const SEEDS: u64 = 400;

#[test]
fn whatever_goes_wrong_the_laws_hold_and_then_the_cluster_works_again() {
    let runs = for_each_seed(0..SEEDS, |seed| {
        let mut exercise = Exercise::default();
        (seed, examine(&draw(seed), &mut exercise), exercise)
    });
    let mut all = Exercise::default();
    for (seed, finding, exercise) in runs {
        assert_eq!(finding.map(|finding| finding.to_string()), None, "seed {seed}");
        all.add(&exercise);
    }
    assert_rich(&all);
}

/// What must have happened in a good part of the runs, or they prove little.
const WANTED: [&[&str]; 3] = [
    &[
        "crash",
        "crash that loses entries",
        "restart",
        "wipe",
        "pause",
        "partition",
        "clock",
        "members",
        "transfer",
        "message lost",
        "message on a cut link",
        "message to a server that is down",
        "message dropped",
    ],
    &["candidate to leader", "leader to follower", "pre-candidate to candidate"],
    &[
        "conflict removed",
        "append refused",
        "snapshot taken",
        "snapshot installed",
        "snapshot ignored",
        "old term not counted",
        "leadership transferred",
        "read confirmed",
        "read by lease",
        "read answered by a follower",
        "operation done",
        "operation that may be done given up",
    ],
];

fn assert_rich(exercise: &Exercise) {
    let [faults, roles, turns] = WANTED;
    let counted = faults
        .iter()
        .map(|name| (name, exercise.faults.get(name)))
        .chain(roles.iter().map(|name| (name, exercise.roles.get(*name))))
        .chain(turns.iter().map(|name| (name, exercise.turns.get(name))));
    for (name, count) in counted {
        let count = count.copied().unwrap_or_default();
        assert!(count >= SEEDS / 20, "only {count} times in {SEEDS} runs: {name}\n{exercise:?}");
    }
}

/// The same seed gives the same run, event by event, whatever happens in it.
#[test]
fn the_same_seed_gives_the_same_run() {
    let events_of = |seed: u64| {
        let scenario = draw(seed);
        let mut events = Vec::new();
        Run::new(scenario.setup.clone(), scenario.moments(), &mut events)
            .run_until(scenario.until, &mut events);
        events
    };
    for seed in 0..20 {
        let events = events_of(seed);
        assert!(events.len() > 500, "seed {seed}");
        assert!(events == events_of(seed), "seed {seed}");
    }
}
