//! The types of the core's messages once more, as serde sees them: the core itself knows nothing of bytes.
//!
//! They are `remote` forms: the derived code reads and writes the core's own values, without a copy between. In
//! JSON a node is its name and bytes are base64; in compact bytes they are a number and themselves.

use std::sync::Arc;

use mini_raft_core::raft::{
    AppendEntries, AppendEntriesReply, AppendOutcome, Body, Bytes, Configuration, Entry, EntryId,
    Incarnation, Index, InstallSnapshot, InstallSnapshotReply, Message, NodeId, Payload, ReadId, ReadIndex,
    ReadIndexReply, RequestVote, Term, VoteReply,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
#[serde(remote = "Message", deny_unknown_fields)]
pub(super) struct MessageForm {
    #[serde(with = "node_id")]
    from: NodeId,
    #[serde(with = "node_id")]
    to: NodeId,
    term: Term,
    #[serde(with = "BodyForm")]
    body: Body,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Body", rename_all = "snake_case")]
enum BodyForm {
    RequestVote(#[serde(with = "RequestVoteForm")] RequestVote),
    RequestVoteReply(#[serde(with = "VoteReplyForm")] VoteReply),
    PreVote(#[serde(with = "RequestVoteForm")] RequestVote),
    PreVoteReply(#[serde(with = "VoteReplyForm")] VoteReply),
    AppendEntries(#[serde(with = "AppendEntriesForm")] AppendEntries),
    AppendEntriesReply(#[serde(with = "AppendEntriesReplyForm")] AppendEntriesReply),
    InstallSnapshot(#[serde(with = "InstallSnapshotForm")] InstallSnapshot),
    InstallSnapshotReply(#[serde(with = "InstallSnapshotReplyForm")] InstallSnapshotReply),
    TimeoutNow,
    ReadIndex(#[serde(with = "ReadIndexForm")] ReadIndex),
    ReadIndexReply(#[serde(with = "ReadIndexReplyForm")] ReadIndexReply),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "RequestVote", deny_unknown_fields)]
struct RequestVoteForm {
    campaign_term: Term,
    last_log: EntryId,
    leadership_transfer: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "VoteReply", deny_unknown_fields)]
struct VoteReplyForm {
    campaign_term: Term,
    vote_granted: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "AppendEntries", deny_unknown_fields)]
struct AppendEntriesForm {
    prev_log: EntryId,
    #[serde(with = "entries")]
    entries: Arc<[Entry]>,
    leader_commit: Index,
    round: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Entry", deny_unknown_fields)]
struct EntryForm {
    term: Term,
    index: Index,
    #[serde(with = "PayloadForm")]
    payload: Payload,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Payload", rename_all = "snake_case")]
enum PayloadForm {
    Noop,
    Command(#[serde(with = "bytes")] Bytes),
    Configuration(#[serde(with = "configuration")] Arc<Configuration>),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "AppendEntriesReply", deny_unknown_fields)]
struct AppendEntriesReplyForm {
    round: u64,
    #[serde(with = "incarnation")]
    forgetful: Option<Incarnation>,
    #[serde(with = "AppendOutcomeForm")]
    outcome: AppendOutcome,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "AppendOutcome", rename_all = "snake_case", deny_unknown_fields)]
enum AppendOutcomeForm {
    Success { match_index: Index },
    Failure { prev_log_index: Index, conflict_term: Option<Term>, conflict_index: Index },
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "InstallSnapshot", deny_unknown_fields)]
struct InstallSnapshotForm {
    last_included: EntryId,
    #[serde(with = "configuration")]
    configuration: Arc<Configuration>,
    offset: u64,
    #[serde(with = "bytes")]
    data: Bytes,
    done: bool,
    round: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "InstallSnapshotReply", deny_unknown_fields)]
struct InstallSnapshotReplyForm {
    round: u64,
    #[serde(with = "incarnation")]
    forgetful: Option<Incarnation>,
    next_offset: u64,
    match_index: Index,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ReadIndex", deny_unknown_fields)]
struct ReadIndexForm {
    #[serde(with = "ReadIdForm")]
    read: ReadId,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ReadIndexReply", deny_unknown_fields)]
struct ReadIndexReplyForm {
    #[serde(with = "ReadIdForm")]
    read: ReadId,
    read_index: Option<Index>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ReadId")]
struct ReadIdForm(u64);

/// A node: its name in JSON, its number in compact bytes.
struct Name(NodeId);

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            self.0.serialize(serializer)
        } else {
            serializer.serialize_u32(self.0.0)
        }
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
        if deserializer.is_human_readable() {
            NodeId::deserialize(deserializer).map(Name)
        } else {
            u32::deserialize(deserializer).map(|number| Name(NodeId(number)))
        }
    }
}

mod node_id {
    use super::*;

    pub(super) fn serialize<S: Serializer>(id: &NodeId, serializer: S) -> Result<S::Ok, S::Error> {
        Name(*id).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NodeId, D::Error> {
        Name::deserialize(deserializer).map(|name| name.0)
    }
}

mod incarnation {
    use super::*;

    pub(super) fn serialize<S: Serializer>(
        forgetful: &Option<Incarnation>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        forgetful.map(|incarnation| incarnation.0).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Incarnation>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Incarnation))
    }
}

mod bytes {
    use std::borrow::Cow;
    use std::fmt;

    use data_encoding::BASE64;
    use serde::de::{Error, Visitor};

    use super::*;

    pub(super) fn serialize<S: Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&BASE64.encode(bytes))
        } else {
            serializer.serialize_bytes(bytes)
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        if deserializer.is_human_readable() {
            let text = Cow::<'de, str>::deserialize(deserializer)?;
            let bytes =
                BASE64.decode(text.as_bytes()).map_err(|wrong| D::Error::custom(wrong.to_string()))?;
            Ok(bytes.into())
        } else {
            deserializer.deserialize_bytes(Raw)
        }
    }

    struct Raw;

    impl Visitor<'_> for Raw {
        type Value = Bytes;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("bytes")
        }

        fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
            Ok(bytes.into())
        }
    }
}

mod entries {
    use std::fmt;

    use serde::de::{SeqAccess, Visitor};

    use super::*;

    #[derive(Serialize)]
    struct Borrowed<'a>(#[serde(with = "EntryForm")] &'a Entry);

    #[derive(Deserialize)]
    struct Owned(#[serde(with = "EntryForm")] Entry);

    pub(super) fn serialize<S: Serializer>(entries: &Arc<[Entry]>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(entries.iter().map(Borrowed))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<[Entry]>, D::Error> {
        deserializer.deserialize_seq(List)
    }

    struct List;

    impl<'de> Visitor<'de> for List {
        type Value = Arc<[Entry]>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of entries")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Arc<[Entry]>, A::Error> {
            // The count that the bytes claim is not believed: room comes as entries come.
            let mut entries = Vec::new();
            while let Some(Owned(entry)) = list.next_element()? {
                entries.push(entry);
            }
            Ok(entries.into())
        }
    }
}

/// A configuration by its parts, as the core keeps them to itself.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigurationForm {
    voters: Vec<Name>,
    outgoing: Vec<Name>,
    learners: Vec<Name>,
    admitted: Vec<(Name, u64)>,
}

mod configuration {
    use serde::de::Error;

    use super::*;

    pub(super) fn serialize<S: Serializer>(
        configuration: &Arc<Configuration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let names = |ids: &[NodeId]| ids.iter().copied().map(Name).collect();
        let admitted = configuration.admitted().iter().map(|(id, incarnation)| (Name(*id), incarnation.0));
        ConfigurationForm {
            voters: names(configuration.voters()),
            outgoing: names(configuration.outgoing()),
            learners: names(configuration.learners()),
            admitted: admitted.collect(),
        }
        .serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<Configuration>, D::Error> {
        let form = ConfigurationForm::deserialize(deserializer)?;
        let ids = |names: Vec<Name>| -> Vec<NodeId> { names.into_iter().map(|name| name.0).collect() };
        let (voters, outgoing, learners) = (ids(form.voters), ids(form.outgoing), ids(form.learners));
        let admitted: Vec<_> =
            form.admitted.into_iter().map(|(name, number)| (name.0, Incarnation(number))).collect();
        let configuration = Configuration::from_parts(voters.clone(), outgoing.clone(), learners.clone())
            .with_admitted(admitted.iter().copied());
        // One configuration has one form: whoever sends another has made a mistake that must not be mended here.
        let as_written = configuration.voters() == voters
            && configuration.outgoing() == outgoing
            && configuration.learners() == learners
            && configuration.admitted() == admitted;
        if as_written {
            Ok(Arc::new(configuration))
        } else {
            Err(D::Error::custom("a configuration lists each node once, in order, and admits only members"))
        }
    }
}
