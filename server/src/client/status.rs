//! How a node says it is: the answer of `GET /v1/status`.

use serde::{Deserialize, Serialize};

use super::url::NodeUrl;

/// One node, as it sees itself and its cluster. Fields that a newer node adds are passed over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeStatus {
    /// Its name.
    pub id: String,
    /// The cluster it belongs to.
    #[serde(default)]
    pub cluster: String,
    /// `follower`, `pre-candidate`, `candidate` or `leader`.
    pub role: String,
    /// Its current term.
    pub term: u64,
    /// Who leads, as far as it knows.
    #[serde(default)]
    pub leader: Option<String>,
    /// Where to reach the leader.
    #[serde(default)]
    pub leader_url: Option<NodeUrl>,
    /// The highest entry known to be committed.
    pub commit_index: u64,
    /// The highest entry applied to the store.
    pub last_applied: u64,
    /// The last entry of its log.
    pub last_index: u64,
    /// The last entry that its snapshot covers; 0 without a snapshot.
    #[serde(default)]
    pub snapshot_index: u64,
    /// Who votes.
    #[serde(default)]
    pub voters: Vec<String>,
    /// The voters before, while they change.
    #[serde(default)]
    pub outgoing: Vec<String>,
    /// Who is sent the log and does not vote.
    #[serde(default)]
    pub learners: Vec<String>,
    /// The nodes it was told of.
    #[serde(default)]
    pub peers: Vec<PeerUrl>,
    /// Whether it can serve clients, by itself or through the leader.
    #[serde(default)]
    pub ready: bool,
    /// How long its process has run, in milliseconds.
    #[serde(default)]
    pub uptime_ms: u64,
    /// The version of its program.
    #[serde(default)]
    pub version: String,
    /// How many keys its store holds.
    #[serde(default)]
    pub keys: u64,
    /// A hash of its store: equal on nodes that have applied the same.
    #[serde(default)]
    pub digest: String,
    /// Whether it lost its disk and does not count until the leader has admitted it anew.
    #[serde(default)]
    pub forgetful: bool,
    /// Whether its process is about to end.
    #[serde(default)]
    pub stopping: bool,
    /// What it has done since its process began.
    #[serde(default)]
    pub counters: Counters,
    /// How far each follower has come: only a leader knows.
    #[serde(default)]
    pub progress: Vec<Progress>,
}

/// Where another node is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerUrl {
    /// Its name.
    pub id: String,
    /// Its URL.
    pub url: NodeUrl,
}

/// What a node has done since its process began.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counters {
    /// Writes of clients answered with success.
    pub writes: u64,
    /// Reads of clients answered with success.
    pub reads: u64,
    /// Elections that it began.
    pub elections: u64,
    /// How often it saw another leader than before.
    pub leader_changes: u64,
    /// How often its disk was told to make data durable.
    pub syncs: u64,
    /// How long that took, on average, in microseconds; none before the first.
    pub sync_us_mean: Option<f64>,
    /// Half of the writes were answered within so many microseconds; none before the first.
    pub write_us_p50: Option<f64>,
    /// Of a hundred writes, 99 were answered within so many microseconds; none before the first.
    pub write_us_p99: Option<f64>,
}

/// How far a follower has come, as the leader knows it (Figure 2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The follower.
    pub id: String,
    /// The last entry that it is known to hold.
    pub match_index: u64,
    /// The next entry to be sent to it.
    pub next_index: u64,
}

impl NodeStatus {
    /// Whether it takes itself for the leader.
    pub fn is_leader(&self) -> bool {
        self.role == "leader"
    }
}
