use std::collections::BTreeMap;

use super::lab::{Lab, busy_client, kind};
use crate::raft::{NodeId, RoleName};
use crate::sim::command::{LinkTargets, MessageFilter, NetworkChange};
use crate::sim::event::MessageKind;
use crate::sim::network::{LINK_BYTES_MAX, LINK_MESSAGES_MAX, Load};
use crate::sim::{Command, DropReason, Endpoint, EventKind, Target};
use crate::time::Micros;

fn dropped(why: DropReason) -> impl Fn(&EventKind) -> bool {
    move |kind| matches!(kind, EventKind::Drop { why: it, .. } if *it == why)
}

fn is_deliver(kind: &EventKind) -> bool {
    matches!(kind, EventKind::Deliver { .. })
}

/// Every message that is sent arrives once, within its link's range, or is dropped once, or is still under way.
#[test]
fn every_message_ends_once() {
    let mut lab = Lab::with(5, |setup| {
        setup.network.loss = 0.2;
        setup.network.duplicate = 0.2;
        setup.clients.push(busy_client("c1", 20));
    });
    lab.run_ms(5_000);
    let mut under_way = BTreeMap::new();
    let (mut lost, mut arrived) = (0, 0);
    for event in &lab.events {
        match &event.kind {
            EventKind::Send { message, .. } => assert!(under_way.insert(*message, event).is_none()),
            EventKind::Deliver { message, .. } => {
                let sent = under_way.remove(message).expect("it was sent, and ends once");
                assert!((5_000..=15_000).contains(&(event.at - sent.at).0));
                assert_eq!(event.cause, Some(sent.seq));
                arrived += 1;
            }
            EventKind::Drop { message, why, .. } => {
                let sent = under_way.remove(message).expect("it was sent, and ends once");
                assert_eq!(*why, DropReason::Lost);
                assert!((1_500..=10_500).contains(&(event.at - sent.at).0), "on its way");
                lost += 1;
            }
            _ => {}
        }
    }
    assert!(under_way.keys().eq(lab.world.flights().map(|flight| &flight.id)));
    assert!((0.15..0.25).contains(&(f64::from(lost) / f64::from(lost + arrived))), "{lost} of {arrived}");
}

/// With a duplication of 1 every message between servers arrives twice, those of clients once.
#[test]
fn duplicates_are_of_servers_only() {
    let mut lab = Lab::with(3, |setup| {
        setup.network.duplicate = 1.0;
        setup.clients.push(busy_client("c1", 50));
    });
    lab.run_ms(3_000);
    let sends = |lab: &Lab, of_client: bool| {
        lab.count(|kind| {
            let EventKind::Send { from, to, .. } = kind else { return false };
            [from, to].iter().any(|end| matches!(end, Endpoint::Client(_))) == of_client
        })
    };
    assert_eq!(sends(&lab, false) % 2, 0);
    let answered = lab.count(|kind| matches!(kind, EventKind::Return { result: Ok(_), .. }));
    let requests = lab.count(|kind| matches!(kind, EventKind::Invoke { .. }));
    assert!(answered > 40 && requests <= answered + 1);
}

/// A cut link drops what is under way at once, and what is sent later half-way; the other direction works.
#[test]
fn a_cut_in_one_direction() {
    let (mut lab, leader) = Lab::with_leader(3, |_| {});
    let follower = lab.followers()[0];
    lab.run_until_true(|lab| {
        let mut flights = lab.world.flights();
        flights.any(|flight| flight.from == Endpoint::Node(leader) && flight.to == Endpoint::Node(follower))
    });
    lab.forget();
    lab.obey(Command::Cut { from: leader.into(), to: follower.into(), both: false });
    assert!(lab.world.network().link(leader, follower).is_some_and(|link| link.cut));
    assert!(lab.world.network().link(follower, leader).is_some_and(|link| !link.cut));
    assert!(lab.count(dropped(DropReason::Cut)) >= 1, "at once");
    lab.run_ms(1_000);
    assert!(!lab.events.iter().any(|event| {
        matches!(&event.kind, EventKind::Deliver { from, to, .. }
            if *from == Endpoint::Node(leader) && *to == Endpoint::Node(follower))
    }));
    assert!(lab.events.iter().any(|event| {
        matches!(&event.kind, EventKind::Deliver { from, to, .. }
            if *from == Endpoint::Node(follower) && *to == Endpoint::Node(leader))
    }));
    assert!(lab.count(dropped(DropReason::Cut)) >= 5);
    lab.obey(Command::Heal {
        link: Some(LinkTargets { from: leader.into(), to: follower.into(), both: false }),
    });
    lab.run_ms(1_000);
    assert_eq!(lab.node(follower).leader(), lab.world.leader());
}

