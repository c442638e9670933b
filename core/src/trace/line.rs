//! One event as one line.

use super::parts;
use crate::json::{self, Fields};
use crate::kv::{self, Op, Outcome};
use crate::raft::{Fact, Payload as EntryPayload};
use crate::scenario;
use crate::sim::event::{ClientAnswer, ClientError, SnapshotOrigin};
use crate::sim::{Event, EventKind, Payload};
use crate::time::Micros;

/// The fields that every line begins with.
pub(super) fn head(fields: &mut Fields<'_>, at: Micros, ev: &str) {
    fields.number("t_us", at.0);
    fields.string("ev", ev);
}

/// Appends the event as an object; false if it is not part of the form, and nothing is appended.
pub(super) fn event(event: &Event, out: &mut String) -> bool {
    let Some(ev) = name(&event.kind) else {
        return false;
    };
    json::object(out, |fields| {
        head(fields, event.at, ev);
        if let Some(node) = event.node {
            let term = match &event.kind {
                EventKind::Vote { term, .. } => *term,
                _ => event.term,
            };
            fields.name("node", node);
            fields.number("term", term.0);
        }
        match &event.kind {
            EventKind::Fault(command) if event.node.is_some() => {
                scenario::write_command_on_node(fields, command)
            }
            kind => details(fields, kind),
        }
    });
    true
}

/// `ev` of an event; none if it is not part of the form.
fn name(kind: &EventKind) -> Option<&'static str> {
    Some(match kind {
        EventKind::Fact(Fact::RoleChanged { .. }) => "role",
        EventKind::Fact(Fact::ConfigurationInUse { .. }) => "config",
        EventKind::Fact(_) => return None,
        EventKind::Vote { .. } => "vote",
        EventKind::Append { .. } => "append",
        EventKind::Truncate { .. } => "truncate",
        EventKind::Sync { .. } => "sync",
        EventKind::Commit { .. } => "commit",
        EventKind::Apply { .. } => "apply",
        EventKind::Snapshot { .. } => "snapshot",
        EventKind::Send { .. } => "send",
        EventKind::Deliver { .. } => "deliver",
        EventKind::Drop { .. } => "drop",
        EventKind::Crash { .. } => "crash",
        EventKind::Restart { .. } => "restart",
        EventKind::Wipe => "wipe",
        EventKind::Pause => "pause",
        EventKind::Resume => "resume",
        EventKind::Fault(_) => "fault",
        EventKind::Invoke { .. } => "invoke",
        EventKind::Return { .. } => "return",
        EventKind::Skipped { .. } => "skipped",
        EventKind::Violation(_) => "violation",
    })
}

fn details(fields: &mut Fields<'_>, kind: &EventKind) {
    match kind {
        EventKind::Fact(fact) => {
            if let Fact::RoleChanged { to, why, .. } = fact {
                fields.string("role", to.as_str());
                fields.string("why", why.slug());
            }
            if let Fact::ConfigurationInUse { index, configuration: adopted } = fact {
                parts::configuration(fields, adopted);
                fields.number("index", index.0);
            }
        }
        EventKind::Vote { candidate, .. } => fields.name("for", candidate),
        EventKind::Append { entries } => {
            fields.list("entries", entries.iter(), |out, one| parts::entry(out, one, command))
        }
        EventKind::Truncate { from } => fields.number("from", from.0),
        EventKind::Sync { last } => {
            fields.number("index", last.index.0);
            fields.number("entry_term", last.term.0);
        }
        EventKind::Commit { index } => fields.number("index", index.0),
        EventKind::Apply { entry, outcome, digest } => {
            fields.number("index", entry.index.0);
            fields.number("entry_term", entry.term.0);
            match &entry.payload {
                EntryPayload::Noop | EntryPayload::Configuration(_) => fields.null("command"),
                EntryPayload::Command(bytes) => command(fields.field("command"), bytes),
            }
            result(fields, outcome.as_ref());
            fields.string("digest", &format!("{digest:016x}"));
        }
        EventKind::Snapshot { last_included, origin } => {
            fields.number("index", last_included.index.0);
            fields.number("snapshot_term", last_included.term.0);
            let how = match origin {
                SnapshotOrigin::Taken => "taken",
                SnapshotOrigin::Installed => "installed",
            };
            fields.string("how", how);
        }
        EventKind::Send { message, from, to, payload }
        | EventKind::Deliver { message, from, to, payload } => {
            travel(fields, *message, from, to, payload);
        }
        EventKind::Drop { message, from, to, payload, why } => {
            travel(fields, *message, from, to, payload);
            fields.string("why", why.as_str());
        }
        EventKind::Crash { lost } => {
            if let Some(index) = lost {
                fields.number("lost", index.0);
            }
        }
        EventKind::Restart { hard_state, last, snapshot_index } => {
            // `term` is there already: a node that starts is in the term found on its disk.
            let voted_for = hard_state.voted_for.map(|id| id.to_string());
            fields.string_or_null("voted_for", voted_for.as_deref());
            fields.number("last_index", last.index.0);
            fields.number("last_term", last.term.0);
            fields.number("snapshot_index", snapshot_index.0);
        }
        EventKind::Wipe | EventKind::Pause | EventKind::Resume => {}
        EventKind::Fault(command) => scenario::write_command(fields, command),
        EventKind::Invoke { client, request, op } => operation(fields, client, *request, op),
        EventKind::Return { client, request, op, result: ended, served_by } => {
            operation(fields, client, *request, op);
            match ended {
                Ok(outcome) => {
                    fields.bool("ok", true);
                    result(fields, Some(outcome));
                }
                Err(error) => {
                    fields.bool("ok", false);
                    let error = match error {
                        ClientError::Rejected => "rejected",
                        ClientError::Unknown => "unknown",
                    };
                    fields.string("error", error);
                }
            }
            if let Some((node, index)) = served_by {
                fields.name("served_by", node);
                fields.number("served_index", index.0);
            }
        }
        EventKind::Skipped { step, why } => {
            fields.number("step", *step as u64);
            fields.string("why", why);
        }
        EventKind::Violation(violation) => {
            fields.string("property", violation.property);
            fields.string("detail", &violation.detail);
            fields.list("indexes", &violation.indexes, |out, index| out.push_str(&index.to_string()));
            fields.list("nodes", &violation.nodes, |out, node| json::string(out, &node.to_string()));
        }
    }
}

