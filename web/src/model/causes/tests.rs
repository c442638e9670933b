//! Why things happened, in real runs.

use mini_raft_core::kv::ClientId;
use mini_raft_core::sim::{ClientSetup, Mix, Setup};
use mini_raft_core::time::Micros;

use super::*;
use crate::model::sample::Sample;
use crate::text;

fn find(sample: &Sample, is_it: impl Fn(&EventKind) -> bool) -> &Event {
    sample.events.iter().rev().find(|event| is_it(&event.kind)).expect("it has happened")
}

fn other_than(leader: NodeId, step: u32) -> NodeId {
    NodeId((leader.0 + step) % 5)
}

/// From the crown back to the clock: votes, the request for them, pre-votes, the election timeout.
#[test]
fn an_election_goes_back_to_a_timer() {
    let (sample, leader) = Sample::with_leader();
    let won =
        find(&sample, |kind| matches!(kind, EventKind::Fact(Fact::RoleChanged { to: RoleName::Leader, .. })));
    let chain = chain(sample.past(), won);
    assert_eq!(chain.root, Root::Timer);
    let facts: Vec<String> = chain
        .events
        .iter()
        .filter(|event| matches!(event.kind, EventKind::Fact(_)))
        .map(|event| text::why::brief(event))
        .collect();
    let parts = [
        "becomes the leader of term 1",
        "counts the vote",
        "votes for",
        "becomes a candidate in term 1",
        "counts the pre-vote",
        "would vote for",
        "becomes a pre-candidate",
        "has heard from no leader",
    ];
    for (fact, part) in facts.iter().zip(parts) {
        assert!(fact.contains(part), "{part}: {facts:?}");
    }
    assert_eq!(facts.len(), parts.len(), "{facts:?}");
    let first = chain.events.last().expect("it has a beginning");
    assert_eq!(first.node, Some(leader));
}

/// A leader rests on each vote that made its majority, and through them on the nodes that gave them.
#[test]
fn a_majority_rests_on_each_of_its_answers() {
    let (sample, leader) = Sample::with_leader();
    let won =
        find(&sample, |kind| matches!(kind, EventKind::Fact(Fact::RoleChanged { to: RoleName::Leader, .. })));
    let counted = |event: &&&Event| matches!(event.kind, EventKind::Fact(Fact::VoteCounted { .. }));
    let grounds = grounds(sample.past(), won);
    assert_eq!(grounds.iter().filter(counted).count(), 3, "three votes: {grounds:?}");
    let view = causes_view(sample.past(), won.seq);
    assert!(view.nodes.len() >= 3 && view.nodes.contains(&leader.0), "{view:?}");
    assert!(!view.is_cut_off);
    let voters: Vec<u32> =
        view.ways.iter().filter(|(_, to)| *to == leader.0).map(|(from, _)| *from).collect();
    assert!(voters.len() >= 2, "{view:?}");
    assert_eq!(view.mark(won.seq), Some("self"));
    assert!(view.events.iter().all(|event| *event < won.seq && view.mark(*event) == Some("cause")));
    assert_eq!(view.mark(won.seq + 1), None);
}

/// An applied entry goes back to the client that wanted it, by way of the disks of a majority.
#[test]
fn an_applied_entry_goes_back_to_a_client() {
    let (mut sample, leader) = Sample::with_leader();
    sample.set("city", "Oslo");
    sample.run_for(300);
    let follower = other_than(leader, 1);
    let applied = sample
        .events
        .iter()
        .rev()
        .find(|event| event.node == Some(follower) && matches!(event.kind, EventKind::Apply { .. }))
        .expect("it is applied");
    let chain = chain(sample.past(), applied);
    assert!(matches!(chain.root, Root::Client | Root::Person), "{:?} {:?}", chain.root, chain.events.last());
    let has = |is_it: fn(&EventKind) -> bool| chain.events.iter().any(|event| is_it(&event.kind));
    assert!(has(|kind| matches!(kind, EventKind::Fact(Fact::CommitLearnt { .. }))));
    let committed = find(&sample, |kind| matches!(kind, EventKind::Fact(Fact::Committed { .. })));
    let view = causes_view(sample.past(), committed.seq);
    let is_lit = |is_it: fn(&EventKind) -> bool| {
        view.events.iter().any(|seq| sample.past().event(*seq).is_some_and(|event| is_it(&event.kind)))
    };
    assert!(is_lit(|kind| matches!(kind, EventKind::Invoke { .. })));
    let syncs = view.events.iter().filter_map(|seq| sample.past().event(*seq));
    let syncs = syncs.filter(|event| matches!(event.kind, EventKind::Sync { .. })).count();
    assert!(syncs >= 3, "a majority has it on disk: {syncs}");
}