/// A partition cuts every link between groups and heals those within; who is in no group is alone.
#[test]
fn a_partition_cuts_between_groups() {
    let mut lab = Lab::new(5);
    let ids = |ids: &[u32]| ids.iter().map(|id| NodeId(*id).into()).collect::<Vec<Target>>();
    lab.obey(Command::Cut { from: NodeId(0).into(), to: NodeId(1).into(), both: true });
    lab.obey(Command::Partition { groups: vec![ids(&[0, 1]), ids(&[2, 3])] });
    for (from, to, link) in lab.world.network().links() {
        let together = from.0 < 4 && to.0 < 4 && from.0 / 2 == to.0 / 2;
        assert_eq!(link.cut, !together, "{from} {to}");
    }
    let twice = Command::Partition { groups: vec![ids(&[0, 1]), ids(&[1])] };
    assert_eq!(lab.refuse(twice), "node-1 is named twice");
    lab.run_ms(2_000);
    assert_eq!(lab.world.leader(), None, "no group has three");
    lab.obey(Command::Heal { link: None });
    lab.run_ms(2_000);
    assert!(lab.world.leader().is_some());
}

/// A majority goes on without the minority, and a leader in the minority is of no use.
#[test]
fn a_leader_in_the_minority() {
    let (mut lab, old) = Lab::with_leader(5, |setup| setup.clients.push(busy_client("c1", 50)));
    let others: Vec<Target> = lab.followers()[1..].iter().map(|id| (*id).into()).collect();
    let with_leader = vec![Target::Leader, lab.followers()[0].into()];
    lab.obey(Command::Partition { groups: vec![with_leader, others] });
    let before = lab.node(old).commit_index();
    lab.run_ms(3_000);
    let new = lab.world.leader().expect("three of five elect one");
    assert_ne!(new, old);
    assert!(lab.node(new).commit_index().0 > before.0 + 10);
    assert!(lab.node(old).commit_index().0 <= before.0 + 1);
    assert_ne!(lab.node(old).role(), RoleName::Leader, "it noticed that it hears no majority");
}

/// New latencies hold for what is sent from now on, on the links that are named.
#[test]
fn one_slow_link() {
    let (mut lab, leader) = Lab::with_leader(3, |_| {});
    let follower = lab.followers()[0];
    let slow = (Micros(80_000), Micros(80_000));
    let change = NetworkChange { latency: Some(slow), ..NetworkChange::default() };
    lab.obey(Command::Network { from: Some(leader.into()), to: Some(follower.into()), change });
    lab.run_ms(100);
    lab.forget();
    lab.run_ms(1_000);
    for flight in lab.world.flights() {
        let is_slow = flight.from == Endpoint::Node(leader) && flight.to == Endpoint::Node(follower);
        assert_eq!(flight.arrives_at - flight.sent_at == slow.0, is_slow);
    }
    assert_eq!(
        lab.world.network().default_setup().latency.1,
        Micros(15_000),
        "clients are as fast as before"
    );
}

/// Dropping, by hand, hits what is under way first, the oldest first, then what is sent next.
#[test]
fn drops_by_hand() {
    let (mut lab, _) = Lab::with_leader(3, |_| {});
    lab.run_until_true(|lab| lab.world.flights().count() == 2);
    let under_way: Vec<u64> = lab.world.flights().map(|flight| flight.id).collect();
    lab.forget();
    lab.obey(Command::Drop(MessageFilter { kind: None, from: None, to: None, count: 5, id: None }));
    assert_eq!(lab.world.flights().count(), 0);
    let dropped_now: Vec<u64> = lab
        .events
        .iter()
        .filter_map(|event| match event.kind {
            EventKind::Drop { message, why: DropReason::ByHand, .. } => Some(message),
            _ => None,
        })
        .collect();
    assert_eq!(dropped_now, under_way);
    lab.run_ms(300);
    assert_eq!(lab.count(dropped(DropReason::ByHand)), 5);
    let first_delivered = lab.events.iter().position(|event| is_deliver(&event.kind));
    let last_dropped = lab.events.iter().rposition(|event| dropped(DropReason::ByHand)(&event.kind));
    assert!(first_delivered > last_dropped, "everything sent until then is lost");
}

/// One message that a person points at.
#[test]
fn a_drop_of_this_very_message() {
    let (mut lab, _) = Lab::with_leader(3, |_| {});
    lab.run_until_true(|lab| lab.world.flights().count() == 2);
    let second = lab.world.flights().nth(1).map(|flight| flight.id);
    let this = MessageFilter { kind: None, from: None, to: None, count: 1, id: second };
    lab.obey(Command::Drop(this.clone()));
    assert_eq!(lab.world.flights().count(), 1);
    assert!(lab.refuse(Command::Drop(this)).ends_with("is not under way"));
}

/// A message that is kept back stands still; released, it takes as long as it still had to.
#[test]
fn held_messages_stand_still() {
    let (mut lab, _) = Lab::with_leader(3, |_| {});
    lab.run_until_true(|lab| lab.world.flights().count() == 2);
    lab.run_ms(2);
    let id = lab.world.flights().next().map(|flight| flight.id).expect("one is under way");
    let progress = |lab: &Lab| lab.world.flight(id).map(|flight| flight.progress(lab.world.now()));
    let left = lab.world.flight(id).map(|flight| flight.arrives_at - lab.world.now());
    let before = progress(&lab);
    let this = MessageFilter { kind: None, from: None, to: None, count: 1, id: Some(id) };
    lab.obey(Command::Hold(this.clone()));
    lab.run_ms(5_000);
    assert_eq!(progress(&lab), before);
    assert!(lab.world.flight(id).is_some_and(|flight| flight.held()));
    lab.obey(Command::Release(this));
    assert_eq!(progress(&lab), before);
    let released_at = lab.world.now();
    lab.run_until_true(|lab| lab.world.flight(id).is_none());
    assert_eq!(Some(lab.world.now() - released_at), left);
}

