//! A person at the page, without the page: wishes go in, and the session is looked at.

use mini_raft_core::raft::NodeId;
use mini_raft_core::sim::{Command, Status};

use super::*;
use crate::model::{HintView, Motion, hint_view};
use crate::wish::{Operation, RequestWish};

/// One frame of sixty a second, in milliseconds.
const FRAME_MS: f64 = 1_000.0 / 60.0;

fn session() -> Session {
    Session::new(crate::model::SPEED_AT_FIRST)
}

/// Plays frames until `done`, for at most ten minutes of the reader's time.
fn play_until(session: &mut Session, what: &str, done: impl Fn(&Session) -> bool) {
    for _ in 0..36_000 {
        if done(session) {
            return;
        }
        session.advance(FRAME_MS, || false);
        session.place_flights();
    }
    panic!("waited in vain: {what}");
}

fn led() -> (Session, u32) {
    let mut session = session();
    play_until(&mut session, "a leader", |session| session.world().leader().is_some());
    let leader = session.world().leader().expect("there is one").0;
    (session, leader)
}

#[test]
fn time_passes_at_the_speed_that_was_chosen() {
    let mut session = session();
    let before = session.world().now();
    session.grant(Wish::Speed(0.5));
    for _ in 0..60 {
        session.advance(FRAME_MS, || false);
    }
    let passed = (session.world().now() - before).as_millis_f64();
    assert!((passed - 500.0).abs() < 1.0, "{passed} ms");
}

/// Out of time, the session does a part, and the rest is not made up for.
#[test]
fn a_frame_ends_when_its_time_is_up() {
    let mut session = session();
    session.grant(Wish::Speed(10.0));
    let before = session.world().now();
    session.advance(100.0, || true);
    assert_eq!(session.world().now() - before, SLICE);
}

#[test]
fn a_crashed_leader_is_replaced_and_the_hint_follows() {
    let (mut session, leader) = led();
    assert_eq!(hint_view(&session), HintView::Crash);
    session.grant(Wish::Act(Act::Crash(leader)));
    assert_eq!(hint_view(&session), HintView::LeaderFell);
    let machine = session.world().machine(NodeId(leader)).expect("it exists");
    assert_eq!(machine.status(), Status::Crashed);
    play_until(&mut session, "another leader", |session| {
        session.world().leader().is_some_and(|other| other.0 != leader)
    });
}

#[test]
fn a_refused_act_says_why_and_the_next_one_forgets_it() {
    let (mut session, leader) = led();
    session.grant(Wish::Act(Act::Restart(leader)));
    assert!(session.refusal().is_some());
    session.grant(Wish::Act(Act::HealAll));
    assert_eq!(session.refusal(), None);
}

/// A letter may take several bytes, and those are what a scenario limits.
#[test]
fn a_request_that_no_scenario_could_hold_is_refused() {
    let (mut session, _) = led();
    let request = |key: &str| {
        Wish::Act(Act::Request(RequestWish {
            operation: Operation::Set,
            key: key.to_owned(),
            value: "v".to_owned(),
            expected: String::new(),
            to: None,
        }))
    };
    session.grant(request(&"ж".repeat(32)));
    assert_eq!(session.refusal(), None);
    session.grant(request(&"ж".repeat(33)));
    assert_eq!(session.refusal(), Some("the key is 66 bytes long, and at most 64 are allowed"));
}

#[test]
fn time_stands_while_a_message_is_looked_at() {
    let (mut session, _) = led();
    let id = session.world().flights().next().expect("a leader sends at once").id;
    session.grant(Wish::Select(Selection::Message(id)));
    assert!(!session.playing());
    session.grant(Wish::Select(Selection::Nothing));
    assert!(session.playing());

    session.grant(Wish::Pause);
    session.grant(Wish::SelectMessage(Turn::Next));
    assert!(matches!(session.selection(), Selection::Message(_)));
    session.grant(Wish::Select(Selection::Nothing));
    assert!(!session.playing(), "it stood before");
}

/// A letter acts on what is selected when its turn comes, so that none is lost however fast they are typed.
#[test]
fn a_letter_acts_on_what_was_selected_just_before() {
    let (mut session, leader) = led();
    let status =
        |session: &Session, node| session.world().machine(NodeId(node)).map(|machine| machine.status());
    let letter = |key, focused| Wish::Letter { key, focused };
    let (one, two) = ((leader + 1) % 5, (leader + 2) % 5);
    session.grant(Wish::Select(Selection::Node(one)));
    session.grant(letter('C', None));
    assert_eq!(status(&session, one), Some(Status::Crashed));
    session.grant(Wish::Select(Selection::Nothing));
    session.grant(letter('R', None));
    assert_eq!(status(&session, one), Some(Status::Crashed), "nothing is selected");
    session.grant(letter('R', Some(one)));
    assert_eq!(status(&session, one), Some(Status::Running), "it has the focus");
    session.grant(Wish::Select(Selection::Node(one)));
    session.grant(letter('P', Some(two)));
    assert_eq!(status(&session, two), Some(Status::Paused), "the focus comes first");
    session.grant(letter('R', Some(two)));
    assert_eq!(session.refusal(), None, "what makes no sense now is not tried");
}

