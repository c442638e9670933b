//! What the node has done for its clients, as numbers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::node::Status;

/// Latencies are those of the last one or two spans of this length.
const SPAN: Duration = Duration::from_secs(30);

/// The longest latency that is told apart, in microseconds.
const LATENCY_US_MAX: u64 = 60_000_000;

/// Counted since the start.
#[derive(Debug)]
pub(super) struct Counters {
    writes: AtomicU64,
    reads: AtomicU64,
    write_us: Mutex<Recent>,
}

/// The latencies of the span under way and of the one before it.
#[derive(Debug)]
struct Recent {
    now: Histogram<u64>,
    before: Histogram<u64>,
    since: Instant,
}

/// The counters at a moment.
#[derive(Debug, Serialize)]
pub(super) struct CountersView {
    writes: u64,
    reads: u64,
    elections: u64,
    leader_changes: u64,
    syncs: u64,
    sync_us_mean: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    write_us_p50: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    write_us_p99: Option<u64>,
}

impl Default for Counters {
    fn default() -> Counters {
        let histogram =
            || Histogram::new_with_bounds(1, LATENCY_US_MAX, 2).expect("these are bounds of a histogram");
        let recent = Recent { now: histogram(), before: histogram(), since: Instant::now() };
        Counters { writes: AtomicU64::new(0), reads: AtomicU64::new(0), write_us: Mutex::new(recent) }
    }
}

impl Counters {
    /// A write was applied, and took so long.
    pub(super) fn wrote(&self, took: Duration) {
        self.writes.fetch_add(1, Ordering::Relaxed);
        let mut recent = self.write_us.lock().unwrap_or_else(PoisonError::into_inner);
        recent.turn();
        recent.now.saturating_record(took.as_micros() as u64);
    }

    /// A read was answered.
    pub(super) fn read(&self) {
        self.reads.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn view(&self, status: &Status, (syncs, sync_us): (u64, u64)) -> CountersView {
        let mut recent = self.write_us.lock().unwrap_or_else(PoisonError::into_inner);
        recent.turn();
        CountersView {
            writes: self.writes.load(Ordering::Relaxed),
            reads: self.reads.load(Ordering::Relaxed),
            elections: status.elections,
            leader_changes: status.leader_changes,
            syncs,
            sync_us_mean: sync_us.checked_div(syncs).unwrap_or(0),
            write_us_p50: recent.quantile(0.5),
            write_us_p99: recent.quantile(0.99),
        }
    }
}

impl Recent {
    /// Begins a new span if the one under way is over.
    fn turn(&mut self) {
        let passed = self.since.elapsed();
        if passed < SPAN {
            return;
        }
        std::mem::swap(&mut self.now, &mut self.before);
        self.now.reset();
        if passed >= 2 * SPAN {
            self.before.reset();
        }
        self.since = Instant::now();
    }

    fn quantile(&self, quantile: f64) -> Option<u64> {
        let mut both = self.now.clone();
        // Both have the same bounds.
        let _ = both.add(&self.before);
        (!both.is_empty()).then(|| both.value_at_quantile(quantile))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_told_as_they_were() {
        let counters = Counters::default();
        for ms in 1..=100 {
            counters.wrote(Duration::from_millis(ms));
        }
        let recent = counters.write_us.lock().unwrap();
        let p99 = recent.quantile(0.99).unwrap();
        assert!((98_000..=101_000).contains(&p99), "{p99}");
        assert!((49_000..=52_000).contains(&recent.quantile(0.5).unwrap()));
    }
}
