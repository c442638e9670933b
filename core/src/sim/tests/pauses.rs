use super::lab::{Lab, busy_client, committed};
use crate::raft::{Fact, NodeId, RoleName};
use crate::sim::command::TimerMove;
use crate::sim::{Command, DropReason, EventKind, Status, Target};
use crate::time::Micros;

/// A paused node does nothing: no message is seen, no timer runs out.
#[test]
fn a_paused_node_stands_still() {
    let (mut lab, _) = Lab::with_leader(3, |setup| setup.clients.push(busy_client("c1", 50)));
    let follower = lab.followers()[0];
    lab.run_ms(500);
    lab.obey(Command::Pause { node: follower.into() });
    let before = lab.node(follower).log().last();
    lab.forget();
    lab.run_ms(2_000);
    assert_eq!(lab.machine(follower).status(), Status::Paused);
    assert_eq!(lab.node(follower).log().last(), before);
    assert!(
        lab.events.iter().all(|event| event.node != Some(follower)),
        "its disk may finish, but it tells nobody"
    );
    let messages = lab.world.flights().filter(|flight| flight.waiting).count();
    assert!(messages > 30);
    assert!((messages..=messages + 1).contains(&lab.machine(follower).waiting()), "and the end of that sync");
}

/// When it goes on, it sees all that waited, in order, at that moment.
#[test]
fn a_resumed_node_sees_what_waited_in_order() {
    let (mut lab, leader) = Lab::with_leader(3, |setup| setup.clients.push(busy_client("c1", 50)));
    let follower = lab.followers()[0];
    lab.obey(Command::Pause { node: follower.into() });
    lab.run_ms(1_000);
    let waiting: Vec<u64> =
        lab.world.flights().filter(|flight| flight.waiting).map(|flight| flight.arrives_at.0).collect();
    lab.forget();
    lab.obey(Command::Resume { node: follower.into() });
    let now = lab.world.now();
    assert!(lab.events.iter().all(|event| event.at == now));
    let delivered = lab.count(|kind| matches!(kind, EventKind::Deliver { .. }));
    assert_eq!(delivered, waiting.len());
    assert_eq!(lab.machine(follower).waiting(), 0);
    lab.run_ms(1_000);
    assert!(lab.node(follower).commit_index().0 + 5 > committed(&lab).0, "it catches up");
    assert_eq!(lab.world.leader(), Some(leader), "it heard from the leader before its timer was looked at");
}

/// The disk goes on while the process is paused, but the process hears of it only when it goes on.
#[test]
fn a_sync_ends_during_a_pause_and_is_reported_after_it() {
    let (mut lab, _) = Lab::with_leader(3, |setup| {
        setup.disk.sync = (Micros(30_000), Micros(30_000));
        setup.clients.push(busy_client("c1", 50));
    });
    lab.run_ms(500);
    let follower = lab.followers()[0];
    lab.run_until_true(|lab| {
        lab.node(follower).waits_for_disk() && lab.machine(follower).disk().sync_done_at().is_some()
    });
    lab.obey(Command::Pause { node: follower.into() });
    lab.run_ms(1_000);
    assert!(lab.node(follower).waits_for_disk());
    let durable = lab.machine(follower).disk().log().last();
    assert_eq!(lab.machine(follower).disk().sync_done_at(), None, "it cannot ask for another sync");
    lab.forget();
    lab.run_ms(1_000);
    let told = |lab: &Lab| lab.count(|kind| matches!(kind, EventKind::Sync { last } if *last == durable));
    assert_eq!(told(&lab), 0);
    lab.obey(Command::Resume { node: follower.into() });
    assert_eq!(told(&lab), 1);
    assert!(lab.node(follower).durable_index() >= lab.machine(follower).disk().log().last().index.prev());
}

/// A leader that was stopped for long does not lead when it goes on: others have elected another.
#[test]
fn a_paused_leader_is_replaced_and_steps_down() {
    let (mut lab, old) = Lab::with_leader(3, |_| {});
    lab.obey(Command::Pause { node: Target::Leader });
    lab.run_ms(2_000);
    let new = lab.world.leader();
    assert!(
        new.is_some_and(|new| new != old),
        "the highest term counts, also while the old one stands still"
    );
    assert_eq!(lab.node(old).role(), RoleName::Leader);
    lab.obey(Command::Resume { node: old.into() });
    lab.run_ms(200);
    assert_eq!(lab.node(old).role(), RoleName::Follower);
    let stepped_down =
        |kind: &EventKind| matches!(kind, EventKind::Fact(Fact::RoleChanged { from: RoleName::Leader, .. }));
    assert_eq!(lab.count(stepped_down), 1);
}

/// What waited at a paused node is lost when it crashes.
#[test]
fn a_crash_of_a_paused_node_drops_what_waited() {
    let (mut lab, _) = Lab::with_leader(3, |_| {});
    let follower = lab.followers()[0];
    lab.obey(Command::Pause { node: follower.into() });
    lab.run_ms(500);
    let waiting = lab.world.flights().filter(|flight| flight.waiting).count();
    assert!(waiting > 5);
    lab.forget();
    lab.obey(Command::Crash { node: follower.into() });
    assert_eq!(lab.count(|kind| matches!(kind, EventKind::Drop { why: DropReason::Down, .. })), waiting);
    assert_eq!(lab.world.flights().filter(|flight| flight.waiting).count(), 0);
}

/// A vote that reached the disk during a pause is told when the process starts again, before it is told to anybody.
#[test]
fn a_vote_that_is_synced_during_a_pause_is_told_after_a_restart() {
    let mut lab = Lab::with(3, |setup| setup.disk.sync = (Micros(30_000), Micros(30_000)));
    let votes = |lab: &Lab| lab.machine(NodeId(1)).node().and_then(|node| node.voted_for()).is_some();
    lab.obey(Command::Timeout { node: Target::Node(NodeId(0)) });
    lab.run_until_true(votes);
    let vote = lab.node(NodeId(1)).voted_for();
    lab.obey(Command::Pause { node: Target::Node(NodeId(1)) });
    lab.run_ms(100);
    let told = |lab: &Lab| {
        let of_voter = lab.events.iter().filter(|event| event.node == Some(NodeId(1)));
        of_voter.filter(|event| matches!(event.kind, EventKind::Vote { .. })).count()
    };
    lab.obey(Command::Crash { node: Target::Node(NodeId(1)) });
    assert_eq!(told(&lab), 0);
    lab.obey(Command::Restart { node: Target::Node(NodeId(1)) });
    assert_eq!((lab.node(NodeId(1)).voted_for(), told(&lab)), (vote, 1));
}

/// Nothing can be asked of a leader that stands still, nor of servers that have no timer; and the world says so.
#[test]
fn what_a_paused_server_cannot_do_is_refused() {
    let (mut lab, leader) = Lab::with_leader(3, |_| {});
    let other = lab.followers()[0];
    lab.obey(Command::Pause { node: Target::Leader });
    let stands_still = format!("{leader} leads, but is not running");
    assert_eq!(lab.refuse(Command::Transfer { to: Target::Node(other) }), stands_still);
    let members = Command::Members { add: vec![], remove: vec![Target::Node(other)], learners: vec![] };
    assert_eq!(lab.refuse(members), stands_still);
    let snapshot = Command::Snapshot { node: Target::Node(leader) };
    assert_eq!(lab.refuse(snapshot), format!("{leader} is not running"));
    for id in lab.followers() {
        lab.obey(Command::Crash { node: Target::Node(id) });
    }
    let timers = Command::Timers { how: TimerMove::Align };
    assert_eq!(lab.refuse(timers), "no election timer is running");
}
