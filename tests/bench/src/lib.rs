//! The simulator at work, for measuring: natively in `src/bin/simulator.rs`, and as wasm in `scripts/bench-sim.mjs`,
//! which calls [`simulate_seconds`].

use mini_raft_core::run::Run;
use mini_raft_core::scenario::{Scenario, builtin};
use mini_raft_core::time::Micros;

/// The scenario that the page opens with.
pub fn opening() -> Scenario {
    builtin("default").expect("the library has it").scenario()
}

/// Plays so many simulated seconds of the scenario that the page opens with, under all checks. Returns how many events
/// that were.
pub fn simulate(seconds: u64) -> u64 {
    let scenario = opening();
    let mut events = Vec::new();
    let mut run = Run::new(scenario.setup.clone(), scenario.moments(), &mut events);
    for second in 1..=seconds {
        run.run_until(Micros::from_millis(1_000 * second), &mut events);
        events.clear();
    }
    run.world().event_count()
}

/// [`simulate`], to be called from JavaScript.
#[unsafe(no_mangle)]
pub extern "C" fn simulate_seconds(seconds: u32) -> u32 {
    simulate(u64::from(seconds)) as u32
}
