//! Measures the simulator: `make bench-sim`.
//!
//! ```text
//! simulator            all of it, as text
//! simulator rate N     N simulated seconds of the opening scenario: events a second, alone, for the script
//! ```

use std::time::Instant;

use mini_raft_bench::{opening, simulate};
use mini_raft_core::rng::Rng;
use mini_raft_core::run::Run;
use mini_raft_core::scenario::Scenario;
use mini_raft_core::swarm::{Exercise, draw, examine};
use mini_raft_core::time::Micros;
use mini_raft_core::timeline::Timeline;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const HOUR: Micros = Micros::from_millis(3_600_000);
/// Where in a log the cost of an event is measured.
const LENGTHS: [u64; 4] = [1_000, 10_000, 100_000, 1_000_000];
/// Over so many entries each.
const WINDOW: u64 = 5_000;
const SEEKS: usize = 500;
const SEEDS: u64 = 500;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [] => {
            log_length();
            history();
            search();
        }
        [what, seconds] if what == "rate" => println!("{}", rate(seconds.parse().expect("a number"))),
        _ => panic!("usage: simulator [rate SECONDS]"),
    }
}

/// Events a second of the opening scenario, under all checks.
fn rate(seconds: u64) -> u64 {
    let start = Instant::now();
    let events = simulate(seconds);
    (events as f64 / start.elapsed().as_secs_f64()) as u64
}

/// What an event costs where the log is long: twenty quick clients, a snapshot every 1,000 entries.
fn log_length() {
    let clients: Vec<String> =
        (0..20).map(|client| format!(r#"{{"id":"c{client}","every_ms":1,"keys":4}}"#)).collect();
    let text = format!(
        r#"{{"version":1,"name":"busy","nodes":5,"seed":1,"config":{{"snapshot_every":1000}},"clients":[{}],"until_ms":3600000}}"#,
        clients.join(",")
    );
    let scenario = Scenario::from_json(&text).expect("a scenario");
    let mut events = Vec::new();
    let mut run = Run::new(scenario.setup.clone(), Vec::new(), &mut events);
    println!("{:>12}  {:>14}", "log entries", "ns an event");
    for length in LENGTHS {
        play_to(&mut run, length, &mut events);
        let (start, count) = (Instant::now(), run.world().event_count());
        play_to(&mut run, length + WINDOW, &mut events);
        let count = run.world().event_count() - count;
        println!("{length:>12}  {:>14.0}", start.elapsed().as_nanos() as f64 / count as f64);
    }
}

/// Plays until some log has so many entries, snapshots included.
fn play_to(run: &mut Run, length: u64, events: &mut Vec<mini_raft_core::sim::Event>) {
    let longest = |run: &Run| {
        let nodes = run.world().machines().iter().filter_map(|machine| machine.node());
        nodes.map(|node| node.log().last().index.0).max().unwrap_or(0)
    };
    while longest(run) < length {
        assert!(run.now() < HOUR, "the clients are quick enough");
        run.run_until(run.now() + Micros::from_millis(10), events);
        events.clear();
    }
}

/// An hour of the opening scenario with its history: memory, and how long it takes to be anywhere in it.
fn history() {
    let scenario = opening();
    let before = ALLOCATOR.current_usage();
    let start = Instant::now();
    let mut events = Vec::new();
    let mut timeline = Timeline::new(scenario.setup.clone(), scenario.moments(), &mut events);
    for second in 1..=3_600 {
        timeline.seek(Micros::from_millis(1_000 * second), &mut events);
        events.clear();
    }
    let megabytes = (ALLOCATOR.current_usage() - before) as f64 / 1e6;
    println!("an hour with its history: {:.1} s, {megabytes:.1} MB", start.elapsed().as_secs_f64());

    let mut rng = Rng::new(1);
    let mut spans: Vec<f64> = (0..SEEKS)
        .map(|_| {
            let at = Micros(rng.below(HOUR.0));
            let start = Instant::now();
            timeline.seek(at, &mut events);
            events.clear();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    spans.sort_by(f64::total_cmp);
    let mean = spans.iter().sum::<f64>() / SEEKS as f64;
    println!(
        "to go to any of {SEEKS} moments in it: {mean:.2} ms on average, {:.2} ms for 99 of 100, {:.2} ms at most",
        spans[SEEKS * 99 / 100],
        spans[SEEKS - 1]
    );
}

/// How many random scenarios are examined in a second, on one core.
fn search() {
    let mut exercise = Exercise::default();
    let start = Instant::now();
    for seed in 0..SEEDS {
        assert!(examine(&draw(seed), &mut exercise).is_none(), "seed {seed} finds something");
    }
    println!("random scenarios: {:.0} a second on one core", SEEDS as f64 / start.elapsed().as_secs_f64());
}
