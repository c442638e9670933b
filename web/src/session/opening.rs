//! What can be played, and how a play opens: shortly before the first election, so that nobody waits.

use mini_raft_core::scenario::Scenario;
use mini_raft_core::scenario::packed::unpack;
use mini_raft_core::sim::{Command, Event, Setup};
use mini_raft_core::time::Micros;
use mini_raft_core::timeline::Timeline;

/// How much of the reader's time passes before the first election timeout, in seconds.
const LEAD_S: f64 = 0.2;
/// The most simulated time before it, in milliseconds; a fast play would else open after it.
const LEAD_MS_MAX: f64 = 20.0;

/// A world and what is done to it.
pub(super) struct Stageplay {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) setup: Setup,
    pub(super) steps: Vec<(Micros, Command)>,
}

/// The library, as `build.rs` packed it: reading JSON would make the page larger than all it says.
const LIBRARY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/library.bin"));

/// The library; the page opens with the first.
pub(super) fn stageplays() -> Vec<Stageplay> {
    unpack(LIBRARY)
        .into_iter()
        .map(|scenario| {
            let Scenario { name, about, setup, steps, .. } = scenario;
            let steps = steps.into_iter().map(|step| (step.at, step.command)).collect();
            Stageplay { name, about, setup, steps }
        })
        .collect()
}

/// Starts a play and runs it until shortly before its first election timeout, or its first step.
pub(super) fn open(play: &Stageplay, seed: u64, speed: f64, events: &mut Vec<Event>) -> Timeline {
    let setup = Setup { seed, ..play.setup.clone() };
    let mut timeline = Timeline::new(setup, play.steps.clone(), events);
    let machines = timeline.present().world().machines();
    let first_timeout = machines
        .iter()
        .filter_map(|machine| Some(machine.to_world(machine.node()?.election_timer()?.deadline)))
        .min();
    let first_step = play.steps.iter().map(|(at, _)| *at).min();
    let lead = Micros::from_millis_f64((LEAD_S * 1_000.0 * speed).min(LEAD_MS_MAX));
    if let Some(at) = [first_timeout, first_step].into_iter().flatten().min() {
        timeline.seek(at - lead, events);
    }
    timeline
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At first sight a leader is elected within two seconds of the reader's time, at the speed of the first sight.
    #[test]
    fn first_sight_shows_an_election_within_two_seconds() {
        let speed = crate::model::SPEED_AT_FIRST;
        let mut events = Vec::new();
        let play = &stageplays()[0];
        let mut timeline = open(play, play.setup.seed, speed, &mut events);
        assert!(timeline.present().world().leader().is_none(), "it opens after the election");
        let started_at = timeline.present().now();
        timeline.seek(started_at + Micros((2_000_000.0 * speed) as u64), &mut events);
        assert!(timeline.present().world().leader().is_some(), "no leader within two seconds");
    }
}
