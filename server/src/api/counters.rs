//! What the node has done for its clients, as numbers.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

/// Counted since the start.
#[derive(Debug, Default)]
pub(super) struct Counters {
    writes: AtomicU64,
    reads: AtomicU64,
}

/// The counters at a moment.
#[derive(Debug, Serialize)]
pub(super) struct CountersView {
    writes: u64,
    reads: u64,
    syncs: u64,
    sync_us_mean: u64,
}

impl Counters {
    /// A write was applied.
    pub(super) fn wrote(&self) {
        self.writes.fetch_add(1, Ordering::Relaxed);
    }

    /// A read was answered.
    pub(super) fn read(&self) {
        self.reads.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn view(&self, (syncs, sync_us): (u64, u64)) -> CountersView {
        CountersView {
            writes: self.writes.load(Ordering::Relaxed),
            reads: self.reads.load(Ordering::Relaxed),
            syncs,
            sync_us_mean: sync_us.checked_div(syncs).unwrap_or(0),
        }
    }
}
