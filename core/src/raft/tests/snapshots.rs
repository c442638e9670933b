use std::sync::Arc;

use super::bench::Bench;
use crate::raft::*;
use crate::time::Micros;

fn install(last_included: EntryId) -> Body {
    Body::InstallSnapshot(InstallSnapshot {
        last_included,
        configuration: Arc::new(Configuration::of_size(3)),
        offset: 0,
        data: Arc::from(*b"state"),
        done: true,
        round: 0,
    })
}

/// §7: a snapshot replaces the log up to its last included entry, also on disk.
#[test]
fn test_snapshot_creation() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    bench.propose(0, "a");
    bench.deliver_all();
    bench.snapshot(0);
    assert_eq!(bench.node(0).log().snapshot_id(), EntryId::new(1, 2));
    assert_eq!(bench.node(0).log().first_index(), Index(3));
    assert!(bench.disks[0].durable.entries.is_empty());
    bench.propose(0, "b");
    bench.deliver_all();
    bench.crash(0);
    bench.start(0);
    assert_eq!(bench.restored[0].as_ref().map(|s| s.last_included), Some(EntryId::new(1, 2)));
    assert_eq!(bench.node(0).last_applied(), Index(2));
    assert_eq!(bench.node(0).log().last(), EntryId::new(1, 3));
}

/// §7: a follower that needs what is compacted away gets the snapshot, then the entries after it.
#[test]
fn snapshot_to_lagging_follower() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    bench.isolate(2);
    for command in ["a", "b", "c"] {
        bench.propose(0, command);
        bench.deliver_all();
    }
    bench.snapshot(0);
    bench.propose(0, "d");
    bench.deliver_all();
    bench.heal();
    bench.heartbeat(0);
    bench.heartbeat(0);
    assert_eq!(bench.restored[2].as_ref().map(|s| s.last_included), Some(EntryId::new(1, 4)));
    assert_eq!(bench.commands(2), ["d"]);
    assert_eq!(bench.node(2).log().last(), EntryId::new(1, 5));
    let state = &bench.node(0).progress().find(|(id, _)| *id == NodeId(2)).expect("a follower").1.state;
    assert!(matches!(state, ProgressState::Replicate { .. }));
}

/// §7: also a follower that went away with a full window gets the snapshot, when what was to be sent next is gone.
#[test]
fn snapshot_to_follower_with_full_window() {
    let mut bench = Bench::with(3, |config| (config.max_inflight, config.check_quorum) = (2, false), []);
    bench.elect(0);
    bench.isolate(2);
    for command in ["a", "b", "c", "d", "e"] {
        bench.propose(0, command);
        bench.deliver_all();
    }
    bench.snapshot(0);
    bench.heal();
    for _ in 0..3 {
        bench.heartbeat(0);
    }
    assert_eq!(bench.node(2).log().last(), EntryId::new(1, 6));
}

/// §7: a snapshot that was lost is sent again.
#[test]
fn snapshot_lost_is_sent_again() {
    let mut bench = Bench::with(3, |config| config.check_quorum = false, []);
    bench.elect(0);
    bench.isolate(2);
    bench.propose(0, "a");
    bench.deliver_all();
    bench.snapshot(0);
    bench.heal();
    let mut lost = 0;
    for _ in 0..8 {
        bench.pass(Micros::from_millis(50));
        bench.deliver_while(|message| {
            let lose = matches!(message.body, Body::InstallSnapshot(_)) && lost == 0;
            lost += u32::from(lose);
            !lose
        });
    }
    assert_eq!(lost, 1);
    assert_eq!(bench.node(2).log().snapshot_id(), EntryId::new(1, 2));
}

/// Figure 13, rule 6: entries after a snapshot that matches the log are kept.
#[test]
fn snapshot_stale_keeps_matching_suffix() {
    let receive = |rule: Option<Rule>| {
        let mut bench = Bench::with(3, |_| {}, rule);
        bench.start_with_log(0, 1, &[1, 1, 1]);
        bench.inject(1, 0, 1, install(EntryId::new(1, 2)));
        bench
    };
    let bench = receive(None);
    assert_eq!(bench.node(0).log().last(), EntryId::new(1, 3));
    assert_eq!(bench.disks[0].durable.entries.len(), 1);
    let broken = receive(Some(Rule::SnapshotKeepsMatching));
    assert_eq!(
        broken.node(0).log().last(),
        EntryId::new(1, 2),
        "without the rule an acknowledged entry is lost"
    );
}

