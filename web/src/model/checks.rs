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
    /// The name of the property for a reader.
    pub property: String,
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
            title: text::property(property.name()),
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
                property: text::property(violation.property),
                detail: text::finding(&violation.detail),
                nodes: if violation.nodes.is_empty() { String::new() } else { text::names(&violation.nodes) },
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use mini_raft_core::raft::{Fact, NodeId, RoleName, RoleReason, Term};
    use mini_raft_core::sim::{Event, EventKind, Setup};
    use mini_raft_core::time::Micros;

    use super::*;

    fn elected(seq: u64, node: u32) -> Event {
        let why = RoleReason::ElectionWon { votes: 3, needed: 3 };
        let kind = EventKind::Fact(Fact::RoleChanged {
            from: RoleName::Candidate,
            to: RoleName::Leader,
            term: Term(1),
            why,
        });
        Event { seq, at: Micros(seq), cause: None, node: Some(NodeId(node)), term: Term(1), kind }
    }

    #[test]
    fn two_leaders_of_a_term_are_a_violation_with_its_detail() {
        let mut checks = Checks::new(&Setup::default());
        checks.observe(&elected(0, 1));
        let holds = checks_view_of(&checks);
        assert_eq!(holds.violations, 0);
        assert_eq!(holds.properties.len(), Property::ALL.len());
        assert_eq!(holds.properties[0].title, "Election safety");
        checks.observe(&elected(1, 2));
        let broken = checks_view_of(&checks);
        assert!(broken.violations >= 1);
        assert!(broken.properties[0].violations >= 1);
        assert_eq!((broken.details[0].property.as_str(), broken.details[0].event), ("Election safety", 1));
        assert_eq!(broken.details[0].nodes, "node-1 and node-2");
    }
}
