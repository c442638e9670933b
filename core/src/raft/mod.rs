//! The Raft consensus algorithm (Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm",
//! extended version, 2014; and Ongaro's thesis), without I/O, clock, threads or chance of its own.
//!
//! A [`Node`] is driven: a timer check, a message, a proposal, a completed write goes in through [`Node::step`],
//! and an [`Output`] says what to write, send, apply and answer. [`Node::deadline`] says when it wants to be called
//! next. The driver can be a simulator or a server; it cannot break durability, since whatever must wait for the
//! disk is kept back here until the driver reports the write complete.

pub mod clause;
pub mod config;
pub mod configuration;
pub mod entry;
pub mod fact;
pub mod ids;
pub mod io;
pub mod message;
pub mod role;
pub mod rules;

mod append;
mod commit;
mod durability;
mod election;
mod log;
mod membership;
mod node;
mod progress;
mod read;
mod read_here;
mod replication;
mod snapshot;
mod transfer;
mod transition;

#[cfg(test)]
mod tests;

pub use clause::Clause;
pub use config::{ClockDrift, Config};
pub use configuration::{Configuration, MembershipChange};
pub use entry::{Bytes, Entry, Payload, Snapshot};
pub use fact::{Fact, RoleReason, TransferFailure, VoteRefusal};
pub use ids::{EntryId, Incarnation, Index, NodeId, Term};
pub use io::{
    Answer, HardState, Input, Output, Persistent, Proposal, ProposalId, ReadId, Refusal, Write, WriteId,
};
pub use log::Log;
pub use message::{
    AppendEntries, AppendEntriesReply, AppendOutcome, Body, InstallSnapshot, InstallSnapshotReply, Message,
    ReadIndex, ReadIndexReply, RequestVote, VoteReply,
};
pub use node::{ElectionTimer, Node};
pub use progress::{InFlight, Progress, ProgressState};
pub use role::RoleName;
pub use rules::{Breaks, Paper, Rule, Rules, Switchable};
