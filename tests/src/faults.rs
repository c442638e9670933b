//! Worlds and faults at random, for the tests that say what must hold whatever happens.

use mini_raft_core::kv::ClientId;
use mini_raft_core::raft::NodeId;
use mini_raft_core::rng::Rng;
use mini_raft_core::sim::command::{LinkTargets, MessageFilter, NetworkChange, TimerMove};
use mini_raft_core::sim::event::MessageKind;
use mini_raft_core::sim::{ClientSetup, Command, Mix, Setup, Target};
use mini_raft_core::time::Micros;

/// Faults happen until then.
pub const HEALED_AT: Micros = Micros::from_millis(15_000);

/// Mostly the usual sizes, but the odd ones too.
const SIZES: [u32; 8] = [1, 2, 3, 3, 4, 5, 5, 7];

/// A world of 1 to 7 servers, with its network, disks and clients.
pub fn setup(seed: u64, rng: &mut Rng) -> Setup {
    let mut setup = Setup { nodes: SIZES[rng.below(8) as usize], seed, ..Setup::default() };
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

/// Faults at random moments, and at [`HEALED_AT`] everything that heals them.
pub fn faults(setup: &Setup, rng: &mut Rng) -> Vec<(Micros, Command)> {
    let mut steps = Vec::new();
    let mut at = Micros::from_millis(500);
    loop {
        at += rng.span(Micros::from_millis(10), Micros::from_millis(500));
        if at >= HEALED_AT {
            break;
        }
        steps.push((at, fault(setup, rng)));
    }
    // One lost disk at most: a majority of servers that remember their promises must be left.
    if setup.nodes >= 3 && rng.chance(0.25) {
        let node = any_node(setup, rng);
        let at = rng.span(Micros::from_millis(2_000), HEALED_AT);
        let place = steps.partition_point(|(other, _)| *other <= at);
        let loss = [Command::Crash { node }, Command::Wipe { node }, Command::Restart { node }];
        steps.splice(place..place, loss.map(|command| (at, command)));
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
        heal.push(Command::Disk { node, sync: Some((Micros(500), Micros(2_000))), fails: false });
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
        14 => Command::Disk {
            node,
            sync: Some((Micros(200), Micros(rng.between(1_000, 200_000)))),
            fails: false,
        },
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

/// A world of 5 servers that is always on the edge of an election: no pre-vote, no check of the quorum, few entries
/// in a message, few messages under way.
pub fn storm_setup(seed: u64, rng: &mut Rng) -> Setup {
    let mut setup = setup(seed, rng);
    setup.nodes = 5;
    setup.config.snapshot_every = if rng.chance(0.5) { rng.between(3, 15) } else { 0 };
    setup.config.max_entries_per_append = rng.between(1, 2) as u32;
    setup.config.max_inflight = rng.between(1, 3) as u32;
    setup.config.pre_vote = rng.chance(0.2);
    setup.config.check_quorum = false;
    setup.network.latency = (Micros(1_000), Micros(rng.between(2_000, 120_000)));
    setup.clients.truncate(2);
    setup
}

/// Elections without end: the leader is cut off, crashes or is challenged several times a second, and messages of old
/// terms come late.
pub fn storm(setup: &Setup, rng: &mut Rng) -> Vec<(Micros, Command)> {
    let mut steps = Vec::new();
    let mut at = Micros::from_millis(300);
    while at < HEALED_AT {
        steps.push((at, squall(setup, rng)));
        at += rng.span(Micros::from_millis(2), Micros::from_millis(80));
    }
    steps
}

fn squall(setup: &Setup, rng: &mut Rng) -> Command {
    let node = any_node(setup, rng);
    match rng.below(20) {
        0 | 1 => Command::Crash { node: if rng.chance(0.6) { Target::Leader } else { node } },
        2..=5 => Command::Restart { node },
        6..=9 => Command::Timeout { node },
        10 | 11 => Command::Heal { link: None },
        12..=14 => {
            // The leader with one or two others, or a node alone.
            let mut groups = vec![vec![if rng.chance(0.7) { Target::Leader } else { node }], Vec::new()];
            for id in 0..setup.nodes {
                groups[usize::from(rng.chance(0.6))].push(Target::Node(NodeId(id)));
            }
            Command::Partition { groups }
        }
        15 => Command::Cut { from: Target::Leader, to: node, both: rng.chance(0.5) },
        16 => Command::Duplicate(some_messages(node, Target::Leader, rng)),
        17 | 18 => Command::Hold(some_messages(node, Target::Leader, rng)),
        _ => Command::Release(MessageFilter { count: 1_000, ..any_message() }),
    }
}

/// A world whose members come and go.
pub fn churn_setup(seed: u64, rng: &mut Rng) -> Setup {
    let mut setup = storm_setup(seed, rng);
    setup.nodes = 2 + rng.below(3) as u32;
    setup.network.latency = (Micros(1_000), Micros(rng.between(2_000, 30_000)));
    setup
}

/// Servers are added, removed, made learners, and lose their disks, while leaders are cut off and crash.
pub fn churn(setup: &Setup, rng: &mut Rng) -> Vec<(Micros, Command)> {
    let mut steps = Vec::new();
    let mut at = Micros::from_millis(300);
    while at < HEALED_AT {
        let step = match rng.below(10) {
            0..=3 => members(setup, rng),
            4 if rng.chance(0.3) => Command::Wipe { node: any_server(setup, rng) },
            _ => squall(setup, rng),
        };
        steps.push((at, step));
        at += rng.span(Micros::from_millis(5), Micros::from_millis(150));
    }
    steps
}

fn members(setup: &Setup, rng: &mut Rng) -> Command {
    let (mut add, mut remove, mut learners) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rng.between(1, 3) {
        let server = any_server(setup, rng);
        match rng.below(5) {
            0 | 1 => add.push(server),
            2 | 3 => remove.push(server),
            _ => learners.push(server),
        }
    }
    Command::Members { add, remove, learners }
}

/// One of those that are there from the beginning, or of two more.
fn any_server(setup: &Setup, rng: &mut Rng) -> Target {
    Target::Node(NodeId(rng.below(u64::from(setup.nodes) + 2) as u32))
}
