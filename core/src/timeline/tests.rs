//! Moments of a run, reached this way and that.

use super::*;
use crate::kv::ClientId;
use crate::rng::Rng;
use crate::sim::{ClientSetup, EventKind, Mix, Target};

fn timeline(events: &mut Vec<Event>) -> Timeline {
    busy_until_a_crash(2_000, events)
}

/// A run with a busy client, whose leader crashes after so many milliseconds.
pub(super) fn busy_until_a_crash(millis: u64, events: &mut Vec<Event>) -> Timeline {
    let mut setup = Setup::default();
    setup.clients.push(ClientSetup {
        id: ClientId::new("c1"),
        every: Micros::from_millis(50),
        mix: Mix::default(),
        keys: 3,
    });
    Timeline::new(setup, vec![(ms(millis), Command::Crash { node: Target::Leader })], events)
}

pub(super) fn ms(millis: u64) -> Micros {
    Micros::from_millis(millis)
}

/// What can be seen of a moment: the time, the events so far, every log and every message under way.
fn view(timeline: &Timeline) -> String {
    let world = timeline.present().world();
    let nodes = world.machines().iter().map(|machine| machine.node().map(|it| (it.role(), it.log().last())));
    let flights = world.flights().map(|flight| (flight.id, flight.arrives_at));
    format!(
        "{} {} {:?} {:?}",
        world.now(),
        timeline.event_count(),
        nodes.collect::<Vec<_>>(),
        flights.collect::<Vec<_>>()
    )
}

/// However a moment is reached, it is the same, and each event is handed out once.
#[test]
fn any_moment_from_any_other() {
    let mut events = Vec::new();
    let mut forward = timeline(&mut events);
    let mut views = Vec::new();
    for second in 0..20 {
        forward.seek(ms(second * 500 + 123), &mut events);
        views.push(view(&forward));
    }
    let mut rng = Rng::new(1);
    let mut again = Vec::new();
    let mut jumping = timeline(&mut again);
    for _ in 0..100 {
        let place = rng.below(20);
        jumping.seek(ms(place * 500 + 123), &mut again);
        assert_eq!(view(&jumping), views[place as usize]);
    }
    jumping.seek(ms(19 * 500 + 123), &mut again);
    assert!(again == events, "each once, in order, though parts were played many times");
    assert_eq!(jumping.end(), ms(19 * 500 + 123));
}

/// Steps back lead through the same moments as the steps that led there, to the start.
#[test]
fn steps_back_undo_steps() {
    let mut events = Vec::new();
    let mut timeline = timeline(&mut events);
    let mut counts = vec![timeline.event_count()];
    while timeline.event_count() < 1_500 {
        assert!(timeline.step_forward(&mut events));
        counts.push(timeline.event_count());
    }
    let end = view(&timeline);
    let known = events.len();
    while let Some(count) = counts.pop() {
        assert_eq!(timeline.event_count(), count);
        assert_eq!(timeline.step_back(), !counts.is_empty());
    }
    assert_eq!(timeline.present().items(), 0);
    while timeline.event_count() < known as u64 {
        assert!(timeline.step_forward(&mut events));
    }
    assert_eq!((view(&timeline), events.len()), (end, known));
}

/// A person's action is part of the run: going back before it and on again plays it again.
#[test]
fn actions_are_replayed() {
    let mut events = Vec::new();
    let mut timeline = timeline(&mut events);
    timeline.seek(ms(1_000), &mut events);
    timeline.command(Command::Pause { node: Target::Leader }, &mut events).expect("there is a leader");
    timeline.seek(ms(4_000), &mut events);
    let end = view(&timeline);
    for t in [0, 900, 1_100, 3_000] {
        timeline.seek(ms(t), &mut events);
        timeline.seek(ms(4_000), &mut events);
        assert_eq!(view(&timeline), end);
    }
}

/// What was done makes the same run again, wherever one stands when it is read.
#[test]
fn a_journal_makes_the_same_run_again() {
    let mut events = Vec::new();
    let mut first = timeline(&mut events);
    first.seek(ms(1_000), &mut events);
    first.command(Command::Pause { node: Target::Leader }, &mut events).expect("there is a leader");
    first.seek(ms(4_000), &mut events);
    let (end, journal) = (view(&first), first.journal().to_vec());
    first.seek(ms(500), &mut events);
    assert_eq!(first.journal(), journal);
    let setup = first.present().world().setup().clone();
    let mut again = Timeline::new(setup, journal, &mut Vec::new());
    again.seek(ms(4_000), &mut Vec::new());
    assert_eq!(view(&again), end);
}

/// An action after going back begins another future: of the old one only the scenario's steps are left.
#[test]
fn an_action_in_the_past_cuts_the_future() {
    let mut events = Vec::new();
    let mut timeline = timeline(&mut events);
    timeline.seek(ms(1_000), &mut events);
    timeline.command(Command::Pause { node: Target::Leader }, &mut events).expect("there is a leader");
    timeline.seek(ms(4_000), &mut events);
    timeline.seek(ms(800), &mut events);
    assert!(!timeline.is_at_end());
    let known = timeline.event_count();
    assert!(timeline.command(Command::Crash { node: Target::Candidate }, &mut events).is_err());
    assert!(!timeline.is_at_end(), "what is refused cuts nothing");
    events.truncate(known as usize);
    timeline.command(Command::Snapshot { node: Target::Leader }, &mut events).expect("there is a leader");
    assert!(timeline.is_at_end());
    timeline.seek(ms(4_000), &mut events);
    assert!(events.iter().enumerate().all(|(place, event)| event.seq == place as u64));
    let happened = |wanted: &dyn Fn(&EventKind) -> bool| events.iter().any(|event| wanted(&event.kind));
    assert!(!happened(&|kind| matches!(kind, EventKind::Pause)), "it never happened");
    assert!(happened(&|kind| matches!(kind, EventKind::Crash { .. })), "the scenario goes on");
}

/// Checkpoints lie close together near the end and further apart before, and are never many.
#[test]
fn checkpoints_are_bounded() {
    let mut events = Vec::new();
    let mut timeline = timeline(&mut events);
    timeline.old_interval = INTERVAL_EVENTS;
    for second in 1..=1_000 {
        timeline.seek(ms(second * 1_000), &mut events);
        events.clear();
        assert!(timeline.checkpoints() <= OLD_MAX + RECENT_MAX);
    }
    let gaps: Vec<u64> = timeline
        .old
        .windows(2)
        .map(|pair| pair[1].world().event_count() - pair[0].world().event_count())
        .collect();
    assert_eq!(timeline.old_interval, 2 * INTERVAL_EVENTS, "they became too many once");
    assert!(gaps.iter().all(|gap| *gap >= INTERVAL_EVENTS && *gap < 2 * timeline.old_interval));
}

/// Events that were handed out long ago are the same when they are asked for again, and those after them follow.
#[test]
fn what_was_forgotten_is_recalled() {
    let mut events = Vec::new();
    let mut timeline = timeline(&mut events);
    timeline.seek(ms(20_000), &mut events);
    let mut rng = Rng::new(7);
    for _ in 0..40 {
        timeline.seek(ms(rng.below(20_000)), &mut Vec::new());
        let count = timeline.event_count();
        let first = count.saturating_sub(rng.below(6_000));
        let mut again = Vec::new();
        timeline.recall(first, &mut again);
        assert!(again == events[first as usize..count as usize]);
        timeline.seek(timeline.present().now() + ms(300), &mut again);
        let known = (timeline.event_count() as usize).min(events.len());
        assert!(again[..known - first as usize] == events[first as usize..known]);
    }
}
