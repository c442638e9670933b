//! Messages in the paper's words: their names, what they say, and every field.

use mini_raft_core::kv::Outcome;
use mini_raft_core::raft::{AppendOutcome, Body, Message};
use mini_raft_core::sim::Payload;
use mini_raft_core::sim::event::ClientAnswer;

use super::event::does;
use super::{entries, log_end, node_or_none, op, outcome, payload_label, plural, term_or_none};

/// Entries of a message that are listed by name; more are counted.
const ENTRIES_MAX: usize = 8;

/// What a message is called: `AppendEntries with 2 entries`, `heartbeat`, `vote for node-3`.
pub fn message_name(payload: &Payload) -> String {
    match payload {
        Payload::Peer(message) => peer_name(message),
        Payload::Request { client, op: asked, .. } => format!("request of {client}: {}", op(asked)),
        Payload::Reply { client, answer, .. } => match answer {
            ClientAnswer::Done { .. } => format!("answer to {client}"),
            ClientAnswer::NotLeader { .. } => format!("“not the leader” to {client}"),
            ClientAnswer::Unknown => format!("“cannot tell” to {client}"),
        },
    }
}

/// What a message says, in a sentence.
pub fn message(payload: &Payload) -> String {
    match payload {
        Payload::Peer(message) => peer(message),
        Payload::Request { client, op: asked, .. } => {
            format!("{} to {}.", does(client, "ask", "asks"), op(asked))
        }
        Payload::Reply { client, answer, .. } => match answer {
            ClientAnswer::Done { outcome: came_to, index } => {
                format!("Tells {client} that it is done at index {index}: {}.", outcome(came_to))
            }
            ClientAnswer::NotLeader { leader: Some(leader) } => {
                format!("Tells {client} to ask {leader}, the leader.")
            }
            ClientAnswer::NotLeader { leader: None } => {
                format!("Tells {client} that no leader is known.")
            }
            ClientAnswer::Unknown => format!(
                "Tells {client} that leadership was lost before the entry was committed: it may be applied, or not."
            ),
        },
    }
}

/// Every field of a message: its name and its value.
pub fn message_fields(payload: &Payload) -> Vec<(&'static str, String)> {
    match payload {
        Payload::Peer(message) => peer_fields(message),
        Payload::Request { client, request, op: asked, .. } => {
            vec![("client", client.to_string()), ("request", request.to_string()), ("operation", op(asked))]
        }
        Payload::Reply { client, request, answer } => {
            let mut fields = vec![("client", client.to_string()), ("request", request.to_string())];
            match answer {
                ClientAnswer::Done { outcome: came_to, index } => {
                    fields.push(("index", index.to_string()));
                    fields.push((
                        "result",
                        match came_to {
                            Outcome::Value(Some(value)) => value.to_string(),
                            other => outcome(other),
                        },
                    ));
                }
                ClientAnswer::NotLeader { leader } => fields.push(("leader", node_or_none(*leader))),
                ClientAnswer::Unknown => fields.push(("result", "unknown".to_owned())),
            }
            fields
        }
    }
}

fn peer_name(message: &Message) -> String {
    let granted = |granted| if granted { "granted" } else { "refused" };
    match &message.body {
        Body::RequestVote(_) => "RequestVote".to_owned(),
        Body::RequestVoteReply(reply) => format!("vote {}", granted(reply.vote_granted)),
        Body::PreVote(_) => "PreVote".to_owned(),
        Body::PreVoteReply(reply) => format!("pre-vote {}", granted(reply.vote_granted)),
        Body::AppendEntries(append) if append.entries.is_empty() => "heartbeat".to_owned(),
        Body::AppendEntries(append) => {
            format!("AppendEntries with {}", plural(append.entries.len() as u64, "entry", "entries"))
        }
        Body::AppendEntriesReply(reply) => match reply.outcome {
            AppendOutcome::Success { .. } => "AppendEntries accepted".to_owned(),
            AppendOutcome::Failure { .. } => "AppendEntries refused".to_owned(),
        },
        Body::InstallSnapshot(_) => "InstallSnapshot".to_owned(),
        Body::InstallSnapshotReply(_) => "InstallSnapshot answered".to_owned(),
        Body::TimeoutNow => "TimeoutNow".to_owned(),
        Body::ReadIndex(_) => "ReadIndex".to_owned(),
        Body::ReadIndexReply(_) => "index to read at".to_owned(),
    }
}

