use std::sync::Arc;

use super::bench::Bench;
use crate::raft::*;
use crate::time::Micros;

fn entries(first: u64, terms: &[u64]) -> Arc<[Entry]> {
    let entry =
        |(term, index): (&u64, u64)| Entry { term: Term(*term), index: Index(index), payload: Payload::Noop };
    terms.iter().zip(first..).map(entry).collect()
}

/// AppendEntries of a leader node-1.
fn append(prev_log: EntryId, terms: &[u64], leader_commit: u64) -> Body {
    let entries = entries(prev_log.index.0 + 1, terms);
    Body::AppendEntries(AppendEntries { prev_log, entries, leader_commit: Index(leader_commit), round: 0 })
}

fn outcome(bench: &mut Bench) -> AppendOutcome {
    match bench.take_messages_to(1).pop().expect("an append is answered").body {
        Body::AppendEntriesReply(reply) => reply.outcome,
        other => panic!("not an answer to an append: {other:?}"),
    }
}

/// §5.3: what a leader is given is applied everywhere, in the same order, at the same indexes.
#[test]
fn replicate_basic_agreement() {
    let mut bench = Bench::new(5);
    bench.elect(0);
    for command in ["a", "b", "c"] {
        bench.propose(0, command);
        bench.deliver_all();
    }
    bench.heartbeat(0);
    for id in 0..5 {
        assert_eq!(bench.commands(id), ["a", "b", "c"]);
        let indexes: Vec<u64> = bench.applied[id as usize].iter().map(|entry| entry.index.0).collect();
        assert_eq!(indexes, [1, 2, 3, 4]);
    }
}

/// Figure 7: a leader makes every follower's log its own, whatever is missing or too much in it.
#[test]
fn replicate_figure7_logs_converge() {
    let leader = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
    let followers: [&[u64]; 6] = [
        &[1, 1, 1, 4, 4, 5, 5, 6, 6],
        &[1, 1, 1, 4],
        &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
        &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
        &[1, 1, 1, 4, 4, 4, 4],
        &[1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
    ];
    let mut bench = Bench::with(7, |config| config.pre_vote = false, []);
    bench.start_with_log(0, 7, &leader);
    for (log, id) in followers.iter().zip(1..) {
        bench.start_with_log(id, 7, log);
    }
    bench.elect(0);
    bench.heartbeat(0);
    let mut expected = leader.to_vec();
    expected.push(8);
    for id in 0..7 {
        assert_eq!(bench.terms(id), expected, "node-{id}");
        assert_eq!(bench.node(id).commit_index(), Index(11));
    }
}

/// §5.3, last paragraph: one refusal for each conflicting term, not for each entry.
#[test]
fn replicate_fast_backtrack() {
    let mut bench = Bench::new(3);
    let mut stale = vec![1];
    stale.extend([2; 50]);
    stale.extend([3; 50]);
    bench.start_with_log(0, 5, &[1, 4, 4]);
    bench.start_with_log(1, 5, &[1, 4, 4]);
    bench.start_with_log(2, 5, &stale);
    let mut refusals = 0;
    bench.time_out(0);
    bench.deliver_while(|message| {
        let refused = matches!(&message.body, Body::AppendEntriesReply(reply)
            if matches!(reply.outcome, AppendOutcome::Failure { .. }));
        refusals += u32::from(refused);
        true
    });
    bench.heartbeat(0);
    assert_eq!(bench.terms(2), [1, 4, 4, 6]);
    assert!(refusals <= 4, "{refusals} refusals for two wrong terms");
}

/// Figure 2, AppendEntries 2: entries beyond a gap are refused, with the place where the log ends.
#[test]
fn replicate_gap_rejected() {
    let mut bench = Bench::new(3);
    bench.start_with_log(0, 1, &[1]);
    bench.inject(1, 0, 1, append(EntryId::new(1, 3), &[1], 0));
    assert_eq!(
        outcome(&mut bench),
        AppendOutcome::Failure { prev_log_index: Index(3), conflict_term: None, conflict_index: Index(2) }
    );
}

/// Figure 2, AppendEntries 2: the entry before the new ones must have the leader's term.
#[test]
fn replicate_prev_log_is_checked() {
    let receive = |rule: Option<Rule>| {
        let mut bench = Bench::with(3, |_| {}, rule);
        bench.start_with_log(0, 3, &[1, 2]);
        bench.inject(1, 0, 3, append(EntryId::new(3, 2), &[3], 0));
        bench.terms(0)
    };
    assert_eq!(receive(None), [1, 2]);
    assert_eq!(
        receive(Some(Rule::PrevLogChecked)),
        [1, 2, 3],
        "without the rule logs differ below equal entries"
    );
}

/// Figure 2, AppendEntries 3: a conflicting entry goes, with all that follow it.
#[test]
fn replicate_conflict_removed() {
    let receive = |rule: Option<Rule>| {
        let mut bench = Bench::with(3, |_| {}, rule);
        bench.start_with_log(0, 3, &[1, 2, 2]);
        bench.inject(1, 0, 3, append(EntryId::new(1, 1), &[3], 0));
        bench.terms(0)
    };
    assert_eq!(receive(None), [1, 3]);
    assert_eq!(receive(Some(Rule::ConflictRemoved)), [1, 2, 2], "without the rule the conflict stays");
}

/// Figure 2, AppendEntries 3: an older append that comes in late removes nothing that matches.
#[test]
fn replicate_reordered_append_keeps_tail() {
    let receive = |rule: Option<Rule>| {
        let mut bench = Bench::with(3, |_| {}, rule);
        bench.inject(1, 0, 1, append(EntryId::ZERO, &[1, 1, 1], 0));
        bench.inject(1, 0, 1, append(EntryId::ZERO, &[1], 0));
        bench.terms(0)
    };
    assert_eq!(receive(None), [1, 1, 1]);
    assert_eq!(receive(Some(Rule::MatchingKept)), [1], "without the rule acknowledged entries are lost");
}

/// Figure 2, AppendEntries: the same message twice changes the log once, and is answered twice alike.
#[test]
fn replicate_duplicate_append_idempotent() {
    let mut bench = Bench::new(3);
    bench.inject(1, 0, 1, append(EntryId::ZERO, &[1, 1], 2));
    let first = outcome(&mut bench);
    bench.inject(1, 0, 1, append(EntryId::ZERO, &[1, 1], 2));
    assert_eq!(outcome(&mut bench), first);
    assert_eq!(bench.terms(0), [1, 1]);
    assert_eq!(bench.applied[0].len(), 2);
}

/// §5.3: a refusal of an earlier probe, or below what is known to match, does not lower next_index.
#[test]
fn replicate_stale_reject_ignored() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    bench.propose(0, "a");
    bench.deliver_all();
    let before: Vec<Progress> = bench.node(0).progress().map(|(_, progress)| progress.clone()).collect();
    let outcome =
        AppendOutcome::Failure { prev_log_index: Index(1), conflict_term: None, conflict_index: Index(1) };
    bench.inject(
        1,
        0,
        1,
        Body::AppendEntriesReply(AppendEntriesReply { round: 0, forgetful: None, outcome }),
    );
    let after: Vec<Progress> = bench.node(0).progress().map(|(_, progress)| progress.clone()).collect();
    assert_eq!(before, after);
}

