//! `mini-raft`: the core of this project as a real server, and as a command line.
//!
//! The core decides, and this package does: it gives the core real time, a disk and a network. To read it, begin
//! with [`node`], the actor that owns the core; [`storage`] is its disk, [`wire`] the form of what peers say to
//! each other, [`store`] the state machine that the log builds, [`api`] what clients see, [`feed`] what
//! happens on a node for whoever draws it, [`settings`] how a node is told what to be, and [`cli`] all commands.
//! [`chaos`] makes a cluster suffer and judges what came of it.

pub mod api;
pub mod chaos;
pub mod cli;
pub mod client;
pub mod cluster;
pub mod feed;
pub mod node;
pub mod recording;
pub mod settings;
pub mod storage;
pub mod store;
pub mod wire;
