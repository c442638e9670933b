use super::bench::Bench;
use super::membership::{ask, change, settle};
use crate::raft::*;
use crate::time::Micros;

fn lose_disk(bench: &mut Bench) {
    bench.crash(1);
    bench.start_wiped(1);
}

/// The server leaves the cluster, and comes back as a new one.
fn admit(bench: &mut Bench) {
    ask(bench, 0, change(&[], &[1], &[]));
    settle(bench, 0);
    ask(bench, 0, change(&[1], &[], &[]));
    settle(bench, 0);
}

fn forgets(bench: &Bench) -> Option<Incarnation> {
    bench.disks[1].durable.hard_state.forgetful
}

/// A server that lost its disk neither votes nor counts until a configuration has admitted it anew.
#[test]
fn persist_empty_disk_is_new_node() {
    let wiped = |rule: Option<Rule>| {
        let mut bench = Bench::with(3, |_| {}, rule);
        bench.elect(0);
        bench.propose(0, "kept");
        bench.deliver_all();
        lose_disk(&mut bench);
        bench.crash(0);
        bench.now += Micros::from_millis(500);
        let request =
            RequestVote { campaign_term: Term(2), last_log: EntryId::ZERO, leadership_transfer: false };
        bench.inject(2, 1, 2, Body::RequestVote(request));
        let reply = bench.take_messages_to(2).pop().expect("a vote request is answered");
        (matches!(reply.body, Body::RequestVoteReply(reply) if reply.vote_granted), bench)
    };
    assert!(!wiped(None).0);
    assert!(
        wiped(Some(Rule::ForgetfulNotCounted)).0,
        "without the rule it votes for a log without a committed entry"
    );

    let (_, mut bench) = wiped(None);
    bench.start(0);
    // The first attempt learns the term that node-1 has seen.
    bench.time_out(0);
    bench.deliver_all();
    bench.elect(0);
    settle(&mut bench, 0);
    assert_eq!(bench.commands(1), ["kept"], "it gets the log");
    bench.crash(2);
    let before = bench.node(0).commit_index();
    bench.propose(0, "with a forgetful one");
    bench.deliver_all();
    assert_eq!(bench.node(0).commit_index(), before, "and does not count");
    bench.start(2);
    settle(&mut bench, 0);
    admit(&mut bench);
    assert_eq!(forgets(&bench), None, "admitted anew, it is a voter as any other");
    bench.crash(2);
    bench.propose(0, "with the admitted one");
    bench.deliver_all();
    assert!(bench.commands(0).contains(&"with the admitted one".to_owned()));
}

/// Under a leader that goes on, a server that lost its disk gets the whole log again, though it acknowledged it once;
/// and what it said before the loss, and comes late, does not bring back the trust in it.
#[test]
fn persist_lost_disk_is_filled_again() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    bench.propose(0, "kept");
    settle(&mut bench, 0);
    lose_disk(&mut bench);
    settle(&mut bench, 0);
    assert_eq!(bench.commands(1), ["kept"]);
    let progress = |bench: &Bench| {
        let of_wiped = bench.node(0).progress().find(|(id, _)| *id == NodeId(1));
        of_wiped.map(|(_, progress)| progress.forgetful)
    };
    assert_eq!(progress(&bench), Some(Some(Incarnation(1))));
    let outcome = AppendOutcome::Success { match_index: Index(2) };
    bench.inject(
        1,
        0,
        1,
        Body::AppendEntriesReply(AppendEntriesReply { round: 0, forgetful: None, outcome }),
    );
    assert_eq!(progress(&bench), Some(Some(Incarnation(1))), "an answer from before the loss");
}

/// An admission from before the loss comes back with the log, and means nothing: whoever believed it would vote for a
/// log without entries that it had acknowledged.
#[test]
fn persist_lost_disk_believes_no_old_admission() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    admit(&mut bench);
    lose_disk(&mut bench);
    settle(&mut bench, 0);
    assert!(bench.node(1).configuration().is_voter(NodeId(1)), "it has the whole log again");
    assert_eq!(forgets(&bench), Some(Incarnation(1)), "it was admitted before it lost its disk");

    admit(&mut bench);
    assert_eq!(forgets(&bench), None);
    assert_eq!(bench.node(1).configuration().admitted(), [(NodeId(1), Incarnation(1))]);

    lose_disk(&mut bench);
    settle(&mut bench, 0);
    assert_eq!(forgets(&bench), Some(Incarnation(2)), "that admission was meant for the loss before");
}

/// The admission may come inside of a snapshot, when the entry is compacted away.
#[test]
fn persist_lost_disk_is_admitted_by_a_snapshot() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    lose_disk(&mut bench);
    settle(&mut bench, 0);
    ask(&mut bench, 0, change(&[], &[1], &[]));
    settle(&mut bench, 0);
    // It hears the leader once more and is then cut off, so that the leader knows of the loss.
    ask(&mut bench, 0, change(&[], &[], &[1]));
    settle(&mut bench, 0);
    ask(&mut bench, 0, change(&[1], &[], &[]));
    bench.crash(1);
    settle(&mut bench, 0);
    assert!(
        bench.node(0).configuration().admits(NodeId(1), Incarnation(1)),
        "{:?}",
        bench.node(0).configuration()
    );
    bench.snapshot(0);
    bench.start(1);
    settle(&mut bench, 0);
    assert!(bench.restored[1].is_some());
    assert_eq!(forgets(&bench), None);
}

