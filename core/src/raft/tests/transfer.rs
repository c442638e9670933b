use super::bench::Bench;
use super::membership::{ask, change, settle};
use crate::raft::*;
use crate::time::Micros;

/// Thesis 3.10: the target takes over without waiting for a timeout, and voters do not withhold their votes.
#[test]
fn transfer_to_up_to_date() {
    let mut bench = Bench::new(5);
    bench.elect(0);
    bench.propose(0, "kept");
    bench.deliver_all();
    bench.step(0, Input::TransferLeadership(NodeId(3)));
    bench.deliver_all();
    assert_eq!(bench.node(3).role(), RoleName::Leader);
    assert_eq!(bench.node(0).role(), RoleName::Follower);
    assert_eq!(bench.commands(3), ["kept"]);

    let mut broken = Bench::without(5, Rule::TransferSkipsPreVote);
    broken.elect(0);
    broken.step(0, Input::TransferLeadership(NodeId(3)));
    broken.deliver_all();
    assert_eq!(
        broken.node(0).role(),
        RoleName::Leader,
        "without the rule everyone still hears the old leader"
    );
}

/// Thesis 3.10: a target that is behind is brought up to date first.
#[test]
fn transfer_to_slow_follower_catches_up_first() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    bench.isolate(2);
    bench.propose(0, "missed");
    bench.deliver_all();
    bench.heal();
    bench.step(0, Input::TransferLeadership(NodeId(2)));
    assert!(!bench.network.iter().any(|message| message.body == Body::TimeoutNow));
    bench.heartbeat(0);
    assert_eq!(bench.node(2).role(), RoleName::Leader);
    bench.heartbeat(2);
    assert_eq!(bench.commands(2), ["missed"]);
}

/// Thesis 3.10: proposals are refused meanwhile; after an election timeout the leader gives up and goes on.
#[test]
fn transfer_refuses_proposals_and_times_out() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    bench.crash(2);
    bench.propose(0, "behind");
    bench.deliver_all();
    bench.step(0, Input::TransferLeadership(NodeId(2)));
    let refused = bench.propose(0, "meanwhile");
    let refusal = Refusal::Transferring { to: NodeId(2) };
    assert!(bench.answers[0].contains(&Answer::ProposalRefused { proposal: refused, refusal }));
    for _ in 0..7 {
        bench.pass(Micros::from_millis(50));
        bench.deliver_all();
    }
    assert!(
        bench.has_fact(0, |fact| matches!(
            fact,
            Fact::TransferAborted { why: TransferFailure::TookTooLong, .. }
        ))
    );
    bench.propose(0, "afterwards");
    bench.deliver_all();
    assert_eq!(bench.commands(0), ["behind", "afterwards"]);
}

/// A leader does not hand over to itself or to a stranger; a follower hands over nothing.
#[test]
fn transfer_invalid_targets() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    for (asked, to) in [(0, 0), (0, 9), (1, 2)] {
        bench.step(asked, Input::TransferLeadership(NodeId(to)));
    }
    assert_eq!(bench.node(0).transferring_to(), None);
    assert!(bench.network.is_empty());
}

/// A TimeoutNow of an old term starts nothing.
#[test]
fn transfer_late_timeout_now_harmless() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    bench.elect(1);
    bench.inject(0, 2, 1, Body::TimeoutNow);
    assert_eq!(bench.node(2).role(), RoleName::Follower);
    assert_eq!(bench.node(2).current_term(), Term(2));
}

/// Thesis 3.10: only a voter can take over, so a leader whose target leaves the cluster stops handing over to it.
#[test]
fn transfer_to_a_server_that_leaves_is_given_up() {
    let mut bench = Bench::new(4);
    bench.elect(0);
    // The target is behind, so that the transfer waits for it.
    bench.isolate(3);
    bench.propose(0, "missed");
    bench.deliver_all();
    bench.step(0, Input::TransferLeadership(NodeId(3)));
    assert_eq!(bench.node(0).transferring_to(), Some(NodeId(3)));
    ask(&mut bench, 0, change(&[], &[3], &[]));
    assert_eq!(bench.node(0).transferring_to(), None, "already in the joint configuration");
    settle(&mut bench, 0);
    assert_eq!(bench.node(0).role(), RoleName::Leader);
    assert!(!bench.node(0).configuration().voters().contains(&NodeId(3)));
    let (to, why) = (NodeId(3), TransferFailure::BadTarget);
    assert!(bench.has_fact(0, |fact| *fact == Fact::TransferAborted { to, why }));
}
