//! The library as the page carries it: without words for fields, places of mistakes, and expectations.
//!
//! [`pack`] is for the build, [`unpack`] for the page that was built with it; nothing else ever reads the bytes, so
//! they have no version and no protection, and both sides may change at any time. Everything is a whole number
//! (LEB128), or a text after its length.

use std::sync::Arc;

use super::{Scenario, Step};
use crate::kv::{ClientId, Op};
use crate::raft::NodeId;
use crate::raft::rules::Rule;
use crate::sim::command::{Command, LinkTargets, MessageFilter, NetworkChange, TimerMove};
use crate::sim::event::MessageKind;
use crate::sim::{ClientSetup, DiskSetup, Mix, NetworkSetup, NodeSetup, Setup, Target};
use crate::time::Micros;

/// Puts scenarios one after the other, without what they expect.
pub fn pack(scenarios: &[Scenario]) -> Vec<u8> {
    let mut packer = Packer { bytes: Vec::new() };
    packer.list(scenarios, Packer::scenario);
    packer.bytes
}

/// The scenarios that were [`pack`]ed.
pub fn unpack(bytes: &[u8]) -> Vec<Scenario> {
    Unpacker { bytes }.list(Unpacker::scenario)
}

struct Packer {
    bytes: Vec<u8>,
}

/// Reads what [`Packer`] wrote; behind the end there are zeros.
struct Unpacker<'b> {
    bytes: &'b [u8],
}

impl Packer {
    fn scenario(&mut self, scenario: &Scenario) {
        let Scenario { name, about, setup, steps, until, expect: _ } = scenario;
        self.text(name);
        self.text(about);
        self.setup(setup);
        self.list(steps, |packer, step| {
            packer.number(step.at.0);
            packer.command(&step.command);
        });
        self.number(until.0);
    }

    fn setup(&mut self, setup: &Setup) {
        let Setup { nodes, seed, config, network, disk, clients, without } = setup;
        self.numbers([u64::from(*nodes), *seed]);
        self.range(config.election_timeout);
        self.number(config.heartbeat.0);
        self.numbers([config.pre_vote, config.check_quorum].map(u64::from));
        self.numbers([config.max_entries_per_append, config.max_inflight].map(u64::from));
        self.number(config.snapshot_every);
        self.optional(config.lease_drift_percent, |packer, percent| packer.number(u64::from(percent)));
        self.optional(config.session_timeout, |packer, timeout| packer.number(timeout.0));
        self.range(network.latency);
        self.fraction(network.loss);
        self.fraction(network.duplicate);
        self.range(disk.sync);
        self.fraction(disk.keep);
        self.list(clients, |packer, client| {
            packer.text(&client.id.0);
            packer.number(client.every.0);
            let Mix { set, get, cas, delete, append } = client.mix;
            packer.numbers([set, get, cas, delete, append, client.keys].map(u64::from));
        });
        self.list(without, |packer, rule| packer.number(*rule as u64));
    }

    fn command(&mut self, command: &Command) {
        match command {
            Command::Crash { node } => self.on(0, *node),
            Command::Restart { node } => self.on(1, *node),
            Command::Wipe { node } => self.on(2, *node),
            Command::Pause { node } => self.on(3, *node),
            Command::Resume { node } => self.on(4, *node),
            Command::Timeout { node } => self.on(5, *node),
            Command::Snapshot { node } => self.on(6, *node),
            Command::Transfer { to } => self.on(7, *to),
            Command::Cut { from, to, both } => {
                self.link(8, LinkTargets { from: *from, to: *to, both: *both })
            }
            Command::Heal { link: Some(link) } => self.link(9, *link),
            Command::Heal { link: None } => self.number(10),
            Command::Timers { how: TimerMove::Spread } => self.number(11),
            Command::Timers { how: TimerMove::Align } => self.number(12),
            Command::Partition { groups } => {
                self.number(13);
                self.list(groups, |packer, group| packer.targets(group));
            }
            Command::Network { from, to, change } => {
                self.number(14);
                self.optional_target(*from);
                self.optional_target(*to);
                self.optional(change.latency, Packer::range);
                self.optional(change.loss, Packer::fraction);
                self.optional(change.duplicate, Packer::fraction);
            }
            Command::Disk { node, sync, fails } => {
                self.on(15, *node);
                self.optional(*sync, Packer::range);
                self.number(u64::from(*fails));
            }
            Command::Clock { node, rate } => {
                self.on(16, *node);
                self.fraction(*rate);
            }
            Command::Request { client, op, to } => {
                self.on(17, *to);
                self.text(&client.0);
                self.op(op);
            }
            Command::Members { add, remove, learners } => {
                self.number(18);
                [add, remove, learners].into_iter().for_each(|targets| self.targets(targets));
            }
            Command::Drop(filter) => self.filter(19, filter),
            Command::Hold(filter) => self.filter(20, filter),
            Command::Release(filter) => self.filter(21, filter),
            Command::Duplicate(filter) => self.filter(22, filter),
        }
    }

