//! Running a scenario until something is wrong.

use std::fmt;

use super::exercise::Exercise;
use crate::run::Run;
use crate::scenario::{Check, LeaderIs, Scenario};
use crate::sim::{Event, EventKind};
use crate::time::Micros;

/// A run that does more things in a simulated second is without end: servers answer each other for ever. Ordinary ones do
/// a hundredth of it.
const ITEMS_A_SECOND_MAX: u64 = 100_000;

/// What is wrong with a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// A law was broken: the name of the property.
    Broken(&'static str),
    /// What should have come about in the end has not: a leader, a commit, something applied.
    Stuck,
    /// Something else that the scenario expects is not so.
    Unexpected,
    /// The run does not get on: too much happens in too little time.
    Endless,
}

impl Wrong {
    /// The name: that of the property, or `liveness`, `expectation`, `endless`.
    pub fn name(self) -> &'static str {
        match self {
            Wrong::Broken(property) => property,
            Wrong::Stuck => "liveness",
            Wrong::Unexpected => "expectation",
            Wrong::Endless => "endless",
        }
    }
}

/// The first thing that was wrong in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub wrong: Wrong,
    /// When.
    pub at: Micros,
    /// How, in a sentence.
    pub detail: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}: {}", self.wrong.name(), self.at, self.detail)
    }
}

/// Runs a scenario until something is wrong with it: a property is broken that is not expected to be, or something that is
/// expected is not so. What happens until then is counted.
pub fn examine(scenario: &Scenario, exercise: &mut Exercise) -> Option<Finding> {
    let mut events = Vec::new();
    let mut run = Run::new(scenario.setup.clone(), scenario.moments(), &mut events);
    let finding = find(scenario, &mut run, &mut events, exercise);
    exercise.undecided += run.checks().undecided();
    finding
}

fn find(
    scenario: &Scenario,
    run: &mut Run,
    events: &mut Vec<Event>,
    exercise: &mut Exercise,
) -> Option<Finding> {
    let expected = scenario.expect.iter().flat_map(|expect| {
        let at = expect.at.unwrap_or(scenario.until).min(scenario.until);
        expect.checks.iter().map(move |check| (at, check))
    });
    let (of_run, mut of_moments): (Vec<_>, Vec<_>) =
        expected.partition(|(_, check)| matches!(check, Check::Violations(_)));
    of_moments.sort_by_key(|(at, _)| *at);
    let may_break = |property: &str| {
        of_run.iter().any(
            |(_, check)| matches!(check, Check::Violations(names) if names.iter().any(|it| it == property)),
        )
    };

    let mut broken: Vec<&'static str> = Vec::new();
    let items_max = (scenario.until.0 / 1_000_000 + 1) * ITEMS_A_SECOND_MAX;
    let mut of_moments = of_moments.into_iter().peekable();
    loop {
        let next = of_moments.peek().map(|(at, _)| *at);
        let until = next.unwrap_or(scenario.until);
        while run.next_at().is_some_and(|at| at <= until) {
            run.step(events);
            for event in events.drain(..) {
                exercise.count(&event);
                if let EventKind::Violation(violation) = event.kind {
                    if !may_break(violation.property) {
                        let wrong = Wrong::Broken(violation.property);
                        return Some(Finding { wrong, at: event.at, detail: violation.detail });
                    }
                    if !broken.contains(&violation.property) {
                        broken.push(violation.property);
                    }
                }
            }
            if run.items() > items_max {
                let detail = format!("{items_max} things have happened, and it is only {}.", run.now());
                return Some(Finding { wrong: Wrong::Endless, at: run.now(), detail });
            }
        }
        run.run_until(until, events);
        let Some((at, check)) = of_moments.next() else { break };
        if let Err(unmet) = check.judge(run.world(), &[]) {
            let wrong = if is_progress(check) { Wrong::Stuck } else { Wrong::Unexpected };
            return Some(Finding { wrong, at, detail: unmet.to_string() });
        }
    }
    broken.sort_unstable();
    of_run.into_iter().find_map(|(at, check)| {
        let detail = check.judge(run.world(), &broken).err()?.to_string();
        Some(Finding { wrong: Wrong::Unexpected, at, detail })
    })
}

/// Whether it must come about, sooner or later, in a cluster that works.
fn is_progress(check: &Check) -> bool {
    let of_leader = matches!(check, Check::Leader(LeaderIs::Someone | LeaderIs::Node(_)));
    of_leader || matches!(check, Check::Applied { .. } | Check::CommittedAtLeast(_))
}
