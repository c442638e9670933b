//! An outside judge: the crate `tla-checker`, which knows nothing of this program, reads what Raft is in `docs/tla` and
//! accepts the core's runs step by step, or says which step is none that Raft allows. `make tla` asks TLC, the
//! reference, about the library.

use std::fs;
use std::path::{Path, PathBuf};

use mini_raft_core::raft::{Index, Rule};
use mini_raft_core::scenario::{self, Scenario};
use mini_raft_core::swarm;
use mini_raft_core::time::Micros;
use mini_raft_tests::files::root;
use mini_raft_tests::tla::{Behaviour, Step, judged, loses_a_disk};
use tla_checker::checker::{CheckResult, check};
use tla_checker::load::prepare_from_path;

/// What the judge says of a run.
#[derive(Debug, PartialEq)]
enum Verdict {
    /// Every step is one that Raft allows.
    Accepted,
    /// This step is not, or does not lead to what was seen; its place in the run, from 0.
    Rejected(usize),
}

/// A folder with the specification and this run.
///
/// This checker computes a definition anew wherever it is used, and the value of a constant once; TLC does it the other
/// way round. So the trace is made a constant here.
fn folder(name: &str, behaviour: &Behaviour) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tla").join(name);
    fs::create_dir_all(&folder).expect("a folder can be made");
    let read =
        |file| fs::read_to_string(root().join("docs/tla").join(file)).expect("the specification is there");
    let write = |file, text: String| fs::write(folder.join(file), text).expect("a file can be written");
    let (trace, config) = (read("RaftTrace.tla"), read("RaftTrace.cfg"));
    assert!(trace.contains(TRACE_DEFINED) && config.contains(CONSTANTS));
    write("Raft.tla", read("Raft.tla"));
    write("RaftTrace.tla", trace.replacen(TRACE_DEFINED, "CONSTANT Trace\n", 1));
    write("RaftTrace.cfg", config.replacen(CONSTANTS, "CONSTANTS\n    Trace <- TraceSteps\n", 1));
    write("TraceData.tla", behaviour.module());
    folder
}

const TRACE_DEFINED: &str = "Trace == TraceSteps\n";
const CONSTANTS: &str = "CONSTANTS\n";

fn judge(name: &str, behaviour: &Behaviour) -> Verdict {
    let module = folder(name, behaviour).join("RaftTrace.tla");
    let mut prepared = prepare_from_path(&module, None, &[]).expect("the specification is TLA+");
    let steps = behaviour.steps.len();
    (prepared.checker_config.max_depth, prepared.checker_config.max_states) = (steps + 2, steps + 2);
    match check(&prepared.spec, &prepared.domains, &prepared.checker_config) {
        CheckResult::Ok(stats) => {
            assert_eq!(stats.states_explored, steps + 1, "{name}: each step leads to one state");
            Verdict::Accepted
        }
        CheckResult::Deadlock(states, ..) => Verdict::Rejected(states.len() - 1),
        other => panic!("{name}: {other:?}"),
    }
}

fn scenario_of(stem: &str) -> Scenario {
    scenario::builtin(stem).unwrap_or_else(|| panic!("no scenario {stem}")).scenario()
}

fn assert_accepted(name: &str, scenario: &Scenario, actions: &[&str]) {
    let behaviour = Behaviour::of(scenario);
    if let Verdict::Rejected(place) = judge(name, &behaviour) {
        panic!("{name}, step {place}: {}", behaviour.steps[place].describe());
    }
    for action in actions {
        assert!(behaviour.steps.iter().any(|step| step.action == *action), "{name} has no {action}");
    }
}

fn assert_builtins_are_accepted(builtins: &[(&str, &[&str])]) {
    for (stem, actions) in builtins {
        assert_accepted(stem, &scenario_of(stem), actions);
    }
}

#[test]
fn elections_are_accepted() {
    assert_builtins_are_accepted(&[
        ("initial_election", &["Timeout", "GrantVote", "CountVote", "BecomeLeader"]),
        ("election_split_vote_resolves", &["BecomeLeader"]),
        ("election_candidate_behind_quorum_loses", &["BecomeLeader"]),
        ("checkquorum_isolated_leader_steps_down", &["StepDown"]),
        ("prevote_off_returning_node_disrupts", &["UpdateTerm", "Mention"]),
    ]);
}

#[test]
fn replication_and_the_figures_of_the_paper_are_accepted() {
    assert_builtins_are_accepted(&[
        ("log_replication_to_followers", &["ClientRequest", "SendEntries", "ReceiveAck"]),
        ("log_matching", &["AcceptEntries", "AcceptHeartbeat"]),
        ("replicate_figure7_logs_converge", &["AcceptEntries"]),
        ("commit_figure8_old_term_not_counted", &["AdvanceCommit"]),
    ]);
}

#[test]
fn crashes_that_lose_what_was_not_synced_are_accepted() {
    assert_builtins_are_accepted(&[
        ("persist_unsynced_tail_lost", &["Restart", "Sync"]),
        ("persist_leader_own_disk_slow", &["Sync"]),
        ("state_persists_across_restart", &["Restart"]),
    ]);
}

#[test]
fn changes_of_the_membership_are_accepted() {
    assert_builtins_are_accepted(&[
        ("member_replacement_in_one_step", &["ChangeConfig"]),
        ("member_remove_leader", &["ChangeConfig", "StepDown"]),
    ]);
}

