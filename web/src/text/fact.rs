//! Facts as sentences: which rule fired, with the values that made it fire.

use mini_raft_core::raft::{
    Fact, Index, NodeId, Refusal, RoleName, RoleReason, TransferFailure, VoteRefusal,
};

use super::{entries, log_end, names, plural, role};

/// What `node` did, and on which values.
pub fn fact(node: NodeId, fact: &Fact) -> String {
    match fact {
        Fact::ElectionTimedOut { leader: Some(leader) } => {
            format!("{node} has not heard from {leader} for its whole election timeout.")
        }
        Fact::ElectionTimedOut { leader: None } => {
            format!("{node} has heard from no leader for its whole election timeout.")
        }
        Fact::RoleChanged { from, to, term, why } => {
            let change = match (from, to) {
                (_, RoleName::Leader) => format!("becomes the leader of term {term}"),
                (from, to) if from == to => format!("moves to term {term} and stays {}", role(*to)),
                (_, to) => format!("becomes {} in term {term}", role(*to)),
            };
            format!("{node} {change}: {}.", reason(why))
        }
        Fact::VoteGranted { candidate, campaign_term, pre_vote, ours, theirs } => {
            let does = if *pre_vote { "would vote" } else { "votes" };
            format!(
                "{node} {does} for {candidate} in term {campaign_term}: its own log ends with {}, the candidate's with {}.",
                log_end(*ours),
                log_end(*theirs),
            )
        }
        Fact::VoteRefused { candidate, campaign_term, pre_vote, why } => {
            let does = if *pre_vote { "would not vote" } else { "does not vote" };
            format!("{node} {does} for {candidate} in term {campaign_term}: {}.", refusal(why))
        }
        Fact::VoteCounted { voter, pre_vote, votes, needed } => {
            let vote = if *pre_vote { "pre-vote" } else { "vote" };
            format!("{node} counts the {vote} of {voter}: it has {votes}, and {needed} are a majority.")
        }
        Fact::VoteDenied { voter, pre_vote } => {
            let vote = if *pre_vote { "pre-vote" } else { "vote" };
            format!("{node} does not get the {vote} of {voter}.")
        }
        Fact::StaleTermIgnored { from, message_term, current_term } => format!(
            "{node} ignores a message of term {message_term} from {from}: it is in term {current_term} already."
        ),
        Fact::Proposed { first, count } => {
            format!("{node}, as leader, appends {}.", stretch(*first, *count))
        }
        Fact::AppendAccepted { leader, prev_log, new_entries: 0, verified } => format!(
            "{node} accepts a message of {leader}: the logs match at {}, and are the same up to {verified}.",
            log_end(*prev_log),
        ),
        Fact::AppendAccepted { leader, prev_log, new_entries, verified } => format!(
            "{node} accepts {} from {leader}: the logs match at {}, and are the same up to {verified}.",
            plural(*new_entries, "new entry", "new entries"),
            log_end(*prev_log),
        ),
        Fact::AppendRefused { leader, prev_log, our_term, conflict_index } => {
            let here = match our_term {
                Some(term) => format!("its entry {} is of term {term}", prev_log.index),
                None => format!("it has no entry {}", prev_log.index),
            };
            format!(
                "{node} refuses entries from {leader}: they follow {}, but {here}. {leader} should try from {conflict_index}.",
                log_end(*prev_log),
            )
        }
        Fact::ConflictRemoved { ours, theirs, last } => format!(
            "{node} removes {}: entry {} is of term {} here, and of term {} on the leader.",
            entries(ours.index, *last),
            ours.index,
            ours.term,
            theirs.term,
        ),
        Fact::MatchAdvanced { follower, from, to } => {
            format!("{node} learns that {follower} holds its log up to {to} (before: {from}).")
        }
        Fact::NextIndexBacked { follower, from, to, conflict_term } => {
            let skip = conflict_term
                .map_or_else(String::new, |term| format!(", skipping what {follower} has of term {term}"));
            format!("{node} goes back from {from} to {to} to find where the log of {follower} matches{skip}.")
        }
        Fact::Committed { from, to, holders, needed } => format!(
            "{node} commits {}: {} hold it on disk, and {needed} are a majority.",
            entries(from.next(), *to),
            names(holders),
        ),
        Fact::OldTermNotCounted { entry, current_term } => format!(
            "{node} does not commit {} by counting, though a majority holds it: its own term is {current_term}.",
            log_end(*entry),
        ),
        Fact::CommitLearnt { from, to, leader_commit, verified } => format!(
            "{node} learns that {} {} committed: the leader's commit index is {leader_commit}, and the logs are the same up to {verified}.",
            entries(from.next(), *to),
            if to.0 > from.0 + 1 { "are" } else { "is" },
        ),
        Fact::SnapshotSent { follower, next_index, last_included } => format!(
            "{node} sends its snapshot to {follower}: it needs entry {next_index}, and the snapshot stands for all up to {}.",
            last_included.index,
        ),
        Fact::SnapshotInstalled { last_included, kept } => format!(
            "{node} takes the leader's snapshot up to {} as its state, and keeps {} after it.",
            log_end(*last_included),
            plural(*kept, "entry", "entries"),
        ),
        Fact::SnapshotIgnored { last_included, commit_index } => format!(
            "{node} ignores a snapshot up to {}: it has committed {commit_index} already.",
            last_included.index,
        ),
        Fact::Compacted { last_included } => {
            format!("{node} replaces its log up to {} by a snapshot.", last_included.index)
        }
        Fact::ReadWaitsForCommit { commit_index } => format!(
            "{node} lets a read wait: it has committed nothing of its own term yet (its commit index is {commit_index})."
        ),
        Fact::ReadConfirmed { read_index, confirmed_by } => format!(
            "{node} answers a read from index {read_index}: {} confirmed that it still leads.",
            names(confirmed_by),
        ),
        Fact::ReadByLease { read_index, .. } => {
            format!(
                "{node} answers a read at {read_index} alone: the lease that a majority gave it still runs."
            )
        }
        Fact::ConfigurationInUse { index, configuration } if configuration.is_joint() => format!(
            "{node} uses the joint configuration of entry {index}: a decision needs a majority of {} and one of {}.",
            names(configuration.outgoing()),
            names(configuration.voters()),
        ),
        Fact::ConfigurationInUse { index, configuration } => {
            format!("{node} uses the configuration of entry {index}: {} vote.", names(configuration.voters()))
        }
        Fact::AdmittedAnew { index, .. } => {
            format!("{node} lost its disk; the configuration up to entry {index} trusts it again.")
        }
        Fact::ChangeRefused { refusal } => {
            let why = match refusal {
                Refusal::NotLeader { .. } => "it does not lead",
                Refusal::ChangeUnderWay | Refusal::Transferring { .. } | Refusal::TooMuchUncommitted => {
                    "what came before is not committed yet"
                }
                Refusal::BadChange => "it would change nothing, or leave nobody to vote",
                Refusal::CatchUpTooSlow => "the new servers did not catch up in time",
            };
            format!("{node} does not change the cluster: {why}.")
        }
        Fact::Halted => format!("{node} stops: a write to its disk failed."),
        Fact::TransferStarted { to } => format!("{node} begins to hand leadership over to {to}."),
        Fact::TimeoutNowSent { to } => {
            format!("{node} tells {to}, which has its whole log, to start an election at once.")
        }
        Fact::TransferAborted { to, why } => {
            format!("{node} does not hand leadership over to {to}: {}.", failure(*why))
        }
    }
}

