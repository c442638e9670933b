use super::lab::{Lab, busy_client};
use crate::sim::{Command, Endpoint, Event, EventKind, Target};
use crate::time::Micros;

fn eventful(seed: u64) -> Lab {
    let mut lab = Lab::with(5, |setup| {
        setup.seed = seed;
        setup.network.loss = 0.05;
        setup.network.duplicate = 0.05;
        setup.config.snapshot_every = 20;
        setup.clients.extend(["c1", "c2"].map(|name| busy_client(name, 50)));
    });
    lab.run_ms(2_000);
    let _ = lab.world.command(&Command::Crash { node: Target::Leader }, &mut lab.events);
    lab.run_ms(2_000);
    lab
}

/// The same setup and the same commands give the same events; another seed gives others.
#[test]
fn same_seed_same_events() {
    let events = eventful(7).events;
    assert_eq!(eventful(7).events, events);
    assert_ne!(eventful(8).events, events);
}

/// A clone goes its own way from where it was cloned, and both go the same.
#[test]
fn a_clone_goes_on_the_same() {
    let mut lab = eventful(3);
    let mut clone = Lab { world: lab.world.clone(), events: Vec::new() };
    lab.forget();
    lab.run_ms(2_000);
    clone.obey(Command::Snapshot { node: Target::Leader });
    clone.run_ms(500);
    let mut other = Lab { world: eventful(3).world, events: Vec::new() };
    other.run_ms(2_000);
    assert_eq!(other.events, lab.events, "what the clone did changed nothing here");
}

/// Events are numbered without gaps, time never goes back, and a cause is an earlier event.
#[test]
fn events_are_in_order_and_caused_by_earlier_ones() {
    let lab = eventful(5);
    let mut before = Micros::ZERO;
    for (place, event) in lab.events.iter().enumerate() {
        assert_eq!(event.seq, place as u64);
        assert!(event.at >= before);
        before = event.at;
        assert!(event.cause.is_none_or(|cause| cause < event.seq));
    }
    assert_eq!(lab.world.event_count(), lab.events.len() as u64);
}

/// From an applied entry the causes lead back to the client that asked for it.
#[test]
fn causes_lead_back_to_the_client() {
    let (mut lab, leader) = Lab::with_leader(3, |_| {});
    lab.set("x", "1", Target::Leader);
    lab.run_ms(500);
    let applied = lab.events.iter().find(|event| {
        event.node == Some(leader) && matches!(event.kind, EventKind::Apply { outcome: Some(_), .. })
    });
    let first = lab.events[0].seq;
    let mut event: &Event = applied.expect("it was applied");
    let mut steps = 0;
    while let Some(cause) = event.cause {
        event = &lab.events[(cause - first) as usize];
        steps += 1;
    }
    assert!(matches!(event.kind, EventKind::Invoke { .. }), "{event:?}");
    assert!(steps >= 6, "through the leader, a follower's disk, and back: {steps}");
}

/// What a person does at one place shifts no chance elsewhere: another link's latencies stay as they were.
#[test]
fn an_action_here_shifts_no_draw_elsewhere() {
    let latencies = |by_hand: bool| {
        let (mut lab, leader) = Lab::with_leader(3, |_| {});
        let others = lab.followers();
        if by_hand {
            lab.obey(Command::Cut { from: leader.into(), to: others[0].into(), both: true });
        }
        lab.forget();
        lab.run_ms(100);
        let to_other = |event: &Event| match &event.kind {
            EventKind::Deliver { from, to, .. }
                if *from == Endpoint::Node(leader) && *to == Endpoint::Node(others[1]) =>
            {
                Some(event.at)
            }
            _ => None,
        };
        lab.events.iter().filter_map(to_other).collect::<Vec<_>>()
    };
    assert!(!latencies(false).is_empty());
    assert_eq!(latencies(false), latencies(true));
}

/// Time moves on to the next thing at most, and never back.
#[test]
fn time_does_not_pass_what_is_due() {
    let mut lab = Lab::new(3);
    let due = lab.world.next_at().expect("an election timer");
    lab.world.advance_to(due + Micros(1));
    assert_eq!(lab.world.now(), due);
    lab.world.advance_to(Micros::ZERO);
    assert_eq!(lab.world.now(), due);
    assert!(lab.world.step(&mut lab.events));
    assert_eq!(lab.world.now(), due);
}
