use std::collections::BTreeSet;

use super::lab::{Lab, busy_client, committed};
use crate::raft::{EntryId, Index, NodeId};
use crate::sim::{Command, DropReason, EventKind, Status, Target};
use crate::time::Micros;

/// A crash loses every write that was not synced, and the restart finds exactly what was.
#[test]
fn a_crash_loses_unsynced_writes_and_nothing_else() {
    let (mut lab, leader) = Lab::with_leader(3, |setup| setup.clients.push(busy_client("c1", 50)));
    lab.run_ms(1_000);
    let follower = lab.followers()[0];
    // From now on its syncs take so long that the next entries stay in memory.
    lab.obey(Command::Disk {
        node: follower.into(),
        sync: Some((Micros(9_000_000), Micros(9_000_000))),
        fails: false,
    });
    lab.run_until_true(|lab| lab.machine(follower).disk().first_unsynced().is_some());
    lab.run_ms(200);
    let durable = lab.machine(follower).disk().log().last();
    let in_memory = lab.node(follower).log().last();
    assert!(in_memory.index > durable.index);
    let after_crash: Vec<EntryId> =
        lab.machine(follower).disk().logs_after_crash().iter().map(|log| log.last()).collect();
    assert_eq!(after_crash.len(), 1 + lab.machine(follower).disk().pending().count());
    assert_eq!((after_crash.first(), after_crash.last()), (Some(&durable), Some(&in_memory)));
    assert!(after_crash.is_sorted(), "each has what one more write brings: {after_crash:?}");

    lab.obey(Command::Crash { node: follower.into() });
    assert_eq!(lab.machine(follower).status(), Status::Crashed);
    assert!(lab.machine(follower).node().is_none() && lab.machine(follower).kv().is_none());
    let lost = Some(durable.index.next());
    assert_eq!(lab.events.last().map(|event| &event.kind), Some(&EventKind::Crash { lost }));
    assert_eq!(lab.machine(follower).disk().pending().count(), 0);

    lab.obey(Command::Restart { node: follower.into() });
    assert_eq!(lab.node(follower).log().last(), durable);
    assert_eq!(lab.machine(follower).boots(), 2);
    let found = lab.count(|kind| matches!(kind, EventKind::Restart { last, .. } if *last == durable));
    assert_eq!(found, 1);
    lab.obey(Command::Disk { node: follower.into(), sync: Some((Micros(500), Micros(500))), fails: false });
    lab.run_ms(2_000);
    assert!(lab.node(follower).commit_index().0 + 5 > committed(&lab).0, "it catches up");
    assert_eq!(lab.world.leader(), Some(leader), "and disturbs nobody");
}

/// A term and a vote survive a crash; roles, commit index and state machine do not.
#[test]
fn only_figure_2s_persistent_state_survives() {
    let (mut lab, leader) = Lab::with_leader(3, |setup| setup.clients.push(busy_client("c1", 50)));
    lab.run_ms(1_000);
    let (term, vote) = (lab.node(leader).current_term(), lab.node(leader).voted_for());
    lab.obey(Command::Crash { node: Target::Leader });
    lab.obey(Command::Restart { node: leader.into() });
    let node = lab.node(leader);
    assert_eq!((node.current_term(), node.voted_for()), (term, vote));
    assert_eq!((node.commit_index(), node.last_applied()), (Index::ZERO, Index::ZERO));
    assert!(lab.machine(leader).kv().is_some_and(|kv| kv.is_empty()));
}

/// Writes that wait while a sync is under way are synced together by the next one.
#[test]
fn what_waits_is_synced_together() {
    let (mut lab, leader) = Lab::with_leader(1, |setup| {
        setup.disk.sync = (Micros(50_000), Micros(50_000));
        setup.clients.extend(["c1", "c2", "c3", "c4"].map(|name| busy_client(name, 40)));
    });
    lab.run_ms(1_000);
    lab.forget();
    lab.run_ms(10_000);
    let appends = lab.count(|kind| matches!(kind, EventKind::Append { .. }));
    let syncs = lab.count(|kind| matches!(kind, EventKind::Sync { .. }));
    assert!((199..=201).contains(&syncs), "one sync after the other, 50 ms each: {syncs}");
    assert!(appends > 300, "in which several appends wait each time: {appends}");
    assert!(lab.node(leader).commit_index() > Index(300));
}

/// Nothing is durable before its sync ends, and a vote is told only then.
#[test]
fn a_vote_waits_for_the_disk() {
    let mut lab = Lab::with(3, |setup| setup.disk.sync = (Micros(70_000), Micros(70_000)));
    let is_vote = |kind: &EventKind| matches!(kind, EventKind::Vote { .. });
    lab.run_until_true(|lab| lab.nodes().any(|node| node.voted_for().is_some()));
    let voted_at = lab.world.now();
    lab.run_until_true(|lab| lab.count(is_vote) > 0);
    assert_eq!(lab.world.now() - voted_at, Micros(70_000));
    let vote = lab.events.iter().find(|event| is_vote(&event.kind));
    let voter = vote.and_then(|event| event.node).expect("votes are of nodes");
    assert_eq!(lab.machine(voter).disk().hard_state().voted_for, lab.node(voter).voted_for());
}

