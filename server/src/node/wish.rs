//! What the rest of the process asks of the actor, and what it answers.

use std::sync::Arc;

use mini_raft_core::raft::{EntryId, Index, MembershipChange, NodeId, Refusal, Term};
use tokio::sync::{broadcast, oneshot};

use super::status::Status;
use crate::feed::View;
use crate::store::{Change, Compacted, Outcome, Page, Record};

/// Something that somebody wants of the actor. Each is answered once; who does not wait any more loses the answer, and
/// changes nothing else.
#[derive(Debug)]
pub(super) enum Wish {
    /// A command for the log.
    Write {
        /// The encoded command; the actor puts the time in.
        command: Vec<u8>,
        /// What became of it.
        answer: oneshot::Sender<Result<Written, Declined>>,
    },
    /// A look at the store.
    Read {
        /// At what.
        query: Query,
        /// How fresh it must be.
        consistency: Consistency,
        /// What is there.
        answer: oneshot::Sender<Result<Read, Declined>>,
    },
    /// Another membership (§6).
    Members {
        /// The change.
        change: MembershipChange,
        /// The entry of the new configuration, when it is committed.
        answer: oneshot::Sender<Result<EntryId, Declined>>,
    },
    /// Another leader (thesis 3.10); answered when one is known, or when it came to nothing.
    Transfer {
        /// Who; without it the follower that has most of the log.
        to: Option<NodeId>,
        /// The new leader and its term.
        answer: oneshot::Sender<Result<(NodeId, Term), Declined>>,
    },
    /// A snapshot now (§7); answered when the log is compacted in memory.
    Snapshot {
        /// What it covers.
        answer: oneshot::Sender<Result<EntryId, Declined>>,
    },
    /// The changes of keys, as they are applied here.
    Watch {
        /// Of keys that begin so.
        prefix: String,
        /// From this index on; from now on without it.
        from: Option<u64>,
        /// What there was, and what comes.
        answer: oneshot::Sender<Result<Watch, Compacted>>,
    },
    /// The node as it is, for the feed.
    View {
        /// How it is.
        answer: oneshot::Sender<View>,
    },
    /// How the node is.
    Status {
        /// How it is.
        answer: oneshot::Sender<Status>,
    },
    /// For chaos: the actor does nothing for so long.
    Pause(std::time::Duration),
}

/// What a reader wants to see.
#[derive(Clone, Debug)]
pub enum Query {
    /// One key.
    Key(String),
    /// The keys that begin so, in order.
    Prefix {
        /// The beginning.
        prefix: String,
        /// Only keys after this one.
        after: Option<String>,
        /// At most so many.
        limit: usize,
    },
}

/// What a reader sees.
#[derive(Debug)]
pub struct Read {
    /// The entry up to which the store was applied.
    pub applied: Index,
    /// The reader's term.
    pub term: Term,
    /// What was asked for.
    pub found: Found,
}

/// What was found.
#[derive(Debug)]
pub enum Found {
    /// The value of a key.
    Key(Option<Record>),
    /// A page of keys.
    Page(Page),
}

/// What a watcher gets.
#[derive(Debug)]
pub struct Watch {
    /// The changes from its index on that were applied already, of keys with its prefix.
    pub missed: Vec<Arc<Change>>,
    /// The changes to come, of all keys.
    pub to_come: broadcast::Receiver<Arc<Change>>,
}

/// How fresh a read must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Consistency {
    /// Everything acknowledged before it began is seen (ReadIndex, thesis 6.4, or a lease where one is allowed).
    #[default]
    Linearizable,
    /// By the leader's lease alone (thesis 6.4.1): refused where leases are off.
    Lease,
    /// What this node happens to know.
    Stale,
}

/// A command that was applied.
#[derive(Clone, Debug)]
pub struct Written {
    /// The entry that it became.
    pub entry: EntryId,
    /// What it came to.
    pub outcome: Outcome,
}

/// Why a wish was not fulfilled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Declined {
    /// The core refused: nothing was done.
    Refused(Refusal),
    /// The command is in a log, and may or may not be committed.
    Unknown,
    /// The disk is full: nothing new is taken in.
    DiskFull,
    /// Leases are not in use on this cluster.
    NoLease,
    /// A transfer of leadership did not come about.
    TransferFailed(Arc<str>),
    /// There is nothing to take a snapshot of.
    NothingToSnapshot,
    /// The node is stopping.
    Stopping,
}
