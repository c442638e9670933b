//! Whatever goes wrong, the laws of Raft hold; and when nothing goes wrong any more, the cluster works again.
//!
//! Each seed makes a world and fifteen seconds of faults: crashes, cuts, partitions, loss, duplicates, pauses, slow disks,
//! clocks that drift, elections by hand. All checks watch. Then everything is healed, and within a bound there must be
//! one leader, new commits, and equal state machines. That the faults were real is counted over all seeds.

use std::collections::BTreeMap;

use mini_raft_core::check::Property;
use mini_raft_core::kv::{ClientId, Outcome};
use mini_raft_core::raft::{Fact, Index, NodeId, RoleName};
use mini_raft_core::rng::Rng;
use mini_raft_core::run::Run;
use mini_raft_core::sim::command::{LinkTargets, MessageFilter, NetworkChange, TimerMove};
use mini_raft_core::sim::event::{ClientError, MessageKind, SnapshotOrigin};
use mini_raft_core::sim::{ClientSetup, Command, DropReason, Event, EventKind, Mix, Setup, Target};
use mini_raft_core::time::Micros;

const SEEDS: u64 = 400;

/// Faults happen until then.
const HEALED_AT: Micros = Micros::from_millis(15_000);

/// By then the cluster must work again: a few election timeouts, and attempts of clients that time out.
const WHOLE_AT: Micros = Micros::from_millis(20_000);

#[test]
fn whatever_goes_wrong_the_laws_hold_and_then_the_cluster_works_again() {
    let mut exercise = Exercise::default();
    for seed in 0..SEEDS {
        one_run(seed, &mut exercise);
    }
    exercise.assert_rich();
}

fn one_run(seed: u64, exercise: &mut Exercise) {
    let mut rng = Rng::stream(seed, 0xfa17);
    let setup = setup(seed, &mut rng);
    let steps = faults(&setup, &mut rng);
    let mut events = Vec::new();
    let mut run = Run::new(setup, steps, &mut events);
    run.run_until(HEALED_AT, &mut events);
    exercise.count(&events);
    events.clear();
    let committed_before = committed(&run);
    run.run_until(WHOLE_AT, &mut events);
    exercise.count(&events);

    for property in Property::ALL {
        let first = run.checks().violations().first();
        assert!(run.checks().status(*property).holds(), "seed {seed}: {property}: {first:?}");
    }
    let leader = run.world().leader();
    assert!(leader.is_some(), "seed {seed}: no leader after healing");
    let committed = committed(&run);
    assert!(
        committed.0 > committed_before.0 + 5,
        "seed {seed}: {committed_before} committed when healed, {committed} long after"
    );
    let answered =
        events.iter().filter(|event| matches!(event.kind, EventKind::Return { result: Ok(_), .. }));
    assert!(answered.count() > 10, "seed {seed}: clients get no answers after healing");
    for machine in run.world().machines() {
        let applied = machine.node().map(|node| node.last_applied()).unwrap_or_default();
        assert!(applied.0 + 50 > committed.0, "seed {seed}: {} is at {applied} of {committed}", machine.id());
    }
}

fn committed(run: &Run) -> Index {
    let nodes = run.world().machines().iter().filter_map(|machine| machine.node());
    nodes.map(|node| node.commit_index()).max().unwrap_or_default()
}

fn setup(seed: u64, rng: &mut Rng) -> Setup {
    let mut setup = Setup { nodes: 3 + 2 * rng.below(2) as u32, seed, ..Setup::default() };
    setup.config.snapshot_every = rng.between(5, 60);
    setup.config.max_entries_per_append = rng.between(1, 8) as u32;
    setup.config.max_inflight = rng.between(1, 8) as u32;
    setup.config.pre_vote = rng.chance(0.7);
    setup.config.check_quorum = rng.chance(0.7);
    setup.network.latency = (Micros(1_000), Micros(rng.between(5_000, 40_000)));
    setup.network.loss = if rng.chance(0.5) { 0.05 } else { 0.0 };
    setup.network.duplicate = if rng.chance(0.5) { 0.1 } else { 0.0 };
    setup.disk.sync = (Micros(200), Micros(rng.between(500, 10_000)));
    for number in 1..=rng.between(1, 4) {
        setup.clients.push(ClientSetup {
            id: ClientId::new(&format!("c{number}")),
            every: Micros::from_millis(rng.between(20, 200)),
            mix: Mix { set: 3, get: 2, cas: 2, delete: 1, append: 2 },
            keys: 4,
        });
    }
    setup
}

