//! Entries and messages as `docs/tla/Raft.tla` has them, and their text in TLA+.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use mini_raft_core::raft::{
    AppendOutcome, Body, Entry as RaftEntry, EntryId, Index, Message as RaftMessage, NodeId, Payload,
};

/// A server in TLA+: its name, in quotation marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Server(pub NodeId);

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

/// A list of anything, with commas between.
pub fn list<T: fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

/// An entry: an operator of `Raft.tla` with its arguments.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Its term.
    pub term: u64,
    /// What it carries.
    pub content: Content,
}

/// What an entry carries.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Content {
    /// A command by its number, from 1; 0 is the empty entry.
    Command(u64),
    /// A configuration.
    Config {
        /// The voters.
        voters: BTreeSet<Server>,
        /// The outgoing voters.
        outgoing: BTreeSet<Server>,
    },
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.content {
            Content::Command(number) => write!(f, "CommandEntry({}, {number})", self.term),
            Content::Config { voters, outgoing } => {
                write!(f, "ConfigEntry({}, {{{}}}, {{{}}})", self.term, list(voters), list(outgoing))
            }
        }
    }
}

/// Commands by number: each is known by the first number that it got.
#[derive(Debug, Default)]
pub struct Commands(BTreeMap<Vec<u8>, u64>);

impl Commands {
    /// The entry as TLA+ has it.
    pub fn entry(&mut self, entry: &RaftEntry) -> Entry {
        let content = match &entry.payload {
            Payload::Noop => Content::Command(0),
            Payload::Command(bytes) => {
                let next = self.0.len() as u64 + 1;
                Content::Command(*self.0.entry(bytes.to_vec()).or_insert(next))
            }
            Payload::Configuration(configuration) => {
                let servers = |ids: &[NodeId]| ids.iter().copied().map(Server).collect();
                Content::Config {
                    voters: servers(configuration.voters()),
                    outgoing: servers(configuration.outgoing()),
                }
            }
        };
        Entry { term: entry.term.0, content }
    }
}

/// A message as TLA+ has it. Most name no receiver: what they say is true for whoever hears it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Message {
    /// A candidate asks for votes.
    RequestVote {
        /// The candidate.
        from: Server,
        /// Its term.
        term: u64,
        /// The end of its log.
        last: EntryId,
    },
    /// A vote.
    Vote {
        /// The term.
        term: u64,
        /// The voter.
        from: Server,
        /// The candidate.
        to: Server,
    },
    /// Entries of a leader.
    Append {
        /// Its term.
        term: u64,
        /// The entry before them.
        prev: EntryId,
        /// The entries.
        entries: Vec<Entry>,
        /// A commit index.
        commit: u64,
    },
    /// A follower's log matches the leader's of this term up to here.
    Ack {
        /// The term.
        term: u64,
        /// The follower.
        from: Server,
        /// The last index that matches.
        match_index: u64,
    },
    /// A leader's snapshot.
    Snapshot {
        /// Its term.
        term: u64,
        /// What the snapshot covers.
        last: EntryId,
    },
    /// Anything else: of it, only the term matters.
    Notice {
        /// The term.
        term: u64,
    },
}

impl Message {
    /// A message between servers as TLA+ has it.
    pub fn of(message: &RaftMessage, commands: &mut Commands) -> Message {
        let (term, from, to) = (message.term.0, Server(message.from), Server(message.to));
        match &message.body {
            Body::RequestVote(request) => Message::RequestVote { from, term, last: request.last_log },
            Body::RequestVoteReply(reply) if reply.vote_granted => Message::Vote { term, from, to },
            Body::AppendEntries(append) => Message::Append {
                term,
                prev: append.prev_log,
                entries: append.entries.iter().map(|entry| commands.entry(entry)).collect(),
                commit: append.leader_commit.0,
            },
            Body::AppendEntriesReply(reply) => match reply.outcome {
                AppendOutcome::Success { match_index } => {
                    Message::Ack { term, from, match_index: match_index.0 }
                }
                AppendOutcome::Failure { .. } => Message::Notice { term },
            },
            Body::InstallSnapshot(install) => Message::Snapshot { term, last: install.last_included },
            Body::InstallSnapshotReply(reply) if reply.match_index > Index::ZERO => {
                Message::Ack { term, from, match_index: reply.match_index.0 }
            }
            Body::InstallSnapshotReply(_)
            | Body::RequestVoteReply(_)
            | Body::PreVote(_)
            | Body::PreVoteReply(_)
            | Body::TimeoutNow
            | Body::ReadIndex(_)
            | Body::ReadIndexReply(_) => Message::Notice { term },
        }
    }

    /// Whether its sender is bound by it, so that a disk must hold what it rests on.
    pub fn is_promise(&self) -> bool {
        matches!(self, Message::RequestVote { .. } | Message::Vote { .. } | Message::Ack { .. })
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Message::RequestVote { from, term, last } => write!(
                f,
                "[type |-> \"RequestVote\", term |-> {term}, from |-> {from}, lastIndex |-> {}, lastTerm |-> {}]",
                last.index, last.term
            ),
            Message::Vote { term, from, to } => write!(f, "Vote({term}, {from}, {to})"),
            Message::Append { term, prev, entries, commit } => write!(
                f,
                "AppendEntries({term}, {}, {}, <<{}>>, {commit})",
                prev.index,
                prev.term,
                list(entries)
            ),
            Message::Ack { term, from, match_index } => write!(f, "Ack({term}, {from}, {match_index})"),
            Message::Snapshot { term, last } => {
                write!(f, "[term |-> {term}, last |-> {}, lastTerm |-> {}]", last.index, last.term)
            }
            Message::Notice { term } => write!(f, "Notice({term})"),
        }
    }
}
