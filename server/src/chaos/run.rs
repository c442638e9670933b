//! A whole run: clients begin, faults strike, the cluster heals, and all is judged.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use futures_util::StreamExt;
use mini_raft_core::rng::Rng;
use tokio::time::{Instant, sleep};

use super::history::{Operation, Recorder};
use super::judge::{Verdict, judge};
use super::nemesis::{Fault, FaultKind};
use super::report::{Judged, Operations, ReadBack, Report, Struck};
use super::watch::Watch;
use super::workload::{Tally, Workload};
use crate::client::kv::Condition;
use crate::client::view::ClusterView;
use crate::client::{Client, Http};
use crate::cluster::Cluster;

/// How long a cluster may take to serve after a fault has ended, and all nodes to hold the same.
const RECOVERY_MAX: Duration = Duration::from_secs(60);
/// How often it is looked whether something has come.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long a node may take to say how it is.
const ANSWER_MAX: Duration = Duration::from_secs(2);
/// So many keys are removed at a time in the end.
const SWEEPERS: usize = 16;
/// How much of its log is shown when a node ended by itself.
const LOG_LINES: usize = 20;

/// What a run is to be.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Which faults strike.
    pub kinds: Vec<FaultKind>,
    /// For at least so long.
    pub span: Duration,
    /// Until at least so many processes were killed.
    pub kills: u64,
    /// What the faults are drawn from.
    pub seed: u64,
    /// What all keys begin with.
    pub prefix: String,
    /// Whether the keys are removed in the end.
    pub sweep: bool,
}

/// How far a run has come.
#[derive(Clone, Debug)]
pub struct Moment<'a> {
    /// From the start of the clients.
    pub since_start: Duration,
    /// Writes acknowledged so far.
    pub writes: u64,
    /// Faults so far.
    pub faults: usize,
    /// What goes on.
    pub what: &'a str,
}

/// A run that has ended.
#[derive(Debug)]
pub struct Ran {
    /// What is told of it.
    pub report: Report,
    /// What the clients did and saw, for another judge.
    pub recorder: Arc<Recorder>,
}