#[test]
fn messages_are_dropped_one_after_the_other_by_their_letter() {
    let (mut session, _) = led();
    session.grant(Wish::Pause);
    let count = |session: &Session| session.world().flights().filter(|flight| !flight.waiting).count();
    let before = count(&session);
    assert!(before > 1);
    session.grant(Wish::SelectMessage(Turn::Next));
    session.grant(Wish::Letter { key: 'H', focused: None });
    assert_eq!(session.world().flights().filter(|flight| flight.held()).count(), 1);
    session.grant(Wish::Letter { key: 'U', focused: None });
    let mut dropped = 0;
    while let Selection::Message(id) = session.selection() {
        session.grant(Wish::Letter { key: 'D', focused: None });
        assert!(session.world().flight(id).is_none());
        dropped += 1;
    }
    assert!(dropped >= before && count(&session) == 0);
    assert!(!session.playing());
}

#[test]
fn a_message_dropped_by_hand_falls_where_it_was_and_is_forgotten() {
    let (mut session, _) = led();
    let id = session.world().flights().next().expect("a leader sends at once").id;
    session.place_flights();
    let place = |session: &Session| session.placed().iter().copied().find(|flight| flight.id == id);
    let before = place(&session).expect("it is placed");
    session.grant(Wish::Act(Act::Drop(id)));
    session.place_flights();
    let after = place(&session).expect("it falls");
    assert_eq!((after.x, after.y, after.motion), (before.x, before.y, Motion::Lost));
    assert!(session.face(id).is_some());
    session.forget_losses(0.0);
    assert!(session.shows_losses());
    session.forget_losses(10_000.0);
    assert!(!session.shows_losses());
}

#[test]
fn steps_back_are_undone_by_steps_forward() {
    let (mut session, _) = led();
    session.grant(Wish::Pause);
    session.grant(Wish::StepForward);
    let (moment, count) = (session.world().now(), session.events().len());
    for _ in 0..20 {
        session.grant(Wish::StepBack);
    }
    assert!(session.world().now() < moment && session.events().len() < count);
    for _ in 0..20 {
        session.grant(Wish::StepForward);
    }
    assert_eq!((session.world().now(), session.events().len()), (moment, count));
}

#[test]
fn isolating_a_node_cuts_all_its_links_and_rejoining_heals_them() {
    let (mut session, leader) = led();
    let cut = |session: &Session| session.world().network().links().filter(|(_, _, link)| link.cut).count();
    session.grant(Wish::Act(Act::Isolate(leader)));
    assert_eq!(cut(&session), 8);
    session.grant(Wish::Act(Act::Rejoin(leader)));
    assert_eq!(cut(&session), 0);
}

#[test]
fn a_scenario_starts_from_its_beginning_and_its_own_seed() {
    let (mut session, _) = led();
    session.grant(Wish::LoadScenario(1));
    assert_eq!(session.scenarios().1, 1);
    assert!(!session.scenarios().0[1].name.is_empty());
    assert!(session.world().leader().is_none() && session.playing());
    session.grant(Wish::Restart { seed: 7 });
    assert_eq!((session.seed(), session.world().setup().seed), (7, 7));
    session.grant(Wish::LoadScenario(usize::MAX));
    assert_eq!(session.scenarios().1, 1, "there is no such scenario");
}

/// A broken law stops the run at its moment, once.
#[test]
fn a_violation_stops_the_run() {
    let mut session = session();
    let without = session.plays.iter().position(|play| !play.setup.without.is_empty());
    session.grant(Wish::LoadScenario(without.expect("the library leaves out a rule")));
    session.grant(Wish::Speed(10.0));
    play_until(&mut session, "a violation", |session| !session.playing());
    let last = session.events().back().expect("something happened");
    assert!(!session.checks().violations().is_empty());
    assert_eq!(last.at, session.world().now());
    session.grant(Wish::Play);
    let stood_at = session.world().now();
    session.advance(FRAME_MS, || false);
    assert!(session.world().now() > stood_at, "it goes on when asked to");
}

/// The ring makes room for a server that joins, at the moment it does.
#[test]
fn a_server_that_joins_gets_a_place_of_its_own() {
    let mut session = session();
    let joins = |play: &Scenario| {
        let changes = play.steps.iter().any(|step| matches!(step.command, Command::Members { .. }));
        play.setup.nodes == 3 && changes
    };
    let place = session.plays.iter().position(joins).expect("a scenario in which a server joins");
    session.grant(Wish::LoadScenario(place));
    session.grant(Wish::Speed(10.0));
    assert_eq!(session.geometry().nodes, 3);
    play_until(&mut session, "a fourth server", |session| session.world().machines().len() == 4);
    assert_eq!(session.geometry().nodes, 4);
    assert_ne!(session.geometry().node(3), session.geometry().node(0));
}
