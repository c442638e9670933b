//! What really happened in a run: a search in which nothing happens finds nothing.

use std::collections::BTreeMap;

use crate::kv::Outcome;
use crate::raft::{Fact, RoleName};
use crate::scenario::action;
use crate::sim::event::{ClientError, MessageKind, SnapshotOrigin};
use crate::sim::{DropReason, Event, EventKind};

/// Counts of what happened, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exercise {
    /// What was done to servers, disks, clocks, the network and messages: those that had an effect.
    pub faults: BTreeMap<&'static str, u64>,
    /// Changes of roles: `candidate to leader`, ….
    pub roles: BTreeMap<String, u64>,
    /// Rarer turns of the algorithm, and what clients were told.
    pub turns: BTreeMap<&'static str, u64>,
    /// All events.
    pub events: u64,
    /// How often linearizability could not be decided.
    pub undecided: u64,
}

impl Exercise {
    /// Takes the next event.
    pub fn count(&mut self, event: &Event) {
        self.events += 1;
        if let Some(name) = fault(&event.kind) {
            *self.faults.entry(name).or_default() += 1;
        }
        if let EventKind::Fact(Fact::RoleChanged { from, to, .. }) = &event.kind
            && from != to
        {
            *self.roles.entry(format!("{from} to {to}")).or_default() += 1;
        }
        if let Some(name) = turn(&event.kind) {
            *self.turns.entry(name).or_default() += 1;
        }
    }

    /// Adds what happened elsewhere.
    pub fn add(&mut self, other: &Exercise) {
        for (name, count) in &other.faults {
            *self.faults.entry(name).or_default() += count;
        }
        for (name, count) in &other.roles {
            *self.roles.entry(name.clone()).or_default() += count;
        }
        for (name, count) in &other.turns {
            *self.turns.entry(name).or_default() += count;
        }
        self.events += other.events;
        self.undecided += other.undecided;
    }

    /// Whether nothing was put to the test: nobody was elected, or no client was answered.
    pub fn is_idle(&self) -> bool {
        let elected = self.roles.keys().any(|change| change.ends_with(RoleName::Leader.as_str()));
        !elected || !self.turns.contains_key(DONE)
    }
}

const DONE: &str = "operation done";

fn fault(kind: &EventKind) -> Option<&'static str> {
    Some(match kind {
        EventKind::Crash { lost: Some(_) } => "crash that loses entries",
        EventKind::Crash { lost: None } => "crash",
        EventKind::Restart { .. } => "restart",
        EventKind::Wipe => "wipe",
        EventKind::Pause => "pause",
        EventKind::Resume => "resume",
        EventKind::Fault(command) => action(command),
        EventKind::Drop { why, .. } => match why {
            DropReason::Lost => "message lost",
            DropReason::Cut => "message on a cut link",
            DropReason::Down => "message to a server that is down",
            DropReason::ByHand => "message dropped",
            DropReason::Full => "message beyond what a link holds",
        },
        _ => return None,
    })
}

fn turn(kind: &EventKind) -> Option<&'static str> {
    Some(match kind {
        EventKind::Fact(fact) => match fact {
            Fact::ConflictRemoved { .. } => "conflict removed",
            Fact::AppendRefused { .. } => "append refused",
            Fact::SnapshotIgnored { .. } => "snapshot ignored",
            Fact::OldTermNotCounted { .. } => "old term not counted",
            Fact::AdmittedAnew { .. } => "server admitted anew",
            Fact::TimeoutNowSent { .. } => "leadership transferred",
            Fact::ReadConfirmed { .. } => "read confirmed",
            Fact::ReadByLease { .. } => "read by lease",
            _ => return None,
        },
        EventKind::Deliver { payload, .. } if payload.kind() == MessageKind::ReadIndexReply => {
            "read answered by a follower"
        }
        EventKind::Snapshot { origin: SnapshotOrigin::Taken, .. } => "snapshot taken",
        EventKind::Snapshot { origin: SnapshotOrigin::Installed, .. } => "snapshot installed",
        EventKind::Return { result, .. } => match result {
            Ok(_) => DONE,
            Err(ClientError::Unknown) => "operation that may be done given up",
            Err(ClientError::Rejected) => "operation not done",
        },
        EventKind::Apply { outcome: Some(Outcome::Stale), .. } => "request too late",
        EventKind::Apply { outcome: Some(Outcome::Expired(_)), .. } => "session expired",
        EventKind::Skipped { .. } => "step without a target",
        _ => return None,
    })
}