/// §5.3: an append that was lost is sent again after the next heartbeat.
#[test]
fn replicate_lost_append_recovered() {
    let commands = |rule: Option<Rule>| {
        let mut bench = Bench::with(3, |_| {}, rule);
        bench.elect(0);
        bench.propose(0, "lost");
        bench.network.clear();
        bench.propose(0, "follows");
        bench.network.clear();
        bench.heartbeat(0);
        bench.heartbeat(0);
        [0, 1, 2].map(|id| bench.commands(id))
    };
    for commands in commands(None) {
        assert_eq!(commands, ["lost", "follows"]);
    }
    for commands in commands(Some(Rule::LostAppendNoticed)) {
        assert_eq!(commands, [""; 0], "nobody asks, nobody refuses");
    }
}

/// Thesis 10.2.1: entries are sent without waiting for answers, and none twice.
#[test]
fn replicate_pipeline_no_retransmit() {
    let mut bench = Bench::new(2);
    bench.elect(0);
    for command in ["a", "b", "c"] {
        bench.propose(0, command);
    }
    let sent: Vec<u64> = bench
        .network
        .iter()
        .flat_map(|message| match &message.body {
            Body::AppendEntries(request) => request.entries.iter().map(|entry| entry.index.0).collect(),
            _ => Vec::new(),
        })
        .collect();
    assert_eq!(sent, [2, 3, 4]);
}

/// Thesis 10.2.1: a full window stops sending; an answer lets it go on, with everything that waits in one message.
#[test]
fn replicate_window_saturates_and_resumes() {
    let mut bench = Bench::with(2, |config| config.max_inflight = 2, []);
    bench.elect(0);
    for command in ["a", "b", "c", "d"] {
        bench.propose(0, command);
    }
    assert_eq!(bench.network.len(), 2);
    let mut lengths = Vec::new();
    bench.deliver_while(|message| {
        if let Body::AppendEntries(request) = &message.body {
            lengths.push(request.entries.len());
        }
        true
    });
    assert_eq!(lengths, [1, 1, 2]);
    bench.heartbeat(0);
    assert_eq!(bench.commands(1), ["a", "b", "c", "d"]);
}

