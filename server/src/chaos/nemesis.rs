//! What happens to a cluster: processes killed and stopped, links cut. Drawn from a seed; when it strikes is chance.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, bail};
use hyper::StatusCode;
use mini_raft_core::rng::Rng;
use serde::Serialize;
use serde_json::json;

use crate::client::{Http, Request};
use crate::cluster::Cluster;
use crate::cluster::process::Signal;

/// How long a node may take to cut or heal a link.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// The kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Processes end at once, as by a loss of power, and come back.
    Kill,
    /// Processes are stopped for longer than an election timeout, and go on as if nothing had been.
    Pause,
    /// Links are cut: both ways, one way, to a ring, to a bridge.
    Partition,
}

impl FaultKind {
    /// All of them.
    pub const ALL: [FaultKind; 3] = [FaultKind::Kill, FaultKind::Pause, FaultKind::Partition];
}

/// One fault: what it does to whom, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Of what kind.
    pub kind: FaultKind,
    /// In words, for people: `the leader and two more`, `a ring`.
    pub what: String,
    /// The nodes that are killed or stopped, or that cut their links.
    pub targets: Vec<String>,
    /// For a partition: which links each target cuts.
    cuts: Vec<Cut>,
    /// How long it lasts.
    pub lasts: Duration,
}

/// A node does not hear from these peers any more, or is not heard by them, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Cut {
    node: String,
    peers: Vec<String>,
    direction: &'static str,
}

/// How links can be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Two halves, of which the smaller has the leader.
    Halves,
    /// The leader hears nobody.
    Deaf,
    /// Nobody hears the leader.
    Mute,
    /// Each hears only its two neighbours.
    Ring,
    /// Two halves, and one node that hears all.
    Bridge,
}

impl Shape {
    /// All of them.
    pub const ALL: [Shape; 5] = [Shape::Halves, Shape::Deaf, Shape::Mute, Shape::Ring, Shape::Bridge];
}

impl Fault {
    /// Draws one of these kinds. The leader, where one is known, is among the victims more often than by chance.
    pub fn draw(kinds: &[FaultKind], nodes: &[String], leader: Option<&str>, rng: &mut Rng) -> Fault {
        let kind = kinds[rng.below(kinds.len() as u64) as usize];
        let order = shuffled(nodes, leader, rng);
        match kind {
            FaultKind::Kill => Fault::kill(&order[..how_many(nodes.len(), rng)], leader, rng),
            FaultKind::Pause => {
                let lasts = Duration::from_millis(rng.between(1_200, 2_600));
                Fault::pause(&order[..1], leader, lasts)
            }
            FaultKind::Partition => {
                let shape = Shape::ALL[rng.below(Shape::ALL.len() as u64) as usize];
                Fault::partition(shape, &order, Duration::from_millis(rng.between(1_000, 2_500)))
            }
        }
    }

    fn kill(targets: &[String], leader: Option<&str>, rng: &mut Rng) -> Fault {
        Fault {
            kind: FaultKind::Kill,
            what: format!("kill -9 of {}", named(targets, leader)),
            targets: targets.to_vec(),
            cuts: Vec::new(),
            lasts: Duration::from_millis(rng.between(0, 400)),
        }
    }

    /// These are stopped for so long.
    pub fn pause(targets: &[String], leader: Option<&str>, lasts: Duration) -> Fault {
        Fault {
            kind: FaultKind::Pause,
            what: format!("stop of {} for {} ms", named(targets, leader), lasts.as_millis()),
            targets: targets.to_vec(),
            cuts: Vec::new(),
            lasts,
        }
    }

    /// The links of these nodes, in this order, are cut in this way for so long. The first is the victim, where there is
    /// one.
    pub fn partition(shape: Shape, order: &[String], lasts: Duration) -> Fault {
        let cuts = cuts(shape, order);
        let minority = (order.len() - 1) / 2;
        let what = match shape {
            Shape::Halves => format!("partition: {} from the others", order[..minority.max(1)].join(", ")),
            Shape::Deaf => format!("partition: {} hears nobody", order[0]),
            Shape::Mute => format!("partition: nobody hears {}", order[0]),
            Shape::Ring => format!("partition: a ring of {}", order.join(", ")),
            Shape::Bridge => format!("partition: only {} hears both sides", order[minority]),
        };
        let targets = cuts.iter().map(|cut| cut.node.clone()).collect::<BTreeSet<_>>();
        Fault { kind: FaultKind::Partition, what, targets: targets.into_iter().collect(), cuts, lasts }
    }

