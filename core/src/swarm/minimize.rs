//! From a scenario that fails to the smallest one that fails in the same way.
//!
//! Delta debugging (Zeller and Hildebrandt, 2002): steps are left out in ever smaller groups, then everything else is made
//! plainer, as long as the same thing goes wrong; and all of it again until nothing helps.

use super::RECOVERY;
use super::examine::{Finding, Wrong, examine};
use super::exercise::Exercise;
use crate::raft::NodeId;
use crate::scenario::{Scenario, Step};
use crate::sim::{Command, DiskSetup, Mix, NetworkSetup, NodeSetup, Setup, Target};
use crate::time::Micros;

/// What became of a scenario.
#[derive(Clone, Debug)]
pub struct Minimized {
    /// The smallest one that was found.
    pub scenario: Scenario,
    /// What goes wrong with it.
    pub finding: Finding,
    /// How many runs it took.
    pub runs: u64,
}

/// Looks for the smallest scenario that fails as `scenario` does with `finding`, in at most so many runs.
pub fn minimize(scenario: &Scenario, finding: &Finding, runs_max: u64) -> Minimized {
    let best = Minimized { scenario: scenario.clone(), finding: finding.clone(), runs: 0 };
    let kept_from = match finding.wrong {
        Wrong::Stuck => Some(scenario.until - RECOVERY),
        _ => None,
    };
    let mut search = Search { best, runs_max, kept_from };
    search.end_early();
    loop {
        let before = search.best.scenario.clone();
        search.leave_out_steps();
        search.leave_out_clients();
        search.make_world_plain();
        search.make_steps_plain();
        if search.best.scenario == before || search.best.runs >= runs_max {
            return search.best;
        }
    }
}

struct Search {
    best: Minimized,
    runs_max: u64,
    /// Where the faults end: what heals the cluster then must stay, or that nothing comes about would mean nothing.
    kept_from: Option<Micros>,
}

impl Search {
    /// Takes the scenario if it still fails in the same way. Returns whether it does.
    fn try_one(&mut self, mut scenario: Scenario) -> bool {
        if self.best.runs >= self.runs_max || scenario == self.best.scenario {
            return false;
        }
        self.best.runs += 1;
        let Some(finding) = examine(&scenario, &mut Exercise::default()) else { return false };
        if finding.wrong != self.best.finding.wrong {
            return false;
        }
        if ends_it(finding.wrong) {
            scenario.end_at(finding.at);
        }
        self.best = Minimized { scenario, finding, runs: self.best.runs };
        true
    }

    fn try_change(&mut self, change: impl FnOnce(&mut Scenario)) -> bool {
        let mut scenario = self.best.scenario.clone();
        change(&mut scenario);
        self.try_one(scenario)
    }

    /// What comes after a broken law does not matter, and then nothing is expected of the end.
    fn end_early(&mut self) {
        if ends_it(self.best.finding.wrong) {
            let at = self.best.finding.at;
            self.best.scenario.end_at(at);
            self.try_change(|scenario| scenario.expect.clear());
        }
    }

    /// How many steps may be left out or changed: these come first.
    fn free_steps(&self) -> usize {
        let steps = &self.best.scenario.steps;
        self.kept_from.map_or(steps.len(), |from| steps.partition_point(|step| step.at < from))
    }

    fn leave_out_steps(&mut self) {
        let mut size = self.free_steps().div_ceil(2);
        while size > 0 {
            let mut end = self.free_steps();
            while end > 0 {
                let begin = end.saturating_sub(size);
                self.try_change(|scenario| drop(scenario.steps.drain(begin..end)));
                end = begin.min(self.free_steps());
            }
            size = if size == 1 { 0 } else { size.div_ceil(2) };
        }
    }