fn stretch(first: Index, count: u64) -> String {
    entries(first, first.plus(count.saturating_sub(1)))
}

fn reason(why: &RoleReason) -> String {
    match why {
        RoleReason::ElectionTimeout => "its election timer ran out".to_owned(),
        RoleReason::PreVoteWon { votes, needed } => {
            format!("{votes} would vote for it, and {needed} are a majority")
        }
        RoleReason::ElectionWon { votes, needed } => {
            format!("it has {votes} votes, and {needed} are a majority")
        }
        RoleReason::HigherTerm { from, term } => format!("{from} is in term {term}, which is higher"),
        RoleReason::LeaderDiscovered { leader } => format!("{leader} leads this term"),
        RoleReason::QuorumLost { heard, needed } => format!(
            "within an election timeout it heard from {heard}, itself included, and {needed} are a majority"
        ),
        RoleReason::Removed { index } => {
            format!("the configuration of entry {index} is committed without it")
        }
        RoleReason::WriteFailed => "a write to its disk failed".to_owned(),
        RoleReason::TimeoutNow { leader } => format!("{leader} told it to, to hand leadership over"),
    }
}

pub(super) fn refusal(why: &VoteRefusal) -> String {
    match why {
        VoteRefusal::StaleTerm { current_term } => format!("it is in term {current_term} already"),
        VoteRefusal::AlreadyVoted { voted_for } => format!("it gave its vote of this term to {voted_for}"),
        VoteRefusal::LogNotUpToDate { ours, theirs } => format!(
            "its own log ends with {}, the candidate's with {}, which is less up-to-date",
            log_end(*ours),
            log_end(*theirs),
        ),
        VoteRefusal::LostDisk => "it lost its disk and may have voted for somebody else".to_owned(),
        VoteRefusal::LeaderAlive { leader } => format!("it heard from the leader, {leader}, just now"),
    }
}

