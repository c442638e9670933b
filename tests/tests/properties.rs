//! Whatever goes wrong, the laws of Raft hold; and when nothing goes wrong any more, the cluster works again.
//!
//! Each seed makes a world and fifteen seconds of faults: crashes, cuts, partitions, loss, duplicates, pauses, slow disks,
//! clocks that drift, elections by hand. All checks watch. Then everything is healed, and within a bound there must be
//! one leader, new commits, and equal state machines. That the faults were real is counted over all seeds.

use std::collections::BTreeMap;

use mini_raft_core::check::Property;
use mini_raft_core::kv::Outcome;
use mini_raft_core::raft::{Fact, Index, RoleName};
use mini_raft_core::rng::Rng;
use mini_raft_core::run::Run;
use mini_raft_core::sim::event::{ClientError, MessageKind, SnapshotOrigin};
use mini_raft_core::sim::{DropReason, Event, EventKind};
use mini_raft_core::time::Micros;
use mini_raft_tests::faults::{self, HEALED_AT};

const SEEDS: u64 = 400;

/// By then the cluster must work again: a few election timeouts, and attempts of clients that time out.
const WHOLE_AT: Micros = Micros::from_millis(20_000);

#[test]
fn whatever_goes_wrong_the_laws_hold_and_then_the_cluster_works_again() {
    let mut exercise = Exercise::default();
    for seed in 0..SEEDS {
        one_run(seed, &mut exercise);
    }
    exercise.assert_rich();
}

/// The same seed gives the same run, event by event, whatever happens in it.
#[test]
fn the_same_seed_gives_the_same_run() {
    let events_of = |seed: u64| {
        let mut rng = Rng::stream(seed, 0xfa17);
        let setup = faults::setup(seed, &mut rng);
        let steps = faults::faults(&setup, &mut rng);
        let mut events = Vec::new();
        Run::new(setup, steps, &mut events).run_until(HEALED_AT, &mut events);
        events
    };
    for seed in 0..20 {
        let events = events_of(seed);
        assert!(events.len() > 1_000);
        assert!(events == events_of(seed), "seed {seed}");
    }
}

fn one_run(seed: u64, exercise: &mut Exercise) {
    let mut rng = Rng::stream(seed, 0xfa17);
    let mut setup = faults::setup(seed, &mut rng);
    // Some disks lose all that was not synced, others keep a part of it.
    setup.disk.keep = [0.0, 0.5, 0.9][(seed % 3) as usize];
    let steps = faults::faults(&setup, &mut rng);
    let mut events = Vec::new();
    let mut run = Run::new(setup, steps, &mut events);
    run.run_until(HEALED_AT, &mut events);
    exercise.count(&events);
    events.clear();
    let committed_before = committed(&run);
    run.run_until(WHOLE_AT, &mut events);
    exercise.count(&events);

    for property in Property::ALL {
        let first = run.checks().violations().first();
        assert!(run.checks().status(*property).holds(), "seed {seed}: {property}: {first:?}");
    }
    let leader = run.world().leader();
    assert!(leader.is_some(), "seed {seed}: no leader after healing");
    let committed = committed(&run);
    assert!(
        committed.0 > committed_before.0 + 5,
        "seed {seed}: {committed_before} committed when healed, {committed} long after"
    );
    let answered =
        events.iter().filter(|event| matches!(event.kind, EventKind::Return { result: Ok(_), .. }));
    assert!(answered.count() > 10, "seed {seed}: clients get no answers after healing");
    for machine in run.world().machines() {
        let applied = machine.node().map(|node| node.last_applied()).unwrap_or_default();
        assert!(applied.0 + 50 > committed.0, "seed {seed}: {} is at {applied} of {committed}", machine.id());
    }
}

fn committed(run: &Run) -> Index {
    let nodes = run.world().machines().iter().filter_map(|machine| machine.node());
    nodes.map(|node| node.commit_index()).max().unwrap_or_default()
}

/// What happened in all runs together.
#[derive(Debug, Default)]
struct Exercise {
    counts: BTreeMap<&'static str, u64>,
}

/// What must have happened in a good part of the runs, or they prove little.
const WANTED: &[&str] = &[
    "leader elected",
    "leader stepped down",
    "crash",
    "crash that lost entries",
    "restart",
    "pause",
    "conflict removed",
    "append refused",
    "snapshot taken",
    "snapshot installed",
    "snapshot ignored",
    "old term not counted",
    "leadership transferred",
    "message lost",
    "message on a cut link",
    "message to a node that is down",
    "message dropped by hand",
    "operation done",
    "operation that may be done given up",
    "read",
    "read that a follower answers",
];

impl Exercise {
    fn count(&mut self, events: &[Event]) {
        for event in events {
            if let Some(what) = noteworthy(event) {
                *self.counts.entry(what).or_default() += 1;
            }
        }
    }

    fn assert_rich(&self) {
        for what in WANTED {
            let count = self.counts.get(what).copied().unwrap_or_default();
            assert!(count >= SEEDS / 20, "only {count} times in {SEEDS} runs: {what}\n{self:?}");
        }
    }
}

fn noteworthy(event: &Event) -> Option<&'static str> {
    Some(match &event.kind {
        EventKind::Fact(fact) => match fact {
            Fact::RoleChanged { to: RoleName::Leader, .. } => "leader elected",
            Fact::RoleChanged { from: RoleName::Leader, .. } => "leader stepped down",
            Fact::ConflictRemoved { .. } => "conflict removed",
            Fact::AppendRefused { .. } => "append refused",
            Fact::SnapshotIgnored { .. } => "snapshot ignored",
            Fact::OldTermNotCounted { .. } => "old term not counted",
            Fact::TimeoutNowSent { .. } => "leadership transferred",
            Fact::ReadConfirmed { .. } => "read",
            _ => return None,
        },
        EventKind::Deliver { payload, .. } if payload.kind() == MessageKind::ReadIndexReply => {
            "read that a follower answers"
        }
        EventKind::Crash { lost: Some(_) } => "crash that lost entries",
        EventKind::Crash { lost: None } => "crash",
        EventKind::Restart { .. } => "restart",
        EventKind::Pause => "pause",
        EventKind::Snapshot { origin: SnapshotOrigin::Taken, .. } => "snapshot taken",
        EventKind::Snapshot { origin: SnapshotOrigin::Installed, .. } => "snapshot installed",
        EventKind::Drop { why, .. } => match why {
            DropReason::Lost => "message lost",
            DropReason::Cut => "message on a cut link",
            DropReason::Down => "message to a node that is down",
            DropReason::ByHand => "message dropped by hand",
            DropReason::Full => "message beyond what a link holds",
        },
        EventKind::Return { result: Ok(_), .. } => "operation done",
        EventKind::Return { result: Err(ClientError::Unknown), .. } => "operation that may be done given up",
        EventKind::Return { result: Err(ClientError::Rejected), .. } => "operation not done",
        EventKind::Apply { outcome: Some(Outcome::Stale), .. } => "request too late",
        EventKind::Skipped { .. } => "step without a target",
        _ => return None,
    })
}
