//! Every sentence that a person reads: on the page, in the inspector, in the list of events, and by a screen reader.
//!
//! The words are the paper's. A sentence names its subject and the values that it rests on; the rule behind it comes
//! from [`Fact::clause`](mini_raft_core::raft::Fact::clause). Nothing here decides anything.

pub mod branches;
pub mod diagram;
pub mod help;
pub mod number;

mod event;
mod fact;
mod message;
pub mod share;
pub mod stage;
pub mod whatif;
pub mod why;

pub use event::{announcement, command, event, outcome};
pub use fact::fact;
pub use message::{message, message_fields, message_name};

use self::number::fill;

use mini_raft_core::kv::{ClientId, Command, Op};
use mini_raft_core::raft::{EntryId, Index, NodeId, Payload, RoleName, Term};
use mini_raft_core::sim::command::Target;
use mini_raft_core::time::Micros;

/// The client in whose name the request form sends: the reader.
pub const YOU: &str = "you";

/// The cap of names in a list; more are counted.
const NAMES_MAX: usize = 5;

/// `3.482 s`: a moment of the run.
pub fn moment(at: Micros) -> String {
    format!("{}.{:03} s", at.0 / 1_000_000, at.0 / 1_000 % 1_000)
}

/// `12.4 ms`, `1.20 s`: a span, to three digits or so.
pub fn span(span: Micros) -> String {
    match span.0 {
        0..100_000 => fill("%1 ms", &[span.as_millis_f64()]),
        100_000..1_000_000 => fill("%0 ms", &[span.as_millis_f64()]),
        _ => fill("%2 s", &[span.as_millis_f64() / 1_000.0]),
    }
}

/// `8,423`: a number with its thousands apart.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 vote`, `3 votes`.
pub fn plural(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// `node-0`, `node-0 and node-2`, `node-0, node-1 and node-2`; `nobody` for none.
pub fn names(nodes: &[NodeId]) -> String {
    match nodes {
        [] => "nobody".to_owned(),
        [one] => one.to_string(),
        _ if nodes.len() > NAMES_MAX => format!("{} and {} others", nodes[0], nodes.len() - 1),
        [most @ .., last] => {
            let most: Vec<String> = most.iter().map(NodeId::to_string).collect();
            format!("{} and {last}", most.join(", "))
        }
    }
}

/// `9 … 14`, `14`, or `empty`: a stretch of the log, both ends included.
pub fn range(first: Index, last: Index) -> String {
    match last.0.cmp(&first.0) {
        std::cmp::Ordering::Less => "empty".to_owned(),
        std::cmp::Ordering::Equal => last.to_string(),
        std::cmp::Ordering::Greater => format!("{first} … {last}"),
    }
}

/// `entry 14`, `entries 12 to 14`: a stretch of the log in a sentence.
pub fn entries(first: Index, last: Index) -> String {
    if first == last { format!("entry {first}") } else { format!("entries {first} to {last}") }
}

/// `entry 17 of term 3`, or `nothing`: where a log ends.
pub fn log_end(id: EntryId) -> String {
    if id.index == Index::ZERO {
        "nothing".to_owned()
    } else {
        format!("entry {} of term {}", id.index, id.term)
    }
}

/// `0`, or `17 (term 3)`: a place in the log as a value.
pub fn place(id: EntryId) -> String {
    if id.index == Index::ZERO { "0".to_owned() } else { format!("{} (term {})", id.index, id.term) }
}

/// `election-safety` as a reader writes it: `Election safety`.
pub fn property(name: &str) -> String {
    capital(name.replace('-', " "))
}

/// What a check found, for a reader: traces write an entry as `3@2`, which is `entry 3 of term 2`.
pub fn finding(detail: &str) -> String {
    let mut text = String::with_capacity(detail.len() + 32);
    for word in detail.split_inclusive(' ') {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let end = word.trim_end_matches(|end: char| !end.is_ascii_digit()).len();
        match word[..end].split_once('@') {
            Some((index, term)) if digits(index) && digits(term) => {
                let noun = if text.to_ascii_lowercase().ends_with("entry ") { "" } else { "entry " };
                text += &format!("{noun}{index} of term {term}{}", &word[end..]);
            }
            _ => text += word,
        }
    }
    text
}

/// A sentence with a capital at its beginning; our sentences begin with a letter of ASCII.
pub fn capital(mut sentence: String) -> String {
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    sentence
}

/// `none`, or the node.
pub fn node_or_none(node: Option<NodeId>) -> String {
    node.map_or_else(|| "none".to_owned(), |node| node.to_string())
}

/// `none`, or the term.
pub fn term_or_none(term: Option<Term>) -> String {
    term.map_or_else(|| "none".to_owned(), |term| term.to_string())
}

/// `a follower`, `leader`: a role after "becomes" or "is".
pub fn role(role: RoleName) -> &'static str {
    match role {
        RoleName::Follower => "a follower",
        RoleName::PreCandidate => "a pre-candidate",
        RoleName::Candidate => "a candidate",
        RoleName::Leader => "the leader",
    }
}