/// Figure 13, rule 7: a log that does not match the snapshot goes, all of it, also on disk.
#[test]
fn snapshot_conflicting_suffix_dropped() {
    let receive = |rule: Option<Rule>| {
        let mut bench = Bench::with(3, |_| {}, rule);
        bench.start_with_log(0, 2, &[1, 1, 1]);
        bench.inject(1, 0, 2, install(EntryId::new(2, 2)));
        bench
    };
    let bench = receive(None);
    assert_eq!(bench.node(0).log().last(), EntryId::new(2, 2));
    assert!(bench.disks[0].durable.entries.is_empty());
    let broken = receive(Some(Rule::SnapshotDropsConflict));
    assert_eq!(broken.node(0).log().last(), EntryId::new(1, 3), "without the rule a conflict stays");
}

/// Figure 13, rule 5: a snapshot that is not newer than what is committed changes nothing.
#[test]
fn snapshot_never_goes_back() {
    let receive = |rule: Option<Rule>| {
        let mut bench = Bench::with(3, |_| {}, rule);
        bench.elect(1);
        bench.propose(1, "a");
        bench.propose(1, "b");
        bench.deliver_all();
        bench.heartbeat(1);
        bench.inject(1, 0, 1, install(EntryId::new(1, 2)));
        bench.node(0).last_applied()
    };
    assert_eq!(receive(None), Index(3));
    assert_eq!(receive(Some(Rule::SnapshotNeverGoesBack)), Index(2), "without the rule the state goes back");
}

/// A snapshot is acknowledged once it is on stable storage; before that a crash leaves the old state.
#[test]
fn snapshot_crash_before_it_is_durable() {
    let mut bench = Bench::new(3);
    bench.start_with_log(0, 2, &[1]);
    bench.disks[0].slow = true;
    bench.inject(1, 0, 2, install(EntryId::new(2, 5)));
    assert!(bench.take_messages_to(1).is_empty());
    bench.crash(0);
    bench.start(0);
    assert_eq!(bench.node(0).log().last(), EntryId::new(1, 1));
    bench.inject(1, 0, 2, install(EntryId::new(2, 5)));
    bench.sync(0);
    assert_eq!(bench.take_messages_to(1).len(), 1);
    bench.crash(0);
    bench.start(0);
    assert_eq!(bench.node(0).log().last(), EntryId::new(2, 5));
}

/// A snapshot of what is not applied, not newer, or not in the log is refused.
#[test]
fn snapshot_of_the_unapplied_is_refused() {
    let mut bench = Bench::new(3);
    bench.start_with_log(0, 1, &[1, 1]);
    for index in [2, 9, 0] {
        bench.step(0, Input::SnapshotTaken { index: Index(index), data: Arc::from([]) });
        assert_eq!(bench.node(0).log().snapshot_id(), EntryId::ZERO);
    }
}

/// §5.1: a leader of an old term learns the current one from the answer to its snapshot, which changes nothing here.
#[test]
fn snapshot_of_an_old_term_tells_its_sender_the_current_one() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    bench.elect(1);
    bench.inject(0, 2, 1, install(EntryId::new(1, 9)));
    assert!(bench.restored[2].is_none());
    assert_eq!(bench.node(2).leader(), Some(NodeId(1)));
    let answers = bench.take_messages_to(0);
    let [answer] = &answers[..] else { panic!("one answer, not {answers:?}") };
    assert_eq!(answer.term, Term(2));
    let Body::InstallSnapshotReply(reply) = &answer.body else { panic!("not {answer:?}") };
    assert_eq!((reply.match_index, reply.next_offset), (Index::ZERO, 0), "nothing is acknowledged");
}

/// Figure 2: what an old snapshot brings is not installed, and is acknowledged once the term is on stable storage.
#[test]
fn snapshot_that_is_not_newer_is_acknowledged_when_the_term_is_durable() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    bench.propose(0, "kept");
    bench.deliver_all();
    bench.heartbeat(0);
    assert_eq!(bench.node(2).commit_index(), Index(2));
    bench.disks[2].slow = true;
    bench.inject(1, 2, 7, install(EntryId::new(1, 1)));
    assert!(bench.network.is_empty(), "term 7 is not on the disk yet");
    bench.sync(2);
    let answers = bench.take_messages_to(1);
    let [answer] = &answers[..] else { panic!("one answer, not {answers:?}") };
    assert_eq!(answer.term, Term(7));
    let Body::InstallSnapshotReply(reply) = &answer.body else { panic!("not {answer:?}") };
    assert_eq!(reply.match_index, Index(2));
    assert!(bench.restored[2].is_none());
    assert_eq!(bench.commands(2), ["kept"]);
}
