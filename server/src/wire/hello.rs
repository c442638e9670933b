//! The exchange with which two nodes begin: who each is now, and whether its disk is the one that the other knows.

use mini_raft_core::raft::EntryId;
use mini_raft_core::raft::Term;
use serde::{Deserialize, Serialize};

use super::codec::BadMessage;
use super::seal::BootId;

const HELLO_VERSION: u8 = 1;

/// The most bytes of the text of a refusal.
const REFUSAL_MAX: usize = 1024;

/// A number drawn at random for one hello, so that an answer to another one is not taken for its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nonce(pub [u8; 16]);

/// What a node says of itself before it sends messages.
///
/// Anyone who heard it can say it again, to this receiver or to another one: see the [module above](super).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Names this hello.
    pub nonce: Nonce,
    /// The data directory's own number, drawn when it was made: another one means that the old one is lost.
    pub disk_id: u64,
    /// The directory was empty at this start.
    pub fresh: bool,
    /// The newest format of files that this node writes.
    pub format: u32,
    /// Its `current_term`.
    pub term: Term,
    /// The last entry of its log on stable storage.
    pub last_log: EntryId,
}

/// The answer to a hello.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelloReply {
    /// The nonce of the hello.
    pub nonce: Nonce,
    /// The answering node's boot id.
    pub boot: BootId,
    /// The number of the session that begins, which goes into each of its frames; 0 with a refusal.
    pub session: u64,
    /// The last disk of the asking node that the answering one knows; `None` if it never met it.
    pub known_disk: Option<u64>,
    /// Why no message of the asking node will be taken, in words for its log; `None` if they will.
    pub refusal: Option<String>,
}

impl Hello {
    pub(super) fn encode(&self) -> Vec<u8> {
        encode(self)
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Hello, BadMessage> {
        decode(bytes)
    }
}

impl HelloReply {
    pub(super) fn encode(&self) -> Vec<u8> {
        encode(self)
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<HelloReply, BadMessage> {
        let reply: HelloReply = decode(bytes)?;
        if reply.refusal.as_ref().is_some_and(|text| text.len() > REFUSAL_MAX) {
            return Err(BadMessage::Impossible(format!("a refusal of more than {REFUSAL_MAX} bytes")));
        }
        Ok(reply)
    }
}

fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_extend(value, vec![HELLO_VERSION]).expect("a hello has nothing of unknown length")
}

fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, BadMessage> {
    let (&version, rest) = bytes.split_first().ok_or_else(|| BadMessage::Form("it is empty".to_owned()))?;
    if version != HELLO_VERSION {
        return Err(BadMessage::Version { found: version });
    }
    match postcard::take_from_bytes(rest) {
        Ok((value, [])) => Ok(value),
        Ok((_, rest)) => Err(BadMessage::Form(format!("{} bytes follow its end", rest.len()))),
        Err(wrong) => Err(BadMessage::Form(wrong.to_string())),
    }
}
