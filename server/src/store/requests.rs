//! Which requests were done, and what they came to: a retry is answered, not done again.
//!
//! A request is forgotten ten minutes of the cluster's time after its last use, or when a hundred thousand were used
//! after it. Both are decided by the log alone, so all replicas forget alike.

use std::sync::Arc;

use super::command::{Fingerprint, RequestKey};
use super::hash::Hasher;
use super::machine::Outcome;
use super::shared_map::SharedMap;

/// How long a request is remembered after its last use, in milliseconds of the cluster's time.
pub const REQUEST_REMEMBERED_MS: u64 = 10 * 60 * 1000;

/// The most requests that are remembered.
pub const REQUESTS_MAX: usize = 100_000;

/// What is remembered of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) fingerprint: Fingerprint,
    pub(super) outcome: Outcome,
    /// The index of the entry that last asked for it: no two requests have the same.
    pub(super) used_index: u64,
    /// The cluster's time then.
    pub(super) used_ms: u64,
}

impl Request {
    fn digest(&self, key: &str) -> u64 {
        let hash = Hasher::new(2).bytes(key.as_bytes()).bytes(&self.fingerprint.0);
        self.outcome.hash(hash).number(self.used_index).number(self.used_ms).finish()
    }
}

/// All requests that are remembered. A clone shares them.
#[derive(Clone, Debug, Default)]
pub(super) struct Requests {
    by_key: SharedMap<Arc<str>, Request>,
    by_use: SharedMap<u64, Arc<str>>,
    digest: u64,
}

impl Requests {
    /// What a request under this key came to, if it is remembered.
    pub(super) fn get(&self, key: &str) -> Option<&Request> {
        self.by_key.get(key)
    }

    pub(super) fn len(&self) -> usize {
        self.by_key.len()
    }

    /// The sum of the hashes of all.
    pub(super) fn digest(&self) -> u64 {
        self.digest
    }

    /// From the one whose last use is longest ago.
    pub(super) fn by_use(&self) -> impl Iterator<Item = (&str, &Request)> {
        self.by_use.iter().filter_map(|(_, key)| Some((&**key, self.by_key.get(key)?)))
    }

    /// Remembers what a request came to, or that it was asked for again.
    pub(super) fn remember(
        &mut self,
        asked: RequestKey<'_>,
        outcome: Outcome,
        used_index: u64,
        used_ms: u64,
    ) {
        let request = Request { fingerprint: asked.fingerprint, outcome, used_index, used_ms };
        self.put(asked.key.into(), request);
    }

    pub(super) fn put(&mut self, key: Arc<str>, request: Request) {
        self.digest = self.digest.wrapping_add(request.digest(&key));
        self.by_use.insert(request.used_index, Arc::clone(&key));
        if let Some(before) = self.by_key.insert(Arc::clone(&key), request) {
            self.by_use.remove(&before.used_index);
            self.digest = self.digest.wrapping_sub(before.digest(&key));
        }
    }

    /// Forgets what nobody used for long, and the oldest of too many.
    pub(super) fn forget(&mut self, now_ms: u64, most: usize) {
        while let Some(key) = self.first_to_forget(now_ms, most) {
            if let Some(gone) = self.by_key.remove(&key) {
                self.by_use.remove(&gone.used_index);
                self.digest = self.digest.wrapping_sub(gone.digest(&key));
            }
        }
    }

    fn first_to_forget(&self, now_ms: u64, most: usize) -> Option<Arc<str>> {
        let (_, key) = self.by_use.first()?;
        let used_ms = self.by_key.get(key)?.used_ms;
        let expired = used_ms.saturating_add(REQUEST_REMEMBERED_MS) <= now_ms;
        (expired || self.by_key.len() > most).then(|| Arc::clone(key))
    }
}
