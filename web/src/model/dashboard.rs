//! The guide's dashboard: the cluster at a glance, its nodes, and what it did in the last minute.

use mini_raft_core::raft::{NodeId, RoleName};
use mini_raft_core::sim::{Machine, Status, World};

use crate::session::Session;

/// The dashboard.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DashboardView {
    /// How well the cluster is.
    pub health: Health,
    /// How many nodes there are.
    pub total: u64,
    /// Running nodes that lead; two while a deposed one has not noticed.
    pub leaders: u64,
    /// Running nodes that follow.
    pub followers: u64,
    /// Running nodes that stand, or ask whether they could, for election.
    pub candidates: u64,
    /// Nodes that are down or stand still.
    pub unreachable: u64,
    /// The highest term.
    pub term: u64,
    /// Each node.
    pub nodes: Vec<NodeRow>,
}

/// How well a cluster is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// A leader reaches every node.
    Healthy,
    /// A leader reaches a majority, and not every node.
    Degraded,
    /// A majority could elect a leader, and has none yet.
    #[default]
    NoLeader,
    /// No leader reaches a majority, or too few nodes run: nothing can be committed.
    NoMajority,
}

impl Health {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Health::Healthy => "Healthy",
            Health::Degraded => "Degraded",
            Health::NoLeader => "No leader",
            Health::NoMajority => "No majority",
        }
    }

    /// What it means.
    pub fn about(self) -> &'static str {
        match self {
            Health::Healthy => "the leader reaches every node",
            Health::Degraded => "the leader reaches a majority, not every node",
            Health::NoLeader => "an election is under way, or about to begin",
            Health::NoMajority => "nothing can be committed",
        }
    }
}

/// One node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeRow {
    /// The node.
    pub node: u32,
    /// `leader`, `follower`, `candidate`, `pre-candidate`, `paused`, `down`.
    pub state: &'static str,
    /// Its `current_term`.
    pub term: u64,
    /// Its `commit_index`; 0 while it is down.
    pub commit: u64,
    /// Its last index.
    pub log: u64,
}

/// Builds the view of what the session shows.
pub fn dashboard_view(session: &Session) -> DashboardView {
    dashboard_view_of(session.world())
}

/// A world at a glance.
pub fn dashboard_view_of(world: &World) -> DashboardView {
    let nodes: Vec<NodeRow> = world.machines().iter().map(node_row).collect();
    let in_state = |states: &[&str]| nodes.iter().filter(|row| states.contains(&row.state)).count() as u64;
    DashboardView {
        health: health(world),
        total: nodes.len() as u64,
        leaders: in_state(&["leader"]),
        followers: in_state(&["follower"]),
        candidates: in_state(&["candidate", "pre-candidate"]),
        unreachable: in_state(&["paused", "down"]),
        term: nodes.iter().map(|row| row.term).max().unwrap_or(0),
        nodes,
    }
}

fn node_row(machine: &Machine) -> NodeRow {
    let node = machine.id().0;
    match (machine.status(), machine.node()) {
        (Status::Running | Status::Paused, Some(raft)) => NodeRow {
            node,
            state: if machine.status() == Status::Paused { "paused" } else { raft.role().as_str() },
            term: raft.current_term().0,
            commit: raft.commit_index().0,
            log: raft.log().last().index.0,
        },
        _ => NodeRow {
            node,
            state: "down",
            term: machine.disk().hard_state().current_term.0,
            commit: 0,
            log: machine.disk().log().last().index.0,
        },
    }
}

fn health(world: &World) -> Health {
    let total = world.machines().len();
    let majority = total / 2 + 1;
    let runs = |id: NodeId| world.machine(id).is_some_and(|machine| machine.status() == Status::Running);
    let works = |from, to| world.network().link(from, to).is_some_and(|link| !link.cut);
    // From whom a node hears and who hears it, itself included.
    let reached = |id: NodeId| {
        let others = world.machines().iter().map(Machine::id);
        others
            .filter(|other| *other == id || (runs(*other) && works(id, *other) && works(*other, id)))
            .count()
    };
    let leads = |machine: &&Machine| {
        runs(machine.id()) && machine.node().is_some_and(|node| node.role() == RoleName::Leader)
    };
    let best_led = world.machines().iter().filter(leads).map(|machine| reached(machine.id())).max();
    let best_connected =
        world.machines().iter().map(Machine::id).filter(|id| runs(*id)).map(reached).max().unwrap_or(0);
    match best_led {
        Some(count) if count == total => Health::Healthy,
        Some(count) if count >= majority => Health::Degraded,
        _ if best_connected >= majority => Health::NoLeader,
        _ => Health::NoMajority,
    }
}
