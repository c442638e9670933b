//! Whatever comes from outside: no panic, and no more memory than its size explains.
//!
//! Three things read what somebody else made: a node reads its peers' messages, the state machine reads snapshots, and
//! the program reads scenarios. Each gets true examples with something changed, which go deeper than noise does.
//! `make fuzz` tries many more.

mod damage;
mod memory;
mod victim;

use mini_raft_core::kv::{self, ClientId, Command, Op};
use mini_raft_core::raft::{Fact, RoleName};
use mini_raft_core::run::Run;
use mini_raft_core::scenario::{Scenario, library};
use mini_raft_core::time::Micros;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use damage::{Damage, damaged};
use victim::{Told, Victim};

/// A scenario that is still one after the damage runs for so long: many do, and each is another world.
const RUN: Micros = Micros::from_millis(1_500);

proptest! {
    /// A node that is told anything, in any order, goes on, and takes nothing back that is committed.
    #[test]
    fn a_node_lives_through_any_messages(
        seed: u64,
        inputs in proptest::collection::vec(victim::told(), 1..150),
    ) {
        let _alone = memory::alone();
        let mut victim = Victim::new(seed);
        for told in inputs {
            victim.hears(told);
        }
    }

    /// A damaged scenario is refused with its mistakes, or it is one that can be run.
    #[test]
    fn a_damaged_scenario_is_refused_or_runs(which: prop::sample::Index, damage in Damage::some()) {
        let _alone = memory::alone();
        let text = which.get(library()).json;
        let text = String::from_utf8_lossy(&damaged(text.as_bytes(), &damage)).into_owned();
        match memory::bounded_by(text.len(), || Scenario::from_json(&text)) {
            Ok(scenario) => {
                let mut events = Vec::new();
                let mut run = Run::new(scenario.setup.clone(), scenario.moments(), &mut events);
                run.run_until(scenario.until.min(RUN), &mut events);
            }
            Err(mistakes) => prop_assert!(!mistakes.to_string().is_empty()),
        }
    }

    /// A damaged snapshot is refused, or it is one that the state machine could have taken.
    #[test]
    fn a_damaged_snapshot_is_refused_or_sound(clients in 0u64..40, damage in Damage::some()) {
        let _alone = memory::alone();
        let bytes = damaged(&snapshot(clients), &damage);
        if let Ok(machine) = memory::bounded_by(bytes.len(), || kv::Machine::restore(&bytes)) {
            prop_assert_eq!(&*machine.snapshot(), &bytes[..]);
        }
    }
}

/// The node that lives through anything comes around: it leads, applies, cuts its log and installs snapshots; and what
/// is damaged is not always beyond reading.
#[test]
fn what_is_tried_goes_deep() {
    let _alone = memory::alone();
    let mut runner = TestRunner::deterministic();
    let mut draw =
        |strategy: &BoxedStrategy<Vec<Told>>| strategy.new_tree(&mut runner).expect("no filter").current();
    let inputs = proptest::collection::vec(victim::told(), 1..150).boxed();
    let mut facts = Vec::new();
    for seed in 0..1_000 {
        let mut victim = Victim::new(seed);
        draw(&inputs).into_iter().for_each(|told| victim.hears(told));
        facts.append(&mut victim.facts);
    }
    let count = |wanted: fn(&Fact) -> bool| facts.iter().filter(|fact| wanted(fact)).count();
    let counts = [
        ("leads", count(|it| matches!(it, Fact::RoleChanged { to: RoleName::Leader, .. }))),
        ("commits as leader", count(|it| matches!(it, Fact::Committed { .. }))),
        ("commits as follower", count(|it| matches!(it, Fact::CommitLearnt { .. }))),
        ("cuts its log", count(|it| matches!(it, Fact::ConflictRemoved { .. }))),
        ("installs a snapshot", count(|it| matches!(it, Fact::SnapshotInstalled { .. }))),
        ("sends a snapshot", count(|it| matches!(it, Fact::SnapshotSent { .. }))),
        ("uses a configuration", count(|it| matches!(it, Fact::ConfigurationInUse { .. }))),
        ("confirms a read", count(|it| matches!(it, Fact::ReadConfirmed { .. }))),
    ];
    assert!(counts.iter().all(|(_, count)| *count >= 5), "{counts:?}");
}

/// Of a machine that has heard from so many clients.
fn snapshot(clients: u64) -> Vec<u8> {
    let mut machine = kv::Machine::new();
    for client in 0..clients {
        let (key, value) = (format!("key-{}", client % 7).into(), format!("value {client}").into());
        let op = match client % 3 {
            0 => Op::Set { key, value },
            1 => Op::Append { key, value },
            _ => Op::Cas { key, expected: None, value },
        };
        let command = Command { client: ClientId::new(&format!("c{client}")), request: client, op };
        machine.apply(&command.encode());
    }
    machine.snapshot().to_vec()
}
