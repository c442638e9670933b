//! The actor: one task owns the core and the store, and does what the core wants done.
//!
//! Each turn of its loop takes all that waits: the commands of many clients become one proposal, so that they share one
//! write, one sync and one message to each peer. Nothing here waits for the disk or the network.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mini_raft_core::raft::{
    Answer, Body, Bytes, EntryId, Index, Input, MembershipChange, Message, Node, NodeId, Output, Paper,
    Payload, Proposal, ProposalId, ReadId, Refusal, RoleName, Term, WriteId,
};
use mini_raft_core::time::Micros;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::{OwnedSemaphorePermit, broadcast, oneshot};
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};

use super::disk::Disk;
use super::handle::Leadership;
use super::peers::Peers;
use super::wish::{Consistency, Declined, Found, Query, Read, Watch, Wish, Written};
use crate::feed::{FrameId, Recorder};
use crate::store::{Change, ClusterClock, Outcome, Store, command};

/// The most that one turn of the loop takes in, so that timers are never late by much.
const TURN_MAX: usize = 1024;
/// A leader whose disk takes longer than this for one sync hands leadership over.
const STALL_MAX: Duration = Duration::from_millis(1000);

/// What comes to the actor.
#[derive(Debug)]
pub(super) enum Event {
    /// A peer said something, in this frame; the place is that of the message among those that wait.
    Peer { message: Message, frame: FrameId, place: OwnedSemaphorePermit },
    /// Somebody wants something.
    Wish(Wish),
    /// This write and those before it are durable.
    WriteDone(WriteId),
    /// The store, as it was after this entry, is encoded.
    SnapshotEncoded(Index, Bytes),
    /// A peer has come up, and says how its disk is: is it younger than what it acknowledged?
    Hello { peer: NodeId, term: Term, last: EntryId, answer: oneshot::Sender<Option<String>> },
    /// The term, and the end of the log on stable storage.
    Standing { answer: oneshot::Sender<(Term, EntryId)> },
    /// The process should end: hand leadership over, then stop.
    Stop,
}

/// Where events are put.
pub(super) type Inbox = UnboundedSender<Event>;

/// The state of the actor.
pub(super) struct Actor {
    pub(super) node: Node<Paper>,
    pub(super) store: Store,
    pub(super) disk: Disk,
    pub(super) peers: Peers,
    pub(super) events: UnboundedReceiver<Event>,
    pub(super) inbox: Inbox,
    pub(super) epoch: Instant,
    /// After so many applied entries a snapshot is taken.
    pub(super) snapshot_every: u64,
    pub(super) out: Output,
    pub(super) waiting: Waiting,
    pub(super) stopping: Option<Instant>,
    /// After this turn nothing is done for so long.
    pub(super) pause: Option<Duration>,
    /// That of the last term in which this node led.
    pub(super) cluster_clock: Option<(Term, ClusterClock)>,
    pub(super) changes: broadcast::Sender<Arc<Change>>,
    pub(super) recorder: Recorder,
    /// Where the rest of the process looks who leads.
    pub(super) leadership: Leadership,
    /// What the log of the process last said about who leads.
    pub(super) told: (RoleName, Term, Option<NodeId>),
    /// How often this node has stood for election since it started.
    pub(super) elections: u64,
    /// How often another leader became known to it.
    pub(super) leader_changes: u64,
}

/// Who waits for what.
#[derive(Default)]
pub(super) struct Waiting {
    last_id: u64,
    writes: BTreeMap<ProposalId, oneshot::Sender<Result<Written, Declined>>>,
    changes: BTreeMap<ProposalId, oneshot::Sender<Result<EntryId, Declined>>>,
    reads: BTreeMap<ReadId, (Query, oneshot::Sender<Result<Read, Declined>>)>,
    transfers: Vec<oneshot::Sender<Result<(NodeId, Term), Declined>>>,
    snapshots: Vec<oneshot::Sender<Result<EntryId, Declined>>>,
    snapshot_under_way: bool,
}

