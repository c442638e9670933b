use std::collections::BTreeSet;

use super::lab::{Lab, busy_client, kind};
use crate::kv::{ClientId, Op, Outcome};
use crate::raft::{NodeId, Rule};
use crate::sim::command::NetworkChange;
use crate::sim::event::{ClientAnswer, ClientError, MessageKind};
use crate::sim::{ClientSetup, Command, EventKind, Mix, Payload, Target};
use crate::time::Micros;

fn results(lab: &Lab) -> Vec<Result<Outcome, ClientError>> {
    let result = |kind: &EventKind| match kind {
        EventKind::Return { result, .. } => Some(result.clone()),
        _ => None,
    };
    lab.events.iter().filter_map(|event| result(&event.kind)).collect()
}

fn ask(op: Op, to: Target) -> Command {
    Command::Request { client: ClientId::new("hand"), op, to }
}

fn get(key: &str) -> Op {
    Op::Get { key: key.into() }
}

/// Each operation is answered with what it came to, through whichever server it was sent.
#[test]
fn operations_through_a_follower() {
    let (mut lab, leader) = Lab::with_leader(3, |_| {});
    let to = Target::Follower;
    let value = |text: &str| Some(std::sync::Arc::from(text));
    for op in [
        Op::Set { key: "city".into(), value: "Oslo".into() },
        get("city"),
        Op::Cas { key: "city".into(), expected: value("Rome"), value: "Bern".into() },
        Op::Append { key: "city".into(), value: "!".into() },
        get("city"),
        Op::Delete { key: "city".into() },
        get("city"),
    ] {
        lab.obey(ask(op, to));
    }
    lab.run_ms(2_000);
    let expected = [
        Outcome::Done,
        Outcome::Value(value("Oslo")),
        Outcome::Swapped(false),
        Outcome::Done,
        Outcome::Value(value("Oslo!")),
        Outcome::Done,
        Outcome::Value(None),
    ];
    assert_eq!(results(&lab), expected.map(Ok));
    let client = lab.world.clients().next().expect("it came with its first request");
    assert_eq!((client.believed_leader(), client.requests()), (Some(leader), 7));
    let served_by = |kind: &EventKind| match kind {
        EventKind::Return { op, served_by, .. } => {
            Some((matches!(op, Op::Get { .. }), served_by.map(|(node, _)| node)))
        }
        _ => None,
    };
    for (is_read, server) in lab.events.iter().filter_map(|event| served_by(&event.kind)) {
        assert_eq!(server == Some(leader), !is_read, "a follower answers reads, and the leader all else");
    }
}

/// A client has one operation at a time: what is asked of a busy one waits.
#[test]
fn a_busy_client_queues() {
    let (mut lab, _) = Lab::with_leader(3, |_| {});
    for _ in 0..3 {
        lab.obey(ask(get("x"), Target::Leader));
    }
    let client = lab.world.clients().next().expect("the client");
    assert_eq!((client.queued(), client.operation().map(|operation| operation.request)), (2, Some(1)));
    let mut open = 0;
    lab.run_ms(1_000);
    for event in &lab.events {
        match event.kind {
            EventKind::Invoke { .. } => open += 1,
            EventKind::Return { .. } => open -= 1,
            _ => {}
        }
        assert!((0..=1).contains(&open));
    }
    assert_eq!(results(&lab).len(), 3);
}