/// Faults at random moments, and at the end everything that heals them.
fn faults(setup: &Setup, rng: &mut Rng) -> Vec<(Micros, Command)> {
    let mut steps = Vec::new();
    let mut at = Micros::from_millis(500);
    loop {
        at += rng.span(Micros::from_millis(10), Micros::from_millis(500));
        if at >= HEALED_AT {
            break;
        }
        steps.push((at, fault(setup, rng)));
    }
    let mut heal = vec![
        Command::Heal { link: None },
        Command::Network {
            from: None,
            to: None,
            change: NetworkChange {
                latency: Some((Micros(5_000), Micros(15_000))),
                loss: Some(0.0),
                duplicate: Some(0.0),
            },
        },
        Command::Release(MessageFilter { count: 10_000, ..any_message() }),
    ];
    for node in (0..setup.nodes).map(|id| Target::Node(NodeId(id))) {
        heal.push(Command::Restart { node });
        heal.push(Command::Resume { node });
        heal.push(Command::Clock { node, rate: 1.0 });
        heal.push(Command::Disk { node, sync: Some((Micros(500), Micros(2_000))) });
    }
    steps.extend(heal.into_iter().map(|command| (HEALED_AT, command)));
    steps
}

fn fault(setup: &Setup, rng: &mut Rng) -> Command {
    let node = any_target(setup, rng);
    let other = any_target(setup, rng);
    match rng.below(24) {
        0 | 1 => Command::Crash { node },
        2..=4 => Command::Restart { node: any_node(setup, rng) },
        5 => Command::Pause { node },
        6 | 7 => Command::Resume { node: any_node(setup, rng) },
        8 => Command::Cut { from: node, to: other, both: rng.chance(0.5) },
        9 => Command::Heal { link: Some(LinkTargets { from: node, to: other, both: true }) },
        10 | 11 => Command::Heal { link: None },
        12 => {
            let mut groups = vec![Vec::new(), Vec::new()];
            for id in 0..setup.nodes {
                groups[rng.below(2) as usize].push(Target::Node(NodeId(id)));
            }
            Command::Partition { groups }
        }
        13 => Command::Network {
            from: rng.chance(0.5).then_some(node),
            to: rng.chance(0.5).then_some(other),
            change: NetworkChange {
                latency: Some((Micros(500), Micros(rng.between(1_000, 120_000)))),
                loss: Some(rng.below(30) as f64 / 100.0),
                duplicate: Some(rng.below(30) as f64 / 100.0),
            },
        },
        14 => Command::Disk { node, sync: Some((Micros(200), Micros(rng.between(1_000, 200_000)))) },
        15 => Command::Clock { node, rate: rng.between(80, 125) as f64 / 100.0 },
        16 => Command::Timeout { node },
        17 => Command::Timers { how: if rng.chance(0.5) { TimerMove::Spread } else { TimerMove::Align } },
        18 => Command::Snapshot { node },
        19 => Command::Transfer { to: node },
        20 => Command::Drop(some_messages(node, other, rng)),
        21 => Command::Hold(some_messages(node, other, rng)),
        22 => Command::Release(MessageFilter { count: 1_000, ..any_message() }),
        _ => Command::Duplicate(some_messages(node, other, rng)),
    }
}

