//! Starting all nodes, and waiting until they serve.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::manifest::Manifest;
use super::process::Signal;
use super::{Cluster, must_be_free, port_must_be_free};
use crate::client::Http;
use crate::client::view::{ClusterView, Health, NodeView};

/// How often the nodes are asked whether they serve.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long one of them may take to answer.
const ANSWER_MAX: Duration = Duration::from_millis(500);
/// Where free ports are looked for: below those of outgoing connections (from 32768 on, unless Linux is told otherwise).
const FREE_PORT_MIN: u16 = 20_000;
const FREE_PORT_MAX: u16 = 32_000;
/// How much of a log is shown when its node died.
const LOG_LINES: usize = 12;

/// What a new cluster is to be. What is `None` is as it is in one that exists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// How many nodes; 5 if not said.
    pub nodes: Option<u16>,
    /// The port of the first, the others follow; 8000 if not said, and any free ports for 0.
    pub base_port: Option<u16>,
    /// Further flags of `mini-raft node`, for each node that is started from now on; empty for those of before.
    pub flags: Vec<String>,
}

/// What starting has led to.
#[derive(Clone, Debug)]
pub struct Started {
    /// The nodes whose processes were started; the others ran already.
    pub started: Vec<String>,
    /// The nodes that cannot be started, or do not follow the leader in time.
    pub failed: Vec<Failed>,
    /// How the cluster is now.
    pub view: ClusterView,
    /// From the start of the first process until a leader was ready and all nodes followed it.
    pub took: Duration,
}

/// A node without which the others go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failed {
    /// The node.
    pub id: String,
    /// What is wrong with it.
    pub why: String,
}

impl Started {
    /// The same, if every node serves.
    ///
    /// # Errors
    /// Names those that do not.
    pub fn complete(self) -> anyhow::Result<Started> {
        if self.failed.is_empty() { Ok(self) } else { bail!("{}", in_words(&self.failed)) }
    }
}

/// One attempt to start all that does not run.
#[derive(Default)]
struct Attempt {
    started: Vec<String>,
    failed: Vec<Failed>,
}

impl Cluster {
    /// Starts every node that does not run and waits until a leader is ready and all follow it, `within` this time.
    /// One that is about to end is waited for, and started again. `progress` is told in between how far that is.
    ///
    /// A node that ends by itself is left out, as long as the others are a majority.
    ///
    /// # Errors
    /// When a port is in use, a majority of the nodes ends, or no leader is ready in time. What was started is ended
    /// then.
    pub async fn start(
        &mut self,
        within: Duration,
        progress: &mut dyn FnMut(&str),
    ) -> anyhow::Result<Started> {
        // Before any is started: whose port is taken by another program is no node that could be left out.
        let missing = self.manifest.nodes.iter().filter(|member| !member.is_running());
        missing.clone().try_for_each(must_be_free)?;
        let (began, mut attempt) = (Instant::now(), Attempt::default());
        match self.until_most_follow(&mut attempt, began + within, progress).await {
            Ok(view) => {
                let took = began.elapsed();
                self.manifest.formed = true;
                self.manifest.save(&self.dir)?;
                let Attempt { started, failed } = attempt;
                Ok(Started { started, failed, view, took })
            }
            Err(error) => {
                for id in &attempt.started {
                    // Some have ended by themselves: that is the error.
                    let _ = self.signal(id, Signal::Kill);
                    self.ended(id).await?;
                }
                Err(error)
            }
        }
    }

