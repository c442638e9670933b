//! The rule of the paper behind each fact, with its section.

use super::fact::{Fact, RoleReason, VoteRefusal};

/// Where the paper states a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clause {
    /// The paper's section or figure, or the chapter of Ongaro's thesis.
    pub section: &'static str,
    /// The rule in a sentence.
    pub rule: &'static str,
}

impl Fact {
    /// The rule behind this fact.
    pub fn clause(&self) -> Clause {
        let (section, rule) = match self {
            Fact::ElectionTimedOut { .. } => {
                ("§5.2", "A follower that hears nothing for an election timeout starts an election.")
            }
            Fact::RoleChanged { why, .. } => return why.clause(),
            Fact::VoteGranted { pre_vote: true, .. } => {
                ("thesis 9.6", "A pre-vote is granted if the vote would be; nothing changes on the voter.")
            }
            Fact::VoteGranted { .. } => (
                "§5.2, §5.4.1",
                "One vote in a term, first come first served, to a log at least as up-to-date.",
            ),
            Fact::VoteRefused { why, .. } => return why.clause(),
            Fact::VoteCounted { .. } | Fact::VoteDenied { .. } => {
                ("§5.2", "A candidate wins with the votes of a majority.")
            }
            Fact::StaleTermIgnored { .. } => ("§5.1", "A request with a stale term number is rejected."),
            Fact::Proposed { .. } => (
                "Figure 2, Leaders",
                "A leader appends the command to its log and sends it to every follower.",
            ),
            Fact::AppendAccepted { .. } => (
                "Figure 2, AppendEntries 2–4",
                "If the log matches at prevLogIndex, append the new entries not already in the log.",
            ),
            Fact::AppendRefused { .. } => (
                "Figure 2, AppendEntries 2",
                "Reply false if the log has no entry at prevLogIndex whose term matches prevLogTerm.",
            ),
            Fact::ConflictRemoved { .. } => (
                "Figure 2, AppendEntries 3",
                "If an entry conflicts with a new one, delete it and all that follow it.",
            ),
            Fact::MatchAdvanced { .. } => {
                ("Figure 2, Leaders", "If successful: update nextIndex and matchIndex for the follower.")
            }
            Fact::NextIndexBacked { .. } => (
                "§5.3",
                "After a rejection, the leader decrements nextIndex and retries, skipping a whole conflicting term.",
            ),
            Fact::Committed { .. } => (
                "§5.3, §5.4.2",
                "An entry of the leader's own term is committed once a majority holds it, and with it all before it.",
            ),
            Fact::OldTermNotCounted { .. } => (
                "§5.4.2, Figure 8",
                "Only entries of the leader's current term are committed by counting replicas.",
            ),
            Fact::CommitLearnt { .. } => {
                ("Figure 2, AppendEntries 5", "commitIndex = min(leaderCommit, index of the last new entry).")
            }
            Fact::SnapshotSent { .. } => {
                ("§7", "The leader sends a snapshot when it has discarded the next entry the follower needs.")
            }
            Fact::SnapshotInstalled { .. } => (
                "Figure 13, rules 5–8",
                "Save the snapshot; keep what follows it if the log matches there, else discard the log; reset the state machine.",
            ),
            Fact::SnapshotIgnored { .. } => {
                ("Figure 13, rule 5", "A snapshot that is not newer changes nothing.")
            }
            Fact::Compacted { .. } => {
                ("§7", "Once a snapshot is written, the log up to its last included index is discarded.")
            }
            Fact::ReadWaitsForCommit { .. } => (
                "§8",
                "A leader must have committed an entry of its own term before it knows which entries are committed.",
            ),
            Fact::ReadConfirmed { .. } => (
                "§8, thesis 6.4",
                "Before answering a read, a leader exchanges heartbeats with a majority to be sure it was not deposed.",
            ),
            Fact::ReadByLease { .. } => (
                "thesis 6.4.1",
                "While a majority has promised not to elect another, a leader may answer reads alone.",
            ),
            Fact::ConfigurationInUse { .. } => {
                ("§6", "A server uses the latest configuration in its log, whether or not it is committed.")
            }
            Fact::AdmittedAnew { .. } => (
                "§5.1, §6",
                "A server that lost its stable storage is a new server, until a change of membership admits it.",
            ),
            Fact::ChangeRefused { .. } => (
                "thesis 4.1",
                "A leader changes the configuration one step at a time, each after the one before is committed.",
            ),
            Fact::Halted => ("Figure 2", "A server that cannot write to stable storage stops."),
            Fact::TransferStarted { .. } | Fact::TimeoutNowSent { .. } | Fact::TransferAborted { .. } => (
                "thesis 3.10",
                "The leader brings the target's log up to date, then tells it to start an election without waiting.",
            ),
        };
        Clause { section, rule }
    }
}