fn peer(message: &Message) -> String {
    let from = message.from;
    match &message.body {
        Body::RequestVote(request) => format!(
            "{from} asks for a vote in term {}; its log ends with {}.",
            request.campaign_term,
            log_end(request.last_log),
        ),
        Body::PreVote(request) => format!(
            "{from} asks whether it would get a vote in term {}; its log ends with {}.",
            request.campaign_term,
            log_end(request.last_log),
        ),
        Body::RequestVoteReply(reply) if reply.vote_granted => {
            format!("{from} gives its vote of term {}.", reply.campaign_term)
        }
        Body::RequestVoteReply(reply) => {
            format!("{from} does not give its vote of term {}.", reply.campaign_term)
        }
        Body::PreVoteReply(reply) if reply.vote_granted => {
            format!("{from} would give its vote of term {}.", reply.campaign_term)
        }
        Body::PreVoteReply(reply) => {
            format!("{from} would not give its vote of term {}.", reply.campaign_term)
        }
        Body::AppendEntries(append) => match (append.entries.first(), append.entries.last()) {
            (Some(first), Some(last)) => format!(
                "{from} sends {}, to follow {}.",
                entries(first.index, last.index),
                log_end(append.prev_log),
            ),
            _ => format!(
                "{from} says that it leads term {} and has committed {}.",
                message.term, append.leader_commit
            ),
        },
        Body::AppendEntriesReply(reply) => match reply.outcome {
            AppendOutcome::Success { match_index } => {
                format!("{from} holds the leader's log on disk up to {match_index}.")
            }
            AppendOutcome::Failure { prev_log_index, conflict_index, .. } => format!(
                "The log of {from} does not match at {prev_log_index}: the leader should try from {conflict_index}."
            ),
        },
        Body::InstallSnapshot(install) => format!(
            "{from} sends its state up to {}, in place of entries that it no longer has.",
            log_end(install.last_included),
        ),
        Body::InstallSnapshotReply(reply) => {
            format!("{from} holds the leader's log on disk up to {}.", reply.match_index)
        }
        Body::ReadIndex(_) => format!("{from} asks its leader for an index to read at."),
        Body::ReadIndexReply(reply) => match reply.read_index {
            Some(index) => format!("{from} still leads: read at {index} or later."),
            None => format!("{from} does not lead: ask another."),
        },
        Body::TimeoutNow => format!("{from} hands leadership over: start an election at once."),
    }
}