    /// Lets it happen.
    ///
    /// # Errors
    /// When a process cannot be signalled, or a node does not cut its links.
    pub async fn strike(&self, cluster: &mut Cluster, http: &Http) -> anyhow::Result<()> {
        match self.kind {
            FaultKind::Kill => cluster.kill_together(&self.targets).await?,
            FaultKind::Pause => {
                for id in &self.targets {
                    cluster.signal(id, Signal::Stop)?;
                }
            }
            FaultKind::Partition => {
                for Cut { node, peers, direction } in &self.cuts {
                    let wish = json!({ "peers": peers, "direction": direction });
                    ask(cluster, http, node, "cut", &wish).await?;
                }
            }
        }
        Ok(())
    }

    /// Ends it: killed processes are started, stopped ones go on, links are healed.
    ///
    /// # Errors
    /// The first process that cannot be started or signalled, or node that does not heal its links; the others are seen
    /// to all the same.
    pub async fn undo(&self, cluster: &mut Cluster, http: &Http) -> anyhow::Result<()> {
        let mut result = Ok(());
        for id in &self.targets {
            let undone = match self.kind {
                FaultKind::Kill => cluster.spawn(id),
                FaultKind::Pause => cluster.signal(id, Signal::Continue),
                FaultKind::Partition => ask(cluster, http, id, "heal", &json!({})).await,
            };
            result = result.and(undone);
        }
        result
    }
}

/// Whether every node lets its links be cut.
///
/// # Errors
/// Says which does not, and what to do.
pub async fn can_cut_links(cluster: &Cluster, http: &Http) -> anyhow::Result<()> {
    for node in cluster.nodes() {
        ask(cluster, http, &node.id, "heal", &json!({})).await?;
    }
    Ok(())
}

/// Makes an end of whatever fault there may be: all nodes run, go on, and hear each other, as far as that can be had.
pub async fn restore(cluster: &mut Cluster, http: &Http) {
    for node in cluster.nodes() {
        // What fails here was never broken, or cannot be mended.
        if cluster.runs(&node.id) {
            let _ = cluster.signal(&node.id, Signal::Continue);
            let _ = ask(cluster, http, &node.id, "heal", &json!({})).await;
        } else {
            let _ = cluster.spawn(&node.id);
        }
    }
}

async fn ask(
    cluster: &Cluster,
    http: &Http,
    node: &str,
    what: &str,
    wish: &serde_json::Value,
) -> anyhow::Result<()> {
    let nodes = cluster.nodes();
    let url = &nodes.iter().find(|other| other.id == node).context("no such node")?.url;
    let request = Request::post(format!("/v1/chaos/{what}"), wish);
    let reply = http.ask(url, &request, ANSWER_MAX).await.map_err(anyhow::Error::msg)?;
    match reply.status {
        status if status.is_success() => Ok(()),
        StatusCode::NOT_FOUND => bail!(
            "{node} has no /v1/chaos, so its links cannot be cut: stop the cluster and start it with \
             `mini-raft start -- --enable-chaos`, or leave partitions out with --faults kill,pause"
        ),
        status => bail!("{node} answers {status} to {what}: {}", String::from_utf8_lossy(&reply.body)),
    }
}

