use std::sync::Arc;

use super::bench::Bench;
use crate::raft::*;
use crate::time::Micros;

fn ids(numbers: &[u32]) -> Vec<NodeId> {
    numbers.iter().copied().map(NodeId).collect()
}

pub(super) fn change(add: &[u32], remove: &[u32], learners: &[u32]) -> MembershipChange {
    MembershipChange { add: ids(add), remove: ids(remove), learners: ids(learners) }
}

pub(super) fn ask(bench: &mut Bench, id: u32, change: MembershipChange) -> ProposalId {
    let proposal = ProposalId(1_000);
    bench.step(id, Input::ChangeMembership { id: proposal, change });
    proposal
}

/// Takes the change through with a few heartbeats.
pub(super) fn settle(bench: &mut Bench, leader: u32) {
    for _ in 0..6 {
        bench.heartbeat(leader);
    }
}

fn voters(bench: &Bench, id: u32) -> Vec<u32> {
    bench.node(id).configuration().voters().iter().map(|id| id.0).collect()
}

fn was_applied(bench: &Bench, id: u32) -> bool {
    bench.answers[id as usize]
        .iter()
        .any(|answer| matches!(answer, Answer::Applied { proposal: ProposalId(1_000), .. }))
}

fn refusal(bench: &Bench, id: u32) -> Option<Refusal> {
    bench.answers[id as usize].iter().find_map(|answer| match answer {
        Answer::ProposalRefused { proposal: ProposalId(1_000), refusal } => Some(*refusal),
        _ => None,
    })
}

/// Thesis 4.2.1: a new server gets the log as a learner, does not count, and counts once it has caught up.
#[test]
fn member_add_learner_then_promote() {
    let mut bench = Bench::new(3);
    bench.add_stranger(3);
    bench.elect(0);
    bench.propose(0, "before");
    bench.deliver_all();
    ask(&mut bench, 0, change(&[3], &[], &[]));
    assert_eq!(bench.node(0).configuration().learners(), ids(&[3]));
    assert_eq!(voters(&bench, 0), [0, 1, 2], "it does not count yet");
    settle(&mut bench, 0);
    for id in 0..4 {
        assert_eq!(voters(&bench, id), [0, 1, 2, 3], "node-{id}");
        assert_eq!(bench.commands(id), ["before"], "node-{id}");
        assert!(!bench.node(id).configuration().is_joint());
    }
    assert!(was_applied(&bench, 0));
}

/// Thesis 4.2.1: a learner never counts, neither for a commit nor for an election, and never campaigns.
#[test]
fn member_learner_never_campaigns() {
    let mut bench = Bench::new(3);
    bench.add_stranger(3);
    bench.elect(0);
    ask(&mut bench, 0, change(&[], &[], &[3]));
    settle(&mut bench, 0);
    assert_eq!(bench.node(0).configuration().learners(), ids(&[3]));
    bench.time_out(3);
    assert_eq!(bench.node(3).role(), RoleName::Follower);
    bench.crash(1);
    bench.crash(2);
    bench.propose(0, "not on a majority");
    bench.deliver_all();
    assert!(bench.commands(0).is_empty());

    let mut broken = Bench::without(3, Rule::LearnersNotCounted);
    broken.add_stranger(3);
    broken.elect(0);
    ask(&mut broken, 0, change(&[], &[1], &[3]));
    settle(&mut broken, 0);
    broken.crash(2);
    broken.propose(0, "with a learner");
    broken.deliver_all();
    assert_eq!(broken.commands(0), ["with a learner"], "without the rule the learner's answer commits");
}

/// Thesis 4.2.1: a promoted learner that does not know of its promotion votes when it is asked.
#[test]
fn member_promoted_learner_must_vote() {
    let mut bench = Bench::new(1);
    bench.add_stranger(1);
    let request =
        RequestVote { campaign_term: Term(1), last_log: EntryId::new(1, 1), leadership_transfer: false };
    bench.inject(0, 1, 1, Body::RequestVote(request));
    let reply = bench.take_messages_to(0).pop().expect("a vote request is answered");
    assert!(matches!(reply.body, Body::RequestVoteReply(reply) if reply.vote_granted));
}

/// Thesis 4.1: a second change is refused while one is not committed.
#[test]
fn member_one_change_at_a_time() {
    let second_change = |rule: Option<Rule>| {
        let mut bench = Bench::with(4, |_| {}, rule);
        bench.elect(0);
        bench.step(0, Input::ChangeMembership { id: ProposalId(1), change: change(&[], &[3], &[]) });
        ask(&mut bench, 0, change(&[], &[2], &[]));
        refusal(&bench, 0)
    };
    assert_eq!(second_change(None), Some(Refusal::ChangeUnderWay));
    assert_eq!(second_change(Some(Rule::OneChangeAtATime)), None);
}

