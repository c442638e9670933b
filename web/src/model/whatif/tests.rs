//! Who could win, and what a crash would lose, in real worlds.

use mini_raft_core::raft::{EntryId, Index, NodeId, RoleName, VoteRefusal};
use mini_raft_core::rng::Rng;
use mini_raft_core::run::Run;
use mini_raft_core::sim::command::MessageFilter;
use mini_raft_core::sim::{Command, Setup, Target};
use mini_raft_core::time::Micros;

use super::ballot::{Ballot, Vote};
use super::crash::CrashLoss;
use super::*;
use crate::model::sample::Sample;

fn ballot_of(world: &World, node: NodeId) -> Ballot {
    ballot(world, world.machine(node).expect("there is one"))
}

fn other_than(leader: NodeId, step: u32) -> NodeId {
    NodeId((leader.0 + step) % 5)
}

fn isolate(sample: &mut Sample, node: NodeId) {
    for other in (0..5).map(NodeId).filter(|other| *other != node) {
        sample.command(Command::Cut { from: Target::Node(node), to: Target::Node(other), both: true });
    }
}

#[test]
fn in_a_healthy_cluster_each_could_win_and_one_leads() {
    let (sample, leader) = Sample::with_leader();
    for node in (0..5).map(NodeId) {
        let ballot = ballot_of(sample.world(), node);
        assert!(ballot.could_win, "{ballot:?}");
        assert_eq!(ballot.standing == Standing::Leads, node == leader);
    }
    let before = format!("{:?}", sample.world());
    what_if_view(sample.world(), Overlays { elections: true, entries: true, crashes: true });
    assert_eq!(format!("{:?}", sample.world()), before, "to be asked changes nothing");
}

/// A node whose log is behind is refused by each node that has more, with both ends of the logs.
#[test]
fn a_node_that_is_behind_could_not_win() {
    let (mut sample, leader) = Sample::with_leader();
    let behind = other_than(leader, 1);
    isolate(&mut sample, behind);
    sample.set("city", "Oslo");
    sample.run_for(100);
    assert!(ballot_of(sample.world(), behind).votes.contains(&(leader, Vote::Unreachable)));
    sample.command(Command::Heal { link: None });
    let ballot = ballot_of(sample.world(), behind);
    assert!(!ballot.could_win);
    let refused = VoteRefusal::LogNotUpToDate { ours: EntryId::new(1, 2), theirs: EntryId::new(1, 1) };
    assert_eq!(ballot.votes.iter().filter(|(_, vote)| *vote == Vote::Refused(refused)).count(), 4);
    sample.run_for(300);
    assert!(ballot_of(sample.world(), behind).could_win, "it has caught up");
}

#[test]
fn who_is_down_paused_or_without_a_vote_could_not_win() {
    let (mut sample, leader) = Sample::with_leader();
    let [down, paused] = [1, 2].map(|step| other_than(leader, step));
    let learner = NodeId(5);
    let learners = vec![Target::Node(learner)];
    sample.command(Command::Members { add: vec![], remove: vec![], learners });
    sample.run_for(500);
    sample.command(Command::Crash { node: Target::Node(down) });
    sample.command(Command::Pause { node: Target::Node(paused) });
    let standing = |sample: &Sample, node| ballot_of(sample.world(), node).standing;
    assert_eq!(standing(&sample, down), Standing::Down);
    assert_eq!(standing(&sample, paused), Standing::Paused);
    assert_eq!(standing(&sample, learner), Standing::NoVoter);
    let last = other_than(leader, 3);
    assert!(ballot_of(sample.world(), last).could_win, "three of five are left");
    sample.command(Command::Crash { node: Target::Node(leader) });
    let ballot = ballot_of(sample.world(), last);
    assert_eq!((ballot.needed, ballot.could_win), (3, false), "two are left: {ballot:?}");
}

#[test]
fn a_node_that_lost_its_disk_neither_stands_nor_votes() {
    let (mut sample, leader) = Sample::with_leader();
    sample.set("city", "Oslo");
    sample.run_for(200);
    let lost = other_than(leader, 1);
    sample.command(Command::Crash { node: Target::Node(lost) });
    sample.command(Command::Wipe { node: Target::Node(lost) });
    sample.command(Command::Restart { node: Target::Node(lost) });
    sample.run_for(200);
    assert_eq!(ballot_of(sample.world(), lost).standing, Standing::LostDisk);
    let other = ballot_of(sample.world(), other_than(leader, 2));
    assert!(other.votes.contains(&(lost, Vote::Refused(VoteRefusal::LostDisk))), "{other:?}");
}

