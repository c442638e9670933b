//! What a person or a scenario does to the world: resolves the targets first, so that a refusal changes nothing.

use super::command::{Command, LinkTargets, MessageFilter, Target, TimerMove};
use super::event::{DropReason, Endpoint, Event, EventKind};
use super::machine::{Ended, Machine, Status, Waiting};
use super::messages::{Handling, Pattern};
use super::world::{Place, World};
use crate::raft::{HardState, Input, MembershipChange, NodeId, ProposalId, RoleName};
use crate::time::Micros;

/// The fastest that a clock may run: its timers must not fill the agenda.
const CLOCK_RATE_MAX: f64 = 100.0;

/// The most servers in a world.
const MACHINES_MAX: usize = 9;

impl World {
    pub(super) fn obey(&mut self, command: &Command, events: &mut Vec<Event>) -> Result<(), String> {
        match command {
            Command::Crash { node } => {
                let id = self.find(*node)?;
                self.crash(id, events)
            }
            Command::Restart { node } => {
                let id = self.find(*node)?;
                self.restart(id, events)
            }
            Command::Wipe { node } => {
                let id = self.find(*node)?;
                self.wipe(id, events)
            }
            Command::Pause { node } => {
                let id = self.find(*node)?;
                self.pause(id, events)
            }
            Command::Resume { node } => {
                let id = self.find(*node)?;
                self.resume(id, events)
            }
            Command::Cut { from, to, both } => {
                let link = self.resolve_link(LinkTargets { from: *from, to: *to, both: *both })?;
                let resolved = Command::Cut { from: link.0.into(), to: link.1.into(), both: *both };
                self.set_links(&both_ways(link, *both), true);
                let cause = self.fault(resolved, None, events);
                self.drop_on_cut_links(cause, events);
                Ok(())
            }
            Command::Heal { link: None } => {
                let all: Vec<_> = self.network.links().map(|(from, to, _)| (from, to)).collect();
                self.set_links(&all, false);
                self.fault(command.clone(), None, events);
                Ok(())
            }
            Command::Heal { link: Some(targets) } => {
                let link = self.resolve_link(*targets)?;
                let resolved = LinkTargets { from: link.0.into(), to: link.1.into(), both: targets.both };
                self.set_links(&both_ways(link, targets.both), false);
                self.fault(Command::Heal { link: Some(resolved) }, None, events);
                Ok(())
            }
            Command::Partition { groups } => self.partition(groups, events),
            Command::Network { from, to, change } => {
                let (from, to) = (self.find_any(*from)?, self.find_any(*to)?);
                self.network.change(from, to, change);
                let resolved = Command::Network {
                    from: from.map(Target::Node),
                    to: to.map(Target::Node),
                    change: change.clone(),
                };
                self.fault(resolved, None, events);
                Ok(())
            }
            Command::Disk { node, sync, fails } => {
                let id = self.find(*node)?;
                self.machine_mut(id).disk.set_fails(*fails);
                if let Some(sync) = sync {
                    self.machine_mut(id).disk.set_sync_range(*sync);
                }
                let resolved = Command::Disk { node: id.into(), sync: *sync, fails: *fails };
                self.fault(resolved, Some(id), events);
                Ok(())
            }
            Command::Clock { node, rate } => {
                let id = self.find(*node)?;
                if !(*rate > 0.0 && *rate <= CLOCK_RATE_MAX) {
                    return Err(format!(
                        "a clock runs at a rate above 0 and at most {CLOCK_RATE_MAX}, not {rate}"
                    ));
                }
                let now = self.now;
                self.machine_mut(id).set_clock_rate(now, *rate);
                self.arm_timer(id);
                let resolved = Command::Clock { node: id.into(), rate: *rate };
                self.fault(resolved, Some(id), events);
                Ok(())
            }
            Command::Timeout { node } => {
                let id = self.find(*node)?;
                self.time_out(id, events)
            }
            Command::Timers { how } => self.move_timers(*how, events),
            Command::Request { client, op, to } => {
                let to = self.find(*to)?;
                self.request(client, op, to, events);
                Ok(())
            }
            Command::Transfer { to } => {
                let to = self.find(*to)?;
                self.transfer(to, events)
            }
            Command::Members { add, remove, learners } => self.change_members(add, remove, learners, events),
            Command::Snapshot { node } => {
                let id = self.find(*node)?;
                self.snapshot_now(id, events)
            }
            Command::Drop(filter) => self.handle_messages(Handling::Drop, filter, events),
            Command::Hold(filter) => self.handle_messages(Handling::Hold, filter, events),
            Command::Release(filter) => self.handle_messages(Handling::Release, filter, events),
            Command::Duplicate(filter) => self.handle_messages(Handling::Duplicate, filter, events),
        }
    }

