//! What no server of this cluster can have said, whoever signed it.
//!
//! The core keeps itself safe whatever it is told; this is the first door, so that nonsense is answered as such.

use mini_raft_core::raft::{AppendEntries, Body, EntryId, Index, InstallSnapshot, Message, Payload, Term};

/// No cluster gets there: at a million entries a second it takes two thousand years. Sums below it do not overflow.
const GREATEST: u64 = 1 << 56;

/// What is impossible in the message; `None` if nothing is.
pub(super) fn complaint_about(message: &Message) -> Option<String> {
    check(message).err()
}

fn check(message: &Message) -> Result<(), String> {
    if message.from == message.to {
        return Err(format!("{} speaks to itself", message.from));
    }
    number("term", message.term.0)?;
    match &message.body {
        Body::RequestVote(vote) => {
            real_term("term", message.term)?;
            if vote.campaign_term != message.term {
                return Err("campaign_term is not the term of the request".to_owned());
            }
            entry("last_log", vote.last_log)
        }
        Body::PreVote(vote) => {
            if vote.campaign_term != message.term.next() {
                return Err("campaign_term is not the term after that of the request".to_owned());
            }
            entry("last_log", vote.last_log)
        }
        Body::RequestVoteReply(reply) | Body::PreVoteReply(reply) => {
            real_term("campaign_term", reply.campaign_term)
        }
        Body::AppendEntries(append) => append_entries(message.term, append),
        Body::AppendEntriesReply(reply) => append_outcome(&reply.outcome),
        Body::InstallSnapshot(install) => install_snapshot(message.term, install),
        Body::InstallSnapshotReply(reply) => {
            number("next_offset", reply.next_offset)?;
            number("match_index", reply.match_index.0)
        }
        Body::TimeoutNow => real_term("term", message.term),
        Body::ReadIndex(_) => Ok(()),
        Body::ReadIndexReply(reply) => number("read_index", reply.read_index.unwrap_or_default().0),
    }
}

fn append_entries(leader_term: Term, append: &AppendEntries) -> Result<(), String> {
    real_term("term", leader_term)?;
    entry("prev_log", append.prev_log)?;
    number("leader_commit", append.leader_commit.0)?;
    let mut before = append.prev_log;
    for (place, entry) in append.entries.iter().enumerate() {
        if entry.index != before.index.next() {
            return Err(format!("entries[{place}].index is {}, after {}", entry.index, before.index));
        }
        if entry.term < before.term || entry.term == Term::ZERO || entry.term > leader_term {
            return Err(format!("entries[{place}].term is {}, after {}", entry.term, before.term));
        }
        if let Payload::Configuration(configuration) = &entry.payload
            && configuration.voters().is_empty()
        {
            return Err(format!("entries[{place}] is a configuration in which nobody votes"));
        }
        before = entry.id();
    }
    not_after("prev_log", append.prev_log, leader_term)?;
    number("the last entry's index", before.index.0)
}

fn append_outcome(outcome: &mini_raft_core::raft::AppendOutcome) -> Result<(), String> {
    use mini_raft_core::raft::AppendOutcome::{Failure, Success};
    match *outcome {
        Success { match_index } => number("match_index", match_index.0),
        Failure { prev_log_index, conflict_term, conflict_index } => {
            number("prev_log_index", prev_log_index.0)?;
            number("conflict_term", conflict_term.unwrap_or_default().0)?;
            number("conflict_index", conflict_index.0)
        }
    }
}

fn install_snapshot(leader_term: Term, install: &InstallSnapshot) -> Result<(), String> {
    real_term("term", leader_term)?;
    entry("last_included", install.last_included)?;
    not_after("last_included", install.last_included, leader_term)?;
    if install.last_included.index == Index::ZERO {
        return Err("last_included.index is 0".to_owned());
    }
    if install.configuration.voters().is_empty() {
        return Err("nobody votes in the configuration".to_owned());
    }
    number("offset", install.offset)
}

fn number(name: &str, value: u64) -> Result<(), String> {
    if value > GREATEST { Err(format!("{name} is {value}, beyond {GREATEST}")) } else { Ok(()) }
}

fn real_term(name: &str, term: Term) -> Result<(), String> {
    if term == Term::ZERO { Err(format!("{name} is 0")) } else { number(name, term.0) }
}

/// An entry has a term and an index, or neither.
fn entry(name: &str, id: EntryId) -> Result<(), String> {
    number(name, id.index.0)?;
    number(name, id.term.0)?;
    if (id.term == Term::ZERO) != (id.index == Index::ZERO) {
        return Err(format!("{name} has index {} and term {}", id.index, id.term));
    }
    Ok(())
}

fn not_after(name: &str, id: EntryId, leader_term: Term) -> Result<(), String> {
    if id.term > leader_term {
        return Err(format!("{name}.term is {}, after the leader's {leader_term}", id.term));
    }
    Ok(())
}
