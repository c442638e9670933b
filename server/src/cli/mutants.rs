//! `mini-raft mutants`: shows that the random search finds every rule that is left out.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread::{self, available_parallelism};

use anyhow::Context;
use mini_raft_core::raft::Rule;
use mini_raft_core::swarm::{Finding, draw_without, minimize, unmask};

use super::{FAILED, pipe, progress, rules};

/// So many runs may the search for the smallest scenario of a rule take.
const MINIMIZE_RUNS_MAX: u64 = 1_500;

/// Leave out every rule of Raft in turn, and look for the first random scenario that shows it.
///
/// The outcome is a table in Markdown. Seeds are tried from 0 on, the same for every rule and with no hint of where to
/// look. What fails is made as small as it can be. That nothing is found with all rules is what `mini-raft check --random` says.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mini-raft mutants
  mini-raft mutants --rule commit-majority --seeds 100
  mini-raft mutants --output docs/mutants.md

Exit status:
  0  every rule was found
  1  a rule was left out and nothing was found
  2  the command line is wrong")]
pub(super) struct Args {
    /// Only this rule; may be given more than once. `mini-raft rules` lists them.
    #[arg(long = "rule", value_name = "RULE", value_parser = rules::by_name(), hide_possible_values = true)]
    rules: Vec<Rule>,

    /// So many seeds are tried for each rule.
    #[arg(long, value_name = "N", default_value_t = 3_000)]
    seeds: u64,

    /// How many threads [default: one for each core].
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,

    /// Write the table to this file [default: standard output].
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// What was found without a rule.
struct Found {
    seed: u64,
    finding: Finding,
    /// Servers and steps of the smallest scenario that still fails.
    nodes: u32,
    steps: usize,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let rules = if args.rules.is_empty() { Rule::ALL.to_vec() } else { args.rules.clone() };
    let jobs = args.jobs.or_else(|| available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    let bar = progress::of_runs(rules.len() as u64);
    let found = find_all(&rules, args.seeds, jobs, |done| bar.set_position(done))?;
    bar.finish_and_clear();
    let text = as_markdown(&rules, &found, args.seeds);
    match &args.output {
        Some(file) => std::fs::write(file, text)
            .with_context(|| format!("cannot write the table to {}", file.display()))?,
        None => pipe::to_stdout(&text)?,
    }
    Ok(if found.iter().all(Option::is_some) { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

/// Looks for every rule, each on one thread. `progress` is told how many are done.
fn find_all(
    rules: &[Rule],
    seeds: u64,
    jobs: usize,
    mut progress: impl FnMut(u64),
) -> anyhow::Result<Vec<Option<Found>>> {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let mut found: Vec<Option<Found>> = rules.iter().map(|_| None).collect();
    thread::scope(|scope| {
        for number in 0..jobs {
            let (sender, next) = (sender.clone(), &next);
            let work = move || {
                while let Some(rule) = rules.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if sender.send((*rule, find(*rule, seeds))).is_err() {
                        return;
                    }
                }
            };
            thread::Builder::new()
                .name(format!("rule-{number}"))
                .spawn_scoped(scope, work)
                .context("cannot start a thread")?;
        }
        drop(sender);
        for (done, (rule, outcome)) in (1..).zip(receiver) {
            let place = rules.iter().position(|it| *it == rule).expect("it is one of them");
            found[place] = outcome;
            progress(done);
        }
        Ok(found)
    })
}

/// The first seed that shows that the rule is left out, and how small its scenario can be made.
fn find(rule: Rule, seeds: u64) -> Option<Found> {
    let (seed, finding) = (0..seeds).find_map(|seed| Some((seed, unmask(rule, seed)?)))?;
    let smallest = minimize(&draw_without(rule, seed), &finding, MINIMIZE_RUNS_MAX);
    let (nodes, steps) = (smallest.scenario.setup.nodes, smallest.scenario.steps.len());
    Some(Found { seed, finding, nodes, steps })
}

fn as_markdown(rules: &[Rule], found: &[Option<Found>], seeds: u64) -> String {
    let mut text = format!(
        "# Every rule left out, and found\n\n\
         Each rule of Raft is left out in turn, and random scenarios are run, from seed 0 on, until one goes wrong. \
         The scenarios are the same for every rule, and the same as those of `mini-raft check --random`, which finds \
         nothing when all rules are kept.\n\
         The seed is thus also how many runs found nothing before; at most {seeds} are tried.\n\
         The last columns tell how small the scenario could be made that still fails in the same way.\n\n\
         `make mutants` writes this page, and the tests run every seed of it again. To see a failure for yourself:\n\n\
         ```sh\n\
         mini-raft check --random --seeds SEED --without RULE --minimize\n\
         ```\n\n\
         | Rule | Clause | Seed | What goes wrong | Servers | Steps |\n\
         | --- | --- | ---: | --- | ---: | ---: |\n"
    );
    for (rule, found) in rules.iter().zip(found) {
        let outcome = match found {
            Some(Found { seed, finding, nodes, steps }) => {
                format!("{seed} | {} | {nodes} | {steps}", finding.wrong.name())
            }
            None => "– | nothing found | – | –".to_owned(),
        };
        text.push_str(&format!("| `{rule}` | {} | {outcome} |\n", rule.section()));
    }
    text
}
