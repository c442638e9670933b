//! What a log holds, and what stands for its compacted beginning.

use std::sync::Arc;

use super::configuration::Configuration;
use super::ids::{EntryId, Index, Term};

/// Bytes shared by everyone who holds them: an entry sent to four followers is not copied four times.
pub type Bytes = Arc<[u8]>;

/// One entry of the log (§5.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The term in which a leader made it.
    pub term: Term,
    /// Its place in the log, from 1.
    pub index: Index,
    /// What it is for.
    pub payload: Payload,
}

impl Entry {
    /// The name of this entry.
    pub fn id(&self) -> EntryId {
        EntryId { term: self.term, index: self.index }
    }

    /// How many bytes of a client's command it carries.
    pub fn command_bytes(&self) -> u64 {
        match &self.payload {
            Payload::Command(bytes) => bytes.len() as u64,
            Payload::Noop | Payload::Configuration(_) => 0,
        }
    }
}

/// What an entry carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// The empty entry with which a leader begins its term (§8): it commits what earlier terms left.
    Noop,
    /// A command for the state machine; Raft does not look into it.
    Command(Bytes),
    /// Who is in the cluster from this entry on (§6): it takes effect when it is appended, not when committed.
    Configuration(Arc<Configuration>),
}

/// The state machine as it was after applying an entry, in place of the log up to there (§7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// `last_included_index` and `last_included_term`: the last entry that the snapshot replaces.
    pub last_included: EntryId,
    /// The configuration in use at that entry (Figure 12).
    pub configuration: Arc<Configuration>,
    /// The state machine's own encoding of its state.
    pub data: Bytes,
}
