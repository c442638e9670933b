use std::sync::Arc;

use super::bench::Bench;
use crate::raft::*;
use crate::time::Micros;

/// Thesis 6.4: a follower asks its leader for an index, and answers when it has applied that far.
#[test]
fn read_index_on_follower() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    bench.propose(0, "x");
    bench.deliver_all();
    assert_eq!(bench.node(1).last_applied(), Index(1), "it does not know yet that x is committed");
    bench.step(1, Input::ReadHere(ReadId(7)));
    bench.deliver_while(|message| !matches!(message.body, Body::AppendEntries(_)) || message.to.0 != 1);
    assert!(bench.reads_ready(1).is_empty(), "the index is known, the state is not there yet");
    bench.heartbeat(0);
    bench.heartbeat(0);
    assert_eq!(bench.reads_ready(1), [7]);
    assert_eq!(bench.commands(1), ["x"]);
}

/// A follower's question that gets lost is refused after a while, and so is one without a leader.
#[test]
fn read_index_on_follower_is_given_up() {
    let mut bench = Bench::new(3);
    bench.step(1, Input::ReadHere(ReadId(1)));
    assert!(matches!(bench.answers[1][..], [Answer::ReadRefused { read: ReadId(1), .. }]));
    bench.elect(0);
    bench.step(1, Input::ReadHere(ReadId(2)));
    bench.network.clear();
    for _ in 0..7 {
        bench.pass(Micros::from_millis(50));
        bench.deliver_all();
    }
    assert!(
        bench.answers[1].iter().any(|answer| matches!(answer, Answer::ReadRefused { read: ReadId(2), .. }))
    );
}

/// A follower that campaigns refuses what it asked its leader for: no read is left without an answer.
#[test]
fn read_index_on_follower_that_campaigns_is_refused() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    bench.step(1, Input::ReadHere(ReadId(7)));
    bench.network.clear();
    bench.time_out(1);
    assert_eq!(bench.node(1).role(), RoleName::PreCandidate);
    assert!(
        bench.answers[1].iter().any(|answer| matches!(answer, Answer::ReadRefused { read: ReadId(7), .. }))
    );
}

/// An answer from before a restart fits no question after it, though the driver counts its reads anew.
#[test]
fn read_index_on_follower_ignores_an_answer_from_before_its_restart() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    let question = |bench: &mut Bench| {
        bench.step(1, Input::ReadHere(ReadId(1)));
        let asked = bench.network.iter().find_map(|message| match message.body {
            Body::ReadIndex(ReadIndex { read }) => Some(read),
            _ => None,
        });
        bench.network.clear();
        asked.expect("the leader is asked")
    };
    let before = question(&mut bench);
    bench.crash(1);
    bench.now += Micros(1);
    bench.start(1);
    bench.heartbeat(0);
    let after = question(&mut bench);
    let answer = |read| Body::ReadIndexReply(ReadIndexReply { read, read_index: Some(Index(1)) });
    bench.inject(0, 1, 1, answer(before));
    assert!(bench.reads_ready(1).is_empty());
    bench.inject(0, 1, 1, answer(after));
    assert_eq!(bench.reads_ready(1), [1]);
}

/// Where a term has two leaders, which only a run without a rule can have, a question to the first one is refused when
/// the other speaks: its index would say nothing of the log that is followed now.
#[test]
fn read_index_on_follower_is_not_answered_by_another_leader() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    bench.step(1, Input::ReadHere(ReadId(7)));
    bench.network.clear();
    let heartbeat = AppendEntries {
        prev_log: EntryId::ZERO,
        entries: Arc::new([]),
        leader_commit: Index::ZERO,
        round: 1,
    };
    bench.inject(2, 1, 1, Body::AppendEntries(heartbeat));
    let refusal = Refusal::NotLeader { leader: Some(NodeId(2)) };
    assert!(bench.answers[1].contains(&Answer::ReadRefused { read: ReadId(7), refusal }));
}
