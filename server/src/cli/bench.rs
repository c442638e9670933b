//! `mini-raft bench`: load on a cluster, and how long its requests took.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use clap::ValueEnum;
use hdrhistogram::Histogram;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use tokio::task::JoinSet;

use super::target::{Asked, duration};
use super::{FAILED, Format, pipe, runtime};
use crate::client::Client;
use crate::client::kv::{Condition, Consistency};

/// The longest latency that is told apart, in microseconds.
const LATENCY_US_MAX: u64 = 60_000_000;

/// Put load on a cluster and measure how long its requests take.
///
/// Each client sends one request after another, over a connection of its own, and follows the leader. Nodes and
/// load share the machine: the numbers say something beside others of the same run. `make bench-server` compares.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mini-raft bench
  mini-raft bench --work read --clients 64 --for 10s
  mini-raft bench --url http://127.0.0.1:8000 --work mixed --format json

Exit status:
  0  measured
  1  every request failed
  2  the command line is wrong, or there is no such cluster")]
pub(super) struct Args {
    /// What is asked: writes, linearizable reads, or both in turn.
    #[arg(long, value_enum, default_value_t = Work::Write)]
    work: Work,

    /// How many clients ask at once.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1000))]
    clients: u32,

    /// For how long: seconds, or 500ms, 2m.
    #[arg(long = "for", value_name = "TIME", default_value = "5s", value_parser = duration)]
    span: Duration,

    /// Among how many keys.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    keys: u64,

    /// How large values are, in bytes.
    #[arg(long, value_name = "BYTES", default_value_t = 64, value_parser = clap::value_parser!(u32).range(0..=1 << 20))]
    value_bytes: u32,

    #[command(flatten)]
    asked: Asked,

    /// How to print the result.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Work {
    Write,
    Read,
    Mixed,
}

/// What was measured.
#[derive(Debug, Serialize)]
struct Report {
    clients: u32,
    seconds: f64,
    requests: u64,
    failures: u64,
    requests_per_second: f64,
    mean_ms: f64,
    p50_ms: f64,
    p90_ms: f64,
    p99_ms: f64,
    max_ms: f64,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let client = args.asked.client()?;
    let bar = progress(args.span);
    let began = Instant::now();
    let (latencies, failures) = runtime::block_on(load(args, &client, &bar))?;
    let seconds = began.elapsed().as_secs_f64();
    bar.finish_and_clear();

    let ms = |us: u64| us as f64 / 1e3;
    let report = Report {
        clients: args.clients,
        seconds,
        requests: latencies.len(),
        failures,
        requests_per_second: latencies.len() as f64 / seconds,
        mean_ms: latencies.mean() / 1e3,
        p50_ms: ms(latencies.value_at_quantile(0.5)),
        p90_ms: ms(latencies.value_at_quantile(0.9)),
        p99_ms: ms(latencies.value_at_quantile(0.99)),
        max_ms: ms(latencies.max()),
    };
    pipe::to_stdout(&match args.format {
        Format::Json => format!("{}\n", serde_json::to_string_pretty(&report)?),
        Format::Text => text(&report),
    })?;
    Ok(if report.requests == 0 { ExitCode::from(FAILED) } else { ExitCode::SUCCESS })
}

async fn load(args: &Args, client: &Client, bar: &ProgressBar) -> anyhow::Result<(Histogram<u64>, u64)> {
    let until = tokio::time::Instant::now() + args.span;
    let mut clients = JoinSet::new();
    for number in 0..args.clients {
        clients.spawn(one_client(
            Client::new(client.nodes().to_vec(), client.timeout()),
            Load::of(args, number),
            until,
        ));
    }
    let mut all = histogram()?;
    let mut failures = 0;
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    loop {
        tokio::select! {
            done = clients.join_next() => match done {
                None => return Ok((all, failures)),
                Some(done) => {
                    let (latencies, failed) = done.context("a client of the load broke")??;
                    all.add(latencies)?;
                    failures += failed;
                }
            },
            _ = tick.tick() => bar.inc(100),
        }
    }
}

/// The work of one client.
#[derive(Clone, Copy)]
struct Load {
    work: Work,
    keys: u64,
    value_bytes: u32,
    /// Where it begins among the keys.
    first: u64,
}

impl Load {
    fn of(args: &Args, number: u32) -> Load {
        Load {
            work: args.work,
            keys: args.keys,
            value_bytes: args.value_bytes,
            first: u64::from(number) * 7919,
        }
    }
}

async fn one_client(
    mut client: Client,
    load: Load,
    until: tokio::time::Instant,
) -> anyhow::Result<(Histogram<u64>, u64)> {
    let (mut latencies, mut failures) = (histogram()?, 0);
    let value = Bytes::from(vec![b'x'; load.value_bytes as usize]);
    for turn in 0u64.. {
        if tokio::time::Instant::now() >= until {
            break;
        }
        let key = format!("bench-{}", (load.first + turn) % load.keys);
        let writes = load.work == Work::Write || (load.work == Work::Mixed && turn.is_multiple_of(2));
        let began = Instant::now();
        let done = if writes {
            client.set(&key, value.clone(), &Condition::Always).await.map(drop)
        } else {
            client.get(&key, Consistency::Linearizable).await.map(drop)
        };
        match done {
            Ok(()) => latencies.saturating_record(began.elapsed().as_micros() as u64),
            Err(_) => failures += 1,
        }
    }
    Ok((latencies, failures))
}

fn histogram() -> anyhow::Result<Histogram<u64>> {
    let histogram = Histogram::new_with_bounds(1, LATENCY_US_MAX, 3);
    histogram.context("no histogram")
}

fn progress(span: Duration) -> ProgressBar {
    let bar = ProgressBar::new(span.as_millis() as u64);
    let style = ProgressStyle::with_template("load {wide_bar} {eta} left").expect("the template is right");
    bar.with_style(style)
}

fn text(report: &Report) -> String {
    let Report { clients, seconds, requests, failures, requests_per_second, .. } = report;
    format!(
        "{requests} requests of {clients} clients in {seconds:.1} s: {requests_per_second:.0} a second, {failures} failed\n\
         latency in ms: mean {:.2}, p50 {:.2}, p90 {:.2}, p99 {:.2}, greatest {:.2}\n",
        report.mean_ms, report.p50_ms, report.p90_ms, report.p99_ms, report.max_ms
    )
}