    fn leave_out_clients(&mut self) {
        for place in (0..self.best.scenario.setup.clients.len()).rev() {
            self.try_change(|scenario| drop(scenario.setup.clients.remove(place)));
        }
        for place in 0..self.best.scenario.setup.clients.len() {
            self.try_change(|scenario| scenario.setup.clients[place].keys = 1);
            let plain = [
                Mix { set: 1, get: 0, cas: 0, delete: 0, append: 0 },
                Mix { set: 1, get: 1, cas: 0, delete: 0, append: 0 },
            ];
            if !plain.contains(&self.best.scenario.setup.clients[place].mix) {
                let mut mixes = plain.into_iter();
                while let Some(mix) = mixes.next()
                    && !self.try_change(|scenario| scenario.setup.clients[place].mix = mix)
                {}
            }
            self.try_change(|scenario| {
                scenario.setup.clients[place].every = Micros::from_millis(100);
            });
        }
    }

    fn make_world_plain(&mut self) {
        for nodes in 1..self.best.scenario.setup.nodes {
            if self.try_change(|scenario| leave_out_nodes(scenario, nodes)) {
                break;
            }
        }
        type Change = fn(&mut Setup);
        let changes: [Change; 12] = [
            |setup| setup.network = NetworkSetup::default(),
            |setup| setup.network.loss = 0.0,
            |setup| setup.network.duplicate = 0.0,
            |setup| setup.network.latency = NetworkSetup::default().latency,
            |setup| setup.disk = DiskSetup::default(),
            |setup| setup.config = NodeSetup::default(),
            |setup| setup.config.snapshot_every = NodeSetup::default().snapshot_every,
            |setup| setup.config.max_entries_per_append = NodeSetup::default().max_entries_per_append,
            |setup| setup.config.max_inflight = NodeSetup::default().max_inflight,
            |setup| setup.config.pre_vote = true,
            |setup| setup.config.check_quorum = true,
            |setup| {
                setup.config.election_timeout = NodeSetup::default().election_timeout;
                setup.config.heartbeat = NodeSetup::default().heartbeat;
            },
        ];
        for change in changes {
            self.try_change(|scenario| change(&mut scenario.setup));
        }
    }

    fn make_steps_plain(&mut self) {
        // Moments that read well.
        for grain in [100_000, 10_000, 1_000] {
            let round = |at: Micros| Micros(at.0 / grain * grain);
            let free = self.free_steps();
            self.try_change(|scenario| {
                scenario.steps[..free].iter_mut().for_each(|step| step.at = round(step.at));
            });
            for place in 0..self.free_steps() {
                self.try_change(|scenario| {
                    if let Some(step) = scenario.steps.get_mut(place) {
                        step.at = round(step.at);
                    }
                    scenario.steps.sort_by_key(|step| step.at);
                });
            }
        }
        for place in 0..self.free_steps() {
            self.try_change(|scenario| {
                if let Some(step) = scenario.steps.get_mut(place) {
                    make_plain(&mut step.command);
                }
            });
        }
    }
}

/// Whether nothing that comes later belongs to it.
fn ends_it(wrong: Wrong) -> bool {
    matches!(wrong, Wrong::Broken(_) | Wrong::Endless)
}

/// The messages that match are one, and a link is cut or healed in one direction.
fn make_plain(command: &mut Command) {
    match command {
        Command::Drop(filter) | Command::Hold(filter) | Command::Duplicate(filter) => filter.count = 1,
        Command::Cut { both, .. } => *both = false,
        _ => {}
    }
}

/// Lets the cluster have only this many nodes, and leaves out the steps about others.
fn leave_out_nodes(scenario: &mut Scenario, nodes: u32) {
    scenario.setup.nodes = nodes;
    let is_there = |target: &Target| !matches!(target, Target::Node(NodeId(id)) if *id >= nodes);
    for step in &mut scenario.steps {
        if let Command::Partition { groups } = &mut step.command {
            groups.iter_mut().for_each(|group| group.retain(is_there));
        }
    }
    scenario.steps.retain(|Step { command, .. }| command.targets().iter().all(is_there));
    scenario
        .expect
        .retain(|expect| expect.checks.iter().all(|check| check.target().is_none_or(|it| is_there(&it))));
}
