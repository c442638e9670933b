use std::sync::Arc;

use super::bench::Bench;
use crate::raft::*;

/// Figure 2: a vote leaves only once it is on stable storage, so that a crash cannot give a second one.
#[test]
fn persist_term_and_vote() {
    let vote = |rule: Option<Rule>| {
        let mut bench = Bench::with(3, |_| {}, rule);
        bench.disks[0].slow = true;
        let request =
            RequestVote { campaign_term: Term(1), last_log: EntryId::ZERO, leadership_transfer: false };
        bench.inject(1, 0, 1, Body::RequestVote(request));
        bench
    };
    let mut bench = vote(None);
    assert!(bench.network.is_empty(), "the vote is told before it is durable");
    bench.sync(0);
    assert_eq!(bench.network.len(), 1);
    bench.crash(0);
    bench.start(0);
    assert_eq!((bench.node(0).current_term(), bench.node(0).voted_for()), (Term(1), Some(NodeId(1))));

    let mut broken = vote(Some(Rule::VoteIsDurable));
    assert_eq!(broken.network.len(), 1, "without the rule the vote is told at once");
    broken.crash(0);
    broken.start(0);
    assert_eq!(broken.node(0).voted_for(), None, "and forgotten by a crash");
}

/// Figure 2: a candidate asks for votes, and counts its own, once its term and vote are durable.
#[test]
fn persist_before_send_of_a_candidacy() {
    let mut bench = Bench::with(3, |config| config.pre_vote = false, []);
    bench.disks[0].slow = true;
    bench.time_out(0);
    assert!(bench.network.is_empty());
    assert_eq!(bench.node(0).votes_granted().count(), 0);
    bench.sync(0);
    assert_eq!(bench.network.len(), 2);
    assert_eq!(bench.node(0).votes_granted().collect::<Vec<_>>(), [NodeId(0)]);
}

/// Figure 2: a follower acknowledges entries once they are on stable storage.
#[test]
fn persist_before_send_of_an_acknowledgement() {
    let follow = |rule: Option<Rule>| {
        let mut bench = Bench::with(2, |_| {}, rule);
        bench.elect(1);
        bench.disks[0].slow = true;
        bench.propose(1, "x");
        bench.deliver_all();
        bench
    };
    let mut bench = follow(None);
    assert_eq!(bench.node(1).commit_index(), Index(1));
    bench.sync(0);
    bench.deliver_all();
    assert_eq!(bench.node(1).commit_index(), Index(2));

    let broken = follow(Some(Rule::AckAfterSync));
    assert_eq!(
        broken.node(1).commit_index(),
        Index(2),
        "without the rule it acknowledges what a crash can lose"
    );
}

/// A slow disk does not silence a follower: heartbeats are answered with what is durable so far.
#[test]
fn slow_disk_answers_heartbeats() {
    let mut bench = Bench::new(2);
    bench.elect(1);
    bench.disks[0].slow = true;
    bench.propose(1, "x");
    bench.deliver_all();
    for _ in 0..10 {
        bench.heartbeat(1);
    }
    assert_eq!(bench.node(1).role(), RoleName::Leader, "it hears from a majority");
    assert_eq!(bench.node(1).commit_index(), Index(1));
}

/// Thesis 10.2.1: a leader commits by its followers while its own write is under way; itself it counts when it is done.
#[test]
fn persist_leader_own_disk_slow() {
    let mut bench = Bench::new(5);
    bench.elect(0);
    bench.disks[0].slow = true;
    bench.propose(0, "x");
    bench.deliver_while(|message| message.to.0 <= 2);
    assert_eq!(
        bench.node(0).commit_index(),
        Index(1),
        "two followers, and the leader's own disk is not done"
    );
    bench.heartbeat(0);
    assert_eq!(bench.node(0).commit_index(), Index(2), "four followers are a majority without the leader");
    bench.sync(0);

    let mut broken = Bench::without(5, Rule::LeaderCountsAfterSync);
    broken.elect(0);
    broken.disks[0].slow = true;
    broken.propose(0, "x");
    broken.deliver_while(|message| message.to.0 <= 2);
    assert_eq!(broken.node(0).commit_index(), Index(2), "without the rule it counts what a crash can lose");
}

