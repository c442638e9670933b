//! Many runs of random scenarios, on all cores.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// Calls `run` with every seed, on as many threads as there are cores. The order of the results is that of the seeds.
///
/// # Panics
/// If a run does, or if a thread cannot be started.
pub fn for_each_seed<T: Send>(seeds: Range<u64>, run: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let next = AtomicU64::new(seeds.start);
    let take = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < seeds.end);
    let work = || std::iter::from_fn(take).map(|seed| (seed, run(seed))).collect::<Vec<_>>();
    let mut results = thread::scope(|scope| {
        let cores = thread::available_parallelism().map_or(1, |cores| cores.get());
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        let results = threads.into_iter().flat_map(|thread| thread.join().expect("no run panics"));
        results.collect::<Vec<_>>()
    });
    results.sort_by_key(|(seed, _)| *seed);
    results.into_iter().map(|(_, result)| result).collect()
}