/// Whether this client is the reader.
pub fn is_you(client: &ClientId) -> bool {
    &*client.0 == YOU
}

/// A node as a person points at it.
pub fn target(target: Target) -> String {
    match target {
        Target::Node(id) => id.to_string(),
        Target::Leader => "the leader".to_owned(),
        Target::Follower => "a follower".to_owned(),
        Target::Candidate => "a candidate".to_owned(),
    }
}

/// An operation in a few characters, for a cell of the log: `city=Oslo`.
pub fn op_label(op: &Op) -> String {
    match op {
        Op::Get { key } => format!("{key}?"),
        Op::Set { key, value } => format!("{key}={value}"),
        Op::Delete { key } => format!("del {key}"),
        Op::Cas { key, .. } => format!("cas {key}"),
        Op::Append { key, value } => format!("{key}+={value}"),
    }
}

/// An operation in words: `set city to “Oslo”`.
pub fn op(op: &Op) -> String {
    match op {
        Op::Get { key } => format!("get {key}"),
        Op::Set { key, value } => format!("set {key} to “{value}”"),
        Op::Delete { key } => format!("delete {key}"),
        Op::Cas { key, expected: Some(expected), value } => {
            format!("set {key} to “{value}” if it is “{expected}”")
        }
        Op::Cas { key, expected: None, value } => {
            format!("set {key} to “{value}” if there is none")
        }
        Op::Append { key, value } => format!("append “{value}” to {key}"),
    }
}

/// An entry in a few characters: `no-op`, `city=Oslo`.
pub fn payload_label(payload: &Payload) -> String {
    match payload {
        Payload::Noop => "no-op".to_owned(),
        Payload::Configuration(_) => "config".to_owned(),
        Payload::Command(bytes) => Command::decode(bytes)
            .map_or_else(|_| plural(bytes.len() as u64, "byte", "bytes"), |command| op_label(&command.op)),
    }
}

/// An entry in words.
pub fn payload(payload: &Payload) -> String {
    match payload {
        Payload::Configuration(configuration) => {
            format!("configuration: {} vote", names(configuration.voters()))
        }
        Payload::Noop => "no-op: the entry with which a leader begins its term".to_owned(),
        Payload::Command(bytes) => Command::decode(bytes).map_or_else(
            |_| format!("a command of {}", plural(bytes.len() as u64, "byte", "bytes")),
            |command| op(&command.op),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(moment(Micros(3_482_900)), "3.482 s");
        assert_eq!(span(Micros(12_400)), "12.4 ms");
        assert_eq!(span(Micros(212_400)), "212 ms");
        assert_eq!(span(Micros(1_204_000)), "1.20 s");
        assert_eq!(count(7), "7");
        assert_eq!(count(999), "999");
        assert_eq!(count(8_423), "8,423");
        assert_eq!(count(1_000_000), "1,000,000");
        assert_eq!(plural(1, "vote", "votes"), "1 vote");
        assert_eq!(plural(0, "vote", "votes"), "0 votes");
    }

    #[test]
    fn names_are_listed_as_in_a_sentence() {
        let ids: Vec<NodeId> = (0..7).map(NodeId).collect();
        assert_eq!(names(&ids[..0]), "nobody");
        assert_eq!(names(&ids[..1]), "node-0");
        assert_eq!(names(&ids[..3]), "node-0, node-1 and node-2");
        assert_eq!(names(&ids), "node-0 and 6 others");
    }

    #[test]
    fn stretches_of_the_log() {
        assert_eq!(range(Index(9), Index(14)), "9 … 14");
        assert_eq!(range(Index(9), Index(9)), "9");
        assert_eq!(range(Index(9), Index(8)), "empty");
        assert_eq!(entries(Index(2), Index(2)), "entry 2");
        assert_eq!(entries(Index(2), Index(4)), "entries 2 to 4");
        assert_eq!(log_end(EntryId::ZERO), "nothing");
        assert_eq!(log_end(EntryId::new(3, 17)), "entry 17 of term 3");
    }

    #[test]
    fn a_finding_names_entries_as_a_reader_does() {
        assert_eq!(
            finding("In the log of node-1, entry 3@3 follows 2@2; elsewhere it follows 2@1."),
            "In the log of node-1, entry 3 of term 3 follows entry 2 of term 2; elsewhere it follows entry 2 of term 1."
        );
        assert_eq!(finding("Entry 3@3 of node-1"), "Entry 3 of term 3 of node-1");
        assert_eq!(finding("c1 told \"a@b.no\" and 3 @ 2."), "c1 told \"a@b.no\" and 3 @ 2.");
        assert_eq!(property("leader-completeness"), "Leader completeness");
    }

    #[test]
    fn operations_are_short_in_a_cell_and_whole_in_a_sentence() {
        let cas = Op::Cas { key: "city".into(), expected: Some("Oslo".into()), value: "Bergen".into() };
        assert_eq!(op_label(&cas), "cas city");
        assert_eq!(op(&cas), "set city to “Bergen” if it is “Oslo”");
    }
}
