//! The simulator: a deterministic world of servers, disks, clocks, a network and clients.
//!
//! A [`World`] is an agenda ordered by (time, sequence). Everything that a person or a scenario does is a
//! [`Command`]; everything that happens is an [`Event`], each with the event that caused it.

pub mod client;
pub mod command;
pub mod disk;
pub mod event;
pub mod machine;
pub mod network;
pub mod setup;
pub mod world;

mod agenda;
mod clock;
mod drive;
mod messages;
mod obey;
mod patience;
mod streams;

pub use client::{Client, Finished, Operation};
pub use command::{Command, Target};
pub use disk::Disk;
pub use event::{DropReason, Endpoint, Event, EventKind, Payload};
pub use machine::{Machine, Status};
pub use network::{Flight, Link, Network};
pub use setup::{ClientSetup, DiskSetup, Mix, NetworkSetup, NodeSetup, Setup};
pub use world::World;

#[cfg(test)]
mod tests;
