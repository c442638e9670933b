//! Why: each rule that fires leaves a fact, with the values that made it fire.
//!
//! The inspector, the trace and the tests read facts. They decide nothing: without them a node does the same.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::configuration::Configuration;
use super::ids::{EntryId, Incarnation, Index, NodeId, Term};
use super::io::Refusal;
use super::role::RoleName;
use crate::time::Micros;

/// A rule fired on this node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "fact", content = "values", rename_all = "kebab-case")]
pub enum Fact {
    /// No leader was heard for the whole election timeout (§5.2).
    ElectionTimedOut {
        /// Whom it followed last in this term.
        leader: Option<NodeId>,
    },
    /// The role changed, or the term, or both.
    RoleChanged {
        /// From which role.
        from: RoleName,
        /// To which role.
        to: RoleName,
        /// The term from now on.
        term: Term,
        /// Why.
        why: RoleReason,
    },
    /// A vote, or a pre-vote, was given (§5.2, §5.4.1).
    VoteGranted {
        /// To whom.
        candidate: NodeId,
        /// For the leadership of which term.
        campaign_term: Term,
        /// Whether it was only asked whether it would (thesis 9.6).
        pre_vote: bool,
        /// The end of our log.
        ours: EntryId,
        /// The end of the candidate's log, at least as up-to-date.
        theirs: EntryId,
    },
    /// A vote, or a pre-vote, was refused.
    VoteRefused {
        /// To whom.
        candidate: NodeId,
        /// For the leadership of which term.
        campaign_term: Term,
        /// Whether it was only asked whether it would (thesis 9.6).
        pre_vote: bool,
        /// Why.
        why: VoteRefusal,
    },
    /// A vote, or a pre-vote, was received and counted.
    VoteCounted {
        /// From whom.
        voter: NodeId,
        /// Whether it is a pre-vote.
        pre_vote: bool,
        /// Votes with this one.
        votes: u32,
        /// Votes that win.
        needed: u32,
    },
    /// A candidate was told no.
    VoteDenied {
        /// By whom.
        voter: NodeId,
        /// Whether it is a pre-vote.
        pre_vote: bool,
    },
    /// A message of an old term changed nothing (§5.1).
    StaleTermIgnored {
        /// Who sent it.
        from: NodeId,
        /// Its term.
        message_term: Term,
        /// Ours.
        current_term: Term,
    },
    /// A leader put entries into its log (Rules for Leaders).
    Proposed {
        /// The first of them.
        first: Index,
        /// How many.
        count: u64,
    },
    /// A follower accepted an AppendEntries: its log matched at `prev_log` (Figure 2, AppendEntries 2).
    AppendAccepted {
        /// The leader.
        leader: NodeId,
        /// Where the logs matched.
        prev_log: EntryId,
        /// How many entries it did not have yet.
        new_entries: u64,
        /// Up to here the log is now known to be the leader's.
        verified: Index,
    },
    /// A follower refused an AppendEntries: its log does not match at `prev_log` (Figure 2, AppendEntries 2).
    AppendRefused {
        /// The leader.
        leader: NodeId,
        /// Where the logs should have matched.
        prev_log: EntryId,
        /// The term of our entry there; none if our log is too short.
        our_term: Option<Term>,
        /// Where the leader should try next.
        conflict_index: Index,
    },
    /// A follower removed entries that conflict with the leader's (Figure 2, AppendEntries 3).
    ConflictRemoved {
        /// The first removed entry.
        ours: EntryId,
        /// The leader's entry in its place.
        theirs: EntryId,
        /// The last index that was removed.
        last: Index,
    },
    /// A leader learnt how far a follower's log matches (Figure 2).
    MatchAdvanced {
        /// The follower.
        follower: NodeId,
        /// Before.
        from: Index,
        /// Now.
        to: Index,
    },
    /// A leader moves back to find where a follower's log matches (§5.3).
    NextIndexBacked {
        /// The follower.
        follower: NodeId,
        /// Before.
        from: Index,
        /// Now.
        to: Index,
        /// The term of the follower's conflicting entry, if it told one.
        conflict_term: Option<Term>,
    },
    /// A leader committed entries: a majority holds an entry of its own term (§5.3, §5.4.2).
    Committed {
        /// The commit index before.
        from: Index,
        /// The commit index now.
        to: Index,
        /// The voters that hold the entry at `to`.
        holders: Vec<NodeId>,
        /// How many are needed.
        needed: u32,
    },
    /// A majority holds an entry, but of an earlier term: it is not committed by counting (§5.4.2, Figure 8).
    OldTermNotCounted {
        /// The entry.
        entry: EntryId,
        /// The leader's term.
        current_term: Term,
    },
    /// A follower learnt that entries are committed (Figure 2, AppendEntries 5).
    CommitLearnt {
        /// The commit index before.
        from: Index,
        /// The commit index now: the lesser of the two below.
        to: Index,
        /// What the leader said.
        leader_commit: Index,
        /// How far this follower's log is known to be the leader's.
        verified: Index,
    },
    /// A leader sends its snapshot: the entry that the follower needs is compacted away (§7).
    SnapshotSent {
        /// The follower.
        follower: NodeId,
        /// What it needs.
        next_index: Index,
        /// What the snapshot covers.
        last_included: EntryId,
    },
    /// A snapshot from the leader became this node's state (Figure 13).
    SnapshotInstalled {
        /// What it covers.
        last_included: EntryId,
        /// Entries after the snapshot that were kept, because the log matched there (Figure 13, rule 6).
        kept: u64,
    },
    /// A snapshot from the leader brought nothing new.
    SnapshotIgnored {
        /// What it covers.
        last_included: EntryId,
        /// What was already committed here.
        commit_index: Index,
    },
    /// The log up to here is replaced by a snapshot of this node's own (§7).
    Compacted {
        /// What the snapshot covers.
        last_included: EntryId,
    },
    /// A read waits until this leader has committed an entry of its own term (§8, thesis 6.4).
    ReadWaitsForCommit {
        /// The commit index so far.
        commit_index: Index,
    },
    /// A majority answered a round that began after the read: this leader was still the leader (§8, thesis 6.4).
    ReadConfirmed {
        /// The state machine must be at least here.
        read_index: Index,
        /// Those that answered.
        confirmed_by: Vec<NodeId>,
    },
    /// A lease was still running: no majority had to be asked (thesis 6.4.1).
    ReadByLease {
        /// The state machine must be at least here.
        read_index: Index,
        /// When the lease ends, in the leader's local time.
        lease_until: Micros,
    },
    /// Another configuration is in use on this node, from the moment it is in the log (§6).
    ConfigurationInUse {
        /// The entry that brought it.
        index: Index,
        /// The configuration.
        #[serde(serialize_with = "pointed_to")]
        configuration: Arc<Configuration>,
    },
    /// This server had lost its disk, and counts again where it is a voter.
    AdmittedAnew {
        /// The configuration in use that admits it, or the end of the snapshot that brought one.
        index: Index,
        /// The incarnation that it names.
        incarnation: Incarnation,
    },
    /// A change of the configuration was refused (thesis 4.1).
    ChangeRefused {
        /// Why.
        refusal: Refusal,
    },
    /// A write failed, and this node stops for good.
    Halted,
    /// Leadership is being handed over (thesis 3.10).
    TransferStarted {
        /// To whom.
        to: NodeId,
    },
    /// The target has the whole log and is told to start an election (thesis 3.10).
    TimeoutNowSent {
        /// To whom.
        to: NodeId,
    },
    /// Leadership stays here.
    TransferAborted {
        /// Who should have got it.
        to: NodeId,
        /// Why.
        why: TransferFailure,
    },
}

