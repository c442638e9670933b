//! What came of a search, for people and for programs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use mini_raft_core::swarm::{Finding, Wrong};
use serde_json::{Value, json};

use super::super::text::{Style, harmless, pad, thousands};
use super::Args;
use super::search::{Failure, Outcome, Search};

/// A search and its outcome.
pub(super) struct Report<'a> {
    pub(super) args: &'a Args,
    pub(super) search: &'a Search,
    pub(super) outcome: &'a Outcome,
    pub(super) smallest: Option<Smallest>,
    pub(super) jobs: usize,
    pub(super) elapsed: Duration,
}

/// The smallest scenario that still fails, and the file that it was written to.
pub(super) struct Smallest {
    pub(super) file: PathBuf,
    pub(super) seed: u64,
    pub(super) steps: usize,
    pub(super) nodes: u32,
    pub(super) finding: Finding,
    pub(super) runs: u64,
}

impl Report<'_> {
    /// Whether nothing went wrong, and something was put to the test.
    pub(super) fn ok(&self) -> bool {
        self.outcome.failure.is_none() && !self.is_idle()
    }

    fn is_idle(&self) -> bool {
        self.search.is_idle(&self.outcome.exercise)
    }

    fn per_second(&self) -> u64 {
        (self.outcome.runs as f64 / self.elapsed.as_secs_f64().max(1e-6)).round() as u64
    }

    pub(super) fn as_json(&self) -> String {
        let Outcome { runs, idle, exercise, failure } = self.outcome;
        let report = json!({
            "ok": self.ok(),
            "random": self.search.scenarios.is_empty(),
            "seeds": [self.search.seeds.start, self.search.seeds.end],
            "without": self.search.without.iter().map(|rule| rule.name()).collect::<Vec<_>>(),
            "runs": runs,
            "idle": idle,
            "events": exercise.events,
            "undecided": exercise.undecided,
            "faults": exercise.faults,
            "roles": exercise.roles,
            "turns": exercise.turns,
            "jobs": self.jobs,
            "seconds": self.elapsed.as_secs_f64(),
            "runs_per_second": self.per_second(),
            "failure": failure.as_ref().map(|failure| self.failure_as_json(failure)),
        });
        format!("{report:#}\n")
    }

    fn failure_as_json(&self, failure: &Failure) -> Value {
        let at = failure.finding.as_ref().map(|finding| finding.at.as_millis_f64());
        json!({
            "scenario": failure.place.map(|place| &self.search.scenarios[place].0),
            "seed": failure.seed,
            "property": failure.property(),
            "at_ms": at,
            "detail": failure.detail,
            "replay": self.replay(failure),
            "minimized": self.smallest.as_ref().map(|smallest| json!({
                "file": smallest.file.display().to_string(),
                "nodes": smallest.nodes,
                "steps": smallest.steps,
                "runs": smallest.runs,
                "property": smallest.finding.wrong.name(),
                "at_ms": smallest.finding.at.as_millis_f64(),
                "detail": smallest.finding.detail,
                "replay": smallest.replay(),
            })),
        })
    }

    pub(super) fn as_text(&self, style: Style) -> String {
        let Outcome { runs, idle, exercise, failure } = self.outcome;
        let mut text = format!(
            "{} runs in {:.1} s on {} threads, {} a second; {} events\n",
            thousands(*runs),
            self.elapsed.as_secs_f64(),
            self.jobs,
            thousands(self.per_second()),
            thousands(exercise.events),
        );
        if *idle > 0 {
            text.push_str(&format!("{} of them put nothing to the test\n", thousands(*idle)));
        }
        if exercise.undecided > 0 {
            let count = thousands(exercise.undecided);
            text.push_str(&format!(
                "{count} times it could not be decided whether a history is linearizable\n"
            ));
        }
        let named = |counts: &BTreeMap<&'static str, u64>| -> Vec<(String, u64)> {
            counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
        };
        let roles = exercise.roles.iter().map(|(name, count)| (name.clone(), *count)).collect();
        for (title, counts) in [
            ("faults", named(&exercise.faults)),
            ("changes of role", roles),
            ("turns", named(&exercise.turns)),
        ] {
            text.push_str(&format!("\n{}\n{}", style.bold(title), columns(&counts)));
        }
        text.push('\n');
        match failure {
            Some(failure) => text.push_str(&self.failure_as_text(failure, style)),
            None if self.is_idle() => text.push_str(&format!(
                "{}: nothing was put to the test: nobody was elected, or no client was answered\n",
                style.bad("failed"),
            )),
            None => text.push_str(&style.good("passed\n")),
        }
        text
    }

    fn failure_as_text(&self, failure: &Failure, style: Style) -> String {
        let name = failure.place.map(|place| format!("{} with ", harmless(&self.search.scenarios[place].0)));
        let at = failure.finding.as_ref().map(|finding| format!(" at {}", finding.at));
        let mut text = format!(
            "{} {}seed {}: {}{}: {}\n  {}\n",
            style.bad("FAILED"),
            name.unwrap_or_default(),
            failure.seed,
            style.bold(failure.property()),
            at.unwrap_or_default(),
            harmless(&failure.detail),
            self.replay(failure),
        );
        if let Some(smallest) = &self.smallest {
            text.push_str(&format!(
                "the smallest that still fails has {} servers and {} steps, after {} runs: {}\n  {}\n",
                smallest.nodes,
                smallest.steps,
                thousands(smallest.runs),
                harmless(&smallest.finding.to_string()),
                smallest.replay(),
            ));
        }
        text
    }

    /// The command that does the failing run again.
    fn replay(&self, failure: &Failure) -> String {
        let what = match failure.place {
            Some(place) => quoted(&self.search.scenarios[place].0),
            None => "--random".to_owned(),
        };
        let mut command = format!("mini-raft check {what} --seeds {}..{}", failure.seed, failure.seed + 1);
        for rule in &self.args.without {
            command.push_str(&format!(" --without {rule}"));
        }
        command
    }
}

impl Smallest {
    /// The command that shows it. A run without end has nothing that it breaks.
    fn replay(&self) -> String {
        let file = quoted(&self.file.display().to_string());
        match self.finding.wrong {
            Wrong::Endless => format!("mini-raft check {file} --seeds {}..{}", self.seed, self.seed + 1),
            _ => format!("mini-raft sim {file}"),
        }
    }
}

/// The name as a word of a shell.
fn quoted(name: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "-_./".contains(char);
    match !name.is_empty() && name.chars().all(is_plain) {
        true => name.to_owned(),
        false => format!("'{}'", harmless(name).replace('\'', r"'\''")),
    }
}

/// Names and counts, two in a line.
fn columns(counts: &[(String, u64)]) -> String {
    let names = counts.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let half = counts.len().div_ceil(2);
    let cell = |(name, count): &(String, u64)| format!("  {}  {:>13}", pad(name, names), thousands(*count));
    let line = |place: usize| {
        let right = counts.get(half + place).map(cell).unwrap_or_default();
        format!("{}{right}\n", cell(&counts[place]))
    };
    (0..half).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_of_a_shell() {
        assert_eq!(quoted("scenarios/a-b_1.json"), "scenarios/a-b_1.json");
        assert_eq!(quoted("it's here.json"), r"'it'\''s here.json'");
    }

    #[test]
    fn counts_stand_in_two_columns() {
        let counts = [("a", 1), ("long name", 1_000), ("c", 3)].map(|(name, count)| (name.to_owned(), count));
        let expected =
            ["  a                      1  c                      3\n", "  long name          1,000\n"];
        assert_eq!(columns(&counts), expected.concat());
    }
}
