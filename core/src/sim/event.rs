//! Everything that happens in a world: what the trace writes, the checks watch and the page shows.

use std::fmt;
use std::sync::Arc;

use super::command::Command;
use crate::kv::{ClientId, Op, Outcome};
use crate::raft::{Body, Entry, EntryId, Fact, HardState, Index, Message, NodeId, Term};
use crate::time::Micros;

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its number in the run, from 0, without gaps.
    pub seq: u64,
    /// When, in simulated time.
    pub at: Micros,
    /// The event that caused it: the delivery that a reply answers, the send that a delivery completes, the
    /// command that a person gave; `None` for what comes of time alone.
    pub cause: Option<u64>,
    /// Where it happened, if on a node.
    pub node: Option<NodeId>,
    /// That node's `current_term` after it, else 0.
    pub term: Term,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum EventKind {
    /// A rule fired in the node. Of these, [`Fact::RoleChanged`] is the trace's `role`.
    Fact(Fact),
    /// A vote is on stable storage.
    Vote {
        /// For whom.
        candidate: NodeId,
        /// In which term: the node may have gone on to a later one while its disk was busy.
        term: Term,
    },
    /// Entries entered the log in memory.
    Append {
        /// The entries.
        entries: Arc<[Entry]>,
    },
    /// A conflicting suffix left the log in memory.
    Truncate {
        /// The first index removed.
        from: Index,
    },
    /// A write to the log is complete: this is what stable storage holds now.
    Sync {
        /// The last entry on disk; with no entries there, the one that the snapshot on disk ends with. It may have
        /// been removed from the log in memory already, if that write is still under way.
        last: EntryId,
    },
    /// The commit index advanced.
    Commit {
        /// The new commit index.
        index: Index,
    },
    /// An entry was applied to the state machine.
    Apply {
        /// The entry.
        entry: Entry,
        /// What it came to; `None` for an entry that carries no command.
        outcome: Option<Outcome>,
        /// The state after it: [`Machine::digest`](crate::kv::Machine::digest).
        digest: u64,
    },
    /// A snapshot is this node's own now.
    Snapshot {
        /// The last entry it covers.
        last_included: EntryId,
        /// Where it came from.
        origin: SnapshotOrigin,
    },
    /// A message began its way.
    Send {
        /// The message's id, used once in a run.
        message: u64,
        /// The sender.
        from: Endpoint,
        /// The receiver.
        to: Endpoint,
        /// What it says.
        payload: Arc<Payload>,
    },
    /// A message arrived.
    Deliver {
        /// The message's id.
        message: u64,
        /// The sender.
        from: Endpoint,
        /// The receiver.
        to: Endpoint,
        /// What it says.
        payload: Arc<Payload>,
    },
    /// A message will not arrive.
    Drop {
        /// The message's id.
        message: u64,
        /// The sender.
        from: Endpoint,
        /// The receiver.
        to: Endpoint,
        /// What it says.
        payload: Arc<Payload>,
        /// Why.
        why: DropReason,
    },
    /// A node's process ended.
    Crash {
        /// The first log index that was not on stable storage, and is lost.
        lost: Option<Index>,
    },
    /// A node's process started.
    Restart {
        /// Term and vote found on disk.
        hard_state: HardState,
        /// The last entry found on disk, as in `Sync`.
        last: EntryId,
        /// What the snapshot found on disk covers, 0 if there is none.
        snapshot_index: Index,
    },
    /// A crashed node lost its disk.
    Wipe,
    /// A node stopped running.
    Pause,
    /// A node goes on.
    Resume,
    /// The network, a disk or a clock changed; also what is done to messages, timers and leadership by hand.
    Fault(Command),
    /// A client's operation began.
    Invoke {
        /// Who.
        client: ClientId,
        /// Its number.
        request: u64,
        /// What.
        op: Op,
    },
    /// A client's operation ended.
    Return {
        /// Who.
        client: ClientId,
        /// Its number.
        request: u64,
        /// What.
        op: Op,
        /// How.
        result: Result<Outcome, ClientError>,
        /// The node that answered and the index of the state it answered from, if one did.
        served_by: Option<(NodeId, Index)>,
    },
    /// A step of the scenario had no target.
    Skipped {
        /// The step's place in the scenario, from 0.
        step: usize,
        /// Why.
        why: String,
    },
    /// A law of Raft was broken.
    Violation(Violation),
}

/// A broken law.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The property, as in the trace: `election-safety`, ….
    pub property: &'static str,
    /// What was seen, in a sentence.
    pub detail: String,
    /// The log indexes involved.
    pub indexes: Vec<Index>,
    /// The nodes involved.
    pub nodes: Vec<NodeId>,
}

/// Where a snapshot came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotOrigin {
    /// The node took it of its own state machine.
    Taken,
    /// The leader sent it.
    Installed,
}

/// An end of a message's way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Endpoint {
    /// A server.
    Node(NodeId),
    /// A client.
    Client(ClientId),
}

