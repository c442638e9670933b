//! Who is in the cluster, and how this node behaves.

use super::ids::NodeId;
use crate::time::Micros;

/// The servers of a cluster.
///
/// Every decision that needs a majority asks this type, so that joint consensus (§6) has one place to come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    voters: Vec<NodeId>,
}

impl Configuration {
    /// The cluster of these voters, in the order of their ids, each once.
    pub fn new(voters: impl IntoIterator<Item = NodeId>) -> Configuration {
        let mut voters: Vec<NodeId> = voters.into_iter().collect();
        voters.sort_unstable();
        voters.dedup();
        Configuration { voters }
    }

    /// The cluster `node-0` … `node-(count-1)`.
    pub fn of_size(count: u32) -> Configuration {
        Configuration::new((0..count).map(NodeId))
    }

    /// Those whose votes and acknowledgements count, by id.
    pub fn voters(&self) -> &[NodeId] {
        &self.voters
    }

    /// Whether this server's vote counts.
    pub fn is_voter(&self, id: NodeId) -> bool {
        self.voters.binary_search(&id).is_ok()
    }

    /// How many voters make a majority.
    pub fn quorum(&self) -> usize {
        self.voters.len() / 2 + 1
    }

    /// The greatest value that at least `count` voters have reached; `none` if there are fewer voters.
    ///
    /// With [`quorum`](Self::quorum) voters and `match_index` this is the rule of Figure 2: "a majority of
    /// `match_index[i] ≥ N`".
    pub fn reached_by<T: Ord + Copy>(&self, count: usize, value: impl FnMut(NodeId) -> T, none: T) -> T {
        let mut values: Vec<T> = self.voters.iter().copied().map(value).collect();
        values.sort_unstable_by(|a, b| b.cmp(a));
        values.get(count.saturating_sub(1)).copied().unwrap_or(none)
    }
}

/// How a node behaves. The same on every node of a cluster, but for `id` and `seed`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// This node.
    pub id: NodeId,
    /// The cluster at its birth; a snapshot or the log may hold a later one.
    pub configuration: Configuration,
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
    /// The most AppendEntries with entries that may be under way to one follower, at least 1.
    pub max_inflight: u32,
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
            election_timeout_min: Micros::from_millis(150),
            election_timeout_max: Micros::from_millis(300),
            heartbeat_interval: Micros::from_millis(50),
            pre_vote: true,
            check_quorum: true,
            max_entries_per_append: 64,
            max_inflight: 32,
            seed: 0,
            facts: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The quorum value is what a brute-force count says, for every vector of small values.
    #[test]
    fn commit_quorum_table() {
        for count in 1..=5u32 {
            let configuration = Configuration::of_size(count);
            for code in 0..4u32.pow(count) {
                let values: Vec<u32> = (0..count).map(|place| code / 4u32.pow(place) % 4).collect();
                let reached = |n: u32| values.iter().filter(|v| **v >= n).count() * 2 > values.len();
                let expected = (0..4).rev().find(|n| reached(*n)).unwrap_or(0);
                let found = configuration.reached_by(configuration.quorum(), |id| values[id.0 as usize], 0);
                assert_eq!(found, expected, "{values:?}");
            }
        }
    }

    #[test]
    fn no_voters_reach_nothing() {
        let nobody = Configuration::new([]);
        assert_eq!(nobody.reached_by(nobody.quorum(), |_| 7, 0), 0);
    }
}
