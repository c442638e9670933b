use std::collections::BTreeSet;

use super::bench::Bench;
use crate::raft::*;
use crate::time::Micros;

/// A RequestVote for `term` with this last entry.
fn request_vote(term: u64, last_log: EntryId) -> Body {
    Body::RequestVote(RequestVote { campaign_term: Term(term), last_log, leadership_transfer: false })
}

fn vote_granted(bench: &mut Bench, candidate: u32) -> bool {
    let replies = bench.take_messages_to(candidate);
    match &replies.last().expect("a vote request is always answered").body {
        Body::RequestVoteReply(reply) => reply.vote_granted,
        other => panic!("not an answer to a vote request: {other:?}"),
    }
}

/// §5.2: a candidate with the votes of a majority becomes leader, and the others follow it.
#[test]
fn test_initial_election() {
    let mut bench = Bench::new(5);
    bench.elect(3);
    for id in 0..5 {
        assert_eq!(bench.node(id).leader(), Some(NodeId(3)));
        assert_eq!(bench.node(id).current_term(), Term(1));
        assert_eq!(bench.terms(id), [1], "§8: a leader begins with an empty entry of its term");
    }
}

/// §5.4.1: a candidate that lacks what the others have is refused by each of them, and knows by whom.
#[test]
fn election_candidate_knows_who_refused_it() {
    let mut bench = Bench::with(3, |config| config.pre_vote = false, []);
    (1..3).for_each(|id| bench.start_with_log(id, 1, &[1]));
    bench.time_out(0);
    bench.time_out(0);
    bench.deliver_all();
    assert_eq!(bench.node(0).role(), RoleName::Candidate);
    assert_eq!(bench.node(0).votes_granted().collect::<Vec<_>>(), [NodeId(0)]);
    assert_eq!(bench.node(0).votes_denied().collect::<Vec<_>>(), [NodeId(1), NodeId(2)]);
}

/// §5.2: when no leader is heard, a server asks every voter; without answers it tries again in a later term.
#[test]
fn election_timeout_starts_candidacy() {
    let mut bench = Bench::with(5, |config| config.pre_vote = false, []);
    bench.time_out(1);
    assert_eq!(bench.node(1).role(), RoleName::Candidate);
    assert_eq!((bench.node(1).current_term(), bench.node(1).voted_for()), (Term(1), Some(NodeId(1))));
    let asked: Vec<u32> = bench.network.drain(..).map(|message| message.to.0).collect();
    assert_eq!(asked, [0, 2, 3, 4]);
    bench.time_out(1);
    assert_eq!(bench.node(1).current_term(), Term(2));
}

/// §5.2: election timeouts are drawn anew each time, from the whole range.
#[test]
fn election_timeouts_randomised() {
    let mut follower = Bench::new(3);
    let mut drawn = BTreeSet::new();
    for _ in 0..200 {
        follower.inject(1, 0, 1, heartbeat(EntryId::ZERO, 0));
        let timer = follower.node(0).election_timer().expect("a follower has an election timer");
        drawn.insert((timer.deadline - timer.started_at).0);
    }
    assert!(drawn.len() > 190, "equal timeouts are rare: {} different ones of 200", drawn.len());
    assert!(drawn.first() < Some(&165_000) && drawn.last() > Some(&285_000), "the whole range is used");
}

/// Figure 2, RequestVote 2: one vote in a term, first come first served; the same candidate is told yes again.
#[test]
fn election_one_vote_per_term() {
    let mut bench = Bench::new(3);
    bench.inject(1, 0, 1, request_vote(1, EntryId::ZERO));
    assert!(vote_granted(&mut bench, 1));
    bench.inject(2, 0, 1, request_vote(1, EntryId::ZERO));
    assert!(!vote_granted(&mut bench, 2));
    bench.inject(1, 0, 1, request_vote(1, EntryId::ZERO));
    assert!(vote_granted(&mut bench, 1));

    let mut broken = Bench::without(3, Rule::OneVotePerTerm);
    broken.inject(1, 0, 1, request_vote(1, EntryId::ZERO));
    assert!(vote_granted(&mut broken, 1));
    broken.inject(2, 0, 1, request_vote(1, EntryId::ZERO));
    assert!(vote_granted(&mut broken, 2), "without the rule a second vote is given");
}

