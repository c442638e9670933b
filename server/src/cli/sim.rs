//! `mini-raft sim`: runs a scenario, traces it, and says whether what it expects came true.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use anyhow::{Context, bail};
use mini_raft_core::play::{Report, play};
use mini_raft_core::scenario::{self, Scenario, limits};
use mini_raft_core::sim::Event;
use mini_raft_core::sim::event::Violation;
use mini_raft_core::time::Micros;
use mini_raft_core::trace::{Summary, TraceWriter};

use super::progress::Progress;
use super::text::{Style, counted, harmless, pad, wrap};
use super::{FAILED, Format, input, pipe};

/// Run a scenario in the simulator.
///
/// The run is judged by what the scenario expects and by the properties of Raft, which are watched all the time. The
/// same scenario and seed give the same run, byte for byte, here and in the browser.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mini-raft sim scenarios/initial_election.json
  mini-raft sim default --seed 7 --until-ms 60000
  mini-raft sim default --trace run.jsonl
  mini-raft sim default --trace - | jq -c 'select(.ev == \"role\")'
  mini-raft sim --list

Exit status:
  0  everything came true and no property was broken
  1  an expectation or a property failed
  2  the scenario, or the command line, is wrong")]
pub(super) struct Args {
    /// A scenario file, the name of a built-in scenario, or - for standard input.
    #[arg(value_name = "SCENARIO", required_unless_present = "list")]
    scenario: Option<String>,

    /// Take this seed in place of the scenario's.
    #[arg(long, value_name = "N", value_parser = seed, allow_negative_numbers = true)]
    seed: Option<u64>,

    /// End the run at this simulated millisecond; later steps and expectations are left out.
    #[arg(long, value_name = "N", value_parser = until, allow_negative_numbers = true)]
    until_ms: Option<Micros>,

    /// Write the trace, JSON Lines, to this file; - is standard output, and the report goes to standard error.
    #[arg(long, value_name = "FILE")]
    trace: Option<String>,

