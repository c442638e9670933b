//! Recording a real cluster: the feeds of all nodes, gathered into one trace (`docs/traces.md`).
//!
//! - [`gather`]: follows the feed of each node, through its ends and beginnings.
//! - `merge`: puts what they told into one order in which no effect comes before its cause.
//! - `trace`: writes that as a trace.
//!
//! Clocks differ: all that is known of a node's clock is that it told of a moment before that was heard here.

mod gather;
mod merge;
mod trace;

pub use gather::{Count, Gathering, gather};
pub use trace::{Summary, write};
