//! The driver of a node in the simulator: gives it what happens, and does what its [`Output`] says, in order.

use std::mem;

use super::agenda::Item;
use super::disk::Synced;
use super::event::{ClientAnswer, Endpoint, Event, EventKind, Payload, SnapshotOrigin};
use super::machine::{self, Asked, Waiting};
use super::setup::LOG_ENTRIES_MAX;
use super::world::{Place, World};
use crate::kv::{self, Op, Outcome};
use crate::raft::{
    self, Answer, EntryId, HardState, Index, Input, NodeId, Output, Proposal, ProposalId, ReadId, Refusal,
    Rule, Rules, Write,
};
use crate::time::Micros;

impl World {
    /// Starts a process on a server that has none.
    pub(super) fn start(&mut self, id: NodeId, cause: Option<u64>, events: &mut Vec<Event>) {
        let mut out = mem::take(&mut self.output);
        let (setup, now) = (self.setup.clone(), self.now);
        self.machine_mut(id).start(&setup, now, &mut out);
        let seen = self.seen(id);
        self.do_output(id, seen, cause, &mut out, events);
        self.output = out;
    }

    /// Gives a node something, if it has a process, and does what it wants done. `cause` is the event that led to it.
    pub(super) fn drive(&mut self, id: NodeId, input: Input, cause: Option<u64>, events: &mut Vec<Event>) {
        let seen = self.seen(id);
        let mut out = mem::take(&mut self.output);
        let local = self.machines[id.0 as usize].to_local(self.now);
        if let Some(process) = &mut self.machine_mut(id).process {
            process.node.step(local, input, &mut out);
        }
        self.do_output(id, seen, cause, &mut out, events);
        self.output = out;
        self.take_snapshot_if_due(id, cause, events);
    }

    /// A client's request has come to a running server.
    pub(super) fn ask(&mut self, id: NodeId, asked: Asked, cause: Option<u64>, events: &mut Vec<Event>) {
        let session_timeout = self.setup.config.session_timeout;
        let local = self.machines[id.0 as usize].to_local(self.now);
        let Some(process) = &mut self.machine_mut(id).process else {
            return;
        };
        let ask = process.next_ask();
        let input = if let Op::Get { .. } = asked.op {
            process.asked.insert(ask, asked);
            // A leader answers itself; a follower asks it where to read.
            Input::ReadHere(ReadId(ask))
        } else {
            let stamp = session_timeout.map(|timeout| kv::Stamp { now: local, timeout, since: asked.since });
            let (client, op) = (asked.client.clone(), asked.op.clone());
            let command = kv::Command { client, request: asked.request, op, stamp };
            process.asked.insert(ask, asked);
            Input::Propose(vec![Proposal { id: ProposalId(ask), command: command.encode() }])
        };
        self.drive(id, input, cause, events);
    }

    /// A node's deadline has come.
    pub(super) fn timer_is_due(&mut self, id: NodeId, events: &mut Vec<Event>) {
        self.machine_mut(id).timer = None;
        self.drive(id, Input::TimerCheck, None, events);
    }

    /// Puts the node's deadline on the agenda; that of a paused or crashed one is taken off.
    pub(super) fn arm_timer(&mut self, id: NodeId) {
        let machine = &self.machines[id.0 as usize];
        let deadline = machine.node().filter(|_| self.runs(id)).map(|node| node.deadline());
        let due = deadline
            .filter(|deadline| *deadline < Micros::MAX)
            .map(|deadline| machine.to_world(deadline).max(self.now));
        let armed = machine.timer;
        if armed.map(|slot| slot.at()) == due {
            return;
        }
        if let Some(slot) = armed {
            self.agenda.remove(slot);
        }
        self.machine_mut(id).timer = due.map(|at| self.agenda.add(at, Item::Timer(id)));
    }

    /// A disk has finished a sync: what was synced is durable. A paused process hears of it when it goes on, and only
    /// then has anything else synced.
    pub(super) fn sync_is_done(&mut self, id: NodeId, events: &mut Vec<Event>) {
        let machine = self.machine_mut(id);
        machine.sync = None;
        if machine.disk.sync_has_failed() {
            let process = self.machine_mut(id).process.as_mut();
            return match process.and_then(|process| process.waiting.as_mut()) {
                Some(waiting) => waiting.push(Waiting::WriteFailed),
                None => self.write_fails(id, events),
            };
        }
        let Some(synced) = machine.disk.finish_sync() else {
            return;
        };
        let process = self.machine_mut(id).process.as_mut();
        match process.and_then(|process| process.waiting.as_mut()) {
            Some(waiting) => waiting.push(Waiting::Synced(synced)),
            None => self.writes_are_done(id, synced, events),
        }
    }

