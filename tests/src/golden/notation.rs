//! The compact notation of golden scripts: what a node does, a line for each thing.
//!
//! `n2@1` is node-2 in term 1, and `3@1` the entry at index 3 of term 1.

use mini_raft_core::raft::{
    AppendOutcome, Body, Configuration, Entry, Fact, Message, NodeId, Payload, Refusal, RoleReason,
    TransferFailure, VoteRefusal, VoteReply, Write,
};

/// `n2`.
pub(super) fn node(id: NodeId) -> String {
    format!("n{}", id.0)
}

/// `n0 n1 n2`.
pub(super) fn nodes(ids: &[NodeId]) -> String {
    ids.iter().map(|id| node(*id)).collect::<Vec<_>>().join(" ")
}

/// `{n0 n1 n2}`; a joint one is `{n0 n1 n3 | n0 n1 n2}`, the old voters last; learners follow as `+{n3}`.
pub(super) fn configuration(configuration: &Configuration) -> String {
    let mut text = format!("{{{}", nodes(configuration.voters()));
    if configuration.is_joint() {
        text += &format!(" | {}", nodes(configuration.outgoing()));
    }
    text.push('}');
    if !configuration.learners().is_empty() {
        text += &format!("+{{{}}}", nodes(configuration.learners()));
    }
    text
}

/// The name of a command: what stands before the dots that make it longer.
pub(super) fn command(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.split('.').next().unwrap_or_default().to_owned()
}

fn payload(payload: &Payload) -> String {
    match payload {
        Payload::Noop => "noop".to_owned(),
        Payload::Command(bytes) => command(bytes),
        Payload::Configuration(it) => configuration(it),
    }
}

/// `3@1`.
fn entry_ids(entries: &[Entry]) -> String {
    entries.iter().map(|entry| entry.id().to_string()).collect::<Vec<_>>().join(" ")
}

/// `3@1 x`; `3@1` alone where its command is called that, as in a log that a script makes.
pub(super) fn entry(entry: &Entry) -> String {
    let (id, payload) = (entry.id().to_string(), payload(&entry.payload));
    if id == payload { id } else { format!("{id} {payload}") }
}

/// What `body` is called in a script.
pub(super) fn kind(body: &Body) -> &'static str {
    match body {
        Body::RequestVote(_) => "RequestVote",
        Body::RequestVoteReply(_) => "RequestVoteReply",
        Body::PreVote(_) => "PreVote",
        Body::PreVoteReply(_) => "PreVoteReply",
        Body::AppendEntries(_) => "AppendEntries",
        Body::AppendEntriesReply(_) => "AppendEntriesReply",
        Body::InstallSnapshot(_) => "InstallSnapshot",
        Body::InstallSnapshotReply(_) => "InstallSnapshotReply",
        Body::TimeoutNow => "TimeoutNow",
        Body::ReadIndex(_) => "ReadIndex",
        Body::ReadIndexReply(_) => "ReadIndexReply",
    }
}

/// `n2@1 → n1 AppendEntries prev=1@1 [2@1] commit=1`.
pub(super) fn message(message: &Message) -> String {
    let Message { from, to, term, body } = message;
    let says = match body {
        Body::RequestVote(request) => {
            let transfer = if request.leadership_transfer { " transfer" } else { "" };
            format!(" last={}{transfer}", request.last_log)
        }
        Body::PreVote(request) => format!(" for={} last={}", request.campaign_term, request.last_log),
        Body::RequestVoteReply(reply) => format!(" {}", verdict(reply)),
        Body::PreVoteReply(reply) => format!(" for={} {}", reply.campaign_term, verdict(reply)),
        Body::AppendEntries(request) => {
            let entries = entry_ids(&request.entries);
            format!(" prev={} [{entries}] commit={}", request.prev_log, request.leader_commit)
        }
        Body::AppendEntriesReply(reply) => outcome(&reply.outcome),
        Body::InstallSnapshot(request) => {
            let end = request.offset + request.data.len() as u64;
            let done = if request.done { " done" } else { "" };
            format!(" {} bytes={}..{end}{done}", request.last_included, request.offset)
        }
        Body::InstallSnapshotReply(reply) => {
            format!(" next={} match={}", reply.next_offset, reply.match_index)
        }
        Body::ReadIndexReply(reply) => match reply.read_index {
            Some(index) => format!(" index={index}"),
            None => " refused".to_owned(),
        },
        Body::TimeoutNow | Body::ReadIndex(_) => String::new(),
    };
    format!("{}@{term} → {} {}{says}", node(*from), node(*to), kind(body))
}

/// ` round=3`, of a leader's message or its answer.
pub(super) fn round(body: &Body) -> String {
    let round = match body {
        Body::AppendEntries(request) => request.round,
        Body::AppendEntriesReply(reply) => reply.round,
        Body::InstallSnapshot(request) => request.round,
        Body::InstallSnapshotReply(reply) => reply.round,
        _ => return String::new(),
    };
    format!(" round={round}")
}

fn verdict(reply: &VoteReply) -> &'static str {
    if reply.vote_granted { "granted" } else { "refused" }
}

fn outcome(outcome: &AppendOutcome) -> String {
    match outcome {
        AppendOutcome::Success { match_index } => format!(" match={match_index}"),
        AppendOutcome::Failure { prev_log_index, conflict_term, conflict_index } => {
            let term = conflict_term.map_or(String::new(), |term| format!(" term={term}"));
            format!(" refused prev={prev_log_index}{term} try={conflict_index}")
        }
    }
}