impl From<NodeId> for Endpoint {
    fn from(id: NodeId) -> Endpoint {
        Endpoint::Node(id)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Node(id) => id.fmt(f),
            Endpoint::Client(id) => id.fmt(f),
        }
    }
}

/// What travels on the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// A message between servers.
    Peer(Message),
    /// A client asks.
    Request {
        /// Who.
        client: ClientId,
        /// The number of the request; a retry has the same.
        request: u64,
        /// What.
        op: Op,
        /// Where sessions expire: the time of the log that the client was told last; see [`Stamp`](crate::kv::Stamp).
        since: Option<Micros>,
    },
    /// A server answers a client.
    Reply {
        /// Who asked.
        client: ClientId,
        /// The number of the request.
        request: u64,
        /// The answer.
        answer: ClientAnswer,
    },
}

/// A server's answer to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientAnswer {
    /// It was done.
    Done {
        /// What it came to.
        outcome: Outcome,
        /// The entry that did it, or the index of the state that was read.
        index: Index,
    },
    /// Ask this node instead; `None` if no leader is known.
    NotLeader {
        /// The leader.
        leader: Option<NodeId>,
    },
    /// The server cannot tell whether it was done: ask again with the same number.
    Unknown,
}

/// Why a client's operation ended without a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientError {
    /// It was certainly not done.
    Rejected,
    /// It may or may not have been done.
    Unknown,
}

/// Why a message did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropReason {
    /// The network lost it by chance.
    Lost,
    /// The link is cut.
    Cut,
    /// The receiver is down.
    Down,
    /// A person or a scenario dropped it.
    ByHand,
    /// Too much is on this way already: see [`LINK_MESSAGES_MAX`](super::network::LINK_MESSAGES_MAX).
    Full,
}

impl DropReason {
    /// The name in the trace.
    pub fn as_str(self) -> &'static str {
        match self {
            DropReason::Lost => "lost",
            DropReason::Cut => "cut",
            DropReason::Down => "down",
            DropReason::ByHand => "by-hand",
            DropReason::Full => "full",
        }
    }
}

macro_rules! message_kinds {
    ($($variant:ident = $name:literal,)*) => {
        /// The kind of a message, as the trace names it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum MessageKind {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl MessageKind {
            /// Every kind.
            pub const ALL: &'static [MessageKind] = &[$(MessageKind::$variant,)*];

            /// The name in the trace.
            pub fn as_str(self) -> &'static str {
                match self { $(MessageKind::$variant => $name,)* }
            }
        }
    };
}

message_kinds! {
    RequestVote = "request-vote",
    RequestVoteReply = "request-vote-reply",
    PreVote = "pre-vote",
    PreVoteReply = "pre-vote-reply",
    AppendEntries = "append-entries",
    AppendEntriesReply = "append-entries-reply",
    InstallSnapshot = "install-snapshot",
    InstallSnapshotReply = "install-snapshot-reply",
    TimeoutNow = "timeout-now",
    ReadIndex = "read-index",
    ReadIndexReply = "read-index-reply",
    ClientRequest = "client-request",
    ClientReply = "client-reply",
}

impl MessageKind {
    /// The kind of what a server says to another.
    pub fn of(body: &Body) -> MessageKind {
        match body {
            Body::RequestVote(_) => MessageKind::RequestVote,
            Body::RequestVoteReply(_) => MessageKind::RequestVoteReply,
            Body::PreVote(_) => MessageKind::PreVote,
            Body::PreVoteReply(_) => MessageKind::PreVoteReply,
            Body::AppendEntries(_) => MessageKind::AppendEntries,
            Body::AppendEntriesReply(_) => MessageKind::AppendEntriesReply,
            Body::InstallSnapshot(_) => MessageKind::InstallSnapshot,
            Body::InstallSnapshotReply(_) => MessageKind::InstallSnapshotReply,
            Body::TimeoutNow => MessageKind::TimeoutNow,
            Body::ReadIndex(_) => MessageKind::ReadIndex,
            Body::ReadIndexReply(_) => MessageKind::ReadIndexReply,
        }
    }
}

/// What a message takes beside entries and snapshots, about.
const ENVELOPE_BYTES: u64 = 256;

/// What an entry takes beside its command, about.
const ENTRY_BYTES: u64 = 64;

impl Payload {
    /// About how much memory it takes.
    pub(super) fn bytes(&self) -> u64 {
        let Payload::Peer(message) = self else { return ENVELOPE_BYTES };
        let carried = match &message.body {
            Body::AppendEntries(append) => {
                append.entries.iter().map(|entry| ENTRY_BYTES + entry.command_bytes()).sum()
            }
            Body::InstallSnapshot(install) => install.data.len() as u64,
            _ => 0,
        };
        ENVELOPE_BYTES + carried
    }

    /// The kind of this message.
    pub fn kind(&self) -> MessageKind {
        match self {
            Payload::Peer(message) => MessageKind::of(&message.body),
            Payload::Request { .. } => MessageKind::ClientRequest,
            Payload::Reply { .. } => MessageKind::ClientReply,
        }
    }
}
