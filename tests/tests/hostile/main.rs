//! Whatever its peers and its driver tell a node: no panic, and nothing that is committed is taken back.
//!
//! Half of it fits the node's term and log as far as it can, which goes deeper than noise does; the last test says how
//! deep. `make fuzz` tries much more.

mod victim;

use mini_raft_core::raft::{Fact, RoleName};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use victim::{Told, Victim};

proptest! {
    /// A node that is told anything, in any order, goes on, and takes nothing back that is committed.
    #[test]
    fn a_node_lives_through_any_messages(
        seed: u64,
        inputs in proptest::collection::vec(victim::told(), 1..150),
    ) {
        let mut victim = Victim::new(seed);
        for told in inputs {
            victim.hears(told);
        }
    }
}

/// The node that lives through anything comes around: it leads, applies, cuts its log and installs snapshots.
#[test]
fn what_is_tried_goes_deep() {
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