/// `term=2 vote=n1 cut=3 [3@2 x]`: what a write holds.
pub(super) fn write(write: &Write) -> String {
    let mut parts = Vec::new();
    if let Some(state) = write.hard_state {
        parts.push(format!("term={}", state.current_term));
        parts.extend(state.voted_for.map(|vote| format!("vote={}", node(vote))));
    }
    if let Some(snapshot) = &write.snapshot {
        parts.push(format!("snapshot={}", snapshot.last_included));
    }
    parts.extend(write.truncate_from.map(|from| format!("cut={from}")));
    if !write.entries.is_empty() {
        let entries: Vec<String> = write.entries.iter().map(entry).collect();
        parts.push(format!("[{}]", entries.join(", ")));
    }
    parts.join(" ")
}

/// Why something is refused, and whom to ask.
pub(super) fn refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NotLeader { leader: Some(leader) } => format!("refused: ask {}", node(*leader)),
        Refusal::NotLeader { leader: None } => "refused: no leader is known".to_owned(),
        Refusal::Transferring { to } => format!("refused: leadership goes to {}", node(*to)),
        Refusal::TooMuchUncommitted => "refused: too much is not committed".to_owned(),
        Refusal::ChangeUnderWay => "refused: too early for a change".to_owned(),
        Refusal::BadChange => "refused: no such change can be".to_owned(),
        Refusal::CatchUpTooSlow => "refused: the new server is too slow".to_owned(),
    }
}

fn role_reason(why: &RoleReason) -> String {
    match why {
        RoleReason::ElectionTimeout => "timer ran out".to_owned(),
        RoleReason::PreVoteWon { votes, needed } => format!("pre-votes {votes}/{needed}"),
        RoleReason::ElectionWon { votes, needed } => format!("votes {votes}/{needed}"),
        RoleReason::HigherTerm { from, term } => format!("term {term} of {}", node(*from)),
        RoleReason::LeaderDiscovered { leader } => format!("{} leads", node(*leader)),
        RoleReason::QuorumLost { heard, needed } => format!("heard {heard}/{needed}"),
        RoleReason::TimeoutNow { leader } => format!("{} hands over", node(*leader)),
        RoleReason::Removed { index } => format!("removed by entry {index}"),
        RoleReason::WriteFailed => "a write failed".to_owned(),
    }
}

fn vote_refusal(why: &VoteRefusal) -> String {
    match why {
        VoteRefusal::StaleTerm { current_term } => format!("it is term {current_term}"),
        VoteRefusal::AlreadyVoted { voted_for } => format!("voted for {}", node(*voted_for)),
        VoteRefusal::LogNotUpToDate { ours, theirs } => format!("{theirs} is behind {ours}"),
        VoteRefusal::LeaderAlive { leader } => format!("{} is alive", node(*leader)),
        VoteRefusal::LostDisk => "lost its disk".to_owned(),
    }
}

fn transfer_failure(why: &TransferFailure) -> &'static str {
    match why {
        TransferFailure::NotLeader => "does not lead",
        TransferFailure::BadTarget => "no other voter",
        TransferFailure::TookTooLong => "took too long",
        TransferFailure::Superseded => "another target",
    }
}

/// A fact that messages, writes and commits do not show by themselves; none for one that they do.
pub(super) fn fact(fact: &Fact) -> Option<String> {
    Some(match fact {
        Fact::RoleChanged { to, why, .. } => format!("becomes {to} ({})", role_reason(why)),
        Fact::VoteRefused { candidate, pre_vote, why, .. } => {
            let what = if *pre_vote { "pre-vote" } else { "vote" };
            format!("refuses {what} to {} ({})", node(*candidate), vote_refusal(why))
        }
        Fact::VoteCounted { voter, pre_vote, votes, needed } => {
            let what = if *pre_vote { "pre-vote" } else { "vote" };
            format!("counts {what} of {} ({votes}/{needed})", node(*voter))
        }
        Fact::StaleTermIgnored { from, message_term, .. } => {
            format!("ignores term {message_term} of {}", node(*from))
        }
        Fact::MatchAdvanced { follower, to, .. } => format!("knows {} to match at {to}", node(*follower)),
        Fact::NextIndexBacked { follower, to, .. } => format!("goes back to {to} for {}", node(*follower)),
        Fact::OldTermNotCounted { entry, .. } => {
            format!("does not commit {entry} of an old term by counting")
        }
        Fact::SnapshotInstalled { last_included, kept } => {
            format!("installs snapshot {last_included}, keeps {kept} after it")
        }
        Fact::SnapshotIgnored { last_included, .. } => format!("needs no snapshot {last_included}"),
        Fact::Compacted { last_included } => format!("compacts its log up to {last_included}"),
        Fact::ReadWaitsForCommit { .. } => "lets reads wait for a commit of its term".to_owned(),
        Fact::ReadConfirmed { read_index, confirmed_by } => {
            format!("may read at {read_index} (answered: {})", nodes(confirmed_by))
        }
        Fact::ReadByLease { read_index, .. } => format!("may read at {read_index} (lease)"),
        Fact::ConfigurationInUse { index, configuration: it } => {
            format!("uses {} of entry {index}", configuration(it))
        }
        Fact::Halted => "stops for good".to_owned(),
        Fact::TransferAborted { to, why } => {
            format!("gives up the transfer to {} ({})", node(*to), transfer_failure(why))
        }
        // Told by messages, writes, commits and answers.
        _ => return None,
    })
}
