//! A search for runs in which something goes wrong, over scenarios that are drawn at random.
//!
//! [`draw`] makes a scenario of a seed, by swarm testing (Groce and others, 2012): every run draws its own set of faults,
//! sizes, timeouts and workload, since a run with everything in it often hides what a run with less would show. It has
//! a safety phase with faults, then a liveness phase: everything is healed, and within a bound there must be a leader, a
//! new commit, and all servers must have it. What must come true stands in the scenario as an expectation, so that a
//! file of it says everything.
//!
//! [`examine`] runs a scenario until something is wrong, [`Exercise`] counts what really happened in it, and [`minimize`]
//! looks for the smallest scenario that still fails in the same way. None of them draws from anything but the seed.

mod examine;
mod exercise;
mod faults;
mod minimize;
mod theme;
mod world;

pub use examine::{Finding, Wrong, examine};
pub use exercise::Exercise;
pub use minimize::{Minimized, minimize};

use crate::kv::{ClientId, Op};
use crate::raft::NodeId;
use crate::rng::Rng;
use crate::scenario::{Check, Expect, LeaderIs, Scenario, Step};
use crate::sim::command::{MessageFilter, NetworkChange};
use crate::sim::{Command, NetworkSetup, Setup, Target};
use crate::time::Micros;

use faults::{Disks, Plan};
use theme::Theme;

/// The stream of random numbers that scenarios are drawn from.
const STREAM: u64 = 0x5a7a;

/// Faults end after one of these spans.
const FAULTS_END_AT: [Micros; 3] =
    [Micros::from_millis(5_000), Micros::from_millis(10_000), Micros::from_millis(15_000)];

/// So long after everything was healed the cluster must work again: election timeouts, of which some may come to nothing
/// since messages are still to be dropped or held back, and attempts of clients that time out.
const RECOVERY: Micros = Micros::from_millis(8_000);

/// So long after it clients ask for the change that must come about, one after the other if there was no leader, and read
/// every key.
const PROBES_AFTER: [Micros; 3] =
    [Micros::from_millis(3_000), Micros::from_millis(5_000), Micros::from_millis(6_500)];

/// So many entries under way to each server let all of them catch up within [`RECOVERY`].
const WINDOW_MIN: u32 = 6;

/// The key and the value of that change.
const ALIVE: (&str, &str) = ("alive", "yes");

/// The scenario of this seed.
pub fn draw(seed: u64) -> Scenario {
    let mut rng = Rng::stream(seed, STREAM);
    let theme = Theme::draw(&mut rng);
    let mut setup = world::draw(seed, &mut rng);
    theme.shape(&mut setup, &mut rng);
    let healed_at = FAULTS_END_AT[rng.below(FAULTS_END_AT.len() as u64) as usize];
    let plan = Plan::draw(theme, &setup, &mut rng);
    let mut moments = faults::draw(&setup, &plan, healed_at, &mut rng);
    moments.extend(heal(&setup, &plan).into_iter().map(|command| (healed_at, command)));
    for (number, after) in (1..).zip(PROBES_AFTER) {
        moments.extend(probe(&setup, number).into_iter().map(|command| (healed_at + after, command)));
    }
    Scenario {
        name: format!("random scenario {seed}"),
        about: format!("Drawn from seed {seed}. Until {healed_at} this happens: {plan}."),
        steps: moments.into_iter().map(|(at, command)| Step { at, command }).collect(),
        until: healed_at + RECOVERY,
        expect: recovery(&setup, &plan),
        setup,
    }
}

/// Ends everything that is wrong with the world.
fn heal(setup: &Setup, plan: &Plan) -> Vec<Command> {
    let NetworkSetup { latency, loss, duplicate } = NetworkSetup::default();
    let change = NetworkChange { latency: Some(latency), loss: Some(loss), duplicate: Some(duplicate) };
    let every_message = MessageFilter { kind: None, from: None, to: None, count: 10_000, id: None };
    let mut steps = vec![
        Command::Heal { link: None },
        Command::Network { from: None, to: None, change },
        Command::Release(every_message),
    ];
    for node in (0..plan.servers(setup)).map(|id| Target::Node(NodeId(id))) {
        steps.push(Command::Restart { node });
        steps.push(Command::Resume { node });
        steps.push(Command::Clock { node, rate: 1.0 });
        steps.push(Command::Disk { node, sync: Some(Setup::default().disk.sync), fails: false });
    }
    steps
}

/// A client changes something, and reads what others have written.
fn probe(setup: &Setup, number: u32) -> Vec<Command> {
    let (key, value) = ALIVE;
    let client = ClientId::new(&format!("probe-{number}"));
    let ask = |op| Command::Request { client: client.clone(), op, to: Target::Leader };
    let keys = setup.clients.iter().map(|client| client.keys).max().unwrap_or(0);
    let reads = (0..keys).map(|key| ask(Op::Get { key: crate::sim::client::key_name(u64::from(key)) }));
    [ask(Op::Set { key: key.into(), value: value.into() })].into_iter().chain(reads).collect()
}

/// What must be true at the end.
fn recovery(setup: &Setup, plan: &Plan) -> Vec<Expect> {
    let config = &setup.config;
    // The servers that remember may be too few to go on, as they should be; and where voters do not withhold their votes,
    // servers that were removed may disrupt the others for ever (thesis 4.2.3).
    let may_be_lost = plan.disks() == Disks::ManyLost;
    let may_be_disrupted = plan.changes_members() && !config.pre_vote && !config.check_quorum;
    if may_be_lost || may_be_disrupted {
        return Vec::new();
    }
    let (key, value) = ALIVE;
    let applied = |node| Check::Applied { node, key: key.to_owned(), value: Some(value.to_owned()) };
    let mut checks = vec![Check::Leader(LeaderIs::Someone), applied(Target::Leader)];
    // With a small window a server that lost all may still be catching up.
    if !plan.changes_members() && config.max_entries_per_append * config.max_inflight >= WINDOW_MIN {
        checks.extend((0..setup.nodes).map(|id| applied(Target::Node(NodeId(id)))));
    }
    checks.into_iter().map(|check| Expect { at: None, checks: vec![check] }).collect()
}

#[cfg(test)]
mod tests;
