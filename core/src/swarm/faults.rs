//! Faults at random: a plan says which kinds of them a run has and how often, and steps are drawn by it.

use std::fmt;

use super::theme::{Theme, pick};
use crate::kv::{ClientId, Op};
use crate::raft::NodeId;
use crate::rng::Rng;
use crate::scenario::limits;
use crate::sim::client::key_name;
use crate::sim::command::{LinkTargets, MessageFilter, NetworkChange, TimerMove};
use crate::sim::event::MessageKind;
use crate::sim::{Command, Setup, Target};
use crate::time::Micros;

/// A kind of fault, or of what somebody does to a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Crash,
    CrashLeader,
    Pause,
    Cut,
    Halves,
    LeaderAway,
    Coup,
    Network,
    Link,
    Disk,
    DiskFails,
    Clock,
    Timeout,
    Timers,
    Snapshot,
    Transfer,
    Drop,
    Hold,
    Duplicate,
    Members,
    Rift,
    Ask,
    // What undoes others, and comes with them.
    Restart,
    Resume,
    HealLink,
    Heal,
    Release,
}

/// The kinds that are drawn, each with its words and with what undoes it.
const KINDS: [(Kind, &str, Option<Kind>); 22] = [
    (Kind::Crash, "crashes", Some(Kind::Restart)),
    (Kind::CrashLeader, "crashes of the leader", Some(Kind::Restart)),
    (Kind::Pause, "pauses", Some(Kind::Resume)),
    (Kind::Cut, "cut links", Some(Kind::HealLink)),
    (Kind::Halves, "partitions", Some(Kind::Heal)),
    (Kind::LeaderAway, "leaders cut off", Some(Kind::Heal)),
    (Kind::Coup, "leaders cut off as they change", Some(Kind::Heal)),
    (Kind::Network, "bad networks", None),
    (Kind::Link, "bad links", None),
    (Kind::Disk, "slow disks", None),
    (Kind::DiskFails, "writes that fail", Some(Kind::Restart)),
    (Kind::Clock, "clocks that drift", None),
    (Kind::Timeout, "election timeouts", None),
    (Kind::Timers, "election timers moved", None),
    (Kind::Snapshot, "snapshots", None),
    (Kind::Transfer, "transfers of leadership", None),
    (Kind::Drop, "lost messages", None),
    (Kind::Hold, "messages held back", Some(Kind::Release)),
    (Kind::Duplicate, "messages twice", None),
    (Kind::Members, "changes of membership", None),
    (Kind::Rift, "leaders cut off as members change", Some(Kind::Heal)),
    (Kind::Ask, "clients that ask any server", None),
];

/// So many servers are made later where members change.
const MORE_SERVERS: u32 = 2;

/// How many disks may be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Disks {
    /// None.
    Kept,
    /// One: a majority of servers that remember their promises is left.
    OneLost,
    /// Any number of them.
    ManyLost,
}

/// What may happen in a run.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// Each kind with its weight.
    kinds: Vec<(Kind, u64)>,
    rhythm: (Micros, Micros),
    disks: Disks,
}

impl Plan {
    pub(super) fn draw(theme: Theme, setup: &Setup, rng: &mut Rng) -> Plan {
        let kinds = match theme.kinds() {
            [] => Plan::any_kinds(rng),
            base => Plan::most_kinds(base, rng),
        };
        let rhythm = theme.rhythm(rng);
        let changes_members = changes_members(&kinds);
        let disks = match rng.below(10) {
            0..=6 => Disks::Kept,
            7 | 8 if setup.nodes >= 3 && !changes_members => Disks::OneLost,
            7 | 8 => Disks::Kept,
            _ => Disks::ManyLost,
        };
        Plan { kinds, rhythm, disks }
    }

    /// Most of these kinds, with other weights, and what undoes others.
    fn most_kinds(base: &[(Kind, u64)], rng: &mut Rng) -> Vec<(Kind, u64)> {
        let mut kinds = Vec::new();
        for (kind, weight) in base {
            let undoes = !KINDS.iter().any(|(drawn, ..)| drawn == kind);
            if undoes || rng.chance(0.8) {
                kinds.push((*kind, weight * rng.between(1, 3)));
            }
        }
        kinds
    }

    /// Any of the kinds, with any weights.
    fn any_kinds(rng: &mut Rng) -> Vec<(Kind, u64)> {
        let mut kinds: Vec<(Kind, u64)> = Vec::new();
        let share = [0.25, 0.5, 0.75][rng.below(3) as usize];
        for (kind, _, undone_by) in KINDS {
            if rng.chance(share) {
                let weight = rng.between(1, 4);
                kinds.push((kind, weight));
                let undoing = weight * rng.between(1, 3);
                match undone_by.map(|undo| (undo, kinds.iter_mut().find(|(known, _)| *known == undo))) {
                    Some((_, Some((_, weight)))) => *weight += undoing,
                    Some((undo, None)) => kinds.push((undo, undoing)),
                    None => {}
                }
            }
        }
        if kinds.is_empty() {
            kinds = vec![(Kind::CrashLeader, 1), (Kind::Restart, 1)];
        }
        kinds
    }

