//! The simulator: a deterministic world of servers, disks, clocks, a network and clients.
//!
//! A [`World`](world::World) is an agenda ordered by (time, sequence). Everything that a person or a scenario does is a
//! [`Command`]; everything that happens is an [`Event`], each with the event that caused it.

pub mod command;
pub mod event;
pub mod setup;

pub use command::{Command, Target};
pub use event::{DropReason, Endpoint, Event, EventKind, Payload};
pub use setup::{ClientSetup, DiskSetup, Mix, NetworkSetup, NodeSetup, Setup};
