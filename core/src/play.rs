//! A scenario from its start to its end, with what it expects judged at the right moments.

use std::collections::BTreeSet;

use crate::json;
use crate::raft::{Index, NodeId, Term};
use crate::run::Run;
use crate::scenario::{Check, Scenario, Unmet, expect, write_check};
use crate::sim::event::Violation;
use crate::sim::{Event, EventKind};
use crate::time::Micros;
use crate::timeline::Timeline;
use crate::trace::{Summary, TraceWriter};

/// How far a run goes between two looks at its events: they need not be kept longer.
const STRIDE: Micros = Micros::from_millis(100);

/// What came of a scenario.
#[derive(Clone, Debug)]
pub struct Report {
    /// What it expected, in the order of the form, and whether that came true.
    pub verdicts: Vec<Verdict>,
    /// Every broken property, with its moment, in the order of the run.
    pub violations: Vec<(Micros, Violation)>,
    /// The steps that had no target: their places in the scenario, and why.
    pub skipped: Vec<(usize, String)>,
    /// The running leader at the end.
    pub leader: Option<NodeId>,
    /// The highest term of the running nodes at the end.
    pub term: Term,
    /// The highest commit index of the running nodes at the end.
    pub committed: Index,
}

/// Whether one thing that was expected came true.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Its place in the scenario: `expect[1].leader`.
    pub place: String,
    /// The moment at which it was judged.
    pub at: Micros,
    /// What was expected.
    pub check: Check,
    /// Whether it was true then.
    pub result: Result<(), Unmet>,
}

impl Report {
    /// Whether all came true and no property was broken but those that were expected to be.
    pub fn ok(&self) -> bool {
        let expects_violations =
            self.verdicts.iter().any(|verdict| matches!(verdict.check, Check::Violations(_)));
        let kept = self.violations.is_empty() || expects_violations;
        kept && self.verdicts.iter().all(|verdict| verdict.result.is_ok())
    }

    /// The failures, one a line: `expect[1].leader at 2400.000 ms: expected a leader, found no leader`.
    pub fn failures(&self) -> Vec<String> {
        let unmet = |verdict: &Verdict| {
            let unmet = verdict.result.as_ref().err()?;
            Some(format!("{} at {}: {unmet}", verdict.place, verdict.at))
        };
        let broken = |(at, violation): &(Micros, Violation)| {
            format!("{} broken at {at}: {}", violation.property, violation.detail)
        };
        let mut failures: Vec<String> = self.verdicts.iter().filter_map(unmet).collect();
        if !self.ok() {
            failures.extend(self.violations.iter().map(broken));
        }
        failures
    }

    /// The report as one JSON object, for programs; `trace` is that of the run's trace.
    pub fn to_json(&self, scenario: &Scenario, trace: Summary) -> String {
        let mut out = String::new();
        json::object(&mut out, |fields| {
            fields.string("scenario", &scenario.name);
            fields.number("seed", scenario.setup.seed);
            fields.millis("until_ms", scenario.until);
            fields.number("events", trace.events);
            fields.string("hash", &trace.hash_digits());
            fields.string_or_null("leader", self.leader.map(|id| id.to_string()).as_deref());
            fields.number("term", self.term.0);
            fields.number("committed", self.committed.0);
            fields.list("expectations", &self.verdicts, verdict);
            fields.list("violations", &self.violations, violation);
            fields.list("skipped", &self.skipped, |out, (step, why)| {
                json::object(out, |fields| {
                    fields.number("step", *step as u64);
                    fields.string("why", why);
                });
            });
            fields.bool("ok", self.ok());
        });
        out
    }
}

