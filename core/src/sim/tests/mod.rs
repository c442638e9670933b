//! What the world does with servers, disks, clocks, messages and clients: each test begins with its law.

mod clients;
mod clocks;
mod crashes;
mod lab;
mod messages;
mod pauses;
mod sessions;
mod snapshots;
mod world;
