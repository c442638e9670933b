//! A search for runs in which something goes wrong, over scenarios that are drawn at random.
//!
//! [`draw`] makes a scenario of a seed, by swarm testing (Groce and others, 2012): every run draws its own set of faults,
//! sizes, timeouts and workload, since a run with everything in it often hides what a run with less would show. It has
//! a safety phase with faults, then a liveness phase: everything is healed, and within a bound there must be a leader (the
//! one that somebody asks for, where that is possible), a new commit, and all servers must have it. What must come true
//! stands in the scenario as an expectation, so that a file of it says everything.
//!
//! [`examine`] runs a scenario until something is wrong, [`Exercise`] counts what really happened in it, and [`minimize`]
//! looks for the smallest scenario that still fails in the same way. None of them draws from anything but the seed.
//! [`unmask`] shows that the search finds what it is for: a rule that is left out.

mod examine;
mod exercise;
mod faults;
mod minimize;
mod mutant;
mod theme;
mod world;

pub use examine::{Finding, Wrong, examine};
pub use exercise::Exercise;
pub use minimize::{Minimized, minimize};
pub use mutant::{draw_without, unmask};

use crate::kv::{ClientId, Op};
use crate::raft::NodeId;
use crate::rng::Rng;
use crate::scenario::{Check, Expect, LeaderIs, Scenario, Step};
use crate::sim::command::{MessageFilter, NetworkChange};
use crate::sim::event::MessageKind;
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

/// So long after it somebody asks for a certain server to lead, until it does.
const HANDOVERS_AFTER: [Micros; 3] =
    [Micros::from_millis(2_500), Micros::from_millis(4_000), Micros::from_millis(5_800)];

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
    let heir = heir(&setup, &plan, &moments, &mut rng);
    if let Some(heir) = heir {
        let to = Target::Node(heir);
        moments.extend(HANDOVERS_AFTER.map(|after| (healed_at + after, Command::Transfer { to })));
    }
    moments.sort_by_key(|(at, _)| *at);
    Scenario {
        name: format!("random scenario {seed}"),
        about: format!("Drawn from seed {seed}. Until {healed_at} this happens: {plan}."),
        steps: moments.into_iter().map(|(at, command)| Step { at, command }).collect(),
        until: healed_at + RECOVERY,
        expect: recovery(&setup, &plan, heir),
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
        // A server that goes on may be told of a write that failed, and stop.
        steps.push(Command::Resume { node });
        steps.push(Command::Clock { node, rate: 1.0 });
        steps.push(Command::Disk { node, sync: Some(Setup::default().disk.sync), fails: false });
        steps.push(Command::Restart { node });
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

/// A server to which leadership must go when it is asked for: it is a voter, remembers all, catches up in time, and no
/// order waits for the message that tells it to take over.
fn heir(setup: &Setup, plan: &Plan, moments: &[(Micros, Command)], rng: &mut Rng) -> Option<NodeId> {
    let heir = NodeId(rng.below(u64::from(setup.nodes)) as u32);
    let waits_for_it = |(_, command): &(Micros, Command)| match command {
        Command::Drop(filter) | Command::Hold(filter) => filter.kind == Some(MessageKind::TimeoutNow),
        _ => false,
    };
    let is_told = !moments.iter().any(waits_for_it);
    (plan.disks() == Disks::Kept && is_told && catch_up(setup, plan)).then_some(heir)
}

/// Whether all servers stay in the cluster, and have everything soon. With a small window one that lost all may not.
fn catch_up(setup: &Setup, plan: &Plan) -> bool {
    let window = setup.config.max_entries_per_append * setup.config.max_inflight;
    !plan.changes_members() && window >= WINDOW_MIN
}

/// What must be true at the end.
fn recovery(setup: &Setup, plan: &Plan, heir: Option<NodeId>) -> Vec<Expect> {
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
    let leader = heir.map_or(LeaderIs::Someone, LeaderIs::Node);
    let mut checks = vec![Check::Leader(leader), applied(Target::Leader)];
    if catch_up(setup, plan) {
        checks.extend((0..setup.nodes).map(|id| applied(Target::Node(NodeId(id)))));
    }
    checks.into_iter().map(|check| Expect { at: None, checks: vec![check] }).collect()
}

#[cfg(test)]
mod tests;