impl RoleReason {
    /// The rule behind this reason.
    pub fn clause(&self) -> Clause {
        let (section, rule) = match self {
            RoleReason::ElectionTimeout => {
                ("§5.2", "A follower that hears nothing for an election timeout starts an election.")
            }
            RoleReason::PreVoteWon { .. } => {
                ("thesis 9.6", "A candidate raises its term only once a majority says it would vote for it.")
            }
            RoleReason::ElectionWon { .. } => {
                ("§5.2", "A candidate with the votes of a majority becomes leader.")
            }
            RoleReason::HigherTerm { .. } => {
                ("§5.1", "A server that sees a higher term adopts it and becomes a follower.")
            }
            RoleReason::LeaderDiscovered { .. } => {
                ("§5.2", "A candidate that hears from a leader of its term becomes a follower.")
            }
            RoleReason::QuorumLost { .. } => {
                ("thesis 6.2", "A leader that hears no majority for an election timeout steps down.")
            }
            RoleReason::Removed { .. } => {
                ("thesis 4.2.2", "A leader that is not in the committed configuration steps down.")
            }
            RoleReason::WriteFailed => ("Figure 2", "A server that cannot write to stable storage stops."),
            RoleReason::TimeoutNow { .. } => {
                ("thesis 3.10", "A server that receives TimeoutNow starts an election at once.")
            }
        };
        Clause { section, rule }
    }

    /// A short name for the trace: `election-timeout`, `higher-term`, ….
    pub fn slug(&self) -> &'static str {
        match self {
            RoleReason::ElectionTimeout => "election-timeout",
            RoleReason::PreVoteWon { .. } => "pre-vote-won",
            RoleReason::ElectionWon { .. } => "election-won",
            RoleReason::HigherTerm { .. } => "higher-term",
            RoleReason::LeaderDiscovered { .. } => "leader-discovered",
            RoleReason::QuorumLost { .. } => "quorum-lost",
            RoleReason::TimeoutNow { .. } => "timeout-now",
            RoleReason::Removed { .. } => "removed",
            RoleReason::WriteFailed => "write-failed",
        }
    }
}

impl VoteRefusal {
    /// The rule behind this refusal.
    pub fn clause(&self) -> Clause {
        let (section, rule) = match self {
            VoteRefusal::StaleTerm { .. } => {
                ("Figure 2, RequestVote 1", "Reply false if term < currentTerm.")
            }
            VoteRefusal::AlreadyVoted { .. } => ("Figure 2, RequestVote 2", "At most one vote in a term."),
            VoteRefusal::LogNotUpToDate { .. } => {
                ("§5.4.1", "A voter denies its vote if its own log is more up-to-date.")
            }
            VoteRefusal::LostDisk => (
                "§5.1, Figure 2",
                "A server that lost its stable storage does not vote until it is admitted anew.",
            ),
            VoteRefusal::LeaderAlive { .. } => (
                "thesis 4.2.3",
                "A server that heard from a leader within the minimum election timeout does not grant its vote.",
            ),
        };
        Clause { section, rule }
    }
}