/// A late report for an entry that was cut off meanwhile does not make its successor durable.
#[test]
fn persist_async_aba() {
    let durable_index_after = |rule: Option<Rule>| {
        let mut bench = Bench::with(3, |_| {}, rule);
        bench.disks[0].slow = true;
        let append = |term| {
            let entry = Entry { term: Term(term), index: Index(1), payload: Payload::Noop };
            let (prev_log, entries) = (EntryId::ZERO, Arc::from([entry]));
            Body::AppendEntries(AppendEntries { prev_log, entries, leader_commit: Index(0), round: 0 })
        };
        // Entry 1 of term 1 is written, cut off for one of term 2, and comes back with the leader of term 3.
        bench.inject(1, 0, 1, append(1));
        bench.inject(2, 0, 2, append(2));
        bench.inject(1, 0, 3, append(1));
        let writes = bench.disks[0].queue.iter().map(|write| write.id);
        let (first, last) = (writes.clone().min(), writes.max());
        [first, last].map(|id| {
            bench.step(0, Input::WriteDone(id.expect("a write is queued")));
            bench.node(0).durable_index().0
        })
    };
    assert_eq!(
        durable_index_after(None),
        [0, 1],
        "after the first write the disk is about to lose that entry again"
    );
    assert_eq!(
        durable_index_after(Some(Rule::WriteMatchedById)),
        [1, 1],
        "without the rule it counts too early"
    );
}

/// Figure 2: the commit index is lost in a crash and learnt again; nothing is applied twice or left out.
#[test]
fn persist_commit_recovered() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    bench.propose(0, "a");
    bench.propose(0, "b");
    bench.deliver_all();
    bench.heartbeat(0);
    bench.crash(1);
    bench.start(1);
    assert_eq!(bench.node(1).commit_index(), Index(0));
    assert_eq!(bench.terms(1), [1, 1, 1]);
    bench.heartbeat(0);
    assert_eq!(bench.commands(1), ["a", "b"]);
}

/// What was acknowledged is there after a power cut of every node.
#[test]
fn persist_unsynced_tail_lost() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    bench.propose(0, "acknowledged");
    bench.deliver_all();
    (0..3).for_each(|id| bench.disks[id].slow = true);
    bench.propose(0, "unsynced");
    bench.deliver_all();
    (0..3).for_each(|id| bench.crash(id));
    (0..3).for_each(|id| bench.disks[id as usize].slow = false);
    (0..3).for_each(|id| bench.start(id));
    bench.network.clear();
    bench.elect(1);
    bench.heartbeat(1);
    for id in 0..3 {
        assert_eq!(bench.commands(id), ["acknowledged"]);
    }
}

/// Where a laboratory leaves out rules, what is appended may be committed at once, and a change of the membership has
/// more to append: it goes on in a later step, and a step appends once.
#[test]
fn membership_change_that_commits_at_once_appends_once_in_a_step() {
    let mut bench = Bench::with(2, |_| {}, [Rule::CommitMajority, Rule::LeaderCountsAfterSync]);
    bench.add_stranger(2);
    bench.elect(0);
    bench.disks[0].slow = true;
    let change = MembershipChange { add: vec![NodeId(2)], remove: vec![NodeId(1)], learners: Vec::new() };
    bench.step(0, Input::ChangeMembership { id: ProposalId(1_000), change });
    // The new server is greeted.
    bench.step(0, Input::TimerCheck);
    for _ in 0..20 {
        let Some(message) = bench.network.pop_front() else { break };
        bench.step(message.to.0, Input::Message(message));
        if bench.node(0).configuration().is_joint() {
            bench.propose(0, "x");
        }
    }
    assert_eq!(bench.node(0).configuration(), &Configuration::new([NodeId(0), NodeId(2)]));
}
