//! The laws of Raft, watched while a world runs.
//!
//! [`Checks::observe`] takes every event in its order and says which laws it breaks, with the evidence. The checks
//! decide from events alone: they never look into a node, and a history made by hand needs no world. What they
//! keep is small and shared on cloning, so that they run live for as long as a person watches: a term and its
//! place of origin stand for all entries of that term (see `lineage.rs`), and what every node has compacted away is
//! forgotten.
//!
//! | property | file |
//! |---|---|
//! | election-safety, vote-once, term-monotonic | `election` |
//! | leader-append-only, log-matching | `log` |
//! | leader-completeness, commit-monotonic | `commit` |
//! | durability | `durability` |
//! | state-machine-safety, exactly-once | `state` |
//! | linearizability | `linearizability` |

mod commit;
mod durability;
mod election;
mod lineage;
mod linearizability;
mod log;
mod property;
mod report;
mod sequence;
mod server;
mod state;

#[cfg(test)]
mod history;

pub use property::Property;
pub use report::Status;

use crate::raft::{Configuration, Index};
use crate::sim::event::{Event, EventKind, Violation};
use crate::sim::setup::{LOG_ENTRIES_MAX, Setup};

use commit::Commits;
use durability::Durability;
use election::Elections;
use lineage::Lineage;
use linearizability::Histories;
use report::{Report, Reports};
use server::Servers;
use state::States;

/// What entries carry, and what came of them, is remembered so far behind the last committed one.
const ENTRIES_REMEMBERED: u64 = 2 * LOG_ENTRIES_MAX;

/// All checks, and what they have found so far.
#[derive(Clone, Debug)]
pub struct Checks {
    servers: Servers,
    lineage: Lineage,
    elections: Elections,
    commits: Commits,
    durability: Durability,
    states: States,
    histories: Histories,
    reports: Reports,
}

impl Checks {
    /// Checks for a world that has not started.
    pub fn new(setup: &Setup) -> Checks {
        let configuration = Configuration::of_size(setup.nodes);
        Checks {
            servers: Servers::new(&configuration),
            lineage: Lineage::default(),
            elections: Elections::default(),
            commits: Commits::new(configuration),
            durability: Durability::default(),
            states: States::default(),
            histories: Histories::default(),
            reports: Reports::default(),
        }
    }

    /// Takes the next event and returns the laws that it breaks.
    ///
    /// Every event of the run must be given, in the order of [`Event::seq`]; violations among them are ignored.
    /// Of each property only the first [`Status::REPORTED_MAX`] violations are reported; all are counted.
    pub fn observe(&mut self, event: &Event) -> Vec<Violation> {
        if matches!(event.kind, EventKind::Violation(_)) {
            return Vec::new();
        }
        let mut report = Report::new(&mut self.reports, event.seq);
        // Each check sees the servers as they were before the event.
        self.elections.observe(event, &mut report);
        log::observe(event, &self.servers, &mut self.lineage, &mut report);
        self.durability.observe(event, &self.servers, &self.lineage, &self.commits, &mut report);
        self.commits.observe(event, &self.servers, &self.lineage, &mut report);
        self.states.observe(event, &mut report);
        self.histories.observe(event, &mut report);
        let found = report.into_found();
        self.servers.update(event, &self.lineage);
        if matches!(event.kind, EventKind::Snapshot { .. }) {
            self.forget_compacted();
        }
        found
    }

    /// The violations that were reported, each with the number of the event that showed it.
    pub fn violations(&self) -> &[(u64, Violation)] {
        self.reports.violations()
    }

    /// How one property stands.
    pub fn status(&self, property: Property) -> Status {
        self.reports.status(property)
    }

    /// How often linearizability could not be decided: too much was possible, and the search for an order was given
    /// up. Of that key nothing is said then until a read shows again what it holds.
    pub fn undecided(&self) -> u64 {
        self.histories.undecided()
    }

    /// No server will start again before what all of them have compacted. What lies far behind is not remembered either:
    /// a server that is down for so long gets a snapshot when it is back.
    fn forget_compacted(&mut self) {
        let committed = self.commits.committed();
        let compacted = self.servers.compacted(committed, &self.lineage);
        self.lineage.forget_before(compacted);
        let remembered = compacted.index.max(Index(committed.index.0.saturating_sub(ENTRIES_REMEMBERED)));
        self.lineage.forget_contents_before(remembered);
        self.states.forget_before(remembered);
    }
}

#[cfg(test)]
mod tests {
    use super::history::History;
    use super::*;

    /// A clone goes on by itself: what it sees does not come to the original.
    #[test]
    fn a_clone_is_a_branch() {
        let mut history = History::new();
        history.leads(0, 1).appends(0, &[(1, 1)]);
        let mut branch = history.checks().clone();
        history.leads(1, 1);
        assert_eq!(branch.status(Property::ElectionSafety), Status::default());
        let status = history.checks().status(Property::ElectionSafety);
        assert_eq!(status, Status { violations: 1, first: Some(2) });
        assert!(branch.violations().is_empty());
        let violation = history.checks().violations()[0].1.clone();
        let told = Event {
            seq: 9,
            at: crate::time::Micros::ZERO,
            cause: None,
            node: None,
            term: crate::raft::Term::ZERO,
            kind: EventKind::Violation(violation),
        };
        assert!(branch.observe(&told).is_empty());
    }

    /// A server that is down for long does not make the checks remember without end.
    #[test]
    fn what_lies_far_behind_is_forgotten() {
        let mut history = History::new();
        history.leads(0, 1);
        for index in 1..=ENTRIES_REMEMBERED + 1_000 {
            history.stores(0, &[(1, index)]).stores(1, &[(1, index)]).commits(0, index);
            history.applies_noop(0, (1, index));
        }
        let remembers = |history: &History, index| history.checks().states.remembers(Index(index));
        assert!(remembers(&history, 1));
        history.compacts(0, (1, ENTRIES_REMEMBERED + 1_000));
        assert!(!remembers(&history, 500) && remembers(&history, 1_000));
        assert_eq!(history.broken(), [""; 0]);
    }

    /// All violations are counted; only the first ones of a property are kept.
    #[test]
    fn a_flood_is_counted_and_cut() {
        let mut history = History::new();
        for _ in 0..50 {
            history.leads(0, 1).leads(1, 1);
        }
        assert_eq!(history.checks().status(Property::ElectionSafety).violations, 50);
        let kept = history.checks().violations().len() as u64;
        assert_eq!(kept, Status::REPORTED_MAX);
        assert_eq!(history.broken(), ["election-safety"]);
        assert!(Property::ALL.iter().any(|property| history.checks().status(*property).holds()));
    }
}