    /// How to print the report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// List the built-in scenarios and do nothing else.
    #[arg(long)]
    list: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let Some(name) = args.scenario.as_deref().filter(|_| !args.list) else {
        pipe::to_stdout(&list(Style::of_stdout()))?;
        return Ok(ExitCode::SUCCESS);
    };
    let mut scenario = input::scenario(name)?;
    if let Some(seed) = args.seed {
        scenario.setup.seed = seed;
    }
    if let Some(until) = args.until_ms {
        let (steps, expectations) = scenario.end_at(until);
        if steps + expectations > 0 {
            pipe::to_stderr(&format!(
                "note: left out, since after {}: {} and {}\n",
                seconds(until),
                counted(steps as u64, "step", "steps"),
                counted(expectations as u64, "expectation", "expectations"),
            ))?;
        }
    }
    let (report, summary) = simulate(&scenario, args.trace.as_deref())?;
    let trace_on_stdout = args.trace.as_deref() == Some("-");
    let text = match args.format {
        Format::Json => report.to_json(&scenario, summary) + "\n",
        Format::Text if trace_on_stdout => as_text(&scenario, &report, summary, Style::of_stderr()),
        Format::Text => as_text(&scenario, &report, summary, Style::of_stdout()),
    };
    match trace_on_stdout {
        true => pipe::to_stderr(&text)?,
        false => pipe::to_stdout(&text)?,
    }
    Ok(if report.ok() { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

fn seed(text: &str) -> anyhow::Result<u64> {
    text.parse().with_context(|| format!("not a whole number from 0 to {}", u64::MAX))
}

fn until(text: &str) -> anyhow::Result<Micros> {
    let max = limits::SPAN.as_millis_f64();
    let millis: f64 =
        text.parse().with_context(|| format!("not a number of milliseconds from 0 to {max}"))?;
    if !(0.0..=max).contains(&millis) {
        bail!("not a number of milliseconds from 0 to {max}");
    }
    Ok(Micros::from_millis_f64(millis))
}

/// Plays the scenario; every line of its trace is hashed, and written if somebody wants it.
fn simulate(scenario: &Scenario, trace: Option<&str>) -> anyhow::Result<(Report, Summary)> {
    let mut file = trace.map(Destination::open).transpose()?;
    let mut progress = Progress::new(scenario.until);
    let mut lines = String::new();
    let mut writer = TraceWriter::start(scenario, &mut lines);
    let mut failure = None;
    let mut pass_on = |lines: &mut String| {
        if let (Some(file), None) = (&mut file, &failure) {
            failure = file.write(lines).err();
        }
        lines.clear();
    };
    pass_on(&mut lines);
    let report = play(scenario, |event: &Event| {
        writer.event(event, &mut lines);
        pass_on(&mut lines);
        progress.reached(event.at);
    });
    progress.finish();
    let summary = writer.end(scenario.until, &mut lines);
    pass_on(&mut lines);
    let ended = file.map(Destination::finish).transpose();
    match failure {
        Some(error) => Err(error),
        None => ended.map(|_| (report, summary)),
    }
}

/// Where a trace goes.
struct Destination {
    name: String,
    stream: BufWriter<Box<dyn Write>>,
}

impl Destination {
    fn open(name: &str) -> anyhow::Result<Destination> {
        let stream: Box<dyn Write> = match name {
            "-" => Box::new(pipe::UntilClosed::new(io::stdout())),
            path => {
                Box::new(File::create(path).with_context(|| format!("cannot write the trace to {path}"))?)
            }
        };
        Ok(Destination { name: name.to_owned(), stream: BufWriter::new(stream) })
    }

    fn write(&mut self, lines: &str) -> anyhow::Result<()> {
        let result = self.stream.write_all(lines.as_bytes());
        result.with_context(|| format!("cannot write the trace to {}", self.name))
    }

    fn finish(mut self) -> anyhow::Result<()> {
        let result = self.stream.flush();
        result.with_context(|| format!("cannot write the trace to {}", self.name))
    }
}

fn list(style: Style) -> String {
    let builtins = scenario::library();
    let width = builtins.iter().map(|builtin| builtin.stem.len()).max().unwrap_or_default();
    let line = |builtin: &scenario::Builtin| {
        format!("{}  {}\n", style.bold(&pad(builtin.stem, width)), builtin.scenario().name)
    };
    builtins.iter().map(line).collect()
}

fn as_text(scenario: &Scenario, report: &Report, summary: Summary, style: Style) -> String {
    const WIDTH: usize = 100;
    let setup = &scenario.setup;
    let name = if scenario.name.is_empty() { "a scenario without a name" } else { &scenario.name };
    let mut text = format!("{}\n", style.bold(&harmless(name)));
    text.push_str(&style.dim(&wrap(&harmless(&scenario.about), "", WIDTH)));
    let span = seconds(scenario.until);
    text.push_str(&format!("{} nodes, seed {}, {span} simulated\n", setup.nodes, setup.seed));
    if !setup.without.is_empty() {
        let rules: Vec<&str> = setup.without.iter().map(|rule| rule.name()).collect();
        text.push_str(&format!("without the rules {}\n", rules.join(", ")));
    }
    text.push('\n');
    for verdict in &report.verdicts {
        let (mark, what) = match &verdict.result {
            Ok(()) => (style.good("ok    "), harmless(&verdict.check.wanted())),
            Err(unmet) => {
                (style.bad("FAILED"), format!("{}: {}", verdict.place, harmless(&unmet.to_string())))
            }
        };
        text.push_str(&format!("  {mark}  {}  {what}\n", style.dim(&format!("{:>9}", seconds(verdict.at)))));
    }
    for (at, violation, count) in by_property(report) {
        let mark = if report.ok() { style.dim("broken") } else { style.bad("BROKEN") };
        let (what, at) = (harmless(&violation.detail), style.dim(&format!("{:>9}", seconds(at))));
        let more = match count as u64 - 1 {
            0 => String::new(),
            more => format!(" (and {} more)", counted(more, "time", "times")),
        };
        text.push_str(&format!("  {mark}  {at}  {}: {what}{more}\n", violation.property));
    }
    for (step, why) in &report.skipped {
        text.push_str(&format!("  note    steps[{step}] was skipped: {}\n", harmless(why)));
    }
    if !text.ends_with("\n\n") {
        text.push('\n');
    }
    let leader = match report.leader {
        Some(id) => format!("{id} leads in term {}", report.term),
        None => format!("nobody leads, term {}", report.term),
    };
    text.push_str(&format!("{leader}; {} committed\n", counted(report.committed.0, "entry", "entries")));
    let events = counted(summary.events, "event", "events");
    text.push_str(&format!("{events}, trace hash {}\n", summary.hash_digits()));
    text.push_str(&match report.ok() {
        true => style.good("passed\n"),
        false => style.bad("failed\n"),
    });
    text
}

/// The first violation of each property, its moment, and how often the property was broken.
fn by_property(report: &Report) -> Vec<(Micros, &Violation, usize)> {
    let mut first: Vec<(Micros, &Violation, usize)> = Vec::new();
    for (at, violation) in &report.violations {
        match first.iter_mut().find(|(_, known, _)| known.property == violation.property) {
            Some((_, _, count)) => *count += 1,
            None => first.push((*at, violation, 1)),
        }
    }
    first
}

fn seconds(span: Micros) -> String {
    let text = format!("{}.{:06}", span.0 / 1_000_000, span.0 % 1_000_000);
    format!("{} s", text.trim_end_matches('0').trim_end_matches('.'))
}
