//! `snapshot.json` and the one before it, `snapshot.previous.json`.
//!
//! A snapshot counts from the record of the log that names it, with its seal. So what a write says beside its
//! snapshot, which may be a cut and a new term, becomes durable with it or not at all.

use std::sync::Arc;

use data_encoding::BASE64;
use mini_raft_core::raft::{Configuration, EntryId, Incarnation, NodeId, Snapshot};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::error::WriteError;
use super::files::Files;
use super::position::SnapshotName;
use super::sealed::{Flaw, parse, seal};
use super::segment::FORMAT;
use super::state::{Entry, Hex, rename, sync_dir, write_draft};

pub(super) const SNAPSHOT: &str = "snapshot.json";
pub(super) const PREVIOUS: &str = "snapshot.previous.json";
pub(super) const SNAPSHOT_DRAFT: &str = "snapshot.json.new";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    format: u32,
    cluster: String,
    last_included: Entry,
    voters: Vec<NodeId>,
    outgoing: Vec<NodeId>,
    learners: Vec<NodeId>,
    admitted: Vec<(NodeId, Hex)>,
    /// The state machine's own encoding, in base64.
    data: String,
    #[serde(rename = "checksum", default, skip_serializing)]
    _checksum: IgnoredAny,
}

/// The file of a snapshot, and its seal.
pub(super) fn encode(snapshot: &Snapshot, cluster: &str) -> (Vec<u8>, u32) {
    let configuration = &snapshot.configuration;
    let admitted = configuration.admitted().iter().map(|(id, incarnation)| (*id, Hex(incarnation.0)));
    seal(&Form {
        format: FORMAT,
        cluster: cluster.to_owned(),
        last_included: snapshot.last_included.into(),
        voters: configuration.voters().to_vec(),
        outgoing: configuration.outgoing().to_vec(),
        learners: configuration.learners().to_vec(),
        admitted: admitted.collect(),
        data: BASE64.encode(&snapshot.data),
        _checksum: IgnoredAny,
    })
}

/// The snapshot in a file whose seal was checked.
pub(super) fn decode(bytes: &[u8]) -> Result<Arc<Snapshot>, Flaw> {
    let form: Form = parse(bytes)?;
    let data = BASE64.decode(form.data.as_bytes()).map_err(|error| Flaw {
        offset: 0,
        expected: "data in base64".to_owned(),
        found: error.to_string(),
    })?;
    let admitted = form.admitted.into_iter().map(|(id, Hex(number))| (id, Incarnation(number)));
    let configuration = Configuration::from_parts(form.voters, form.outgoing, form.learners);
    Ok(Arc::new(Snapshot {
        last_included: EntryId::from(form.last_included),
        configuration: Arc::new(configuration.with_admitted(admitted)),
        data: data.into(),
    }))
}

/// Writes a snapshot's file beside the others. If there is no room, it is removed again.
pub(super) fn write_new(files: &dyn Files, bytes: &[u8]) -> Result<(), WriteError> {
    write_draft(files, SNAPSHOT_DRAFT, bytes)
}

/// Puts the file of [`write_new`] in the first place. The one that counts until now keeps its bytes, in the second
/// place: until the log names the new one, it is still the one that counts.
pub(super) fn put_first(files: &dyn Files, current: Option<SnapshotName>) -> Result<(), WriteError> {
    if current.is_some() {
        rename(files, SNAPSHOT, PREVIOUS)?;
        // Of two names that change without a sync between, only the later one may be durable: the bytes of the
        // snapshot that counts would then have none.
        sync_dir(files, "")?;
    }
    rename(files, SNAPSHOT_DRAFT, SNAPSHOT)?;
    sync_dir(files, "")
}
