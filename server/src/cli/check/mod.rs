//! `mini-raft check`: looks for runs in which something goes wrong, over many seeds and on all cores.

mod report;
mod search;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread::available_parallelism;
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use mini_raft_core::raft::Rule;
use mini_raft_core::scenario::Scenario;
use mini_raft_core::swarm::{Minimized, minimize};

use super::text::{Style, harmless};
use super::{FAILED, Format, input, pipe, progress, rules};
use report::{Report, Smallest};
use search::{Failure, Search};

/// So many runs may the search for the smallest scenario take.
const MINIMIZE_RUNS_MAX: u64 = 3_000;

/// Look for runs in which something goes wrong, over many seeds and on all cores.
///
/// Random scenarios each have their own faults, sizes, timeouts and clients. First the faults happen, then all is
/// healed, and there must be a leader and a new commit. Every property of Raft is watched all the time. A search in
/// which nothing was put to the test fails.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mini-raft check --random --seeds 0..20000
  mini-raft check scenarios --seeds 0..100
  mini-raft check --random --seeds 0..1000 --without commit-majority --minimize

Exit status:
  0  nothing went wrong
  1  a property or an expectation failed: the first seed is named, and the command that replays it
  2  a scenario, or the command line, is wrong")]
pub(super) struct Args {
    /// A scenario file, the name of a built-in scenario, a folder of scenario files, or - for standard input.
    #[arg(value_name = "SCENARIO|DIR", conflicts_with = "random")]
    scenario: Option<String>,

    /// Draw a scenario from each seed; so it is when no scenario is named.
    #[arg(long)]
    random: bool,

    /// The seeds, from A up to but not including B; a single number is one seed.
    #[arg(long, value_name = "A..B", value_parser = seeds, default_value = "0..1000")]
    seeds: Range<u64>,

    /// How many threads [default: one for each core].
    #[arg(long, value_name = "N")]
    jobs: Option<std::num::NonZeroUsize>,

    /// Leave out this rule; may be given more than once. `mini-raft rules` lists them.
    #[arg(long, value_name = "RULE", value_parser = rules::by_name(), hide_possible_values = true)]
    without: Vec<Rule>,

    /// Write the smallest scenario that still fails in the same way.
    #[arg(long)]
    minimize: bool,

    /// Where to write it [default: failing-seed-N.json].
    #[arg(long, value_name = "FILE", requires = "minimize")]
    output: Option<PathBuf>,

    /// How to print the report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let search = Search {
        scenarios: args.scenario.as_deref().map(scenarios).transpose()?.unwrap_or_default(),
        seeds: args.seeds.clone(),
        without: args.without.clone(),
    };
    let jobs = args.jobs.or_else(|| available_parallelism().ok()).map_or(1, |jobs| jobs.get());
    let started_at = Instant::now();
    let bar = progress::of_runs(search.runs());
    let outcome = search::run(&search, jobs, |done| bar.set_position(done))?;
    bar.finish_and_clear();
    let elapsed = started_at.elapsed();

    let smallest = match &outcome.failure {
        Some(failure) if args.minimize => smallest(args, failure)?,
        _ => None,
    };
    let report = Report { args, search: &search, outcome: &outcome, smallest, jobs, elapsed };
    pipe::to_stdout(&match args.format {
        Format::Json => report.as_json(),
        Format::Text => report.as_text(Style::of_stdout()),
    })?;
    Ok(if report.ok() { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

/// Looks for the smallest scenario that still fails, and writes it to a file.
fn smallest(args: &Args, failure: &Failure) -> anyhow::Result<Option<Smallest>> {
    let Some(finding) = &failure.finding else {
        return Ok(None);
    };
    let waiting = progress::of_waiting("looking for the smallest scenario that still fails");
    let minimized = minimize(&failure.scenario, finding, MINIMIZE_RUNS_MAX);
    waiting.finish_and_clear();
    let file = match &args.output {
        Some(path) => path.clone(),
        None => PathBuf::from(format!("failing-seed-{}.json", failure.seed)),
    };
    let Minimized { mut scenario, finding, runs } = minimized;
    scenario.about =
        format!("The smallest scenario found that still fails as \"{}\" does: {finding}", scenario.name);
    scenario.name = format!("{} in seed {}", finding.wrong.name(), failure.seed);
    std::fs::write(&file, scenario.to_json() + "\n")
        .with_context(|| format!("cannot write the scenario to {}", file.display()))?;
    let (seed, nodes, steps) = (scenario.setup.seed, scenario.setup.nodes, scenario.steps.len());
    Ok(Some(Smallest { file, seed, nodes, steps, finding, runs }))
}

/// The scenarios that `name` stands for, each with what to call it on the command line.
fn scenarios(name: &str) -> anyhow::Result<Vec<(String, Scenario)>> {
    let folder = Path::new(name);
    if !folder.is_dir() {
        return Ok(vec![(name.to_owned(), input::scenario(name)?)]);
    }
    let mut files = Vec::new();
    for entry in folder.read_dir().with_context(|| format!("cannot read the folder {name}"))? {
        let path = entry.with_context(|| format!("cannot read the folder {name}"))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    ensure!(!files.is_empty(), "there is no scenario file in the folder {name}: their names end in .json");
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let Some(file) = path.to_str() else {
                bail!("{}: the name of the file is not UTF-8", harmless(&path.to_string_lossy()))
            };
            Ok((file.to_owned(), input::scenario(file)?))
        })
        .collect()
}

fn seeds(text: &str) -> anyhow::Result<Range<u64>> {
    let number = |text: &str| text.parse::<u64>().with_context(|| format!("{text:?} is not a seed"));
    let seeds = match text.split_once("..") {
        Some((from, to)) => number(from)?..number(to)?,
        None => {
            let seed = number(text)?;
            seed..seed.checked_add(1).context("there is no seed after it")?
        }
    };
    ensure!(!seeds.is_empty(), "there is no seed in it");
    Ok(seeds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_a_range_or_one() {
        assert_eq!(seeds("3..7").expect("a range"), 3..7);
        assert_eq!(seeds("7").expect("one seed"), 7..8);
        for wrong in ["", "..", "7..3", "3..3", "3..", "-1..3", "1..=3", "18446744073709551615"] {
            assert!(seeds(wrong).is_err(), "{wrong}");
        }
    }
}