    pub(super) fn disks(&self) -> Disks {
        self.disks
    }

    pub(super) fn changes_members(&self) -> bool {
        changes_members(&self.kinds)
    }

    /// How many servers there may be, those that are made later included.
    pub(super) fn servers(&self, setup: &Setup) -> u32 {
        if self.changes_members() { (setup.nodes + MORE_SERVERS).min(limits::NODES) } else { setup.nodes }
    }

    /// All of them.
    fn all(&self, setup: &Setup) -> impl Iterator<Item = Target> + use<> {
        (0..self.servers(setup)).map(|id| Target::Node(NodeId(id)))
    }
}

fn changes_members(kinds: &[(Kind, u64)]) -> bool {
    kinds.iter().any(|(kind, _)| matches!(kind, Kind::Members | Kind::Rift))
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has = |wanted: Kind| self.kinds.iter().any(|(kind, _)| *kind == wanted);
        let words = KINDS.iter().filter(|(kind, ..)| has(*kind)).map(|(_, words, _)| *words);
        let disks = match self.disks {
            Disks::Kept => None,
            Disks::OneLost => Some("a lost disk"),
            Disks::ManyLost => Some("lost disks"),
        };
        f.write_str(&words.chain(disks).collect::<Vec<_>>().join(", "))
    }
}

/// What happens until `end`, at random moments.
pub(super) fn draw(setup: &Setup, plan: &Plan, end: Micros, rng: &mut Rng) -> Vec<(Micros, Command)> {
    let mut steps = Vec::new();
    let (mut asked, mut ordered) = (0, 0);
    // A single server has too few messages for orders to come to an end.
    let ordered_max = if plan.servers(setup) > 1 { ORDERED_MAX } else { 0 };
    let mut at = Micros::from_millis(rng.between(100, 1_000));
    if plan.changes_members() {
        // They are made by the first step that names them and finds a leader.
        let learners: Vec<Target> = plan.all(setup).skip(setup.nodes as usize).collect();
        let (add, remove) = (Vec::new(), Vec::new());
        steps.push((at, Command::Members { add, remove, learners }));
    }
    let has_leases = setup.config.lease_drift_percent.is_some();
    if plan.kinds.iter().any(|(kind, _)| *kind == Kind::Clock) && (has_leases || rng.chance(0.5)) {
        let nodes = (0..setup.nodes).map(|id| Target::Node(NodeId(id)));
        steps.extend(nodes.map(|node| (at, Command::Clock { node, rate: drifting(setup, rng) })));
    }
    while at < end && steps.len() < STEPS_MAX {
        match pick(&plan.kinds, rng) {
            Kind::Ask if asked == ASKED_MAX => {}
            Kind::Ask => {
                asked += 1;
                steps.push((at, ask(setup, asked, rng)));
            }
            Kind::LeaderAway => steps.extend(leader_away(setup, plan, rng).into_iter().map(|cut| (at, cut))),
            Kind::Coup => {
                let node = any_server(setup, plan, rng);
                let begin =
                    if rng.chance(0.5) { Command::Timeout { node } } else { Command::Transfer { to: node } };
                steps.push((at, begin));
                let way = setup.network.latency.1;
                let soon = at + rng.span(Micros(way.0 / 2), way + way + setup.disk.sync.1);
                steps.extend(leader_away(setup, plan, rng).into_iter().map(|cut| (soon, cut)));
            }
            Kind::Rift => {
                steps.push((at, members(setup, plan, rng)));
                let round = setup.network.latency.1 + setup.network.latency.1 + setup.disk.sync.1;
                let soon = at + rng.span(Micros::ZERO, round + round);
                steps.extend(leader_away(setup, plan, rng).into_iter().map(|cut| (soon, cut)));
            }
            // The leader is the last to learn that it leads no more.
            Kind::Clock if rng.chance(0.5) => {
                let quick = plan.all(setup).map(|node| Command::Clock { node, rate: drift(setup, 1.0) });
                let slow = Command::Clock { node: Target::Leader, rate: drift(setup, -1.0) };
                steps.extend(quick.chain([slow]).map(|command| (at, command)));
            }
            Kind::Drop | Kind::Hold | Kind::Duplicate if ordered == ordered_max => {}
            kind => {
                ordered += usize::from(matches!(kind, Kind::Drop | Kind::Hold | Kind::Duplicate));
                steps.push((at, step(setup, plan, kind, rng)));
            }
        }
        at += rng.span(plan.rhythm.0, plan.rhythm.1);
    }
    let lost = match plan.disks {
        Disks::Kept => 0,
        Disks::OneLost => 1,
        Disks::ManyLost => rng.between(1, 5),
    };
    steps.retain(|(at, _)| *at < end);
    steps.sort_by_key(|(at, _)| *at);
    for _ in 0..lost {
        let node = any_node(setup, rng);
        let at = rng.span(Micros::from_millis(1_000), Micros(end.0 - 1));
        let place = steps.partition_point(|(other, _)| *other <= at);
        let loss = [Command::Crash { node }, Command::Wipe { node }, Command::Restart { node }];
        steps.splice(place..place, loss.map(|command| (at, command)));
        if plan.changes_members() {
            steps.extend(admission(node, at, rng).into_iter().filter(|(at, _)| *at < end));
            steps.sort_by_key(|(at, _)| *at);
        }
    }
    steps
}