/// §5.3: when every answer of a full window is lost, the next heartbeat frees it.
#[test]
fn replicate_window_is_freed_by_a_heartbeat() {
    let mut bench = Bench::with(2, |config| config.max_inflight = 1, []);
    bench.elect(0);
    bench.propose(0, "a");
    bench.propose(0, "b");
    bench.deliver_while(|message| !matches!(message.body, Body::AppendEntriesReply(_)));
    bench.heartbeat(0);
    bench.heartbeat(0);
    assert_eq!(bench.commands(1), ["a", "b"]);
}

/// No message has more entries than its limit, and they have no gaps.
#[test]
fn replicate_message_size_limit() {
    let mut bench = Bench::with(2, |config| config.max_entries_per_append = 3, []);
    bench.elect(0);
    bench.isolate(1);
    for command in 0..10 {
        bench.propose(0, &command.to_string());
        bench.deliver_all();
    }
    bench.heal();
    bench.heartbeat(0);
    let mut last = None;
    bench.pass(Micros::from_millis(50));
    bench.deliver_while(|message| {
        if let Body::AppendEntries(request) = &message.body {
            assert!(request.entries.len() <= 3);
            last = request.entries.last().map(|entry| entry.index).or(last);
        }
        true
    });
    bench.heartbeat(0);
    assert_eq!(bench.commands(1).len(), 10);
}

/// §5.3: an idle leader sends one message to each follower in a heartbeat interval, and nothing else.
#[test]
fn replicate_message_budget() {
    let mut bench = Bench::new(5);
    bench.elect(0);
    let mut sent = 0;
    for _ in 0..20 {
        bench.pass(Micros::from_millis(50));
        bench.deliver_while(|_| {
            sent += 1;
            true
        });
    }
    assert_eq!(sent, 20 * 4 * 2, "a heartbeat and its answer for each follower");
}

/// An append with a gap, or with terms that no leader could have, is ignored.
#[test]
fn malformed_appends_are_ignored() {
    let mut bench = Bench::new(3);
    let hostile = [entries(3, &[1]), entries(1, &[2, 1]), entries(1, &[9])];
    for entries in hostile {
        let request = AppendEntries { prev_log: EntryId::ZERO, entries, leader_commit: Index(5), round: 0 };
        bench.inject(1, 0, 2, Body::AppendEntries(request));
    }
    assert_eq!(bench.terms(0), Vec::<u64>::new());
    assert_eq!(bench.node(0).commit_index(), Index::ZERO);
}

/// Rounds for reads cannot tell that entries were lost, so however many there are, heartbeats that can still go out.
#[test]
fn replicate_lost_append_recovered_under_a_stream_of_reads() {
    let mut bench = Bench::with(3, |config| config.max_inflight = 1, []);
    bench.elect(0);
    bench.propose(0, "lost");
    bench.deliver_while(|message| message.to.0 != 2 && message.from.0 != 2);
    for read in 0..20 {
        bench.now += Micros::from_millis(20);
        bench.step(0, Input::Read(ReadId(read)));
        bench.step(0, Input::TimerCheck);
        bench.deliver_all();
    }
    assert_eq!(bench.commands(2), ["lost"]);
}

/// What was lost on the way and is compacted by now is replaced by a snapshot, though the window is full.
#[test]
fn replicate_lost_append_that_is_compacted_since() {
    let mut bench = Bench::with(3, |config| config.max_inflight = 1, []);
    bench.elect(0);
    bench.propose(0, "lost");
    bench.deliver_while(|message| message.to.0 != 2 && message.from.0 != 2);
    bench.propose(0, "follows");
    bench.deliver_while(|message| message.to.0 != 2 && message.from.0 != 2);
    bench.snapshot(0);
    for _ in 0..4 {
        bench.heartbeat(0);
    }
    assert_eq!(bench.node(2).log().last(), bench.node(0).log().last());
    assert_eq!(bench.node(2).last_applied(), Index(3));
}

/// §5.2: there is one leader in a term, so a leader believes no other server that claims to lead its own.
#[test]
fn replicate_from_another_leader_of_the_term_is_not_believed() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    let log = bench.terms(0);
    let entry = Entry { term: Term(1), index: Index(2), payload: Payload::Command(Arc::from(*b"not mine")) };
    let append = AppendEntries {
        prev_log: EntryId::new(1, 1),
        entries: Arc::new([entry]),
        leader_commit: Index(2),
        round: 9,
    };
    bench.inject(1, 0, 1, Body::AppendEntries(append));
    assert_eq!((bench.node(0).role(), bench.node(0).current_term()), (RoleName::Leader, Term(1)));
    assert_eq!((bench.terms(0), bench.node(0).commit_index()), (log, Index(1)));
    assert!(bench.network.is_empty(), "it is not answered");
}
