//! Five nodes of the crate `raft`, in one thread, with its own storage of memory.

use std::collections::VecDeque;
use std::ops::Range;

use raft::StateRole;
use raft::prelude::*;
use raft::storage::MemStorage;

use crate::load::{self, Applied, NODES, command};

struct Server {
    node: RawNode<MemStorage>,
    applied: Applied,
}

/// The cluster.
pub struct Cluster {
    servers: Vec<Server>,
    leader: usize,
    network: VecDeque<Message>,
}

impl Cluster {
    /// Five servers that have elected a leader.
    pub fn new() -> Cluster {
        let logger = slog::Logger::root(slog::Discard, slog::o!());
        let voters: Vec<u64> = (1..=NODES as u64).collect();
        let servers = voters
            .iter()
            .map(|id| {
                let config = Config {
                    id: *id,
                    max_size_per_msg: 1 << 20,
                    max_inflight_msgs: 256,
                    check_quorum: true,
                    pre_vote: true,
                    ..Config::default()
                };
                let storage = MemStorage::new_with_conf_state((voters.clone(), vec![]));
                let node = RawNode::new(&config, storage, &logger).expect("the settings are valid");
                Server { node, applied: Applied::default() }
            })
            .collect();
        let mut cluster = Cluster { servers, leader: 0, network: VecDeque::new() };
        cluster.elect();
        cluster
    }

    fn elect(&mut self) {
        self.servers[0].node.campaign().expect("it may campaign");
        self.settle(0);
        self.deliver_all();
        let leads = |server: &Server| server.node.raft.state == StateRole::Leader;
        self.leader = self.servers.iter().position(leads).expect("the first that asks is elected");
    }

    /// Round by round: a server takes in all that has arrived for it, and then acts once.
    fn deliver_all(&mut self) {
        while !self.network.is_empty() {
            for message in std::mem::take(&mut self.network) {
                let place = message.to as usize - 1;
                self.servers[place].node.step(message).expect("peers are known");
            }
            for place in 0..NODES {
                self.settle(place);
            }
        }
    }

    /// Does what a server wants done, as the crate's documentation has it.
    fn settle(&mut self, place: usize) {
        let Server { node, applied } = &mut self.servers[place];
        while node.has_ready() {
            let mut ready = node.ready();
            self.network.extend(ready.take_messages());
            apply(applied, ready.take_committed_entries());
            let store = node.raft.raft_log.store.clone();
            if !ready.entries().is_empty() {
                store.wl().append(ready.entries()).expect("entries follow each other");
            }
            if let Some(hard_state) = ready.hs() {
                store.wl().set_hardstate(hard_state.clone());
            }
            self.network.extend(ready.take_persisted_messages());
            let mut light = node.advance(ready);
            if let Some(commit) = light.commit_index() {
                store.wl().mut_hard_state().set_commit(commit);
            }
            self.network.extend(light.take_messages());
            apply(applied, light.take_committed_entries());
            node.advance_apply();
        }
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
        for number in numbers {
            self.servers[self.leader].node.propose(vec![], command(number).to_vec()).expect("it leads");
        }
        self.settle(self.leader);
        self.deliver_all();
    }

    fn heartbeat(&mut self) {
        self.servers[self.leader].node.ping();
        self.settle(self.leader);
        self.deliver_all();
    }
}

fn apply(applied: &mut Applied, entries: Vec<Entry>) {
    for entry in entries {
        // The empty entry of a new leader.
        if !entry.data.is_empty() {
            applied.apply(&entry.data);
        }
    }
}