/// §5.4.1: the later last term is more up-to-date; with equal terms the longer log is.
#[test]
fn election_log_up_to_date_grid() {
    let logs: [&[u64]; 6] = [&[], &[1], &[1, 1], &[1, 2], &[2], &[1, 1, 1]];
    let end = |terms: &[u64]| EntryId::new(terms.last().copied().unwrap_or(0), terms.len() as u64);
    for ours in logs {
        for theirs in logs {
            let mut bench = Bench::new(3);
            bench.start_with_log(0, 2, ours);
            bench.inject(1, 0, 3, request_vote(3, end(theirs)));
            let (our, their) = (end(ours), end(theirs));
            let expected = their.term > our.term || (their.term == our.term && their.index >= our.index);
            assert_eq!(vote_granted(&mut bench, 1), expected, "ours {ours:?}, theirs {theirs:?}");
        }
    }
    let mut broken = Bench::without(3, Rule::LogUpToDateTerm);
    broken.start_with_log(0, 2, &[2]);
    broken.inject(1, 0, 3, request_vote(3, EntryId::new(1, 5)));
    assert!(vote_granted(&mut broken, 1), "without the rule only the length counts");
    let mut broken = Bench::without(3, Rule::LogUpToDate);
    broken.start_with_log(0, 2, &[2]);
    broken.inject(1, 0, 3, request_vote(3, EntryId::ZERO));
    assert!(vote_granted(&mut broken, 1), "without the rule the log is not looked at");
}

/// §5.2: a tie elects nobody in this term, and somebody in a later one.
#[test]
fn election_split_vote_resolves() {
    let mut bench = Bench::with(4, |config| config.pre_vote = false, []);
    bench.time_out(0);
    bench.time_out(1);
    // node-2 hears node-0 first, node-3 hears node-1 first: two votes each, three are needed.
    bench.deliver_while(|message| match &message.body {
        Body::RequestVote(_) => matches!((message.from.0, message.to.0), (0, 2) | (1, 3) | (0, 1) | (1, 0)),
        _ => true,
    });
    assert!((0..4).all(|id| bench.node(id).role() != RoleName::Leader));
    bench.time_out(1);
    bench.deliver_all();
    assert_eq!(bench.node(1).role(), RoleName::Leader);
    assert_eq!(bench.node(1).current_term(), Term(2));
}

/// §5.2: a candidate that hears from a leader of its term follows it, and keeps its vote.
#[test]
fn election_candidate_yields_to_leader() {
    let mut bench = Bench::with(3, |config| config.pre_vote = false, []);
    bench.time_out(0);
    bench.inject(1, 0, 1, heartbeat(EntryId::ZERO, 0));
    assert_eq!(bench.node(0).role(), RoleName::Follower);
    assert_eq!(bench.node(0).leader(), Some(NodeId(1)));
    assert_eq!(bench.node(0).voted_for(), Some(NodeId(0)), "the vote lives as long as the term");

    let mut broken = Bench::with(3, |config| config.pre_vote = false, [Rule::VoteKeptForTerm]);
    broken.time_out(0);
    broken.inject(1, 0, 1, heartbeat(EntryId::ZERO, 0));
    assert_eq!(broken.node(0).voted_for(), None, "without the rule the vote is free again");
}

/// §5.1: a higher term in a request or a reply makes a follower of every role, and clears the vote.
#[test]
fn election_higher_term_steps_down_every_role() {
    for role in [RoleName::Follower, RoleName::PreCandidate, RoleName::Candidate, RoleName::Leader] {
        let mut bench = Bench::new(3);
        match role {
            RoleName::Follower => {}
            RoleName::PreCandidate => bench.time_out(0),
            RoleName::Candidate => {
                bench.time_out(0);
                bench.deliver_while(|message| !matches!(message.body, Body::RequestVote(_)));
            }
            RoleName::Leader => bench.elect(0),
        }
        assert_eq!(bench.node(0).role(), role);
        let reply = AppendEntriesReply {
            round: 0,
            forgetful: None,
            outcome: AppendOutcome::Success { match_index: Index(0) },
        };
        bench.inject(1, 0, 9, Body::AppendEntriesReply(reply));
        assert_eq!(bench.node(0).role(), RoleName::Follower, "was {role}");
        assert_eq!((bench.node(0).current_term(), bench.node(0).voted_for()), (Term(9), None));
    }
    let mut broken = Bench::without(3, Rule::HigherTermAdopted);
    broken.elect(0);
    let reply = AppendEntriesReply {
        round: 0,
        forgetful: None,
        outcome: AppendOutcome::Success { match_index: Index(0) },
    };
    broken.inject(1, 0, 9, Body::AppendEntriesReply(reply));
    assert_eq!(broken.node(0).role(), RoleName::Leader, "without the rule it goes on leading");
}

