//! What can be played, and how a play opens: shortly before the first election, so that nobody waits.

use mini_raft_core::scenario::Scenario;
use mini_raft_core::sim::{Event, Setup};
use mini_raft_core::time::Micros;
use mini_raft_core::timeline::Timeline;

/// How much of the reader's time passes before the first election timeout, in seconds.
const LEAD_S: f64 = 0.2;
/// The most simulated time before it, in milliseconds; a fast play would else open after it.
const LEAD_MS_MAX: f64 = 20.0;

/// The library, a scenario a line.
const LIBRARY: &str = include_str!(concat!(env!("OUT_DIR"), "/library.jsonl"));

/// The library; the page opens with the first.
pub(super) fn library() -> Vec<Scenario> {
    LIBRARY.lines().filter_map(|line| Scenario::from_json(line).ok()).collect()
}

/// Starts a play and runs it until shortly before its first election timeout, or its first step.
pub(super) fn open(play: &Scenario, seed: u64, speed: f64, events: &mut Vec<Event>) -> Timeline {
    let setup = Setup { seed, ..play.setup.clone() };
    let mut timeline = Timeline::new(setup, play.moments(), events);
    let machines = timeline.present().world().machines();
    let first_timeout = machines
        .iter()
        .filter_map(|machine| Some(machine.to_world(machine.node()?.election_timer()?.deadline)))
        .min();
    let first_step = play.steps.iter().map(|step| step.at).min();
    let lead = Micros::from_millis_f64((LEAD_S * 1_000.0 * speed).min(LEAD_MS_MAX));
    if let Some(at) = [first_timeout, first_step].into_iter().flatten().min() {
        timeline.seek(at - lead, events);
    }
    timeline
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_library_is_in_the_page() {
        let all: Vec<_> =
            mini_raft_core::scenario::library().iter().map(|builtin| builtin.scenario()).collect();
        assert_eq!(library(), all);
    }

    /// At first sight a leader is elected within two seconds of the reader's time, at the speed of the first sight.
    #[test]
    fn first_sight_shows_an_election_within_two_seconds() {
        let speed = crate::model::SPEED_AT_FIRST;
        let mut events = Vec::new();
        let play = &library()[0];
        let mut timeline = open(play, play.setup.seed, speed, &mut events);
        assert!(timeline.present().world().leader().is_none(), "it opens after the election");
        let started_at = timeline.present().now();
        timeline.seek(started_at + Micros((2_000_000.0 * speed) as u64), &mut events);
        assert!(timeline.present().world().leader().is_some(), "no leader within two seconds");
    }
}
