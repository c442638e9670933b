//! Without a rule the laws break, and a search at random finds it: this is what proves the checks, and the faults.
//!
//! For every rule the same worlds are searched, with no hint at the rule: broad faults, storms of elections and members
//! that come and go, one after the other, until something is broken. With all rules kept, the same searches find nothing.
//! What a search cannot find says why in [`out_of_reach`].

use mini_raft_core::check::Property::*;
use mini_raft_core::kv::{ClientId, Op};
use mini_raft_core::raft::{NodeId, Rule};
use mini_raft_core::rng::Rng;
use mini_raft_core::run::Run;
use mini_raft_core::sim::{Command, NodeSetup, Setup, Target};
use mini_raft_core::time::Micros;
use mini_raft_tests::faults::{self, HEALED_AT};

/// So many worlds are searched at most.
const SEEDS_MAX: u64 = 3_000;

/// So many with all rules kept.
const SEEDS_KEPT: u64 = 300;

/// A run that does more is given up: without some rules servers answer each other without end.
const ITEMS_MAX: u64 = 60_000;

#[test]
fn with_all_rules_the_same_searches_find_nothing() {
    for seed in 0..SEEDS_KEPT {
        if let Some(Broken { what, detail }) = search_one(seed, None) {
            panic!("seed {seed}: {what}: {detail}");
        }
    }
}

macro_rules! found_at_random {
    ($($test:ident, $rule:ident: $($what:expr),+;)*) => {
        $(
            #[test]
            fn $test() {
                find(Rule::$rule, &[$($what.name()),+]);
            }
        )*

        /// The rules whose absence is found at random.
        const FOUND_AT_RANDOM: &[Rule] = &[$(Rule::$rule,)*];
    };
}

found_at_random! {
    without_vote_is_durable, VoteIsDurable: Durability;
    without_vote_kept_for_term, VoteKeptForTerm: Durability, VoteOnce;
    without_one_vote_per_term, OneVotePerTerm: VoteOnce;
    without_votes_of_current_term, VotesOfCurrentTerm: ElectionSafety, LeaderCompleteness;
    without_pre_vote_is_no_vote, PreVoteIsNoVote: ElectionSafety, LeaderCompleteness;
    without_log_up_to_date_term, LogUpToDateTerm: LeaderCompleteness;
    without_log_up_to_date, LogUpToDate: LeaderCompleteness, Durability;
    without_election_majority, ElectionMajority: ElectionSafety, LeaderCompleteness;
    without_stale_term_rejected, StaleTermRejected: Durability, LogMatching, LeaderCompleteness;
    without_prev_log_checked, PrevLogChecked: LogMatching, StateMachineSafety;
    without_conflict_removed, ConflictRemoved: LogMatching, StateMachineSafety, Durability;
    without_matching_kept, MatchingKept: Durability;
    without_follower_commit_bounded, FollowerCommitBounded: StateMachineSafety;
    without_match_is_proven, MatchIsProven: Durability;
    without_commit_majority, CommitMajority: Durability;
    without_commit_only_current_term, CommitOnlyCurrentTerm: LeaderCompleteness;
    without_ack_after_sync, AckAfterSync: Durability;
    without_leader_counts_after_sync, LeaderCountsAfterSync: Durability;
    without_read_needs_quorum, ReadNeedsQuorum: Linearizability;
    without_read_needs_own_term_commit, ReadNeedsOwnTermCommit: Linearizability;
    without_snapshot_keeps_matching, SnapshotKeepsMatching: Durability;
    without_snapshot_drops_conflict, SnapshotDropsConflict: Durability, LogMatching;
    without_snapshot_never_goes_back, SnapshotNeverGoesBack: CommitMonotonic;
    without_joint_needs_both, JointNeedsBoth: Durability, ElectionSafety, LeaderCompleteness;
    without_removed_leader_not_counted, RemovedLeaderNotCounted: Durability;
    without_learners_not_counted, LearnersNotCounted: Durability;
    without_snapshot_carries_configuration, SnapshotCarriesConfiguration: ElectionSafety, LeaderCompleteness;
    without_forgetful_not_counted, ForgetfulNotCounted: VoteOnce, LeaderCompleteness;
    without_request_applied_once, RequestAppliedOnce: ExactlyOnce;
}

/// Why a search at random does not find what is broken without this rule, where it does not. Each of them has a test
/// of the core that shows what it is for.
fn out_of_reach(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::HigherTermAdopted | Rule::TransferSkipsPreVote => "it breaks progress, not a law",
        Rule::ReadNeedsLaterRound => "too rare at random: directed below",
        Rule::OneChangeAtATime | Rule::ChangeAfterOwnTermCommit | Rule::ConfigurationRollsBack => {
            "never found: with joint consensus it takes three leaders and two changes at the right moments"
        }
        Rule::WriteFailureStops => "no disk fails in the worlds of this search",
        Rule::LeaseWithinDrift | Rule::LeaseEndsWithTransfer => {
            "nobody has a lease in the worlds of this search"
        }
        Rule::WriteMatchedById => {
            "a second line of defence: what is cut off is written after the term that cut it off, and nothing is \
             acknowledged while a term is being written"
        }
        _ => return None,
    })
}

