//! What clients ask of the key-value machine, and what they are told.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::quoted::Quoted;
use crate::time::Micros;

/// The name of a client, for example `c1`. Sessions (thesis 6.3) are kept by it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientId(pub Arc<str>);

impl ClientId {
    /// The client of this name.
    pub fn new(name: &str) -> ClientId {
        ClientId(Arc::from(name))
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One operation on one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Reads the value. Never goes into the log: a leader answers it by ReadIndex.
    Get {
        /// The key.
        key: Arc<str>,
    },
    /// Puts the value there, whatever was there.
    Set {
        /// The key.
        key: Arc<str>,
        /// The new value.
        value: Arc<str>,
    },
    /// Removes the key, if it is there.
    Delete {
        /// The key.
        key: Arc<str>,
    },
    /// Puts the value there if what is there is `expected`.
    Cas {
        /// The key.
        key: Arc<str>,
        /// What must be there; `None` stands for "no such key".
        expected: Option<Arc<str>>,
        /// The new value.
        value: Arc<str>,
    },
    /// Puts the value after what is there; a missing key counts as empty.
    Append {
        /// The key.
        key: Arc<str>,
        /// What to add.
        value: Arc<str>,
    },
}

impl Op {
    /// The key that it is about.
    pub fn key(&self) -> &Arc<str> {
        match self {
            Op::Get { key }
            | Op::Set { key, .. }
            | Op::Delete { key }
            | Op::Cas { key, .. }
            | Op::Append { key, .. } => key,
        }
    }
}

/// What goes into the log: an operation, and whose it is, so that a retried request is applied once (§8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The client.
    pub client: ClientId,
    /// The number of its request, from 1; a retry has the same number.
    pub request: u64,
    /// The operation; never a `Get`.
    pub op: Op,
    /// Where sessions expire: when it was proposed. `None`: they are kept for ever.
    pub stamp: Option<Stamp>,
}

/// What makes sessions expire by the time of the log (thesis 6.3): the leader that proposes a command stamps it, so that
/// every replica forgets the same sessions with the same entry, whatever its own clock says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The leader's clock. The time of the log is the greatest one so far.
    pub now: Micros,
    /// Sessions that were not used for so long, which is longer than no time at all, are forgotten.
    pub timeout: Micros,
    /// What the client holds in its hand: the time of the log when it was told last that it has no session
    /// ([`Outcome::Expired`]); `None` before.
    pub since: Option<Micros>,
}

/// What an operation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A set, delete or append was done.
    Done,
    /// What a get found; `None` if there is no such key.
    Value(Option<Arc<str>>),
    /// Whether a compare-and-set put its value.
    Swapped(bool),
    /// The request is older than the last one of its client: it was applied before, its result is forgotten.
    Stale,
    /// Nothing is remembered of the client, and something may have been forgotten: nothing was done. Its next request
    /// opens a session if it comes with this time of the log, within the timeout.
    Expired(Micros),
    /// The entry's bytes are no command: nothing was done. No client of ours sends such a thing.
    Malformed,
}

impl fmt::Display for Outcome {
    /// In words, for a reader.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Done => f.write_str("done"),
            Outcome::Value(Some(value)) => Quoted(value).fmt(f),
            Outcome::Value(None) => f.write_str("no such key"),
            Outcome::Swapped(true) => f.write_str("swapped"),
            Outcome::Swapped(false) => f.write_str("not swapped"),
            Outcome::Stale => f.write_str("stale"),
            Outcome::Expired(_) => f.write_str("session expired"),
            Outcome::Malformed => f.write_str("malformed"),
        }
    }
}
