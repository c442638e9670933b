use super::lab::Lab;
use crate::raft::{Fact, NodeId, RoleName};
use crate::sim::command::TimerMove;
use crate::sim::{Command, EventKind, Target};
use crate::time::Micros;

/// A timer runs out in local time: on a clock of double rate after half the time.
#[test]
fn a_fast_clock_times_out_sooner() {
    for (rate, factor) in [(2.0, 0.5), (0.5, 2.0), (1.25, 0.8)] {
        let mut lab = Lab::new(1);
        let due = lab.node(NodeId(0)).deadline();
        lab.obey(Command::Clock { node: NodeId(0).into(), rate });
        lab.run_until_true(|lab| lab.node(NodeId(0)).role() != RoleName::Follower);
        let expected = (due.0 as f64 * factor).ceil() as u64;
        assert_eq!(lab.world.now(), Micros(expected), "{rate}");
        assert_eq!(lab.machine(NodeId(0)).clock_rate(), rate);
        assert!(lab.machine(NodeId(0)).to_local(Micros(expected)) >= due);
    }
}

/// The moment at which a timer will run out is what the machine says, whatever the rate.
#[test]
fn the_end_of_a_timer_in_simulated_time() {
    let mut lab = Lab::new(3);
    lab.obey(Command::Clock { node: NodeId(1).into(), rate: 1.1 });
    lab.obey(Command::Clock { node: NodeId(2).into(), rate: 0.9 });
    let end = |id: u32, lab: &Lab| {
        let machine = lab.machine(NodeId(id));
        machine.to_world(lab.node(NodeId(id)).deadline())
    };
    let first = (0..3).map(|id| end(id, &lab)).min();
    lab.run_until_true(|lab| lab.nodes().any(|node| node.role() != RoleName::Follower));
    assert_eq!(Some(lab.world.now()), first);
}

#[test]
fn no_clock_stands_still_or_runs_away() {
    let mut lab = Lab::new(1);
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e9] {
        let why = lab.refuse(Command::Clock { node: NodeId(0).into(), rate });
        assert!(why.starts_with("a clock runs at a rate above 0"), "{why}");
    }
}

/// By hand an election timer runs out at once; a leader has none.
#[test]
fn a_timeout_by_hand() {
    let (mut lab, leader) = Lab::with_leader(3, |_| {});
    let follower = lab.followers()[0];
    lab.forget();
    lab.obey(Command::Timeout { node: follower.into() });
    assert_eq!(lab.node(follower).role(), RoleName::PreCandidate);
    let fault = &lab.events[0];
    assert_eq!(fault.kind, EventKind::Fault(Command::Timeout { node: follower.into() }));
    assert!(lab.events[1..].iter().all(|event| event.cause == Some(fault.seq)), "all comes of the command");
    let why = lab.refuse(Command::Timeout { node: leader.into() });
    assert_eq!(why, format!("{leader} leads, and has no election timer"));
}

/// Spread timers are all different by a large part of the range; the smallest gap is what an even spread gives.
#[test]
fn spread_timers_lie_far_apart() {
    let mut lab = Lab::new(5);
    lab.run_ms(20);
    lab.obey(Command::Timers { how: TimerMove::Spread });
    let mut deadlines: Vec<u64> = lab.nodes().map(|node| (node.deadline() - lab.world.now()).0).collect();
    deadlines.sort_unstable();
    assert_eq!(deadlines, [150_000, 187_500, 225_000, 262_500, 300_000]);
    let changes = |lab: &Lab| {
        lab.count(|kind| matches!(kind, EventKind::Fact(Fact::RoleChanged { to: RoleName::Leader, .. })))
    };
    lab.run_ms(400);
    assert_eq!((lab.nodes().map(|node| node.current_term().0).max(), changes(&lab)), (Some(1), 1));
}

/// Aligned timers run out at one moment on all nodes, also where clocks differ: a split vote.
#[test]
fn aligned_timers_split_the_vote() {
    let mut lab = Lab::with(4, |setup| setup.config.pre_vote = false);
    lab.obey(Command::Clock { node: NodeId(2).into(), rate: 1.2 });
    lab.obey(Command::Timers { how: TimerMove::Align });
    let ends: Vec<Micros> =
        lab.world.machines().iter().filter_map(|it| Some(it.to_world(it.node()?.deadline()))).collect();
    assert!(ends.iter().all(|end| *end == ends[0]), "{ends:?}");
    assert!(ends[0] <= Micros::from_millis(30), "soon");
    lab.run_ms(60);
    assert!(lab.nodes().all(|node| node.role() == RoleName::Candidate && node.current_term().0 == 1));
    assert_eq!(lab.world.leader(), None);
    lab.run_until_true(|lab| lab.world.leader().is_some());
}

#[test]
fn leadership_is_handed_over() {
    let (mut lab, leader) = Lab::with_leader(3, |_| {});
    let to = lab.followers()[1];
    assert_eq!(lab.refuse(Command::Transfer { to: Target::Leader }), format!("{leader} leads already"));
    lab.obey(Command::Transfer { to: to.into() });
    lab.run_ms(100);
    assert_eq!(lab.world.leader(), Some(to));
}
