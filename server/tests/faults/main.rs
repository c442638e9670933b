//! Clusters of real processes, and the faults of `docs/operations.md` that can be had on one machine.
//!
//! Each test has a cluster of its own, and they run one after the other: a machine with two cores has no room for more.
//! Nothing here measures time. What is waited for is a state, with a generous deadline.

mod chaos_command;
mod connections;
mod directories;
mod disks;
mod far_behind;
mod harness;
mod partitions;
mod pauses;
mod peers;
mod raw;
mod requests;
mod shutdown;
mod storms;
