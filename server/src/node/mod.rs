//! A node: the actor that owns the core, with its disk, its peers and its time.
//!
//! | part | thread or task | what it does |
//! |---|---|---|
//! | `actor` | one task | steps the core, applies entries to the store, answers |
//! | `disk` | one thread | writes and syncs, whatever waits in one group |
//! | `peers` | a task for each peer | keeps a connection open and sends what the core says |
//! | `birth` | before all others | asks whether an empty disk is a new one or a lost one |
//! | `links` | | faults made on purpose |
//! | `handle` | | the way to the actor for HTTP handlers |
//! | [`run`] | | puts them together, and takes them apart at the end |
//!
//! The core has no clock and no disk of its own; it gets the microseconds since the process started, and is told when
//! a write is durable. No part waits for another but by these messages, so a slow disk delays no heartbeat.
//!
//! All tasks, those of HTTP among them, take turns on one thread: to wake a thread for each message and each answer
//! costs more than the work itself.

mod actor;
mod birth;
mod disk;
mod handle;
mod links;
mod peers;
mod run;
mod status;
mod wish;

pub use disk::DiskGauge;
pub use handle::{Failure, NodeHandle};
pub use links::{Direction, LinkFault, Links};
pub use peers::{PeerDoor, Received};
pub use run::run;
pub use status::{PeerProgress, Status};
pub use wish::{Consistency, Declined, Found, Query, Read, Watch, Written};

/// Ends the process at once, as a crash would: nothing that is in memory may be used any more.
fn abort(why: &str) -> ! {
    tracing::error!("{why}");
    std::process::abort()
}
