//! The replicated key-value machine: commands, the machine that applies them, and client sessions (exactly once).

mod command;

pub use command::{ClientId, Command, Op, Outcome};
