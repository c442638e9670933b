//! What clients did and saw, in the order of time.
//!
//! The beginning of an operation is noted before its request is sent, its end after the answer is there. So what is noted
//! encloses what happened, and an order that explains the one explains the other.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use mini_raft_core::kv::{Op, Outcome};
use mini_raft_core::sim::event::ClientError;

/// An operation begins or ends.
#[derive(Clone, Debug)]
pub enum Happening {
    /// This client begins an operation.
    Begins {
        /// Whose it is. A client does one thing at a time.
        client: u32,
        /// What it does.
        op: Op,
    },
    /// The operation that began at this place of the history ends.
    Ends {
        /// The place.
        begun: usize,
        /// What came of it.
        result: Result<Outcome, ClientError>,
    },
}

/// An operation with its beginning and its end, both as places in the history of its key.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Whose it is.
    pub client: u32,
    /// What it does.
    pub op: Op,
    /// When it began.
    pub begins: usize,
    /// When it ended, and what came of it.
    pub ends: Option<(usize, Result<Outcome, ClientError>)>,
}

/// Takes down what all clients of a run do.
#[derive(Debug, Default)]
pub struct Recorder {
    happenings: Mutex<Vec<Happening>>,
    clients: AtomicU32,
}

/// An operation that has begun.
#[derive(Debug)]
pub struct Begun(usize);

impl Recorder {
    /// A name that no client had before.
    pub fn new_client(&self) -> u32 {
        self.clients.fetch_add(1, Ordering::Relaxed)
    }

    /// An operation begins now.
    pub fn begin(&self, client: u32, op: Op) -> Begun {
        let mut happenings = self.happenings.lock().unwrap_or_else(PoisonError::into_inner);
        happenings.push(Happening::Begins { client, op });
        Begun(happenings.len() - 1)
    }

    /// It ends now.
    pub fn end(&self, Begun(begun): Begun, result: Result<Outcome, ClientError>) {
        let mut happenings = self.happenings.lock().unwrap_or_else(PoisonError::into_inner);
        happenings.push(Happening::Ends { begun, result });
    }

    /// All operations so far, by key, each key's in the order in which they began.
    pub fn by_key(&self) -> BTreeMap<Arc<str>, Vec<Operation>> {
        let happenings = self.happenings.lock().unwrap_or_else(PoisonError::into_inner);
        let mut results = BTreeMap::new();
        for (place, happening) in happenings.iter().enumerate() {
            if let Happening::Ends { begun, result } = happening {
                results.insert(*begun, (place, result.clone()));
            }
        }
        let mut keys: BTreeMap<Arc<str>, Vec<Operation>> = BTreeMap::new();
        for (begins, happening) in happenings.iter().enumerate() {
            if let Happening::Begins { client, op } = happening {
                let ends = results.remove(&begins);
                let operation = Operation { client: *client, op: op.clone(), begins, ends };
                keys.entry(op.key().clone()).or_default().push(operation);
            }
        }
        keys
    }
}
