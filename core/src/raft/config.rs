//! How a node behaves.

use super::configuration::Configuration;
use super::ids::{Incarnation, NodeId};
use crate::time::Micros;

/// How far the rates of the clocks of a cluster may be from true time, in percent, below 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockDrift {
    /// For example 10: every clock runs between 0.9 and 1.1 times true time.
    pub percent: u32,
}

impl ClockDrift {
    /// How long a leader with the slowest clock may rely on a promise for `span` of a server with the fastest one.
    pub(super) fn shortened(self, span: Micros) -> Micros {
        let percent = u64::from(self.percent.min(100));
        Micros(span.0 / (100 + percent) * (100 - percent))
    }
}

/// How a node behaves. The same on every node of a cluster, but for `id` and `seed`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// This node.
    pub id: NodeId,
    /// The cluster at its birth; a snapshot or the log may hold a later one. Empty for a server that comes later and
    /// waits to be added.
    pub configuration: Configuration,
    /// This server's stable storage was lost, and the cluster is not new: it may have voted and acknowledged what it
    /// no longer knows. The incarnation tells this loss from every other one of this server. See
    /// [`HardState::forgetful`](super::HardState::forgetful).
    pub lost_disk: Option<Incarnation>,
    /// The least election timeout. Also the span for which a vote is withheld after hearing from a leader, and
    /// the span within which a leader must hear from a majority (CheckQuorum).
    pub election_timeout_min: Micros,
    /// The greatest election timeout; each is drawn uniformly from the range (§5.2).
    pub election_timeout_max: Micros,
    /// How often an idle leader sends an empty AppendEntries to each follower.
    pub heartbeat_interval: Micros,
    /// Ask whether an election could be won before starting one (thesis 9.6).
    pub pre_vote: bool,
    /// A leader that has not heard from a majority for an election timeout steps down (thesis 6.2), and voters
    /// that have heard from a leader refuse others (thesis 4.2.3).
    pub check_quorum: bool,
    /// The most entries in one AppendEntries, at least 1.
    pub max_entries_per_append: u32,
    /// The most bytes of commands in one AppendEntries; a single larger entry still goes.
    pub max_bytes_per_append: u64,
    /// The most AppendEntries with entries that may be under way to one follower, at least 1.
    pub max_inflight: u32,
    /// The most bytes of commands that may be under way to one follower; a single larger message still goes.
    pub max_inflight_bytes: u64,
    /// The most bytes of commands that a leader takes in without their being committed; then it refuses more.
    pub max_uncommitted_bytes: u64,
    /// The most bytes of a snapshot in one message, at least 1.
    pub snapshot_chunk_bytes: u32,
    /// Answer reads without asking a majority while a lease lasts (thesis 6.4.1): off unless a bound of the clocks'
    /// drift is given, and only with `check_quorum`, which makes voters keep the lease.
    pub lease_reads: Option<ClockDrift>,
    /// Seeds the draws of the election timeout; the driver gives each start of each node another one.
    pub seed: u64,
    /// Whether facts are recorded; where nobody listens they cost nothing.
    pub facts: bool,
}

impl Config {
    /// Node `id` of this cluster with the defaults of the scenario form: timeouts 150–300 ms, heartbeats every 50 ms.
    pub fn new(id: NodeId, configuration: Configuration) -> Config {
        Config {
            id,
            configuration,
            lost_disk: None,
            election_timeout_min: Micros::from_millis(150),
            election_timeout_max: Micros::from_millis(300),
            heartbeat_interval: Micros::from_millis(50),
            pre_vote: true,
            check_quorum: true,
            max_entries_per_append: 64,
            max_bytes_per_append: 1 << 20,
            max_inflight: 32,
            max_inflight_bytes: 16 << 20,
            max_uncommitted_bytes: 64 << 20,
            snapshot_chunk_bytes: 256 << 10,
            lease_reads: None,
            seed: 0,
            facts: true,
        }
    }
}