    pub(super) fn crash(&mut self, id: NodeId, events: &mut Vec<Event>) -> Result<(), String> {
        let machine = self.machine_mut(id);
        let Some(Ended { lost, term, waiting }) = machine.end() else {
            return Err(format!("{id} is down already"));
        };
        let slots = [machine.timer.take(), machine.sync.take()];
        for slot in slots.into_iter().flatten() {
            self.agenda.remove(slot);
        }
        let place = Place { term, ..self.on(id, None) };
        let crashed = self.emit(place, EventKind::Crash { lost }, events);
        for waiting in waiting {
            if let Waiting::Message(message) = waiting {
                self.drop_flight(message, DropReason::Down, Some(crashed), events);
            }
        }
        Ok(())
    }

    fn restart(&mut self, id: NodeId, events: &mut Vec<Event>) -> Result<(), String> {
        let machine = self.machine_mut(id);
        if machine.process.is_some() {
            return Err(format!("{id} is not down"));
        }
        let kind = EventKind::Restart {
            hard_state: machine.disk.hard_state(),
            last: machine.disk.log().last(),
            snapshot_index: machine.disk.log().snapshot_id().index,
        };
        let restarted = self.emit(self.on(id, None), kind, events);
        for HardState { current_term, voted_for, .. } in std::mem::take(&mut self.machine_mut(id).untold) {
            if let Some(candidate) = voted_for {
                let kind = EventKind::Vote { candidate, term: current_term };
                self.emit(self.on(id, Some(restarted)), kind, events);
            }
        }
        self.start(id, Some(restarted), events);
        Ok(())
    }

    fn wipe(&mut self, id: NodeId, events: &mut Vec<Event>) -> Result<(), String> {
        let machine = self.machine_mut(id);
        if machine.process.is_some() {
            return Err(format!("{id} is not down: only a crashed node loses its disk"));
        }
        machine.disk.wipe();
        machine.untold.clear();
        machine.wipes += 1;
        self.emit(self.on(id, None), EventKind::Wipe, events);
        Ok(())
    }

    fn pause(&mut self, id: NodeId, events: &mut Vec<Event>) -> Result<(), String> {
        let process = self.machine_mut(id).process.as_mut();
        let Some(process) = process.filter(|process| process.waiting.is_none()) else {
            return Err(format!("{id} is not running"));
        };
        process.waiting = Some(Default::default());
        self.arm_timer(id);
        self.emit(self.on(id, None), EventKind::Pause, events);
        Ok(())
    }

    fn resume(&mut self, id: NodeId, events: &mut Vec<Event>) -> Result<(), String> {
        let process = self.machine_mut(id).process.as_mut();
        let Some(waiting) = process.and_then(|process| process.waiting.take()) else {
            return Err(format!("{id} is not paused"));
        };
        self.emit(self.on(id, None), EventKind::Resume, events);
        for waiting in waiting {
            match waiting {
                Waiting::Message(message) => self.deliver(message, events),
                Waiting::Synced(synced) => self.writes_are_done(id, synced, events),
                Waiting::WriteFailed => self.write_fails(id, events),
            }
        }
        self.arm_timer(id);
        Ok(())
    }

    fn partition(&mut self, groups: &[Vec<Target>], events: &mut Vec<Event>) -> Result<(), String> {
        let mut group_of: Vec<Option<usize>> = vec![None; self.machines.len()];
        let mut resolved: Vec<Vec<Target>> = Vec::new();
        for (group, targets) in groups.iter().enumerate() {
            let mut members = Vec::new();
            for target in targets {
                let id = self.find(*target)?;
                if group_of[id.0 as usize].replace(group).is_some() {
                    return Err(format!("{id} is named twice"));
                }
                members.push(id.into());
            }
            resolved.push(members);
        }
        let links: Vec<_> = self.network.links().map(|(from, to, _)| (from, to)).collect();
        for (from, to) in links {
            let (one, other) = (group_of[from.0 as usize], group_of[to.0 as usize]);
            // A node in no group is a group by itself.
            self.network.set_cut(from, to, one.is_none() || one != other);
        }
        let cause = self.fault(Command::Partition { groups: resolved }, None, events);
        self.drop_on_cut_links(cause, events);
        Ok(())
    }

