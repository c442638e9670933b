//! A client: one operation at a time, retried with the same number until it is answered or given up.

use std::sync::Arc;

use super::agenda::Slot;
use super::event::ClientError;
use super::setup::{ClientSetup, Mix};
use super::streams::{self, Purpose};
use crate::kv::{ClientId, Op, Outcome};
use crate::raft::{Index, NodeId};
use crate::rng::Rng;
use crate::sorted::SortedMap;
use crate::time::Micros;

/// The place of a client among the clients of its world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ClientPlace(pub(super) usize);

/// A client, and what it is doing.
#[derive(Clone, Debug)]
pub struct Client {
    id: ClientId,
    setup: Option<ClientSetup>,
    rng: Rng,
    requests: u64,
    values: u64,
    /// What it last saw under each key.
    seen: SortedMap<Arc<str>, Option<Arc<str>>>,
    pub(super) believed_leader: Option<NodeId>,
    /// The time of the log when it was told last that it has no session.
    pub(super) since: Option<Micros>,
    pub(super) operation: Option<Operation>,
    pub(super) queue: Vec<Wish>,
    pub(super) last: Option<Finished>,
    /// When its next own operation began or is due.
    pub(super) next_own_at: Option<Micros>,
    pub(super) retry: Option<Slot>,
}

/// An operation under way.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// Its number; every attempt has the same.
    pub request: u64,
    /// What.
    pub op: Op,
    /// How often it has been sent.
    pub attempts: u32,
    /// When it began.
    pub started_at: Micros,
    /// To whom it was sent last.
    pub to: NodeId,
    /// Whether an answer to the last attempt is awaited; else the client rests before the next one.
    pub awaiting: bool,
    /// Whether some server may have taken it: an attempt was not answered, or not clearly.
    pub(super) may_be_done: bool,
    /// Answers "not the leader" since the last rest.
    pub(super) redirects: u32,
    /// The event with which it began.
    pub(super) invoked_by: u64,
}

/// An operation that is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    /// Its number.
    pub request: u64,
    /// What.
    pub op: Op,
    /// When it began.
    pub started_at: Micros,
    /// When it ended.
    pub ended_at: Micros,
    /// How.
    pub result: Result<Outcome, ClientError>,
    /// The node that answered, and the index of its answer.
    pub served_by: Option<(NodeId, Index)>,
}

/// An operation that was asked for by hand and waits for the one before.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wish {
    pub(super) op: Op,
    pub(super) to: NodeId,
}

/// Keys that read well; further ones are numbered.
const KEYS: [&str; 3] = ["x", "y", "z"];

impl Client {
    /// A client that acts by itself, as set up.
    pub(super) fn automatic(seed: u64, setup: &ClientSetup) -> Client {
        let mut client = Client::by_hand(seed, setup.id.clone());
        // Clients of one rhythm do not beat together.
        client.next_own_at = Some(client.rng.span(Micros::ZERO, setup.every));
        client.setup = Some(setup.clone());
        client
    }

    /// A client that does only what it is told.
    pub(super) fn by_hand(seed: u64, id: ClientId) -> Client {
        Client {
            rng: streams::client(seed, Purpose::Client, &id),
            id,
            setup: None,
            requests: 0,
            values: 0,
            seen: SortedMap::new(),
            believed_leader: None,
            since: None,
            operation: None,
            queue: Vec::new(),
            last: None,
            next_own_at: None,
            retry: None,
        }
    }

    /// Its name.
    pub fn id(&self) -> &ClientId {
        &self.id
    }

    /// How it acts by itself; `None` if it does only what it is told.
    pub fn setup(&self) -> Option<&ClientSetup> {
        self.setup.as_ref()
    }

    /// The operation under way.
    pub fn operation(&self) -> Option<&Operation> {
        self.operation.as_ref()
    }

    /// How many operations that were asked for by hand wait.
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Where it will send its next operation, unless told otherwise.
    pub fn believed_leader(&self) -> Option<NodeId> {
        self.believed_leader
    }

    /// The last operation that is over.
    pub fn last(&self) -> Option<&Finished> {
        self.last.as_ref()
    }

    /// How many operations it has begun.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    pub(super) fn next_request(&mut self) -> u64 {
        self.requests += 1;
        self.requests
    }

    /// The leader as it believes, or any server.
    pub(super) fn whom_to_ask(&mut self, nodes: u32) -> NodeId {
        match self.believed_leader {
            Some(leader) => leader,
            None => NodeId(self.rng.below(u64::from(nodes)) as u32),
        }
    }

    /// Any server but this one, unless it is the only one.
    pub(super) fn another_than(&mut self, node: NodeId, nodes: u32) -> NodeId {
        let step = 1 + self.rng.below(u64::from(nodes.saturating_sub(1)));
        NodeId((node.0 + step as u32) % nodes)
    }

    /// A rest before the next attempt.
    pub(super) fn backoff(&mut self) -> Micros {
        self.rng.span(Micros::from_millis(40), Micros::from_millis(80))
    }

    /// Draws its next own operation, and says how long after its beginning the next one is due. `None` if it does
    /// none: all weights are 0.
    pub(super) fn draw_op(&mut self) -> Option<(Micros, Op)> {
        let setup = self.setup.as_ref()?;
        let every = setup.every;
        let Mix { set, get, cas, delete, append } = setup.mix;
        let weights = [set, get, cas, delete, append].map(u64::from);
        let mut drawn = self.rng.below(weights.iter().sum());
        let kind = weights.iter().position(|weight| {
            let hit = drawn < *weight;
            drawn = drawn.saturating_sub(*weight);
            hit
        })?;
        let key = key_name(self.rng.below(u64::from(setup.keys.max(1))));
        let op = match kind {
            0 => Op::Set { value: self.fresh_value(), key },
            1 => Op::Get { key },
            2 => Op::Cas {
                // What it saw there last: this makes chains, in which a lost write shows.
                expected: self.seen.get(&key).cloned().flatten(),
                value: self.fresh_value(),
                key,
            },
            3 => Op::Delete { key },
            _ => Op::Append { value: self.fresh_value(), key },
        };
        Some((every, op))
    }

    /// An operation is over: what was seen is remembered.
    pub(super) fn finish(&mut self, finished: Finished) {
        if let Ok(outcome) = &finished.result {
            match (&finished.op, outcome) {
                (Op::Get { key }, Outcome::Value(value)) => {
                    self.seen.insert(key.clone(), value.clone());
                }
                (Op::Set { key, value }, Outcome::Done)
                | (Op::Cas { key, value, .. }, Outcome::Swapped(true)) => {
                    self.seen.insert(key.clone(), Some(value.clone()));
                }
                (Op::Delete { key }, Outcome::Done) => {
                    self.seen.insert(key.clone(), None);
                }
                _ => {}
            }
        }
        self.last = Some(finished);
    }

    /// A value that nobody else writes in this run.
    fn fresh_value(&mut self) -> Arc<str> {
        self.values += 1;
        Arc::from(format!("{}-{}", self.id, self.values))
    }
}

/// The name of a key by its number among those that clients draw from.
pub(crate) fn key_name(number: u64) -> Arc<str> {
    match KEYS.get(number as usize) {
        Some(key) => Arc::from(*key),
        None => Arc::from(format!("k{number}")),
    }
}
