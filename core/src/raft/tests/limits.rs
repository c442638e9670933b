use std::sync::Arc;

use super::bench::Bench;
use crate::raft::*;
use crate::time::Micros;

/// Over the limit of uncommitted bytes proposals are refused; the no-op passes; a commit makes room.
#[test]
fn replicate_uncommitted_limit() {
    let mut bench = Bench::with(3, |config| config.max_uncommitted_bytes = 10, []);
    bench.elect(0);
    bench.isolate(0);
    bench.propose(0, "12345678901");
    let refused = bench.propose(0, "x");
    let refusal = Refusal::TooMuchUncommitted;
    assert_eq!(bench.answers[0], [Answer::ProposalRefused { proposal: refused, refusal }]);
    bench.heal();
    bench.heartbeat(0);
    bench.heartbeat(0);
    bench.propose(0, "y");
    bench.deliver_all();
    assert_eq!(bench.commands(0), ["12345678901", "y"]);
}

/// A message holds no more bytes than its limit, but one larger entry still goes.
#[test]
fn replicate_message_byte_limit() {
    let mut bench = Bench::with(2, |config| config.max_bytes_per_append = 10, []);
    bench.elect(0);
    bench.isolate(1);
    for command in ["1234", "5678", "90", "a command of many bytes", "12"] {
        bench.propose(0, command);
        bench.deliver_all();
    }
    bench.heal();
    let mut sizes = Vec::new();
    for _ in 0..3 {
        bench.pass(Micros::from_millis(50));
        bench.deliver_while(|message| {
            if let Body::AppendEntries(request) = &message.body
                && !request.entries.is_empty()
            {
                sizes.push(request.entries.iter().map(Entry::command_bytes).sum::<u64>());
            }
            true
        });
    }
    assert_eq!(sizes, [10, 23, 2]);
    bench.heartbeat(0);
    assert_eq!(bench.commands(1).len(), 5);
}

/// A failed write stops a server for good: it steps down, lets go of nothing that waits, and answers nobody.
#[test]
fn persist_write_failure_stops_node() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    bench.disks[0].slow = true;
    let proposal = bench.propose(0, "x");
    bench.network.clear();
    bench.disks[0].queue.clear();
    bench.step(0, Input::WriteFailed);
    assert!(bench.node(0).is_halted());
    assert!(bench.answers[0].contains(&Answer::ProposalUnknown { proposal }));
    bench.propose(0, "y");
    bench.now += Micros::from_millis(1_000);
    bench.step(0, Input::TimerCheck);
    assert!(bench.network.is_empty());
    assert_eq!(bench.node(0).deadline(), Micros::MAX);

    let mut broken = Bench::without(3, Rule::WriteFailureStops);
    broken.elect(0);
    broken.step(0, Input::WriteFailed);
    assert!(!broken.node(0).is_halted());
}

/// Figure 13: a snapshot goes in chunks, each after the answer to the one before.
#[test]
fn snapshot_in_chunks() {
    let mut bench = chunked();
    let mut offsets = Vec::new();
    bench.pass(Micros::from_millis(50));
    bench.deliver_while(|message| {
        if let Body::InstallSnapshot(chunk) = &message.body {
            offsets.push(chunk.offset);
        }
        true
    });
    // "state at 2" is ten bytes.
    assert_eq!(offsets, [0, 4, 8]);
    assert_eq!(
        bench.restored[2].as_ref().map(|snapshot| snapshot.data.clone()),
        Some(Arc::from(*b"state at 2"))
    );
}

/// Figure 13: lost, repeated and reordered chunks, a restart and a new leader in the middle: complete or begun anew,
/// never mixed.
#[test]
fn snapshot_chunks_lost_reordered_resumed() {
    let mut bench = chunked();
    let mut chunks = 0;
    for _ in 0..20 {
        bench.pass(Micros::from_millis(50));
        bench.deliver_while(|message| {
            let chunk = matches!(message.body, Body::InstallSnapshot(_));
            chunks += u32::from(chunk);
            // Every second chunk is lost.
            !chunk || chunks % 2 == 0
        });
    }
    assert_eq!(bench.node(2).log().snapshot_id(), EntryId::new(1, 2));

    let mut bench = chunked();
    bench.pass(Micros::from_millis(50));
    let first = bench.take_messages_to(2);
    first.iter().chain(&first).for_each(|message| bench.step(2, Input::Message(message.clone())));
    bench.crash(2);
    bench.start(2);
    bench.deliver_all();
    for _ in 0..6 {
        bench.heartbeat(0);
    }
    let whole: Bytes = Arc::from(*b"state at 2");
    assert_eq!(bench.restored[2].as_ref().map(|snapshot| snapshot.data.clone()), Some(whole));
}