/// raft-dev 2015: a leader changes the configuration only after committing an entry of its own term.
#[test]
fn member_change_needs_own_term_commit() {
    let early_change = |rule: Option<Rule>| {
        let mut bench = Bench::with(3, |_| {}, rule);
        bench.time_out(0);
        bench.deliver_while(|message| !matches!(message.body, Body::AppendEntries(_)));
        assert_eq!(bench.node(0).role(), RoleName::Leader);
        ask(&mut bench, 0, change(&[], &[2], &[]));
        refusal(&bench, 0)
    };
    assert_eq!(early_change(None), Some(Refusal::ChangeUnderWay));
    assert_eq!(early_change(Some(Rule::ChangeAfterOwnTermCommit)), None);
}

/// A leader of {0, 1, 2} on the way to {0, 3, 4}, whose joint configuration has reached only some servers.
fn joint_on(reached: &[u32], rule: Option<Rule>) -> Bench {
    let mut bench = Bench::with(3, |_| {}, rule);
    bench.add_stranger(3);
    bench.add_stranger(4);
    bench.elect(0);
    ask(&mut bench, 0, change(&[], &[], &[3, 4]));
    settle(&mut bench, 0);
    bench.step(0, Input::ChangeMembership { id: ProposalId(1), change: change(&[3, 4], &[1, 2], &[]) });
    bench.deliver_while(|message| match &message.body {
        Body::AppendEntries(append) => append.entries.is_empty() || reached.contains(&message.to.0),
        _ => true,
    });
    assert!(bench.node(0).configuration().is_joint());
    bench
}

/// §6: in a joint configuration one of the two majorities commits nothing and elects nobody.
#[test]
fn member_joint_needs_both_majorities() {
    let joint_index = |bench: &Bench| bench.node(0).configuration_index();
    let only_new = joint_on(&[3, 4], None);
    assert!(only_new.node(0).commit_index() < joint_index(&only_new));
    let only_old = joint_on(&[1], None);
    assert!(only_old.node(0).commit_index() < joint_index(&only_old));

    let mut bench = joint_on(&[3, 4], None);
    bench.crash(0);
    bench.now += Micros::from_millis(500);
    bench.time_out(3);
    bench.deliver_while(|message| [3, 4].contains(&message.from.0) && [3, 4].contains(&message.to.0));
    assert_ne!(bench.node(3).role(), RoleName::Leader, "two of the three new voters, none of the old");

    let mut broken = Bench::without(3, Rule::JointNeedsBoth);
    broken.add_stranger(3);
    broken.add_stranger(4);
    broken.elect(0);
    ask(&mut broken, 0, change(&[], &[], &[3, 4]));
    settle(&mut broken, 0);
    let before = broken.node(0).commit_index();
    broken.step(0, Input::ChangeMembership { id: ProposalId(1), change: change(&[3, 4], &[1, 2], &[]) });
    broken.deliver_while(|message| ![1, 2].contains(&message.from.0) && ![1, 2].contains(&message.to.0));
    assert!(broken.node(0).commit_index() > before, "without the rule the new voters commit alone");
}

/// §6: when the leader dies in the joint configuration, its successor completes the change.
#[test]
fn member_joint_leader_crash_resumes() {
    let mut bench = joint_on(&[3, 4], None);
    bench.heal();
    bench.crash(0);
    bench.elect(3);
    settle(&mut bench, 3);
    assert_eq!(voters(&bench, 3), [0, 3, 4]);
    assert!(!bench.node(3).configuration().is_joint());
}

/// §6: a configuration that is cut off the log is not in use any more.
#[test]
fn member_uncommitted_config_rolls_back() {
    let cut = |rule: Option<Rule>| {
        let mut bench = Bench::with(3, |_| {}, rule);
        bench.elect(0);
        bench.isolate(0);
        ask(&mut bench, 0, change(&[], &[2], &[]));
        assert!(bench.node(0).configuration().is_joint());
        bench.network.clear();
        bench.elect(1);
        bench.propose(1, "newer");
        bench.deliver_all();
        bench.heal();
        settle(&mut bench, 1);
        voters(&bench, 0)
    };
    assert_eq!(cut(None), [0, 1, 2]);
    assert_eq!(cut(Some(Rule::ConfigurationRollsBack)), [0, 1], "without the rule it stays in use");
}