/// Effects are the causes read the other way round.
#[test]
fn what_an_event_led_to_names_it_as_its_cause() {
    let (mut sample, _) = Sample::with_leader();
    sample.set("city", "Oslo");
    sample.run_for(100);
    let mut seen = 0;
    for event in &sample.events {
        for effect in effects(sample.past(), event, 100) {
            seen += 1;
            let causes = grounds(sample.past(), effect);
            assert!(causes.iter().any(|cause| cause.seq == event.seq), "{event:?} {effect:?}");
            assert!(effect.seq > event.seq);
        }
    }
    assert!(seen > 100, "{seen}");
}

/// A message that a cut link lost rests on its sending and on the cut, and the cut led to it.
#[test]
fn a_lost_message_blames_what_cut_its_link() {
    let (mut sample, leader) = Sample::with_leader();
    let other = other_than(leader, 1);
    sample.command(Command::Cut { from: Target::Node(leader), to: Target::Node(other), both: false });
    sample.run_for(200);
    let lost = find(&sample, |kind| matches!(kind, EventKind::Drop { why: DropReason::Cut, .. }));
    let kinds: Vec<&EventKind> = grounds(sample.past(), lost).iter().map(|event| &event.kind).collect();
    assert!(matches!(kinds[..], [EventKind::Send { .. }, EventKind::Fault(_)]), "{kinds:?}");
    let cut = find(&sample, |kind| matches!(kind, EventKind::Fault(Command::Cut { .. })));
    assert!(effects(sample.past(), cut, 100).iter().any(|effect| effect.seq == lost.seq));
    assert_eq!(cut_of(sample.past(), leader, other).map(|event| event.seq), Some(cut.seq));
    assert_eq!(cut_of(sample.past(), other, leader), None);
}

/// A message that finds its receiver down blames the crash.
#[test]
fn a_message_to_a_crashed_node_blames_the_crash() {
    let (mut sample, leader) = Sample::with_leader();
    let other = other_than(leader, 2);
    sample.command(Command::Crash { node: Target::Node(other) });
    sample.run_for(200);
    let lost = find(&sample, |kind| matches!(kind, EventKind::Drop { why: DropReason::Down, .. }));
    let crash = find(&sample, |kind| matches!(kind, EventKind::Crash { .. }));
    assert!(grounds(sample.past(), lost).iter().any(|ground| ground.seq == crash.seq));
}

/// Where the past is forgotten the chain says so, and names the event that it would go on with.
#[test]
fn a_chain_ends_where_the_past_is_forgotten() {
    let (mut sample, _) = Sample::with_leader();
    sample.run_for(500);
    let kept = sample.events.split_off(sample.events.len() - 40);
    sample.events = kept;
    sample.chronicle = Default::default();
    let cut_off = sample.events.iter().find(|event| event.cause.is_some()).expect("most have a cause");
    let chain = chain(sample.past(), cut_off);
    assert_eq!(chain.root, Root::Forgotten(cut_off.cause.expect("it has one")));
    assert!(causes_view(sample.past(), cut_off.seq).is_cut_off);
    assert_eq!(causes_view(sample.past(), 0), CausesView::default());
}

/// In busy worlds with losses: every chain ends, its numbers go down, and what is lit up is bounded.
#[test]
fn every_chain_goes_back_in_time_and_ends() {
    for seed in 0..6 {
        let mut setup = Setup { seed, ..Setup::default() };
        setup.network.loss = 0.05;
        setup.clients.push(ClientSetup {
            id: ClientId::new("c1"),
            every: Micros::from_millis(40),
            mix: Mix::default(),
            keys: 3,
        });
        let mut sample = Sample::new(setup);
        sample.run_for(1_500);
        for event in sample.events.iter().step_by(17) {
            let chain = chain(sample.past(), event);
            assert!(chain.events.windows(2).all(|pair| pair[1].seq < pair[0].seq), "seed {seed}: {chain:?}");
            assert!(!matches!(chain.root, Root::Forgotten(_)), "seed {seed}: all is remembered: {event:?}");
            assert!(causes_view(sample.past(), event.seq).events.len() < EVENTS_MAX);
        }
    }
}