/// §5.1: a request of an old term changes nothing, and its sender learns the current one.
#[test]
fn election_stale_term_rejected() {
    let mut bench = Bench::new(3);
    bench.start_with_log(0, 5, &[1]);
    bench.inject(1, 0, 4, append(EntryId::new(1, 1), 2, 4));
    assert_eq!(bench.terms(0), [1]);
    assert_eq!(bench.node(0).leader(), None);
    assert_eq!(bench.take_messages_to(1)[0].term, Term(5));
    bench.inject(2, 0, 4, request_vote(4, EntryId::new(9, 9)));
    assert!(!vote_granted(&mut bench, 2));

    let mut broken = Bench::without(3, Rule::StaleTermRejected);
    broken.start_with_log(0, 5, &[1]);
    broken.inject(1, 0, 4, append(EntryId::new(1, 1), 2, 4));
    assert_eq!(broken.terms(0), [1, 4], "without the rule an old leader writes");
}

/// §5.2: votes of an old election, and a second vote of one voter, never complete a majority.
#[test]
fn election_late_and_duplicate_votes_ignored() {
    let candidate = |rule: Option<Rule>| {
        let mut bench = Bench::with(5, |config| config.pre_vote = false, rule);
        bench.time_out(0);
        bench.time_out(0);
        bench.network.clear();
        bench
    };
    let vote = |term| Body::RequestVoteReply(VoteReply { campaign_term: Term(term), vote_granted: true });
    let mut bench = candidate(None);
    bench.inject(1, 0, 1, vote(1));
    bench.inject(2, 0, 1, vote(1));
    bench.inject(3, 0, 2, vote(2));
    bench.inject(3, 0, 2, vote(2));
    assert_eq!(bench.node(0).role(), RoleName::Candidate, "itself and node-3 are two of the three needed");
    bench.inject(4, 0, 2, vote(2));
    assert_eq!(bench.node(0).role(), RoleName::Leader);

    let mut broken = candidate(Some(Rule::VotesOfCurrentTerm));
    broken.inject(1, 0, 1, vote(1));
    broken.inject(2, 0, 1, vote(1));
    assert_eq!(broken.node(0).role(), RoleName::Leader, "without the rule votes of term 1 count in term 2");
}

/// §5.2: half of the votes are not enough.
#[test]
fn election_needs_a_majority() {
    let ask = |rule: Option<Rule>| {
        let mut bench = Bench::with(4, |config| config.pre_vote = false, rule);
        bench.time_out(0);
        bench.deliver_while(|message| message.from.0 == 1 || message.to.0 == 1);
        bench.node(0).role()
    };
    assert_eq!(ask(None), RoleName::Candidate);
    assert_eq!(ask(Some(Rule::ElectionMajority)), RoleName::Leader, "without the rule two of four win");
}

/// Thesis 9.6: a node that cannot win does not raise its term, so it disturbs nobody when it comes back.
#[test]
fn prevote_partitioned_node_keeps_term() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    bench.isolate(2);
    for _ in 0..5 {
        bench.time_out(2);
        bench.deliver_all();
    }
    assert_eq!(bench.node(2).current_term(), Term(1));
    assert_eq!(bench.node(2).role(), RoleName::PreCandidate);
    bench.heal();
    bench.heartbeat(0);
    assert_eq!(bench.node(2).role(), RoleName::Follower);
    assert_eq!(bench.node(0).role(), RoleName::Leader);
    assert_eq!(bench.node(0).current_term(), Term(1));
}

