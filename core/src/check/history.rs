//! Histories made by hand: what a test says happened, event by event.

use std::sync::Arc;

use super::Checks;
use crate::kv::{ClientId, Command, Machine, Op, Outcome};
use crate::raft::{
    AppendEntriesReply, AppendOutcome, Body, Entry, EntryId, Fact, HardState, Incarnation, Index,
    InstallSnapshotReply, Message, NodeId, Payload as EntryPayload, RoleName, RoleReason, Term, VoteReply,
};
use crate::sim::event::{ClientAnswer, ClientError, Endpoint, Event, EventKind, Payload, SnapshotOrigin};
use crate::sim::setup::Setup;
use crate::time::Micros;

/// A run of three servers, told to the checks as it is told here.
///
/// Nodes are given by number, entries as `(term, index)`. Every call is one event; `node_terms` is what the events
/// say of each server's term, raised by [`leads`](History::leads) and [`in_term`](History::in_term).
pub(super) struct History {
    checks: Checks,
    next_seq: u64,
    node_terms: [u64; 3],
    /// What [`applies`](History::applies) runs: a state machine for each server.
    pub(super) machines: [Machine; 3],
}

/// An entry by term and index.
pub(super) type Id = (u64, u64);

impl History {
    pub(super) fn new() -> History {
        History {
            checks: Checks::new(&Setup { nodes: 3, ..Setup::default() }),
            next_seq: 0,
            node_terms: [0; 3],
            machines: Default::default(),
        }
    }