/// Chunks of another leader, or of another snapshot, begin a new one.
#[test]
fn snapshot_chunks_of_two_leaders_are_not_mixed() {
    let mut bench = Bench::new(3);
    let chunk = |index, offset, data: &[u8], done| {
        Body::InstallSnapshot(InstallSnapshot {
            last_included: EntryId::new(1, index),
            configuration: Arc::new(Configuration::of_size(3)),
            offset,
            data: Arc::from(data),
            done,
            round: 0,
        })
    };
    bench.inject(1, 0, 1, chunk(5, 0, b"AAAA", false));
    bench.inject(2, 0, 2, chunk(5, 4, b"bb", true));
    assert!(bench.restored[0].is_none(), "the second half of another leader's snapshot");
    bench.inject(2, 0, 2, chunk(5, 0, b"bbbb", false));
    bench.inject(2, 0, 2, chunk(6, 4, b"cc", true));
    assert!(bench.restored[0].is_none(), "the second half of another snapshot");
    bench.inject(2, 0, 2, chunk(5, 0, b"bbbb", false));
    bench.inject(2, 0, 2, chunk(5, 4, b"dd", true));
    assert_eq!(bench.restored[0].as_ref().map(|snapshot| snapshot.data.clone()), Some(Arc::from(*b"bbbbdd")));
}

/// A leader of three with a snapshot of ten bytes, chunks of four, and node-2 that needs it.
fn chunked() -> Bench {
    let mut bench = Bench::with(3, |config| config.snapshot_chunk_bytes = 4, []);
    bench.elect(0);
    bench.isolate(2);
    bench.propose(0, "a");
    bench.deliver_all();
    bench.snapshot(0);
    bench.heal();
    bench
}

/// A snapshot that no Raft leader can have is ignored: it would use up the indexes, or bring a term from the future.
#[test]
fn snapshot_malformed_is_ignored() {
    for last_included in [EntryId::new(1, u64::MAX), EntryId::new(7, 9)] {
        let mut bench = Bench::new(3);
        bench.elect(0);
        let chunk = InstallSnapshot {
            last_included,
            configuration: Arc::new(Configuration::of_size(3)),
            offset: 0,
            data: Arc::from([]),
            done: true,
            round: 0,
        };
        bench.inject(0, 1, 1, Body::InstallSnapshot(chunk));
        assert_eq!(bench.node(1).log().last(), EntryId::new(1, 1));
        assert!(bench.restored[1].is_none());
        bench.elect(1);
        bench.propose(1, "x");
        bench.deliver_all();
        assert_eq!(bench.commands(1), ["x"]);
    }
}

/// However high the term of a forged message is, and to whom of them it goes, the servers elect a leader after it.
#[test]
fn a_forged_term_does_not_end_elections() {
    let forged = |bench: &mut Bench, to: u32, term: u64| {
        let reply = AppendEntriesReply {
            round: 0,
            forgetful: None,
            outcome: AppendOutcome::Success { match_index: Index(0) },
        };
        bench.inject((to + 1) % 3, to, term, Body::AppendEntriesReply(reply));
    };
    let far = [1 << 62, (1 << 62) + 1, 1 << 63, u64::MAX];
    for term in far {
        for driven_apart in [&[0][..], &[0, 1, 2], &[0, 1, 1, 1, 2, 2]] {
            let mut bench = Bench::new(3);
            bench.elect(0);
            driven_apart.iter().for_each(|to| forged(&mut bench, *to, term));
            let leads = |bench: &Bench, id| bench.node(id).role() == RoleName::Leader;
            for _ in 0..300 {
                bench.pass(Micros::from_millis(10));
                bench.deliver_all();
            }
            let leader = (0..3).find(|id| leads(&bench, *id)).expect("somebody leads");
            bench.propose(leader, "x");
            bench.deliver_all();
            for id in 0..3 {
                assert_eq!(bench.node(id).leader(), Some(NodeId(leader)), "{term}, {driven_apart:?}");
            }
            assert_eq!(bench.commands(leader), ["x"]);
        }
    }
}
