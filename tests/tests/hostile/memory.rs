//! How much memory a reader takes.

use std::sync::{Mutex, PoisonError};

use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// The allocator counts for the whole process: only one thing is read at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// What a reader may take for each byte that it reads, and besides them. What the other tests of this process take
/// meanwhile counts too, and is less than this.
const FOR_A_BYTE: usize = 100;
const BESIDES: usize = 32 << 20;

/// Reads something of this length, and fails if that takes more memory than the length explains.
pub(crate) fn bounded_by<T>(len: usize, read: impl FnOnce() -> T) -> T {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    let read = read();
    let taken = ALLOCATOR.peak_usage().saturating_sub(before);
    assert!(taken <= len * FOR_A_BYTE + BESIDES, "to read {len} bytes took {taken}");
    read
}