/// Of two servers, one that lost its disk is admitted with its own acknowledgement: without it there is no majority.
#[test]
fn persist_lost_disk_is_admitted_as_one_of_two() {
    let mut bench = Bench::new(2);
    bench.elect(0);
    ask(&mut bench, 0, change(&[], &[1], &[]));
    settle(&mut bench, 0);
    lose_disk(&mut bench);
    ask(&mut bench, 0, change(&[1], &[], &[]));
    settle(&mut bench, 0);
    assert_eq!(forgets(&bench), None);
    bench.propose(0, "by both");
    bench.deliver_all();
    assert_eq!(bench.commands(0), ["by both"]);
    bench.crash(0);
    bench.start(0);
    bench.elect(0);
    assert_eq!(bench.node(0).role(), RoleName::Leader, "and votes");
}

/// A learner that loses its disk just before it is made a voter is heard once more first, and admitted: else it would be
/// a voter that may not vote.
#[test]
fn persist_lost_disk_of_a_learner_is_noticed_before_it_votes() {
    let mut bench = Bench::new(2);
    bench.elect(0);
    ask(&mut bench, 0, change(&[], &[], &[1]));
    settle(&mut bench, 0);
    assert_eq!(bench.node(0).configuration().learners(), [NodeId(1)]);
    lose_disk(&mut bench);
    ask(&mut bench, 0, change(&[1], &[], &[]));
    settle(&mut bench, 0);
    assert!(bench.node(0).configuration().voters().contains(&NodeId(1)));
    assert_eq!(forgets(&bench), None);
}

/// A leader that needs the vote of the server it was admitting gets it, wherever it was interrupted: that server is
/// trusted before a majority needs it.
#[test]
fn persist_lost_disk_never_leaves_a_cluster_without_a_majority() {
    for step in 0..12 {
        let mut bench = Bench::new(2);
        bench.elect(0);
        ask(&mut bench, 0, change(&[], &[1], &[]));
        settle(&mut bench, 0);
        lose_disk(&mut bench);
        settle(&mut bench, 0);
        ask(&mut bench, 0, change(&[1], &[], &[]));
        let mut arrived = 0;
        for _ in 0..6 {
            bench.now += Micros::from_millis(50);
            bench.step(0, Input::TimerCheck);
            bench.deliver_while(|_| {
                arrived += 1;
                arrived <= step
            });
        }
        bench.crash(0);
        bench.start(0);
        bench.now += Micros::from_millis(500);
        bench.time_out(0);
        bench.deliver_all();
        assert_eq!(bench.node(0).role(), RoleName::Leader, "interrupted after {step} messages");
    }
}

/// Leadership is not handed to a server that lost its disk: it may not campaign.
#[test]
fn persist_lost_disk_is_no_target_of_a_transfer() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    lose_disk(&mut bench);
    settle(&mut bench, 0);
    bench.step(0, Input::TransferLeadership(NodeId(1)));
    let refused = Fact::TransferAborted { to: NodeId(1), why: TransferFailure::BadTarget };
    assert!(bench.has_fact(0, |fact| *fact == refused));
}

/// What a server said before it knew of its admission, and comes late, does not take the trust away again.
#[test]
fn persist_lost_disk_is_not_distrusted_for_a_late_answer() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    lose_disk(&mut bench);
    settle(&mut bench, 0);
    admit(&mut bench);
    let match_index = bench.node(0).log().last().index;
    let outcome = AppendOutcome::Success { match_index };
    let late = AppendEntriesReply { round: 1_000, forgetful: Some(Incarnation(1)), outcome };
    bench.inject(1, 0, 1, Body::AppendEntriesReply(late));
    let of_wiped = bench.node(0).progress().find(|(id, _)| *id == NodeId(1));
    let known = of_wiped.map(|(_, progress)| (progress.match_index, progress.forgetful));
    assert_eq!(known, Some((match_index, None)));
}

/// A server that loses its disk twice under one leader gets its log twice.
#[test]
fn persist_lost_disk_twice_is_filled_twice() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    bench.propose(0, "kept");
    settle(&mut bench, 0);
    for _ in 0..2 {
        lose_disk(&mut bench);
        settle(&mut bench, 0);
        assert_eq!(bench.commands(1), ["kept"]);
    }
}

/// A follower that refuses what it acknowledged is asked again with the heartbeats, not as fast as messages travel.
#[test]
fn persist_lost_disk_makes_no_storm() {
    let mut bench = Bench::without(3, Rule::ForgetfulNotCounted);
    bench.elect(0);
    bench.propose(0, "kept");
    bench.deliver_all();
    lose_disk(&mut bench);
    bench.propose(0, "refused");
    for _ in 0..3 {
        let mut messages = 0;
        bench.now += Micros::from_millis(50);
        bench.step(0, Input::TimerCheck);
        bench.deliver_while(|_| {
            messages += 1;
            messages < 1_000
        });
        assert!(messages <= 20, "{messages}");
    }
}
