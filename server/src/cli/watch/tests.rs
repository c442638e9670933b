//! The picture at several sizes, of clusters that are made up.

use std::time::{Duration, Instant, UNIX_EPOCH};

use super::*;
use crate::client::view::NodeView;
use crate::client::{NodeStatus, NodeUrl};

fn node(number: u16, role: &str, term: u64, commit_index: u64) -> NodeView {
    let json = format!(
        r#"{{"id":"node-{number}","role":"{role}","term":{term},"leader":"node-0","commit_index":{commit_index},
            "last_applied":{commit_index},"last_index":{commit_index},"ready":true,"uptime_ms":{commit_index},
            "voters":["node-0","node-1","node-2"],
            "counters":{{"writes":{commit_index},"reads":0,"elections":1,"write_us_p50":2000,"write_us_p99":null}}}}"#
    );
    let status: NodeStatus = serde_json::from_str(&json).expect("a status");
    let url = NodeUrl::local(8000 + number);
    NodeView { node: PeerUrl { id: status.id.clone(), url }, status: Ok(status) }
}

fn silent(number: u16) -> NodeView {
    NodeView { status: Err("no answer".to_owned()), ..node(number, "follower", 1, 1) }
}

/// A cluster that did 100 operations in a second, and whose node-2 then fell silent.
fn board(unicode: bool) -> Board {
    let mut board = Board {
        name: "cluster in x".to_owned(),
        view: None,
        looked_at: UNIX_EPOCH,
        history: History::default(),
        events: Events::default(),
        look: Look::plain(unicode),
    };
    let (began, wall) = (Instant::now(), UNIX_EPOCH + Duration::from_secs(1_730_449_845));
    let looks = [
        vec![node(0, "leader", 5, 1_000), node(1, "follower", 5, 0), node(2, "follower", 5, 0)],
        vec![node(0, "leader", 5, 1_100), node(1, "follower", 5, 0), silent(2)],
    ];
    for (second, nodes) in looks.into_iter().enumerate() {
        let later = Duration::from_secs(second as u64);
        let view = ClusterView { nodes };
        board.take(Seen { view, at: began + later, wall: wall + later });
    }
    board
}

#[test]
fn all_parts_of_the_dashboard_are_on_a_usual_screen() {
    let text = as_text(&board(true), 100, 40);
    for part in [
        "🚀 Mini-Raft Cluster Dashboard · cluster in x",
        "Total Nodes:        3",
        "Followers:          1  ○",
        "Unreachable:        1  ✗",
        "Current Term:       5",
        "Cluster Health:  ! DEGRADED",
        "👑 LEADER",
        "💀 UNREACHABLE",
        "1,100",
        "Operations/sec:          100  ████",
        "Write latency p50:    2.0 ms  ████",
        "Write latency p99:         -",
        "Entries committed:       100",
        "Status answers:        83.3%  ███",
        "Operations/sec, at most 100",
        "08:30:46  the cluster is degraded",
        "08:30:46  node-2 does not answer any more",
        "08:30:45  node-0 leads in term 5",
        "Last update: 2024-11-01 08:30:46 UTC",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
}

#[test]
fn a_terminal_of_80_by_24_shows_everything_but_the_curve() {
    let text = as_text(&board(true), 80, 24);
    for part in ["Cluster Overview", "Metrics (Last 1s)", "Node Status", "Events", "q quits"] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
}

#[test]
fn a_small_screen_keeps_the_nodes_and_one_line_for_the_rest() {
    let text = as_text(&board(true), 44, 9);
    assert!(text.contains("! DEGRADED  node-0 leads  term 5  2/3 answer"), "{text}");
    assert!(text.contains("node-2    UNREACHABLE") && !text.contains("💀"), "{text}");
}

/// Without it nobody knows how to get out.
#[test]
fn the_key_that_ends_it_is_on_every_screen_that_has_room_for_it() {
    for (width, updated) in [(60, "2024-11-01 08:30:46 UTC"), (30, "08:30:46"), (18, "08:30:46"), (9, "")] {
        let text = as_text(&board(true), width, 8);
        let footer = text.lines().last().expect("a footer");
        assert!(footer.contains(updated) && footer.ends_with("q quits"), "{width}: {footer}");
    }
}

#[test]
fn a_follower_without_a_vote_is_called_what_it_is() {
    let mut board = board(true);
    let mut leader = node(0, "leader", 5, 1_100);
    if let Ok(status) = &mut leader.status {
        status.learners = vec!["node-3".to_owned()];
    }
    let nodes = vec![leader, node(1, "follower", 5, 0), node(3, "follower", 5, 0), node(4, "follower", 5, 0)];
    board.view = Some(ClusterView { nodes });
    let text = as_text(&board, 100, 40);
    let line = |id: &str| text.lines().rfind(|line| line.contains(id)).expect("a line").to_owned();
    assert!(line("node-1 ").contains("FOLLOWER"), "{text}");
    assert!(line("node-3 ").contains("LEARNER") && line("node-4 ").contains("REMOVED"), "{text}");
}

#[test]
fn ascii_is_ascii() {
    for (width, height) in [(120, 50), (80, 24), (40, 10)] {
        let text = as_text(&board(false), width, height);
        assert!(text.is_ascii(), "{text}");
    }
}

#[test]
fn any_size_can_be_drawn() {
    let (board, mut empty) = (board(true), board(true));
    empty.view = None;
    for width in (1..130).step_by(7) {
        for height in (1..50).step_by(2) {
            as_text(&board, width, height);
            as_text(&empty, width, height);
        }
    }
}

#[test]
fn a_node_that_was_started_again_counts_from_zero() {
    let mut history = History::default();
    let began = Instant::now();
    // It counts as many operations as it has run milliseconds: it was started again in between.
    for (second, count) in [(0, 5_000), (1, 30)] {
        let view = ClusterView { nodes: vec![node(0, "leader", 1, count)] };
        history.add(&view, began + Duration::from_secs(second));
    }
    assert_eq!(history.metrics().operations_a_second, [30.0]);
}

#[test]
fn what_is_older_than_a_minute_is_forgotten() {
    let mut history = History::default();
    let began = Instant::now();
    for second in 0..100 {
        let view = ClusterView { nodes: vec![node(0, "leader", 1, 10 * second)] };
        history.add(&view, began + Duration::from_secs(second));
    }
    let metrics = history.metrics();
    assert_eq!((metrics.span, metrics.committed), (Duration::from_secs(60), 600));
    assert!(metrics.operations_a_second.iter().all(|rate| *rate == 10.0));
}