impl Waiting {
    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}

impl Actor {
    /// Runs until it is told to stop, and everything that it promised is on disk.
    pub(super) async fn run(mut self) {
        self.obey();
        self.recorder.begin(&self.node, &self.store);
        let mut proposals = Vec::new();
        loop {
            let wait = Duration::from_micros(self.node.deadline().0.saturating_sub(self.now().0));
            match timeout(wait.min(STALL_MAX / 4), self.events.recv()).await {
                Ok(Some(event)) => self.take(event, &mut proposals),
                Ok(None) => return,
                Err(_) => {}
            }
            // All who are ready to want something do so first: they share what comes of it.
            yield_now().await;
            for _ in 1..TURN_MAX {
                let Ok(event) = self.events.try_recv() else { break };
                self.take(event, &mut proposals);
            }
            if !proposals.is_empty() {
                self.step(Input::Propose(std::mem::take(&mut proposals)));
            }
            if self.now() >= self.node.deadline() {
                self.step(Input::TimerCheck);
            }
            self.leave_a_stalled_disk();
            self.obey();
            self.settle_transfers();
            self.tell_who_leads();
            self.node.record_facts(self.recorder.publish());
            if self.may_stop() {
                return self.disk.close();
            }
            if let Some(pause) = self.pause.take() {
                sleep(pause).await;
            }
        }
    }

    fn now(&self) -> Micros {
        Micros(self.epoch.elapsed().as_micros() as u64)
    }

    fn step(&mut self, input: Input) {
        let now = self.now();
        self.recorder.before(&self.node, &input);
        self.node.step(now, input, &mut self.out);
        self.recorder.after(&self.node, &self.out);
    }

    fn take(&mut self, event: Event, proposals: &mut Vec<Proposal>) {
        match event {
            Event::Peer { message, frame, place } => {
                drop(place);
                if matches!(message.body, Body::InstallSnapshot(_)) {
                    // A snapshot becomes the store at once: what was committed before it is applied before it.
                    self.obey();
                }
                self.recorder.delivered(&self.node, &message, frame);
                self.step(Input::Message(message));
            }
            Event::WriteDone(id) => self.step(Input::WriteDone(id)),
            Event::Wish(wish) => self.hear(wish, proposals),
            Event::SnapshotEncoded(index, data) => {
                self.step(Input::SnapshotTaken { index, data });
                self.waiting.snapshot_under_way = false;
                let covered = self.node.log().snapshot_id();
                for answer in self.waiting.snapshots.drain(..) {
                    let _ = answer.send(Ok(covered));
                }
            }
            Event::Hello { peer, term, last, answer } => {
                let _ = answer.send(self.younger_than_acknowledged(peer, term, last));
            }
            Event::Standing { answer } => {
                let index = self.node.durable_index();
                let term = self.node.log().term_at(index).unwrap_or(Term::ZERO);
                let _ = answer.send((self.node.current_term(), EntryId { term, index }));
            }
            Event::Stop => self.begin_to_stop(),
        }
    }

    fn hear(&mut self, wish: Wish, proposals: &mut Vec<Proposal>) {
        match wish {
            Wish::Write { command, answer } => self.propose(command, answer, proposals),
            Wish::Read { query, consistency, answer } => self.read(query, consistency, answer),
            Wish::Members { change, answer } => self.change_members(change, answer),
            Wish::Transfer { to, answer } => self.transfer(to, answer),
            Wish::Snapshot { answer } => self.snapshot_wanted(answer),
            Wish::Watch { prefix, from, answer } => {
                let from = from.unwrap_or(self.node.last_applied().0 + 1).max(1);
                let missed = self.store.changes(&prefix, from, usize::MAX);
                let to_come = self.changes.subscribe();
                let _ = answer.send(missed.map(|missed| Watch { missed, to_come }));
            }
            Wish::View { answer } => {
                self.obey();
                self.node.record_facts(true);
                let _ = answer.send(self.recorder.view(&self.node, &self.store));
            }
            Wish::Status { answer } => {
                let _ = answer.send(self.status());
            }
            Wish::Pause(duration) => self.pause = Some(duration),
        }
    }