    /// The names of the properties broken so far, each once, in order.
    pub(super) fn broken(&self) -> Vec<&'static str> {
        let mut names: Vec<&'static str> = Vec::new();
        for (_, violation) in self.checks.violations() {
            if !names.contains(&violation.property) {
                names.push(violation.property);
            }
        }
        names
    }

    /// The sentences so far.
    pub(super) fn details(&self) -> Vec<&str> {
        self.checks.violations().iter().map(|(_, violation)| violation.detail.as_str()).collect()
    }

    pub(super) fn checks(&self) -> &Checks {
        &self.checks
    }

    /// Something happens on a server.
    pub(super) fn on(&mut self, node: u32, kind: EventKind) -> &mut History {
        let event = Event {
            seq: self.next_seq,
            at: Micros::from_millis(self.next_seq),
            cause: None,
            node: Some(NodeId(node)),
            term: Term(self.node_terms[node as usize]),
            kind,
        };
        self.next_seq += 1;
        self.checks.observe(&event);
        self
    }

    /// From now on the server's events are of this term.
    pub(super) fn in_term(&mut self, node: u32, term: u64) -> &mut History {
        self.node_terms[node as usize] = term;
        self
    }

    /// It becomes the leader of this term.
    pub(super) fn leads(&mut self, node: u32, term: u64) -> &mut History {
        let why = RoleReason::ElectionWon { votes: 2, needed: 2 };
        self.role(node, RoleName::Leader, term, why)
    }

    /// It becomes a follower in this term.
    pub(super) fn follows(&mut self, node: u32, term: u64) -> &mut History {
        let why = RoleReason::HigherTerm { from: NodeId(0), term: Term(term) };
        self.role(node, RoleName::Follower, term, why)
    }

    fn role(&mut self, node: u32, to: RoleName, term: u64, why: RoleReason) -> &mut History {
        let fact = Fact::RoleChanged { from: RoleName::Follower, to, term: Term(term), why };
        self.in_term(node, term).on(node, EventKind::Fact(fact))
    }

    /// Empty entries enter its log.
    pub(super) fn appends(&mut self, node: u32, ids: &[Id]) -> &mut History {
        let entries = ids.iter().map(|id| noop(*id)).collect();
        self.on(node, EventKind::Append { entries })
    }

    /// An entry with a command enters its log.
    pub(super) fn appends_command(&mut self, node: u32, id: Id, command: &Command) -> &mut History {
        self.on(node, EventKind::Append { entries: Arc::from([entry(id, command)]) })
    }

    pub(super) fn truncates(&mut self, node: u32, from: u64) -> &mut History {
        self.on(node, EventKind::Truncate { from: Index(from) })
    }

    /// Its disk holds the log up to this entry.
    pub(super) fn syncs(&mut self, node: u32, last: Id) -> &mut History {
        self.on(node, EventKind::Sync { last: id(last) })
    }

    /// Empty entries enter its log and get on its disk.
    pub(super) fn stores(&mut self, node: u32, ids: &[Id]) -> &mut History {
        self.appends(node, ids).syncs(node, *ids.last().expect("an entry"))
    }

    pub(super) fn commits(&mut self, node: u32, index: u64) -> &mut History {
        self.on(node, EventKind::Commit { index: Index(index) })
    }

    /// It applies an empty entry.
    pub(super) fn applies_noop(&mut self, node: u32, id: Id) -> &mut History {
        let digest = self.machines[node as usize].digest();
        self.on(node, EventKind::Apply { entry: noop(id), outcome: None, digest })
    }

    /// It applies a command, as its state machine does.
    pub(super) fn applies(&mut self, node: u32, id: Id, command: &Command) -> &mut History {
        let machine = &mut self.machines[node as usize];
        let outcome = Some(machine.apply(&command.encode()));
        let digest = machine.digest();
        self.on(node, EventKind::Apply { entry: entry(id, command), outcome, digest })
    }

    /// It applies a command, as a state machine without sessions does.
    pub(super) fn applies_without_session(&mut self, node: u32, id: Id, command: &Command) -> &mut History {
        let machine = &mut self.machines[node as usize];
        let outcome = Some(machine.apply_with(&command.encode(), false));
        let digest = machine.digest();
        self.on(node, EventKind::Apply { entry: entry(id, command), outcome, digest })
    }

    pub(super) fn installs(&mut self, node: u32, last_included: Id) -> &mut History {
        let origin = SnapshotOrigin::Installed;
        self.on(node, EventKind::Snapshot { last_included: id(last_included), origin })
    }

    pub(super) fn compacts(&mut self, node: u32, last_included: Id) -> &mut History {
        let origin = SnapshotOrigin::Taken;
        self.on(node, EventKind::Snapshot { last_included: id(last_included), origin })
    }

    /// Its vote in this term is on its disk.
    pub(super) fn votes(&mut self, node: u32, term: u64, candidate: u32) -> &mut History {
        self.on(node, EventKind::Vote { candidate: NodeId(candidate), term: Term(term) })
    }

    /// It tells a candidate that it has its vote.
    pub(super) fn grants(&mut self, node: u32, term: u64, candidate: u32) -> &mut History {
        let reply = VoteReply { campaign_term: Term(term), vote_granted: true };
        self.says(node, candidate, Body::RequestVoteReply(reply))
    }

    /// It acknowledges entries up to this index.
    pub(super) fn acknowledges(&mut self, node: u32, leader: u32, index: u64) -> &mut History {
        let outcome = AppendOutcome::Success { match_index: Index(index) };
        self.says(
            node,
            leader,
            Body::AppendEntriesReply(AppendEntriesReply { round: 1, forgetful: None, outcome }),
        )
    }

    /// It acknowledges a snapshot up to this index.
    pub(super) fn acknowledges_snapshot(&mut self, node: u32, leader: u32, index: u64) -> &mut History {
        let reply =
            InstallSnapshotReply { round: 1, forgetful: None, match_index: Index(index), next_offset: 0 };
        self.says(node, leader, Body::InstallSnapshotReply(reply))
    }

    pub(super) fn says(&mut self, from: u32, to: u32, body: Body) -> &mut History {
        let term = Term(self.node_terms[from as usize]);
        let message = Message { from: NodeId(from), to: NodeId(to), term, body };
        self.sends(from, Endpoint::Node(NodeId(to)), Payload::Peer(message))
    }

    /// It tells a client what came of its request.
    pub(super) fn answers(
        &mut self,
        node: u32,
        client: &str,
        request: u64,
        outcome: Outcome,
    ) -> &mut History {
        let client = ClientId::new(client);
        let answer = ClientAnswer::Done { outcome, index: Index(1) };
        self.sends(node, Endpoint::Client(client.clone()), Payload::Reply { client, request, answer })
    }

    /// A client begins an operation.
    pub(super) fn begins(&mut self, client: &str, request: u64, op: &Op) -> &mut History {
        let client = ClientId::new(client);
        self.on(0, EventKind::Invoke { client, request, op: op.clone() })
    }

    /// A client's operation ends; node-0 answered it.
    pub(super) fn ends(
        &mut self,
        client: &str,
        request: u64,
        op: &Op,
        result: Result<Outcome, ClientError>,
    ) -> &mut History {
        let (client, served_by) = (ClientId::new(client), result.is_ok().then_some((NodeId(0), Index(7))));
        self.on(0, EventKind::Return { client, request, op: op.clone(), result, served_by })
    }

    fn sends(&mut self, from: u32, to: Endpoint, payload: Payload) -> &mut History {
        let kind = EventKind::Send {
            message: self.next_seq,
            from: Endpoint::Node(NodeId(from)),
            to,
            payload: Arc::new(payload),
        };
        self.on(from, kind)
    }

    pub(super) fn crashes(&mut self, node: u32) -> &mut History {
        self.on(node, EventKind::Crash { lost: None })
    }

    /// It starts, and finds this on its disk, without a snapshot.
    pub(super) fn restarts(
        &mut self,
        node: u32,
        term: u64,
        voted_for: Option<u32>,
        last: Id,
    ) -> &mut History {
        let hard_state =
            HardState { current_term: Term(term), voted_for: voted_for.map(NodeId), forgetful: None };
        let kind = EventKind::Restart { hard_state, last: id(last), snapshot_index: Index::ZERO };
        self.machines[node as usize] = Machine::new();
        self.in_term(node, term).on(node, kind)
    }

    pub(super) fn wipes(&mut self, node: u32) -> &mut History {
        self.on(node, EventKind::Wipe)
    }

    pub(super) fn is_admitted_anew(&mut self, node: u32) -> &mut History {
        self.on(node, EventKind::Fact(Fact::AdmittedAnew { index: Index(1), incarnation: Incarnation(1) }))
    }
}

/// The command `client` numbers `request`: append `value` to the key `log`.
pub(super) fn append(client: &str, request: u64, value: &str) -> Command {
    let op = Op::Append { key: "log".into(), value: value.into() };
    Command { client: ClientId::new(client), request, op, stamp: None }
}

fn id((term, index): Id) -> EntryId {
    EntryId::new(term, index)
}

fn noop((term, index): Id) -> Entry {
    Entry { term: Term(term), index: Index(index), payload: EntryPayload::Noop }
}

fn entry((term, index): Id, command: &Command) -> Entry {
    Entry { term: Term(term), index: Index(index), payload: EntryPayload::Command(command.encode()) }
}
