//! A world to experiment with, and all its events.

use crate::kv::{ClientId, Op};
use crate::raft::{Index, Node, NodeId, RoleName, Switchable};
use crate::sim::command::MessageFilter;
use crate::sim::event::MessageKind;
use crate::sim::{ClientSetup, Command, Event, EventKind, Machine, Mix, Setup, Target, World};
use crate::time::Micros;

pub(super) struct Lab {
    pub(super) world: World,
    pub(super) events: Vec<Event>,
}

impl Lab {
    /// A world of this many servers with the defaults.
    pub(super) fn new(nodes: u32) -> Lab {
        Lab::with(nodes, |_| {})
    }

    /// A world whose setup is changed first.
    pub(super) fn with(nodes: u32, change: impl FnOnce(&mut Setup)) -> Lab {
        let mut setup = Setup { nodes, ..Setup::default() };
        change(&mut setup);
        let mut events = Vec::new();
        let world = World::new(&setup, &mut events);
        Lab { world, events }
    }

    /// As `with`, once a leader is there and known to all.
    pub(super) fn with_leader(nodes: u32, change: impl FnOnce(&mut Setup)) -> (Lab, NodeId) {
        let mut lab = Lab::with(nodes, change);
        let leads = |lab: &Lab| lab.nodes().filter(|node| node.leader().is_some()).count() == nodes as usize;
        lab.run_until_true(leads);
        let leader = lab.world.leader().expect("everyone knows a leader");
        (lab, leader)
    }

    /// Lets this much time pass.
    pub(super) fn run_ms(&mut self, millis: u64) {
        let t = self.world.now() + Micros::from_millis(millis);
        while self.world.next_at().is_some_and(|at| at <= t) {
            self.world.step(&mut self.events);
        }
        self.world.advance_to(t);
    }

    /// Lets time pass until this is true, at most a minute.
    pub(super) fn run_until_true(&mut self, is_true: impl Fn(&Lab) -> bool) {
        let limit = self.world.now() + Micros::from_millis(60_000);
        while !is_true(self) {
            assert!(self.world.now() < limit, "it did not become true");
            assert!(self.world.step(&mut self.events), "nothing happens any more");
        }
    }

    /// Does this, which must be possible.
    pub(super) fn obey(&mut self, command: Command) {
        self.world.command(&command, &mut self.events).expect("a command with a target");
    }

    /// Tries this, which must be impossible and change nothing. Returns why.
    pub(super) fn refuse(&mut self, command: Command) -> String {
        let (events, next_at) = (self.events.len(), self.world.next_at());
        let why = self.world.command(&command, &mut self.events).expect_err("a command without a target");
        assert_eq!((events, next_at), (self.events.len(), self.world.next_at()));
        why
    }

    pub(super) fn machine(&self, id: NodeId) -> &Machine {
        self.world.machine(id).expect("a server of this world")
    }

    pub(super) fn node(&self, id: NodeId) -> &Node<Switchable> {
        self.machine(id).node().expect("a server that is not down")
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = &Node<Switchable>> {
        self.world.machines().iter().filter_map(Machine::node)
    }

    /// The running followers, by id.
    pub(super) fn followers(&self) -> Vec<NodeId> {
        self.nodes().filter(|node| node.role() == RoleName::Follower).map(Node::id).collect()
    }

    /// A client sends `set key value` to this server first.
    pub(super) fn set(&mut self, key: &str, value: &str, to: Target) {
        let op = Op::Set { key: key.into(), value: value.into() };
        self.obey(Command::Request { client: ClientId::new("hand"), op, to });
    }

    /// How many events are such.
    pub(super) fn count(&self, is_such: impl Fn(&EventKind) -> bool) -> usize {
        self.events.iter().filter(|event| is_such(&event.kind)).count()
    }

    /// Forgets the events so far.
    pub(super) fn forget(&mut self) {
        self.events.clear();
    }
}

/// A client that sets keys as fast as it is answered, about.
pub(super) fn busy_client(name: &str, every_ms: u64) -> ClientSetup {
    ClientSetup {
        id: ClientId::new(name),
        every: Micros::from_millis(every_ms),
        mix: Mix { set: 1, get: 0, cas: 0, delete: 0, append: 0 },
        keys: 3,
    }
}

/// The next `count` messages of this kind from and to anybody.
pub(super) fn kind(kind: MessageKind, count: u32) -> MessageFilter {
    MessageFilter { kind: Some(kind), from: None, to: None, count, id: None }
}

pub(super) fn committed(lab: &Lab) -> Index {
    lab.nodes().map(Node::commit_index).max().unwrap_or_default()
}
