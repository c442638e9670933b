//! The flags of a node.

use std::path::PathBuf;

use clap::Args;

/// Settings of which nobody is told: they are for tests.
pub(super) const HIDDEN: [&str; 1] = ["inject_disk_faults"];

/// What the command line says of a node. Values are texts here: they are checked together with those of the
/// environment and the file, so that all mistakes are named at once.
#[derive(Clone, Debug, Default, Args)]
#[command(
    after_help = "Each flag has a variable, such as MINI_RAFT_LISTEN for --listen, and a key in the file of \
                        --config, such as listen. A flag counts more than a variable, a variable more than the file."
)]
pub struct NodeArgs {
    /// A TOML file with settings.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Which node this is: node-0, node-1, …
    #[arg(long, value_name = "NODE")]
    pub id: Option<String>,
    /// The address to listen on [default: this node's address in --peers, if that is of this machine alone].
    #[arg(long, value_name = "HOST:PORT")]
    pub listen: Option<String>,
    /// All nodes of the cluster, this one too: node-0=http://127.0.0.1:8000,node-1=http://127.0.0.1:8001,…
    #[arg(long, value_name = "NODE=URL,…")]
    pub peers: Option<String>,
    /// The data directory, of this node alone.
    #[arg(long, value_name = "DIR")]
    pub data: Option<String>,
    /// The cluster's name [default: a name made of --peers]. Give one to a cluster whose addresses may change.
    #[arg(long, value_name = "NAME")]
    pub cluster: Option<String>,
    /// A file with the secret that all nodes share, at least 16 bytes [default, on 127.0.0.1 alone: a secret of this
    /// user].
    #[arg(long, value_name = "FILE")]
    pub peer_secret_file: Option<String>,
    /// The range of the election timeout [default: 500,1000].
    #[arg(long, value_name = "MIN,MAX")]
    pub election_timeout_ms: Option<String>,
    /// How often a leader sends heartbeats [default: 100].
    #[arg(long, value_name = "MS")]
    pub heartbeat_ms: Option<String>,
    /// How many entries there are between two snapshots [default: 10000].
    #[arg(long, value_name = "ENTRIES")]
    pub snapshot_every: Option<String>,
    /// The most open connections [default: 1024].
    #[arg(long, value_name = "COUNT")]
    pub max_connections: Option<String>,
    /// The most writes that wait for their outcome [default: 1024].
    #[arg(long, value_name = "COUNT")]
    pub max_proposals: Option<String>,
    /// The most clients that watch [default: 256].
    #[arg(long, value_name = "COUNT")]
    pub max_watchers: Option<String>,
    /// Answer lease reads, with clocks that keep time within so many percent [default: off].
    #[arg(long, value_name = "PERCENT|off")]
    pub lease_reads_drift_percent: Option<String>,
    /// Let anyone who can reach this node cut it off, pause it and crash it, by /v1/chaos.
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub enable_chaos: Option<String>,
    /// The cluster is new: an empty data directory is no lost one.
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub new_cluster: Option<String>,
    /// This node joins a cluster that runs already: it waits until it is added (`mini-raft members --add`).
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub join: Option<String>,
    /// The form of log lines [default: text].
    #[arg(long, value_name = "text|json")]
    pub log_format: Option<String>,
    /// Which log lines there are [default: info].
    #[arg(long, value_name = "FILTER")]
    pub log_filter: Option<String>,
    /// A file that says how the disk fails; for tests.
    #[arg(long, value_name = "FILE", hide = true)]
    pub inject_disk_faults: Option<String>,
}

impl NodeArgs {
    /// Each setting by its key, as the file spells it, with what the flag gives it.
    pub(super) fn flags(&self) -> [(&'static str, Option<&str>); 19] {
        [
            ("id", self.id.as_deref()),
            ("listen", self.listen.as_deref()),
            ("peers", self.peers.as_deref()),
            ("data", self.data.as_deref()),
            ("cluster", self.cluster.as_deref()),
            ("peer_secret_file", self.peer_secret_file.as_deref()),
            ("election_timeout_ms", self.election_timeout_ms.as_deref()),
            ("heartbeat_ms", self.heartbeat_ms.as_deref()),
            ("snapshot_every", self.snapshot_every.as_deref()),
            ("max_connections", self.max_connections.as_deref()),
            ("max_proposals", self.max_proposals.as_deref()),
            ("max_watchers", self.max_watchers.as_deref()),
            ("lease_reads_drift_percent", self.lease_reads_drift_percent.as_deref()),
            ("enable_chaos", self.enable_chaos.as_deref()),
            ("new_cluster", self.new_cluster.as_deref()),
            ("join", self.join.as_deref()),
            ("log_format", self.log_format.as_deref()),
            ("log_filter", self.log_filter.as_deref()),
            ("inject_disk_faults", self.inject_disk_faults.as_deref()),
        ]
    }
}
