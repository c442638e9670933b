//! Clients that work while a cluster suffers.
//!
//! Groups of a few clients share a key, and take another one after a while: the search for an order is feasible only for
//! short histories with few operations at a time. Values are never written twice.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hyper::{Method, StatusCode};
use mini_raft_core::kv::{Op, Outcome};
use mini_raft_core::rng::Rng;
use mini_raft_core::sim::event::ClientError;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::history::Recorder;
use super::ledger::{Ledger, Told};
use crate::client::kv::{Condition, Consistency, path_of};
use crate::client::{Client, Failure, NodeUrl, Outcome as Done, Request};

/// How long a client waits for its answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// After so many operations a group takes another key.
const OPERATIONS_A_KEY: u64 = 250;
/// Or after so many whose outcome is unknown: each doubles what an order may be.
const DOUBTS_A_KEY: u64 = 2;
/// The groups: what their clients do, and how many there are of them.
const GROUPS: [(Role, u64); 6] = [
    (Role::Register, 5),
    (Role::Register, 5),
    (Role::Chain, 4),
    (Role::Chain, 4),
    (Role::Unique, 2),
    (Role::Unique, 2),
];

/// What a client does all the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Reads, writes and deletes one key.
    Register,
    /// Reads one key, and writes it if it is unchanged: a lost write breaks the chain.
    Chain,
    /// Writes a key that nobody wrote before.
    Unique,
}

/// How many operations had which end.
#[derive(Debug, Default)]
pub struct Tally {
    writes: AtomicU64,
    reads: AtomicU64,
    refused: AtomicU64,
    unknown: AtomicU64,
}

impl Tally {
    /// Writes that were acknowledged, conditional ones too whose condition was not true.
    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::Relaxed)
    }

    /// Reads that were answered.
    pub fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }

    /// Operations that were certainly not done.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Writes of which nobody knows whether they were done.
    pub fn unknown(&self) -> u64 {
        self.unknown.load(Ordering::Relaxed)
    }

    fn count(&self, counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// Clients at work.
#[derive(Debug)]
pub struct Workload {
    /// What they did and saw.
    pub recorder: Arc<Recorder>,
    /// The keys that were written once.
    pub ledger: Arc<Ledger>,
    /// How many operations there were.
    pub tally: Arc<Tally>,
    stop: watch::Sender<bool>,
    workers: JoinSet<()>,
}

impl Workload {
    /// Starts clients of this cluster, whose keys all begin with `prefix`. Must be called on a runtime.
    pub fn start(nodes: &[NodeUrl], prefix: &str, seed: u64) -> Workload {
        let (stop, stopped) = watch::channel(false);
        let mut load = Workload {
            recorder: Arc::default(),
            ledger: Arc::default(),
            tally: Arc::default(),
            stop,
            workers: JoinSet::new(),
        };
        for (number, (role, clients)) in (0u32..).zip(GROUPS) {
            let group = Arc::new(Group::new(role, format!("{prefix}{number}")));
            for _ in 0..clients {
                let id = load.recorder.new_client();
                let worker = Worker {
                    id,
                    // A request without a key of its own is one that no retry repeats: both kinds are used.
                    keyed: id.is_multiple_of(2),
                    written: 0,
                    client: Client::new(nodes.to_vec(), PATIENCE),
                    nodes: nodes.to_vec(),
                    rng: Rng::stream(seed, u64::from(id)),
                    group: group.clone(),
                    recorder: load.recorder.clone(),
                    ledger: load.ledger.clone(),
                    tally: load.tally.clone(),
                };
                load.workers.spawn(worker.run(stopped.clone()));
            }
        }
        load
    }

    /// What the keys begin with that are written once, where all keys begin with `prefix`.
    pub fn prefixes_of_unique_keys(prefix: &str) -> Vec<String> {
        let unique = (0..).zip(GROUPS).filter(|(_, (role, _))| *role == Role::Unique);
        unique.map(|(number, _): (u32, _)| format!("{prefix}{number}-")).collect()
    }

    /// Lets each client end what it is doing.
    pub async fn stop(&mut self) {
        self.stop.send_replace(true);
        while self.workers.join_next().await.is_some() {}
    }
}

/// Clients that share a key.
#[derive(Debug)]
struct Group {
    role: Role,
    name: String,
    turn: Mutex<Turn>,
}

#[derive(Debug, Default)]
struct Turn {
    key: u64,
    operations: u64,
    doubts: u64,
}

impl Group {
    fn new(role: Role, name: String) -> Group {
        Group { role, name, turn: Mutex::default() }
    }

    /// The key for one more operation.
    fn key(&self) -> Arc<str> {
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        turn.operations += 1;
        if turn.operations > OPERATIONS_A_KEY || turn.doubts >= DOUBTS_A_KEY {
            *turn = Turn { key: turn.key + 1, operations: 1, doubts: 0 };
        }
        format!("{}-{}", self.name, turn.key).into()
    }

    fn doubt(&self) {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner).doubts += 1;
    }
}

struct Worker {
    id: u32,
    keyed: bool,
    written: u64,
    client: Client,
    nodes: Vec<NodeUrl>,
    rng: Rng,
    group: Arc<Group>,
    recorder: Arc<Recorder>,
    ledger: Arc<Ledger>,
    tally: Arc<Tally>,
}