fn peer_fields(message: &Message) -> Vec<(&'static str, String)> {
    let mut fields = vec![("term", message.term.to_string())];
    match &message.body {
        Body::RequestVote(request) | Body::PreVote(request) => {
            fields.push(("candidate_id", message.from.to_string()));
            if request.campaign_term != message.term {
                fields.push(("campaign_term", request.campaign_term.to_string()));
            }
            fields.push(("last_log_index", request.last_log.index.to_string()));
            fields.push(("last_log_term", request.last_log.term.to_string()));
            if request.leadership_transfer {
                fields.push(("leadership_transfer", "true".to_owned()));
            }
        }
        Body::RequestVoteReply(reply) | Body::PreVoteReply(reply) => {
            fields.push(("vote_granted", reply.vote_granted.to_string()));
            fields.push(("campaign_term", reply.campaign_term.to_string()));
        }
        Body::AppendEntries(append) => {
            fields.push(("leader_id", message.from.to_string()));
            fields.push(("prev_log_index", append.prev_log.index.to_string()));
            fields.push(("prev_log_term", append.prev_log.term.to_string()));
            if append.entries.is_empty() {
                fields.push(("entries[]", "none (heartbeat)".to_owned()));
            }
            for entry in append.entries.iter().take(ENTRIES_MAX) {
                let value =
                    format!("{} · term {} · {}", entry.index, entry.term, payload_label(&entry.payload));
                fields.push(("entries[]", value));
            }
            if append.entries.len() > ENTRIES_MAX {
                fields.push(("entries[]", format!("and {} more", append.entries.len() - ENTRIES_MAX)));
            }
            fields.push(("leader_commit", append.leader_commit.to_string()));
            fields.push(("round", append.round.to_string()));
        }
        Body::AppendEntriesReply(reply) => {
            match reply.outcome {
                AppendOutcome::Success { match_index } => {
                    fields.push(("success", "true".to_owned()));
                    fields.push(("match_index", match_index.to_string()));
                }
                AppendOutcome::Failure { prev_log_index, conflict_term, conflict_index } => {
                    fields.push(("success", "false".to_owned()));
                    fields.push(("prev_log_index", prev_log_index.to_string()));
                    fields.push(("conflict_term", term_or_none(conflict_term)));
                    fields.push(("conflict_index", conflict_index.to_string()));
                }
            }
            fields.push(("round", reply.round.to_string()));
        }
        Body::InstallSnapshot(install) => {
            fields.push(("leader_id", message.from.to_string()));
            fields.push(("last_included_index", install.last_included.index.to_string()));
            fields.push(("last_included_term", install.last_included.term.to_string()));
            fields.push(("offset", install.offset.to_string()));
            fields.push(("data[]", plural(install.data.len() as u64, "byte", "bytes")));
            fields.push(("done", install.done.to_string()));
            fields.push(("round", install.round.to_string()));
        }
        Body::InstallSnapshotReply(reply) => {
            fields.push(("match_index", reply.match_index.to_string()));
            fields.push(("round", reply.round.to_string()));
        }
        Body::ReadIndex(request) => fields.push(("read", request.read.0.to_string())),
        Body::ReadIndexReply(reply) => {
            fields.push(("read", reply.read.0.to_string()));
            fields
                .push(("read_index", reply.read_index.map_or("none".to_owned(), |index| index.to_string())));
        }
        Body::TimeoutNow => {}
    }
    fields
}

#[cfg(test)]
mod tests {
    use mini_raft_core::raft::{AppendEntries, Entry, EntryId, Index, NodeId, Payload as EntryPayload, Term};

    use super::*;

    fn append(entries: Vec<Entry>) -> Payload {
        Payload::Peer(Message {
            from: NodeId(1),
            to: NodeId(2),
            term: Term(4),
            body: Body::AppendEntries(AppendEntries {
                prev_log: EntryId::new(3, 12),
                entries: entries.into(),
                leader_commit: Index(12),
                round: 9,
            }),
        })
    }

    #[test]
    fn an_append_without_entries_is_a_heartbeat() {
        let heartbeat = append(Vec::new());
        assert_eq!(message_name(&heartbeat), "heartbeat");
        assert_eq!(message(&heartbeat), "node-1 says that it leads term 4 and has committed 12.");
    }

    #[test]
    fn every_field_of_an_append_is_there_in_the_papers_words() {
        let payload = append(vec![Entry { term: Term(4), index: Index(13), payload: EntryPayload::Noop }]);
        assert_eq!(message_name(&payload), "AppendEntries with 1 entry");
        assert_eq!(message(&payload), "node-1 sends entry 13, to follow entry 12 of term 3.");
        let fields: Vec<String> =
            message_fields(&payload).into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
        assert_eq!(
            fields,
            [
                "term: 4",
                "leader_id: node-1",
                "prev_log_index: 12",
                "prev_log_term: 3",
                "entries[]: 13 · term 4 · no-op",
                "leader_commit: 12",
                "round: 9",
            ]
        );
    }

    #[test]
    fn a_long_list_of_entries_is_cut_and_counted() {
        let entries = (13..33)
            .map(|index| Entry { term: Term(4), index: Index(index), payload: EntryPayload::Noop })
            .collect();
        let fields = message_fields(&append(entries));
        assert_eq!(fields.iter().filter(|(name, _)| *name == "entries[]").count(), 9);
        assert!(fields.contains(&("entries[]", "and 12 more".to_owned())));
    }
}