/// A retry has the same number, and is applied once: an append appears once in the value.
#[test]
fn a_retried_request_is_applied_once() {
    let value_after_lost_reply = |without: Vec<Rule>| {
        let (mut lab, _) = Lab::with_leader(3, |setup| setup.without = without);
        lab.obey(Command::Drop(kind(MessageKind::ClientReply, 1)));
        lab.obey(ask(Op::Append { key: "log".into(), value: "a".into() }, Target::Leader));
        lab.run_ms(3_000);
        let attempts = lab.count(
            |kind| matches!(kind, EventKind::Send { payload, .. } if payload.kind() == MessageKind::ClientRequest),
        );
        assert!(attempts >= 2, "the first answer was lost");
        let requests: BTreeSet<u64> = lab
            .events
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::Send { payload, .. } => match &**payload {
                    Payload::Request { request, .. } => Some(*request),
                    _ => None,
                },
                _ => None,
            })
            .collect();
        assert_eq!(requests.into_iter().collect::<Vec<_>>(), [1]);
        assert_eq!(results(&lab), [Ok(Outcome::Done)]);
        let leader = lab.world.leader().expect("nobody disturbed it");
        lab.machine(leader).kv().and_then(|kv| kv.get("log")).map(|value| value.to_string())
    };
    assert_eq!(value_after_lost_reply(Vec::new()).as_deref(), Some("a"));
    assert_eq!(value_after_lost_reply(vec![Rule::RequestAppliedOnce]).as_deref(), Some("aa"));
}

/// Without a leader every server refuses: after ten seconds the operation has certainly not been done.
#[test]
fn refused_by_everyone_is_rejected() {
    let mut lab = Lab::new(3);
    let alone = (0..3).map(|id| vec![Target::Node(NodeId(id))]).collect();
    lab.obey(Command::Partition { groups: alone });
    lab.set("x", "1", Target::Node(NodeId(0)));
    lab.run_ms(9_900);
    assert!(results(&lab).is_empty());
    lab.run_ms(200);
    assert_eq!(results(&lab), [Err(ClientError::Rejected)]);
    assert!(lab.nodes().all(|node| node.log().last().index.0 == 0));
}

/// A request that a leader took and could not commit is unknown: here it is done after the client has given up.
#[test]
fn taken_and_not_answered_is_unknown() {
    let (mut lab, leader) = Lab::with_leader(3, |setup| setup.config.check_quorum = false);
    lab.set("x", "1", Target::Leader);
    lab.run_until_true(|lab| lab.node(leader).log().last().index.0 == 2);
    let followers = lab.followers();
    for follower in &followers {
        lab.obey(Command::Pause { node: (*follower).into() });
    }
    lab.run_ms(11_000);
    assert_eq!(results(&lab), [Err(ClientError::Unknown)]);
    for follower in followers {
        lab.obey(Command::Resume { node: follower.into() });
    }
    lab.run_ms(2_000);
    let kv = lab.machine(leader).kv().and_then(|kv| kv.get("x"));
    assert_eq!(kv.as_deref(), Some("1"));
}

/// A request that is doubled by hand may be refused once and taken once, and a refusal that is doubled may be heard
/// again when the server has taken the next attempt: such a request is never called rejected.
#[test]
fn a_request_with_a_doubled_message_is_never_certainly_rejected() {
    for doubled in [MessageKind::ClientRequest, MessageKind::ClientReply] {
        let mut lab = Lab::new(3);
        lab.obey(Command::Duplicate(kind(doubled, 1)));
        let alone = (0..3).map(|id| vec![Target::Node(NodeId(id))]).collect();
        lab.obey(Command::Partition { groups: alone });
        lab.set("x", "1", Target::Node(NodeId(0)));
        lab.run_ms(11_000);
        assert_eq!(results(&lab), [Err(ClientError::Unknown)], "{doubled:?}");
    }
}

/// An answer "not the leader" is followed to the leader that it names.
#[test]
fn hints_are_followed() {
    let (mut lab, leader) = Lab::with_leader(5, |_| {});
    lab.set("x", "1", Target::Follower);
    lab.run_ms(200);
    let hints = lab.count(|kind| match kind {
        EventKind::Deliver { payload, .. } => matches!(
            &**payload,
            Payload::Reply { answer: ClientAnswer::NotLeader { leader: hint }, .. } if *hint == Some(leader)
        ),
        _ => false,
    });
    assert_eq!((hints, results(&lab).len()), (1, 1), "one detour, no waiting");
}

