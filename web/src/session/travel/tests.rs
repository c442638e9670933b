//! A person who goes back, acts there, returns, and undoes.

use mini_raft_core::sim::EventKind;

use super::*;
use crate::model::Strip;
use crate::wish::{Act, EventFilter, EventsAbout, Wish};

fn ms(millis: u64) -> Micros {
    Micros::from_millis(millis)
}

fn at(millis: u64) -> Wish {
    Wish::Seek { at_us: ms(millis).0 }
}

/// A session that has come so far, and stands.
fn played(millis: u64) -> Session {
    let mut session = Session::new(1.0);
    session.go_to(ms(millis));
    session.set_playing(false);
    session
}

fn leader(session: &Session) -> u32 {
    session.world().leader().expect("there is a leader").0
}

/// What is shown, but for what depends on how much is remembered: the world, and the latest of what happened.
fn shown(session: &Session) -> (Micros, u64, Vec<Event>, Vec<Event>) {
    let latest = session.events().iter().rev().take(200).cloned().collect();
    let milestones = session.chronicle().milestones().rev().take(5).cloned().collect();
    (session.now(), session.event_count, latest, milestones)
}

/// The summary of the present branch as it would be if the run had been watched from its start to its end.
fn summary(session: &Session) -> Strip {
    let mut timeline = session.branches.timeline().clone();
    let mut events = Vec::new();
    timeline.seek(timeline.end(), &mut events);
    events.clear();
    timeline.recall(0, &mut events);
    let mut strip = Strip::default();
    events.iter().for_each(|event| strip.observe(event));
    strip
}

fn assert_painted(session: &Session, when: &str) {
    let painted = |strip: &Strip| {
        let commits: Vec<_> = strip.commits().collect();
        (strip.reigns().to_vec(), strip.marks().to_vec(), commits)
    };
    assert_eq!(painted(session.strip()), painted(&summary(session)), "{when}");
}

/// After a long way back the events before the present are there, as if one had just come by.
#[test]
fn the_past_is_remembered_wherever_one_goes() {
    let mut session = played(60_000);
    assert!(session.event_count > 10_000);
    for millis in [30_000, 5_000, 29_000, 59_000, 400, 30_100] {
        session.grant(at(millis));
        let fresh = played(millis);
        assert_eq!(shown(&session), shown(&fresh), "at {millis} ms");
        let lives = |session: &Session| {
            let all = session.chronicle().weave().lives(u64::MAX).copied();
            all.collect::<Vec<_>>()
        };
        assert_eq!(lives(&session), lives(&fresh), "at {millis} ms");
    }
    assert_painted(&session, "after going back and forth");
}

#[test]
fn a_drag_stops_at_the_end_of_what_is_known() {
    let mut session = played(2_000);
    session.grant(at(1_000));
    session.grant(at(9_000));
    assert_eq!(session.now(), ms(2_000));
    assert!(!session.playing());
}

/// The old future stays, and one wish returns to it.
#[test]
fn an_act_in_the_past_begins_a_branch() {
    let mut session = played(3_000);
    let old = shown(&session);
    session.grant(at(1_000));
    let fell = leader(&session);
    session.grant(Wish::Act(Act::Crash(fell)));
    assert_eq!(session.branches().others().count(), 1);
    session.go_to(ms(3_000));
    assert_painted(&session, "in the new branch");
    let new = shown(&session);
    assert!(session.strip().reigns().len() > 1, "another leader is elected");
    session.grant(Wish::SwitchBranch(0));
    assert_eq!(shown(&session), old);
    assert_painted(&session, "in the old branch");
    session.grant(Wish::SwitchBranch(1));
    assert_eq!(shown(&session), new);
    session.grant(Wish::NameBranch { branch: 0, name: "  calm  ".to_owned() });
    let (first, _) = session.branches().others().next().expect("the old one");
    assert_eq!(text::branches::name(first), "calm");
    assert!(text::branches::name(session.branches().current()).ends_with("crashes"));
    session.grant(Wish::DeleteBranch(0));
    assert_eq!(session.branches().others().count(), 0);
}

#[test]
fn what_was_done_is_undone_and_done_again() {
    let mut session = played(1_000);
    let before = shown(&session);
    let fell = leader(&session);
    session.grant(Wish::Act(Act::Isolate(fell)));
    session.grant(Wish::Act(Act::Crash(fell)));
    let after = shown(&session);
    session.grant(Wish::Undo);
    session.grant(Wish::Undo);
    assert_eq!(shown(&session), before);
    assert_painted(&session, "undone");
    session.grant(Wish::Undo);
    assert_eq!(session.refusal(), Some(text::branches::NOTHING_TO_UNDO));
    session.grant(Wish::Redo);
    session.grant(Wish::Redo);
    assert_eq!(shown(&session), after);
    assert_eq!(session.branches().others().count(), 0, "nothing is left of it");
    assert_painted(&session, "done again");
}

/// Whatever one does, the picture of the timeline is the one of what happened.
#[test]
fn the_summary_is_true_wherever_one_goes_and_whatever_one_does() {
    for seed in 0..6 {
        let mut rng = mini_raft_core::rng::Rng::new(seed);
        let mut session = played(2_000);
        for turn in 0..40 {
            let node = rng.below(5) as u32;
            let branch = rng.below(6) as u32;
            match rng.below(9) {
                0..3 => session.grant(at(rng.below(6_000))),
                3 => session.go_to(session.now() + ms(rng.below(2_000))),
                4 => session.grant(Wish::Act(Act::Crash(node))),
                5 => session.grant(Wish::Act(Act::Restart(node))),
                6 => session.grant(Wish::Undo),
                7 => session.grant(Wish::Redo),
                _ => session.grant(Wish::SwitchBranch(branch)),
            }
            assert_painted(&session, &format!("seed {seed}, turn {turn}"));
        }
    }
}

/// One goes from event to event of those that are listed, there and back.
#[test]
fn from_event_to_event_of_a_kind() {
    let mut session = played(1_000);
    let node = Some((leader(&session) + 1) % 5);
    session.grant(Wish::FilterEvents(EventFilter { node, about: EventsAbout::Messages }));
    let mut seen = Vec::new();
    for turn in [Turn::Next, Turn::Next, Turn::Next, Turn::Previous, Turn::Previous] {
        session.grant(Wish::StepEvent(turn));
        let event = session.selected_event().expect("one is selected");
        let event = session.past().event(event).expect("it is remembered").clone();
        assert!(is_listed(&event, session.event_filter()));
        assert_eq!(event.at, session.now());
        seen.push(event.seq);
    }
    assert!(seen[0] < seen[1] && seen[1] < seen[2]);
    assert_eq!((seen[3], seen[4]), (seen[1], seen[0]));
    session.grant(Wish::FilterEvents(EventFilter { node: None, about: EventsAbout::Elections }));
    session.grant(Wish::StepEvent(Turn::Previous));
    let event = session.selected_event().and_then(|event| session.past().event(event).cloned());
    assert!(matches!(
        event.expect("there was an election").kind,
        EventKind::Fact(_) | EventKind::Vote { .. }
    ));
    // A cluster at peace elects nobody.
    let stood_at = session.now();
    session.grant(Wish::StepEvent(Turn::Next));
    session.grant(Wish::StepEvent(Turn::Next));
    while session.refusal().is_none() {
        session.grant(Wish::StepEvent(Turn::Next));
    }
    assert!(session.now() >= stood_at && session.now() < ms(1_000));
}
