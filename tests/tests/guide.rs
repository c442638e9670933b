//! The twelve tests of the visual guide, by its names: each plays the scenario of that name and looks closer.

use std::collections::BTreeMap;

use mini_raft_core::metrics::{Metrics, WINDOW_SECONDS};
use mini_raft_core::raft::{Fact, Index, NodeId, RoleName, Term};
use mini_raft_core::sim::event::SnapshotOrigin;
use mini_raft_core::sim::{Event, EventKind, Payload};
use mini_raft_core::time::Micros;
use mini_raft_tests::played::{Played, builtin};

/// §5.2: of nodes that know of nobody, one becomes the leader of term 1, and everyone follows it from then on.
#[test]
fn test_initial_election() {
    let played = Played::to_end("initial_election");
    let leaders = played.leaders();
    assert_eq!(leaders.len(), 1);
    let (leader, term) = leaders[0];
    assert_eq!(term, Term(1));
    assert!(played.nodes().all(|node| node.leader() == Some(leader)));
}

/// §5.2: when the leader fails, another is elected soon; the old one comes back as a follower with an equal log.
#[test]
fn test_reelection_after_leader_failure() {
    let played = Played::to_end("reelection_after_leader_failure");
    let crashed_at = Micros::from_millis(1_000);
    let later = |event: &&Event| event.at > crashed_at;
    let elected =
        played.events.iter().filter(later).find(|event| became_leader(event)).expect("a new leader");
    // Heard last 50 ms before the crash at most, then a timeout of 300 ms at most, then two rounds of messages.
    assert!(elected.at < crashed_at + Micros::from_millis(500), "{}", elected.at);
    assert_ne!(elected.node, Some(NodeId(0)));
    assert_eq!(played.node(0).role(), RoleName::Follower);
    played.assert_logs_are_equal();
}

/// §5.1: every leader leads in a later term than the one before.
#[test]
fn test_term_increases_on_election() {
    let played = Played::to_end("term_increases_on_election");
    let leaders: Vec<_> = played.leaders().into_iter().map(|(id, term)| (id.0, term.0)).collect();
    assert_eq!(leaders, [(0, 1), (1, 2), (2, 3), (3, 4)]);
}

/// §5.3: what the leader appends comes into every log, in the same order.
#[test]
fn test_log_replication_to_followers() {
    let played = Played::to_end("log_replication_to_followers");
    for id in 0..5 {
        assert_eq!(played.log_terms(id), [1, 1, 1, 1], "the no-op and three commands on node-{id}");
        assert_eq!(played.node(id).last_applied(), Index(4));
    }
    played.assert_logs_are_equal();
}

/// §5.3: the commit index moves only with a majority, and never back.
#[test]
fn test_commit_index_advances() {
    let played = Played::to_end("commit_index_advances");
    let mut commits = 0;
    for event in &played.events {
        if let EventKind::Fact(Fact::Committed { from, to, holders, .. }) = &event.kind {
            commits += 1;
            assert!(from < to && holders.len() >= 3, "{from} to {to} with {holders:?}");
        }
    }
    assert!(commits >= 5);
    // While only node-1 can be reached, the leader has an entry that it cannot commit.
    let minority = Played::to("commit_index_advances", 1_149);
    let leader = minority.node(0);
    assert_eq!(leader.role(), RoleName::Leader);
    assert!(leader.log().last().index > leader.commit_index());
}

/// §5.3: every node applies each committed entry once, in the order of the log, and comes to the same state.
#[test]
fn test_state_machine_application() {
    let played = Played::to_end("state_machine_application");
    for id in 0..5 {
        let applied: Vec<u64> = played
            .events_of(id)
            .filter_map(|event| match &event.kind {
                EventKind::Apply { entry, .. } => Some(entry.index.0),
                _ => None,
            })
            .collect();
        let last = played.node(id).last_applied().0;
        assert_eq!(applied, (1..=last).collect::<Vec<_>>());
    }
    let digests: Vec<u64> = played
        .run
        .world()
        .machines()
        .iter()
        .map(|machine| machine.kv().expect("nobody is down").digest())
        .collect();
    assert!(digests.iter().all(|digest| *digest == digests[0]), "{digests:?}");
}

/// Figure 3, Election Safety: whatever the seed, a term has one leader at most.
#[test]
fn test_election_safety() {
    let mut elections = 0;
    for seed in 0..40 {
        let mut scenario = builtin("election_safety");
        scenario.setup.seed = seed;
        let mut played = Played::of(scenario);
        played.go_to_end();
        let mut leader_of = BTreeMap::new();
        for (leader, term) in played.leaders() {
            elections += 1;
            assert_eq!(*leader_of.entry(term).or_insert(leader), leader, "term {term}, seed {seed}");
        }
    }
    assert!(elections > 200, "{elections} elections are too few to mean anything");
}

