//! Making a cluster suffer, and judging what its clients saw: what `mini-raft chaos` and the tests of real processes share.
//!
//! - [`workload`]: clients that write and read while it lasts.
//! - [`history`]: what they did and saw, on one monotonic clock.
//! - [`nemesis`]: kills, pauses and partitions, drawn from a seed.
//! - [`judge`]: is there an order of all operations that explains what was seen?
//! - [`ledger`]: keys that are written once, and read back in the end: is anything lost?
//! - [`mod@run`]: all of it, from the first write to the verdict.
//! - [`report`]: what is told in the end.
//!
//! # What a run must show
//! An operation counts as failed only where a node said so; without an answer its outcome is unknown, and whoever asked
//! asks nothing more under that name. A run is good if every history is linearizable, no acknowledged write is lost, all
//! nodes hold the same in the end, no term had two leaders, and clients were served after the last fault; and if it was
//! worth something: faults struck, and operations were answered. What could not be decided is not good.

pub mod history;
pub mod judge;
pub mod ledger;
pub mod nemesis;
pub mod report;
pub mod run;
pub mod workload;

mod watch;

pub use nemesis::FaultKind;
pub use report::Report;
pub use run::{Plan, run};
