use super::bench::Bench;
use crate::raft::*;

fn ready(bench: &Bench, id: u32) -> Vec<(u64, u64)> {
    let ready = |answer: &Answer| match answer {
        Answer::ReadReady { read, read_index } => Some((read.0, read_index.0)),
        _ => None,
    };
    bench.answers[id as usize].iter().filter_map(ready).collect()
}

/// §8: a read is answered once a majority has confirmed the leader after the read came in.
#[test]
fn read_index_answers_after_a_round() {
    let mut bench = Bench::new(5);
    bench.elect(0);
    bench.step(0, Input::Read(ReadId(1)));
    assert_eq!(ready(&bench, 0), []);
    bench.deliver_while(|message| message.from.0 <= 1 && message.to.0 <= 1);
    assert_eq!(ready(&bench, 0), [], "two of five are no majority");
    bench.heartbeat(0);
    assert_eq!(ready(&bench, 0), [(1, 1)]);
}

/// §8: a deposed leader never answers a read from its old state.
#[test]
fn read_index_isolated_leader_never_answers() {
    let read_at_old_leader = |rule: Option<Rule>| {
        let mut bench = Bench::with(3, |config| config.check_quorum = false, rule);
        bench.elect(0);
        bench.isolate(0);
        bench.elect(1);
        bench.propose(1, "newer");
        bench.deliver_all();
        assert_eq!(bench.node(0).role(), RoleName::Leader, "it does not know yet");
        bench.step(0, Input::Read(ReadId(7)));
        bench.deliver_all();
        ready(&bench, 0)
    };
    assert_eq!(read_at_old_leader(None), []);
    assert_eq!(
        read_at_old_leader(Some(Rule::ReadNeedsQuorum)),
        [(7, 1)],
        "without the rule the read is stale"
    );
}

/// Thesis 6.4: an answer to a round that began before the read does not confirm it.
#[test]
fn read_index_ack_counts_only_later_rounds() {
    let read_with_old_acks = |rule: Option<Rule>| {
        let mut bench = Bench::with(3, |_| {}, rule);
        bench.elect(0);
        bench.step(0, Input::TimerCheck);
        bench.now += crate::time::Micros::from_millis(50);
        bench.step(0, Input::TimerCheck);
        // The heartbeats arrive, their answers are under way when the read comes in.
        let heartbeats: Vec<Message> = bench.network.drain(..).collect();
        heartbeats.into_iter().for_each(|message| bench.step(message.to.0, Input::Message(message)));
        let old_answers: Vec<Message> = bench.take_messages_to(0);
        assert_eq!(old_answers.len(), 2);
        bench.step(0, Input::Read(ReadId(1)));
        bench.network.clear();
        old_answers.into_iter().for_each(|message| bench.step(0, Input::Message(message)));
        ready(&bench, 0)
    };
    assert_eq!(read_with_old_acks(None), []);
    assert_eq!(
        read_with_old_acks(Some(Rule::ReadNeedsLaterRound)),
        [(1, 1)],
        "without the rule old answers count"
    );
}

/// §8: a new leader answers no read before an entry of its own term is committed.
#[test]
fn read_index_waits_for_own_term_commit() {
    let read_at_new_leader = |rule: Option<Rule>| {
        let mut bench = Bench::with(3, |_| {}, rule);
        (0..3).for_each(|id| bench.start_with_log(id, 1, &[1]));
        bench.time_out(0);
        bench.deliver_while(|message| !matches!(message.body, Body::AppendEntries(_)));
        assert_eq!(bench.node(0).role(), RoleName::Leader);
        bench.step(0, Input::Read(ReadId(1)));
        // Empty messages pass, entries are lost: the round can be confirmed, the no-op cannot be committed.
        bench.deliver_while(|message| match &message.body {
            Body::AppendEntries(request) => request.entries.is_empty(),
            _ => true,
        });
        (ready(&bench, 0), bench)
    };
    let (answers, mut bench) = read_at_new_leader(None);
    assert_eq!(answers, []);
    bench.heartbeat(0);
    bench.heartbeat(0);
    assert_eq!(ready(&bench, 0), [(1, 2)], "the read waited for the no-op");
    let (answers, _) = read_at_new_leader(Some(Rule::ReadNeedsOwnTermCommit));
    assert_eq!(answers, [(1, 0)], "without the rule it reads at a commit index that may be old");
}

/// A lost confirmation is made up for by the next heartbeat, and every read is answered once.
#[test]
fn read_index_lost_message_retried() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    bench.step(0, Input::Read(ReadId(1)));
    bench.step(0, Input::Read(ReadId(2)));
    bench.network.clear();
    bench.heartbeat(0);
    bench.heartbeat(0);
    assert_eq!(ready(&bench, 0), [(1, 1), (2, 1)]);
}

/// A leader that steps down refuses the reads that wait, and says whom to ask.
#[test]
fn reads_are_refused_without_leadership() {
    let mut bench = Bench::new(3);
    bench.step(1, Input::Read(ReadId(1)));
    let refusal = Refusal::NotLeader { leader: None };
    assert_eq!(bench.answers[1], [Answer::ReadRefused { read: ReadId(1), refusal }]);
    bench.elect(0);
    bench.step(0, Input::Read(ReadId(2)));
    let vote = VoteReply { campaign_term: Term(1), vote_granted: false };
    bench.inject(1, 0, 9, Body::RequestVoteReply(vote));
    assert!(bench.answers[0].contains(&Answer::ReadRefused { read: ReadId(2), refusal }));
}