#[test]
fn snapshots_are_accepted() {
    let scenario = r#"{
        "version": 1, "nodes": 3, "until_ms": 2000, "config": { "snapshot_every": 4 },
        "clients": [{ "id": "c1", "every_ms": 40, "mix": { "set": 1 }, "keys": 2 }],
        "steps": [
            { "at_ms": 10, "do": "timeout", "node": "node-0" },
            { "at_ms": 200, "do": "crash", "node": "node-2" },
            { "at_ms": 1200, "do": "restart", "node": "node-2" }
        ]
    }"#;
    let scenario = Scenario::from_json(scenario).expect("a scenario");
    assert_accepted("snapshots", &scenario, &["Compact", "SendSnapshot", "InstallSnapshot"]);
}

/// The first seconds of what `mini-raft check --random` tries.
#[test]
fn random_runs_are_accepted() {
    let mut restarts = 0;
    for seed in 0..8 {
        let mut scenario = swarm::draw(seed);
        scenario.end_at(scenario.until.min(Micros::from_millis(1_500)));
        if !loses_a_disk(&scenario) {
            assert_accepted(&format!("seed-{seed}"), &scenario, &["Sync", "AdvanceCommit"]);
            restarts += Behaviour::of(&scenario).steps.iter().filter(|step| step.action == "Restart").count();
        }
    }
    assert!(restarts > 0, "nobody crashed");
}

/// Without a rule of Raft the core takes a step that Raft does not have, and the judge names it.
#[test]
fn a_run_without_a_rule_is_rejected_where_it_leaves_the_rule_out() {
    let cases = [
        (Rule::VoteIsDurable, "initial_election", "Timeout"),
        (Rule::OneVotePerTerm, "state_persists_across_restart", "GrantVote"),
        (Rule::PreVoteIsNoVote, "initial_election", "CountVote"),
        (Rule::LogUpToDate, "election_safety", "GrantVote"),
        (Rule::ElectionMajority, "initial_election", "BecomeLeader"),
        (Rule::StaleTermRejected, "election_safety", "AcceptEntries"),
        (Rule::PrevLogChecked, "replicate_figure7_logs_converge", "AcceptEntries"),
        (Rule::ConflictRemoved, "log_matching", "AcceptEntries"),
        (Rule::MatchIsProven, "initial_election", "AdvanceCommit"),
        (Rule::CommitMajority, "initial_election", "AdvanceCommit"),
        (Rule::CommitOnlyCurrentTerm, "commit_figure8_old_term_not_counted", "AdvanceCommit"),
        (Rule::AckAfterSync, "initial_election", "AcceptEntries"),
        (Rule::LeaderCountsAfterSync, "persist_leader_own_disk_slow", "AdvanceCommit"),
    ];
    for (rule, stem, action) in cases {
        let mut scenario = scenario_of(stem);
        scenario.setup.without = vec![rule];
        let behaviour = Behaviour::of(&scenario);
        let Verdict::Rejected(place) = judge(rule.name(), &behaviour) else {
            panic!("{stem} is accepted without {rule}");
        };
        let step = &behaviour.steps[place];
        assert_eq!(step.action, action, "{rule}: {}", step.describe());
    }
}

/// A way to tell a run wrongly: an action, and what is changed in the first step that is one.
type Change = (&'static str, fn(&mut Step));

/// A true run in which one step is told wrongly is rejected at that step.
#[test]
fn a_changed_trace_is_rejected_where_it_was_changed() {
    let changes: [Change; 5] = [
        ("AdvanceCommit", |step| step.details[0].1 = "9".to_owned()),
        ("GrantVote", |step| {
            step.details[0].1 = step.details[0].1.replace("lastIndex |-> 0", "lastIndex |-> 7")
        }),
        ("Sync", |step| step.details[0].1 = "7".to_owned()),
        ("AcceptEntries", |step| step.seen.as_mut().expect("it was seen").memory.last.index = Index(3)),
        ("Timeout", |step| step.seen.as_mut().expect("it was seen").role = "Leader"),
    ];
    let told = || Behaviour::of(&scenario_of("log_replication_to_followers"));
    for (action, change) in changes {
        let mut behaviour = told();
        let place = behaviour.steps.iter().position(|step| step.action == action).expect("it is in the run");
        change(&mut behaviour.steps[place]);
        assert_eq!(judge("changed", &behaviour), Verdict::Rejected(place), "{action}");
    }
    // A step that is left out is missed by the next that rests on it.
    let mut behaviour = told();
    let place =
        behaviour.steps.iter().position(|step| step.action == "Timeout").expect("there is an election");
    behaviour.steps.remove(place);
    assert_eq!(judge("changed", &behaviour), Verdict::Rejected(place));
}

/// What is not judged is named in `docs/tla/README.md`: all else in the library is.
#[test]
fn the_library_is_judged() {
    let stems: Vec<&str> = judged().map(|(stem, _)| stem).collect();
    let others: Vec<&str> =
        scenario::library().iter().map(|builtin| builtin.stem).filter(|stem| !stems.contains(stem)).collect();
    assert_eq!(others, ["without_commit_only_current_term", "persist_empty_disk_is_new_node"]);
}