    fn on(&mut self, tag: u64, target: Target) {
        self.number(tag);
        self.optional_target(Some(target));
    }

    fn link(&mut self, tag: u64, link: LinkTargets) {
        self.on(tag, link.from);
        self.optional_target(Some(link.to));
        self.number(u64::from(link.both));
    }

    fn filter(&mut self, tag: u64, filter: &MessageFilter) {
        self.number(tag);
        self.optional(filter.kind, |packer, kind| packer.number(kind as u64));
        self.optional_target(filter.from);
        self.optional_target(filter.to);
        self.number(u64::from(filter.count));
        self.optional(filter.id, Packer::number);
    }

    fn op(&mut self, op: &Op) {
        let (tag, key, value) = match op {
            Op::Get { key } => (0, key, None),
            Op::Delete { key } => (1, key, None),
            Op::Set { key, value } => (2, key, Some(value)),
            Op::Append { key, value } => (3, key, Some(value)),
            Op::Cas { key, value, expected: _ } => (4, key, Some(value)),
        };
        self.number(tag);
        self.text(key);
        value.into_iter().for_each(|value| self.text(value));
        if let Op::Cas { expected, .. } = op {
            self.optional(expected.as_deref(), Packer::text);
        }
    }

    fn targets(&mut self, targets: &[Target]) {
        self.list(targets, |packer, target| packer.optional_target(Some(*target)));
    }

    fn optional_target(&mut self, target: Option<Target>) {
        self.number(match target {
            None => 0,
            Some(Target::Leader) => 1,
            Some(Target::Follower) => 2,
            Some(Target::Candidate) => 3,
            Some(Target::Node(id)) => 4 + u64::from(id.0),
        });
    }

    fn range(&mut self, (low, high): (Micros, Micros)) {
        self.numbers([low.0, high.0]);
    }

    /// A scenario's fractions are whole millionths.
    fn fraction(&mut self, fraction: f64) {
        self.number((fraction * MILLION).round() as u64);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes.extend(text.as_bytes());
    }

    fn optional<T>(&mut self, value: Option<T>, put: impl FnOnce(&mut Packer, T)) {
        self.number(u64::from(value.is_some()));
        if let Some(value) = value {
            put(self, value);
        }
    }

    fn list<T>(&mut self, items: &[T], put: impl Fn(&mut Packer, &T)) {
        self.number(items.len() as u64);
        items.iter().for_each(|item| put(self, item));
    }

    fn numbers<const N: usize>(&mut self, numbers: [u64; N]) {
        numbers.into_iter().for_each(|number| self.number(number));
    }

    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }
}

const MILLION: f64 = 1e6;

