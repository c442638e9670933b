//! The feed: what happens on a node, as it happens, for whoever draws or records it (`GET /v1/events`).
//!
//! - `recorder`: the actor's hook, which turns what the core does into lines.
//! - [`line`]: the form of a line, that of a trace (`docs/traces.md`) with a number.
//! - `command`: what a command of the store asks for and what it came to, in the form of a trace.
//! - `view`: the node as it is, with which a reader begins.
//! - `ring`: the last lines, for readers who are a little behind.
//!
//! Lines are numbered from 1 in each run of the process, and a reader gets all of them in their order, or is told which
//! it has missed. While nobody reads, nothing is written: the recorder is on for a moment after the process starts, so
//! that a reader who comes back sees how it started, and for a moment after the last reader has gone.

mod command;
mod line;
mod recorder;
mod ring;
mod view;

use std::fmt;

use crate::wire::BootId;

pub use recorder::Recorder;
pub use ring::{Feed, Missed, Reader};

/// What names a message between two nodes for both of them: the frame that carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameId {
    /// The run of its sender.
    pub boot: BootId,
    /// Its number among the frames of that run to the same peer.
    pub counter: u64,
}

impl fmt::Display for FrameId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}:{}", self.boot.0, self.counter)
    }
}

/// The node as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The line.
    pub line: String,
    /// The last line before it: those after this number tell what happened since.
    pub seq: u64,
}
