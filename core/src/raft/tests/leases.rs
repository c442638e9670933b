use super::bench::Bench;
use crate::raft::*;
use crate::time::Micros;

fn with_leases(config: &mut Config) {
    config.lease_reads = Some(ClockDrift { percent: 10 });
}

/// Thesis 6.4.1: while the lease lasts a read is answered at once; after it a majority is asked.
#[test]
fn read_lease_within_drift_bound() {
    let read_after = |millis: u64, rule: Option<Rule>| {
        let mut bench = Bench::with(3, with_leases, rule);
        bench.elect(0);
        bench.now += Micros::from_millis(millis);
        bench.step(0, Input::Read(ReadId(1)));
        bench.reads_ready(0)
    };
    // 150 ms, shortened by 10 % at both ends: 150 × 90 / 110 = 122.7 ms.
    assert_eq!(read_after(120, None), [1]);
    assert!(read_after(130, None).is_empty());
    assert_eq!(
        read_after(130, Some(Rule::LeaseWithinDrift)),
        [1],
        "without the rule the drift is not allowed for"
    );
}

/// Thesis 6.4.1: who told another to take over has no lease any more.
#[test]
fn read_lease_voided_by_transfer_and_stepdown() {
    let read_in_transfer = |rule: Option<Rule>| {
        let mut bench = Bench::with(3, with_leases, rule);
        bench.elect(0);
        bench.step(0, Input::TransferLeadership(NodeId(1)));
        bench.step(0, Input::Read(ReadId(1)));
        bench.reads_ready(0)
    };
    assert!(read_in_transfer(None).is_empty());
    assert_eq!(read_in_transfer(Some(Rule::LeaseEndsWithTransfer)), [1]);
}

/// The rounds that a lease counts from are forgotten once a majority has answered later ones, though nobody reads.
#[test]
fn read_lease_remembers_few_rounds() {
    let mut bench = Bench::with(3, with_leases, []);
    bench.elect(0);
    for _ in 0..1_000 {
        bench.heartbeat(0);
        assert!(bench.node(0).rounds_remembered() <= 3);
    }
}

/// Leases are off by default, and without CheckQuorum no voter keeps them.
#[test]
fn read_lease_is_off_by_default() {
    let read_with = |config: fn(&mut Config)| {
        let mut bench = Bench::with(3, config, []);
        bench.elect(0);
        bench.step(0, Input::Read(ReadId(1)));
        bench.reads_ready(0)
    };
    assert!(read_with(|_| {}).is_empty());
    let unkept = read_with(|config| {
        with_leases(config);
        config.check_quorum = false;
    });
    assert!(unkept.is_empty());
    assert_eq!(read_with(with_leases), [1]);
}

/// Thesis 6.4.1: a voter keeps its promise to a leader with a lease when it restarts and when its term grows.
#[test]
fn a_voter_keeps_the_lease_over_a_restart_and_a_higher_term() {
    for restart in [true, false] {
        let mut bench = Bench::with(5, with_leases, []);
        bench.elect(0);
        bench.isolate(0);
        for voter in 1..=2 {
            if restart {
                bench.crash(voter);
                bench.start(voter);
            } else {
                let late = VoteReply { campaign_term: Term(2), vote_granted: false };
                bench.inject(4, voter, 2, Body::PreVoteReply(late));
            }
        }
        // Two servers that have not heard from the leader for long.
        bench.crash(3);
        bench.crash(4);
        bench.start(3);
        bench.time_out(3);
        bench.deliver_all();
        bench.step(0, Input::Read(ReadId(1)));
        assert_eq!(bench.reads_ready(0), [1], "the lease lasts");
        assert_ne!(bench.node(3).role(), RoleName::Leader, "restart: {restart}");
    }
}

/// A server whose timer a laboratory lets run out early waits with its election until its promise ends.
#[test]
fn a_server_keeps_its_own_lease_though_its_timer_runs_out() {
    let mut bench = Bench::with(3, with_leases, []);
    bench.elect(0);
    bench.isolate(2);
    for _ in 0..5 {
        bench.heartbeat(0);
    }
    bench.heal();
    bench.isolate(0);
    bench.time_out(1);
    bench.deliver_all();
    bench.step(0, Input::Read(ReadId(1)));
    assert_eq!(bench.reads_ready(0), [1], "the lease lasts");
    assert_eq!(bench.node(1).role(), RoleName::Follower);
    bench.now += Micros::from_millis(150);
    bench.step(1, Input::TimerCheck);
    bench.deliver_all();
    assert_eq!(bench.node(1).role(), RoleName::Leader);
}
