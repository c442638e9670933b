//! A run to look at, for tests of views.

use std::collections::VecDeque;

use mini_raft_core::kv::{ClientId, Op};
use mini_raft_core::raft::NodeId;
use mini_raft_core::run::Run;
use mini_raft_core::sim::{Command, Event, Setup, Target, World};
use mini_raft_core::time::Micros;

use super::chronicle::Chronicle;
use super::inspector::Past;
use crate::text::YOU;

/// A run and all its events.
pub(crate) struct Sample {
    run: Run,
    fresh: Vec<Event>,
    pub(crate) events: VecDeque<Event>,
    pub(crate) chronicle: Chronicle,
}

impl Sample {
    /// A world at its start.
    pub(crate) fn new(setup: Setup) -> Sample {
        let mut fresh = Vec::new();
        let run = Run::new(setup, Vec::new(), &mut fresh);
        let mut sample = Sample { run, fresh, events: VecDeque::new(), chronicle: Chronicle::default() };
        sample.absorb();
        sample
    }

    /// Five nodes, one of which leads.
    pub(crate) fn with_leader() -> (Sample, NodeId) {
        let mut sample = Sample::new(Setup::default());
        sample.run_until(|world| world.leader().is_some());
        sample.run_for(200);
        let leader = sample.world().leader().expect("an election takes less than a second");
        (sample, leader)
    }

    pub(crate) fn world(&self) -> &World {
        self.run.world()
    }

    pub(crate) fn past(&self) -> Past<'_> {
        Past { events: &self.events, chronicle: &self.chronicle }
    }

    pub(crate) fn run_for(&mut self, millis: u64) {
        let until = self.run.now() + Micros::from_millis(millis);
        self.run.run_until(until, &mut self.fresh);
        self.absorb();
    }

    /// Does the next thing.
    pub(crate) fn step(&mut self) {
        self.run.step(&mut self.fresh);
        self.absorb();
    }

    /// Runs until this holds.
    pub(crate) fn run_until(&mut self, holds: impl Fn(&World) -> bool) {
        for _ in 0..200_000 {
            if holds(self.run.world()) {
                return;
            }
            assert!(self.run.step(&mut self.fresh), "the world ends");
            self.absorb();
        }
        panic!("what is waited for never comes");
    }

    pub(crate) fn command(&mut self, command: Command) {
        self.run.command(command, &mut self.fresh).expect("the command can be done");
        self.absorb();
    }

    /// The form sends this to the leader.
    pub(crate) fn ask(&mut self, op: Op) {
        self.command(Command::Request { client: ClientId::new(YOU), op, to: Target::Leader });
    }

    pub(crate) fn set(&mut self, key: &str, value: &str) {
        self.ask(Op::Set { key: key.into(), value: value.into() });
    }

    fn absorb(&mut self) {
        for event in self.fresh.drain(..) {
            self.chronicle.observe(&event);
            self.events.push_back(event);
        }
    }
}