/// Thesis 9.6: answering a pre-vote alters no term, no vote, no timer and nothing on disk.
#[test]
fn prevote_changes_nothing() {
    let mut bench = Bench::new(3);
    let before = (bench.node(0).current_term(), bench.node(0).voted_for(), bench.node(0).election_timer());
    let request =
        RequestVote { campaign_term: Term(8), last_log: EntryId::new(1, 1), leadership_transfer: false };
    bench.inject(1, 0, 7, Body::PreVote(request));
    assert!(matches!(&bench.take_messages_to(1)[0].body, Body::PreVoteReply(reply) if reply.vote_granted));
    assert_eq!(
        before,
        (bench.node(0).current_term(), bench.node(0).voted_for(), bench.node(0).election_timer())
    );
    assert_eq!(bench.disks[0].durable, Persistent::default());
}

/// Thesis 9.6: who heard a leader within the least election timeout refuses, and grants after it.
#[test]
fn prevote_recent_leader_refused() {
    let mut bench = Bench::new(3);
    bench.elect(0);
    bench.crash(0);
    bench.time_out(1);
    bench.deliver_all();
    assert_eq!(bench.node(1).role(), RoleName::PreCandidate);
    assert!(bench.has_fact(2, |fact| matches!(
        fact,
        Fact::VoteRefused { pre_vote: true, why: VoteRefusal::LeaderAlive { leader: NodeId(0) }, .. }
    )));
    bench.now += Micros::from_millis(150);
    bench.time_out(1);
    bench.deliver_all();
    assert_eq!(bench.node(1).role(), RoleName::Leader);
}

/// Thesis 9.6: a server with an old term and a better log learns the term from a refusal, and is elected.
#[test]
fn prevote_lower_term_node_unsticks() {
    let comes_to = |rule: Option<Rule>| {
        let mut bench = Bench::with(3, |_| {}, rule);
        bench.start_with_log(0, 5, &[1]);
        bench.start_with_log(2, 1, &[1, 1]);
        bench.crash(1);
        bench.time_out(2);
        bench.deliver_all();
        let learnt = bench.node(2).current_term();
        bench.time_out(0);
        bench.deliver_all();
        assert_ne!(bench.node(0).role(), RoleName::Leader, "its log is behind");
        bench.time_out(2);
        bench.deliver_all();
        (learnt, bench.node(2).role())
    };
    assert_eq!(comes_to(None), (Term(5), RoleName::Leader), "the refusal told the term");
    let stuck = (Term(1), RoleName::PreCandidate);
    assert_eq!(comes_to(Some(Rule::StalePreVoteAnswered)), stuck, "nobody leads, for ever");
}

/// Thesis 9.6: pre-votes that come in late are no votes.
#[test]
fn prevote_late_grants_after_win_ignored() {
    let late = |rule: Option<Rule>| {
        let mut bench = Bench::with(5, |_| {}, rule);
        bench.time_out(0);
        // Two pre-votes make a candidate; its requests for votes are lost.
        let mut granted = 0;
        bench.deliver_while(|message| match &message.body {
            Body::PreVoteReply(_) => {
                granted += 1;
                granted <= 2
            }
            Body::RequestVote(_) => false,
            _ => true,
        });
        assert_eq!(bench.node(0).role(), RoleName::Candidate);
        for voter in [3, 4] {
            let reply = VoteReply { campaign_term: Term(1), vote_granted: true };
            bench.inject(voter, 0, 0, Body::PreVoteReply(reply));
        }
        bench.node(0).role()
    };
    assert_eq!(late(None), RoleName::Candidate);
    assert_eq!(late(Some(Rule::PreVoteIsNoVote)), RoleName::Leader, "without the rule they are counted");
}

/// Thesis 6.2: a leader that hears no majority for an election timeout steps down, and says so to its clients.
#[test]
fn checkquorum_isolated_leader_steps_down() {
    let mut bench = Bench::new(5);
    bench.elect(0);
    bench.isolate(0);
    let proposal = bench.propose(0, "lost");
    for _ in 0..4 {
        bench.pass(Micros::from_millis(50));
        bench.network.clear();
    }
    assert_eq!(bench.node(0).role(), RoleName::Follower);
    assert!(bench.answers[0].contains(&Answer::ProposalUnknown { proposal }));
    assert!(bench.has_fact(0, |fact| matches!(
        fact,
        Fact::RoleChanged { why: RoleReason::QuorumLost { heard: 1, needed: 3 }, .. }
    )));
}