/// Thesis 4.2.2: a leader that removes itself leads until the change is committed, does not count itself, then leaves.
#[test]
fn member_remove_leader() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    ask(&mut bench, 0, change(&[], &[0], &[]));
    settle(&mut bench, 0);
    assert_eq!(bench.node(0).role(), RoleName::Follower);
    assert!(
        bench.has_fact(0, |fact| matches!(fact, Fact::RoleChanged { why: RoleReason::Removed { .. }, .. }))
    );
    bench.time_out(0);
    assert_eq!(bench.node(0).role(), RoleName::Follower, "it cannot campaign");
    bench.elect(1);
    bench.heartbeat(1);
    assert_eq!(voters(&bench, 1), [1, 2]);
    bench.propose(1, "goes on");
    bench.deliver_all();
    assert_eq!(bench.commands(1), ["goes on"]);
}

/// Thesis 4.2.2: a server that only its own last entry lets go still campaigns. Nobody else has that entry, so that
/// nobody else could be elected where its vote is needed.
#[test]
fn member_leaving_campaigns_until_committed() {
    let mut bench = Bench::new(2);
    bench.elect(0);
    ask(&mut bench, 0, change(&[], &[0], &[]));
    bench.deliver_while(|message| match &message.body {
        Body::AppendEntries(request) => request.entries.iter().all(|entry| entry.index < Index(3)),
        _ => true,
    });
    assert_eq!((voters(&bench, 0), voters(&bench, 1)), (vec![1], vec![1]));
    assert!(!bench.node(0).configuration().is_joint() && bench.node(1).configuration().is_joint());
    bench.crash(0);
    bench.start(0);
    bench.time_out(1);
    bench.deliver_all();
    assert_ne!(bench.node(1).role(), RoleName::Leader, "the log of node-0 is longer");
    // The first attempt learns the term that node-1 has come to.
    for _ in 0..2 {
        bench.time_out(0);
        bench.deliver_all();
    }
    let has_left = |fact: &Fact| matches!(fact, Fact::RoleChanged { why: RoleReason::Removed { .. }, .. });
    assert!(bench.has_fact(0, has_left), "it was elected, and leaves once that is committed");
    bench.elect(1);
    bench.time_out(0);
    assert_eq!(bench.node(0).role(), RoleName::Follower, "it cannot campaign any more");
}

/// Thesis 4.2.2: the leader that is being removed does not count itself towards the new majority.
#[test]
fn member_removed_leader_not_counted() {
    let commits_with_one_other = |rule: Option<Rule>| {
        let mut bench = Bench::with(4, |_| {}, rule);
        bench.elect(0);
        ask(&mut bench, 0, change(&[], &[0], &[]));
        // The joint configuration reaches everyone; then only node-1 is left to hear of the new one.
        bench.deliver_while(|message| match &message.body {
            Body::AppendEntries(request) => {
                let new = request.entries.iter().any(|entry| {
                    matches!(&entry.payload, Payload::Configuration(configuration) if !configuration.is_joint())
                });
                !new || message.to.0 == 1
            }
            _ => true,
        });
        bench.node(0).role()
    };
    assert_eq!(commits_with_one_other(None), RoleName::Leader, "node-1 is one of the two needed of three");
    assert_eq!(commits_with_one_other(Some(Rule::RemovedLeaderNotCounted)), RoleName::Follower);
}

/// A replacement in one step: the newcomer is in and the old server out with one change.
#[test]
fn member_replacement_in_one_step() {
    let mut bench = Bench::new(3);
    bench.add_stranger(3);
    bench.elect(0);
    ask(&mut bench, 0, change(&[3], &[2], &[]));
    settle(&mut bench, 0);
    assert_eq!(voters(&bench, 0), [0, 1, 3]);
    assert!(was_applied(&bench, 0));
}

/// §5.3: entries that wait for a majority are committed when a removal makes the majority smaller.
#[test]
fn member_commit_lowers_after_removal() {
    let mut bench = Bench::new(5);
    bench.elect(0);
    bench.crash(3);
    bench.crash(4);
    ask(&mut bench, 0, change(&[], &[3, 4], &[]));
    settle(&mut bench, 0);
    assert_eq!(voters(&bench, 0), [0, 1, 2]);
    bench.crash(2);
    bench.propose(0, "two of three");
    bench.deliver_all();
    assert_eq!(bench.commands(0), ["two of three"]);
}

