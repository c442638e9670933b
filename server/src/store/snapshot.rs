//! The whole state as bytes, and back.
//!
//! ```text
//! "MRKV" version | applied index, time, number of records, of requests | records … | requests … | digest
//!    4      1    |                      postcard                       |  by key   |   by use   |   8
//! ```
//! Equal states give equal bytes: there is one order, and nothing in them is by chance. The digest, big-endian, is
//! that of the state; bytes that decode to anything else are refused.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::command::{Fingerprint, KEY_MAX, REQUEST_KEY_MAX, VALUE_MAX, as_bytes};
use super::machine::{Outcome, Record, State};
use super::requests::Request;

const MAGIC: &[u8; 4] = b"MRKV";
const VERSION: u8 = 1;
const DIGEST_LENGTH: usize = 8;

/// A state that does not change any more.
#[derive(Clone, Debug)]
pub struct Frozen(State);

/// Why bytes are no snapshot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSnapshot {
    /// They are of another version.
    #[error("snapshot version {found}, this binary reads {VERSION}")]
    Version {
        /// The version found.
        found: u8,
    },
    /// They have not the form of one.
    #[error("not a snapshot: {what}, at byte {at}")]
    Form {
        /// What is wrong.
        what: String,
        /// Where.
        at: usize,
    },
    /// They hold another state than they say.
    #[error("a damaged snapshot: its digest is {expected:016x}, that of its content {found:016x}")]
    Digest {
        /// What the bytes say.
        expected: u64,
        /// What their content has.
        found: u64,
    },
}

#[derive(Serialize, Deserialize)]
struct Head {
    applied_index: u64,
    time_ms: u64,
    records: u64,
    requests: u64,
}

#[derive(Serialize, Deserialize)]
struct RecordForm<'a> {
    key: &'a str,
    mod_index: u64,
    #[serde(serialize_with = "as_bytes")]
    value: &'a [u8],
}

#[derive(Serialize, Deserialize)]
struct RequestForm<'a> {
    key: &'a str,
    fingerprint: Fingerprint,
    outcome: Outcome,
    used_index: u64,
    used_ms: u64,
}

impl Frozen {
    pub(super) fn of(state: State) -> Frozen {
        Frozen(state)
    }

    /// As [`Store::digest`](super::Store::digest).
    pub fn digest(&self) -> u64 {
        self.0.digest()
    }

    /// The state as bytes. Takes time in proportion to it.
    pub fn encode(&self) -> Vec<u8> {
        let Frozen(state) = self;
        let head = Head {
            applied_index: state.applied_index,
            time_ms: state.time_ms,
            records: state.records.len() as u64,
            requests: state.requests.len() as u64,
        };
        let mut bytes = append([&MAGIC[..], &[VERSION]].concat(), &head);
        for (key, Record { value, mod_index }) in state.records.iter() {
            bytes = append(bytes, &RecordForm { key, mod_index: *mod_index, value });
        }
        for (key, request) in state.requests.by_use() {
            let Request { fingerprint, outcome, used_index, used_ms } = request.clone();
            bytes = append(bytes, &RequestForm { key, fingerprint, outcome, used_index, used_ms });
        }
        bytes.extend_from_slice(&state.digest().to_be_bytes());
        bytes
    }
}

/// The state in these bytes.
pub(super) fn decode(bytes: &[u8]) -> Result<State, BadSnapshot> {
    let mut reader = Reader { whole: bytes, rest: bytes };
    if reader.array()? != *MAGIC {
        return Err(BadSnapshot::Form { what: "it does not begin as one".to_owned(), at: 0 });
    }
    let [version] = reader.array()?;
    if version != VERSION {
        return Err(BadSnapshot::Version { found: version });
    }
    let head: Head = reader.next()?;
    let mut state = State { applied_index: head.applied_index, time_ms: head.time_ms, ..State::default() };
    let mut key_before: Option<&str> = None;
    for _ in 0..head.records {
        let form: RecordForm<'_> = reader.next()?;
        reader.demand(key_before.is_none_or(|before| before < form.key), "keys are not in order")?;
        reader.demand(!form.key.is_empty() && form.key.len() <= KEY_MAX, "a key's length")?;
        reader.demand(form.value.len() <= VALUE_MAX, "a value's length")?;
        reader.demand(form.mod_index <= head.applied_index, "a change after the last command")?;
        key_before = Some(form.key);
        let record = Record { value: Bytes::copy_from_slice(form.value), mod_index: form.mod_index };
        state.put(Arc::from(form.key), record);
    }
    let mut used_before = None;
    for count in 0..head.requests {
        let form: RequestForm<'_> = reader.next()?;
        reader.demand(used_before < Some(form.used_index), "requests are not in order")?;
        reader.demand(!form.key.is_empty() && form.key.len() <= REQUEST_KEY_MAX, "a request key's length")?;
        reader.demand(form.used_index <= head.applied_index, "a request after the last command")?;
        reader.demand(form.used_ms <= head.time_ms, "a request after the time of the last command")?;
        used_before = Some(form.used_index);
        let RequestForm { key, fingerprint, outcome, used_index, used_ms } = form;
        state.requests.put(Arc::from(key), Request { fingerprint, outcome, used_index, used_ms });
        reader.demand(state.requests.len() as u64 == count + 1, "a request stands there twice")?;
    }
    let expected = u64::from_be_bytes(reader.array::<DIGEST_LENGTH>()?);
    reader.demand(reader.rest.is_empty(), "bytes follow its end")?;
    match state.digest() {
        found if found == expected => Ok(state),
        found => Err(BadSnapshot::Digest { expected, found }),
    }
}

struct Reader<'a> {
    whole: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], BadSnapshot> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or_else(|| self.wrong("it ends too early"))?;
        self.rest = rest;
        Ok(*taken)
    }

    fn next<T: Deserialize<'a>>(&mut self) -> Result<T, BadSnapshot> {
        let (value, rest) =
            postcard::take_from_bytes(self.rest).map_err(|wrong| self.wrong(&wrong.to_string()))?;
        self.rest = rest;
        Ok(value)
    }

    fn demand(&self, holds: bool, otherwise: &str) -> Result<(), BadSnapshot> {
        if holds { Ok(()) } else { Err(self.wrong(otherwise)) }
    }

    fn wrong(&self, what: &str) -> BadSnapshot {
        BadSnapshot::Form { what: what.to_owned(), at: self.whole.len() - self.rest.len() }
    }
}

fn append<T: Serialize>(bytes: Vec<u8>, value: &T) -> Vec<u8> {
    postcard::to_extend(value, bytes).expect("a state has nothing of unknown length")
}