    fn propose(
        &mut self,
        mut command: Vec<u8>,
        answer: oneshot::Sender<Result<Written, Declined>>,
        proposals: &mut Vec<Proposal>,
    ) {
        if self.stopping.is_some() {
            let _ = answer.send(Err(Declined::Stopping));
            return;
        }
        if self.disk.gauge().is_full() && self.node.role() == RoleName::Leader {
            let _ = answer.send(Err(Declined::DiskFull));
            return;
        }
        let id = ProposalId(self.waiting.next_id());
        self.waiting.writes.insert(id, answer);
        command::stamp(&mut command, self.cluster_time_ms());
        proposals.push(Proposal { id, command: command.into() });
    }

    /// The time that commands are stamped with. It begins anew whenever this node begins to lead, from what the
    /// state machine has reached.
    fn cluster_time_ms(&mut self) -> u64 {
        let (term, now) = (self.node.current_term(), self.epoch.elapsed());
        match self.cluster_clock {
            Some((begun_in, clock)) if begun_in == term => clock.read_ms(now),
            _ => {
                let reached_ms = self.store.time_ms();
                self.cluster_clock = Some((term, ClusterClock::begin(reached_ms, now)));
                reached_ms
            }
        }
    }

    fn read(
        &mut self,
        query: Query,
        consistency: Consistency,
        answer: oneshot::Sender<Result<Read, Declined>>,
    ) {
        match consistency {
            Consistency::Stale => {
                let _ = answer.send(Ok(self.look(&query)));
                return;
            }
            Consistency::Lease if self.node.config().lease_reads.is_none() => {
                let _ = answer.send(Err(Declined::NoLease));
                return;
            }
            Consistency::Lease | Consistency::Linearizable => {}
        }
        let id = ReadId(self.waiting.next_id());
        self.waiting.reads.insert(id, (query, answer));
        self.step(Input::Read(id));
    }

    fn look(&self, query: &Query) -> Read {
        let found = match query {
            Query::Key(key) => Found::Key(self.store.get(key).cloned()),
            Query::Prefix { prefix, after, limit } => {
                Found::Page(self.store.list(prefix, after.as_deref(), *limit))
            }
        };
        Read { applied: self.node.last_applied(), term: self.node.current_term(), found }
    }

    fn change_members(
        &mut self,
        change: MembershipChange,
        answer: oneshot::Sender<Result<EntryId, Declined>>,
    ) {
        let id = ProposalId(self.waiting.next_id());
        self.waiting.changes.insert(id, answer);
        self.step(Input::ChangeMembership { id, change });
    }

    fn transfer(&mut self, to: Option<NodeId>, answer: oneshot::Sender<Result<(NodeId, Term), Declined>>) {
        if self.node.role() != RoleName::Leader {
            let refusal = Refusal::NotLeader { leader: self.node.leader() };
            let _ = answer.send(Err(Declined::Refused(refusal)));
            return;
        }
        if to == Some(self.node.id()) {
            let _ = answer.send(Ok((self.node.id(), self.node.current_term())));
            return;
        }
        let Some(to) = to.or_else(|| self.successor()) else {
            let _ = answer.send(Err(Declined::TransferFailed("there is no other voter".into())));
            return;
        };
        self.waiting.transfers.push(answer);
        self.step(Input::TransferLeadership(to));
    }

    /// The voter that has most of the log.
    fn successor(&self) -> Option<NodeId> {
        let voters = self.node.configuration().voters();
        let candidates = self.node.progress().filter(|(id, _)| voters.contains(id));
        candidates.max_by_key(|(_, progress)| (progress.match_index, progress.heard_at)).map(|(id, _)| id)
    }

