//! The guide's dashboard: the cluster at a glance, its nodes, and what it did in the last minute.

use mini_raft_core::metrics::{MetricsView, SecondView};
use mini_raft_core::raft::{NodeId, RoleName};
use mini_raft_core::sim::{Machine, Status, World};
use mini_raft_core::time::Micros;

use crate::session::Session;
use crate::text;
use crate::text::number::fill;

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
    /// What it did in the last minute.
    pub metrics: Vec<MetricRow>,
    /// How much of a minute there has been, in words.
    pub window: String,
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

/// One number of the last minute.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetricRow {
    /// What it is.
    pub name: &'static str,
    /// The number, with its unit.
    pub value: String,
    /// More about it, in a few words.
    pub note: String,
    /// How long its bar is, 0 to 1; `None` if it has none.
    pub bar: Option<f64>,
    /// Its course over the seconds, as the points of a line in a box of 100 × 20; empty if it has none.
    pub spark: String,
}

/// Builds the view of what the session shows.
pub fn dashboard_view(session: &Session) -> DashboardView {
    let world = session.world();
    let metrics = session.metrics().view(world.now());
    DashboardView {
        metrics: metric_rows(&metrics),
        window: format!("last {} s", metrics.window.0.div_ceil(1_000_000)),
        ..dashboard_view_of(world)
    }
}

/// The guide's five numbers.
pub fn metric_rows(metrics: &MetricsView) -> Vec<MetricRow> {
    let seconds = &metrics.seconds;
    // The last second is not over yet: its counts would look like a fall.
    let line = |of: fn(&SecondView) -> f64| spark(seconds.iter().rev().skip(1).rev().map(of));
    let busiest = seconds.iter().map(|second| second.operations).max().unwrap_or(0);
    let ms = |span: Option<Micros>| span.map_or(0.0, Micros::as_millis_f64);
    let told = |span: Option<Micros>| span.map_or_else(|| "–".to_owned(), text::span);
    vec![
        MetricRow {
            name: "Operations/sec",
            value: fill("%1", &[metrics.operations_per_second]),
            note: match metrics.failures {
                0 => format!("{} in all", text::count(metrics.operations)),
                failures => format!("{} failed", text::count(failures)),
            },
            bar: Some(fraction(metrics.operations_per_second, busiest as f64)),
            spark: line(|second| second.operations as f64),
        },
        MetricRow {
            name: "Avg latency",
            value: told(metrics.latency_average),
            note: format!("99 % within {}", told(metrics.latency_p99)),
            bar: Some(fraction(ms(metrics.latency_average), ms(metrics.latency_p99))),
            spark: line(|second| second.latency_average.map_or(0.0, Micros::as_millis_f64)),
        },
        MetricRow {
            name: "Leader elections",
            value: text::count(metrics.elections),
            note: format!("{} since the start", text::count(metrics.elections_in_all)),
            bar: None,
            spark: line(|second| second.elections as f64),
        },
        MetricRow {
            name: "Entries committed",
            value: text::count(metrics.committed),
            note: format!("{} since the start", text::count(metrics.committed_in_all)),
            bar: None,
            spark: line(|second| second.committed as f64),
        },
        MetricRow {
            name: "RPC success rate",
            value: metrics.rpc_success.map_or_else(|| "–".to_owned(), |share| fill("%1 %", &[share * 100.0])),
            note: match metrics.dropped {
                0 => "no message lost".to_owned(),
                lost => format!("{} lost", text::count(lost)),
            },
            bar: metrics.rpc_success,
            spark: line(|second| {
                let sent = second.delivered + second.dropped;
                if sent == 0 { 1.0 } else { second.delivered as f64 / sent as f64 }
            }),
        },
    ]
}