/// A delayed answer of a server's former membership does not count for its new one.
#[test]
fn member_rejoin_same_term_stale_ack() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    bench.propose(0, "x");
    let sent = bench.take_messages_to(2);
    sent.into_iter().for_each(|message| bench.step(2, Input::Message(message)));
    let stale: Vec<Message> =
        bench.take_messages_to(0).into_iter().filter(|message| message.from == NodeId(2)).collect();
    assert!(!stale.is_empty());
    ask(&mut bench, 0, change(&[], &[2], &[]));
    settle(&mut bench, 0);
    bench.crash(2);
    ask(&mut bench, 0, change(&[], &[], &[2]));
    stale.into_iter().for_each(|message| bench.step(0, Input::Message(message)));
    let rejoined = bench.node(0).progress().find(|(id, _)| *id == NodeId(2)).expect("it is back");
    assert_eq!(rejoined.1.match_index, Index(0));
}

/// Thesis 4.2.1: a server that does not catch up is given up, and the cluster goes on as it was.
#[test]
fn member_slow_newcomer_is_given_up() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    ask(&mut bench, 0, change(&[3], &[], &[]));
    for _ in 0..130 {
        bench.pass(Micros::from_millis(50));
        bench.deliver_while(|message| message.to.0 < 3);
    }
    assert_eq!(refusal(&bench, 0), Some(Refusal::CatchUpTooSlow));
    assert_eq!(voters(&bench, 0), [0, 1, 2]);
}

/// A change that is in the log is not given up, however long its commitment takes: the leader keeps no deadline for
/// it, which would lie in the past from then on.
#[test]
fn member_change_in_the_log_is_not_given_up() {
    let mut bench = Bench::with(3, |config| config.check_quorum = false, []);
    bench.elect(0);
    bench.isolate(0);
    ask(&mut bench, 0, change(&[], &[2], &[]));
    assert!(bench.node(0).configuration().is_joint());
    for _ in 0..130 {
        bench.pass(Micros::from_millis(50));
        assert!(bench.node(0).deadline() > bench.now, "the same deadline again");
    }
    assert_eq!(refusal(&bench, 0), None);
    bench.heal();
    settle(&mut bench, 0);
    assert_eq!(voters(&bench, 0), [0, 1]);
}

/// A change that changes nothing, or leaves nobody, is refused; so is one on a follower.
#[test]
fn member_bad_changes_are_refused() {
    for (asked, wanted, expected) in [
        (0, change(&[1], &[], &[]), Refusal::BadChange),
        (0, change(&[], &[0, 1, 2], &[]), Refusal::BadChange),
        (1, change(&[], &[2], &[]), Refusal::NotLeader { leader: Some(NodeId(0)) }),
    ] {
        let mut bench = Bench::new(3);
        bench.elect(0);
        ask(&mut bench, asked, wanted);
        assert_eq!(refusal(&bench, asked), Some(expected));
    }
}

/// Figure 12: the configuration survives compaction and a restart, also one that comes with a snapshot.
#[test]
fn snapshot_carries_configuration() {
    let lagging = |rule: Option<Rule>| {
        let mut bench = Bench::with(4, |_| {}, rule);
        bench.elect(0);
        bench.isolate(3);
        ask(&mut bench, 0, change(&[], &[2], &[]));
        settle(&mut bench, 0);
        bench.snapshot(0);
        bench.heal();
        settle(&mut bench, 0);
        assert!(bench.node(3).log().snapshot_id().index > Index(0));
        bench.crash(3);
        bench.start(3);
        voters(&bench, 3)
    };
    assert_eq!(lagging(None), [0, 1, 3]);
    assert_eq!(lagging(Some(Rule::SnapshotCarriesConfiguration)), [0, 1, 2, 3]);
}

/// A configuration entry in a hostile message with no voters elects nobody and commits nothing.
#[test]
fn member_nobody_is_harmless() {
    let mut bench = Bench::new(3);
    let nobody = Payload::Configuration(Arc::new(Configuration::new([])));
    let entry = Entry { term: Term(1), index: Index(1), payload: nobody };
    let entries = Arc::from([entry]);
    let request = AppendEntries { prev_log: EntryId::ZERO, entries, leader_commit: Index(1), round: 0 };
    bench.inject(1, 0, 1, Body::AppendEntries(request));
    bench.now += Micros::from_millis(1_000);
    bench.time_out(0);
    assert_eq!(bench.node(0).role(), RoleName::Follower);
}