    fn time_out(&mut self, id: NodeId, events: &mut Vec<Event>) -> Result<(), String> {
        let machine = &self.machines[id.0 as usize];
        let has_timer = machine.node().is_some_and(|node| node.election_timer().is_some());
        if machine.status() != Status::Running {
            return Err(format!("{id} is not running"));
        }
        if !has_timer {
            return Err(format!("{id} leads, and has no election timer"));
        }
        let local = machine.to_local(self.now);
        let cause = self.fault(Command::Timeout { node: id.into() }, Some(id), events);
        self.drive(id, Input::SetElectionDeadline(local), Some(cause), events);
        self.drive(id, Input::TimerCheck, Some(cause), events);
        Ok(())
    }

    fn move_timers(&mut self, how: TimerMove, events: &mut Vec<Event>) -> Result<(), String> {
        let with_timer: Vec<NodeId> = self
            .machines
            .iter()
            .filter(|machine| machine.status() == Status::Running)
            .filter(|machine| machine.node().is_some_and(|node| node.election_timer().is_some()))
            .map(Machine::id)
            .collect();
        if with_timer.is_empty() {
            return Err("no election timer is running".to_owned());
        }
        let cause = self.fault(Command::Timers { how }, None, events);
        let count = with_timer.len() as u64;
        let (shortest, longest) = self.setup.config.election_timeout;
        let first = self.timers.below(count);
        for (place, id) in with_timer.into_iter().enumerate() {
            let machine = &self.machines[id.0 as usize];
            let deadline = match how {
                TimerMove::Spread => {
                    let step = (first + place as u64) % count;
                    let part = (longest - shortest).0 / (count - 1).max(1) * step;
                    machine.to_local(self.now) + shortest + Micros(part)
                }
                // As soon as what is under way has arrived and cannot move them again.
                TimerMove::Align => machine.to_local(self.now + self.slowest_latency() + Micros(1)),
            };
            self.drive(id, Input::SetElectionDeadline(deadline), Some(cause), events);
        }
        Ok(())
    }

    fn slowest_latency(&self) -> Micros {
        let links = self.network.links().filter(|(_, _, link)| !link.cut);
        links.map(|(_, _, link)| link.latency.1).max().unwrap_or_default()
    }

    fn transfer(&mut self, to: NodeId, events: &mut Vec<Event>) -> Result<(), String> {
        let leader = self.find(Target::Leader)?;
        if leader == to {
            return Err(format!("{to} leads already"));
        }
        if !self.runs(leader) {
            return Err(format!("{leader} leads, but is not running"));
        }
        let cause = self.fault(Command::Transfer { to: to.into() }, Some(leader), events);
        self.drive(leader, Input::TransferLeadership(to), Some(cause), events);
        Ok(())
    }

    fn change_members(
        &mut self,
        add: &[Target],
        remove: &[Target],
        learners: &[Target],
        events: &mut Vec<Event>,
    ) -> Result<(), String> {
        let leader = self.find(Target::Leader)?;
        if !self.runs(leader) {
            return Err(format!("{leader} leads, but is not running"));
        }
        let mut count = self.machines.len();
        let mut resolve = |targets: &[Target], may_be_new: bool| -> Result<Vec<NodeId>, String> {
            let resolve_one = |target: &Target| match target {
                Target::Node(id) if may_be_new && id.0 as usize == count && count < MACHINES_MAX => {
                    count += 1;
                    Ok(*id)
                }
                Target::Node(id) if (id.0 as usize) < count => Ok(*id),
                target => self.find(*target),
            };
            targets.iter().map(resolve_one).collect()
        };
        let change = MembershipChange {
            add: resolve(add, true)?,
            learners: resolve(learners, true)?,
            remove: resolve(remove, false)?,
        };
        let named = |ids: &[NodeId]| ids.iter().copied().map(Target::Node).collect();
        let command = Command::Members {
            add: named(&change.add),
            remove: named(&change.remove),
            learners: named(&change.learners),
        };
        let cause = self.fault(command, Some(leader), events);
        while self.machines.len() < count {
            self.add_machine(cause, events);
        }
        let ask = self.machine_mut(leader).process.as_mut().map(|process| process.next_ask());
        if let Some(ask) = ask {
            self.drive(leader, Input::ChangeMembership { id: ProposalId(ask), change }, Some(cause), events);
        }
        Ok(())
    }

    /// A further server, which knows nobody and waits to be added to the cluster.
    fn add_machine(&mut self, cause: u64, events: &mut Vec<Event>) {
        let id = NodeId(self.machines.len() as u32);
        self.network.add_node();
        self.machines.push(Machine::new(&self.setup, id));
        self.start(id, Some(cause), events);
    }

