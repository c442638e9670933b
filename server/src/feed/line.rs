//! One line: an object whose fields stand in the order in which they are given.

use std::fmt::Write;

use mini_raft_core::raft::{Configuration, Entry, Fact, Message, NodeId, Term};
use mini_raft_core::trace::parts;
use serde::Serialize;

use super::{FrameId, command};

/// A line that is being written.
#[derive(Debug)]
pub(super) struct Line(String);

/// What every line begins with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    /// Microseconds since the process started.
    pub(super) t_us: u64,
    pub(super) seq: u64,
    pub(super) node: NodeId,
    pub(super) term: Term,
}

impl Line {
    pub(super) fn new(head: Head, ev: &str) -> Line {
        let Head { t_us, seq, node, term } = head;
        Line(format!(r#"{{"t_us":{t_us},"seq":{seq},"ev":"{ev}","node":"{node}","term":{}"#, term.0))
    }

    pub(super) fn with(mut self, name: &str, value: impl Serialize) -> Line {
        let json = serde_json::to_string(&value).expect("a value of a line has texts for keys");
        self.add(name).push_str(&json);
        self
    }

    pub(super) fn with_entries<'a>(mut self, entries: impl IntoIterator<Item = &'a Entry>) -> Line {
        let out = self.add("entries");
        out.push('[');
        for (place, entry) in entries.into_iter().enumerate() {
            if place > 0 {
                out.push(',');
            }
            parts::entry(out, entry, command::asked);
        }
        out.push(']');
        self
    }

    pub(super) fn with_command(mut self, command: Option<&[u8]>) -> Line {
        let out = self.add("command");
        match command {
            Some(bytes) => command::asked(out, bytes),
            None => out.push_str("null"),
        }
        self
    }

    pub(super) fn with_message(mut self, message: &Message, frame: FrameId) -> Line {
        self = self.with("id", frame.to_string()).with("from", message.from).with("to", message.to);
        parts::add_message(&mut self.0, message, command::asked);
        self
    }

    pub(super) fn with_configuration(mut self, configuration: &Configuration) -> Line {
        parts::add_configuration(&mut self.0, configuration);
        self
    }

    /// The fact's name and values, and the rule behind it.
    pub(super) fn with_fact(mut self, fact: &Fact) -> Line {
        let json = serde_json::to_string(fact).expect("a fact has texts for keys");
        let fields = json.strip_prefix('{').and_then(|json| json.strip_suffix('}'));
        self.0.push(',');
        self.0.push_str(fields.expect("a fact is an object"));
        let clause = fact.clause();
        self.with("section", clause.section).with("rule", clause.rule)
    }

    pub(super) fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }

    /// Begins a field; what is appended to the text that this returns is its value.
    fn add(&mut self, name: &str) -> &mut String {
        write!(self.0, r#","{name}":"#).expect("a String takes any text");
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mini_raft_core::raft::{AppendEntries, Body, EntryId, Index, Payload, RoleName, RoleReason};

    use super::*;
    use crate::wire::BootId;

    fn line(ev: &str) -> Line {
        Line::new(Head { t_us: 12, seq: 3, node: NodeId(1), term: Term(5) }, ev)
    }

    /// The line without what every line begins with.
    fn rest(line: Line) -> String {
        let line = line.end();
        line.strip_prefix(r#"{"t_us":12,"seq":3,"ev":"x","node":"node-1","term":5"#)
            .expect("its head")
            .to_owned()
    }

    #[test]
    fn a_message_has_the_name_of_its_frame_and_the_fields_of_a_trace() {
        let noop = Entry { term: Term(5), index: Index(8), payload: Payload::Noop };
        let append = AppendEntries {
            prev_log: EntryId::new(4, 7),
            entries: Arc::from([noop]),
            leader_commit: Index(6),
            round: 9,
        };
        let message =
            Message { from: NodeId(1), to: NodeId(2), term: Term(5), body: Body::AppendEntries(append) };
        let frame = FrameId { boot: BootId(0xab), counter: 17 };
        let expected = r#","id":"00000000000000ab:17","from":"node-1","to":"node-2","kind":"append-entries","msg_term":5,"prev_log_index":7,"prev_log_term":4,"entries":[{"index":8,"term":5,"kind":"noop"}],"leader_commit":6,"round":9}"#;
        assert_eq!(rest(line("x").with_message(&message, frame)), expected);
    }

    #[test]
    fn a_fact_has_its_values_and_its_rule() {
        let why = RoleReason::HigherTerm { from: NodeId(0), term: Term(5) };
        let (from, to) = (RoleName::PreCandidate, RoleName::Follower);
        let changed = Fact::RoleChanged { from, to, term: Term(5), why };
        let expected = r#","fact":"role-changed","values":{"from":"pre-candidate","to":"follower","term":5,"why":{"reason":"higher-term","from":"node-0","term":5}},"section":"§5.1","rule":"A server that sees a higher term adopts it and becomes a follower."}"#;
        assert_eq!(rest(line("x").with_fact(&changed)), expected);
        assert!(rest(line("x").with_fact(&Fact::Halted)).starts_with(r#","fact":"halted","section""#));
    }
}