fn cuts(shape: Shape, order: &[String]) -> Vec<Cut> {
    let minority = ((order.len() - 1) / 2).max(1);
    let cut = |node: &String, peers: Vec<String>, direction| Cut { node: node.clone(), peers, direction };
    let others = |node: &String| order.iter().filter(|other| *other != node).cloned().collect::<Vec<_>>();
    match shape {
        Shape::Halves => {
            let (few, many) = order.split_at(minority);
            few.iter().map(|node| cut(node, many.to_vec(), "both")).collect()
        }
        Shape::Deaf => vec![cut(&order[0], others(&order[0]), "in")],
        Shape::Mute => vec![cut(&order[0], others(&order[0]), "out")],
        Shape::Ring => {
            let size = order.len();
            let far = |place: usize| {
                let apart = |other: usize| (other + size - place) % size;
                let far = (0..size).filter(|&other| (2..size - 1).contains(&apart(other)));
                far.map(|other| order[other].clone()).collect::<Vec<_>>()
            };
            let all = order.iter().enumerate().map(|(place, node)| cut(node, far(place), "both"));
            all.filter(|cut| !cut.peers.is_empty()).collect()
        }
        Shape::Bridge => {
            let (one, other) = (&order[..minority], &order[(minority + 1).min(order.len())..]);
            one.iter()
                .map(|node| cut(node, other.to_vec(), "both"))
                .filter(|cut| !cut.peers.is_empty())
                .collect()
        }
    }
}

/// Most of the time the leader first: what a leader loses nobody else notices.
fn shuffled(nodes: &[String], leader: Option<&str>, rng: &mut Rng) -> Vec<String> {
    let mut order = nodes.to_vec();
    for place in (1..order.len()).rev() {
        order.swap(place, rng.below(place as u64 + 1) as usize);
    }
    if let Some(place) = order.iter().position(|node| Some(node.as_str()) == leader)
        && rng.chance(0.7)
    {
        order.swap(0, place);
    }
    order
}

/// One, a majority, or all.
fn how_many(nodes: usize, rng: &mut Rng) -> usize {
    match rng.below(10) {
        0..=5 => 1,
        6..=8 => nodes / 2 + 1,
        _ => nodes,
    }
}

fn named(targets: &[String], leader: Option<&str>) -> String {
    let name = |id: &String| match leader == Some(id.as_str()) {
        true => format!("{id} (the leader)"),
        false => id.clone(),
    };
    targets.iter().map(name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(count: usize) -> Vec<String> {
        (0..count).map(|number| format!("node-{number}")).collect()
    }

    /// Which pairs still hear each other.
    fn pairs(shape: Shape, count: usize) -> Vec<(usize, usize)> {
        let (order, cuts) = (nodes(count), cuts(shape, &nodes(count)));
        let is_cut = |a: &String, b: &String| cuts.iter().any(|cut| cut.node == *a && cut.peers.contains(b));
        let all = (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b)));
        all.filter(|(a, b)| !is_cut(&order[*a], &order[*b]) && !is_cut(&order[*b], &order[*a])).collect()
    }

    #[test]
    fn each_partition_has_the_shape_that_it_is_called_after() {
        assert_eq!(pairs(Shape::Halves, 5), [(0, 1), (2, 3), (2, 4), (3, 4)]);
        assert_eq!(pairs(Shape::Ring, 5), [(0, 1), (0, 4), (1, 2), (2, 3), (3, 4)]);
        assert_eq!(pairs(Shape::Bridge, 5), [(0, 1), (0, 2), (1, 2), (2, 3), (2, 4), (3, 4)]);
        assert_eq!(pairs(Shape::Deaf, 3), [(1, 2)]);
        assert_eq!(pairs(Shape::Halves, 3), [(1, 2)]);
        assert_eq!(pairs(Shape::Ring, 3).len(), 3, "in a ring of three all are neighbours");
    }

    #[test]
    fn all_kinds_and_numbers_of_victims_are_drawn() {
        let (nodes, mut rng) = (nodes(5), Rng::new(7));
        let faults: Vec<Fault> =
            (0..200).map(|_| Fault::draw(&FaultKind::ALL, &nodes, Some("node-2"), &mut rng)).collect();
        for kind in FaultKind::ALL {
            assert!(faults.iter().any(|fault| fault.kind == kind), "{kind:?}");
        }
        for victims in [1, 3, 5] {
            let of = |fault: &&Fault| fault.kind == FaultKind::Kill && fault.targets.len() == victims;
            assert!(faults.iter().any(|fault| of(&fault)), "{victims}");
        }
        let again: Vec<Fault> = {
            let mut rng = Rng::new(7);
            (0..200).map(|_| Fault::draw(&FaultKind::ALL, &nodes, Some("node-2"), &mut rng)).collect()
        };
        assert_eq!(faults, again, "a seed draws the same faults");
    }
}