    fn snapshot_now(&mut self, id: NodeId, events: &mut Vec<Event>) -> Result<(), String> {
        if !self.runs(id) {
            return Err(format!("{id} is not running"));
        }
        if !self.has_news_for_snapshot(id) {
            return Err(format!("{id} has applied nothing since its last snapshot"));
        }
        let cause = self.fault(Command::Snapshot { node: id.into() }, Some(id), events);
        self.take_snapshot(id, Some(cause), events);
        Ok(())
    }

    fn handle_messages(
        &mut self,
        handling: Handling,
        filter: &MessageFilter,
        events: &mut Vec<Event>,
    ) -> Result<(), String> {
        let resolved = MessageFilter {
            from: self.find_any(filter.from)?.map(Target::Node),
            to: self.find_any(filter.to)?.map(Target::Node),
            ..filter.clone()
        };
        if let Some(message) = filter.id {
            let flight = self.flights.get(&message);
            if !flight.is_some_and(|flight| handling.concerns(flight)) {
                return Err(format!("message {message} is not under way"));
            }
        }
        let pattern =
            Pattern { kind: filter.kind, from: self.find_any(filter.from)?, to: self.find_any(filter.to)? };
        let command = match handling {
            Handling::Drop => Command::Drop(resolved),
            Handling::Hold => Command::Hold(resolved),
            Handling::Release => Command::Release(resolved),
            Handling::Duplicate => Command::Duplicate(resolved),
        };
        let cause = self.fault(command, None, events);
        match filter.id {
            Some(message) => self.handle_one(handling, message, cause, events),
            None => self.handle(handling, pattern, filter.count, cause, events),
        }
        Ok(())
    }

    fn set_links(&mut self, links: &[(NodeId, NodeId)], cut: bool) {
        for (from, to) in links {
            self.network.set_cut(*from, *to, cut);
        }
    }

    fn drop_on_cut_links(&mut self, cause: u64, events: &mut Vec<Event>) {
        let lost: Vec<u64> = self
            .flights
            .values()
            .filter(|flight| flight.under_way())
            .filter(|flight| match (&flight.from, &flight.to) {
                (Endpoint::Node(from), Endpoint::Node(to)) => {
                    self.network.link(*from, *to).is_some_and(|link| link.cut)
                }
                _ => false,
            })
            .map(|flight| flight.id)
            .collect();
        for message in lost {
            self.drop_flight(message, DropReason::Cut, Some(cause), events);
        }
    }

    fn fault(&mut self, resolved: Command, id: Option<NodeId>, events: &mut Vec<Event>) -> u64 {
        let place = id.map_or_else(Place::default, |id| self.on(id, None));
        self.emit(place, EventKind::Fault(resolved), events)
    }

    fn resolve_link(&self, link: LinkTargets) -> Result<(NodeId, NodeId), String> {
        let (from, to) = (self.find(link.from)?, self.find(link.to)?);
        if from == to {
            return Err(format!("{from} has no link to itself"));
        }
        Ok((from, to))
    }

    fn find_any(&self, target: Option<Target>) -> Result<Option<NodeId>, String> {
        target.map(|target| self.find(target)).transpose()
    }

    /// Which node is meant at this moment.
    ///
    /// # Errors
    /// Says why there is none, for example that nobody leads.
    pub fn find(&self, target: Target) -> Result<NodeId, String> {
        let running = |roles: &[RoleName]| {
            self.machines
                .iter()
                .filter(|machine| machine.status() == Status::Running)
                .filter_map(Machine::node)
                .find(|node| roles.contains(&node.role()))
                .map(|node| node.id())
        };
        match target {
            Target::Node(id) => self.machine(id).map(Machine::id).ok_or_else(|| format!("there is no {id}")),
            Target::Leader => self.leader().ok_or_else(|| "there is no leader".to_owned()),
            Target::Follower => {
                running(&[RoleName::Follower]).ok_or_else(|| "there is no running follower".to_owned())
            }
            Target::Candidate => running(&[RoleName::Candidate, RoleName::PreCandidate])
                .ok_or_else(|| "there is no running candidate".to_owned()),
        }
    }
}

fn both_ways((from, to): (NodeId, NodeId), both: bool) -> Vec<(NodeId, NodeId)> {
    if both { vec![(from, to), (to, from)] } else { vec![(from, to)] }
}

impl From<NodeId> for Target {
    fn from(id: NodeId) -> Target {
        Target::Node(id)
    }
}
