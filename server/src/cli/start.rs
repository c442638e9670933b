//! `mini-raft start` and `mini-raft stop`: a cluster of processes on this machine.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use serde_json::json;

use super::target::{DIR, duration, is_usual};
use super::text::Style;
use super::{FAILED, Format, complaint, pipe, progress, runtime};
use crate::cluster::{Cluster, Shape, Started};

/// Start a cluster of processes on this machine.
///
/// Each node is a process of its own, with a directory for its data and a file for its log, and listens on
/// 127.0.0.1 only. The command returns when a leader is ready and every node follows it. Where some nodes run already,
/// only the others are started: it is safe to run twice, and it brings back what was killed. A node that cannot be
/// started, as with a damaged disk, is told of and left out, as long as the others are a majority.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mini-raft start
  mini-raft start --nodes 3 --base-port 9000 --dir /tmp/three
  mini-raft start -- --election-timeout-ms 300,600 --log-format json

Exit status:
  0  a leader is ready; standard error tells of a node that does not follow it
  1  there is none; standard error says why, and what this command started is ended
  2  the command line is wrong")]
pub(super) struct StartArgs {
    /// How many nodes a new cluster has [default: 5].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=9))]
    nodes: Option<u16>,

    /// The port of node-0; the others have those that follow; 0 takes free ones [default: 8000].
    #[arg(long, value_name = "PORT")]
    base_port: Option<u16>,

    /// Where the cluster keeps its data, logs and secret.
    #[arg(long, value_name = "DIR", default_value = DIR, env = "MINI_RAFT_DIR")]
    dir: PathBuf,

    /// Give up after this time: seconds, or 500ms, 2m.
    #[arg(long, value_name = "TIME", default_value = "30", value_parser = duration)]
    timeout: Duration,

    /// How to print the result.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Further flags of `mini-raft node`, for each node; a cluster keeps them.
    #[arg(last = true, value_name = "NODE_FLAG")]
    flags: Vec<String>,
}

/// End the processes of a cluster on this machine.
///
/// Each is asked to end (SIGTERM) and does so in an orderly way; what is still there after a while is killed. Data,
/// logs and secret stay: `mini-raft start` goes on with them. To forget the cluster, remove its directory.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mini-raft stop
  mini-raft stop --dir /tmp/three

Exit status:
  0  no node runs any more
  1  there is no cluster in that directory, or a process does not end
  2  the command line is wrong")]
pub(super) struct StopArgs {
    /// The directory of the cluster, as given to `mini-raft start`.
    #[arg(long, value_name = "DIR", default_value = DIR, env = "MINI_RAFT_DIR")]
    dir: PathBuf,

    /// Kill what has not ended after this time: seconds, or 500ms, 2m.
    #[arg(long, value_name = "TIME", default_value = "10", value_parser = duration)]
    timeout: Duration,

    /// How to print the result.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn start(args: &StartArgs) -> anyhow::Result<ExitCode> {
    or_failed(try_to_start(args))
}

pub(super) fn stop(args: &StopArgs) -> anyhow::Result<ExitCode> {
    or_failed(try_to_stop(args))
}

/// The program itself, which is also what a node is.
pub(super) fn this_program() -> anyhow::Result<PathBuf> {
    std::env::current_exe().context("cannot find this program itself")
}

/// Whatever goes wrong here is no mistake in the command line.
fn or_failed(result: anyhow::Result<()>) -> anyhow::Result<ExitCode> {
    if let Err(error) = result {
        complaint::tell(&format!("{error:#}"), FAILED);
        return Ok(ExitCode::from(FAILED));
    }
    Ok(ExitCode::SUCCESS)
}

fn try_to_start(args: &StartArgs) -> anyhow::Result<()> {
    let shape = Shape { nodes: args.nodes, base_port: args.base_port, flags: args.flags.clone() };
    let mut cluster = Cluster::open_or_create(&args.dir, &shape, &this_program()?)?;
    let bar = progress::of_waiting("starting");
    let started =
        runtime::block_on(cluster.start(args.timeout, &mut |how_far| bar.set_message(how_far.to_owned())));
    bar.finish_and_clear();
    let started = started?;
    pipe::to_stdout(&match args.format {
        Format::Json => started_as_json(&cluster, &started),
        Format::Text => started_as_text(&cluster, &started, &args.dir, Style::of_stdout()),
    })?;
    // A program finds it in the result.
    for failed in started.failed.iter().filter(|_| args.format == Format::Text) {
        pipe::to_stderr(&format!("warning: {} is left out: {}\n", failed.id, failed.why))?;
    }
    Ok(())
}

fn started_as_json(cluster: &Cluster, started: &Started) -> String {
    let value = json!({
        "dir": cluster.dir(),
        "leader": started.view.leader().map(|leader| &leader.id),
        "term": started.view.term(),
        "started": started.started,
        "failed": started.failed,
        "nodes": cluster.nodes(),
    });
    format!("{value:#}\n")
}

fn started_as_text(cluster: &Cluster, started: &Started, dir: &Path, style: Style) -> String {
    let mut text = String::new();
    for node in cluster.nodes() {
        let is_new = started.started.contains(&node.id);
        let has_failed = started.failed.iter().any(|failed| failed.id == node.id);
        let how = match (has_failed, is_new) {
            (true, _) => style.bad("failed"),
            (false, true) => style.good("started"),
            (false, false) => style.dim("ran already"),
        };
        text.push_str(&format!("{}  {}  {how}\n", style.bold(&node.id), node.url));
    }
    let leader = started.view.leader().expect("a cluster that is ready has a leader");
    let took = started.took.as_secs_f64();
    text.push_str(&format!("{} leads in term {}, after {took:.1} s\n", leader.id, leader.term));
    let dir_argument = if is_usual(dir) { String::new() } else { format!(" --dir {}", dir.display()) };
    text.push_str(&style.dim(&format!("mini-raft watch{dir_argument}  to look at it\n")));
    text.push_str(&style.dim(&format!("mini-raft stop{dir_argument}   to end it\n")));
    text
}

fn try_to_stop(args: &StopArgs) -> anyhow::Result<()> {
    let mut cluster = Cluster::open(&args.dir, &this_program()?)?;
    let bar = progress::of_waiting("stopping");
    let stopped = runtime::block_on(cluster.stop(args.timeout));
    bar.finish_and_clear();
    let stopped = stopped?;
    pipe::to_stdout(&match args.format {
        Format::Json => {
            let value = json!({
                "stopped": stopped.stopped,
                "killed": stopped.killed,
                "not_running": stopped.not_running,
            });
            format!("{value:#}\n")
        }
        Format::Text => {
            let lines = [
                ("stopped", &stopped.stopped),
                ("did not end when asked, killed", &stopped.killed),
                ("did not run", &stopped.not_running),
            ];
            let told = lines.iter().filter(|(_, nodes)| !nodes.is_empty());
            told.map(|(what, nodes)| format!("{what}: {}\n", nodes.join(", "))).collect()
        }
    })?;
    Ok(())
}