fn any_node(setup: &Setup, rng: &mut Rng) -> Target {
    Target::Node(NodeId(rng.below(u64::from(setup.nodes)) as u32))
}

fn any_target(setup: &Setup, rng: &mut Rng) -> Target {
    match rng.below(10) {
        0 | 1 => Target::Leader,
        2 => Target::Follower,
        3 => Target::Candidate,
        _ => any_node(setup, rng),
    }
}

fn any_message() -> MessageFilter {
    MessageFilter { kind: None, from: None, to: None, count: 1, id: None }
}

fn some_messages(from: Target, to: Target, rng: &mut Rng) -> MessageFilter {
    let kinds = MessageKind::ALL;
    MessageFilter {
        kind: rng.chance(0.5).then(|| kinds[rng.below(kinds.len() as u64) as usize]),
        from: rng.chance(0.3).then_some(from),
        to: rng.chance(0.3).then_some(to),
        count: rng.between(1, 6) as u32,
        id: None,
    }
}

/// What happened in all runs together.
#[derive(Debug, Default)]
struct Exercise {
    counts: BTreeMap<&'static str, u64>,
}

/// What must have happened in a good part of the runs, or they prove little.
const WANTED: &[&str] = &[
    "leader elected",
    "leader stepped down",
    "crash",
    "crash that lost entries",
    "restart",
    "pause",
    "conflict removed",
    "append refused",
    "snapshot taken",
    "snapshot installed",
    "snapshot ignored",
    "old term not counted",
    "leadership transferred",
    "message lost",
    "message on a cut link",
    "message to a node that is down",
    "message dropped by hand",
    "operation done",
    "operation that may be done given up",
    "read",
];

impl Exercise {
    fn count(&mut self, events: &[Event]) {
        for event in events {
            if let Some(what) = noteworthy(event) {
                *self.counts.entry(what).or_default() += 1;
            }
        }
    }

    fn assert_rich(&self) {
        for what in WANTED {
            let count = self.counts.get(what).copied().unwrap_or_default();
            assert!(count >= SEEDS / 20, "only {count} times in {SEEDS} runs: {what}\n{self:?}");
        }
    }
}

fn noteworthy(event: &Event) -> Option<&'static str> {
    Some(match &event.kind {
        EventKind::Fact(fact) => match fact {
            Fact::RoleChanged { to: RoleName::Leader, .. } => "leader elected",
            Fact::RoleChanged { from: RoleName::Leader, .. } => "leader stepped down",
            Fact::ConflictRemoved { .. } => "conflict removed",
            Fact::AppendRefused { .. } => "append refused",
            Fact::SnapshotIgnored { .. } => "snapshot ignored",
            Fact::OldTermNotCounted { .. } => "old term not counted",
            Fact::TimeoutNowSent { .. } => "leadership transferred",
            Fact::ReadConfirmed { .. } => "read",
            _ => return None,
        },
        EventKind::Crash { lost: Some(_) } => "crash that lost entries",
        EventKind::Crash { lost: None } => "crash",
        EventKind::Restart { .. } => "restart",
        EventKind::Pause => "pause",
        EventKind::Snapshot { origin: SnapshotOrigin::Taken, .. } => "snapshot taken",
        EventKind::Snapshot { origin: SnapshotOrigin::Installed, .. } => "snapshot installed",
        EventKind::Drop { why, .. } => match why {
            DropReason::Lost => "message lost",
            DropReason::Cut => "message on a cut link",
            DropReason::Down => "message to a node that is down",
            DropReason::ByHand => "message dropped by hand",
        },
        EventKind::Return { result: Ok(_), .. } => "operation done",
        EventKind::Return { result: Err(ClientError::Unknown), .. } => "operation that may be done given up",
        EventKind::Return { result: Err(ClientError::Rejected), .. } => "operation not done",
        EventKind::Apply { outcome: Some(Outcome::Stale), .. } => "request too late",
        EventKind::Skipped { .. } => "step without a target",
        _ => return None,
    })
}
