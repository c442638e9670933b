//! What the checks have found.

use super::property::Property;
use crate::raft::{Index, NodeId};
use crate::sim::event::Violation;

/// How one property stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// How often it was broken, those that were not reported included.
    pub violations: u64,
    /// The number of the event that broke it first.
    pub first: Option<u64>,
}

impl Status {
    /// So many violations of one property are reported. One broken promise often breaks others at every later
    /// step: the first ones tell the story.
    pub const REPORTED_MAX: u64 = 20;

    /// Whether it was never broken.
    pub fn holds(self) -> bool {
        self.violations == 0
    }
}

/// Everything found so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Reports {
    violations: Vec<(u64, Violation)>,
    statuses: [Status; Property::ALL.len()],
}

impl Reports {
    pub(super) fn violations(&self) -> &[(u64, Violation)] {
        &self.violations
    }

    pub(super) fn status(&self, property: Property) -> Status {
        self.statuses[property as usize]
    }
}

/// What one event shows.
pub(super) struct Report<'a> {
    reports: &'a mut Reports,
    event_seq: u64,
    before: usize,
}

impl<'a> Report<'a> {
    pub(super) fn new(reports: &'a mut Reports, event_seq: u64) -> Report<'a> {
        Report { before: reports.violations.len(), reports, event_seq }
    }

    /// The property is broken; `detail` is a sentence that tells by what.
    pub(super) fn broken(
        &mut self,
        property: Property,
        detail: String,
        indexes: impl IntoIterator<Item = Index>,
        nodes: impl IntoIterator<Item = NodeId>,
    ) {
        let status = &mut self.reports.statuses[property as usize];
        status.violations += 1;
        status.first.get_or_insert(self.event_seq);
        if status.violations <= Status::REPORTED_MAX {
            let violation = Violation {
                property: property.name(),
                detail,
                indexes: indexes.into_iter().collect(),
                nodes: nodes.into_iter().collect(),
            };
            self.reports.violations.push((self.event_seq, violation));
        }
    }

    /// The violations that this event showed.
    pub(super) fn into_found(self) -> Vec<Violation> {
        self.reports.violations[self.before..].iter().map(|(_, violation)| violation.clone()).collect()
    }
}
