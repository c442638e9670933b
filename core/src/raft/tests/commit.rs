use std::sync::Arc;

use super::bench::Bench;
use crate::raft::*;

fn success(match_index: u64) -> Body {
    let outcome = AppendOutcome::Success { match_index: Index(match_index) };
    Body::AppendEntriesReply(AppendEntriesReply { round: 0, forgetful: None, outcome })
}

/// A leader node-0 of five whose messages are lost from now on.
fn lonely_leader(rule: Option<Rule>) -> Bench {
    let mut bench = Bench::with(5, |_| {}, rule);
    bench.elect(0);
    bench.propose(0, "x");
    bench.network.clear();
    bench
}

/// §5.3: an entry is committed with the answer that completes a majority, not before.
#[test]
fn commit_needs_quorum_step_by_step() {
    let mut bench = lonely_leader(None);
    bench.inject(1, 0, 1, success(2));
    assert_eq!(bench.node(0).commit_index(), Index(1));
    bench.inject(1, 0, 1, success(2));
    assert_eq!(bench.node(0).commit_index(), Index(1), "one follower counts once");
    bench.inject(2, 0, 1, success(2));
    assert_eq!(bench.node(0).commit_index(), Index(2));
    assert_eq!(bench.commands(0), ["x"]);

    let mut broken = lonely_leader(Some(Rule::CommitMajority));
    broken.inject(1, 0, 1, success(2));
    assert_eq!(broken.node(0).commit_index(), Index(2), "without the rule two of five commit");
}

/// §5.4.2, Figure 8: an entry of an old term on a majority is not committed until one of the leader's own is.
#[test]
fn commit_figure8_old_term_not_counted() {
    let leader = |rule: Option<Rule>| {
        let mut bench = Bench::with(5, |_| {}, rule);
        for id in 0..5 {
            bench.start_with_log(id, 3, if id < 3 { &[1, 2] } else { &[1] });
        }
        bench.time_out(0);
        // The no-op of term 4 is lost: the followers only confirm what they have.
        bench.deliver_while(|message| !matches!(&message.body, Body::AppendEntries(_)));
        assert_eq!(bench.node(0).role(), RoleName::Leader);
        bench.inject(1, 0, 4, success(2));
        bench.inject(2, 0, 4, success(2));
        bench
    };
    let mut bench = leader(None);
    assert_eq!(bench.node(0).commit_index(), Index(0));
    assert!(bench.has_fact(0, |fact| matches!(fact, Fact::OldTermNotCounted { .. })));
    bench.inject(1, 0, 4, success(3));
    bench.inject(2, 0, 4, success(3));
    assert_eq!(
        bench.node(0).commit_index(),
        Index(3),
        "§5.4.2: an entry of its own term commits all before it"
    );

    assert_eq!(leader(Some(Rule::CommitOnlyCurrentTerm)).node(0).commit_index(), Index(2));
}

/// Figure 2, Leaders: match_index begins at 0, so that a leader alone commits nothing.
#[test]
fn commit_match_index_is_proven() {
    let elected = |rule: Option<Rule>| {
        let mut bench = Bench::with(3, |_| {}, rule);
        (0..3).for_each(|id| bench.start_with_log(id, 1, &[1, 1]));
        bench.time_out(0);
        bench.deliver_while(|message| !matches!(&message.body, Body::AppendEntries(_)));
        let matched: Vec<u64> =
            bench.node(0).progress().map(|(_, progress)| progress.match_index.0).collect();
        matched
    };
    assert_eq!(elected(None), [0, 0]);
    assert_eq!(elected(Some(Rule::MatchIsProven)), [3, 3], "without the rule it is assumed");
}

/// Figure 2, AppendEntries 5: a follower commits no further than the leader has verified its log.
#[test]
fn commit_follower_bounded_by_match() {
    let follower = |rule: Option<Rule>| {
        let mut bench = Bench::with(3, |_| {}, rule);
        bench.start_with_log(0, 2, &[1, 2, 2]);
        let request = AppendEntries {
            prev_log: EntryId::new(1, 1),
            entries: Arc::from([]),
            leader_commit: Index(3),
            round: 0,
        };
        bench.inject(1, 0, 3, Body::AppendEntries(request));
        bench.node(0).commit_index()
    };
    assert_eq!(follower(None), Index(1));
    assert_eq!(follower(Some(Rule::FollowerCommitBounded)), Index(3), "without the rule its own tail counts");
}

/// §5.3: the commit index never goes back, whatever an old message says.
#[test]
fn commit_index_never_regresses() {
    let mut bench = Bench::new(3);
    bench.elect(1);
    bench.propose(1, "a");
    bench.deliver_all();
    bench.heartbeat(1);
    assert_eq!(bench.node(0).commit_index(), Index(2));
    let request = AppendEntries {
        prev_log: EntryId::new(1, 1),
        entries: Arc::from([]),
        leader_commit: Index(1),
        round: 0,
    };
    bench.inject(1, 0, 1, Body::AppendEntries(request));
    assert_eq!(bench.node(0).commit_index(), Index(2));
}

/// Leader Completeness: what is applied is never cut off, not even by a message that says so.
#[test]
fn commit_is_final() {
    let mut bench = Bench::new(3);
    bench.elect(1);
    bench.propose(1, "kept");
    bench.deliver_all();
    bench.heartbeat(1);
    let rewrite = Entry { term: Term(2), index: Index(2), payload: Payload::Noop };
    let request = AppendEntries {
        prev_log: EntryId::new(1, 1),
        entries: Arc::from([rewrite]),
        leader_commit: Index(2),
        round: 0,
    };
    bench.inject(2, 0, 2, Body::AppendEntries(request));
    assert_eq!(bench.terms(0), [1, 1]);
}

/// §5.3: an idle follower learns of the commit with the next heartbeat.
#[test]
fn commit_idle_follower_learns_within_heartbeat() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    bench.propose(0, "a");
    bench.deliver_all();
    assert_eq!(bench.node(1).commit_index(), Index(1));
    bench.heartbeat(0);
    assert_eq!(bench.node(1).commit_index(), Index(2));
}

/// A proposal is answered when it is applied, with the entry that it became.
#[test]
fn proposals_are_answered_with_their_entry() {
    let mut bench = Bench::new(3);
    assert_eq!(bench.node(1).role(), RoleName::Follower);
    let refused = bench.propose(1, "not here");
    let refusal = Refusal::NotLeader { leader: None };
    assert_eq!(bench.answers[1], [Answer::ProposalRefused { proposal: refused, refusal }]);
    bench.elect(0);
    let proposal = bench.propose(0, "here");
    bench.deliver_all();
    assert_eq!(bench.answers[0], [Answer::Applied { proposal, entry: EntryId::new(1, 2) }]);
}
