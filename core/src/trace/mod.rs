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
