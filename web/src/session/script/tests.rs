//! What is saved of a run makes the same run, and what comes from outside is opened or refused by name.

use mini_raft_core::play::play;
use mini_raft_core::rng::Rng;
use mini_raft_core::sim::{Event, EventKind};

use super::*;
use crate::model::SPEED_AT_FIRST;
use crate::wish::{Act, NetworkWish, Operation, RequestWish, Wish};

fn session() -> Session {
    Session::new(SPEED_AT_FIRST)
}

fn saved(session: &Session) -> Scenario {
    scenario_of(&session.plays[session.chosen], session.branches.timeline())
}

/// An act that a person could think of.
fn some_act(session: &Session, rng: &mut Rng) -> Act {
    let nodes = session.world().machines().len() as u64;
    let node = rng.below(nodes) as u32;
    let other = (node + 1 + rng.below(nodes - 1) as u32) % nodes as u32;
    let message = session.world().flights().map(|flight| flight.id).nth(rng.below(6) as usize).unwrap_or(0);
    match rng.below(17) {
        0 => Act::Crash(node),
        1 | 2 => Act::Restart(node),
        3 => Act::Pause(node),
        4 => Act::Resume(node),
        5 => Act::TimeOut(node),
        6 => Act::TransferTo(node),
        7 => Act::TakeSnapshot(node),
        8 => Act::Isolate(node),
        9 => Act::HealAll,
        10 => Act::Cut { from: node, to: other },
        11 => Act::Drop(message),
        12 => Act::Hold(message),
        13 => Act::Release(message),
        14 => Act::Duplicate(message),
        15 => Act::Network(NetworkWish {
            link: rng.chance(0.5).then_some((node, other)),
            latency_ms: rng.chance(0.5).then_some((1.1, 33.3)),
            loss: Some(rng.below(1_000) as f64 / 3_333.0),
            duplicate: rng.chance(0.3).then_some(0.1),
        }),
        _ => Act::Request(RequestWish {
            operation: if rng.chance(0.5) { Operation::CompareAndSet } else { Operation::Append },
            key: "a \"key\"".to_owned(),
            value: "ä\n".to_owned(),
            expected: String::new(),
            to: rng.chance(0.5).then_some(node),
        }),
    }
}

/// The lines of a trace; a skipped step has another place in the scenario that was saved.
fn lines(scenario: &Scenario, events: impl Iterator<Item = Event>) -> Vec<String> {
    let mut out = String::new();
    let mut writer = TraceWriter::start(scenario, &mut out);
    for mut event in events {
        if let EventKind::Skipped { step, .. } = &mut event.kind {
            *step = 0;
        }
        writer.event(&event, &mut out);
    }
    out.lines().map(str::to_owned).collect()
}

/// A run of any scenario in which a person does whatever comes to mind, back and forth in time, is saved as a scenario
/// that, written and read, makes the same events in the same order.
#[test]
fn what_is_saved_replays_the_run_byte_for_byte() {
    for seed in 0..30 {
        let mut rng = Rng::new(seed);
        let mut session = session();
        let place = rng.below(session.plays.len() as u64) as usize;
        session.grant(Wish::LoadScenario(place));
        session.grant(Wish::Restart { seed: seed * 7 + 1 });
        session.grant(Wish::Speed(1.0));
        for _ in 0..40 {
            match rng.below(6) {
                0 => session.grant(Wish::StepForward),
                1 => session.grant(Wish::StepBack),
                2 => {
                    session.grant(Wish::Play);
                    session.advance(rng.below(200) as f64, || false);
                }
                _ => {
                    let act = some_act(&session, &mut rng);
                    session.grant(Wish::Act(act));
                }
            }
        }
        let end = session.branches.timeline().end();
        let read = Scenario::from_json(&saved(&session).to_file()).expect("what is saved can be opened");
        let mut replayed = Vec::new();
        let scenario = Scenario { until: end, ..read };
        play(&scenario, |event| replayed.push(event.clone()));
        let (mut events, mut timeline) = (Vec::new(), session.branches.timeline().clone());
        timeline.seek(end, &mut events);
        events.clear();
        timeline.recall(0, &mut events);
        assert!(replayed.len() > 100, "something happened");
        assert!(
            lines(&scenario, events.into_iter()) == lines(&scenario, replayed.into_iter()),
            "seed {seed}, {}",
            scenario.name
        );
    }
}

