//! Five nodes of this project's core, in one thread, with disks of memory.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use mini_raft_core::raft::{
    Config, Configuration, Entry, HardState, Input, Message, Node, NodeId, Output, Paper, Payload,
    Persistent, Proposal, ProposalId, RoleName, WriteId,
};
use mini_raft_core::time::Micros;

use crate::load::{self, Applied, NODES, command};

/// Settings that both cores share.
const MAX_ENTRIES_PER_APPEND: u32 = 256;

struct Server {
    node: Node<Paper>,
    disk: Vec<Entry>,
    hard_state: HardState,
    applied: Applied,
}

/// The cluster.
pub struct Cluster {
    servers: Vec<Server>,
    leader: usize,
    network: VecDeque<Message>,
    out: Output,
    now: Micros,
    facts: bool,
}

impl Cluster {
    /// Five servers that have elected a leader. `facts` has every rule recorded as it fires.
    pub fn new(facts: bool) -> Cluster {
        let configuration = Configuration::new((0..NODES as u32).map(NodeId));
        let mut out = Output::default();
        let servers = (0..NODES as u32)
            .map(|id| {
                let config = Config {
                    facts,
                    seed: u64::from(id),
                    max_entries_per_append: MAX_ENTRIES_PER_APPEND,
                    max_inflight: 256,
                    ..Config::new(NodeId(id), configuration.clone())
                };
                let node = Node::new(config, Paper, Persistent::default(), Micros::ZERO, &mut out);
                Server {
                    node,
                    disk: Vec::new(),
                    hard_state: HardState::default(),
                    applied: Applied::default(),
                }
            })
            .collect();
        let network = VecDeque::new();
        let mut cluster = Cluster { servers, leader: 0, network, out, now: Micros::ZERO, facts };
        cluster.elect();
        cluster
    }

    fn elect(&mut self) {
        self.now = self.servers[0].node.deadline();
        self.step(0, Input::TimerCheck);
        self.deliver_all();
        let leads = |server: &Server| server.node.role() == RoleName::Leader;
        self.leader = self.servers.iter().position(leads).expect("the first that asks is elected");
    }

    fn deliver_all(&mut self) {
        while let Some(message) = self.network.pop_front() {
            self.step(message.to.0 as usize, Input::Message(message));
        }
    }

    /// Gives one server an input, and its disk and state machine what comes of it.
    fn step(&mut self, place: usize, input: Input) {
        self.servers[place].node.step(self.now, input, &mut self.out);
        // One report stands for all writes before it.
        while let Some(written) = self.obey(place) {
            self.servers[place].node.step(self.now, Input::WriteDone(written), &mut self.out);
        }
    }

    /// Does what a server wants done. Returns the last of its writes.
    fn obey(&mut self, place: usize) -> Option<WriteId> {
        let server = &mut self.servers[place];
        let mut written = None;
        for write in self.out.writes.drain(..) {
            server.hard_state = write.hard_state.unwrap_or(server.hard_state);
            if let Some(from) = write.truncate_from {
                server.disk.truncate(from.0 as usize - 1);
            }
            server.disk.extend_from_slice(&write.entries);
            written = Some(write.id);
        }
        self.network.extend(self.out.messages.drain(..));
        for entry in self.out.apply.drain(..) {
            if let Payload::Command(bytes) = &entry.payload {
                server.applied.apply(bytes);
            }
        }
        self.out.answers.clear();
        assert!(self.facts || self.out.facts.is_empty(), "nobody listens to facts");
        self.out.facts.clear();
        written
    }
}

impl load::Cluster for Cluster {
    fn leader(&self) -> usize {
        self.leader
    }

    fn applied(&self, place: usize) -> u64 {
        self.servers[place].applied.0
    }

    fn propose(&mut self, numbers: Range<u64>) {
        let proposal = |number| Proposal { id: ProposalId(number), command: Arc::from(command(number)) };
        self.step(self.leader, Input::Propose(numbers.map(proposal).collect()));
        self.deliver_all();
    }

    fn heartbeat(&mut self) {
        self.now = self.servers[self.leader].node.deadline();
        self.step(self.leader, Input::TimerCheck);
        self.deliver_all();
    }
}
