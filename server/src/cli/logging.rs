//! The log of a node, on standard error.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;

use crate::settings::LogFormat;

/// Starts it: `filter` is one of [`EnvFilter`], as `info` or `mini_raft_server=debug`; it was checked with the settings.
pub(super) fn start(format: LogFormat, filter: &str) {
    let log = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(filter)).with_writer(stderr);
    match format {
        LogFormat::Text => log.with_ansi(stderr().is_terminal()).init(),
        LogFormat::Json => log.json().init(),
    }
}
