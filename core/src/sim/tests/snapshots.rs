use super::lab::{Lab, busy_client};
use crate::raft::{Index, Node, NodeId};
use crate::sim::event::SnapshotOrigin;
use crate::sim::setup::LOG_ENTRIES_MAX;
use crate::sim::{Command, EventKind, Target};
use crate::time::Micros;

fn taken(kind: &EventKind) -> bool {
    matches!(kind, EventKind::Snapshot { origin: SnapshotOrigin::Taken, .. })
}

/// Every node takes a snapshot when so many entries are applied since its last one, and compacts its log.
#[test]
fn snapshots_come_every_so_many_entries() {
    let (mut lab, _) = Lab::with_leader(3, |setup| {
        setup.config.snapshot_every = 10;
        setup.clients.push(busy_client("c1", 40));
    });
    lab.run_ms(3_000);
    for node in lab.nodes() {
        let covered = node.log().snapshot_id().index.0;
        assert!(covered >= 10 && covered.is_multiple_of(10), "{covered}");
        assert!(node.last_applied().0 - covered < 10);
        assert_eq!(node.log().first_index(), Index(covered + 1));
    }
    assert!(lab.count(taken) >= 9);
}

/// A log that is not compacted by itself is in the end, so that an hour of quick clients does not fill the memory.
#[test]
fn a_very_long_log_is_compacted_all_the_same() {
    let mut lab = Lab::with(1, |setup| {
        setup.config.snapshot_every = 0;
        setup.network.latency = (Micros::ZERO, Micros::ZERO);
        setup.disk.sync = (Micros::ZERO, Micros::ZERO);
        setup.clients = (0..5).map(|client| busy_client(&format!("c{client}"), 1)).collect();
    });
    while lab.count(taken) == 0 {
        lab.forget();
        lab.run_ms(100);
        assert!(lab.node(NodeId(0)).log().iter_from(Index(1)).count() as u64 <= LOG_ENTRIES_MAX);
        assert!(lab.world.now() < Micros::from_millis(60_000));
    }
    assert_eq!(lab.node(NodeId(0)).log().snapshot_id().index, Index(LOG_ENTRIES_MAX));
}

#[test]
fn zero_means_never() {
    let (mut lab, _) = Lab::with_leader(3, |setup| {
        setup.config.snapshot_every = 0;
        setup.clients.push(busy_client("c1", 20));
    });
    lab.run_ms(5_000);
    assert_eq!(lab.count(taken), 0);
}

/// A snapshot by hand; without anything new there is nothing to take.
#[test]
fn a_snapshot_by_hand() {
    let (mut lab, leader) = Lab::with_leader(3, |_| {});
    lab.set("city", "Oslo", Target::Leader);
    lab.run_ms(300);
    lab.obey(Command::Snapshot { node: Target::Leader });
    assert_eq!(lab.node(leader).log().snapshot_id(), lab.node(leader).log().last());
    let why = lab.refuse(Command::Snapshot { node: Target::Leader });
    assert_eq!(why, format!("{leader} has applied nothing since its last snapshot"));
}

/// A node that starts from a snapshot has the state machine that the snapshot holds.
#[test]
fn a_restart_from_a_snapshot() {
    let (mut lab, leader) = Lab::with_leader(1, |_| {});
    lab.set("city", "Oslo", Target::Leader);
    lab.run_ms(200);
    let digest = lab.machine(leader).kv().map(|kv| kv.digest());
    lab.obey(Command::Snapshot { node: Target::Leader });
    lab.run_ms(50);
    lab.obey(Command::Crash { node: leader.into() });
    lab.obey(Command::Restart { node: leader.into() });
    assert_eq!(lab.machine(leader).kv().map(|kv| kv.digest()), digest);
    assert!(lab.node(leader).last_applied() > Index(1));
}

/// A snapshot that is not on disk yet is lost in a crash, and with it nothing but time.
#[test]
fn a_snapshot_is_durable_only_when_synced() {
    let (mut lab, leader) = Lab::with_leader(1, |_| {});
    lab.set("city", "Oslo", Target::Leader);
    lab.run_ms(200);
    lab.obey(Command::Snapshot { node: Target::Leader });
    lab.obey(Command::Crash { node: leader.into() });
    assert!(lab.machine(leader).disk().snapshot().is_none());
    lab.obey(Command::Restart { node: leader.into() });
    lab.run_ms(1_000);
    assert_eq!(lab.machine(leader).kv().and_then(|kv| kv.get("city")).as_deref(), Some("Oslo"));
}

/// A node that missed what others have compacted away gets a snapshot, and its state machine becomes it.
#[test]
fn a_node_that_is_far_behind_gets_a_snapshot() {
    let (mut lab, _) = Lab::with_leader(3, |setup| {
        setup.config.snapshot_every = 10;
        setup.clients.push(busy_client("c1", 30));
    });
    let behind = lab.followers()[0];
    lab.obey(Command::Crash { node: behind.into() });
    lab.run_ms(3_000);
    lab.obey(Command::Restart { node: behind.into() });
    lab.run_ms(1_000);
    let installed = lab
        .events
        .iter()
        .find(|event| matches!(event.kind, EventKind::Snapshot { origin: SnapshotOrigin::Installed, .. }));
    assert_eq!(installed.and_then(|event| event.node), Some(behind));
    assert_eq!(
        lab.count(|kind| matches!(kind, EventKind::Truncate { .. })),
        0,
        "nothing was there to remove"
    );
    let least = lab.nodes().map(Node::last_applied).min().unwrap_or_default();
    assert!(lab.node(behind).last_applied().0 < least.0 + 5 && least > Index(50));
}
