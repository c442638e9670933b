//! `state.json`: whose directory it is, and how far its log is known to reach.
//!
//! Term and vote become durable with the record of the log that carries them; they are repeated here, so that a log
//! that lost its end is found out.

use std::collections::BTreeMap;

use mini_raft_core::raft::{EntryId, HardState, Incarnation, Index, NodeId, Term};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::error::{Trouble, WriteError};
use super::files::{Files, write_all_at};
use super::sealed::seal;

pub(super) const STATE: &str = "state.json";
pub(super) const STATE_DRAFT: &str = "state.json.new";

/// The content of `state.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    pub(super) format: u32,
    pub(super) cluster: String,
    pub(super) node: NodeId,
    pub(super) disk: Hex,
    /// Whether the node has asked its peers for an earlier disk of its own, and got its answer.
    pub(super) born: bool,
    /// The voters of the cluster when the node was born, for as long as the log and the snapshot name no others.
    pub(super) first_voters: Vec<NodeId>,
    pub(super) current_term: Term,
    pub(super) voted_for: Option<NodeId>,
    /// The incarnation of a node that lost an earlier disk.
    pub(super) forgetful: Option<Hex>,
    /// The log holds this record, and with it the two fields above and `durable`.
    pub(super) record: u64,
    /// The last entry of the log as of that record.
    pub(super) durable: Entry,
    /// The first segment of the log; files of earlier ones are left over.
    pub(super) first_segment: u64,
    /// The segment that holds that record.
    pub(super) last_segment: u64,
    /// The disk with which each peer was first seen.
    pub(super) peer_disks: BTreeMap<NodeId, Hex>,
    #[serde(rename = "checksum", default, skip_serializing)]
    pub(super) _checksum: IgnoredAny,
}

/// The name of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    index: Index,
    term: Term,
}

impl From<EntryId> for Entry {
    fn from(EntryId { term, index }: EntryId) -> Entry {
        Entry { index, term }
    }
}

impl From<Entry> for EntryId {
    fn from(Entry { term, index }: Entry) -> EntryId {
        EntryId { term, index }
    }
}

impl State {
    pub(super) fn hard_state(&self) -> HardState {
        HardState {
            current_term: self.current_term,
            voted_for: self.voted_for,
            forgetful: self.forgetful.map(|Hex(number)| Incarnation(number)),
        }
    }

    pub(super) fn set_hard_state(&mut self, hard_state: HardState) {
        self.current_term = hard_state.current_term;
        self.voted_for = hard_state.voted_for;
        self.forgetful = hard_state.forgetful.map(|incarnation| Hex(incarnation.0));
    }

    /// Replaces the file. If there is no room, the old one stays.
    pub(super) fn write(&self, files: &dyn Files) -> Result<(), WriteError> {
        let (bytes, _) = seal(self);
        write_draft(files, STATE_DRAFT, &bytes)?;
        rename(files, STATE_DRAFT, STATE)?;
        sync_dir(files, "")
    }
}

/// Writes a file under the name that it has until it is whole. If there is no room, it is removed again.
pub(super) fn write_draft(files: &dyn Files, draft: &str, bytes: &[u8]) -> Result<(), WriteError> {
    let written =
        files.create(draft).map_err(Trouble::with(files, draft, "creating")).and_then(|mut file| {
            write_all_at(&mut *file, bytes, 0).map_err(Trouble::with(files, draft, "writing"))?;
            file.sync().map_err(Trouble::with(files, draft, "syncing"))
        });
    written.map_err(|trouble| {
        // No draft is ever read: whether it goes does not matter, only that its room is free if it can be.
        let _ = files.remove(draft);
        trouble.full_or_fatal()
    })
}

pub(super) fn rename(files: &dyn Files, from: &str, to: &str) -> Result<(), WriteError> {
    files.rename(from, to).map_err(|error| Trouble::with(files, to, "renaming")(error).fatal())
}

pub(super) fn sync_dir(files: &dyn Files, dir: &str) -> Result<(), WriteError> {
    files.sync_dir(dir).map_err(|error| Trouble::with(files, dir, "syncing")(error).fatal())
}

/// A number of 64 bits as a text: many readers of JSON keep only 53 of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hex(pub(super) u64);

impl Serialize for Hex {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:016x}", self.0))
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Hex, D::Error> {
        let text = String::deserialize(deserializer)?;
        u64::from_str_radix(&text, 16).map(Hex).map_err(serde::de::Error::custom)
    }
}