/// A link leads to the same moment of the same run, which stands there, whatever was done.
#[test]
fn a_link_leads_to_the_same_moment() {
    let mut session = session();
    session.grant(Wish::Speed(0.5));
    session.advance(2_000.0, || false);
    session.grant(Wish::Act(Act::Crash(1)));
    session.advance(500.0, || false);
    session.grant(Wish::Act(Act::Isolate(0)));
    session.grant(Wish::StepForward);
    session.grant(Wish::Share);
    let fragment = session.share().fragment.clone();
    assert!(fragment.len() < 400, "{} letters", fragment.len());

    let mut other = self::session();
    other.grant(Wish::Speed(0.5));
    other.grant(Wish::OpenLink(fragment.clone()));
    assert!(!other.playing() && other.is_opened());
    assert_eq!(other.world().now(), session.world().now());
    let view = |session: &Session| {
        let nodes = session
            .world()
            .machines()
            .iter()
            .map(|machine| (machine.status(), machine.node().map(|node| node.log().last())));
        format!("{:?}", nodes.collect::<Vec<_>>())
    };
    assert_eq!(view(&other), view(&session));
    assert!(other.notice().title.starts_with("Opened from a link: Five nodes"), "{:?}", other.notice());
    // Time may have passed within the moment; what is to come is the same.
    for session in [&mut session, &mut other] {
        session.grant(Wish::Play);
        session.advance(3_000.0, || false);
    }
    assert_eq!(other.branches.timeline().event_count(), session.branches.timeline().event_count());

    other.grant(Wish::OpenLink(fragment + "&embed=stage&play"));
    assert!(other.playing());
}

#[test]
fn a_bad_link_names_its_fault_and_the_first_scenario_opens() {
    for (link, expected) in [
        ("#s=2.abcd", "it does not begin with the version that this page reads, 1"),
        ("#s=1.abcd", "a part of it is missing or was changed"),
        ("#s=1.<b>", "a link has no letter \"<\""),
        ("#s=1.abcd&t=never", "t: expected whole microseconds"),
        ("#s=1.abcd&run=rm", "it has a part that this page does not know"),
        ("#s=", "it does not begin with the version"),
    ] {
        let mut session = session();
        session.grant(Wish::LoadScenario(3));
        session.grant(Wish::OpenLink(link.to_owned()));
        let notice = session.notice();
        assert_eq!((notice.tone, session.chosen), (Tone::Bad, 0));
        assert!(
            notice.title.starts_with(&format!("The link cannot be opened: {expected}")),
            "{}",
            notice.title
        );
        session.grant(Wish::DismissNotice);
        assert_eq!(session.notice().title, "");
    }
    let mut session = session();
    session.grant(Wish::LoadScenario(3));
    session.grant(Wish::OpenLink("#help".to_owned()));
    assert_eq!((session.chosen, session.notice().title.as_str()), (3, ""), "not a link to a run");
}

/// A stranger's link may ask for as much as a scenario allows: the page opens it as far as it can, and says so.
#[test]
fn a_link_that_asks_for_too_much_opens_as_far_as_it_can() {
    let busy = concat!(
        r#"{"version":1,"nodes":9,"config":{"heartbeat_ms":1,"election_timeout_ms":[5,9]},"network":{"latency_ms":[0,0]},"#,
        r#""clients":[{"id":"a","every_ms":1},{"id":"b","every_ms":1}],"until_ms":3600000}"#
    );
    let link = to_link(&Scenario::from_json(busy).expect("it is right")).expect("it is short");
    let mut session = session();
    session.grant(Wish::OpenLink(format!("#s={link}&t=3600000000")));
    assert!(session.branches.timeline().event_count() < 2 * OPENING_EVENTS_MAX);
    assert!(session.now() < Micros(3_600_000_000) && !session.playing());
    assert_eq!(session.notice().lines.last().map(String::as_str), Some(text::share::LINK_TOO_FAR));
}

