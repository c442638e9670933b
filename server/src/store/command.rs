//! What an entry of the log asks the state machine for.

use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// The most bytes of a key.
pub const KEY_MAX: usize = 1 << 10;

/// The most bytes of a value.
pub const VALUE_MAX: usize = 1 << 20;

/// The most bytes of an `Idempotency-Key`.
pub const REQUEST_KEY_MAX: usize = 255;

/// The most tags in an `If-Match`.
pub const TAGS_MAX: usize = 64;

const VERSION: u8 = 1;

/// Where the time stands in an encoded command: behind the version, big-endian.
const TIME: std::ops::Range<usize> = 1..9;

/// One request of a client, as the log keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command<'a> {
    /// The cluster's time when a leader proposed it, in milliseconds; see [`ClusterClock`](super::ClusterClock).
    pub at_ms: u64,
    /// What names the request if it must not be done twice.
    pub request: Option<RequestKey<'a>>,
    /// What is to be done.
    pub op: Op<'a>,
}

/// What tells a repeated request from a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestKey<'a> {
    /// The `Idempotency-Key`, 1 to [`REQUEST_KEY_MAX`] bytes.
    pub key: &'a str,
    /// Of what was asked for under it.
    pub fingerprint: Fingerprint,
}

/// What a request asks for, as a short code: a repeated request asks for the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fingerprint(pub [u8; 16]);

/// A change of one key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op<'a> {
    /// Gives the key this value.
    Put {
        /// The key, 1 to [`KEY_MAX`] bytes.
        key: &'a str,
        /// The value, up to [`VALUE_MAX`] bytes.
        #[serde(serialize_with = "as_bytes")]
        value: &'a [u8],
        /// Only if this holds.
        condition: Condition,
    },
    /// Removes the key.
    Delete {
        /// The key.
        key: &'a str,
        /// Only if this holds.
        condition: Condition,
    },
}

/// What must hold of the key before it is changed; the conditional headers of HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Condition {
    /// Nothing.
    #[default]
    None,
    /// `If-Match: *`: the key is there.
    IfMatchAny,
    /// `If-Match`: the key was last changed at one of these indexes. At most [`TAGS_MAX`].
    IfMatch(Vec<u64>),
    /// `If-None-Match: *`: the key is not there.
    IfNoneMatchAny,
}

/// Bytes that are no command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a command: {0}")]
pub struct BadCommand(pub String);

impl Fingerprint {
    /// The code of an operation, with its key, value and condition.
    pub fn of(op: &Op<'_>) -> Fingerprint {
        let digest = Sha256::digest(encoded(op, Vec::new()));
        Fingerprint(digest.first_chunk().copied().expect("32 bytes begin with 16"))
    }
}

impl Condition {
    /// Whether it holds of a key that was last changed at `current`; `None` if the key is not there.
    pub fn holds(&self, current: Option<u64>) -> bool {
        match self {
            Condition::None => true,
            Condition::IfMatchAny => current.is_some(),
            Condition::IfMatch(tags) => current.is_some_and(|index| tags.contains(&index)),
            Condition::IfNoneMatchAny => current.is_none(),
        }
    }
}

impl<'a> Op<'a> {
    /// The key that it changes.
    pub fn key(&self) -> &'a str {
        match self {
            Op::Put { key, .. } | Op::Delete { key, .. } => key,
        }
    }

    /// Its condition.
    pub fn condition(&self) -> &Condition {
        match self {
            Op::Put { condition, .. } | Op::Delete { condition, .. } => condition,
        }
    }
}

impl<'a> Command<'a> {
    /// The command as the payload of an entry.
    pub fn encode(&self) -> Vec<u8> {
        let room = match &self.op {
            Op::Put { value, .. } => value.len(),
            Op::Delete { .. } => 0,
        };
        let mut bytes = Vec::with_capacity(room + 128);
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.at_ms.to_be_bytes());
        encoded(&(&self.request, &self.op), bytes)
    }

    /// The command in these bytes, if it keeps all limits.
    pub fn decode(bytes: &'a [u8]) -> Result<Command<'a>, BadCommand> {
        let wrong = |what: &str| BadCommand(what.to_owned());
        let (&[version], rest) = bytes.split_first_chunk().ok_or_else(|| wrong("it is empty"))?;
        if version != VERSION {
            return Err(BadCommand(format!("version {version}, this binary reads {VERSION}")));
        }
        let (at_ms, rest) = rest.split_first_chunk().ok_or_else(|| wrong("it ends in its time"))?;
        let ((request, op), rest): ((Option<RequestKey<'a>>, Op<'a>), &[u8]) =
            postcard::take_from_bytes(rest).map_err(|error| BadCommand(error.to_string()))?;
        let command = Command { at_ms: u64::from_be_bytes(*at_ms), request, op };
        match command.complaint(rest) {
            None => Ok(command),
            Some(complaint) => Err(wrong(complaint)),
        }
    }

    fn complaint(&self, rest: &[u8]) -> Option<&'static str> {
        let within = |text: &str, max: usize| !text.is_empty() && text.len() <= max;
        if !rest.is_empty() {
            return Some("bytes follow its end");
        }
        if !within(self.op.key(), KEY_MAX) {
            return Some("the key is empty or too long");
        }
        if self.request.is_some_and(|request| !within(request.key, REQUEST_KEY_MAX)) {
            return Some("the request's key is empty or too long");
        }
        match (&self.op, self.op.condition()) {
            (Op::Put { value, .. }, _) if value.len() > VALUE_MAX => Some("the value is too long"),
            (_, Condition::IfMatch(tags)) if tags.len() > TAGS_MAX => Some("there are too many tags"),
            _ => None,
        }
    }
}

/// Writes another time into an encoded command: the leader that proposes it is the last one to touch it.
pub fn stamp(command: &mut [u8], at_ms: u64) {
    assert_eq!(command.first(), Some(&VERSION), "these bytes are not an encoded command");
    command[TIME].copy_from_slice(&at_ms.to_be_bytes());
}

fn encoded<T: Serialize>(value: &T, bytes: Vec<u8>) -> Vec<u8> {
    postcard::to_extend(value, bytes).expect("a command has nothing of unknown length")
}

/// As one piece: a slice of numbers would be written one by one.
pub(super) fn as_bytes<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}
