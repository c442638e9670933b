//! The one way in and the one way out of a node.

use std::sync::Arc;

use serde::Serialize;

use super::configuration::MembershipChange;
use super::entry::{Bytes, Entry, Snapshot};
use super::fact::Fact;
use super::ids::{EntryId, Incarnation, Index, NodeId, Term};
use super::message::Message;
use crate::time::Micros;

/// What a driver gives to a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Time has come: [`Node::deadline`](super::Node::deadline) is reached. Too early does no harm.
    TimerCheck,
    /// A message has arrived.
    Message(Message),
    /// Clients want these commands in the log; they are appended, written and sent together.
    Propose(Vec<Proposal>),
    /// A client wants to read the state machine as it is now, from its leader (ReadIndex or a lease, thesis 6.4).
    Read(ReadId),
    /// A client wants to read the state machine as it is now, from this server, which asks its leader for an index
    /// (thesis 6.4).
    ReadHere(ReadId),
    /// This write, and all that were asked for before it, is on stable storage.
    WriteDone(WriteId),
    /// A write failed: what is on stable storage is not known any more, and this server stops for good.
    WriteFailed,
    /// The state machine's encoding of its state after applying the entry at `index`, which must be applied here.
    SnapshotTaken {
        /// The last entry that the snapshot covers.
        index: Index,
        /// The state.
        data: Bytes,
    },
    /// Somebody wants the cluster changed (§6); answered when the new configuration is committed.
    ChangeMembership {
        /// The driver's own name for it, given back in the [`Answer`].
        id: ProposalId,
        /// What to change.
        change: MembershipChange,
    },
    /// Leadership should go to this server (thesis 3.10).
    TransferLeadership(NodeId),
    /// For laboratories: the election timer now runs out at this moment. A leader has none and ignores it.
    SetElectionDeadline(Micros),
}

/// A command that a client wants in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The driver's own name for it, given back in the [`Answer`].
    pub id: ProposalId,
    /// The state machine's command.
    pub command: Bytes,
}

/// A driver's name for a proposal, used once in the life of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProposalId(pub u64);

/// A driver's name for a read, used once in the life of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReadId(pub u64);

/// The name of a write; each is greater than the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct WriteId(pub u64);

/// What a node wants done. A driver does it in the order of the fields.
///
/// It is given in by reference and reused: the node appends, the driver drains.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// To be written, in this order, and synced; then reported with [`Input::WriteDone`].
    pub writes: Vec<Write>,
    /// To be sent, now: whatever must wait for a write, the node itself keeps back.
    pub messages: Vec<Message>,
    /// The state machine must become this, before `apply`.
    pub restore: Option<Arc<Snapshot>>,
    /// Committed entries, to be applied in this order. The node counts them as applied.
    pub apply: Vec<Entry>,
    /// Answers to proposals and reads, after `apply`.
    pub answers: Vec<Answer>,
    /// What happened and why, in order; empty unless [`Config::facts`](super::Config::facts).
    pub facts: Vec<Fact>,
}

impl Output {
    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        self.writes.clear();
        self.messages.clear();
        self.restore = None;
        self.apply.clear();
        self.answers.clear();
        self.facts.clear();
    }
}

/// What must be on stable storage before the node relies on it. Each part replaces what was there; the parts of
/// one write are applied in the order of the fields, and become durable together or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// To be given back in [`Input::WriteDone`].
    pub id: WriteId,
    /// The new `current_term` and `voted_for`.
    pub hard_state: Option<HardState>,
    /// The new snapshot; the log up to `last_included` is discarded.
    pub snapshot: Option<Arc<Snapshot>>,
    /// The log is cut here: this entry and all after it are discarded.
    pub truncate_from: Option<Index>,
    /// New entries; the first follows the last one in the log.
    pub entries: Arc<[Entry]>,
}

/// The persistent state of Figure 2, but for the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HardState {
    /// The latest term that this server has seen.
    pub current_term: Term,
    /// The candidate that got its vote in that term.
    pub voted_for: Option<NodeId>,
    /// This server lost its stable storage and may have broken promises: it neither votes nor campaigns, and its
    /// acknowledgements do not count, until a leader that heard of the loss has admitted it in this incarnation.
    pub forgetful: Option<Incarnation>,
}

/// What stable storage holds when a node starts. The default is an empty disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Persistent {
    /// Term and vote.
    pub hard_state: HardState,
    /// The newest snapshot.
    pub snapshot: Option<Arc<Snapshot>>,
    /// The log after the snapshot, without gaps.
    pub entries: Vec<Entry>,
}

impl Persistent {
    /// A write is done: what a driver does that keeps its stable storage in memory.
    pub fn take(&mut self, write: Write) {
        self.hard_state = write.hard_state.unwrap_or(self.hard_state);
        if let Some(snapshot) = write.snapshot {
            self.entries.retain(|entry| entry.index > snapshot.last_included.index);
            self.snapshot = Some(snapshot);
        }
        if let Some(from) = write.truncate_from {
            self.entries.retain(|entry| entry.index < from);
        }
        self.entries.extend(write.entries.iter().cloned());
    }
}

/// What became of a proposal or a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The command was applied as this entry; its result is that of the entry in [`Output::apply`].
    Applied {
        /// The proposal.
        proposal: ProposalId,
        /// The entry that it became.
        entry: EntryId,
    },
    /// The command was not and will not be appended here.
    ProposalRefused {
        /// The proposal.
        proposal: ProposalId,
        /// Why, and what to do.
        refusal: Refusal,
    },
    /// This node lost leadership with the command in its log: it may or may not be committed by another.
    ProposalUnknown {
        /// The proposal.
        proposal: ProposalId,
    },
    /// The read may be answered from the state machine as it is now, after `apply`.
    ReadReady {
        /// The read.
        read: ReadId,
        /// The `commit_index` when the read came in: the state machine is at least there.
        read_index: Index,
    },
    /// The read cannot be answered here.
    ReadRefused {
        /// The read.
        read: ReadId,
        /// Why, and what to do.
        refusal: Refusal,
    },
}

/// Why a wish was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Refusal {
    /// Only a leader can do it: ask this one, if any is known.
    NotLeader {
        /// The leader that this node follows.
        leader: Option<NodeId>,
    },
    /// The leader is handing leadership over: ask again soon.
    Transferring {
        /// To whom.
        to: NodeId,
    },
    /// Too much is not committed yet: ask again later.
    TooMuchUncommitted,
    /// Another change of the configuration is under way (thesis 4.1), or the leader has not committed in its own term
    /// yet: ask again later.
    ChangeUnderWay,
    /// The change would change nothing, or leave nobody to vote.
    BadChange,
    /// A server to be added did not catch up in time (thesis 4.2.1).
    CatchUpTooSlow,
}
