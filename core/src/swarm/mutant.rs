//! Mutants: runs without one rule, which show that the search finds what the rule is for.

use super::examine::{Finding, Wrong, examine};
use super::exercise::Exercise;
use crate::raft::{Breaks, Rule};
use crate::scenario::Scenario;

/// The scenario of this seed without a rule. Nothing else about it depends on the rule.
pub fn draw_without(rule: Rule, seed: u64) -> Scenario {
    let mut scenario = super::draw(seed);
    scenario.setup.without = vec![rule];
    scenario
}

/// Runs the scenario of this seed without the rule. Returns what goes wrong, if it is what the rule is there to prevent: a
/// law of safety or of clients broken, or for a rule of liveness no progress once everything is healed.
pub fn unmask(rule: Rule, seed: u64) -> Option<Finding> {
    let finding = examine(&draw_without(rule, seed), &mut Exercise::default())?;
    let is_it = match rule.breaks() {
        Breaks::Safety | Breaks::Client => matches!(finding.wrong, Wrong::Broken(_)),
        Breaks::Liveness => matches!(finding.wrong, Wrong::Stuck),
    };
    is_it.then_some(finding)
}
