//! Every message that servers really send is one that the wire carries.

use std::collections::BTreeMap;

use mini_raft_core::scenario::{Scenario, library};
use mini_raft_core::sim::event::MessageKind;
use mini_raft_core::sim::{Event, EventKind, Payload, World};
use mini_raft_core::swarm;
use mini_raft_server::wire::codec::{decode, decode_json, encode, encode_json};

/// So many random runs, with disks lost, members changed and leaders deposed.
const RANDOM_RUNS: u64 = 60;

/// What the wire refuses as impossible, no run of the simulator says: neither those of the library nor random ones.
/// Runs that leave out a rule of the paper are left out, as they say what they like.
#[test]
fn all_that_simulated_servers_say_can_be_sent() {
    let mut carried = BTreeMap::new();
    let of_library = library().iter().map(|builtin| builtin.scenario());
    for scenario in of_library.chain((0..RANDOM_RUNS).map(swarm::draw)) {
        if scenario.setup.without.is_empty() {
            carry_all(&scenario, &mut carried);
        }
    }
    let of_peers =
        |kind: &&MessageKind| ![MessageKind::ClientRequest, MessageKind::ClientReply].contains(kind);
    let missing: Vec<_> = MessageKind::ALL
        .iter()
        .filter(of_peers)
        .filter(|kind| !carried.contains_key(kind.as_str()))
        .collect();
    assert!(missing.is_empty(), "no run sent {missing:?}; sent: {carried:?}");
}

/// Sends all messages of a run through both forms, and counts them by kind.
fn carry_all(scenario: &Scenario, carried: &mut BTreeMap<&'static str, u64>) {
    let mut events = Vec::new();
    let mut world = World::new(&scenario.setup, &mut events);
    let mut steps = scenario.moments().into_iter().peekable();
    loop {
        for Event { kind, .. } in events.drain(..) {
            let EventKind::Send { payload, .. } = kind else { continue };
            let Payload::Peer(message) = &*payload else { continue };
            assert_eq!(decode(&encode(message)).as_ref(), Ok(message));
            assert_eq!(decode_json(encode_json(message).as_bytes()).as_ref(), Ok(message));
            *carried.entry(payload.kind().as_str()).or_default() += 1;
        }
        let next_at = world.next_at().unwrap_or(scenario.until);
        if let Some((at, command)) = steps.next_if(|(at, _)| *at <= next_at) {
            world.advance_to(at);
            // A step whose target is not there is skipped, as in any run.
            let _ = world.command(&command, &mut events);
        } else if next_at >= scenario.until || !world.step(&mut events) {
            return;
        }
    }
}