    fn settle_transfers(&mut self) {
        if self.waiting.transfers.is_empty() {
            return;
        }
        let result = match (self.node.role(), self.node.leader()) {
            (RoleName::Leader, _) if self.node.transferring_to().is_some() => return,
            (RoleName::Leader, _) => Err(Declined::TransferFailed(
                "leadership stayed here: the other did not have the whole log in time, or is no voter".into(),
            )),
            (_, None) => return,
            (_, Some(leader)) => Ok((leader, self.node.current_term())),
        };
        for answer in self.waiting.transfers.drain(..) {
            let _ = answer.send(result.clone());
        }
    }

    fn snapshot_wanted(&mut self, answer: oneshot::Sender<Result<EntryId, Declined>>) {
        if self.node.last_applied() == Index::ZERO {
            let _ = answer.send(Err(Declined::NothingToSnapshot));
        } else if self.node.last_applied() == self.node.log().snapshot_id().index {
            let _ = answer.send(Ok(self.node.log().snapshot_id()));
        } else {
            self.waiting.snapshots.push(answer);
            self.take_snapshot();
        }
    }

    /// Freezing the store is cheap; it is encoded on a thread of its own.
    fn take_snapshot(&mut self) {
        if self.waiting.snapshot_under_way {
            return;
        }
        let (state, index, inbox) = (self.store.freeze(), self.node.last_applied(), self.inbox.clone());
        let encode = move || {
            // If nobody listens any more, the process is ending.
            let _ = inbox.send(Event::SnapshotEncoded(index, state.encode().into()));
        };
        match std::thread::Builder::new().name("snapshot".into()).spawn(encode) {
            Ok(_) => self.waiting.snapshot_under_way = true,
            Err(error) => tracing::warn!(%error, "no snapshot was taken: the next turn tries again"),
        }
    }

    /// Does what the core wants done, in the order of the fields of [`Output`].
    fn obey(&mut self) {
        let mut out = std::mem::take(&mut self.out);
        if !out.writes.is_empty() {
            self.disk.write(std::mem::take(&mut out.writes));
        }
        for message in out.messages.drain(..) {
            let told = |message: &Message, frame| self.recorder.sent(&self.node, message, frame);
            self.peers.send(message, told);
        }
        if let Some(snapshot) = out.restore.take() {
            match Store::restore(&snapshot.data) {
                Ok(store) => self.store = store,
                // Its checksum was right when it was read, and its sender's code was authentic.
                Err(error) => super::abort(&format!("a snapshot cannot be read: {error}")),
            }
        }
        let first = out.apply.first().map_or(Index::ZERO, |entry| entry.index);
        let mut outcomes = Vec::with_capacity(out.apply.len());
        for entry in out.apply.drain(..) {
            outcomes.push(match &entry.payload {
                Payload::Command(command) => {
                    let applied = self.store.apply(entry.index.0, command);
                    self.recorder.applied(&self.node, &entry, Some(&applied), &self.store);
                    if let Some(change) = applied.change {
                        // Nobody may be watching.
                        let _ = self.changes.send(change);
                    }
                    Some(applied.outcome)
                }
                Payload::Noop | Payload::Configuration(_) => {
                    self.recorder.applied(&self.node, &entry, None, &self.store);
                    None
                }
            });
        }
        for answer in out.answers.drain(..) {
            let outcome =
                |entry: EntryId| outcomes.get((entry.index.0 - first.0) as usize).cloned().flatten();
            self.answer(answer, outcome);
        }
        out.clear();
        self.out = out;
        self.recorder.obeyed();
        if self.node.last_applied().0 - self.node.log().snapshot_id().index.0 >= self.snapshot_every {
            self.take_snapshot();
        }
    }

