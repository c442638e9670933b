//! Many runs on many threads, with an outcome that does not depend on how many there are.

use std::any::Any;
use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;

use anyhow::Context;
use mini_raft_core::raft::Rule;
use mini_raft_core::scenario::Scenario;
use mini_raft_core::swarm::{Exercise, Finding, draw, examine};

/// What is run.
pub(super) struct Search {
    /// Each with its name; if there are none, a scenario is drawn from each seed.
    pub(super) scenarios: Vec<(String, Scenario)>,
    pub(super) seeds: Range<u64>,
    pub(super) without: Vec<Rule>,
}

impl Search {
    /// How many runs there are: every scenario with every seed.
    pub(super) fn runs(&self) -> u64 {
        (self.seeds.end - self.seeds.start).saturating_mul(self.scenarios.len().max(1) as u64)
    }

    /// Whether nothing was put to the test. A scenario that somebody wrote may be about elections alone.
    pub(super) fn is_idle(&self, exercise: &Exercise) -> bool {
        if self.scenarios.is_empty() { exercise.is_idle() } else { exercise.roles.is_empty() }
    }

    /// The scenario of a run, and its place among those with names. The runs of a seed follow each other.
    fn scenario(&self, run: u64) -> (Option<usize>, Scenario) {
        let count = self.scenarios.len().max(1) as u64;
        let (seed, place) = (self.seeds.start + run / count, (run % count) as usize);
        let (place, mut scenario) = match self.scenarios.get(place) {
            Some((_, scenario)) => (Some(place), scenario.clone()),
            None => (None, draw(seed)),
        };
        scenario.setup.seed = seed;
        let more = self.without.iter().filter(|rule| !scenario.setup.without.contains(rule));
        let more: Vec<Rule> = more.copied().collect();
        scenario.setup.without.extend(more);
        (place, scenario)
    }
}

/// What came of a search.
#[derive(Default)]
pub(super) struct Outcome {
    /// How many runs there were, up to the first that failed.
    pub(super) runs: u64,
    /// How many of them put nothing to the test.
    pub(super) idle: u64,
    /// What happened in them.
    pub(super) exercise: Exercise,
    /// The first that failed.
    pub(super) failure: Option<Failure>,
}

/// A run that failed.
pub(super) struct Failure {
    /// The place of the scenario among those with names.
    pub(super) place: Option<usize>,
    pub(super) seed: u64,
    pub(super) scenario: Scenario,
    /// What went wrong; `None` if an assertion of the program failed.
    pub(super) finding: Option<Finding>,
    /// How, in a sentence.
    pub(super) detail: String,
}

impl Failure {
    /// The name of what went wrong.
    pub(super) fn property(&self) -> &'static str {
        self.finding.as_ref().map_or("panic", |finding| finding.wrong.name())
    }
}

/// What a thread tells of a run.
struct Done {
    run: u64,
    exercise: Exercise,
    failure: Option<Failure>,
}

/// Does the runs, on `jobs` threads, until one fails. The one with the lowest number is told of, and what happened up to
/// it, whichever thread was first. `progress` is told how many are done.
pub(super) fn run(search: &Search, jobs: usize, mut progress: impl FnMut(u64)) -> anyhow::Result<Outcome> {
    let next = AtomicU64::new(0);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for number in 0..jobs {
            let (sender, next) = (sender.clone(), &next);
            let work = move || {
                loop {
                    let run = next.fetch_add(1, Ordering::Relaxed);
                    // Nobody listens any more when an earlier run has failed.
                    if run >= search.runs() || sender.send(examine_run(search, run)).is_err() {
                        return;
                    }
                }
            };
            thread::Builder::new()
                .name(format!("run-{number}"))
                .spawn_scoped(scope, work)
                .context("cannot start a thread")?;
        }
        drop(sender);
        Ok(collect(search, receiver, &mut progress))
    })
}

/// Takes what the threads tell in the order of the runs. When it returns, nobody listens to them any more.
fn collect(search: &Search, receiver: mpsc::Receiver<Done>, progress: &mut impl FnMut(u64)) -> Outcome {
    let mut outcome = Outcome::default();
    let mut early = BTreeMap::new();
    for done in receiver {
        early.insert(done.run, done);
        while let Some(Done { exercise, failure, .. }) = early.remove(&outcome.runs) {
            outcome.runs += 1;
            outcome.idle += u64::from(search.is_idle(&exercise));
            outcome.exercise.add(&exercise);
            if failure.is_some() {
                return Outcome { failure, ..outcome };
            }
        }
        progress(outcome.runs);
    }
    outcome
}

fn examine_run(search: &Search, run: u64) -> Done {
    let (place, scenario) = search.scenario(run);
    let mut exercise = Exercise::default();
    let found = catch_unwind(AssertUnwindSafe(|| examine(&scenario, &mut exercise)));
    let seed = scenario.setup.seed;
    let failure = match found {
        Ok(None) => None,
        Ok(Some(finding)) => {
            let detail = finding.detail.clone();
            Some(Failure { place, seed, scenario, finding: Some(finding), detail })
        }
        Err(panic) => Some(Failure { place, seed, scenario, finding: None, detail: said(&*panic) }),
    };
    Done { run, exercise, failure }
}

/// What an assertion said when it failed.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("an assertion failed").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first failing seed and all counts are the same, however many threads there are.
    #[test]
    fn threads_do_not_matter() {
        let search = Search { scenarios: Vec::new(), seeds: 10..300, without: vec![Rule::LogUpToDateTerm] };
        let [one, many] = [1, 4].map(|jobs| run(&search, jobs, |_| {}).expect("threads"));
        assert_eq!((one.runs, one.idle, one.exercise), (many.runs, many.idle, many.exercise));
        let seed = |failure: Option<Failure>| failure.map(|failure| (failure.seed, failure.finding));
        let (one, many) = (seed(one.failure), seed(many.failure));
        assert!(one.is_some() && one == many);
    }

    /// A failed assertion is a failure with a seed, and not the end of the program.
    #[test]
    fn what_an_assertion_said_is_kept() {
        let panic = catch_unwind(|| panic!("seed {}", 7)).expect_err("it panics");
        assert_eq!(said(&*panic), "seed 7");
    }
}