/// A client goes on when its leader crashes: it times out, asks others, and is answered by the next leader.
#[test]
fn clients_survive_a_crash_of_the_leader() {
    let (mut lab, old) = Lab::with_leader(5, |setup| setup.clients.push(busy_client("c1", 50)));
    lab.run_ms(1_000);
    lab.obey(Command::Crash { node: Target::Leader });
    lab.forget();
    lab.run_ms(4_000);
    assert!(results(&lab).len() > 20 && results(&lab).iter().all(Result::is_ok));
    assert_ne!(lab.world.leader(), Some(old));
}

/// The operations of a client are of the kinds in its mix, and what it writes nobody else writes.
#[test]
fn operations_are_drawn_from_the_mix() {
    let mix = Mix { set: 4, get: 2, cas: 0, delete: 1, append: 1 };
    let (mut lab, _) = Lab::with_leader(3, |setup| {
        for name in ["c1", "c2"] {
            let id = ClientId::new(name);
            setup.clients.push(ClientSetup { id, every: Micros(1_000), mix, keys: 5 });
        }
    });
    lab.run_ms(20_000);
    let (mut kinds, mut values, mut keys) = ([0_u32; 5], BTreeSet::new(), BTreeSet::new());
    for event in &lab.events {
        let EventKind::Invoke { op, .. } = &event.kind else { continue };
        let (kind, key, value) = match op {
            Op::Set { key, value } => (0, key, Some(value)),
            Op::Get { key } => (1, key, None),
            Op::Cas { key, value, .. } => (2, key, Some(value)),
            Op::Delete { key } => (3, key, None),
            Op::Append { key, value } => (4, key, Some(value)),
        };
        kinds[kind] += 1;
        keys.insert(key.to_string());
        assert!(value.is_none_or(|value| values.insert(value.to_string())), "{value:?} is written twice");
    }
    let total: u32 = kinds.iter().sum();
    let share = |kind: usize| f64::from(kinds[kind]) / f64::from(total);
    assert!(total > 500 && kinds[2] == 0);
    assert!((0.4..0.6).contains(&share(0)) && (0.15..0.35).contains(&share(1)), "{kinds:?}");
    assert_eq!(keys.into_iter().collect::<Vec<_>>(), ["k3", "k4", "x", "y", "z"]);
}

/// A client waits longer for an answer where messages are slow, instead of asking again and again.
#[test]
fn patience_grows_with_latency() {
    let (mut lab, _) = Lab::with_leader(3, |setup| {
        setup.config.election_timeout = (Micros(2_000_000), Micros(4_000_000));
    });
    let latency = Some((Micros(200_000), Micros(200_000)));
    let change = NetworkChange { latency, ..NetworkChange::default() };
    lab.obey(Command::Network { from: None, to: None, change });
    lab.obey(ask(get("x"), Target::Leader));
    lab.run_until_true(|lab| !results(lab).is_empty());
    let attempts = lab.count(
        |kind| matches!(kind, EventKind::Send { payload, .. } if payload.kind() == MessageKind::ClientRequest),
    );
    assert_eq!(attempts, 1, "there and back, and a round of the leader between: 800 ms");
}

/// A client that knows of no leader also tries servers that came later.
#[test]
fn servers_that_came_later_are_tried() {
    let (mut lab, _) = Lab::with_leader(3, |_| {});
    lab.run_ms(500);
    let nodes = |ids: std::ops::Range<u32>| ids.map(|id| Target::Node(NodeId(id))).collect::<Vec<_>>();
    lab.obey(Command::Members { add: nodes(3..6), remove: nodes(0..3), learners: Vec::new() });
    lab.run_until_true(|lab| lab.world.leader().is_some_and(|leader| leader.0 >= 3));
    nodes(0..3).into_iter().for_each(|node| lab.obey(Command::Crash { node }));
    lab.set("x", "1", Target::Node(NodeId(0)));
    lab.run_ms(10_000);
    assert_eq!(results(&lab), [Ok(Outcome::Done)]);
}
