//! A bench to put nodes on: messages wait until a test delivers them, writes until it syncs them.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use crate::raft::*;
use crate::time::Micros;

pub(super) struct Bench {
    nodes: Vec<Option<Node<Switchable>>>,
    /// How many servers the cluster has at its birth.
    born: u32,
    config: fn(&mut Config),
    rules: Switchable,
    pub(super) now: Micros,
    /// Messages under way, the oldest first.
    pub(super) network: VecDeque<Message>,
    pub(super) disks: Vec<Disk>,
    pub(super) applied: Vec<Vec<Entry>>,
    pub(super) restored: Vec<Option<Arc<Snapshot>>>,
    pub(super) answers: Vec<Vec<Answer>>,
    pub(super) facts: Vec<Vec<Fact>>,
    cut: BTreeSet<(u32, u32)>,
    next_proposal: u64,
    /// How many disks were lost.
    losses: u64,
}

#[derive(Default)]
pub(super) struct Disk {
    pub(super) durable: Persistent,
    pub(super) queue: VecDeque<Write>,
    /// Writes wait until a test syncs them.
    pub(super) slow: bool,
}

impl Bench {
    pub(super) fn new(count: u32) -> Bench {
        Bench::with(count, |_| {}, [])
    }

    pub(super) fn without(count: u32, rule: Rule) -> Bench {
        Bench::with(count, |_| {}, [rule])
    }

    pub(super) fn with(
        count: u32,
        config: fn(&mut Config),
        without: impl IntoIterator<Item = Rule>,
    ) -> Bench {
        let each = || 0..count;
        let mut bench = Bench {
            nodes: each().map(|_| None).collect(),
            born: count,
            config,
            rules: Switchable::without(without),
            now: Micros::ZERO,
            network: VecDeque::new(),
            disks: each().map(|_| Disk::default()).collect(),
            applied: each().map(|_| Vec::new()).collect(),
            restored: each().map(|_| None).collect(),
            answers: each().map(|_| Vec::new()).collect(),
            facts: each().map(|_| Vec::new()).collect(),
            cut: BTreeSet::new(),
            next_proposal: 0,
            losses: 0,
        };
        each().for_each(|id| bench.start(id));
        bench
    }

    pub(super) fn node(&self, id: u32) -> &Node<Switchable> {
        self.nodes[id as usize].as_ref().expect("the node is running")
    }

    /// Puts a further server on the bench, which waits to be added to the cluster.
    pub(super) fn add_stranger(&mut self, id: u32) {
        assert_eq!(id as usize, self.nodes.len(), "servers are numbered in order");
        self.nodes.push(None);
        self.disks.push(Disk::default());
        self.applied.push(Vec::new());
        self.restored.push(None);
        self.answers.push(Vec::new());
        self.facts.push(Vec::new());
        self.start(id);
    }

    /// Starts a node from what its disk holds.
    pub(super) fn start(&mut self, id: u32) {
        self.start_after(id, None);
    }

    /// Starts a node whose disk was lost.
    pub(super) fn start_wiped(&mut self, id: u32) {
        self.disks[id as usize] = Disk::default();
        self.losses += 1;
        self.start_after(id, Some(Incarnation(self.losses)));
    }

    fn start_after(&mut self, id: u32, lost_disk: Option<Incarnation>) {
        let born = if id < self.born { Configuration::of_size(self.born) } else { Configuration::new([]) };
        let mut config = Config::new(NodeId(id), born);
        config.lost_disk = lost_disk;
        config.seed = u64::from(id) + 1;
        (self.config)(&mut config);
        let mut out = Output::default();
        let durable = self.disks[id as usize].durable.clone();
        self.applied[id as usize].clear();
        self.nodes[id as usize] = Some(Node::new(config, self.rules, durable, self.now, &mut out));
        self.restored[id as usize] = out.restore.clone();
        self.take(id, out);
    }

    /// Starts a node from this log, given as the term of each entry, in this term.
    pub(super) fn start_with_log(&mut self, id: u32, current_term: u64, terms: &[u64]) {
        let entry = |(term, index): (&u64, u64)| Entry {
            term: Term(*term),
            index: Index(index),
            payload: Payload::Command(Arc::from(format!("{index}@{term}").as_bytes())),
        };
        self.disks[id as usize].durable = Persistent {
            hard_state: HardState { current_term: Term(current_term), ..HardState::default() },
            snapshot: None,
            entries: terms.iter().zip(1..).map(entry).collect(),
        };
        self.start(id);
    }

    /// The process ends; what was not synced is lost.
    pub(super) fn crash(&mut self, id: u32) {
        self.nodes[id as usize] = None;
        self.disks[id as usize].queue.clear();
    }

    pub(super) fn step(&mut self, id: u32, input: Input) {
        let mut out = Output::default();
        let Some(node) = &mut self.nodes[id as usize] else { return };
        node.step(self.now, input, &mut out);
        self.take(id, out);
    }

