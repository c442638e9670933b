//! The safety properties, each with what it means and whether it held so far.

use mini_raft_core::check::{Checks, Property};

use crate::session::Session;
use crate::text;

/// Violations that are told in full; more are counted.
const DETAILS_MAX: usize = 8;

/// The safety properties.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChecksView {
    /// How many violations there were, of all properties.
    pub violations: u64,
    /// Each property.
    pub properties: Vec<PropertyView>,
    /// The violations that are remembered, the first one first.
    pub details: Vec<ViolationView>,
}

/// One property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyView {
    /// Its name in traces and scenarios.
    pub name: &'static str,
    /// Its name for a reader.
    pub title: String,
    /// What it says.
    pub about: &'static str,
    /// Where it is stated.
    pub section: &'static str,
    /// How often it was broken; 0 while it holds.
    pub violations: u64,
}

/// One violation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViolationView {
    /// The event that showed it.
    pub event: u64,
    /// The name of the property.
    pub property: &'static str,
    /// What was seen, in a sentence.
    pub detail: String,
    /// The nodes involved, in words; empty if none are.
    pub nodes: String,
}

/// Builds the view of what the session shows.
pub fn checks_view(session: &Session) -> ChecksView {
    checks_view_of(session.checks())
}

/// What these checks have seen.
pub fn checks_view_of(checks: &Checks) -> ChecksView {
    let properties: Vec<PropertyView> = Property::ALL
        .iter()
        .map(|property| PropertyView {
            name: property.name(),
            title: title(property.name()),
            about: property.about(),
            section: property.section(),
            violations: checks.status(*property).violations,
        })
        .collect();
    ChecksView {
        violations: properties.iter().map(|property| property.violations).sum(),
        properties,
        details: checks
            .violations()
            .iter()
            .take(DETAILS_MAX)
            .map(|(event, violation)| ViolationView {
                event: *event,
                property: violation.property,
                detail: violation.detail.clone(),
                nodes: if violation.nodes.is_empty() { String::new() } else { text::names(&violation.nodes) },
            })
            .collect(),
    }
}

/// `election-safety` as a reader writes it: `Election safety`.
fn title(name: &str) -> String {
    let words = name.replace('-', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