    async fn until_most_follow(
        &mut self,
        attempt: &mut Attempt,
        deadline: Instant,
        progress: &mut dyn FnMut(&str),
    ) -> anyhow::Result<ClusterView> {
        let (http, nodes) = (Http::new(), self.nodes());
        loop {
            self.start_what_does_not_run(attempt)?;
            if attempt.failed.len() * 2 >= nodes.len() {
                bail!("{}", in_words(&attempt.failed));
            }
            let view = ClusterView::of(&http, &nodes, ANSWER_MAX).await;
            let is_down = view.health() == Health::Down;
            let late = late(&view, &attempt.failed);
            if !is_down && late.is_empty() {
                return Ok(view);
            }
            progress(&how_far(&view));
            if Instant::now() >= deadline {
                if is_down {
                    bail!("the cluster did not get ready in time: {}", what_is_missing(&view));
                }
                attempt.failed.extend(late);
                return Ok(view);
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Each node is started once: one that has ended then is not started again.
    fn start_what_does_not_run(&mut self, attempt: &mut Attempt) -> anyhow::Result<()> {
        self.reap();
        let missing = self.manifest.nodes.iter().filter(|member| !member.is_running());
        for id in missing.map(|member| member.id.clone()).collect::<Vec<_>>() {
            if attempt.failed.iter().any(|failed| failed.id == id) {
                continue;
            }
            if attempt.started.contains(&id) {
                let why = self.how_it_ended(&id);
                attempt.failed.push(Failed { id, why });
                continue;
            }
            self.spawn(&id)?;
            attempt.started.push(id);
        }
        Ok(())
    }

    fn how_it_ended(&self, id: &str) -> String {
        let (log, file) = (self.end_of_log(id, LOG_LINES), self.log_file(id));
        format!("it has ended; the end of its log, {}:\n{log}", file.display())
    }

    /// Waits until a leader is ready and all nodes follow it.
    ///
    /// # Errors
    /// When a node ends, or that has not come by the deadline.
    pub async fn until_ready(
        &mut self,
        deadline: Instant,
        progress: &mut dyn FnMut(&str),
    ) -> anyhow::Result<ClusterView> {
        let (http, nodes) = (Http::new(), self.nodes());
        loop {
            let view = ClusterView::of(&http, &nodes, ANSWER_MAX).await;
            if view.all_follow() && view.answers().count() == nodes.len() {
                return Ok(view);
            }
            self.none_has_ended()?;
            progress(&how_far(&view));
            if Instant::now() >= deadline {
                bail!("the cluster did not get ready in time: {}", what_is_missing(&view));
            }
            sleep(LOOK_EVERY).await;
        }
    }

    fn none_has_ended(&mut self) -> anyhow::Result<()> {
        self.reap();
        let Some(dead) = self.manifest.nodes.iter().find(|member| !member.is_running()) else {
            return Ok(());
        };
        bail!("{}: {}", dead.id, self.how_it_ended(&dead.id));
    }
}

impl Shape {
    /// The ports of a new cluster, on which nobody listens.
    pub(super) fn free_ports(&self) -> anyhow::Result<Vec<u16>> {
        let ports = self.ports()?;
        for (number, &port) in ports.iter().enumerate() {
            port_must_be_free(
                &format!("node-{number}"),
                port,
                "end that one, or choose another --base-port",
            )?;
        }
        Ok(ports)
    }

    fn ports(&self) -> anyhow::Result<Vec<u16>> {
        let count = self.nodes.unwrap_or(5);
        match self.base_port.unwrap_or(8000) {
            0 => free_ports(count),
            base => {
                let last = base.checked_add(count - 1).with_context(|| {
                    format!("{count} ports from {base} on go beyond 65535: take a lower --base-port")
                })?;
                Ok((base..=last).collect())
            }
        }
    }

    /// A cluster that exists keeps its shape: who asks for another one means another cluster.
    pub(super) fn must_fit(&self, manifest: &Manifest, dir: &Path) -> anyhow::Result<()> {
        let (count, base) = (manifest.nodes.len(), manifest.nodes[0].port);
        let fits = self.nodes.is_none_or(|wanted| usize::from(wanted) == count)
            && self.base_port.is_none_or(|wanted| wanted == base);
        if !fits {
            bail!(
                "the cluster in {} has {count} nodes from port {base} on: start it without --nodes and --base-port, or another one in another --dir",
                dir.display()
            );
        }
        Ok(())
    }
}

/// Ports that nobody listens on now, and that the system gives to no outgoing connection: while a node is down, one of
/// those could take its port, even by connecting to itself.
fn free_ports(count: u16) -> anyhow::Result<Vec<u16>> {
    const TRIES: usize = 1_000;
    let mut listeners: Vec<TcpListener> = Vec::new();
    for _ in 0..TRIES {
        if listeners.len() == usize::from(count) {
            // All at once, so that they differ.
            let port = |listener: &TcpListener| listener.local_addr().map(|address| address.port());
            return listeners.iter().map(port).collect::<Result<_, _>>().context("there are no free ports");
        }
        let mut random = [0; 2];
        getrandom::fill(&mut random).context("the system gives no random bytes")?;
        let port = FREE_PORT_MIN + u16::from_le_bytes(random) % (FREE_PORT_MAX - FREE_PORT_MIN);
        listeners.extend(TcpListener::bind((Ipv4Addr::LOCALHOST, port)));
    }
    bail!("there are no {count} free ports from {FREE_PORT_MIN} to {FREE_PORT_MAX}")
}

fn in_words(failed: &[Failed]) -> String {
    failed.iter().map(|failed| format!("{}: {}", failed.id, failed.why)).collect::<Vec<_>>().join("\n")
}

/// Those who do not answer, are about to end, or do not follow the leader though they should; and these are not left out.
fn late(view: &ClusterView, left_out: &[Failed]) -> Vec<Failed> {
    let why = |node: &NodeView| match &node.status {
        Err(why) => Some(why.clone()),
        Ok(status) if status.stopping => Some("it is about to end".to_owned()),
        Ok(status) if view.is_member(&status.id) && !view.follows(status) => {
            Some(format!("it does not follow the leader: it is a {} in term {}", status.role, status.term))
        }
        Ok(_) => None,
    };
    let nodes = view.nodes.iter().filter(|node| left_out.iter().all(|it| it.id != node.node.id));
    nodes.filter_map(|node| Some(Failed { id: node.node.id.clone(), why: why(node)? })).collect()
}

fn how_far(view: &ClusterView) -> String {
    let (answering, all) = (view.answers().count(), view.nodes.len());
    match view.leader() {
        Some(leader) => {
            format!("{answering} of {all} nodes answer, {} leads in term {}", leader.id, leader.term)
        }
        None => format!("{answering} of {all} nodes answer, no leader yet"),
    }
}

fn what_is_missing(view: &ClusterView) -> String {
    let silent: Vec<String> = view
        .nodes
        .iter()
        .filter_map(|node| node.status.as_ref().err().map(|why| format!("{}: {why}", node.node.id)))
        .collect();
    if silent.is_empty() { how_far(view) } else { silent.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_follow_each_other_and_free_ones_differ() {
        let shape =
            |nodes, base_port| Shape { nodes: Some(nodes), base_port: Some(base_port), ..Shape::default() };
        assert_eq!(shape(3, 9000).ports().expect("ports"), [9000, 9001, 9002]);
        assert_eq!(shape(1, 65535).ports().expect("ports"), [65535]);
        assert!(shape(2, 65535).ports().is_err());
        let mut free = shape(9, 0).ports().expect("ports");
        free.sort_unstable();
        free.dedup();
        assert_eq!(free.len(), 9);
    }

    #[test]
    fn a_cluster_that_exists_keeps_its_shape() {
        let manifest = Manifest::new("c".to_owned(), &[9000, 9001, 9002]);
        let fits = |nodes, base_port| {
            Shape { nodes, base_port, ..Shape::default() }.must_fit(&manifest, Path::new("d")).is_ok()
        };
        assert!(fits(None, None) && fits(Some(3), None) && fits(Some(3), Some(9000)));
        assert!(!fits(Some(5), None) && !fits(None, Some(8000)));
    }
}