/// What is held by its kind is held also when it is sent later, and let go by a release of the same kind.
#[test]
fn messages_of_a_kind_are_held_and_released() {
    let (mut lab, _) = Lab::with_leader(3, |_| {});
    lab.obey(Command::Hold(kind(MessageKind::AppendEntries, 100)));
    lab.run_ms(120);
    let held = lab.world.flights().filter(|flight| flight.held()).count();
    assert!(held >= 4);
    lab.obey(Command::Release(kind(MessageKind::AppendEntries, 100)));
    assert_eq!(lab.world.flights().filter(|flight| flight.held()).count(), 0);
    lab.run_ms(200);
    assert_eq!(lab.world.flights().filter(|flight| flight.held()).count(), 0, "the order is over, too");
}

/// A message that is doubled by hand arrives twice, with the same words.
#[test]
fn a_double_by_hand() {
    let (mut lab, _) = Lab::with_leader(3, |_| {});
    lab.run_until_true(|lab| lab.world.flights().count() == 2);
    let original = lab.world.flights().next().cloned().expect("one is under way");
    let this = MessageFilter { kind: None, from: None, to: None, count: 1, id: Some(original.id) };
    lab.obey(Command::Duplicate(this));
    let copy = lab.world.flights().last().cloned().expect("the copy");
    assert_eq!((copy.payload, copy.from, copy.to), (original.payload.clone(), original.from, original.to));
    lab.run_ms(50);
    let arrivals = lab.count(
        |kind| matches!(kind, EventKind::Deliver { payload, .. } if std::sync::Arc::ptr_eq(payload, &original.payload)),
    );
    assert_eq!(arrivals, 2);
}

/// However slow a network is, what is under way is bounded: a link holds so much, and the rest is dropped at once.
#[test]
fn a_link_that_is_full_drops_what_comes() {
    let mut lab = Lab::with(3, |setup| {
        setup.config.election_timeout = (Micros::from_millis(2), Micros::from_millis(3));
        setup.config.heartbeat = Micros::from_millis(1);
        setup.network.latency = (Micros::from_millis(60_000), Micros::from_millis(60_000));
    });
    lab.run_ms(10_000);
    for (from, to) in [(0, 1), (2, 0)].map(|(from, to)| (NodeId(from), NodeId(to))) {
        let on_link =
            lab.world.flights().filter(|flight| flight.from == from.into() && flight.to == to.into());
        assert_eq!(on_link.count(), LINK_MESSAGES_MAX as usize);
    }
    assert!(lab.count(dropped(DropReason::Full)) > 1_000);
    lab.forget();
    lab.run_ms(60_000);
    assert!(lab.count(is_deliver) > 1_000, "what arrives makes room");
}

/// A person's copies are bounded too, also those of a client's messages.
#[test]
fn copies_do_not_multiply_without_end() {
    let mut lab = Lab::with(1, |setup| {
        setup.network.latency = (Micros::from_millis(60_000), Micros::from_millis(60_000));
    });
    lab.set("k", "v", NodeId(0).into());
    for _ in 0..20 {
        lab.obey(Command::Duplicate(kind(MessageKind::ClientRequest, 10_000)));
    }
    assert_eq!(lab.world.flights().count(), LINK_MESSAGES_MAX as usize);
}

/// A paused server keeps so many messages waiting, and those of others are not held up by it.
#[test]
fn a_paused_server_keeps_so_much_waiting() {
    let (mut lab, leader) = Lab::with_leader(3, |setup| setup.config.heartbeat = Micros::from_millis(1));
    let paused = lab.followers()[0];
    lab.obey(Command::Pause { node: paused.into() });
    lab.run_ms(5_000);
    let waiting = lab.world.flights().filter(|flight| flight.waiting).count();
    assert_eq!(waiting, LINK_MESSAGES_MAX as usize);
    let of_others = |kind: &EventKind| matches!(kind, EventKind::Drop { why: DropReason::Full, to, .. } if *to != paused.into());
    assert_eq!(lab.count(of_others), 0);
    lab.obey(Command::Resume { node: paused.into() });
    lab.run_ms(1_000);
    assert_eq!((lab.world.leader(), lab.node(paused).leader()), (Some(leader), Some(leader)));
}

/// The bytes on a link are bounded, but one message that is larger still goes.
#[test]
fn a_link_holds_so_many_bytes() {
    let mut load = Load::default();
    assert!(load.take_up(2 * LINK_BYTES_MAX), "the first one");
    assert!(!load.take_up(1));
    load.put_down(2 * LINK_BYTES_MAX);
    load.put_down(1);
    assert!((0..4).all(|_| load.take_up(LINK_BYTES_MAX / 4)) && !load.take_up(1));
}