    fn answer(&mut self, answer: Answer, outcome: impl Fn(EntryId) -> Option<Outcome>) {
        match answer {
            Answer::Applied { proposal, entry } => {
                if let Some(waiter) = self.waiting.writes.remove(&proposal) {
                    let outcome =
                        outcome(entry).expect("an entry is applied before its proposal is answered");
                    let _ = waiter.send(Ok(Written { entry, outcome }));
                } else if let Some(waiter) = self.waiting.changes.remove(&proposal) {
                    let _ = waiter.send(Ok(entry));
                }
            }
            Answer::ProposalRefused { proposal, refusal } => {
                self.decline(proposal, Declined::Refused(refusal));
            }
            Answer::ProposalUnknown { proposal } => self.decline(proposal, Declined::Unknown),
            Answer::ReadReady { read, .. } => {
                if let Some((query, waiter)) = self.waiting.reads.remove(&read) {
                    let _ = waiter.send(Ok(self.look(&query)));
                }
            }
            Answer::ReadRefused { read, refusal } => {
                if let Some((_, waiter)) = self.waiting.reads.remove(&read) {
                    let _ = waiter.send(Err(Declined::Refused(refusal)));
                }
            }
        }
    }

    fn decline(&mut self, proposal: ProposalId, why: Declined) {
        if let Some(waiter) = self.waiting.writes.remove(&proposal) {
            let _ = waiter.send(Err(why));
        } else if let Some(waiter) = self.waiting.changes.remove(&proposal) {
            let _ = waiter.send(Err(why));
        }
    }

    /// A leader that cannot write keeps everybody waiting: another one takes over.
    fn leave_a_stalled_disk(&mut self) {
        let gauge = self.disk.gauge();
        let stalled = gauge.is_full() || gauge.busy_for() > STALL_MAX;
        if !stalled || self.node.role() != RoleName::Leader || self.node.transferring_to().is_some() {
            return;
        }
        if let Some(to) = self.successor() {
            tracing::warn!(%to, "the disk does not keep up: leadership is handed over");
            self.step(Input::TransferLeadership(to));
        }
    }

    /// A peer that comes up with less than it acknowledged to this leader has an old copy of its disk (a promise that it
    /// does not remember is a promise that it can break).
    fn younger_than_acknowledged(&self, peer: NodeId, term: Term, last: EntryId) -> Option<String> {
        let (_, progress) = self.node.progress().find(|(id, _)| *id == peer)?;
        if progress.forgetful.is_some() {
            return None;
        }
        let acknowledged = progress.match_index;
        let ours = self.node.current_term();
        // It can acknowledge only in our term, and keeps what it acknowledged as long as that term lasts.
        let younger =
            acknowledged > Index::ZERO && (term < ours || (term == ours && last.index < acknowledged));
        younger.then(|| {
            format!(
                "{peer} acknowledged the log up to {acknowledged} in term {ours}, and comes up with a disk of term \
                 {term} whose log ends at {}: its data directory is an old copy",
                last.index
            )
        })
    }

    fn begin_to_stop(&mut self) {
        if self.stopping.is_some() {
            return;
        }
        self.stopping = Some(Instant::now());
        if self.node.role() == RoleName::Leader
            && let Some(to) = self.successor()
        {
            tracing::info!(%to, "handing leadership over before the end");
            self.step(Input::TransferLeadership(to));
        }
    }

    /// Whether it was told to stop, leads no more (or could not give leadership away in time), and owes nothing.
    fn may_stop(&self) -> bool {
        let Some(since) = self.stopping else { return false };
        let patience = Duration::from_micros(self.node.config().election_timeout_max.0) * 2;
        let alone = self.node.configuration().voters().len() <= 1;
        let led = self.node.role() == RoleName::Leader && !alone;
        let owes = led || !self.waiting.writes.is_empty() || !self.waiting.reads.is_empty();
        !owes || since.elapsed() > patience
    }
}
