//! The actor's hook: hears what the core is told and what it does, and writes it down while anybody reads.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mini_raft_core::raft::{
    Entry, EntryId, Fact, HardState, Index, Input, Message, Node, NodeId, Output, Paper, Payload, Term,
    Write, WriteId,
};

use super::line::{Head, Line};
use super::{Feed, FrameId, View, command, view};
use crate::store::{Applied, Store};

/// How long it goes on after the process has started, so that a reader who comes back sees how it started.
const AFTER_START: Duration = Duration::from_secs(2);
/// How long it goes on after the last reader has gone, so that one who comes back has missed nothing.
const AFTER_READERS: Duration = Duration::from_secs(10);

/// See the module. While it is off, it remembers which terms and votes wait for the disk, and nothing else.
#[derive(Debug)]
pub struct Recorder {
    feed: Arc<Feed>,
    id: NodeId,
    epoch: Instant,
    /// Nothing is read from then on: it is off if that lasts.
    quiet_since: Instant,
    patience: Duration,
    on: bool,
    /// The number of the last line.
    seq: u64,
    lines: Vec<String>,
    /// Terms and votes under way to the disk, the oldest first, and what is there.
    hard_states: VecDeque<(WriteId, HardState)>,
    durable: HardState,
    before: Before,
    /// How many facts and writes of the output it has heard of.
    facts: usize,
    writes: usize,
}

/// How the node was before a step.
#[derive(Clone, Copy, Debug, Default)]
struct Before {
    commit_index: Index,
    snapshot: EntryId,
    durable_index: Index,
    write_done: Option<WriteId>,
}

impl Recorder {
    /// Of a node that has just been made: the first line tells what it found on its disk. `epoch` is the zero of its time, `durable`
    /// what its disk held, and `out` what it wants done first.
    pub fn start(
        feed: Arc<Feed>,
        epoch: Instant,
        durable: HardState,
        node: &Node<Paper>,
        out: &Output,
    ) -> Recorder {
        let mut recorder = Recorder {
            feed,
            id: node.id(),
            epoch,
            quiet_since: epoch,
            patience: AFTER_START,
            on: true,
            seq: 0,
            lines: Vec::new(),
            hard_states: VecDeque::new(),
            durable,
            before: Before::default(),
            facts: out.facts.len(),
            writes: 0,
        };
        let restart = recorder
            .line("restart", durable.current_term)
            .with("voted_for", durable.voted_for)
            .with("last_index", node.log().last().index)
            .with("last_term", node.log().last().term)
            .with("snapshot_index", node.log().snapshot_id().index)
            .with("snapshot_term", node.log().snapshot_id().term)
            .with("boot", format!("{:016x}", recorder.feed.boot().0));
        recorder.add(restart);
        recorder.hear_writes(node, out);
        recorder
    }

    /// Adds the node as it is now: after the first line, all that a reader needs to go on from there.
    pub fn begin(&mut self, node: &Node<Paper>, store: &Store) {
        let line = self.line("view", node.current_term());
        self.add(view::describe(line, self.feed.boot(), node, store, self.durable));
    }

    /// The node as it is: from now on it records, if it did not.
    pub fn view(&mut self, node: &Node<Paper>, store: &Store) -> View {
        self.on = true;
        let head = Head { t_us: self.now_us(), seq: self.seq, node: self.id, term: node.current_term() };
        let line = Line::new(head, "view");
        let line = view::describe(line, self.feed.boot(), node, store, self.durable);
        View { line: line.end(), seq: self.seq }
    }

    /// A message has come, and is given to the core next.
    pub fn delivered(&mut self, node: &Node<Paper>, message: &Message, frame: FrameId) {
        if self.on {
            let line = self.line("deliver", node.current_term()).with_message(message, frame);
            self.add(line);
        }
    }

    /// A message is given to the network.
    pub fn sent(&mut self, node: &Node<Paper>, message: &Message, frame: FrameId) {
        if self.on {
            let line = self.line("send", node.current_term()).with_message(message, frame);
            self.add(line);
        }
    }

    /// The node is about to do a step.
    pub fn before(&mut self, node: &Node<Paper>, input: &Input) {
        self.before = Before {
            commit_index: node.commit_index(),
            snapshot: node.log().snapshot_id(),
            durable_index: node.durable_index(),
            write_done: match input {
                Input::WriteDone(id) => Some(*id),
                _ => None,
            },
        };
    }

    /// The node has done it. `out` has what it did since the last [`obeyed`](Self::obeyed).
    pub fn after(&mut self, node: &Node<Paper>, out: &Output) {
        if let Some(id) = self.before.write_done.take() {
            self.hear_disk(node, id);
        }
        if self.on {
            for fact in &out.facts[self.facts..] {
                self.add_fact(node, fact);
            }
        }
        self.facts = out.facts.len();
        self.hear_writes(node, out);
        if self.on {
            self.compare(node, out);
        }
    }

