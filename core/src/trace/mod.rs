//! A trace: a run as JSON Lines, enough for somebody else's program to check it.
//!
//! The first line is `start`, with the whole scenario, the last one `end`. Each line is an object that begins with
//! `t_us` (simulated microseconds) and `ev`; what happened on a node has `node` and its `term` next. Fields come in a
//! fixed order, so that equal runs are equal bytes. The details that the form leaves open:
//!
//! - A `vote` has the term in which it was given, also if the node's term is higher by the time it is durable.
//! - `sync` has `entry_term` beside `index`: the last entry on stable storage; `restart` has `last_term`.
//! - `apply` has `digest`, which is the same on any two nodes whose state machines are equal.
//! - Messages between servers have the names of the paper (`prev_log_index`, `leader_commit`, …), a refused
//!   AppendEntries `conflict_index` and `conflict_term`; those of clients have the `msg_term` 0.
//! - `events` counts the lines before `end`. `hash` is the FNV-1a hash (64 bits, 16 hexadecimal digits) of all their
//!   bytes, each line with its newline: start with 14695981039346656037; for every byte, exclusive-or it in, then
//!   multiply by 1099511628211, modulo 2^64.

pub mod parts;

mod line;

use crate::hash::Fnv1a;
use crate::json;
use crate::scenario::{self, Scenario};
use crate::sim::Event;
use crate::time::Micros;

/// The version of the form that is written.
pub const VERSION: u64 = 1;

/// Turns the events of a run into lines.
///
/// Lines are appended to a string of the caller's, each with its newline; the caller may empty it between calls.
#[derive(Clone, Debug)]
pub struct TraceWriter {
    hash: Fnv1a,
    lines: u64,
}

/// What names a trace: two runs are the same only if these are, and if these are, chance alone can tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How many lines come before `end`.
    pub events: u64,
    /// Their hash.
    pub hash: u64,
}

impl TraceWriter {
    /// Begins a trace: the line `start`.
    pub fn start(scenario: &Scenario, out: &mut String) -> TraceWriter {
        let mut writer = TraceWriter { hash: Fnv1a::new(), lines: 0 };
        let begin = out.len();
        json::object(out, |fields| {
            line::head(fields, Micros::ZERO, "start");
            fields.number("version", VERSION);
            scenario::write(fields.field("scenario"), scenario);
        });
        writer.end_line(begin, out);
        writer
    }

    /// Adds an event: one line, or none if it is not part of the form.
    pub fn event(&mut self, event: &Event, out: &mut String) {
        let begin = out.len();
        if line::event(event, out) {
            self.end_line(begin, out);
        }
    }

    /// Ends the trace of a run that ended at `at`: the line `end`.
    pub fn end(self, at: Micros, out: &mut String) -> Summary {
        let summary = self.summary();
        json::object(out, |fields| {
            line::head(fields, at, "end");
            fields.number("events", summary.events);
            fields.string("hash", &summary.hash_digits());
        });
        out.push('\n');
        summary
    }

    /// The summary of the lines so far.
    pub fn summary(&self) -> Summary {
        Summary { events: self.lines, hash: self.hash.finish() }
    }

    fn end_line(&mut self, begin: usize, out: &mut String) {
        out.push('\n');
        self.lines += 1;
        self.hash = self.hash.bytes(&out.as_bytes()[begin..]);
    }
}

impl Summary {
    /// The hash as it stands in the trace: 16 hexadecimal digits.
    pub fn hash_digits(&self) -> String {
        format!("{:016x}", self.hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raft::{NodeId, Term};
    use crate::sim::{Command, EventKind, Target};

    fn line_of(node: Option<NodeId>, term: u64, kind: EventKind) -> String {
        let mut out = String::new();
        let event = Event { seq: 0, at: Micros(1_500), cause: None, node, term: Term(term), kind };
        assert_eq!(line::event(&event, &mut out), !out.is_empty());
        out
    }

    #[test]
    fn a_vote_has_the_term_in_which_it_was_given() {
        let kind = EventKind::Vote { candidate: NodeId(2), term: Term(4) };
        assert_eq!(
            line_of(Some(NodeId(1)), 5, kind),
            r#"{"t_us":1500,"ev":"vote","node":"node-1","term":4,"for":"node-2"}"#
        );
    }

    /// A name twice in one object would be read in two ways by two readers; and what happened on a node names it first.
    #[test]
    fn a_fault_names_its_node_once() {
        let kind = EventKind::Fault(Command::Clock { node: Target::Node(NodeId(1)), rate: 0.5 });
        assert_eq!(
            line_of(Some(NodeId(1)), 5, kind),
            r#"{"t_us":1500,"ev":"fault","node":"node-1","term":5,"do":"clock","rate":0.5}"#
        );
        let kind = EventKind::Fault(Command::Transfer { to: Target::Node(NodeId(2)) });
        assert_eq!(
            line_of(Some(NodeId(1)), 5, kind),
            r#"{"t_us":1500,"ev":"fault","node":"node-1","term":5,"do":"transfer","to":"node-2"}"#
        );
    }

    #[test]
    fn facts_beside_roles_are_not_part_of_the_form() {
        let kind = EventKind::Fact(crate::raft::Fact::ElectionTimedOut { leader: None });
        assert_eq!(line_of(Some(NodeId(0)), 1, kind), "");
    }

    /// The hash is of the lines before `end`, however the caller keeps them.
    #[test]
    fn the_hash_does_not_depend_on_the_buffer() {
        let scenario = Scenario::from_json(r#"{"version":1,"nodes":1,"until_ms":1}"#).expect("a scenario");
        let wipe = Event {
            seq: 0,
            at: Micros(9),
            cause: None,
            node: Some(NodeId(0)),
            term: Term(0),
            kind: EventKind::Wipe,
        };
        let mut kept = String::from("something before\n");
        let mut writer = TraceWriter::start(&scenario, &mut kept);
        writer.event(&wipe, &mut kept);
        let mut emptied = String::new();
        let mut other = TraceWriter::start(&scenario, &mut emptied);
        emptied.clear();
        other.event(&wipe, &mut emptied);
        assert_eq!(writer.summary(), other.summary());
        assert_eq!(writer.summary().events, 2);
        let body = kept.trim_start_matches("something before\n");
        assert_eq!(writer.summary().hash, Fnv1a::new().bytes(body.as_bytes()).finish());
    }
}
