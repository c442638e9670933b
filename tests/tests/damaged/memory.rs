//! How much memory a reader takes.

use std::sync::{Mutex, MutexGuard, PoisonError};

use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// The allocator counts for the whole process: one test works at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// What a reader may take for each byte that it reads, and besides them: a test that waits its turn makes its inputs.
const FOR_A_BYTE: usize = 100;
const BESIDES: usize = 1 << 20;

/// As long as this is kept, no other test works.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads something of this length, and fails if that takes more memory than the length explains.
pub(crate) fn bounded_by<T>(len: usize, read: impl FnOnce() -> T) -> T {
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    let read = read();
    let taken = ALLOCATOR.peak_usage().saturating_sub(before);
    assert!(taken <= len * FOR_A_BYTE + BESIDES, "to read {len} bytes took {taken}");
    read
}