    /// An entry was applied; `applied` says what its command came to.
    pub fn applied(&mut self, node: &Node<Paper>, entry: &Entry, applied: Option<&Applied>, store: &Store) {
        if !self.on {
            return;
        }
        let command = match &entry.payload {
            Payload::Command(command) => Some(&**command),
            Payload::Noop | Payload::Configuration(_) => None,
        };
        let result = command.zip(applied).and_then(|(command, applied)| command::result(command, applied));
        let mut line = self
            .line("apply", node.current_term())
            .with("index", entry.index)
            .with("entry_term", entry.term)
            .with_command(command)
            .with("result", result);
        if let Some(why) = applied.and_then(command::left_out) {
            line = line.with("left_out", why);
        }
        self.add(line.with("digest", format!("{:016x}", store.digest())));
    }

    /// What the node wanted done is done, and its output is empty again.
    pub fn obeyed(&mut self) {
        (self.facts, self.writes) = (0, 0);
    }

    /// Gives the lines to the readers. Says whether it goes on recording.
    pub fn publish(&mut self) -> bool {
        if !self.on {
            return false;
        }
        if !self.lines.is_empty() {
            self.feed.push(self.lines.drain(..));
        }
        if self.feed.is_read() {
            (self.quiet_since, self.patience) = (Instant::now(), AFTER_READERS);
        } else if self.quiet_since.elapsed() > self.patience {
            // Nobody gets the next number: who comes back for it learns that there was a silence.
            self.seq += 1;
            self.feed.fall_silent(self.seq + 1);
            self.on = false;
        }
        self.on
    }

    /// Up to this write, all is on disk.
    fn hear_disk(&mut self, node: &Node<Paper>, id: WriteId) {
        while let Some((_, hard_state)) = self.hard_states.pop_front_if(|(write, _)| *write <= id) {
            let HardState { current_term, voted_for, .. } = hard_state;
            let is_new = (current_term, voted_for) != (self.durable.current_term, self.durable.voted_for);
            self.durable = hard_state;
            if let Some(candidate) = voted_for.filter(|_| is_new && self.on) {
                let line = self.line("vote", current_term).with("for", candidate);
                self.add(line);
            }
        }
        let index = node.durable_index();
        if self.on && index != self.before.durable_index {
            let entry_term = node.log().term_at(index).unwrap_or(Term::ZERO);
            let line = self.line("sync", node.current_term()).with("index", index);
            self.add(line.with("entry_term", entry_term));
        }
    }

    fn hear_writes(&mut self, node: &Node<Paper>, out: &Output) {
        for write in &out.writes[self.writes..] {
            if let Some(hard_state) = write.hard_state {
                self.hard_states.push_back((write.id, hard_state));
            }
            if self.on {
                self.add_write(node, write);
            }
        }
        self.writes = out.writes.len();
    }

    fn add_write(&mut self, node: &Node<Paper>, write: &Write) {
        if let Some(from) = write.truncate_from {
            let line = self.line("truncate", node.current_term()).with("from", from);
            self.add(line);
        }
        if !write.entries.is_empty() {
            let line = self.line("append", node.current_term()).with_entries(&*write.entries);
            self.add(line);
        }
    }

    fn add_fact(&mut self, node: &Node<Paper>, fact: &Fact) {
        let line = match fact {
            Fact::RoleChanged { to, why, .. } => {
                Some(self.line("role", node.current_term()).with("role", to).with("why", why.slug()))
            }
            Fact::ConfigurationInUse { index, configuration } => {
                let line = self.line("config", node.current_term()).with_configuration(configuration);
                Some(line.with("index", index))
            }
            _ => None,
        };
        if let Some(line) = line {
            self.add(line);
        }
        let line = self.line("fact", node.current_term()).with_fact(fact);
        self.add(line);
    }

    /// Adds what shows by comparing the node with what it was before the step.
    fn compare(&mut self, node: &Node<Paper>, out: &Output) {
        let snapshot = node.log().snapshot_id();
        if snapshot != self.before.snapshot {
            let installed = out.restore.as_ref().is_some_and(|restored| restored.last_included == snapshot);
            let line = self
                .line("snapshot", node.current_term())
                .with("index", snapshot.index)
                .with("snapshot_term", snapshot.term)
                .with("how", if installed { "installed" } else { "taken" });
            self.add(line);
        }
        if node.commit_index() != self.before.commit_index {
            let line = self.line("commit", node.current_term()).with("index", node.commit_index());
            self.add(line);
        }
    }

    fn now_us(&self) -> u64 {
        self.epoch.elapsed().as_micros() as u64
    }

    /// Begins the next line.
    fn line(&self, ev: &str, term: Term) -> Line {
        Line::new(Head { t_us: self.now_us(), seq: self.seq + 1, node: self.id, term }, ev)
    }

    fn add(&mut self, line: Line) {
        self.seq += 1;
        self.lines.push(line.end());
    }
}
