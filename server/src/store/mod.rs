//! The state machine that the log of a server builds: keys, raw values, and the requests that must not be done twice.
//!
//! - [`command`]: what an entry of the log asks for.
//! - [`machine`]: [`Store`], which applies commands and answers reads.
//! - [`requests`]: which requests with an `Idempotency-Key` were done, and what they came to.
//! - [`history`]: the last changes, for those who watch.
//! - [`snapshot`]: the whole state as bytes, and back.
//! - [`clock`]: the cluster's own time, by which requests are forgotten.
//!
//! All replicas apply the same commands in the same order and come to the same state: nothing here asks a clock or
//! chance, and limits are constants, not settings. Equal states have equal [digests](Store::digest) and equal
//! snapshots, byte for byte.
//!
//! [`Store::freeze`] copies no key and no value: they are in shared parts ([`shared_map`]), of which a frozen state
//! holds on to those that were current, at the cost of a pointer for some fifty keys. So a snapshot is encoded on
//! another thread, while commands go on.

pub mod clock;
pub mod command;
pub mod history;
pub mod machine;
pub mod requests;
pub mod shared_map;
pub mod snapshot;

mod hash;

pub use clock::ClusterClock;
pub use command::{Command, Condition, Fingerprint, Op, RequestKey};
pub use history::{Change, Compacted, ValueChange};
pub use machine::{Applied, Outcome, Page, Record, Store};
pub use snapshot::{BadSnapshot, Frozen};

#[cfg(test)]
mod tests;
