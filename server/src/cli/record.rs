//! `mini-raft record`: the feeds of all nodes as one trace.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Context;
use tokio::sync::watch;

use super::target::{Target, duration};
use super::text::counted;
use super::{pipe, progress, runtime};
use crate::client::{Failure, Http};
use crate::recording::{Count, Gathering, gather, write};

/// Record what happens on all nodes of a cluster.
///
/// The record is a trace, JSON Lines, as `mini-raft sim --trace` writes it of a simulated run: who leads and why, every
/// message, every entry. Nodes may die and come back meanwhile. It is written at the end; Ctrl-C ends it well.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mini-raft record --for 10s --output run.jsonl
  mini-raft record --for 5s | jq -c 'select(.ev == \"role\")'

Exit status:
  0  the record is written
  2  the command line is wrong, there is no cluster in that directory, or it cannot be written
  3  no node told anything")]
pub(super) struct Args {
    #[command(flatten)]
    target: Target,

    /// End after this time: seconds, or 500ms, 2m. Without it, Ctrl-C ends it.
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    span: Option<Duration>,

    /// Write it to this file; - is standard output.
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    output: String,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    // Before anything is recorded: a file that cannot be written is known at once.
    let out: Box<dyn Write> = match args.output.as_str() {
        "-" => Box::new(pipe::UntilClosed::new(io::stdout())),
        path => Box::new(File::create(path).with_context(|| format!("cannot write to {path}"))?),
    };
    let gathering = runtime::block_on(record(args))?;
    let mut silent = 0;
    for (node, why) in gathering.silent() {
        silent += 1;
        pipe::to_stderr(&format!("note: {} told nothing: {why}\n", node.id))?;
    }
    if gathering.silent().count() == gathering.nodes() {
        let why = format!("nobody told anything: does the {} run? (mini-raft status)", args.target.name());
        return Err(Failure::Unavailable(why).into());
    }
    let summary =
        write(gathering, BufWriter::new(out)).with_context(|| format!("cannot write to {}", args.output))?;
    pipe::to_stderr(&format!(
        "recorded {} of {}{}\n",
        counted(summary.events, "line", "lines"),
        counted(summary.nodes, "node", "nodes"),
        if silent > 0 { format!(", {silent} silent") } else { String::new() },
    ))?;
    Ok(ExitCode::SUCCESS)
}

async fn record(args: &Args) -> anyhow::Result<Gathering> {
    let nodes = args.target.nodes(&Http::new()).await?;
    let (end, stop) = watch::channel(false);
    let (all, count) = (nodes.len() as u64, Arc::new(Count::default()));
    let bar = progress::of_waiting("recording, Ctrl-C ends it");
    let over = async {
        match args.span {
            Some(span) => tokio::time::sleep(span).await,
            None => std::future::pending().await,
        }
    };
    let told = async {
        let mut is_told = false;
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            // For scripts, too: what happens from here on is recorded.
            if !is_told && count.nodes.load(Ordering::Relaxed) == all {
                bar.suspend(|| pipe::to_stderr(&format!("recording {}\n", counted(all, "node", "nodes"))))?;
                is_told = true;
            }
            bar.set_message(format!("{} lines, Ctrl-C ends it", count.lines.load(Ordering::Relaxed)));
        }
    };
    let ended = async {
        let result: anyhow::Result<()> = tokio::select! {
            () = over => Ok(()),
            failed = told => failed,
            interrupted = tokio::signal::ctrl_c() => interrupted.context("Ctrl-C cannot be waited for"),
        };
        end.send_replace(true);
        result
    };
    let (gathering, ended) = tokio::join!(gather(nodes, stop, count.clone()), ended);
    ended?;
    bar.finish_and_clear();
    Ok(gathering)
}
