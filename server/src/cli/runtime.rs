//! Where what waits for the network runs: on this thread, until it is done.

use std::future::Future;

use anyhow::Context;

/// Runs it to its end.
pub(super) fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot wait for the network")?;
    runtime.block_on(future)
}
