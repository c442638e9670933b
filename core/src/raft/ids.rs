//! The numbers that Raft counts with, each a type of its own so that none stands for another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A server of the cluster; written `node-0`, `node-1`, ….
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node-{}", self.0)
    }
}

impl FromStr for NodeId {
    type Err = BadNodeId;

    fn from_str(text: &str) -> Result<NodeId, BadNodeId> {
        let number = text.strip_prefix("node-").and_then(|digits| digits.parse().ok()).map(NodeId);
        // `node-01` and `node-+1` also parse as numbers: only the canonical spelling is a name.
        number.filter(|id| id.to_string() == text).ok_or_else(|| BadNodeId(text.to_owned()))
    }
}

impl Serialize for NodeId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for NodeId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<NodeId, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A text that names no node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no node is called {0:?}: nodes are called node-0, node-1, …")]
pub struct BadNodeId(pub String);

/// A life of a server whose stable storage was lost: one for each loss, never used again for the same server. A driver
/// draws it at random, or counts.
///
/// What is said of a server before a loss, in messages or in the log, must not be taken for something that is said of
/// it after the loss: it lost the promises that it had made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Incarnation(pub u64);

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A term (§5.1): the logical clock of Raft. The first election makes term 1; 0 means "none yet".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Term(pub u64);

impl Term {
    /// No term yet.
    pub const ZERO: Term = Term(0);

    /// The term after this one.
    pub fn next(self) -> Term {
        Term(self.0.saturating_add(1))
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A position in the log (§5.3). The first entry has index 1; 0 means "before the first".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Index(pub u64);

impl Index {
    /// Before the first entry.
    pub const ZERO: Index = Index(0);

    /// The index after this one.
    pub fn next(self) -> Index {
        self.plus(1)
    }

    /// The index before this one; 0 stays 0.
    pub fn prev(self) -> Index {
        Index(self.0.saturating_sub(1))
    }

    /// The index `count` places after this one.
    pub fn plus(self, count: u64) -> Index {
        Index(self.0.saturating_add(count))
    }
}

impl fmt::Display for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What names an entry for ever: by Log Matching (§5.3), two entries with the same index and term are the same.
///
/// The order is that of §5.4.1, "more up-to-date": the later term wins, then the longer log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EntryId {
    /// The term of the leader that made the entry.
    pub term: Term,
    /// Its place in the log.
    pub index: Index,
}

impl EntryId {
    /// Before the first entry of any log.
    pub const ZERO: EntryId = EntryId { term: Term::ZERO, index: Index::ZERO };

    /// The entry at `index` with `term`.
    pub fn new(term: u64, index: u64) -> EntryId {
        EntryId { term: Term(term), index: Index(index) }
    }
}

impl fmt::Display for EntryId {
    /// `17@3` is the entry at index 17 of term 3.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.index, self.term)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_spelling_names_a_node() {
        assert_eq!("node-12".parse(), Ok(NodeId(12)));
        for text in ["node-", "node-01", "node-+1", "node--1", "Node-1", "1", "node-4294967296", ""] {
            assert!(text.parse::<NodeId>().is_err(), "{text}");
        }
    }

    #[test]
    fn in_json_a_node_is_its_name() {
        assert_eq!(serde_json::to_string(&NodeId(12)).expect("JSON"), r#""node-12""#);
        assert_eq!(serde_json::from_str::<NodeId>(r#""node-12""#).expect("a node"), NodeId(12));
        let wrong = serde_json::from_str::<NodeId>(r#""node-01""#).expect_err("no node").to_string();
        assert!(wrong.starts_with(r#"no node is called "node-01""#), "{wrong}");
    }

    #[test]
    fn up_to_date_is_later_term_first_then_longer_log() {
        assert!(EntryId::new(3, 1) > EntryId::new(2, 9));
        assert!(EntryId::new(2, 9) > EntryId::new(2, 8));
    }
}