fn failure(why: TransferFailure) -> &'static str {
    match why {
        TransferFailure::NotLeader => "it is not the leader",
        TransferFailure::BadTarget => "that is no other voter",
        TransferFailure::TookTooLong => "it took longer than an election timeout",
        TransferFailure::Superseded => "another one was named meanwhile",
    }
}

#[cfg(test)]
mod tests {
    use mini_raft_core::raft::{EntryId, Term};

    use super::*;

    #[test]
    fn a_refused_vote_says_both_logs() {
        let fact = super::fact(
            NodeId(2),
            &Fact::VoteRefused {
                candidate: NodeId(4),
                campaign_term: Term(6),
                pre_vote: false,
                why: VoteRefusal::LogNotUpToDate { ours: EntryId::new(5, 17), theirs: EntryId::new(4, 19) },
            },
        );
        assert_eq!(
            fact,
            "node-2 does not vote for node-4 in term 6: its own log ends with entry 17 of term 5, \
             the candidate's with entry 19 of term 4, which is less up-to-date."
        );
    }

    #[test]
    fn a_role_that_stays_is_told_as_a_change_of_term() {
        let higher = |from, to| {
            super::fact(
                NodeId(1),
                &Fact::RoleChanged {
                    from,
                    to,
                    term: Term(7),
                    why: RoleReason::HigherTerm { from: NodeId(3), term: Term(7) },
                },
            )
        };
        assert_eq!(
            higher(RoleName::Follower, RoleName::Follower),
            "node-1 moves to term 7 and stays a follower: node-3 is in term 7, which is higher."
        );
        assert_eq!(
            higher(RoleName::Leader, RoleName::Follower),
            "node-1 becomes a follower in term 7: node-3 is in term 7, which is higher."
        );
    }

    #[test]
    fn a_commit_names_its_holders() {
        let fact = super::fact(
            NodeId(1),
            &Fact::Committed {
                from: Index(13),
                to: Index(14),
                holders: vec![NodeId(1), NodeId(2), NodeId(4)],
                needed: 3,
            },
        );
        assert_eq!(
            fact,
            "node-1 commits entry 14: node-1, node-2 and node-4 hold it on disk, and 3 are a majority."
        );
    }
}