/// Thesis 6.2: a slow but answering majority keeps its leader.
#[test]
fn checkquorum_active_leader_stays() {
    let mut bench = Bench::new(5);
    bench.elect(0);
    bench.crash(3);
    bench.crash(4);
    for _ in 0..20 {
        bench.heartbeat(0);
    }
    assert_eq!(bench.node(0).role(), RoleName::Leader);
}

/// Thesis 4.2.3: a vote is withheld while a leader is alive, the term is not even looked at; it is given later.
#[test]
fn checkquorum_vote_withheld_then_granted() {
    let asked = |rule: Option<Rule>| {
        let mut bench = Bench::with(3, |_| {}, rule);
        bench.elect(0);
        let end = bench.node(1).log().last();
        bench.inject(2, 1, 7, request_vote(7, end));
        let at_once = (vote_granted(&mut bench, 2), bench.node(1).current_term());
        bench.now += Micros::from_millis(150);
        bench.inject(2, 1, 7, request_vote(7, end));
        (at_once, vote_granted(&mut bench, 2))
    };
    assert_eq!(asked(None), ((false, Term(1)), true));
    assert_eq!(asked(Some(Rule::VotesWithheld)), ((true, Term(7)), true), "a living leader is deposed");
}

/// Thesis 4.2.3: a server whose term has grown alone is not heard when it asks for votes; its answer to the leader's
/// heartbeat frees it.
#[test]
fn checkquorum_stuck_high_term_node_freed() {
    let heartbeat = |rule: Option<Rule>| {
        let mut bench = Bench::with(3, |config| config.pre_vote = false, rule);
        bench.elect(0);
        bench.isolate(2);
        bench.time_out(2);
        bench.time_out(2);
        bench.network.clear();
        bench.heal();
        bench.heartbeat(0);
        (bench.node(0).role(), bench.node(0).current_term())
    };
    assert_eq!(heartbeat(None), (RoleName::Follower, Term(3)), "the next leader leads all");
    let leads_without_it = (RoleName::Leader, Term(1));
    assert_eq!(heartbeat(Some(Rule::StaleLeaderAnswered)), leads_without_it, "for ever");
}

/// §5.2: the only voter leads without asking anybody, as soon as its vote is durable.
#[test]
fn election_single_node_cluster() {
    let mut bench = Bench::new(1);
    bench.disks[0].slow = true;
    bench.time_out(0);
    assert_eq!(bench.node(0).role(), RoleName::Candidate);
    bench.sync(0);
    assert_eq!(bench.node(0).role(), RoleName::Leader);
    bench.propose(0, "alone");
    assert_eq!(bench.commands(0), Vec::<String>::new(), "not durable, not committed");
    bench.sync(0);
    assert_eq!(bench.commands(0), ["alone"]);
    assert!(bench.network.is_empty());
}

/// A message to somebody else, or with a term beyond all reason, changes nothing.
#[test]
fn malformed_messages_change_nothing() {
    let mut bench = Bench::new(3);
    bench.inject(1, 0, u64::MAX, request_vote(u64::MAX, EntryId::ZERO));
    bench.inject(1, 0, 9, request_vote(3, EntryId::ZERO));
    bench.inject(0, 0, 9, heartbeat(EntryId::ZERO, 0));
    let stray = Message { from: NodeId(1), to: NodeId(2), term: Term(9), body: Body::TimeoutNow };
    bench.step(0, Input::Message(stray));
    assert_eq!(bench.node(0).current_term(), Term::ZERO);
    assert!(bench.network.is_empty());
}

fn heartbeat(prev_log: EntryId, leader_commit: u64) -> Body {
    let entries = std::sync::Arc::from([]);
    Body::AppendEntries(AppendEntries { prev_log, entries, leader_commit: Index(leader_commit), round: 0 })
}

fn append(prev_log: EntryId, index: u64, term: u64) -> Body {
    let entry = Entry { term: Term(term), index: Index(index), payload: Payload::Noop };
    let entries = std::sync::Arc::from([entry]);
    Body::AppendEntries(AppendEntries { prev_log, entries, leader_commit: Index(0), round: 0 })
}
