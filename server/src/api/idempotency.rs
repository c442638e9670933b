//! `Idempotency-Key`: a retry of a request is recognised by its key.
//!
//! The state machine remembers what was done under a key. Here are the requests that are not answered yet.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, StatusCode};

use super::problem::Problem;
use crate::store::command::REQUEST_KEY_MAX;

/// The requests with a key that this node has not answered yet.
#[derive(Debug, Default)]
pub(super) struct UnderWay {
    keys: Arc<Mutex<BTreeSet<String>>>,
}

/// A request is under way as long as this lives.
#[derive(Debug)]
pub(super) struct Place {
    keys: Arc<Mutex<BTreeSet<String>>>,
    key: String,
}

/// The key of a request, if it has one.
pub(super) fn key_of(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().map_err(|_| Problem::bad_request("Idempotency-Key must be visible ASCII"))?;
    if key.is_empty() || key.len() > REQUEST_KEY_MAX {
        let detail = format!("Idempotency-Key has {} bytes, and must have 1 to {REQUEST_KEY_MAX}", key.len());
        return Err(Problem::bad_request(detail));
    }
    Ok(Some(key))
}

impl UnderWay {
    /// Begins a request; refused while another one with the same key is under way here.
    pub(super) fn begin(&self, key: &str) -> Result<Place, Problem> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if !keys.insert(key.to_owned()) {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "request_under_way",
                "a request with this Idempotency-Key is under way: wait for it, then ask again",
            )
            .unknown()
            .retry_after_ms(200));
        }
        Ok(Place { keys: self.keys.clone(), key: key.to_owned() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_under_way_until_its_request_is_answered() {
        let under_way = UnderWay::default();
        let first = under_way.begin("k").ok();
        assert!(first.is_some());
        assert!(under_way.begin("k").is_err());
        assert!(under_way.begin("other").is_ok());
        drop(first);
        assert!(under_way.begin("k").is_ok());
    }
}