/// Why a role or a term changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum RoleReason {
    /// The election timer ran out (§5.2).
    ElectionTimeout,
    /// A majority would vote for it (thesis 9.6).
    PreVoteWon {
        /// Those who would.
        votes: u32,
        /// Those needed.
        needed: u32,
    },
    /// A majority voted for it (§5.2).
    ElectionWon {
        /// Its votes.
        votes: u32,
        /// Those needed.
        needed: u32,
    },
    /// A message had a higher term (§5.1).
    HigherTerm {
        /// Who sent it.
        from: NodeId,
        /// Its term.
        term: Term,
    },
    /// A leader of this term spoke (§5.2).
    LeaderDiscovered {
        /// The leader.
        leader: NodeId,
    },
    /// A leader did not hear from a majority for an election timeout (thesis 6.2).
    QuorumLost {
        /// Those heard, itself included.
        heard: u32,
        /// Those needed.
        needed: u32,
    },
    /// The leader told it to start an election (thesis 3.10).
    TimeoutNow {
        /// The leader.
        leader: NodeId,
    },
    /// A leader is not in the configuration that is committed (thesis 4.2.2).
    Removed {
        /// The configuration's entry.
        index: Index,
    },
    /// A write failed.
    WriteFailed,
}

/// Why a vote was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum VoteRefusal {
    /// The candidate's term is old (Figure 2, RequestVote 1).
    StaleTerm {
        /// Ours.
        current_term: Term,
    },
    /// The vote of this term is given (Figure 2, RequestVote 2).
    AlreadyVoted {
        /// To whom.
        voted_for: NodeId,
    },
    /// The candidate's log is less up-to-date than ours (§5.4.1).
    LogNotUpToDate {
        /// The end of our log.
        ours: EntryId,
        /// The end of the candidate's.
        theirs: EntryId,
    },
    /// A leader was heard within the least election timeout (thesis 4.2.3).
    LeaderAlive {
        /// The leader.
        leader: NodeId,
    },
    /// This voter lost its disk and may have voted for somebody else.
    LostDisk,
}

/// Why a transfer of leadership came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TransferFailure {
    /// This node is not the leader.
    NotLeader,
    /// The target is this node itself, or no other voter.
    BadTarget,
    /// It took an election timeout (thesis 3.10).
    TookTooLong,
    /// Another target was named meanwhile.
    Superseded,
}

fn pointed_to<T: Serialize, S: Serializer>(pointer: &Arc<T>, serializer: S) -> Result<S::Ok, S::Error> {
    pointer.as_ref().serialize(serializer)
}
