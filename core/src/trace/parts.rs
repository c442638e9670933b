//! What servers say to each other and what their logs hold, as parts of lines.
//!
//! The form is the same whoever drives the core: the simulator writes whole lines with it, and a real server, whose
//! commands are others, writes its own lines with the same parts.

use crate::json::{self, Fields};
use crate::raft::{
    AppendOutcome, Body, Configuration, Entry, EntryId, Incarnation, Message, NodeId, Payload, RequestVote,
};
use crate::sim::event::MessageKind;

/// Appends what a command asks for, as a JSON value; null for bytes that are no command.
pub type CommandForm = fn(&mut String, &[u8]);

/// Goes on with an object that has fields already: adds `kind`, `msg_term` and the message's own fields.
pub fn add_message(out: &mut String, told: &Message, command: CommandForm) {
    json::more(out, |fields| {
        fields.string("kind", MessageKind::of(&told.body).as_str());
        message(fields, told, command);
    });
}

/// Goes on with an object that has fields already: adds `voters`, `learners`, `outgoing`, and `admitted` if anybody is.
pub fn add_configuration(out: &mut String, told: &Configuration) {
    json::more(out, |fields| configuration(fields, told));
}

/// Appends an entry of a log, an object.
pub fn entry(out: &mut String, entry: &Entry, command: CommandForm) {
    json::object(out, |fields| {
        fields.number("index", entry.index.0);
        fields.number("term", entry.term.0);
        match &entry.payload {
            Payload::Noop => fields.string("kind", "noop"),
            Payload::Command(bytes) => {
                fields.string("kind", "command");
                command(fields.field("command"), bytes);
            }
            Payload::Configuration(adopted) => {
                fields.string("kind", "config");
                configuration(fields, adopted);
            }
        }
    });
}

/// Adds `msg_term` and the message's own fields.
pub(super) fn message(fields: &mut Fields<'_>, message: &Message, command: CommandForm) {
    fields.number("msg_term", message.term.0);
    match &message.body {
        Body::RequestVote(request) | Body::PreVote(request) => request_vote(fields, request),
        Body::RequestVoteReply(reply) | Body::PreVoteReply(reply) => {
            fields.number("campaign_term", reply.campaign_term.0);
            fields.bool("vote_granted", reply.vote_granted);
        }
        Body::AppendEntries(append) => {
            let EntryId { term, index } = append.prev_log;
            fields.number("prev_log_index", index.0);
            fields.number("prev_log_term", term.0);
            fields.list("entries", append.entries.iter(), |out, one| entry(out, one, command));
            fields.number("leader_commit", append.leader_commit.0);
            fields.number("round", append.round);
        }
        Body::AppendEntriesReply(reply) => {
            match reply.outcome {
                AppendOutcome::Success { match_index } => {
                    fields.bool("success", true);
                    fields.number("match_index", match_index.0);
                }
                AppendOutcome::Failure { prev_log_index, conflict_term, conflict_index } => {
                    fields.bool("success", false);
                    fields.number("prev_log_index", prev_log_index.0);
                    fields.number("conflict_index", conflict_index.0);
                    match conflict_term {
                        Some(term) => fields.number("conflict_term", term.0),
                        None => fields.null("conflict_term"),
                    }
                }
            }
            fields.number("round", reply.round);
            forgetful(fields, reply.forgetful);
        }
        Body::InstallSnapshot(install) => {
            let EntryId { term, index } = install.last_included;
            fields.number("last_included_index", index.0);
            fields.number("last_included_term", term.0);
            fields.number("offset", install.offset);
            fields.number("data_bytes", install.data.len() as u64);
            fields.bool("done", install.done);
            fields.number("round", install.round);
        }
        Body::InstallSnapshotReply(reply) => {
            fields.number("match_index", reply.match_index.0);
            fields.number("next_offset", reply.next_offset);
            fields.number("round", reply.round);
            forgetful(fields, reply.forgetful);
        }
        Body::TimeoutNow => {}
        Body::ReadIndex(request) => fields.number("read", request.read.0),
        Body::ReadIndexReply(reply) => {
            fields.number("read", reply.read.0);
            match reply.read_index {
                Some(index) => fields.number("read_index", index.0),
                None => fields.null("read_index"),
            }
        }
    }
}

/// Adds who is in the cluster.
pub(super) fn configuration(fields: &mut Fields<'_>, configuration: &Configuration) {
    let node = |out: &mut String, node: &NodeId| json::string(out, &node.to_string());
    fields.list("voters", configuration.voters(), node);
    fields.list("learners", configuration.learners(), node);
    fields.list("outgoing", configuration.outgoing(), node);
    if !configuration.admitted().is_empty() {
        fields.object("admitted", |fields| {
            for (node, incarnation) in configuration.admitted() {
                fields.number(&node.to_string(), incarnation.0);
            }
        });
    }
}

/// Adds whether whoever answers lost its disk, and does not count.
fn forgetful(fields: &mut Fields<'_>, incarnation: Option<Incarnation>) {
    fields.bool("forgetful", incarnation.is_some());
    if let Some(incarnation) = incarnation {
        fields.number("incarnation", incarnation.0);
    }
}

fn request_vote(fields: &mut Fields<'_>, request: &RequestVote) {
    fields.number("campaign_term", request.campaign_term.0);
    fields.number("last_log_index", request.last_log.index.0);
    fields.number("last_log_term", request.last_log.term.0);
    fields.bool("leadership_transfer", request.leadership_transfer);
}
