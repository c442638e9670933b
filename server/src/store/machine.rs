//! The state machine: applies commands, answers reads.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::command::{Command, Op};
use super::hash::Hasher;
use super::history::{Change, Compacted, History, ValueChange};
use super::requests::{REQUESTS_MAX, Requests};
use super::shared_map::SharedMap;
use super::snapshot::{BadSnapshot, Frozen};

/// The most bytes of values on one page of a list; one larger value still comes.
pub const PAGE_BYTES_MAX: usize = 4 << 20;

/// What a command came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The key is new, with this index as its tag.
    Created {
        /// The index of the command.
        mod_index: u64,
    },
    /// The key has another value now, with this index as its tag.
    Replaced {
        /// The index of the command.
        mod_index: u64,
    },
    /// The key is not there any more.
    Deleted {
        /// Whether it was.
        existed: bool,
    },
    /// The condition does not hold; nothing changed.
    PreconditionFailed {
        /// The index at which the key was last changed; `None` if it is not there.
        current: Option<u64>,
    },
    /// Another request was done under the same key; nothing changed.
    IdempotencyConflict,
    /// The bytes are no command; nothing changed.
    Malformed,
}

impl Outcome {
    pub(super) fn hash(&self, hash: Hasher) -> Hasher {
        match *self {
            Outcome::Created { mod_index } => hash.number(1).number(mod_index),
            Outcome::Replaced { mod_index } => hash.number(2).number(mod_index),
            Outcome::Deleted { existed } => hash.number(3).number(existed.into()),
            Outcome::PreconditionFailed { current: None } => hash.number(4),
            Outcome::PreconditionFailed { current: Some(index) } => hash.number(5).number(index),
            Outcome::IdempotencyConflict => hash.number(6),
            Outcome::Malformed => hash.number(7),
        }
    }
}

/// What applying an entry did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// What the command came to.
    pub outcome: Outcome,
    /// It had been done before: the outcome is the remembered one.
    pub repeated: bool,
    /// The change that it made, if any.
    pub change: Option<Arc<Change>>,
}

/// A key's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The value.
    pub value: Bytes,
    /// The index of the entry that gave it: the key's tag.
    pub mod_index: u64,
}

impl Record {
    pub(super) fn digest(&self, key: &str) -> u64 {
        Hasher::new(1).bytes(key.as_bytes()).number(self.mod_index).bytes(&self.value).finish()
    }
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Keys with their values, in the order of the keys' bytes.
    pub items: Vec<(Arc<str>, Record)>,
    /// Go on after this key; `None` if this is the end.
    pub next: Option<Arc<str>>,
}

/// All that the commands up to some index have built, but for the history. A clone shares it.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) records: SharedMap<Arc<str>, Record>,
    pub(super) requests: Requests,
    /// The index of the last command.
    pub(super) applied_index: u64,
    /// The greatest time of a command.
    pub(super) time_ms: u64,
    /// The sum of the hashes of all records.
    pub(super) records_digest: u64,
}

impl State {
    pub(super) fn digest(&self) -> u64 {
        let hash = Hasher::new(3).number(self.records_digest).number(self.requests.digest());
        hash.number(self.applied_index).number(self.time_ms).finish()
    }

    pub(super) fn put(&mut self, key: Arc<str>, record: Record) -> Option<Record> {
        self.records_digest = self.records_digest.wrapping_add(record.digest(&key));
        let before = self.records.insert(Arc::clone(&key), record)?;
        self.records_digest = self.records_digest.wrapping_sub(before.digest(&key));
        Some(before)
    }

    fn delete(&mut self, key: &str) -> Option<Record> {
        let before = self.records.remove(key)?;
        self.records_digest = self.records_digest.wrapping_sub(before.digest(key));
        Some(before)
    }
}

/// The state machine of a server.
#[derive(Clone, Debug)]
pub struct Store {
    state: State,
    history: History,
    requests_max: usize,
}

impl Default for Store {
    fn default() -> Store {
        Store::new()
    }
}

impl Store {
    /// No keys; nothing was applied.
    pub fn new() -> Store {
        Store::of(State::default())
    }

    pub(super) fn of(state: State) -> Store {
        let history = History::beginning_at(state.applied_index + 1);
        Store { state, history, requests_max: REQUESTS_MAX }
    }

    #[cfg(test)]
    pub(super) fn remembering(requests_max: usize) -> Store {
        Store { requests_max, ..Store::new() }
    }

