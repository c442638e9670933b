//! `mini-raft node`: one server of a cluster.

use std::process::ExitCode;

use anyhow::Result;

use super::logging;
use crate::node;
use crate::settings::{NodeArgs, NodeSettings};

/// Run one node of a cluster, in the foreground.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mini-raft node --id node-0 --listen 127.0.0.1:8000 --data data/0 \\
      --peers node-0=http://127.0.0.1:8000,node-1=http://127.0.0.1:8001,node-2=http://127.0.0.1:8002
  mini-raft node --config node-0.toml

SIGTERM (or Ctrl-C) hands leadership over, answers what is under way, and ends with exit code 0.
Exit codes: 0 stopped; 1 it could not start, or a peer refused it; 2 bad settings, all of them named.")]
pub(super) struct Args {
    #[command(flatten)]
    node: NodeArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitCode> {
    let settings = NodeSettings::load(&args.node)?;
    logging::start(settings.log_format, &settings.log_filter);
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    match node::run(settings) {
        Ok(code) => Ok(code),
        Err(error) => {
            tracing::error!("{error:#}");
            Ok(ExitCode::from(super::FAILED))
        }
    }
}