#[test]
fn every_rule_is_found_or_says_why_not() {
    for rule in Rule::ALL {
        let is_found = FOUND_AT_RANDOM.contains(rule);
        assert_ne!(is_found, out_of_reach(*rule).is_some(), "{rule}");
    }
}

/// A deposed leader that takes the answers to an earlier round for a confirmation answers a read with what was.
#[test]
fn without_read_needs_later_round() {
    assert_eq!(read_at_a_deposed_leader(None), None);
    let stale = read_at_a_deposed_leader(Some(Rule::ReadNeedsLaterRound));
    assert!(stale.is_some(), "the deposed leader does not answer");
}

/// The leader is cut off, another one writes, and a client reads at the old one. Returns how a read was stale.
fn read_at_a_deposed_leader(without: Option<Rule>) -> Option<String> {
    let config = NodeSetup { check_quorum: false, ..NodeSetup::default() };
    let setup = Setup { nodes: 3, config, without: without.into_iter().collect(), ..Setup::default() };
    let mut events = Vec::new();
    let mut run = Run::new(setup, Vec::new(), &mut events);
    run.run_until(Micros::from_millis(1_000), &mut events);
    let leader = run.world().leader().expect("a leader");
    let deposed = Target::Node(leader);
    let others = (0..3).map(NodeId).filter(|id| *id != leader).map(Target::Node).collect();

    let request =
        |client: &str, op: Op, to: Target| Command::Request { client: ClientId::new(client), op, to };
    let set = |value: &str| Op::Set { key: "x".into(), value: value.into() };
    for (millis, command) in [
        (1_000, request("writer", set("old"), deposed)),
        (1_200, Command::Partition { groups: vec![vec![deposed], others] }),
        (2_500, request("writer", set("new"), Target::Leader)),
        (3_000, request("reader", Op::Get { key: "x".into() }, deposed)),
    ] {
        run.run_until(Micros::from_millis(millis), &mut events);
        run.command(command, &mut events).expect("something to do it to");
    }
    run.run_until(Micros::from_millis(3_100), &mut events);
    let (_, violation) = run.checks().violations().first()?;
    assert_eq!(violation.property, Linearizability.name());
    Some(violation.detail.clone())
}

/// Searches until something is broken, which must be one of these.
fn find(rule: Rule, expected: &[&str]) {
    let found = (0..SEEDS_MAX).find_map(|seed| Some((seed, search_one(seed, Some(rule))?)));
    let (seed, Broken { what, detail }) =
        found.unwrap_or_else(|| panic!("nothing is broken without {rule} in {SEEDS_MAX} runs"));
    println!("without {rule}: seed {seed}: {what}: {detail}");
    assert!(expected.contains(&what), "seed {seed}: {what}: {detail}");
}

/// What a run has broken first.
struct Broken {
    what: &'static str,
    detail: String,
}

/// Broad faults, storms of elections, and members that come and go, one after the other.
fn world(seed: u64, rng: &mut Rng) -> (Setup, Vec<(Micros, Command)>) {
    type MakeSetup = fn(u64, &mut Rng) -> Setup;
    type MakeSteps = fn(&Setup, &mut Rng) -> Vec<(Micros, Command)>;
    let (make_setup, make_steps): (MakeSetup, MakeSteps) = match seed % 3 {
        0 => (faults::setup, faults::faults),
        1 => (faults::storm_setup, faults::storm),
        _ => (faults::churn_setup, faults::churn),
    };
    let setup = make_setup(seed, rng);
    let steps = make_steps(&setup, rng);
    (setup, steps)
}

/// Runs the world of this seed without the rule until something is broken.
fn search_one(seed: u64, without: Option<Rule>) -> Option<Broken> {
    let mut rng = Rng::stream(seed, 0x5ea);
    let (mut setup, steps) = world(seed, &mut rng);
    setup.without = without.into_iter().collect();
    let mut events = Vec::new();
    let mut run = Run::new(setup, steps, &mut events);
    while run.now() < HEALED_AT && run.items() < ITEMS_MAX && run.step(&mut events) {
        events.clear();
        if let Some((_, violation)) = run.checks().violations().first() {
            return Some(Broken { what: violation.property, detail: violation.detail.clone() });
        }
    }
    if without.is_none() && run.now() < HEALED_AT {
        return Some(Broken {
            what: "no end",
            detail: format!("it is {} after {ITEMS_MAX} items", run.now()),
        });
    }
    None
}
