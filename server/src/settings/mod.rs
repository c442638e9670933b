//! How a node is told what to be: flags, environment variables, a TOML file, all mistakes named at once.
//!
//! Each setting has one name in three spellings: `--election-timeout-ms`, `MINI_RAFT_ELECTION_TIMEOUT_MS`, and
//! `election_timeout_ms` in the file. A flag counts more than a variable, a variable more than the file, and what
//! nobody sets has a default ([`defaults`]).
//!
//! - [`args`]: the flags.
//! - [`sources`]: what was given, and where it stands.
//! - [`values`]: what a text must be to be a value.
//! - [`peers`]: the nodes of the cluster and their addresses.
//! - [`secret_file`]: how the secret of the cluster comes from a file.
//! - [`mistakes`]: what is wrong, where, and how to mend it.

pub mod args;
pub mod mistakes;
pub mod peers;
pub mod secret_file;
pub mod sources;
pub mod values;

mod resolve;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use mini_raft_core::raft::{ClockDrift, Config, Configuration, NodeId};
use mini_raft_core::time::Micros;

use crate::wire::{ClusterId, Secret};
pub use args::NodeArgs;
pub use mistakes::{Mistake, Mistakes, Place};
pub use peers::{Peer, PeerUrl};
pub use values::LogFormat;

/// What counts where nobody says otherwise.
pub mod defaults {
    /// The least election timeout in milliseconds. The paper's 150 are for a machine that does nothing else: with
    /// five nodes on two cores, a node may wait for the processor longer than that.
    pub const ELECTION_TIMEOUT_MIN_MS: u64 = 500;
    /// The greatest election timeout in milliseconds.
    pub const ELECTION_TIMEOUT_MAX_MS: u64 = 1000;
    /// How often a leader sends a heartbeat, in milliseconds.
    pub const HEARTBEAT_MS: u64 = 100;
    /// How many entries there are between two snapshots.
    pub const SNAPSHOT_EVERY: u64 = 10_000;
    /// The most connections that are open at once.
    pub const MAX_CONNECTIONS: usize = 1024;
    /// The most proposals that wait for their outcome.
    pub const MAX_PROPOSALS: usize = 1024;
    /// The most clients that watch.
    pub const MAX_WATCHERS: usize = 256;
    /// What is logged.
    pub const LOG_FILTER: &str = "info";
}

/// What a node is, checked.
#[derive(Clone, Debug)]
pub struct NodeSettings {
    /// Its id.
    pub id: NodeId,
    /// Where it listens.
    pub listen: SocketAddr,
    /// All nodes of the cluster, by id, this one among them.
    pub peers: Vec<Peer>,
    /// Its data directory.
    pub data: PathBuf,
    /// The name of its cluster.
    pub cluster: ClusterId,
    /// What the cluster shares.
    pub secret: Secret,
    /// The least election timeout.
    pub election_timeout_min: Duration,
    /// The greatest election timeout.
    pub election_timeout_max: Duration,
    /// How often it sends heartbeats when it leads.
    pub heartbeat: Duration,
    /// How many entries there are between two snapshots.
    pub snapshot_every: u64,
    /// How much may go on at once.
    pub limits: Limits,
    /// Whether reads may be answered by lease, and for what drift of clocks; `None` if not.
    pub lease_reads: Option<ClockDrift>,
    /// Whether `/v1/chaos` is there.
    pub enable_chaos: bool,
    /// The cluster is new, so an empty disk is no lost one.
    pub new_cluster: bool,
    /// It is no voter before somebody adds it to a cluster that runs already.
    pub join: bool,
    /// The form of log lines.
    pub log_format: LogFormat,
    /// Which log lines there are, in the form of `tracing`: `info,mini_raft_server::node=debug`.
    pub log_filter: String,
    /// A file that says how the disk fails; for tests.
    pub inject_disk_faults: Option<PathBuf>,
    /// What is no mistake and may yet surprise: to be logged when there is a log.
    pub warnings: Vec<String>,
}

/// How much may go on at once before clients are told to come later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Open connections.
    pub connections: usize,
    /// Proposals that wait for their outcome.
    pub proposals: usize,
    /// Clients that watch.
    pub watchers: usize,
}

impl NodeSettings {
    /// The settings from flags, from this process's environment, and from the file that either names.
    pub fn load(args: &NodeArgs) -> Result<NodeSettings, Mistakes> {
        resolve::resolve(args, &|name| std::env::var_os(name))
    }

    /// The other nodes of the cluster.
    pub fn others(&self) -> impl Iterator<Item = &Peer> {
        self.peers.iter().filter(|peer| peer.id != self.id)
    }

    /// The voters of a cluster that begins with these settings; none if it has begun without this node.
    pub fn first_voters(&self) -> Vec<NodeId> {
        if self.join { Vec::new() } else { self.peers.iter().map(|peer| peer.id).collect() }
    }

    /// Where a node of the cluster is found.
    pub fn url_of(&self, id: NodeId) -> Option<&PeerUrl> {
        self.peers.iter().find(|peer| peer.id == id).map(|peer| &peer.url)
    }

    /// How the core is to behave. The seed is another one at each start.
    pub fn raft_config(&self, seed: u64) -> Config {
        let configuration = Configuration::new(self.first_voters());
        let micros =
            |span: Duration| Micros(u64::try_from(span.as_micros()).expect("settings are below an hour"));
        Config {
            election_timeout_min: micros(self.election_timeout_min),
            election_timeout_max: micros(self.election_timeout_max),
            heartbeat_interval: micros(self.heartbeat),
            lease_reads: self.lease_reads,
            seed,
            ..Config::new(self.id, configuration)
        }
    }
}

#[cfg(test)]
mod tests;