/// These values as the points of a line in a box of 100 × 20, from 0 at its bottom to the greatest at its top.
fn spark(values: impl Iterator<Item = f64>) -> String {
    let values: Vec<f64> = values.collect();
    let greatest = values.iter().copied().fold(0.0, f64::max);
    if values.len() < 2 || greatest <= 0.0 {
        return String::new();
    }
    let step = 100.0 / (values.len() - 1) as f64;
    let points = values
        .iter()
        .enumerate()
        .map(|(place, value)| fill("%1,%1", &[place as f64 * step, 19.0 - 18.0 * value / greatest]));
    points.collect::<Vec<_>>().join(" ")
}

fn fraction(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (part / whole).clamp(0.0, 1.0) } else { 0.0 }
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
        ..DashboardView::default()
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

#[cfg(test)]
mod tests {
    use mini_raft_core::sim::{Command, Target};

    use super::*;
    use crate::model::sample::Sample;

    #[test]
    fn health_is_what_the_leader_reaches() {
        let (mut sample, leader) = Sample::with_leader();
        let health = |sample: &Sample| dashboard_view_of(sample.world()).health;
        assert_eq!(health(&sample), Health::Healthy);
        let others: Vec<NodeId> = (0..5).map(NodeId).filter(|id| *id != leader).collect();
        sample.command(Command::Crash { node: Target::Node(others[0]) });
        assert_eq!(health(&sample), Health::Degraded);
        sample.command(Command::Crash { node: Target::Node(leader) });
        assert_eq!(health(&sample), Health::NoLeader);
        sample.command(Command::Pause { node: Target::Node(others[1]) });
        assert_eq!(health(&sample), Health::NoMajority);
    }

    #[test]
    fn a_leader_that_is_cut_off_does_not_make_a_cluster_healthy() {
        let (mut sample, leader) = Sample::with_leader();
        for other in (0..5).map(NodeId).filter(|id| *id != leader) {
            sample.command(Command::Cut { from: Target::Node(other), to: Target::Node(leader), both: false });
        }
        assert_eq!(dashboard_view_of(sample.world()).health, Health::NoLeader);
    }

    #[test]
    fn nodes_are_counted_by_what_they_are() {
        let (mut sample, leader) = Sample::with_leader();
        sample.command(Command::Crash { node: Target::Node(NodeId((leader.0 + 1) % 5)) });
        let view = dashboard_view_of(sample.world());
        assert_eq!(
            (view.total, view.leaders, view.followers, view.candidates, view.unreachable),
            (5, 1, 3, 0, 1)
        );
        assert_eq!(view.term, 1);
        let leader_row = view.nodes[leader.0 as usize];
        assert_eq!(
            (leader_row.state, leader_row.term, leader_row.commit, leader_row.log),
            ("leader", 1, 1, 1)
        );
    }

    #[test]
    fn the_last_minute_is_told_in_the_guides_five_numbers() {
        let seconds = [0, 10, 5, 1].map(|operations| SecondView { operations, ..SecondView::default() });
        let rows = metric_rows(&MetricsView {
            window: Micros(3_000_000),
            operations: 15,
            operations_per_second: 5.0,
            latency_average: Some(Micros(12_000)),
            latency_p99: Some(Micros(24_000)),
            elections: 2,
            committed: 8_423,
            rpc_success: Some(0.998),
            dropped: 3,
            seconds: seconds.to_vec(),
            ..MetricsView::default()
        });
        let told: Vec<(&str, &str)> = rows.iter().map(|row| (row.name, row.value.as_str())).collect();
        assert_eq!(
            told,
            [
                ("Operations/sec", "5.0"),
                ("Avg latency", "12.0 ms"),
                ("Leader elections", "2"),
                ("Entries committed", "8,423"),
                ("RPC success rate", "99.8 %"),
            ]
        );
        assert_eq!(rows[0].bar, Some(0.5));
        assert_eq!(rows[0].spark, "0.0,19.0 50.0,1.0 100.0,10.0");
        assert_eq!(rows[2].spark, "", "nothing to draw of nothing");
    }
}