#[test]
fn a_message_to_a_crashed_node_is_dropped_on_arrival() {
    let (mut lab, _) = Lab::with_leader(3, |_| {});
    let follower = lab.followers()[0];
    lab.obey(Command::Crash { node: follower.into() });
    lab.forget();
    lab.run_ms(500);
    let down = |kind: &EventKind| matches!(kind, EventKind::Drop { why: DropReason::Down, .. });
    assert!(lab.count(down) >= 5, "a heartbeat every 50 ms is lost at its door");
    assert!(
        !lab.events
            .iter()
            .any(|event| { matches!(event.kind, EventKind::Deliver { .. }) && event.node == Some(follower) })
    );
}

/// Only a crashed node can lose its disk; then it starts as on the first day.
#[test]
fn a_wiped_node_starts_empty() {
    let (mut lab, _) = Lab::with_leader(3, |setup| setup.clients.push(busy_client("c1", 50)));
    lab.run_ms(500);
    let node = lab.followers()[0].into();
    assert_eq!(
        lab.refuse(Command::Wipe { node }),
        format!("{} is not down: only a crashed node loses its disk", lab.followers()[0])
    );
    lab.obey(Command::Crash { node });
    lab.obey(Command::Wipe { node });
    lab.obey(Command::Restart { node });
    let Target::Node(id) = node else { unreachable!("it was made from an id") };
    assert_eq!(lab.node(id).log().last(), EntryId::ZERO);
    assert_eq!(lab.node(id).current_term().0, 0);
}

/// Each start of a node draws its own election timeouts.
#[test]
fn every_boot_draws_other_timeouts() {
    let mut lab = Lab::new(1);
    let first = lab.node(NodeId(0)).deadline();
    lab.obey(Command::Crash { node: NodeId(0).into() });
    lab.obey(Command::Restart { node: NodeId(0).into() });
    assert_ne!(lab.node(NodeId(0)).deadline(), first);
}

#[test]
fn what_cannot_be_done_is_refused_and_changes_nothing() {
    let mut lab = Lab::new(3);
    let node = NodeId(1).into();
    assert_eq!(lab.refuse(Command::Restart { node }), "node-1 is not down");
    assert_eq!(lab.refuse(Command::Resume { node }), "node-1 is not paused");
    assert_eq!(lab.refuse(Command::Crash { node: Target::Leader }), "there is no leader");
    assert_eq!(lab.refuse(Command::Crash { node: Target::Candidate }), "there is no running candidate");
    assert_eq!(lab.refuse(Command::Crash { node: NodeId(3).into() }), "there is no node-3");
    let cut = Command::Cut { from: node, to: node, both: true };
    assert_eq!(lab.refuse(cut), "node-1 has no link to itself");
    lab.obey(Command::Crash { node });
    assert_eq!(lab.refuse(Command::Crash { node }), "node-1 is down already");
    assert_eq!(lab.refuse(Command::Pause { node }), "node-1 is not running");
    assert_eq!(lab.refuse(Command::Timeout { node }), "node-1 is not running");
}

/// A write that fails ends the process, which finds on its disk what was there before it; without the rule that it must
/// end, it goes on and says that it has what is not there.
#[test]
fn a_write_that_fails_ends_the_process() {
    for without in [None, Some(crate::raft::Rule::WriteFailureStops)] {
        let (mut lab, _) = Lab::with_leader(3, |setup| {
            setup.clients.push(busy_client("c1", 50));
            setup.without = without.into_iter().collect();
        });
        let follower = lab.followers()[0];
        lab.obey(Command::Disk { node: follower.into(), sync: None, fails: true });
        lab.run_ms(500);
        let crashes = lab.count(|kind| matches!(kind, EventKind::Crash { .. }));
        assert_eq!(crashes, usize::from(without.is_none()), "{without:?}");
        if without.is_none() {
            lab.obey(Command::Restart { node: follower.into() });
            lab.run_ms(1_000);
            assert!(lab.node(follower).commit_index().0 + 5 > committed(&lab).0, "it catches up");
        }
    }
}

/// Where a disk keeps some of what was not synced, a crash leaves any beginning of it, and never a later write without
/// those before it.
#[test]
fn a_crash_may_keep_a_beginning_of_what_was_not_synced() {
    let mut kept = BTreeSet::new();
    for seed in 0..40 {
        let (mut lab, _) = Lab::with_leader(3, |setup| {
            setup.seed = seed;
            setup.disk.keep = 0.6;
            setup.clients.push(busy_client("c1", 20));
        });
        lab.run_ms(500);
        let follower = lab.followers()[0];
        let slow = Some((Micros(9_000_000), Micros(9_000_000)));
        lab.obey(Command::Disk { node: follower.into(), sync: slow, fails: false });
        lab.run_ms(120);
        let (durable, in_memory) =
            (lab.machine(follower).disk().log().last(), lab.node(follower).log().clone());
        lab.obey(Command::Crash { node: follower.into() });
        let found = lab.machine(follower).disk().log().last();
        assert!(found.index >= durable.index && in_memory.holds(found));
        let lost = (found.index < in_memory.last().index).then(|| found.index.next());
        assert_eq!(lab.events.last().map(|event| &event.kind), Some(&EventKind::Crash { lost }));
        kept.insert(if found == durable {
            "nothing"
        } else if lost.is_some() {
            "something"
        } else {
            "all"
        });
    }
    assert_eq!(kept.into_iter().collect::<Vec<_>>(), ["all", "nothing", "something"]);
}