    /// A process is told what is durable now; what waits is synced next.
    pub(super) fn writes_are_done(&mut self, id: NodeId, synced: Synced, events: &mut Vec<Event>) {
        self.begin_sync(id);
        let mut told_by = synced.cause;
        for (HardState { current_term, voted_for, .. }, cause) in synced.votes {
            if let Some(candidate) = voted_for {
                let kind = EventKind::Vote { candidate, term: current_term };
                told_by = Some(self.emit(self.on(id, cause), kind, events));
            }
        }
        if let Some((last, cause)) = synced.log_end {
            told_by = Some(self.emit(self.on(id, cause), EventKind::Sync { last }, events));
        }
        self.drive(id, Input::WriteDone(synced.last), told_by, events);
    }

    /// A process is told that a write has failed, and ends: what is on its disk is not known any more.
    pub(super) fn write_fails(&mut self, id: NodeId, events: &mut Vec<Event>) {
        self.drive(id, Input::WriteFailed, None, events);
        if self.machines[id.0 as usize].node().is_some_and(|node| node.is_halted()) {
            // It runs, so that it can end.
            let _ = self.crash(id, events);
        } else {
            // Only without the rule that it must end: it goes on, and what it wrote is not there.
            self.machine_mut(id).disk.lose_failed();
            self.begin_sync(id);
        }
    }

    /// Takes a snapshot of the state machine after the last applied entry, if there is anything new in it.
    pub(super) fn take_snapshot(&mut self, id: NodeId, cause: Option<u64>, events: &mut Vec<Event>) {
        if self.has_news_for_snapshot(id)
            && let Some(process) = &self.machines[id.0 as usize].process
        {
            let (index, data) = (process.node.last_applied(), process.kv.snapshot());
            self.drive(id, Input::SnapshotTaken { index, data }, cause, events);
        }
    }

    /// Whether a snapshot that is taken now would hold anything new.
    pub(super) fn has_news_for_snapshot(&self, id: NodeId) -> bool {
        let node = self.machines[id.0 as usize].node();
        node.is_some_and(|node| node.last_applied() > node.log().snapshot_id().index)
    }

    fn take_snapshot_if_due(&mut self, id: NodeId, cause: Option<u64>, events: &mut Vec<Event>) {
        let every = self.setup.config.snapshot_every;
        let Some(node) = self.machines[id.0 as usize].node() else {
            return;
        };
        let covered = node.log().snapshot_id().index;
        let every = if every > 0 { every.min(LOG_ENTRIES_MAX) } else { LOG_ENTRIES_MAX };
        if node.last_applied().0.saturating_sub(covered.0) >= every {
            self.take_snapshot(id, cause, events);
        }
    }

    fn seen(&self, id: NodeId) -> Seen {
        let node = self.machines[id.0 as usize].node();
        node.map_or_else(Seen::default, |node| Seen {
            commit_index: node.commit_index(),
            snapshot: node.log().snapshot_id(),
        })
    }

    /// Does what a node wants done, in the order that [`Output`] asks for, and leaves `out` empty.
    fn do_output(
        &mut self,
        id: NodeId,
        before: Seen,
        cause: Option<u64>,
        out: &mut Output,
        events: &mut Vec<Event>,
    ) {
        let place = self.on(id, cause);
        for fact in out.facts.drain(..) {
            self.emit(place, EventKind::Fact(fact), events);
        }
        for write in out.writes.drain(..) {
            self.write(id, place, write, events);
        }
        self.begin_sync(id);
        for message in out.messages.drain(..) {
            let (from, to) = (Endpoint::Node(message.from), Endpoint::Node(message.to));
            self.send(from, to, Payload::Peer(message), place, events);
        }
        let place = self.settle_snapshot_and_commit(id, before, place, out, events);
        let applied = self.apply(id, place, out, events);
        for answer in out.answers.drain(..) {
            self.answer(id, answer, &applied, place, events);
        }
        out.clear();
        self.arm_timer(id);
    }

    fn write(&mut self, id: NodeId, place: Place, write: Write, events: &mut Vec<Event>) {
        let mut cause = place.cause;
        if let Some(from) = write.truncate_from {
            cause = Some(self.emit(place, EventKind::Truncate { from }, events));
        }
        if !write.entries.is_empty() {
            let entries = write.entries.clone();
            cause = Some(self.emit(place, EventKind::Append { entries }, events));
        }
        self.machine_mut(id).disk.write(write, cause);
    }

    fn begin_sync(&mut self, id: NodeId) {
        let now = self.now;
        if let Some(at) = self.machine_mut(id).disk.begin_sync(now) {
            self.machine_mut(id).sync = Some(self.agenda.add(at, Item::Sync(id)));
        }
    }

