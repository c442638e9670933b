//! A scenario of the library, played and kept, for tests that look closer than its expectations do.

use mini_raft_core::play::play;
use mini_raft_core::raft::{EntryId, Index, Node, NodeId, Switchable, Term};
use mini_raft_core::run::Run;
use mini_raft_core::scenario::{self, Scenario};
use mini_raft_core::sim::{Event, EventKind};
use mini_raft_core::time::Micros;

/// A run and all its events.
pub struct Played {
    /// The run, where it is now.
    pub run: Run,
    /// What has happened so far.
    pub events: Vec<Event>,
    until: Micros,
}

impl Played {
    /// A scenario of the library from its start to its end. It must come true.
    pub fn to_end(stem: &str) -> Played {
        let scenario = builtin(stem);
        let report = play(&scenario, |_| {});
        assert!(report.ok(), "{stem}:\n{}", report.failures().join("\n"));
        let mut played = Played::of(scenario);
        played.go_to(played.until);
        played
    }

    /// A scenario of the library up to a moment.
    pub fn to(stem: &str, millis: u64) -> Played {
        let mut played = Played::of(builtin(stem));
        played.go_to(Micros::from_millis(millis));
        played
    }

    /// A scenario that has not begun.
    pub fn of(scenario: Scenario) -> Played {
        let mut events = Vec::new();
        let run = Run::new(scenario.setup.clone(), scenario.moments(), &mut events);
        Played { run, events, until: scenario.until }
    }

    /// Goes on to this moment.
    pub fn go_to(&mut self, t: Micros) {
        self.run.run_until(t, &mut self.events);
    }

    /// Goes on to its end.
    pub fn go_to_end(&mut self) {
        self.go_to(self.until);
    }

    /// The node of this number, which is not down.
    pub fn node(&self, id: u32) -> &Node<Switchable> {
        self.run.world().machine(NodeId(id)).and_then(|machine| machine.node()).expect("it is not down")
    }

    /// The nodes that are not down.
    pub fn nodes(&self) -> impl Iterator<Item = &Node<Switchable>> {
        self.run.world().machines().iter().filter_map(|machine| machine.node())
    }

    /// The terms of the entries in the log of this node, from index 1.
    pub fn log_terms(&self, id: u32) -> Vec<u64> {
        self.node(id).log().iter_from(Index(1)).map(|entry| entry.term.0).collect()
    }

    /// Who became leader, in which term, in order.
    pub fn leaders(&self) -> Vec<(NodeId, Term)> {
        let won = |event: &Event| match &event.kind {
            EventKind::Fact(fact) => {
                let is_leader = matches!(
                    fact,
                    mini_raft_core::raft::Fact::RoleChanged {
                        to: mini_raft_core::raft::RoleName::Leader,
                        ..
                    }
                );
                is_leader.then(|| (event.node.expect("a role is a node's"), event.term))
            }
            _ => None,
        };
        self.events.iter().filter_map(won).collect()
    }

    /// The events of this node.
    pub fn events_of(&self, id: u32) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(move |event| event.node == Some(NodeId(id)))
    }

    /// All logs are the same, from the end of the longest snapshot on.
    pub fn assert_logs_are_equal(&self) {
        let base = self.nodes().map(|node| node.log().snapshot_id().index).max().expect("nodes");
        let logs: Vec<Vec<EntryId>> = self
            .nodes()
            .map(|node| node.log().iter_from(base.next()).map(|entry| entry.id()).collect())
            .collect();
        assert!(logs.windows(2).all(|pair| pair[0] == pair[1]), "{logs:?}");
    }
}

/// A scenario of the library.
pub fn builtin(stem: &str) -> Scenario {
    scenario::builtin(stem).unwrap_or_else(|| panic!("no scenario {stem}")).scenario()
}