    /// Applies a committed command. Indexes ascend; entries that carry no command are left out.
    ///
    /// # Panics
    /// If the index is not after that of the last command: then the log is not applied in its order.
    pub fn apply(&mut self, index: u64, command: &[u8]) -> Applied {
        assert!(index > self.state.applied_index, "entry {index} is applied out of order");
        self.state.applied_index = index;
        let Ok(command) = Command::decode(command) else {
            return Applied { outcome: Outcome::Malformed, repeated: false, change: None };
        };
        // The cluster's time never goes back, whatever a new leader believes.
        self.state.time_ms = self.state.time_ms.max(command.at_ms);
        self.state.requests.forget(self.state.time_ms, self.requests_max);
        let applied = self.once(index, &command);
        if let Some(change) = &applied.change {
            self.history.push(Arc::clone(change));
        }
        self.state.requests.forget(self.state.time_ms, self.requests_max);
        applied
    }

    /// Does the command unless it was done before.
    fn once(&mut self, index: u64, command: &Command<'_>) -> Applied {
        let Some(asked) = command.request else {
            return self.run(index, &command.op);
        };
        let applied = match self.state.requests.get(asked.key) {
            Some(done) if done.fingerprint != asked.fingerprint => {
                return Applied { outcome: Outcome::IdempotencyConflict, repeated: false, change: None };
            }
            Some(done) => Applied { outcome: done.outcome.clone(), repeated: true, change: None },
            None => self.run(index, &command.op),
        };
        self.state.requests.remember(asked, applied.outcome.clone(), index, self.state.time_ms);
        applied
    }

    fn run(&mut self, index: u64, op: &Op<'_>) -> Applied {
        let current = self.get(op.key()).map(|record| record.mod_index);
        if !op.condition().holds(current) {
            let outcome = Outcome::PreconditionFailed { current };
            return Applied { outcome, repeated: false, change: None };
        }
        let key: Arc<str> = op.key().into();
        let (outcome, value) = match op {
            Op::Put { value, .. } => {
                let value = Bytes::copy_from_slice(value);
                let record = Record { value: value.clone(), mod_index: index };
                let outcome = match self.state.put(Arc::clone(&key), record) {
                    None => Outcome::Created { mod_index: index },
                    Some(_) => Outcome::Replaced { mod_index: index },
                };
                (outcome, Some(ValueChange::Put(value)))
            }
            Op::Delete { .. } => {
                let existed = self.state.delete(&key).is_some();
                (Outcome::Deleted { existed }, existed.then_some(ValueChange::Deleted))
            }
        };
        let change = value.map(|value| Arc::new(Change { index, key, value }));
        Applied { outcome, repeated: false, change }
    }

    /// The key's value.
    pub fn get(&self, key: &str) -> Option<&Record> {
        self.state.records.get(key)
    }

    /// Up to `limit` keys with this prefix, those after `after`.
    pub fn list(&self, prefix: &str, after: Option<&str>, limit: usize) -> Page {
        let start = after.filter(|after| *after > prefix).unwrap_or(prefix);
        let mut matching = self
            .state
            .records
            .from(start)
            .skip_while(|(key, _)| after.is_some_and(|after| &***key <= after))
            .take_while(|(key, _)| key.starts_with(prefix))
            .peekable();
        let (mut items, mut bytes) = (Vec::new(), 0);
        while let Some((key, record)) = matching.peek() {
            bytes += record.value.len();
            if items.len() == limit || (bytes > PAGE_BYTES_MAX && !items.is_empty()) {
                let next = items.last().map(|(key, _): &(Arc<str>, Record)| Arc::clone(key));
                return Page { items, next };
            }
            items.push((Arc::clone(key), (*record).clone()));
            matching.next();
        }
        Page { items, next: None }
    }

    /// Up to `limit` changes of keys with this prefix, from this index on.
    pub fn changes(&self, prefix: &str, from: u64, limit: usize) -> Result<Vec<Arc<Change>>, Compacted> {
        self.history.since(from, prefix, limit)
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.state.records.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.state.records.is_empty()
    }

    /// How many requests are remembered.
    pub fn requests_len(&self) -> usize {
        self.state.requests.len()
    }

    /// The index of the last command that was applied.
    pub fn applied_index(&self) -> u64 {
        self.state.applied_index
    }

    /// The cluster's time that the commands have reached, in milliseconds.
    pub fn time_ms(&self) -> u64 {
        self.state.time_ms
    }

    /// A number that replicas which have applied the same commands share, and others do not.
    pub fn digest(&self) -> u64 {
        self.state.digest()
    }

    /// The state as it is now, to be encoded by any thread while this goes on.
    pub fn freeze(&self) -> Frozen {
        Frozen::of(self.state.clone())
    }

    /// The store that a snapshot holds. It remembers no changes.
    pub fn restore(snapshot: &[u8]) -> Result<Store, BadSnapshot> {
        super::snapshot::decode(snapshot).map(Store::of)
    }
}
