//! The last minute: rates and sums of what the nodes count.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::client::view::ClusterView;
use crate::client::{Counters, NodeStatus};

/// How far back it goes.
pub(super) const SPAN: Duration = Duration::from_secs(60);

/// The looks of the last minute, in as far as they are needed.
#[derive(Debug, Default)]
pub(super) struct History {
    samples: VecDeque<Sample>,
}

#[derive(Debug)]
struct Sample {
    at: Instant,
    nodes: Vec<(String, Option<NodeSample>)>,
    commit_index: Option<u64>,
    leader: Option<(u64, String)>,
    write_p50_ms: Option<f64>,
    write_p99_ms: Option<f64>,
}

#[derive(Debug)]
struct NodeSample {
    uptime_ms: u64,
    counters: Counters,
}

/// The last minute in numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Metrics {
    /// Operations of clients a second, from look to look; the newest is the last.
    pub(super) operations_a_second: Vec<f64>,
    /// How long half of the writes take, from look to look, in milliseconds: the leader's figure.
    pub(super) write_p50_ms: Vec<f64>,
    /// How long 99 of 100 writes take.
    pub(super) write_p99_ms: Vec<f64>,
    /// Elections that any node began.
    pub(super) elections: u64,
    /// How often another leader, or the same in another term, was seen.
    pub(super) leader_changes: u64,
    /// Entries committed.
    pub(super) committed: u64,
    /// Of the questions to nodes, how many were answered, in percent.
    pub(super) answered_percent: f64,
    /// How much of a minute there is.
    pub(super) span: Duration,
}

impl History {
    pub(super) fn add(&mut self, view: &ClusterView, at: Instant) {
        let node = |status: &NodeStatus| NodeSample {
            uptime_ms: status.uptime_ms,
            counters: status.counters.clone(),
        };
        let leader = view.leader();
        let millis = |micros: Option<f64>| micros.map(|micros| micros / 1_000.0);
        self.samples.push_back(Sample {
            at,
            nodes: view
                .nodes
                .iter()
                .map(|view| (view.node.id.clone(), view.status.as_ref().ok().map(node)))
                .collect(),
            commit_index: view.answers().map(|status| status.commit_index).max(),
            leader: leader.map(|leader| (leader.term, leader.id.clone())),
            write_p50_ms: leader.and_then(|leader| millis(leader.counters.write_us_p50)),
            write_p99_ms: leader.and_then(|leader| millis(leader.counters.write_us_p99)),
        });
        while self.samples.front().is_some_and(|oldest| at.saturating_duration_since(oldest.at) > SPAN) {
            self.samples.pop_front();
        }
    }

    pub(super) fn metrics(&self) -> Metrics {
        let (Some(first), Some(last)) = (self.samples.front(), self.samples.back()) else {
            return Metrics::default();
        };
        let steps = || self.samples.iter().zip(self.samples.iter().skip(1));
        let leaders: Vec<_> = self.samples.iter().filter_map(|sample| sample.leader.as_ref()).collect();
        let questions: usize = self.samples.iter().map(|sample| sample.nodes.len()).sum();
        let answers = self.samples.iter().flat_map(|sample| &sample.nodes).filter(|(_, it)| it.is_some());
        let commit_indexes = || self.samples.iter().filter_map(|sample| sample.commit_index);
        let committed_since = commit_indexes().next().unwrap_or(0);
        Metrics {
            operations_a_second: steps()
                .map(|(before, after)| {
                    let done = |counters: &Counters| counters.writes + counters.reads;
                    rate(counted(before, after, done), after.at - before.at)
                })
                .collect(),
            write_p50_ms: self.samples.iter().filter_map(|sample| sample.write_p50_ms).collect(),
            write_p99_ms: self.samples.iter().filter_map(|sample| sample.write_p99_ms).collect(),
            elections: steps()
                .map(|(before, after)| counted(before, after, |counters| counters.elections))
                .sum(),
            leader_changes: leaders.windows(2).filter(|pair| pair[0] != pair[1]).count() as u64,
            committed: commit_indexes().max().unwrap_or(0) - committed_since,
            answered_percent: answers.count() as f64 * 100.0 / questions.max(1) as f64,
            span: last.at - first.at,
        }
    }
}

/// How much all nodes counted from one look to the next. A process that began in between counted from zero; what one
/// counted that did not answer is added when it answers again, if it still knows.
fn counted(before: &Sample, after: &Sample, count: impl Fn(&Counters) -> u64) -> u64 {
    after
        .nodes
        .iter()
        .filter_map(|(id, now)| {
            let now = now.as_ref()?;
            let (_, then) = before.nodes.iter().find(|(other, _)| other == id)?;
            Some(match then {
                Some(then) if then.uptime_ms <= now.uptime_ms => {
                    count(&now.counters).saturating_sub(count(&then.counters))
                }
                Some(_) => count(&now.counters),
                None if now.uptime_ms < (after.at - before.at).as_millis() as u64 => count(&now.counters),
                None => 0,
            })
        })
        .sum()
}

fn rate(count: u64, span: Duration) -> f64 {
    if span.is_zero() { 0.0 } else { count as f64 / span.as_secs_f64() }
}
