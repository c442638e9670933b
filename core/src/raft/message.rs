//! What servers say to each other: the RPCs of the paper as one-way messages, requests and replies alike.

use std::sync::Arc;

use super::configuration::Configuration;
use super::entry::{Bytes, Entry};
use super::ids::{EntryId, Incarnation, Index, NodeId, Term};
use super::io::ReadId;

/// A message from one server to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The sender: `candidate_id` or `leader_id` of the paper, or the server that replies.
    pub from: NodeId,
    /// The receiver.
    pub to: NodeId,
    /// The sender's `current_term`. In a [`PreVote`](Body::PreVote) it is still the old term.
    pub term: Term,
    /// What it says.
    pub body: Body,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A candidate asks for a vote (§5.2, Figure 2).
    RequestVote(RequestVote),
    /// The answer to it.
    RequestVoteReply(VoteReply),
    /// A server asks whether it could win an election in the term after its own (thesis 9.6).
    PreVote(RequestVote),
    /// The answer to it.
    PreVoteReply(VoteReply),
    /// A leader replicates entries; without entries it is a heartbeat (§5.2, §5.3, Figure 2).
    AppendEntries(AppendEntries),
    /// The answer to it.
    AppendEntriesReply(AppendEntriesReply),
    /// A leader sends its snapshot in place of entries that it no longer has (§7, Figure 13).
    InstallSnapshot(InstallSnapshot),
    /// The answer to it.
    InstallSnapshotReply(InstallSnapshotReply),
    /// A leader tells a server to start an election at once (thesis 3.10).
    TimeoutNow,
    /// A follower asks the leader for an index to read at (thesis 6.4).
    ReadIndex(ReadIndex),
    /// The answer to it.
    ReadIndexReply(ReadIndexReply),
}

/// The arguments of RequestVote and PreVote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestVote {
    /// The term that the candidate wants to lead: its own in a RequestVote, the one after it in a PreVote.
    pub campaign_term: Term,
    /// `last_log_index` and `last_log_term` of the candidate.
    pub last_log: EntryId,
    /// The leader asked for this election, so no voter withholds its vote (thesis 3.10, 4.2.3).
    pub leadership_transfer: bool,
}

/// The results of RequestVote and PreVote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VoteReply {
    /// The term that the answered request wanted to lead: a grant counts for that term alone.
    pub campaign_term: Term,
    /// Whether the candidate has the vote.
    pub vote_granted: bool,
}

/// The arguments of AppendEntries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppendEntries {
    /// `prev_log_index` and `prev_log_term`: the entry just before the new ones.
    pub prev_log: EntryId,
    /// The new entries, in order, without gaps; shared with everyone they are sent to.
    pub entries: Arc<[Entry]>,
    /// The leader's `commit_index`.
    pub leader_commit: Index,
    /// Which round of the leader's messages this is: an answer confirms the reads that came before the round
    /// began (thesis 6.4).
    pub round: u64,
}

/// The results of AppendEntries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppendEntriesReply {
    /// The round of the request.
    pub round: u64,
    /// The loss of its disk for which the follower does not count; `None` if it does. See
    /// [`HardState::forgetful`](super::HardState::forgetful).
    pub forgetful: Option<Incarnation>,
    /// Whether the follower's log matched at `prev_log`.
    pub outcome: AppendOutcome,
}

/// Whether a follower's log matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendOutcome {
    /// It matched; the follower's log is the leader's up to `match_index`, on stable storage.
    Success {
        /// The last index known to match and to be durable.
        match_index: Index,
    },
    /// It did not match, or the request is of an old term.
    Failure {
        /// `prev_log_index` of the request, so that an old answer is told from a new one.
        prev_log_index: Index,
        /// The term of the follower's entry at `prev_log_index`, if it has one there (§5.3, last paragraph).
        conflict_term: Option<Term>,
        /// The first index of that term in the follower's log, or the index after its last entry.
        conflict_index: Index,
    },
}

/// The arguments of InstallSnapshot: one chunk of a snapshot (Figure 13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallSnapshot {
    /// `last_included_index` and `last_included_term`.
    pub last_included: EntryId,
    /// The configuration in use at that entry; shared, so that messages are small.
    pub configuration: Arc<Configuration>,
    /// Where in the snapshot's data this chunk begins, in bytes.
    pub offset: u64,
    /// The chunk.
    pub data: Bytes,
    /// Whether it is the last one.
    pub done: bool,
    /// As in [`AppendEntries::round`].
    pub round: u64,
}

/// The results of InstallSnapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstallSnapshotReply {
    /// As in [`AppendEntriesReply::round`].
    pub round: u64,
    /// As in [`AppendEntriesReply::forgetful`].
    pub forgetful: Option<Incarnation>,
    /// How many bytes of this snapshot are received: where the next chunk begins.
    pub next_offset: u64,
    /// Up to here the follower's log is the leader's, on stable storage: at least the snapshot's last index,
    /// unless the request is of an old term (then 0).
    pub match_index: Index,
}

/// A follower's question for an index to read at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadIndex {
    /// The follower's name for the read.
    pub read: ReadId,
}

/// The leader's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadIndexReply {
    /// The follower's name for the read.
    pub read: ReadId,
    /// The read may be answered from any state at least here; `None` if the server asked does not lead.
    pub read_index: Option<Index>,
}
