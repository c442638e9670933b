//! One server: its process, if it runs, its clock, and its disk, which outlives the process.

use super::agenda::Slot;
use super::clock::Clock;
use super::disk::{Disk, Synced};
use super::setup::{NodeSetup, Setup};
use super::streams::{self, Purpose};
use crate::kv::{self, ClientId, Op};
use crate::raft::{
    ClockDrift, Config, Configuration, HardState, Incarnation, Index, Node, NodeId, Output, Switchable, Term,
};
use crate::sorted::SortedMap;
use crate::time::Micros;

/// Whether a server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It runs.
    Running,
    /// It stands still and loses nothing, as under SIGSTOP.
    Paused,
    /// Its process has ended; only its disk is left.
    Crashed,
}

impl Status {
    /// The name for people and traces.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Running => "running",
            Status::Paused => "paused",
            Status::Crashed => "crashed",
        }
    }
}

/// One server.
#[derive(Clone, Debug)]
pub struct Machine {
    id: NodeId,
    clock: Clock,
    pub(super) disk: Disk,
    /// `None` when crashed.
    pub(super) process: Option<Box<Process>>,
    /// How often its disk was lost.
    pub(super) wipes: u64,
    /// Votes on its disk of which a process could not tell before it ended.
    pub(super) untold: Vec<HardState>,
    /// How often a process has started here.
    boots: u64,
    /// The node's deadline on the agenda.
    pub(super) timer: Option<Slot>,
    /// The end of the sync under way on the agenda.
    pub(super) sync: Option<Slot>,
}

/// What is lost in a crash.
#[derive(Clone, Debug)]
pub(super) struct Process {
    pub(super) node: Node<Switchable>,
    pub(super) kv: kv::Machine,
    /// The proposals and reads under way, by their numbers.
    pub(super) asked: SortedMap<u64, Asked>,
    next_ask: u64,
    /// While paused: what waits, the oldest first.
    pub(super) waiting: Option<Vec<Waiting>>,
}

/// A client's request that this server is working on.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) client: ClientId,
    pub(super) request: u64,
    pub(super) op: Op,
    pub(super) since: Option<Micros>,
}

/// What a paused process will see when it goes on.
#[derive(Clone, Debug)]
pub(super) enum Waiting {
    /// A message, by its flight.
    Message(u64),
    /// Writes that the disk has completed meanwhile.
    Synced(Synced),
    /// A write that failed.
    WriteFailed,
}

/// What was there when a process ended.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    pub(super) lost: Option<Index>,
    pub(super) term: Term,
    pub(super) waiting: Vec<Waiting>,
}

impl Machine {
    /// A server with an empty disk and no process.
    pub(super) fn new(setup: &Setup, id: NodeId) -> Machine {
        Machine {
            id,
            clock: Clock::new(),
            disk: Disk::new(setup.seed, id, &setup.disk),
            process: None,
            wipes: 0,
            untold: Vec::new(),
            boots: 0,
            timer: None,
            sync: None,
        }
    }

    /// This server.
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// Whether it runs.
    pub fn status(&self) -> Status {
        match &self.process {
            None => Status::Crashed,
            Some(process) if process.waiting.is_some() => Status::Paused,
            Some(_) => Status::Running,
        }
    }

    /// The Raft node; `None` when crashed.
    pub fn node(&self) -> Option<&Node<Switchable>> {
        self.process.as_ref().map(|process| &process.node)
    }

    /// The state machine; `None` when crashed.
    pub fn kv(&self) -> Option<&kv::Machine> {
        self.process.as_ref().map(|process| &process.kv)
    }

    /// What is on stable storage, and what waits to be.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// How often a process has started here, the first time included.
    pub fn boots(&self) -> u64 {
        self.boots
    }

    /// How many messages and completed writes wait for a paused process.
    pub fn waiting(&self) -> usize {
        let process = self.process.as_ref();
        process.and_then(|process| process.waiting.as_ref()).map_or(0, Vec::len)
    }

    /// Local seconds in a simulated second; 1.0 is a clock that runs true.
    pub fn clock_rate(&self) -> f64 {
        self.clock.rate()
    }

    /// What its clock shows at this simulated moment, which is not before the last change of the clock's rate.
    pub fn to_local(&self, world: Micros) -> Micros {
        self.clock.local(world)
    }

    /// The simulated moment at which its clock shows this, if the rate stays; for example for the end of its
    /// election timer.
    pub fn to_world(&self, local: Micros) -> Micros {
        self.clock.world(local)
    }

    pub(super) fn set_clock_rate(&mut self, now: Micros, rate: f64) {
        self.clock.set_rate(now, rate);
    }

    /// The loss after which nothing has reached the disk yet, if there was one.
    fn lost_disk(&self) -> Option<Incarnation> {
        (self.wipes > 0 && self.disk.is_empty()).then_some(Incarnation(self.wipes))
    }

    /// Starts a process from what the disk holds.
    pub(super) fn start(&mut self, setup: &Setup, now: Micros, out: &mut Output) {
        let NodeSetup {
            election_timeout,
            heartbeat,
            pre_vote,
            check_quorum,
            max_entries_per_append,
            max_inflight,
            lease_drift_percent,
            snapshot_every: _,
            session_timeout: _,
        } = setup.config;
        // A server that came later waits to be added.
        let born = if self.id.0 < setup.nodes {
            Configuration::of_size(setup.nodes)
        } else {
            Configuration::new([])
        };
        let config = Config {
            election_timeout_min: election_timeout.0,
            election_timeout_max: election_timeout.1,
            heartbeat_interval: heartbeat,
            pre_vote,
            check_quorum,
            max_entries_per_append,
            max_inflight,
            lease_reads: lease_drift_percent.map(|percent| ClockDrift { percent }),
            seed: streams::node(setup.seed, Purpose::Election, self.id, self.boots).next_u64(),
            facts: true,
            lost_disk: self.lost_disk(),
            ..Config::new(self.id, born)
        };
        self.boots += 1;
        let rules = Switchable::without(setup.without.iter().copied());
        let node = Node::new(config, rules, self.disk.persistent(), self.to_local(now), out);
        self.process = Some(Box::new(Process {
            node,
            kv: out.restore.take().map_or_else(kv::Machine::new, |snapshot| restored(&snapshot.data)),
            asked: SortedMap::new(),
            next_ask: 0,
            waiting: None,
        }));
    }

    /// Ends the process, if there is one: what was not synced is lost, or most of it.
    pub(super) fn end(&mut self) -> Option<Ended> {
        let process = self.process.take()?;
        let survivors = self.disk.keep_some();
        let lost = self.disk.first_unsynced();
        self.disk.lose_pending();
        let (term, waiting) = (process.node.current_term(), process.waiting.unwrap_or_default());
        for waiting in &waiting {
            if let Waiting::Synced(synced) = waiting {
                self.untold.extend(synced.votes.iter().map(|(vote, _)| *vote));
            }
        }
        self.untold.extend(survivors);
        Some(Ended { lost, term, waiting })
    }
}

impl Process {
    /// A number that no proposal and no read of this process has had.
    pub(super) fn next_ask(&mut self) -> u64 {
        self.next_ask += 1;
        self.next_ask
    }
}

/// The state machine in a snapshot, which some server of this world has taken.
pub(super) fn restored(snapshot: &[u8]) -> kv::Machine {
    kv::Machine::restore(snapshot).expect("a snapshot is what a state machine wrote")
}
