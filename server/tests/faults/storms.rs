//! Faults at random moments under load, judged by two judges: that of the core, and porcupine-rs, by others.

use std::sync::Arc;
use std::time::Duration;

use mini_raft_core::kv::{Op, Outcome};
use mini_raft_core::sim::event::ClientError;
use mini_raft_server::chaos::history::{Operation, Recorder};
use mini_raft_server::chaos::{FaultKind, Plan, Report, run};
use porcupine_rs::{CheckResult, Model};

use super::harness::TestCluster;

/// How long the outside judge may think about one key.
const JUDGE_MAX: Duration = Duration::from_secs(30);

/// `make torture` sets this: an hour, not a minute.
fn is_torture() -> bool {
    std::env::var_os("MINI_RAFT_TORTURE").is_some_and(|value| value == "1")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_of_one_a_majority_or_all_lose_no_acknowledged_write() {
    let kills = if is_torture() { 200 } else { 30 };
    let report = storm(&[FaultKind::Kill], Duration::ZERO, kills).await;
    assert!(report.kills >= kills && report.leader_changes > 0, "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pauses_and_partitions_show_no_stale_read_and_lose_nothing() {
    let span = Duration::from_secs(if is_torture() { 1_500 } else { 15 });
    let report = storm(&[FaultKind::Pause, FaultKind::Partition], span, 0).await;
    assert!(report.faults.len() > 1, "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_kinds_of_faults_mixed_lose_nothing() {
    let span = Duration::from_secs(if is_torture() { 1_500 } else { 10 });
    storm(&FaultKind::ALL, span, 0).await;
}

/// Five nodes that suffer this, and the report of it, which is good.
async fn storm(kinds: &[FaultKind], span: Duration, kills: u64) -> Report {
    // Snapshots are taken all the time, so that faults strike in the middle of them too.
    let mut test = TestCluster::start(5, &["--enable-chaos", "--snapshot-every", "300"]).await;
    let mut seed = [0; 4];
    getrandom::fill(&mut seed).expect("random bytes");
    let seed = u64::from(u32::from_le_bytes(seed));
    println!("seed {seed}");
    let plan = Plan { kinds: kinds.to_vec(), span, kills, seed, prefix: "storm/".to_owned(), sweep: false };
    let mut tell = |moment: &mini_raft_server::chaos::run::Moment<'_>| {
        println!("{:>6} ms: {}", moment.since_start.as_millis(), moment.what);
    };
    let ran = run(&mut test.cluster, &plan, &mut tell).await.expect("the run can be judged");
    println!("{}", serde_json::to_string_pretty(&ran.report).expect("JSON"));
    assert!(ran.report.ok, "seed {seed}: {:?}", ran.report.problems);
    judged_by_others(&ran.recorder);
    ran.report
}

/// One key, as the outside judge wants it.
#[derive(Clone, Debug)]
struct OneKey;

impl Model for OneKey {
    type State = Option<Arc<str>>;
    type Op = (Op, Option<Outcome>);
    type Metadata = ();

    fn init() -> Self::State {
        None
    }

    fn step(state: &Self::State, (op, seen): &Self::Op) -> (bool, Self::State) {
        let (after, outcome) = match op {
            Op::Get { .. } => (state.clone(), Outcome::Value(state.clone())),
            Op::Set { value, .. } => (Some(value.clone()), Outcome::Done),
            Op::Delete { .. } => (None, Outcome::Done),
            Op::Cas { expected, value, .. } if state == expected => {
                (Some(value.clone()), Outcome::Swapped(true))
            }
            Op::Cas { .. } => (state.clone(), Outcome::Swapped(false)),
            Op::Append { .. } => panic!("no client appends"),
        };
        (seen.as_ref().is_none_or(|seen| *seen == outcome), after)
    }
}

fn judged_by_others(recorder: &Recorder) {
    let mut answered = 0;
    for (key, operations) in recorder.by_key() {
        answered += operations.len();
        let operations: Vec<_> = operations.iter().filter_map(for_the_judge).collect();
        let verdict = porcupine_rs::check_operations_timeout(&operations, JUDGE_MAX);
        assert_eq!(verdict, CheckResult::Ok, "{key}: {operations:#?}");
    }
    assert!(answered > 500, "only {answered} operations: this shows nothing");
}

fn for_the_judge(operation: &Operation) -> Option<porcupine_rs::Operation<OneKey>> {
    let (return_time, outcome) = match &operation.ends {
        Some((place, Ok(outcome))) => (*place as i64, Some(outcome.clone())),
        Some((_, Err(ClientError::Rejected))) => return None,
        // It may take effect after all others, which is as good as never.
        Some((_, Err(ClientError::Unknown))) | None => (i64::MAX, None),
    };
    Some(porcupine_rs::Operation {
        client_id: Some(operation.client),
        call_time: operation.begins as i64,
        return_time,
        op: (operation.op.clone(), outcome),
        metadata: None,
    })
}
