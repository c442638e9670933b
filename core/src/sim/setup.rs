//! What a world is made of: everything that a run depends on, but for what is done to it.

use crate::kv::ClientId;
use crate::raft::rules::Rule;
use crate::time::Micros;

/// A server takes a snapshot when this many entries are applied since its last one, whatever the setup says: an hour of
/// quick clients must not fill the memory.
pub const LOG_ENTRIES_MAX: u64 = 100_000;

/// A world before it starts. The defaults are those of the scenario form.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    /// How many servers, 1 to 9.
    pub nodes: u32,
    /// Seeds every draw.
    pub seed: u64,
    /// How every node behaves.
    pub config: NodeSetup,
    /// The network between all of them.
    pub network: NetworkSetup,
    /// Every node's disk.
    pub disk: DiskSetup,
    /// Clients that act by themselves.
    pub clients: Vec<ClientSetup>,
    /// Rules of the paper that this run leaves out.
    pub without: Vec<Rule>,
}

/// `config` of the scenario form.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeSetup {
    /// The range from which election timeouts are drawn.
    pub election_timeout: (Micros, Micros),
    /// How often an idle leader speaks.
    pub heartbeat: Micros,
    /// Thesis 9.6.
    pub pre_vote: bool,
    /// Thesis 6.2 and 4.2.3.
    pub check_quorum: bool,
    /// See [`crate::raft::Config::max_entries_per_append`].
    pub max_entries_per_append: u32,
    /// See [`crate::raft::Config::max_inflight`].
    pub max_inflight: u32,
    /// Leaders answer reads while a lease lasts, and rely on all clocks being this close to true time, in percent;
    /// `None`: they ask a majority each time. See [`crate::raft::Config::lease_reads`].
    pub lease_drift_percent: Option<u32>,
    /// Clients that were not heard for so long, by the time of the log, are forgotten (thesis 6.3); `None`: never. See
    /// [`crate::kv::Stamp`].
    pub session_timeout: Option<Micros>,
    /// A node takes a snapshot when this many entries are applied since the last one; 0 = never, up to
    /// [`LOG_ENTRIES_MAX`].
    pub snapshot_every: u64,
}

/// `network` of the scenario form: how messages travel.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkSetup {
    /// The time from sender to receiver is drawn uniformly from this range.
    pub latency: (Micros, Micros),
    /// The probability that a message is lost, 0.0 to 1.0.
    pub loss: f64,
    /// The probability that a message arrives twice, 0.0 to 1.0.
    pub duplicate: f64,
}

/// `disk` of the scenario form.
#[derive(Clone, Debug, PartialEq)]
pub struct DiskSetup {
    /// The time of a sync is drawn uniformly from this range.
    pub sync: (Micros, Micros),
    /// The probability that a write which was not synced is on the disk all the same after a crash, if all writes
    /// before it are; 0.0 to 1.0.
    pub keep: f64,
}

/// A client that sends an operation now and then.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientSetup {
    /// Its name.
    pub id: ClientId,
    /// A new operation starts this long after the last one started, or when that one ended if it took longer.
    pub every: Micros,
    /// How often each kind of operation is chosen.
    pub mix: Mix,
    /// Keys are drawn from this many.
    pub keys: u32,
}

/// Weights of the kinds of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix {
    /// Weight of `set`.
    pub set: u32,
    /// Weight of `get`.
    pub get: u32,
    /// Weight of `cas`.
    pub cas: u32,
    /// Weight of `delete`.
    pub delete: u32,
    /// Weight of `append`.
    pub append: u32,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup {
            nodes: 5,
            seed: 42,
            config: NodeSetup::default(),
            network: NetworkSetup::default(),
            disk: DiskSetup::default(),
            clients: Vec::new(),
            without: Vec::new(),
        }
    }
}

impl Default for NodeSetup {
    fn default() -> NodeSetup {
        NodeSetup {
            election_timeout: (Micros::from_millis(150), Micros::from_millis(300)),
            heartbeat: Micros::from_millis(50),
            pre_vote: true,
            check_quorum: true,
            max_entries_per_append: 64,
            max_inflight: 32,
            lease_drift_percent: None,
            session_timeout: None,
            snapshot_every: 1_000,
        }
    }
}

impl Default for NetworkSetup {
    fn default() -> NetworkSetup {
        NetworkSetup { latency: (Micros::from_millis(5), Micros::from_millis(15)), loss: 0.0, duplicate: 0.0 }
    }
}

impl Default for DiskSetup {
    fn default() -> DiskSetup {
        DiskSetup { sync: (Micros(500), Micros(2_000)), keep: 0.0 }
    }
}

impl Default for Mix {
    fn default() -> Mix {
        Mix { set: 2, get: 1, cas: 1, delete: 0, append: 0 }
    }
}
