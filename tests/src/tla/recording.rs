//! A run, recorded as its servers' steps: what each did, and what it had in memory and on disk afterwards.

use std::fmt;

use mini_raft_core::raft::{Entry, EntryId, NodeId, RoleName, WriteId};
use mini_raft_core::run::Run;
use mini_raft_core::scenario::Scenario;
use mini_raft_core::sim::{Event, EventKind, Machine, Payload};

use super::message::Server;

/// A run.
pub(super) struct Recording {
    /// What happened, one moment of the run after the other.
    pub moments: Vec<Moment>,
    /// How many servers ever took part.
    pub servers: u32,
    /// The first voters.
    pub voters: u32,
    /// The logs of those that run at the end, from the end of their snapshots on.
    pub logs: Vec<(NodeId, EntryId, Vec<Entry>)>,
}

/// What happened by one cause: a message came, a timer ran out, a disk finished, a person did something.
pub(super) struct Moment {
    /// The steps of the servers, in order, and what became of messages.
    pub parts: Vec<Part>,
    /// Each server to which something happened, as it was afterwards; none if its process had ended.
    pub seen: Vec<(NodeId, Option<Seen>)>,
    /// Which writes waited for which disk before it, and which after it.
    pub waiting: Vec<(NodeId, Vec<WriteId>, Vec<Waiting>)>,
}

/// A part of a moment.
pub(super) enum Part {
    /// One step of one server.
    Step(NodeId, Vec<Event>),
    /// The network lost a message, or made a copy of one.
    Network(Event),
}

/// A write that waits for the disk.
#[derive(Clone)]
pub(super) struct Waiting {
    /// Its name.
    pub id: WriteId,
    /// The write.
    pub write: mini_raft_core::raft::Write,
}

/// What of a server's state a crash does not touch; of the log only its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Kept {
    /// `current_term`.
    pub term: u64,
    /// `voted_for`.
    pub vote: Option<NodeId>,
    /// What the snapshot covers.
    pub base: u64,
    /// The end of the log.
    pub last: EntryId,
}

/// A server as it can be seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What is in memory and will be kept.
    pub memory: Kept,
    /// What is on the disk.
    pub disk: Kept,
    /// `Follower`, `Candidate` or `Leader`.
    pub role: &'static str,
    /// `commit_index`.
    pub commit: u64,
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let vote = self.vote.map_or("Nil".to_owned(), |id| Server(id).to_string());
        let EntryId { term, index } = self.last;
        let Kept { term: current_term, base, .. } = self;
        write!(f, "Kept({current_term}, {vote}, {base}, {index}, {term})")
    }
}

impl Seen {
    /// What can be seen of a server; none if its process has ended.
    fn of(machine: &Machine) -> Option<Seen> {
        let node = machine.node()?;
        let memory = Kept {
            term: node.current_term().0,
            vote: node.voted_for(),
            base: node.log().snapshot_id().index.0,
            last: node.log().last(),
        };
        Some(Seen {
            memory,
            disk: Kept::on_disk(machine),
            role: role(node.role()),
            commit: node.commit_index().0,
        })
    }
}

impl Kept {
    fn on_disk(machine: &Machine) -> Kept {
        let (hard_state, log) = (machine.disk().hard_state(), machine.disk().log());
        Kept {
            term: hard_state.current_term.0,
            vote: hard_state.voted_for,
            base: log.snapshot_id().index.0,
            last: log.last(),
        }
    }
}

/// The role as TLA+ has it: a pre-candidate has not done anything yet.
pub(super) fn role(role: RoleName) -> &'static str {
    match role {
        RoleName::Follower | RoleName::PreCandidate => "Follower",
        RoleName::Candidate => "Candidate",
        RoleName::Leader => "Leader",
    }
}

impl Recording {
    /// Plays a scenario to its end.
    pub(super) fn of(scenario: &Scenario) -> Recording {
        let mut events = Vec::new();
        let mut run = Run::new(scenario.setup.clone(), scenario.moments(), &mut events);
        let mut moments = Vec::new();
        let mut waiting: Vec<Vec<WriteId>> = Vec::new();
        loop {
            moments.extend(moment(&run, std::mem::take(&mut events), &mut waiting));
            if run.next_at().is_none_or(|at| at > scenario.until) || !run.step(&mut events) {
                break;
            }
        }
        let running = run.world().machines().iter().filter_map(Machine::node);
        let logs = running.map(|node| {
            let base = node.log().snapshot_id();
            (node.id(), base, node.log().iter_from(base.index.next()).cloned().collect())
        });
        let logs = logs.collect();
        let (servers, voters) = (run.world().machines().len() as u32, scenario.setup.nodes);
        Recording { moments, servers, voters, logs }
    }
}

fn moment(run: &Run, events: Vec<Event>, waiting: &mut Vec<Vec<WriteId>>) -> Option<Moment> {
    let parts = parts(events);
    let machines = run.world().machines();
    waiting.resize(machines.len(), Vec::new());
    let mut changes = Vec::new();
    for (machine, before) in machines.iter().zip(waiting) {
        let after: Vec<Waiting> =
            machine.disk().pending().map(|write| Waiting { id: write.id, write: write.clone() }).collect();
        let ids: Vec<WriteId> = after.iter().map(|waiting| waiting.id).collect();
        if ids != *before {
            changes.push((machine.id(), std::mem::replace(before, ids), after));
        }
    }
    let is_concerned = |machine: &&Machine| {
        let id = machine.id();
        changes.iter().any(|(changed, ..)| *changed == id)
            || parts.iter().any(|part| matches!(part, Part::Step(node, _) if *node == id))
    };
    let seen: Vec<_> =
        machines.iter().filter(is_concerned).map(|machine| (machine.id(), Seen::of(machine))).collect();
    (!parts.is_empty() || !seen.is_empty()).then_some(Moment { parts, seen, waiting: changes })
}

/// Sorts events into steps. What a step did comes in this order; an event that is earlier in it begins the next step.
fn parts(events: Vec<Event>) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut phase_before = 0;
    for event in events {
        let Some(phase) = phase(&event.kind) else { continue };
        let Some(node) = event.node else {
            parts.push(Part::Network(event));
            continue;
        };
        // What the network does with a message that was just sent does not end the step.
        let step = parts.iter_mut().rev().find_map(|part| match part {
            Part::Step(last, step) => Some((*last, step)),
            Part::Network(_) => None,
        });
        match step {
            Some((last, step)) if last == node && phase >= phase_before && phase > 0 => step.push(event),
            _ => parts.push(Part::Step(node, vec![event])),
        }
        phase_before = phase;
    }
    parts
}

/// The place of an event within a step; none if it says nothing of servers and what they say to each other.
fn phase(kind: &EventKind) -> Option<u32> {
    match kind {
        EventKind::Deliver { .. } | EventKind::Restart { .. } | EventKind::Crash { .. } => Some(0),
        EventKind::Fact(_) => Some(1),
        EventKind::Truncate { .. } | EventKind::Append { .. } => Some(2),
        EventKind::Send { payload, .. } | EventKind::Drop { payload, .. } => match **payload {
            Payload::Peer(_) => Some(3),
            Payload::Request { .. } | Payload::Reply { .. } => None,
        },
        EventKind::Snapshot { .. } => Some(4),
        EventKind::Commit { .. } => Some(5),
        _ => None,
    }
}
