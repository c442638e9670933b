//! Who plays: the cluster, and ways to look at it and to wait for what must come.

use std::time::Duration;

use anyhow::{Context, bail};
use tokio::time::{Instant, sleep};

use crate::client::kv::Consistency;
use crate::client::view::{ClusterView, Health};
use crate::client::{Client, Http, NodeStatus, PeerUrl};
use crate::cluster::Cluster;

/// What must come comes within this time, or it will not.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// How exactly the moment of a change is known.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// A node that is alive answers within this time.
const ANSWER_MAX: Duration = Duration::from_millis(500);
/// How long a client of the story tries.
const CLIENT_MAX: Duration = Duration::from_secs(10);

/// The cluster of the story.
pub(super) struct Cast<'a> {
    pub(super) cluster: &'a mut Cluster,
    http: Http,
}

impl<'a> Cast<'a> {
    pub(super) fn new(cluster: &'a mut Cluster) -> Cast<'a> {
        Cast { cluster, http: Http::new() }
    }

    /// A client that knows all nodes.
    pub(super) fn client(&self) -> Client {
        Client::new(self.cluster.urls(), CLIENT_MAX)
    }

    /// How all nodes are now.
    pub(super) async fn look(&self) -> ClusterView {
        ClusterView::of(&self.http, &self.cluster.nodes(), ANSWER_MAX).await
    }

    /// The leader, as it is now.
    pub(super) async fn leader(&self) -> anyhow::Result<NodeStatus> {
        self.look().await.leader().cloned().context("nobody leads")
    }

    /// Looks at these nodes until something is seen; says what, and how long that took.
    pub(super) async fn until<T>(
        &self,
        nodes: &[PeerUrl],
        what: &str,
        seen: impl Fn(&ClusterView) -> Option<T>,
    ) -> anyhow::Result<(T, Duration)> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(found) = seen(&ClusterView::of(&self.http, nodes, ANSWER_MAX).await) {
                return Ok((found, began.elapsed()));
            }
            sleep(LOOK_EVERY).await;
        }
        bail!("this did not come true within {} s: {what}", PATIENCE.as_secs())
    }

    /// Waits until a leader is ready and all nodes follow it; says who and how long that took.
    pub(super) async fn until_healthy(&self) -> anyhow::Result<(NodeStatus, Duration)> {
        let healthy = |view: &ClusterView| {
            let is_whole =
                view.health() == Health::Healthy && view.nodes.iter().all(|node| node.status.is_ok());
            view.leader().filter(|_| is_whole).cloned()
        };
        self.until(&self.cluster.nodes(), "all nodes follow one leader", healthy).await
    }

    /// Waits until all these nodes have applied the entry; says how long that took.
    pub(super) async fn until_applied(&self, nodes: &[PeerUrl], index: u64) -> anyhow::Result<Duration> {
        let applied = |view: &ClusterView| {
            let has = |status: &NodeStatus| status.last_applied >= index;
            view.nodes.iter().all(|node| node.status.as_ref().is_ok_and(has)).then_some(())
        };
        let what = format!("all have applied entry {index}");
        Ok(self.until(nodes, &what, applied).await?.1)
    }

    /// What this node alone has under the key, whether it is up to date or not.
    pub(super) async fn held_by(&self, node: &PeerUrl, key: &str) -> anyhow::Result<Option<Vec<u8>>> {
        let mut client = Client::new(vec![node.url.clone()], CLIENT_MAX);
        let found = client.get(key, Consistency::Stale).await?;
        let by = found.as_ref().and_then(|found| found.served.by.as_deref());
        if let Some(by) = by.filter(|by| *by != node.id) {
            bail!("{} was asked for what it holds itself, and {by} answered", node.id);
        }
        Ok(found.map(|found| found.value.to_vec()))
    }

    /// The nodes but these.
    pub(super) fn others(&self, than: &[&str]) -> Vec<PeerUrl> {
        let mut nodes = self.cluster.nodes();
        nodes.retain(|node| !than.contains(&node.id.as_str()));
        nodes
    }
}