/// Runs the plan on a cluster whose nodes all run. Whatever comes of it, all nodes run and hear each other afterwards,
/// as far as that can be had.
///
/// # Errors
/// What kept it from being run: a node that ended by itself, no service after a fault, a cluster that cannot be reached.
pub async fn run(
    cluster: &mut Cluster,
    plan: &Plan,
    progress: &mut dyn FnMut(&Moment<'_>),
) -> anyhow::Result<Ran> {
    cluster.until_ready(Instant::now() + RECOVERY_MAX, &mut |_| {}).await?;
    let mut load = Workload::start(&cluster.urls(), &plan.prefix, plan.seed);
    let mut run = Run {
        http: Http::new(),
        watch: Watch::start(cluster.nodes()),
        tally: load.tally.clone(),
        began: Instant::now(),
        report: Report { seed: plan.seed, ..Report::default() },
    };
    let suffered = run.suffer(cluster, plan, progress).await;
    run.report.duration_ms = run.began.elapsed().as_millis() as u64;
    load.stop().await;
    suffered?;
    run.tell(progress, "the clients have ended: waiting until all nodes hold the same");
    run.report.nodes_equal = equal_in_the_end(cluster).await;
    let seen = run.watch.seen();
    run.report.leader_changes = seen.leader_changes();
    for term in seen.split_terms() {
        run.report.problems.push(format!("term {term} had more than one leader"));
    }
    run.report.operations = Operations {
        writes: load.tally.writes(),
        reads: load.tally.reads(),
        refused: load.tally.refused(),
        unknown: load.tally.unknown(),
    };
    run.tell(progress, "reading back what was written");
    let account = load.ledger.compare(&read_back(cluster, &plan.prefix).await?);
    run.report.read_back =
        ReadBack { acknowledged: account.acknowledged, lost: account.lost, invented: account.invented };
    run.tell(progress, "judging the histories");
    let keys = load.recorder.by_key();
    run.report.linearizability =
        tokio::task::spawn_blocking(|| judged(keys)).await.context("the judge failed")?;
    if plan.sweep {
        run.tell(progress, "removing the keys");
        sweep(cluster, &plan.prefix).await?;
    }
    Ok(Ran { report: run.report.close(), recorder: load.recorder.clone() })
}

struct Run {
    http: Http,
    watch: Watch,
    tally: Arc<Tally>,
    began: Instant,
    report: Report,
}

impl Run {
    /// Lets faults strike, one after the other, until the plan is fulfilled.
    async fn suffer(
        &mut self,
        cluster: &mut Cluster,
        plan: &Plan,
        progress: &mut dyn FnMut(&Moment<'_>),
    ) -> anyhow::Result<()> {
        let ids: Vec<String> = cluster.nodes().into_iter().map(|node| node.id).collect();
        let mut rng = Rng::stream(plan.seed, u64::MAX);
        self.served(cluster, "no client was served at the start").await?;
        while self.began.elapsed() < plan.span || self.report.kills < plan.kills {
            let leader = self.watch.seen().leader;
            let fault = Fault::draw(&plan.kinds, &ids, leader.as_deref(), &mut rng);
            self.tell(progress, &fault.what);
            let mut struck = Struck::new(self.began.elapsed(), &fault);
            let result = fault.strike(cluster, &self.http).await;
            if result.is_ok() {
                sleep(fault.lasts).await;
            }
            let undone = fault.undo(cluster, &self.http).await;
            result?;
            undone?;
            let over = Instant::now();
            self.served(cluster, &format!("no client was served after {}", fault.what)).await?;
            struck.served_after_ms = over.elapsed().as_millis() as u64;
            if fault.kind == FaultKind::Kill {
                self.report.kills += fault.targets.len() as u64;
            }
            self.report.faults.push(struck);
            sleep(Duration::from_millis(rng.between(100, 800))).await;
        }
        Ok(())
    }

    /// Waits until a few writes more are acknowledged.
    async fn served(&self, cluster: &mut Cluster, else_what: &str) -> anyhow::Result<()> {
        const ENOUGH: u64 = 5;
        let (before, deadline) = (self.tally.writes(), Instant::now() + RECOVERY_MAX);
        while self.tally.writes() < before + ENOUGH {
            for node in cluster.nodes() {
                if !cluster.runs(&node.id) {
                    let log = cluster.end_of_log(&node.id, LOG_LINES);
                    bail!("{} ended by itself; the end of its log:\n{log}", node.id);
                }
            }
            if Instant::now() > deadline {
                bail!("{else_what} within {} s", RECOVERY_MAX.as_secs());
            }
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    fn tell(&self, progress: &mut dyn FnMut(&Moment<'_>), what: &str) {
        let (writes, faults) = (self.tally.writes(), self.report.faults.len());
        progress(&Moment { since_start: self.began.elapsed(), writes, faults, what });
    }
}

/// Whether all nodes come to have applied the same, and to hold the same then.
async fn equal_in_the_end(cluster: &Cluster) -> bool {
    let (http, nodes) = (Http::new(), cluster.nodes());
    let deadline = Instant::now() + RECOVERY_MAX;
    loop {
        let view = ClusterView::of(&http, &nodes, ANSWER_MAX).await;
        let states: Vec<_> = view.answers().map(|status| (status.last_applied, &status.digest)).collect();
        let complete = states.len() == nodes.len();
        if complete && states.iter().all(|state| *state == states[0]) {
            return true;
        }
        if Instant::now() > deadline {
            return false;
        }
        sleep(LOOK_EVERY).await;
    }
}

/// All keys that were written once, with their values.
async fn read_back(cluster: &Cluster, prefix: &str) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let mut client = Client::new(cluster.urls(), RECOVERY_MAX);
    let mut found = BTreeMap::new();
    for prefix in Workload::prefixes_of_unique_keys(prefix) {
        let mut cursor: Option<String> = None;
        loop {
            let page = client.list(&prefix, 1000, cursor.as_deref()).await?;
            for item in &page.items {
                found.insert(item.key.clone(), item.bytes().context("a value has no form")?);
            }
            match page.next_cursor {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
    }
    Ok(found)
}

fn judged(keys: BTreeMap<Arc<str>, Vec<Operation>>) -> Judged {
    let mut judged = Judged { keys: keys.len() as u64, ..Judged::default() };
    for (key, operations) in keys {
        judged.operations += operations.len() as u64;
        match judge(&operations) {
            Verdict::Linearizable => {}
            Verdict::Broken(what) => drop(judged.broken.insert(key.to_string(), what)),
            Verdict::Undecided => judged.undecided.push(key.to_string()),
        }
    }
    judged
}

/// Removes all keys of a run.
async fn sweep(cluster: &Cluster, prefix: &str) -> anyhow::Result<()> {
    let client = Client::new(cluster.urls(), RECOVERY_MAX);
    loop {
        let page = client.clone().list(prefix, 1000, None).await?;
        if page.items.is_empty() {
            return Ok(());
        }
        let removals = page.items.iter().map(|item| {
            let mut client = client.clone();
            async move { client.delete(&item.key, &Condition::Always).await }
        });
        let results: Vec<_> = futures_util::stream::iter(removals).buffer_unordered(SWEEPERS).collect().await;
        results.into_iter().collect::<Result<Vec<_>, _>>()?;
    }
}