#[test]
fn a_run_that_is_too_long_for_a_link_says_so_and_is_a_file_all_the_same() {
    let mut session = session();
    let mut rng = Rng::new(5);
    for _ in 0..700 {
        session.grant(Wish::StepForward);
        let latency_ms = Some((rng.below(40) as f64 / 7.0, 40.0 + rng.below(4_000) as f64 / 7.0));
        let link = Some((rng.below(2) as u32, 2 + rng.below(3) as u32));
        let loss = Some(rng.below(1_000_000) as f64 / 1e6);
        session.grant(Wish::Act(Act::Network(NetworkWish { link, latency_ms, loss, duplicate: None })));
    }
    session.grant(Wish::Share);
    assert_eq!(session.share().fragment, "");
    assert!(
        session.share().trouble.starts_with("This run is too long for a link"),
        "{}",
        session.share().trouble
    );
    session.grant(Wish::Save(Form::Scenario));
    let file = session.take_download().expect("a file");
    assert_eq!(file.name, "five-nodes-and-a-client.json");
    assert_eq!(Scenario::from_json(&file.text).expect("a scenario").steps.len(), 700);
}

#[test]
fn a_file_is_opened_or_refused_with_the_place_of_each_mistake() {
    let mut session = session();
    let number = session.run_number();
    let bad = r#"{"version":1,"nodes":3,"until_ms":1,"steps":[{"at_ms":0,"do":"explode"}],"x":1}"#;
    session.grant(Wish::OpenFile { name: "bad.json".to_owned(), text: bad.to_owned() });
    assert_eq!((session.notice().tone, session.run_number()), (Tone::Bad, number), "the run goes on");
    assert!(
        session.notice().lines.iter().any(|line| line.starts_with("steps[0].do: unknown action \"explode\""))
    );

    session.grant(Wish::OpenScript("{".to_owned()));
    assert_eq!(session.share().faults.len(), 1);
    assert_eq!(session.run_number(), number);

    let good = r#"{"version":1,"name":"mine","nodes":7,"until_ms":100}"#;
    session.grant(Wish::OpenFile { name: "good.json".to_owned(), text: good.to_owned() });
    assert_eq!(
        (session.world().machines().len(), session.scenarios().0.last().map(|it| it.name.as_str())),
        (7, Some("mine"))
    );
    assert!(session.playing());
    session.grant(Wish::LoadScenario(0));
    assert_eq!(session.scenarios().0.len(), session.library_count, "the menu holds it while it runs");
}

/// At its end a scenario says what came of it; a changed run is not judged.
#[test]
fn the_end_of_a_scenario_is_told() {
    let script = |expect: &str| {
        format!(
            r#"{{"version":1,"nodes":3,"until_ms":1000,"expect":[{{"at_ms":900,{expect}}},{{"violations":[]}}]}}"#
        )
    };
    let at_end = |expect: &str, act: Option<Act>| {
        let mut session = session();
        session.grant(Wish::OpenScript(script(expect)));
        session.grant(Wish::Speed(1.0));
        if let Some(act) = act {
            session.grant(Wish::Act(act));
        }
        session.advance(700.0, || false);
        assert_eq!(session.notice().title, "");
        session.advance(300.0, || false);
        session.notice().clone()
    };
    let good = at_end(r#""leader":true"#, None);
    assert_eq!((good.tone, good.lines.len()), (Tone::Good, 2));
    let bad = at_end(r#""term":7"#, None);
    assert_eq!(bad.tone, Tone::Bad);
    assert!(bad.lines[0].starts_with("✕ at 0.900 s: expected term 7, found"), "{:?}", bad.lines);
    let changed = at_end(r#""term":7"#, Some(Act::SpreadTimers));
    assert_eq!((changed.tone, changed.lines.len()), (Tone::Plain, 0));
}

/// The exports end at the moment, and the trace is that of the command line.
#[test]
fn what_happened_so_far_is_exported() {
    let mut session = session();
    session.grant(Wish::Speed(1.0));
    session.advance(1_500.0, || false);
    session.grant(Wish::Act(Act::Crash(2)));
    session.grant(Wish::Save(Form::Trace));
    let file = session.take_download().expect("a file");
    assert!(file.name.ends_with(".jsonl"));
    let lines: Vec<&str> = file.text.lines().collect();
    assert!(lines[0].starts_with(r#"{"t_us":0,"ev":"start","version":1"#));
    assert!(lines.iter().any(|line| line.contains(r#""ev":"crash","node":"node-2""#)));
    let end = format!(r#"{{"t_us":{},"ev":"end""#, session.now().0);
    assert!(lines.last().is_some_and(|line| line.starts_with(&end)));
    for (form, ending) in [(Form::ShiViz, ".shiviz.log"), (Form::RustTest, ".rs")] {
        session.grant(Wish::Save(form));
        assert!(session.take_download().is_some_and(|file| file.name.ends_with(ending)));
    }
}