/// A server that lost its disk at this moment leaves, and comes back as a new one.
fn admission(node: Target, lost_at: Micros, rng: &mut Rng) -> [(Micros, Command); 2] {
    let mut soon = || rng.span(Micros::from_millis(20), Micros::from_millis(700));
    let leaves_at = lost_at + soon();
    let comes_at = leaves_at + soon();
    let change = |add, remove| Command::Members { add, remove, learners: Vec::new() };
    [(leaves_at, change(Vec::new(), vec![node])), (comes_at, change(vec![node], Vec::new()))]
}

/// The leader can reach nobody, or nobody but a few. Often all others reach each other, so that they elect the next.
fn leader_away(setup: &Setup, plan: &Plan, rng: &mut Rng) -> Vec<Command> {
    let (share, both) = ([0.5, 1.0, 1.0][rng.below(3) as usize], rng.chance(0.7));
    let heal = rng.chance(0.6).then_some(Command::Heal { link: None });
    let mut others: Vec<Target> = plan.all(setup).collect();
    others.retain(|_| rng.chance(share));
    let cut = |to| Command::Cut { from: Target::Leader, to, both };
    heal.into_iter().chain(others.into_iter().map(cut)).collect()
}

/// The rate of a clock, often one of the extremes.
fn drifting(setup: &Setup, rng: &mut Rng) -> f64 {
    let share = [-100, 100, rng.between(0, 200) as i64 - 100][rng.below(3) as usize];
    drift(setup, share as f64 / 100.0)
}

/// The rate of a clock that is ahead by this share of what is possible. Leases rely on clocks that drift no further.
fn drift(setup: &Setup, share: f64) -> f64 {
    let percent = f64::from(setup.config.lease_drift_percent.unwrap_or(50));
    (100.0 + (percent * share).round()) / 100.0
}

/// What is ordered for messages that are not under way yet still stands when all is healed: not too much of it.
const ORDERED_MAX: usize = 30;

/// Of the steps that a scenario may have, some are left for the end.
const STEPS_MAX: usize = limits::STEPS - 100;

/// Of the operations that a scenario may ask for, some are left for the end.
const ASKED_MAX: usize = limits::OPERATIONS - 40;

fn step(setup: &Setup, plan: &Plan, kind: Kind, rng: &mut Rng) -> Command {
    let node = any_target(setup, plan, rng);
    let mut other = any_target(setup, plan, rng);
    if node == other {
        // A link has two ends.
        other = if node == Target::Leader { Target::Follower } else { Target::Leader };
    }
    match kind {
        Kind::Crash => Command::Crash { node },
        Kind::CrashLeader => Command::Crash { node: Target::Leader },
        Kind::Restart => Command::Restart { node: any_server(setup, plan, rng) },
        Kind::Pause => Command::Pause { node },
        Kind::Resume => Command::Resume { node: any_server(setup, plan, rng) },
        Kind::Cut => Command::Cut { from: node, to: other, both: rng.chance(0.5) },
        Kind::HealLink if rng.chance(0.5) => {
            Command::Heal { link: Some(LinkTargets { from: node, to: other, both: true }) }
        }
        Kind::HealLink | Kind::Heal => Command::Heal { link: None },
        Kind::Halves => Command::Partition { groups: halves(setup, plan, rng) },
        Kind::LeaderAway | Kind::Coup | Kind::Rift => {
            Command::Cut { from: Target::Leader, to: other, both: true }
        }
        Kind::Network => Command::Network { from: None, to: None, change: bad_network(rng) },
        Kind::Link => Command::Network {
            from: rng.chance(0.7).then_some(node),
            to: rng.chance(0.7).then_some(other),
            change: bad_network(rng),
        },
        Kind::Disk => Command::Disk {
            node,
            sync: Some((Micros(200), Micros(rng.between(1_000, 200_000)))),
            fails: false,
        },
        Kind::DiskFails => Command::Disk { node, sync: None, fails: true },
        Kind::Clock => Command::Clock { node, rate: drifting(setup, rng) },
        Kind::Timeout => Command::Timeout { node: any_server(setup, plan, rng) },
        Kind::Timers => {
            Command::Timers { how: if rng.chance(0.5) { TimerMove::Spread } else { TimerMove::Align } }
        }
        Kind::Snapshot => Command::Snapshot { node },
        Kind::Transfer => Command::Transfer { to: node },
        Kind::Drop => Command::Drop(some_messages(node, other, rng)),
        Kind::Hold => Command::Hold(some_messages(node, other, rng)),
        Kind::Release => {
            Command::Release(MessageFilter { kind: None, from: None, to: None, count: 1_000, id: None })
        }
        Kind::Duplicate => Command::Duplicate(some_messages(node, other, rng)),
        Kind::Members => members(setup, plan, rng),
        Kind::Ask => ask(setup, 1, rng),
    }
}

