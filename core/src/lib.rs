//! Mini-Raft's core: the Raft consensus algorithm without I/O, a deterministic simulator for it, and checks of its laws.

pub mod check;
pub mod kv;
pub mod metrics;
pub mod play;
pub mod raft;
pub mod rng;
pub mod run;
pub mod scenario;
pub mod sim;
pub mod swarm;
pub mod time;
pub mod timeline;
pub mod trace;

mod hash;
mod json;
mod sorted;