    /// Returns where the applications belong that follow: to the commitment, if there is one.
    fn settle_snapshot_and_commit(
        &mut self,
        id: NodeId,
        before: Seen,
        place: Place,
        out: &mut Output,
        events: &mut Vec<Event>,
    ) -> Place {
        let after = self.seen(id);
        let mut place = place;
        let taken = (before.snapshot != after.snapshot).then_some((after.snapshot, SnapshotOrigin::Taken));
        let installed = out.restore.take().map(|snapshot| {
            if let Some(process) = &mut self.machine_mut(id).process {
                process.kv = machine::restored(&snapshot.data);
            }
            (snapshot.last_included, SnapshotOrigin::Installed)
        });
        if let Some((last_included, origin)) = installed.or(taken) {
            let kind = EventKind::Snapshot { last_included, origin };
            self.emit(place, kind, events);
        }
        if before.commit_index != after.commit_index {
            let index = after.commit_index;
            place.cause = Some(self.emit(place, EventKind::Commit { index }, events));
        }
        place
    }

    /// Applies entries to the state machine. Returns what became of each.
    fn apply(
        &mut self,
        id: NodeId,
        place: Place,
        out: &mut Output,
        events: &mut Vec<Event>,
    ) -> Vec<(EntryId, Outcome)> {
        let mut applied = Vec::new();
        let local = self.machines[id.0 as usize].to_local(self.now);
        for entry in out.apply.drain(..) {
            let Some(process) = &mut self.machine_mut(id).process else { break };
            let outcome = match &entry.payload {
                raft::Payload::Noop | raft::Payload::Configuration(_) => None,
                raft::Payload::Command(command) => {
                    let rules = process.node.rules();
                    let once = rules.keeps(Rule::RequestAppliedOnce);
                    let restamped = restamped(command, local, rules);
                    Some(process.kv.apply_with(restamped.as_ref().unwrap_or(command), once))
                }
            };
            let digest = process.kv.digest();
            if let Some(outcome) = &outcome {
                applied.push((entry.id(), outcome.clone()));
            }
            self.emit(place, EventKind::Apply { entry, outcome, digest }, events);
        }
        applied
    }

    /// Tells a client what became of its request.
    fn answer(
        &mut self,
        id: NodeId,
        answer: Answer,
        applied: &[(EntryId, Outcome)],
        place: Place,
        events: &mut Vec<Event>,
    ) {
        let Some(process) = &mut self.machine_mut(id).process else {
            return;
        };
        let (asked, answer) = match answer {
            Answer::Applied { proposal, entry } => {
                let outcome = applied.iter().find(|(id, _)| *id == entry);
                let answer = match outcome {
                    Some((_, outcome)) => ClientAnswer::Done { outcome: outcome.clone(), index: entry.index },
                    // Only where a rule is left out: something else was applied in its place.
                    None => ClientAnswer::Unknown,
                };
                (process.asked.remove(&proposal.0), answer)
            }
            Answer::ProposalRefused { proposal, refusal } => {
                (process.asked.remove(&proposal.0), refused(refusal))
            }
            Answer::ProposalUnknown { proposal } => {
                (process.asked.remove(&proposal.0), ClientAnswer::Unknown)
            }
            Answer::ReadReady { read, read_index: _ } => {
                let asked = process.asked.remove(&read.0);
                let value = match asked.as_ref().map(|asked| &asked.op) {
                    Some(Op::Get { key }) => process.kv.get(key),
                    _ => None,
                };
                let answer =
                    ClientAnswer::Done { outcome: Outcome::Value(value), index: process.node.last_applied() };
                (asked, answer)
            }
            Answer::ReadRefused { read, refusal } => (process.asked.remove(&read.0), refused(refusal)),
        };
        if let Some(Asked { client, request, .. }) = asked {
            let to = Endpoint::Client(client.clone());
            let reply = Payload::Reply { client, request, answer };
            self.send(Endpoint::Node(id), to, reply, place, events);
        }
    }
}

/// What is compared before and after a step of a node.
#[derive(Clone, Copy, Default)]
struct Seen {
    commit_index: Index,
    snapshot: EntryId,
}

/// A command whose sessions do not expire as they should, where a laboratory leaves out a rule about that: by a replica's
/// own clock, or without anybody being refused who once had a session.
fn restamped(command: &raft::Bytes, now: Micros, rules: &impl Rules) -> Option<raft::Bytes> {
    let (by_log, refused) =
        (rules.keeps(Rule::SessionsExpireByLog), rules.keeps(Rule::ExpiredRequestRefused));
    if by_log && refused {
        return None;
    }
    let mut command = kv::Command::decode(command).ok()?;
    let stamp = command.stamp.as_mut()?;
    if !by_log {
        stamp.now = now;
    }
    if !refused {
        stamp.since = stamp.since.map(|_| Micros::MAX);
    }
    Some(command.encode())
}

fn refused(refusal: Refusal) -> ClientAnswer {
    let leader = match refusal {
        Refusal::NotLeader { leader } => leader,
        // It will be somebody else in a moment, or this one later: nobody to name until then.
        Refusal::Transferring { .. }
        | Refusal::TooMuchUncommitted
        | Refusal::ChangeUnderWay
        | Refusal::BadChange
        | Refusal::CatchUpTooSlow => None,
    };
    ClientAnswer::NotLeader { leader }
}
