//! The replicated key-value machine: commands, the machine that applies them, and client sessions (exactly once).
//!
//! Every server applies the same commands in the same order ([`Machine::apply`]) and so comes to the same state
//! (§2); what it depends on is in the log alone, the sessions of clients included.

mod codec;
mod command;
mod machine;
mod quoted;

pub use codec::DecodeError;
pub use command::{ClientId, Command, Op, Outcome, Stamp};
pub use machine::{Machine, Session};
pub(crate) use quoted::Quoted;
