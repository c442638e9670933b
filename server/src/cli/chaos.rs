//! `mini-raft chaos`: faults under load, and the proof that nothing was lost.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;

use super::start::this_program;
use super::target::duration;
use super::text::{Style, counted, thousands};
use super::{FAILED, Format, pipe, progress, runtime};
use crate::chaos::nemesis::{can_cut_links, restore};
use crate::chaos::run::Moment;
use crate::chaos::{FaultKind, Plan, Report, run as run_plan};
use crate::client::Http;
use crate::cluster::{Cluster, Shape, Started};

/// How long a cluster of this command's own may take to get ready.
const START_MAX: Duration = Duration::from_secs(60);

/// Kill, stop and cut off nodes under load, then prove that no acknowledged write is lost.
///
/// Clients write and read while processes are killed (kill -9) and started again, stopped for longer than an election
/// timeout, and cut off from each other. In the end all is healed, and verified: the history of every key is linearizable,
/// every acknowledged write can be read back, all nodes hold the same, and no term had two leaders.
///
/// Without --dir it starts five nodes of its own, and removes them in the end. A cluster in --dir keeps running, and the
/// keys of the test are removed from it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mini-raft chaos
  mini-raft chaos --for 2m --faults kill,pause --seed 7
  mini-raft start -- --enable-chaos && mini-raft chaos --dir .mini-raft

Exit status:
  0  nothing was lost
  1  something was lost or is in doubt, or the run showed nothing; the report says what
  2  the command line is wrong, or the cluster cannot be used")]
pub(super) struct Args {
    /// Use the cluster in this directory, as given to `mini-raft start`, and not one of its own.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,

    /// How long faults strike: seconds, or 500ms, 2m.
    #[arg(long = "for", value_name = "TIME", default_value = "30s", value_parser = duration)]
    span: Duration,

    /// Which faults strike, with commas [default: all that the cluster allows].
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_enum)]
    faults: Vec<FaultKind>,

    /// Which faults strike in which order follows from this number; when they strike is chance [default: at random].
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,

    /// How to print the report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let seed = match args.seed {
        Some(seed) => seed,
        None => random_seed()?,
    };
    let report = match &args.dir {
        Some(dir) => {
            let mut cluster = Cluster::open(dir, &this_program()?)?;
            if let Some(down) = cluster.nodes().into_iter().find(|node| !cluster.runs(&node.id)) {
                bail!("{} does not run: `mini-raft start --dir {}` first", down.id, dir.display());
            }
            runtime::block_on(suffer(&mut cluster, args, seed, true))?
        }
        None => {
            let dir = tempfile::tempdir()?;
            let flags = vec!["--enable-chaos".to_owned()];
            let shape = Shape { nodes: Some(5), base_port: Some(0), flags };
            let mut cluster = Cluster::open_or_create(&dir.path().join("cluster"), &shape, &this_program()?)?;
            let result = runtime::block_on(async {
                let bar = progress::of_waiting("starting five nodes");
                let started = cluster.start(START_MAX, &mut |_| {}).await.and_then(Started::complete);
                bar.finish_and_clear();
                started?;
                suffer(&mut cluster, args, seed, false).await
            });
            cluster.kill_own();
            result?
        }
    };
    pipe::to_stdout(&match args.format {
        Format::Json => format!("{}\n", serde_json::to_string_pretty(&report)?),
        Format::Text => as_text(&report, Style::of_stdout()),
    })?;
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

async fn suffer(cluster: &mut Cluster, args: &Args, seed: u64, is_foreign: bool) -> anyhow::Result<Report> {
    let http = Http::new();
    let can_cut = match can_cut_links(cluster, &http).await {
        Err(error) if args.faults.contains(&FaultKind::Partition) => return Err(error),
        result => result.is_ok(),
    };
    let kinds = match (args.faults.is_empty(), can_cut) {
        (false, _) => args.faults.clone(),
        (true, true) => FaultKind::ALL.to_vec(),
        (true, false) => vec![FaultKind::Kill, FaultKind::Pause],
    };
    let prefix = format!("chaos-{:08x}/", random_seed()? as u32);
    let plan = Plan { kinds, span: args.span, kills: 0, seed, prefix, sweep: is_foreign };
    let bar = progress::of_waiting("waiting for the cluster");
    let mut tell = |moment: &Moment<'_>| bar.set_message(how_far(moment));
    let ran = tokio::select! {
        ran = run_plan(cluster, &plan, &mut tell) => ran,
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted: nothing was verified")),
    };
    bar.finish_and_clear();
    if ran.is_err() {
        restore(cluster, &http).await;
    }
    Ok(ran?.report)
}

fn random_seed() -> anyhow::Result<u64> {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes)?;
    // Short enough to be typed.
    Ok(u64::from(u32::from_le_bytes(bytes)))
}

fn how_far(moment: &Moment<'_>) -> String {
    let writes = counted(moment.writes, "write", "writes");
    format!("{writes} acknowledged, {} faults; {}", moment.faults, moment.what)
}

fn as_text(report: &Report, style: Style) -> String {
    let seconds = report.duration_ms as f64 / 1000.0;
    let operations = &report.operations;
    let mut lines = vec![
        format!(
            "{seconds:.1} s with seed {}: {} and {} answered, {} refused, {} of unknown outcome",
            report.seed,
            counted(operations.writes, "write", "writes"),
            counted(operations.reads, "read", "reads"),
            thousands(operations.refused),
            thousands(operations.unknown),
        ),
        faults_as_text(report),
        format!(
            "judged {} with {}, read back {}",
            counted(report.linearizability.keys, "history", "histories"),
            counted(report.linearizability.operations, "operation", "operations"),
            counted(report.read_back.acknowledged, "write", "writes"),
        ),
    ];
    if report.ok {
        let good = "nothing lost: every history is linearizable, all nodes hold the same";
        lines.push(style.good(good));
    }
    lines.extend(report.problems.iter().map(|problem| style.bad(problem)));
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn faults_as_text(report: &Report) -> String {
    let of = |kind| report.faults.iter().filter(|fault| fault.kind == kind).count() as u64;
    let mut waits: Vec<u64> = report.faults.iter().map(|fault| fault.served_after_ms).collect();
    waits.sort_unstable();
    let (median, longest) = (waits.get(waits.len() / 2), waits.last());
    format!(
        "{} ({} processes), {}, {}; {}; served again after {} ms at the median, {} ms at most",
        counted(of(FaultKind::Kill), "kill", "kills"),
        report.kills,
        counted(of(FaultKind::Pause), "pause", "pauses"),
        counted(of(FaultKind::Partition), "partition", "partitions"),
        counted(report.leader_changes, "change of the leader", "changes of the leader"),
        thousands(median.copied().unwrap_or(0)),
        thousands(longest.copied().unwrap_or(0)),
    )
}