    fn take(&mut self, id: u32, out: Output) {
        let place = id as usize;
        self.disks[place].queue.extend(out.writes);
        self.network.extend(out.messages);
        if let Some(snapshot) = out.restore {
            self.restored[place] = Some(snapshot);
        }
        self.applied[place].extend(out.apply);
        self.answers[place].extend(out.answers);
        self.facts[place].extend(out.facts);
        if !self.disks[place].slow {
            self.sync(id);
        }
    }

    /// Everything queued at this disk becomes durable, and the node is told.
    pub(super) fn sync(&mut self, id: u32) {
        let mut last = None;
        while let Some(write) = self.disks[id as usize].queue.pop_front() {
            last = Some(write.id);
            self.disks[id as usize].durable.take(write);
        }
        if let Some(last) = last {
            self.step(id, Input::WriteDone(last));
        }
    }

    /// The election timer of this node runs out now.
    pub(super) fn time_out(&mut self, id: u32) {
        self.step(id, Input::SetElectionDeadline(self.now));
        self.step(id, Input::TimerCheck);
    }

    /// Time passes everywhere; timers run out where they are due.
    pub(super) fn pass(&mut self, span: Micros) {
        self.now += span;
        for id in 0..self.nodes.len() as u32 {
            self.step(id, Input::TimerCheck);
        }
    }

    /// Delivers every message, and those that they cause, the oldest first.
    pub(super) fn deliver_all(&mut self) {
        self.deliver_while(|_| true);
    }

    /// Delivers messages, the oldest first, and loses those that `arrives` refuses.
    pub(super) fn deliver_while(&mut self, mut arrives: impl FnMut(&Message) -> bool) {
        for _ in 0..10_000 {
            let Some(message) = self.network.pop_front() else { return };
            if !self.cut.contains(&(message.from.0, message.to.0)) && arrives(&message) {
                self.step(message.to.0, Input::Message(message));
            }
        }
        panic!("messages without end");
    }

    /// A message out of nowhere.
    pub(super) fn inject(&mut self, from: u32, to: u32, term: u64, body: Body) {
        self.step(to, Input::Message(Message { from: NodeId(from), to: NodeId(to), term: Term(term), body }));
    }

    /// Takes the messages that wait for this node.
    pub(super) fn take_messages_to(&mut self, id: u32) -> Vec<Message> {
        let (taken, left): (Vec<_>, Vec<_>) = self.network.drain(..).partition(|message| message.to.0 == id);
        self.network = left.into();
        taken
    }

    pub(super) fn isolate(&mut self, id: u32) {
        for other in 0..self.nodes.len() as u32 {
            self.cut.insert((id, other));
            self.cut.insert((other, id));
        }
    }

    pub(super) fn heal(&mut self) {
        self.cut.clear();
    }

    /// Elects this node and lets its no-op reach everyone.
    pub(super) fn elect(&mut self, id: u32) {
        // Voters that hear from a leader refuse others: let that time pass.
        self.now += Micros::from_millis(1_000);
        self.time_out(id);
        self.deliver_all();
        assert_eq!(self.node(id).role(), RoleName::Leader, "node-{id} should have won");
        self.heartbeat(id);
    }

    /// One round of heartbeats of this leader.
    pub(super) fn heartbeat(&mut self, id: u32) {
        self.now += Micros::from_millis(50);
        self.step(id, Input::TimerCheck);
        self.deliver_all();
    }

    pub(super) fn propose(&mut self, id: u32, command: &str) -> ProposalId {
        self.next_proposal += 1;
        let proposal =
            Proposal { id: ProposalId(self.next_proposal), command: Arc::from(command.as_bytes()) };
        let id_of = proposal.id;
        self.step(id, Input::Propose(vec![proposal]));
        id_of
    }

    /// The terms of the entries in this node's log, from index 1.
    pub(super) fn terms(&self, id: u32) -> Vec<u64> {
        self.node(id).log().iter_from(Index(1)).map(|entry| entry.term.0).collect()
    }

    /// The commands applied on this node.
    pub(super) fn commands(&self, id: u32) -> Vec<String> {
        self.applied[id as usize].iter().filter_map(command_of).collect()
    }

    /// The reads that may be answered on this node.
    pub(super) fn reads_ready(&self, id: u32) -> Vec<u64> {
        let ready = |answer: &Answer| match answer {
            Answer::ReadReady { read, .. } => Some(read.0),
            _ => None,
        };
        self.answers[id as usize].iter().filter_map(ready).collect()
    }

    /// The node takes a snapshot of all it has applied.
    pub(super) fn snapshot(&mut self, id: u32) {
        let node = self.node(id);
        let index = node.last_applied();
        let data = Arc::from(format!("state at {index}").as_bytes());
        self.step(id, Input::SnapshotTaken { index, data });
    }

    pub(super) fn has_fact(&self, id: u32, wanted: impl Fn(&Fact) -> bool) -> bool {
        self.facts[id as usize].iter().any(wanted)
    }
}

fn command_of(entry: &Entry) -> Option<String> {
    match &entry.payload {
        Payload::Command(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        Payload::Noop | Payload::Configuration(_) => None,
    }
}