/// In worlds that are broken at random and then left alone: a leader comes if some node could win, and only then; and the
/// first one is a node that could.
#[test]
fn who_could_win_is_who_wins() {
    let (mut elected, mut hopeless) = (0, 0);
    for seed in 0..150 {
        let mut rng = Rng::new(seed);
        let mut sample = Sample::new(Setup { seed, ..Setup::default() });
        sample.run_until(|world| world.leader().is_some());
        for _ in 0..rng.below(4) {
            let (one, other) = (NodeId(rng.below(5) as u32), NodeId(rng.below(5) as u32));
            if one != other {
                let (from, to) = (Target::Node(one), Target::Node(other));
                sample.command(Command::Cut { from, to, both: rng.chance(0.5) });
            }
            if sample.world().leader().is_some() {
                sample.set("city", "Oslo");
            }
            sample.run_for(rng.below(60));
        }
        // Who led is gone, and what was under way is lost.
        let leader = sample.world().leader();
        for node in (0..5).map(NodeId) {
            let is_up = sample.world().machine(node).is_some_and(|machine| machine.node().is_some());
            if is_up && (Some(node) == leader || rng.chance(0.2)) {
                sample.command(Command::Crash { node: Target::Node(node) });
            }
        }
        let all = MessageFilter { kind: None, from: None, to: None, count: 1, id: None };
        let under_way: Vec<u64> = sample.world().flights().map(|flight| flight.id).collect();
        for id in under_way {
            sample.command(Command::Drop(MessageFilter { id: Some(id), ..all.clone() }));
        }
        // What was on its way to a disk is there, and nothing else has happened.
        if sample.world().leader().is_some()
            || sample.world().machines().iter().any(|machine| {
                machine.node().is_some_and(|node| node.role() == RoleName::Candidate || node.waits_for_disk())
            })
        {
            continue;
        }
        let could: Vec<NodeId> =
            (0..5).map(NodeId).filter(|node| ballot_of(sample.world(), *node).could_win).collect();
        for _ in 0..20_000 {
            sample.step();
            if sample.world().leader().is_some() || sample.world().now() > Micros::from_millis(60_000) {
                break;
            }
        }
        match sample.world().leader() {
            Some(leader) => {
                elected += 1;
                assert!(could.contains(&leader), "seed {seed}: {leader} was elected, {could:?} could be");
            }
            None => {
                hopeless += 1;
                assert!(could.is_empty(), "seed {seed}: {could:?} could win, and nobody did");
            }
        }
    }
    assert!(elected > 30 && hopeless > 5, "{elected} {hopeless}");
}

/// What is said to be lost is lost, and what is not is not: term, vote and log after a crash are what was foretold.
#[test]
fn a_crash_loses_what_was_foretold() {
    let mut losses = 0;
    for seed in 0..60 {
        let mut events = Vec::new();
        let mut run = Run::new(Setup { seed, ..Setup::default() }, Vec::new(), &mut events);
        let mut rng = Rng::new(seed);
        run.run_until(Micros::from_millis(150 + rng.below(400)), &mut events);
        for _ in 0..40 {
            for _ in 0..rng.below(4) {
                run.step(&mut events);
            }
            if rng.chance(0.2) && run.world().leader().is_some() {
                let op = mini_raft_core::kv::Op::Set { key: "city".into(), value: "Oslo".into() };
                let client = mini_raft_core::kv::ClientId::new("c1");
                let _ = run.command(Command::Request { client, op, to: Target::Leader }, &mut events);
            }
            for node in (0..5).map(NodeId) {
                let machine = run.world().machine(node).expect("there is one");
                let before = machine.node().expect("it runs");
                let loss = crash_loss(machine);
                losses += usize::from(!loss.is_empty());
                let mut crashed = run.clone();
                crashed.command(Command::Crash { node: Target::Node(node) }, &mut events).expect("it runs");
                // What remains of the moment may be a sync, which comes first.
                let at_once = run.next_at() != Some(run.now());
                let after = crashed.world().machine(node).expect("it is there").disk();
                let kept = match loss.entries {
                    Some((first, _)) => first.prev(),
                    None => before.log().last().index,
                };
                if at_once && loss.returns.is_none() {
                    assert_eq!(after.log().last().index, kept, "seed {seed}: {loss:?}");
                    let (term, vote) = (after.hard_state().current_term, after.hard_state().voted_for);
                    let same = (term, vote) == (before.current_term(), before.voted_for());
                    assert_eq!(same, loss.vote.is_none() && loss.term.is_none(), "seed {seed}: {loss:?}");
                }
            }
        }
    }
    assert!(losses > 100, "{losses}");
}

#[test]
fn a_crashed_node_has_nothing_more_to_lose() {
    let (mut sample, leader) = Sample::with_leader();
    sample.set("city", "Oslo");
    sample.run_until(|world| {
        world.machine(leader).and_then(|machine| machine.node()).is_some_and(|node| node.waits_for_disk())
    });
    let loss = crash_loss(sample.world().machine(leader).expect("it leads"));
    assert_eq!(loss, CrashLoss { entries: Some((Index(2), Index(2))), ..CrashLoss::default() });
    sample.command(Command::Crash { node: Target::Node(leader) });
    assert!(crash_loss(sample.world().machine(leader).expect("it led")).is_empty());
}

/// The choice is kept as the letters of what is shown.
#[test]
fn overlays_are_remembered_by_their_letters() {
    let all = Overlay::ALL.into_iter().fold(Overlays::default(), Overlays::toggled);
    assert_eq!((all.letters().as_str(), Overlays::default().letters().as_str()), ("VFX", ""));
    for letters in ["", "V", "FX", "VX"] {
        assert_eq!(Overlays::of_letters(letters).letters(), letters);
    }
    assert_eq!(Overlays::of_letters("Q"), Overlays::default());
    assert!(all.toggled(Overlay::Entries).letters() == "VX");
}