impl Unpacker<'_> {
    fn scenario(&mut self) -> Scenario {
        Scenario {
            name: self.string(),
            about: self.string(),
            setup: self.setup(),
            steps: self.list(|unpacker| Step { at: unpacker.span(), command: unpacker.command() }),
            until: self.span(),
            expect: Vec::new(),
        }
    }

    fn setup(&mut self) -> Setup {
        Setup {
            nodes: self.small(),
            seed: self.number(),
            config: NodeSetup {
                election_timeout: self.range(),
                heartbeat: self.span(),
                pre_vote: self.bool(),
                check_quorum: self.bool(),
                max_entries_per_append: self.small(),
                max_inflight: self.small(),
                snapshot_every: self.number(),
                lease_drift_percent: self.optional(Self::small),
                session_timeout: self.optional(Self::span),
            },
            network: NetworkSetup {
                latency: self.range(),
                loss: self.fraction(),
                duplicate: self.fraction(),
            },
            disk: DiskSetup { sync: self.range(), keep: self.fraction() },
            clients: self.list(|unpacker| ClientSetup {
                id: ClientId(unpacker.text()),
                every: unpacker.span(),
                mix: Mix {
                    set: unpacker.small(),
                    get: unpacker.small(),
                    cas: unpacker.small(),
                    delete: unpacker.small(),
                    append: unpacker.small(),
                },
                keys: unpacker.small(),
            }),
            without: self.list(|unpacker| Rule::ALL[unpacker.small() as usize]),
        }
    }

    fn command(&mut self) -> Command {
        match self.number() {
            0 => Command::Crash { node: self.target() },
            1 => Command::Restart { node: self.target() },
            2 => Command::Wipe { node: self.target() },
            3 => Command::Pause { node: self.target() },
            4 => Command::Resume { node: self.target() },
            5 => Command::Timeout { node: self.target() },
            6 => Command::Snapshot { node: self.target() },
            7 => Command::Transfer { to: self.target() },
            8 => {
                let LinkTargets { from, to, both } = self.link();
                Command::Cut { from, to, both }
            }
            9 => Command::Heal { link: Some(self.link()) },
            10 => Command::Heal { link: None },
            11 => Command::Timers { how: TimerMove::Spread },
            12 => Command::Timers { how: TimerMove::Align },
            13 => Command::Partition { groups: self.list(Self::targets) },
            14 => Command::Network {
                from: self.optional_target(),
                to: self.optional_target(),
                change: NetworkChange {
                    latency: self.optional(Self::range),
                    loss: self.optional(Self::fraction),
                    duplicate: self.optional(Self::fraction),
                },
            },
            15 => Command::Disk { node: self.target(), sync: self.optional(Self::range), fails: self.bool() },
            16 => Command::Clock { node: self.target(), rate: self.fraction() },
            17 => Command::Request { to: self.target(), client: ClientId(self.text()), op: self.op() },
            18 => Command::Members { add: self.targets(), remove: self.targets(), learners: self.targets() },
            19 => Command::Drop(self.filter()),
            20 => Command::Hold(self.filter()),
            21 => Command::Release(self.filter()),
            _ => Command::Duplicate(self.filter()),
        }
    }

    fn link(&mut self) -> LinkTargets {
        LinkTargets { from: self.target(), to: self.target(), both: self.bool() }
    }

    fn filter(&mut self) -> MessageFilter {
        MessageFilter {
            kind: self.optional(|unpacker| MessageKind::ALL[unpacker.small() as usize]),
            from: self.optional_target(),
            to: self.optional_target(),
            count: self.small(),
            id: self.optional(Self::number),
        }
    }

    fn op(&mut self) -> Op {
        let (tag, key) = (self.number(), self.text());
        match tag {
            0 => Op::Get { key },
            1 => Op::Delete { key },
            2 => Op::Set { key, value: self.text() },
            3 => Op::Append { key, value: self.text() },
            _ => Op::Cas { key, value: self.text(), expected: self.optional(Self::text) },
        }
    }

    fn targets(&mut self) -> Vec<Target> {
        self.list(Self::target)
    }

    fn target(&mut self) -> Target {
        self.optional_target().unwrap_or(Target::Leader)
    }

    fn optional_target(&mut self) -> Option<Target> {
        match self.small() {
            0 => None,
            1 => Some(Target::Leader),
            2 => Some(Target::Follower),
            3 => Some(Target::Candidate),
            id => Some(Target::Node(NodeId(id - 4))),
        }
    }

    fn range(&mut self) -> (Micros, Micros) {
        (self.span(), self.span())
    }

    fn span(&mut self) -> Micros {
        Micros(self.number())
    }

    fn fraction(&mut self) -> f64 {
        self.number() as f64 / MILLION
    }

    fn bool(&mut self) -> bool {
        self.number() != 0
    }

    fn small(&mut self) -> u32 {
        self.number() as u32
    }

    fn text(&mut self) -> Arc<str> {
        self.string().into()
    }

    fn string(&mut self) -> String {
        let bytes = (0..self.number()).map(|_| self.byte()).collect();
        String::from_utf8(bytes).unwrap_or_default()
    }

    fn optional<T>(&mut self, take: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.bool().then(|| take(self))
    }

    fn list<T>(&mut self, mut take: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.number()).map(|_| take(self)).collect()
    }

    fn number(&mut self) -> u64 {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte();
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return number;
            }
        }
    }

    fn byte(&mut self) -> u8 {
        let (first, rest) = self.bytes.split_first().unwrap_or((&0, &[]));
        self.bytes = rest;
        *first
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::strategies::{command, setup, span};
    use super::*;

    #[test]
    fn the_library_is_unpacked_as_it_was_packed() {
        let mut scenarios: Vec<Scenario> =
            super::super::library().iter().map(|builtin| builtin.scenario()).collect();
        let bytes = pack(&scenarios);
        scenarios.iter_mut().for_each(|scenario| scenario.expect.clear());
        assert_eq!(unpack(&bytes), scenarios);
    }

    proptest! {
        #[test]
        fn every_step_and_every_setup_is_unpacked_as_it_was_packed(
            setup in setup(),
            steps in proptest::collection::vec((span(), command()), 0..20),
            until in span(),
        ) {
            let steps = steps.into_iter().map(|(at, command)| Step { at, command }).collect();
            let (name, about) = ("a name".to_owned(), String::new());
            let scenario = Scenario { name, about, setup, steps, until, expect: Vec::new() };
            let two = [scenario.clone(), scenario];
            prop_assert_eq!(unpack(&pack(&two)), two);
        }
    }
}
