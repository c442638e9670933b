//! Whatever rules a scenario leaves out, and however many, its run goes on: a page that was opened by a link does not
//! fall over. What such a run breaks is told by the checks, never by a panic.

use mini_raft_core::raft::Rule;
use mini_raft_core::rng::Rng;
use mini_raft_core::run::Run;
use mini_raft_core::swarm::draw;

const SEEDS: u64 = 900;

/// The most rules that one run leaves out.
const RULES_MAX: u64 = 8;

/// A run that does more is given up: without some rules servers answer each other without end.
const ITEMS_MAX: u64 = 30_000;

#[test]
fn a_run_without_rules_breaks_laws_and_does_not_panic() {
    let mut broken = 0;
    for seed in 0..SEEDS {
        let mut rng = Rng::stream(seed, 0xf022);
        let mut scenario = draw(seed);
        let without = &mut scenario.setup.without;
        for _ in 0..rng.between(1, RULES_MAX) {
            let rule = Rule::ALL[rng.below(Rule::ALL.len() as u64) as usize];
            if !without.contains(&rule) {
                without.push(rule);
            }
        }
        let mut events = Vec::new();
        let mut run = Run::new(scenario.setup.clone(), scenario.moments(), &mut events);
        while run.now() < scenario.until && run.items() < ITEMS_MAX && run.step(&mut events) {
            events.clear();
        }
        broken += u64::from(!run.checks().violations().is_empty());
    }
    assert!(broken > SEEDS / 4, "only {broken} of {SEEDS} runs break anything: they prove little");
}