/// Figure 3, Log Matching: entries of the same index and term are the same, and so is everything before them.
#[test]
fn test_log_matching() {
    let played = Played::to_end("log_matching");
    let truncated = |event: &Event| matches!(event.kind, EventKind::Truncate { .. });
    assert!(played.events_of(0).any(truncated), "node-0 had entries that had to give way");
    let mut known = BTreeMap::new();
    for node in played.nodes() {
        let mut before = None;
        for entry in node.log().iter_from(Index(1)) {
            let told = (before, entry.payload.clone());
            assert_eq!(*known.entry(entry.id()).or_insert_with(|| told.clone()), told);
            before = Some(entry.id());
        }
    }
    played.assert_logs_are_equal();
}

/// Figure 2, persistent state: term, vote and log are there after a crash of all.
#[test]
fn test_state_persists_across_restart() {
    let played = Played::to_end("state_persists_across_restart");
    let mut restarts = 0;
    for event in &played.events {
        if let EventKind::Restart { hard_state, last, .. } = &event.kind {
            restarts += 1;
            assert_eq!((hard_state.current_term, last.term, last.index), (Term(1), Term(1), Index(3)));
        }
    }
    assert_eq!(restarts, 5);
    // node-0 was elected, so its vote and those of two others at least were on disk.
    let voted = |event: &&Event| match &event.kind {
        EventKind::Restart { hard_state, .. } => hard_state.voted_for == Some(NodeId(0)),
        _ => false,
    };
    assert!(played.events.iter().filter(voted).count() >= 3);
    assert!(played.leaders().iter().skip(1).all(|(_, term)| *term > Term(1)), "no term is used twice");
}

/// §7: a snapshot replaces the beginning of the log, and a node starts again from it.
#[test]
fn test_snapshot_creation() {
    let played = Played::to_end("snapshot_creation");
    for id in 0..5 {
        let log = played.node(id).log();
        assert!(log.first_index() > Index(20), "node-{id} has compacted its log");
        assert_eq!(log.first_index(), log.snapshot_id().index.next());
        let taken = played
            .events_of(id)
            .filter(|event| matches!(event.kind, EventKind::Snapshot { origin: SnapshotOrigin::Taken, .. }));
        assert!(taken.count() >= 3);
    }
    let found_on_disk = played.events_of(3).find_map(|event| match event.kind {
        EventKind::Restart { snapshot_index, last, .. } => Some((snapshot_index, last.index)),
        _ => None,
    });
    let (snapshot_index, last) = found_on_disk.expect("node-3 was restarted");
    assert!(snapshot_index >= Index(20) && snapshot_index <= last);
}

/// §5.2, §5.3: the side with a majority elects a leader and commits; the other commits nothing meanwhile.
#[test]
fn test_majority_partition_continues() {
    let mut played = Played::to("majority_partition_continues", 1_050);
    let before = [0, 1].map(|id| played.node(id).commit_index());
    played.go_to(Micros::from_millis(3_999));
    assert_eq!([0, 1].map(|id| played.node(id).commit_index()), before);
    for id in 2..5 {
        assert!(played.node(id).commit_index() > before[0], "node-{id} goes on");
    }
    played.go_to_end();
    played.assert_logs_are_equal();
    Played::to_end("majority_partition_continues");
}

/// The dashboard counts what has happened, no more and no less.
#[test]
fn test_metrics_tracking() {
    let played = Played::to_end("metrics_tracking");
    let mut metrics = Metrics::new();
    played.events.iter().for_each(|event| metrics.observe(event));
    let view = metrics.view(played.run.now());
    let count =
        |wanted: fn(&EventKind) -> bool| played.events.iter().filter(|event| wanted(&event.kind)).count();
    // The run is shorter than the window, so that all of it is looked back on.
    assert!(played.run.now() < Micros::from_millis(1_000 * WINDOW_SECONDS));
    let returned = count(|kind| matches!(kind, EventKind::Return { result: Ok(_), .. }));
    assert_eq!(view.operations, returned as u64);
    assert_eq!(view.elections_in_all, played.leaders().len() as u64);
    // Of messages, those between servers count.
    let delivered = count(|kind| matches!(kind, EventKind::Deliver { payload, .. } if is_peer(payload)));
    let dropped = count(|kind| matches!(kind, EventKind::Drop { payload, .. } if is_peer(payload)));
    assert_eq!((view.delivered, view.dropped), (delivered as u64, dropped as u64));
    let commit_index = played.nodes().map(|node| node.commit_index().0).max();
    assert_eq!(Some(view.committed_in_all), commit_index);
    assert!(view.latency_average.is_some_and(|latency| latency > Micros::from_millis(20)));
    assert!(view.operations > 300 && view.elections_in_all >= 2 && view.dropped > 50);
}

fn is_peer(payload: &Payload) -> bool {
    matches!(payload, Payload::Peer(_))
}

fn became_leader(event: &Event) -> bool {
    matches!(event.kind, EventKind::Fact(Fact::RoleChanged { to: RoleName::Leader, .. }))
}