/// Runs a scenario to its end. `sink` gets every event, in order.
pub fn play(scenario: &Scenario, mut sink: impl FnMut(&Event)) -> Report {
    let mut verdicts = pending(scenario);
    let mut moments: BTreeSet<Micros> = verdicts.iter().map(|verdict| verdict.at).collect();
    moments.insert(scenario.until);

    let mut violations = Vec::new();
    let mut skipped = Vec::new();
    let mut pass_on = |events: &mut Vec<Event>| {
        for event in events.drain(..) {
            sink(&event);
            match event.kind {
                EventKind::Violation(violation) => violations.push((event.at, violation)),
                EventKind::Skipped { step, why } => skipped.push((step, why)),
                _ => {}
            }
        }
    };
    let mut events = Vec::new();
    let mut run = Run::new(scenario.setup.clone(), scenario.moments(), &mut events);
    for moment in moments {
        while run.now() < moment {
            run.run_until(moment.min(run.now() + STRIDE), &mut events);
            pass_on(&mut events);
        }
        // What is done at time 0 has not been done yet.
        run.run_until(moment, &mut events);
        pass_on(&mut events);
        let due = verdicts.iter_mut().filter(|verdict| verdict.at == moment);
        for verdict in due.filter(|verdict| !matches!(verdict.check, Check::Violations(_))) {
            verdict.result = verdict.check.judge(run.world(), &[]);
        }
    }
    let broken: BTreeSet<&str> = violations.iter().map(|(_, violation)| violation.property).collect();
    let broken: Vec<&str> = broken.into_iter().collect();
    for verdict in verdicts.iter_mut().filter(|verdict| matches!(verdict.check, Check::Violations(_))) {
        verdict.result = verdict.check.judge(run.world(), &broken);
    }
    let world = run.world();
    Report {
        verdicts,
        leader: expect::leader(world).map(|(id, _)| id),
        term: expect::term(world),
        committed: expect::committed(world),
        violations,
        skipped,
    }
}

/// What came of all that a scenario expects, in a run of it that has come to its end, whatever moment it shows now.
pub fn judge(scenario: &Scenario, timeline: &Timeline) -> Vec<Verdict> {
    let mut timeline = timeline.clone();
    let mut known = Vec::new();
    let mut verdicts = pending(scenario);
    for verdict in &mut verdicts {
        timeline.seek(verdict.at, &mut known);
        known.clear();
        let run = timeline.present();
        let broken: BTreeSet<&str> =
            run.checks().violations().iter().map(|(_, violation)| violation.property).collect();
        let broken: Vec<&str> = broken.into_iter().collect();
        verdict.result = verdict.check.judge(run.world(), &broken);
    }
    verdicts
}

/// Plays a scenario only for what names its trace: equal runs have equal ones, natively and in the browser.
pub fn fingerprint(scenario: &Scenario) -> Summary {
    let mut lines = String::new();
    let mut writer = TraceWriter::start(scenario, &mut lines);
    play(scenario, |event| {
        lines.clear();
        writer.event(event, &mut lines);
    });
    writer.end(scenario.until, &mut lines)
}

/// What the scenario expects, not judged yet.
fn pending(scenario: &Scenario) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for (number, expect) in scenario.expect.iter().enumerate() {
        for check in &expect.checks {
            let at = match check {
                Check::Violations(_) => scenario.until,
                _ => expect.at.unwrap_or(scenario.until).min(scenario.until),
            };
            let unmet =
                Unmet { expected: check.wanted(), found: "that the run did not get there".to_owned() };
            let place = format!("expect[{number}].{}", check.name());
            verdicts.push(Verdict { place, at, check: check.clone(), result: Err(unmet) });
        }
    }
    verdicts
}

fn verdict(out: &mut String, verdict: &Verdict) {
    json::object(out, |fields| {
        fields.string("place", &verdict.place);
        fields.millis("at_ms", verdict.at);
        write_check(fields, &verdict.check);
        fields.bool("ok", verdict.result.is_ok());
        if let Err(unmet) = &verdict.result {
            fields.string("expected", &unmet.expected);
            fields.string("found", &unmet.found);
        }
    });
}

fn violation(out: &mut String, (at, violation): &(Micros, Violation)) {
    json::object(out, |fields| {
        fields.number("t_us", at.0);
        fields.string("property", violation.property);
        fields.string("detail", &violation.detail);
        fields.list("indexes", &violation.indexes, |out, index| out.push_str(&index.to_string()));
        fields.list("nodes", &violation.nodes, |out, node| json::string(out, &node.to_string()));
    });
}

#[cfg(test)]
mod tests;