fn halves(setup: &Setup, plan: &Plan, rng: &mut Rng) -> Vec<Vec<Target>> {
    let servers = plan.servers(setup);
    if servers > 1 && rng.chance(0.5) {
        // The leader with a few others.
        let mut groups = vec![vec![Target::Leader], Vec::new()];
        for server in plan.all(setup) {
            groups[usize::from(rng.chance(0.6))].push(server);
        }
        groups[0].truncate(servers as usize);
        return groups;
    }
    // Of one server there is one group.
    let mut groups = vec![Vec::new(); servers.min(2) as usize];
    let count = groups.len() as u64;
    for server in plan.all(setup) {
        groups[rng.below(count) as usize].push(server);
    }
    groups
}

fn bad_network(rng: &mut Rng) -> NetworkChange {
    NetworkChange {
        latency: Some((Micros(500), Micros(rng.between(1_000, 120_000)))),
        loss: Some(rng.below(30) as f64 / 100.0),
        duplicate: Some(rng.below(30) as f64 / 100.0),
    }
}

/// A client that does not follow the leader asks a server.
fn ask(setup: &Setup, number: usize, rng: &mut Rng) -> Command {
    let keys = setup.clients.iter().map(|client| client.keys).max().unwrap_or(1);
    let key = key_name(rng.below(u64::from(keys)));
    let client = ClientId::new(&format!("h{}", rng.between(1, 10)));
    if rng.chance(0.4) {
        let to = if rng.chance(0.7) { Target::Leader } else { any_node(setup, rng) };
        return Command::Request { client, op: Op::Set { key, value: format!("h-{number}").into() }, to };
    }
    Command::Request { client, op: Op::Get { key }, to: any_node(setup, rng) }
}

fn members(setup: &Setup, plan: &Plan, rng: &mut Rng) -> Command {
    let (mut add, mut remove, mut learners) = (Vec::new(), Vec::new(), Vec::new());
    if rng.chance(0.3) {
        // All of them are told, so that the new voters may be others than the old.
        for server in plan.all(setup) {
            if rng.chance(0.4) { add.push(server) } else { remove.push(server) }
        }
        return Command::Members { add, remove, learners };
    }
    for _ in 0..rng.between(1, 3) {
        let server = any_server(setup, plan, rng);
        match rng.below(5) {
            0 | 1 => add.push(server),
            2 | 3 => remove.push(server),
            _ => learners.push(server),
        }
    }
    Command::Members { add, remove, learners }
}

fn some_messages(from: Target, to: Target, rng: &mut Rng) -> MessageFilter {
    let kinds = MessageKind::ALL;
    let kind = rng.chance(0.5).then(|| kinds[rng.below(kinds.len() as u64) as usize]);
    let of_election = matches!(
        kind,
        Some(MessageKind::RequestVote | MessageKind::RequestVoteReply)
            | Some(MessageKind::PreVote | MessageKind::PreVoteReply)
    );
    MessageFilter {
        kind,
        from: rng.chance(0.3).then_some(from),
        to: rng.chance(0.3).then_some(to),
        // An order that waits for the next election must not spoil many of them.
        count: rng.between(1, if of_election { 1 } else { 6 }) as u32,
        id: None,
    }
}

fn any_node(setup: &Setup, rng: &mut Rng) -> Target {
    Target::Node(NodeId(rng.below(u64::from(setup.nodes)) as u32))
}

/// One of those that are there from the beginning, or of those that are made later.
fn any_server(setup: &Setup, plan: &Plan, rng: &mut Rng) -> Target {
    Target::Node(NodeId(rng.below(u64::from(plan.servers(setup))) as u32))
}

fn any_target(setup: &Setup, plan: &Plan, rng: &mut Rng) -> Target {
    match rng.below(10) {
        0 | 1 => Target::Leader,
        2 => Target::Follower,
        3 => Target::Candidate,
        _ => any_server(setup, plan, rng),
    }
}
