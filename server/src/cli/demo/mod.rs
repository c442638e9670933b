//! `mini-raft demo`: election, replication, fault tolerance, on a real cluster, told step by step.
//!
//! Whatever it tells was measured in this very run: [`teller`] prints a fact only together with the check of it.
//! [`acts`] are the three acts, [`writer`] the client that writes while the leader is killed.

mod acts;
mod cast;
mod teller;
mod writer;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};

use super::start::this_program;
use super::{FAILED, Format, complaint, pipe, runtime};
use crate::cluster::process::Signal;
use crate::cluster::{Cluster, Shape};
use cast::Cast;
use teller::{Pace, Teller};

/// The exit code of a program that was ended by Ctrl-C, as shells have it.
const INTERRUPTED: u8 = 130;
/// How long the nodes may take to end when the story is over.
const STOP_MAX: Duration = Duration::from_secs(3);

/// Tell how Raft works, on a real cluster of five processes.
///
/// Three acts: an election, the replication of what clients write, and what happens when processes are killed. The
/// cluster is in a directory of its own, on free ports, and is gone at the end. All that is told was measured in this
/// run, and checked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mini-raft demo
  mini-raft demo --auto
  mini-raft demo --auto --format json

Exit status:
  0    the story came true
  1    something in it did not
  2    the command line is wrong
  130  ended by Ctrl-C")]
pub(super) struct Args {
    /// Do not wait for Enter between the steps.
    #[arg(long)]
    auto: bool,

    /// The port of node-0; the others have those that follow; 0 takes free ones.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    base_port: u16,

    /// How to tell it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// The cluster of the story. However the story ends, its processes and its files are gone afterwards.
struct Stage {
    cluster: Cluster,
    _dir: TempDir,
}

impl Stage {
    fn new(base_port: u16) -> anyhow::Result<Stage> {
        let dir = tempfile::Builder::new().prefix("mini-raft-demo-").tempdir();
        let dir = dir.context("cannot make a directory for the cluster")?;
        let shape = Shape { nodes: Some(5), base_port: Some(base_port), ..Shape::default() };
        let cluster = Cluster::open_or_create(&dir.path().join("cluster"), &shape, &this_program()?)?;
        Ok(Stage { cluster, _dir: dir })
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for node in self.cluster.nodes() {
            // Those that have ended already cannot be killed.
            let _ = self.cluster.signal(&node.id, Signal::Kill);
        }
    }
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let pace = if args.auto || args.format == Format::Json { Pace::Auto } else { Pace::of_reader() };
    let mut teller = Teller::new(args.format, pace);
    let told = runtime::block_on(tell(args, &mut teller));
    teller.end(told.as_ref().map(|_| ()))?;
    match told {
        Ok(Ended::AtItsEnd) => Ok(ExitCode::SUCCESS),
        Ok(Ended::Interrupted) => {
            pipe::to_stderr("ended before the end of the story; its processes are gone\n")?;
            Ok(ExitCode::from(INTERRUPTED))
        }
        Err(error) => {
            complaint::tell(&format!("{error:#}"), FAILED);
            Ok(ExitCode::from(FAILED))
        }
    }
}

/// How a story that did not go wrong ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    AtItsEnd,
    Interrupted,
}

async fn tell(args: &Args, teller: &mut Teller) -> anyhow::Result<Ended> {
    let mut terminated = signal(SignalKind::terminate()).context("cannot listen to signals")?;
    let mut hung_up = signal(SignalKind::hangup()).context("cannot listen to signals")?;
    let mut interrupted = signal(SignalKind::interrupt()).context("cannot listen to signals")?;
    let mut stage = Stage::new(args.base_port)?;
    let story = async {
        let mut cast = Cast::new(&mut stage.cluster);
        acts::election(&mut cast, teller).await?;
        acts::replication(&mut cast, teller).await?;
        acts::faults(&mut cast, teller).await
    };
    let ended = tokio::select! {
        told = story => told.map(|()| Ended::AtItsEnd),
        _ = interrupted.recv() => Ok(Ended::Interrupted),
        _ = terminated.recv() => Ok(Ended::Interrupted),
        _ = hung_up.recv() => Ok(Ended::Interrupted),
    };
    stage.cluster.stop(STOP_MAX).await?;
    ended
}