/// Appends what a command asks for: the operation and whose it is; null for bytes that are no command.
fn command(out: &mut String, bytes: &[u8]) {
    match kv::Command::decode(bytes) {
        Ok(kv::Command { client, request, op, stamp }) => json::object(out, |fields| {
            operation(fields, &client, request, &op);
            if let Some(kv::Stamp { now, timeout, since }) = stamp {
                fields.number("at_us", now.0);
                fields.number("timeout_us", timeout.0);
                session(fields, since);
            }
        }),
        Err(_) => out.push_str("null"),
    }
}

/// Adds `since_us`, if the client has been told the time of the log.
fn session(fields: &mut Fields<'_>, since: Option<Micros>) {
    if let Some(since) = since {
        fields.number("since_us", since.0);
    }
}

fn operation(fields: &mut Fields<'_>, client: &kv::ClientId, request: u64, op: &Op) {
    fields.string("client", &client.0);
    fields.number("request", request);
    fields.string("op", scenario::op_name(op));
    scenario::write_operands(fields, op);
}

/// Adds `result`: of a get the string or null, of a compare-and-set true or false, else null.
fn result(fields: &mut Fields<'_>, outcome: Option<&Outcome>) {
    match outcome {
        Some(Outcome::Value(value)) => fields.string_or_null("result", value.as_deref()),
        Some(Outcome::Swapped(swapped)) => fields.bool("result", *swapped),
        Some(Outcome::Done | Outcome::Stale | Outcome::Malformed) | None => fields.null("result"),
        Some(Outcome::Expired(now)) => fields.object("result", |fields| fields.number("expired_us", now.0)),
    }
}

fn travel(
    fields: &mut Fields<'_>,
    message: u64,
    from: &crate::sim::Endpoint,
    to: &crate::sim::Endpoint,
    payload: &Payload,
) {
    fields.number("id", message);
    fields.name("from", from);
    fields.name("to", to);
    fields.string("kind", payload.kind().as_str());
    match payload {
        Payload::Peer(message) => parts::message(fields, message, command),
        Payload::Request { client, request, op, since } => {
            fields.number("msg_term", 0);
            operation(fields, client, *request, op);
            session(fields, *since);
        }
        Payload::Reply { client, request, answer } => {
            fields.number("msg_term", 0);
            fields.string("client", &client.0);
            fields.number("request", *request);
            client_answer(fields, answer);
        }
    }
}

fn client_answer(fields: &mut Fields<'_>, answer: &ClientAnswer) {
    match answer {
        ClientAnswer::Done { outcome: Outcome::Expired(now), index } => {
            fields.bool("ok", false);
            fields.string("error", "session-expired");
            fields.number("expired_us", now.0);
            fields.number("index", index.0);
        }
        ClientAnswer::Done { outcome, index } => {
            fields.bool("ok", true);
            result(fields, Some(outcome));
            fields.number("index", index.0);
        }
        ClientAnswer::NotLeader { leader } => {
            fields.bool("ok", false);
            fields.string("error", "not-leader");
            fields.string_or_null("leader", leader.map(|id| id.to_string()).as_deref());
        }
        ClientAnswer::Unknown => {
            fields.bool("ok", false);
            fields.string("error", "unknown");
        }
    }
}

#[cfg(test)]
mod tests;
