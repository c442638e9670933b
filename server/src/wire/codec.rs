//! A message of the core as bytes, and back.

use mini_raft_core::raft::{Body, Message};
use serde::{Deserialize, Serialize};

use super::forms::MessageForm;
use super::validity::complaint_about;

/// The first byte of a message in compact form; it changes whenever the form does.
pub const MESSAGE_VERSION: u8 = 1;

/// Why bytes are no message of this version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadMessage {
    /// They begin with another version, or the JSON names one.
    #[error("message version {found}, this binary reads {MESSAGE_VERSION}")]
    Version {
        /// The version found.
        found: u8,
    },
    /// They end too early, or go on too long, or are not of the form.
    #[error("not a message: {0}")]
    Form(String),
    /// They have the form of a message that no server can send, such as entries with a gap.
    #[error("a message that no server sends: {0}")]
    Impossible(String),
}

/// The compact form: a version byte, then postcard.
pub fn encode(message: &Message) -> Vec<u8> {
    encode_onto(Vec::with_capacity(room_for(message)), message)
}

/// As [`encode`], after what `bytes` already holds.
pub fn encode_onto(mut bytes: Vec<u8>, message: &Message) -> Vec<u8> {
    bytes.push(MESSAGE_VERSION);
    postcard::to_extend(&Borrowed(message), bytes).expect("a message has lists of known length only")
}

/// About how many bytes the compact form takes: so much room at once is cheaper than more and more of it.
pub(super) fn room_for(message: &Message) -> usize {
    const NUMBERS: usize = 64;
    match &message.body {
        Body::AppendEntries(append) => {
            let commands: u64 = append.entries.iter().map(|entry| entry.command_bytes() + 24).sum();
            usize::try_from(commands).expect("they are in memory") + NUMBERS
        }
        Body::InstallSnapshot(install) => install.data.len() + 2 * NUMBERS,
        _ => NUMBERS,
    }
}

/// The message in compact form. Takes no more memory than in proportion to the bytes.
pub fn decode(bytes: &[u8]) -> Result<Message, BadMessage> {
    let (&version, rest) = bytes.split_first().ok_or_else(|| BadMessage::Form("it is empty".to_owned()))?;
    if version != MESSAGE_VERSION {
        return Err(BadMessage::Version { found: version });
    }
    let (Owned(message), rest) =
        postcard::take_from_bytes(rest).map_err(|wrong| BadMessage::Form(wrong.to_string()))?;
    if !rest.is_empty() {
        return Err(BadMessage::Form(format!("{} bytes follow its end", rest.len())));
    }
    possible(message)
}

/// The form for people: one JSON object, `{"version": 1, "message": {…}}`, with the field names of the core, which
/// are those of the paper; a node is its name, and bytes are base64.
pub fn encode_json(message: &Message) -> String {
    serde_json::to_string(&Json { version: MESSAGE_VERSION, message: Borrowed(message) })
        .expect("a message has no keys but texts")
}

/// The message in the form for people.
pub fn decode_json(bytes: &[u8]) -> Result<Message, BadMessage> {
    let Json { version, message: Owned(message) } =
        serde_json::from_slice(bytes).map_err(|wrong| BadMessage::Form(wrong.to_string()))?;
    if version != MESSAGE_VERSION {
        return Err(BadMessage::Version { found: version });
    }
    possible(message)
}

fn possible(message: Message) -> Result<Message, BadMessage> {
    match complaint_about(&message) {
        None => Ok(message),
        Some(complaint) => Err(BadMessage::Impossible(complaint)),
    }
}

#[derive(Serialize)]
struct Borrowed<'a>(#[serde(with = "MessageForm")] &'a Message);

#[derive(Deserialize)]
struct Owned(#[serde(with = "MessageForm")] Message);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Json<M> {
    version: u8,
    message: M,
}

#[cfg(test)]
pub(crate) mod tests;