impl Worker {
    async fn run(mut self, stopped: watch::Receiver<bool>) {
        while !*stopped.borrow() {
            match self.group.role {
                Role::Register => self.use_register().await,
                Role::Chain => self.prolong_chain().await,
                Role::Unique => self.write_unique().await,
            }
            tokio::time::sleep(Duration::from_millis(self.rng.between(2, 12))).await;
        }
    }

    async fn use_register(&mut self) {
        let key = self.group.key();
        match self.rng.below(10) {
            0..=4 => drop(self.read(&key).await),
            5..=8 => {
                let value = self.next_value();
                let begun = self.recorder.begin(self.id, Op::Set { key: key.clone(), value: value.clone() });
                let result = self.write(&key, &value, &Condition::Always).await.map(|_| Outcome::Done);
                self.recorder.end(begun, result.clone());
                self.after(&result);
            }
            _ => {
                let begun = self.recorder.begin(self.id, Op::Delete { key: key.clone() });
                let deleted = self.client.delete(&key, &Condition::Always).await;
                let result = deleted.map(|_| Outcome::Done).map_err(ending);
                self.recorder.end(begun, result.clone());
                self.after(&result);
            }
        }
    }

    async fn prolong_chain(&mut self) {
        let key = self.group.key();
        let Ok(found) = self.read(&key).await else { return };
        let (expected, condition) = match found {
            Some((value, etag)) => (Some(value), Condition::Unchanged(etag)),
            None => (None, Condition::Absent),
        };
        let value = self.next_value();
        let op = Op::Cas { key: key.clone(), expected, value: value.clone() };
        let begun = self.recorder.begin(self.id, op);
        let result = self.write(&key, &value, &condition).await.map(Outcome::Swapped);
        self.recorder.end(begun, result.clone());
        self.after(&result);
    }

    async fn write_unique(&mut self) {
        let value = self.next_value();
        let key = format!("{}-{value}", self.group.name);
        let result = self.write(&key, &value, &Condition::Always).await.map(|_| Outcome::Done);
        let told = match &result {
            Ok(_) => Told::Done,
            Err(ClientError::Rejected) => Told::Refused,
            Err(ClientError::Unknown) => Told::Unknown,
        };
        self.ledger.note(key, value.to_string(), told);
        self.after(&result);
    }

    /// The value and its tag, as a node drawn at random gives it.
    async fn read(&mut self, key: &Arc<str>) -> Result<Option<(Arc<str>, String)>, ()> {
        let node = self.rng.below(self.nodes.len() as u64) as usize;
        self.client.prefer(&self.nodes[node]);
        let begun = self.recorder.begin(self.id, Op::Get { key: key.clone() });
        match self.client.get(key, Consistency::Linearizable).await {
            Ok(found) => {
                let found =
                    found.map(|found| (Arc::<str>::from(String::from_utf8_lossy(&found.value)), found.etag));
                let value = found.as_ref().map(|(value, _)| value.clone());
                self.recorder.end(begun, Ok(Outcome::Value(value)));
                self.tally.count(&self.tally.reads);
                Ok(found)
            }
            Err(_) => {
                // A read that is not answered has shown nothing.
                self.recorder.end(begun, Err(ClientError::Rejected));
                self.tally.count(&self.tally.refused);
                Err(())
            }
        }
    }

    /// Whether the condition was true, and the value is written.
    async fn write(&mut self, key: &str, value: &str, condition: &Condition) -> Result<bool, ClientError> {
        let value = Bytes::copy_from_slice(value.as_bytes());
        if self.keyed {
            return self
                .client
                .set(key, value, condition)
                .await
                .map(|written| written.is_some())
                .map_err(ending);
        }
        let request = condition.on(Request::write_once(Method::PUT, path_of(key), value));
        match self.client.call(&request).await {
            Ok(_) => Ok(true),
            Err(Failure::Refused(problem)) if problem.status == StatusCode::PRECONDITION_FAILED.as_u16() => {
                Ok(false)
            }
            Err(failure) => Err(ending(failure)),
        }
    }

    fn next_value(&mut self) -> Arc<str> {
        self.written += 1;
        format!("c{}-{}", self.id, self.written).into()
    }

    /// Counts a write. Whoever does not know what came of it asks nothing more under that name: it may still be done.
    fn after(&mut self, result: &Result<Outcome, ClientError>) {
        match result {
            Ok(_) => self.tally.count(&self.tally.writes),
            Err(ClientError::Rejected) => self.tally.count(&self.tally.refused),
            Err(ClientError::Unknown) => {
                self.tally.count(&self.tally.unknown);
                self.group.doubt();
                self.id = self.recorder.new_client();
            }
        }
    }
}

/// Only what a node said, or what never left this machine, is certain.
fn ending(failure: Failure) -> ClientError {
    match failure {
        Failure::Refused(problem) if problem.outcome == Done::NotApplied => ClientError::Rejected,
        Failure::Unavailable(_) => ClientError::Rejected,
        Failure::Refused(_) | Failure::Unknown(_) => ClientError::Unknown,
    }
}
