//! What a person does, as commands to the world.

use std::sync::Arc;

use mini_raft_core::kv::{ClientId, Op};
use mini_raft_core::raft::NodeId;
use mini_raft_core::scenario::limits;
use mini_raft_core::sim::command::{LinkTargets, MessageFilter, NetworkChange, TimerMove};
use mini_raft_core::sim::{Command, Target, World};
use mini_raft_core::time::Micros;

use crate::text::YOU;
use crate::wish::{Act, NetworkWish, Operation, RequestWish};

/// The commands that an act comes to, in order.
pub(super) fn commands(act: &Act, world: &World) -> Vec<Command> {
    let one = |command| vec![command];
    match *act {
        Act::Crash(node) => one(Command::Crash { node: target(node) }),
        Act::Restart(node) => one(Command::Restart { node: target(node) }),
        Act::Pause(node) => one(Command::Pause { node: target(node) }),
        Act::Resume(node) => one(Command::Resume { node: target(node) }),
        Act::TimeOut(node) => one(Command::Timeout { node: target(node) }),
        Act::TransferTo(node) => one(Command::Transfer { to: target(node) }),
        Act::TakeSnapshot(node) => one(Command::Snapshot { node: target(node) }),
        Act::WipeDisk(node) => one(Command::Wipe { node: target(node) }),
        Act::Isolate(node) => others(world, node)
            .map(|other| Command::Cut { from: target(node), to: other, both: true })
            .collect(),
        Act::Rejoin(node) => others(world, node).map(|other| heal(target(node), other, true)).collect(),
        Act::Cut { from, to } => one(Command::Cut { from: target(from), to: target(to), both: false }),
        Act::Heal { from, to } => one(heal(target(from), target(to), false)),
        Act::HealAll => one(Command::Heal { link: None }),
        Act::SpreadTimers => one(Command::Timers { how: TimerMove::Spread }),
        Act::AlignTimers => one(Command::Timers { how: TimerMove::Align }),
        Act::Drop(id) => one(Command::Drop(exactly(id))),
        Act::Hold(id) => one(Command::Hold(exactly(id))),
        Act::Release(id) => one(Command::Release(exactly(id))),
        Act::Duplicate(id) => one(Command::Duplicate(exactly(id))),
        Act::Request(ref wish) => one(request(wish, world)),
        Act::Network(ref wish) => one(network(wish)),
    }
}

/// Why no scenario could hold this act, if it asks for something too long: what is done here can be saved as one.
pub(super) fn beyond_limits(act: &Act) -> Option<String> {
    let Act::Request(wish) = act else { return None };
    let parts = [
        ("key", &wish.key, limits::KEY_BYTES),
        ("value", &wish.value, limits::VALUE_BYTES),
        ("expected value", &wish.expected, limits::VALUE_BYTES),
    ];
    parts.into_iter().find_map(|(name, text, most)| {
        let bytes = text.len();
        (bytes > most).then(|| format!("the {name} is {bytes} bytes long, and at most {most} are allowed"))
    })
}

fn target(node: u32) -> Target {
    Target::Node(NodeId(node))
}

fn others(world: &World, node: u32) -> impl Iterator<Item = Target> {
    let ids = world.machines().iter().map(|machine| machine.id());
    ids.filter(move |id| id.0 != node).map(Target::Node)
}

fn heal(from: Target, to: Target, both: bool) -> Command {
    Command::Heal { link: Some(LinkTargets { from, to, both }) }
}

fn exactly(id: u64) -> MessageFilter {
    MessageFilter { kind: None, from: None, to: None, count: 1, id: Some(id) }
}

fn request(wish: &RequestWish, world: &World) -> Command {
    let key: Arc<str> = Arc::from(wish.key.as_str());
    let value: Arc<str> = Arc::from(wish.value.as_str());
    let op = match wish.operation {
        Operation::Set => Op::Set { key, value },
        Operation::Get => Op::Get { key },
        Operation::Delete => Op::Delete { key },
        Operation::CompareAndSet => {
            let expected = (!wish.expected.is_empty()).then(|| Arc::from(wish.expected.as_str()));
            Op::Cas { key, expected, value }
        }
        Operation::Append => Op::Append { key, value },
    };
    let to = match wish.to {
        Some(node) => target(node),
        // While there is no leader a client asks anyone, and asks again.
        None if world.leader().is_none() => target(0),
        None => Target::Leader,
    };
    Command::Request { client: ClientId::new(YOU), op, to }
}

fn network(wish: &NetworkWish) -> Command {
    let micros = |(least, most): (f64, f64)| (Micros::from_millis_f64(least), Micros::from_millis_f64(most));
    // As a scenario holds them.
    let fraction = |fraction: f64| (fraction * 1e6).round() / 1e6;
    let change = NetworkChange {
        latency: wish.latency_ms.map(micros),
        loss: wish.loss.map(fraction),
        duplicate: wish.duplicate.map(fraction),
    };
    let (from, to) = match wish.link {
        Some((from, to)) => (Some(target(from)), Some(target(to))),
        None => (None, None),
    };
    Command::Network { from, to, change }
}
