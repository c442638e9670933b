use mini_raft_core::check::{Checks, Property};
use mini_raft_core::raft::rules::{Breaks, Rule};
use mini_raft_core::rng::Rng;
use mini_raft_core::run::Run;
use mini_raft_tests::faults::{self, HEALED_AT};
use std::collections::BTreeMap;

#[test]
fn explore() {
    let seeds: u64 = std::env::var("SEEDS").ok().and_then(|s| s.parse().ok()).unwrap_or(40);
    let only = std::env::var("RULE").ok();
    let mut rules: Vec<Option<Rule>> = vec![None];
    rules.extend(Rule::ALL.iter().map(|r| Some(*r)));
    for rule in rules {
        if let Some(only) = &only
            && rule.map_or("none", |r| r.name()) != only.as_str()
        {
            continue;
        }
        let start = std::time::Instant::now();
        let mut found: BTreeMap<&'static str, u64> = BTreeMap::new();
        let mut hits = 0;
        let mut first = None;
        let mut panics = 0;
        let mut sample = None;
        for seed in 0..seeds {
            let r = std::panic::catch_unwind(|| one(seed, rule));
            match r {
                Err(_) => {
                    panics += 1;
                }
                Ok(checks) => {
                    let mut any = false;
                    for p in Property::ALL {
                        if !checks.status(*p).holds() {
                            any = true;
                            *found.entry(p.name()).or_default() += 1;
                        }
                    }
                    if any {
                        hits += 1;
                        first.get_or_insert(seed);
                        sample.get_or_insert_with(|| checks.violations()[0].clone());
                    }
                }
            }
        }
        println!(
            "{:35} {:?} hits {hits}/{seeds} first {first:?} panics {panics} {found:?} {:?}\n      {sample:?}",
            rule.map_or("(none)", |r| r.name()),
            rule.map(|r| r.breaks()),
            start.elapsed()
        );
    }
}

fn one(seed: u64, without: Option<Rule>) -> Checks {
    let mut rng = Rng::stream(seed, 0xfa17);
    let storm = std::env::var("STORM").is_ok();
    let mut setup = if storm { faults::storm_setup(seed, &mut rng) } else { faults::setup(seed, &mut rng) };
    let steps = if storm { faults::storm(&setup, &mut rng) } else { faults::faults(&setup, &mut rng) };
    setup.without = without.into_iter().collect();
    let mut checks = Checks::new(&setup);
    let mut events = Vec::new();
    let mut run = Run::new(setup, steps, &mut events);
    let mut n = 0u64;
    while run.now() < HEALED_AT && run.step(&mut events) {
        n += events.len() as u64;
        if n > 100_000 {
            break;
        }
        for event in events.drain(..) {
            checks.observe(&event);
        }
        if !checks.violations().is_empty() {
            break;
        }
    }
    checks
}
#[allow(dead_code)]
fn f(_: Breaks) {}
#[test]
fn trace_one() {
    let seed: u64 = std::env::var("SEED").unwrap().parse().unwrap();
    let rule = std::env::var("RULE").ok().map(|r| r.parse::<Rule>().unwrap());
    let mut rng = Rng::stream(seed, 0xfa17);
    let storm = std::env::var("STORM").is_ok();
    let mut setup = if storm { faults::storm_setup(seed, &mut rng) } else { faults::setup(seed, &mut rng) };
    let steps = if storm { faults::storm(&setup, &mut rng) } else { faults::faults(&setup, &mut rng) };
    setup.without = rule.into_iter().collect();
    let mut checks = Checks::new(&setup);
    let mut events = Vec::new();
    let mut run = Run::new(setup, steps, &mut events);
    let mut all = Vec::new();
    while run.now() < HEALED_AT && run.step(&mut events) {
        for event in events.drain(..) {
            checks.observe(&event);
            all.push(event);
        }
        if !checks.violations().is_empty() {
            break;
        }
    }
    let tail: usize = std::env::var("TAIL").ok().and_then(|t| t.parse().ok()).unwrap_or(60);
    let node = std::env::var("NODE").ok().and_then(|t| t.parse().ok()).map(mini_raft_core::raft::NodeId);
    let all: Vec<_> = all.iter().filter(|e| node.is_none() || e.node == node).collect();
    for e in &all[all.len().saturating_sub(tail)..] {
        println!("{:6} {} {:?} t{} {:?}", e.seq, e.at, e.node, e.term, e.kind);
    }
    println!("{:?}", checks.violations());
}
