//! Nodes on a bench: messages wait until a script delivers them, writes until it syncs them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::sync::Arc;

use mini_raft_core::raft::{
    Answer, Bytes, Config, Configuration, Entry, EntryId, HardState, Index, Input, Message, Node, NodeId,
    Output, Payload, Persistent, Proposal, ProposalId, ReadId, RoleName, Rule, Switchable, Term, Write,
};
use mini_raft_core::time::Micros;

use super::laws::Laws;
use super::notation;

/// So many steps of one command are a loop without end.
const STEPS_MAX: usize = 10_000;

const NO_END: &str = "timers and messages without end";

/// A server: its process, if it runs, and what outlives it.
pub(super) struct Server {
    /// The process.
    pub(super) node: Option<Node<Switchable>>,
    /// How it behaves.
    pub(super) config: Config,
    /// What is on stable storage.
    pub(super) disk: Persistent,
    /// Writes that are not durable yet, the oldest first.
    pub(super) writes: VecDeque<Write>,
    /// Writes wait until the script syncs them.
    pub(super) slow: bool,
    /// The commands that its state machine has applied, those of its snapshot included.
    pub(super) commands: Vec<String>,
    /// The names of commands and reads that it has answered and not refused.
    pub(super) answered: Vec<String>,
}

/// All servers, and what is under way between them.
pub(super) struct Bench {
    servers: BTreeMap<NodeId, Server>,
    rules: Switchable,
    keeps_all_rules: bool,
    /// Messages show the round of the leader that they belong to.
    pub(super) shows_rounds: bool,
    now: Micros,
    /// Messages under way, the oldest first.
    pub(super) network: VecDeque<Message>,
    /// Messages that the script keeps back.
    pub(super) held: Vec<Message>,
    /// Links that lose everything, by sender and receiver.
    pub(super) cut: BTreeSet<(NodeId, NodeId)>,
    names: Vec<String>,
    laws: Laws,
    told: String,
}

impl Bench {
    /// A cluster of `count` servers, each with a configuration that `setup` has changed.
    pub(super) fn new(count: u32, without: &[Rule], setup: impl Fn(&mut Config)) -> Bench {
        let mut bench = Bench {
            servers: BTreeMap::new(),
            rules: Switchable::without(without.iter().copied()),
            keeps_all_rules: without.is_empty(),
            shows_rounds: false,
            now: Micros::ZERO,
            network: VecDeque::new(),
            held: Vec::new(),
            cut: BTreeSet::new(),
            names: Vec::new(),
            laws: Laws::default(),
            told: String::new(),
        };
        for id in (0..count).map(NodeId) {
            let mut config = Config::new(id, Configuration::of_size(count));
            setup(&mut config);
            bench.add(config);
        }
        bench
    }

    /// Puts a further server on the bench and starts it with an empty disk.
    pub(super) fn add(&mut self, mut config: Config) {
        let id = config.id;
        config.seed = u64::from(id.0) + 1;
        let server = Server {
            node: None,
            config,
            disk: Persistent::default(),
            writes: VecDeque::new(),
            slow: false,
            commands: Vec::new(),
            answered: Vec::new(),
        };
        self.servers.insert(id, server);
        self.start(id);
    }

    /// All servers, by id.
    pub(super) fn ids(&self) -> Vec<NodeId> {
        self.servers.keys().copied().collect()
    }

    /// This server, or a complaint that there is none.
    pub(super) fn server(&mut self, id: NodeId) -> Result<&mut Server, String> {
        self.servers.get_mut(&id).ok_or_else(|| format!("there is no {}", notation::node(id)))
    }

    /// The process of this server, or a complaint that it does not run.
    pub(super) fn node(&self, id: NodeId) -> Result<&Node<Switchable>, String> {
        let running = self.servers.get(&id).and_then(|server| server.node.as_ref());
        running.ok_or_else(|| format!("{} does not run", notation::node(id)))
    }

    /// The commands that this server's state machine has applied.
    pub(super) fn commands(&self, id: NodeId) -> &[String] {
        self.servers.get(&id).map_or(&[], |server| &server.commands)
    }

    /// The names of what this server has answered and not refused.
    pub(super) fn answered(&self, id: NodeId) -> &[String] {
        self.servers.get(&id).map_or(&[], |server| &server.answered)
    }

    /// What has happened since the last time somebody asked; the laws that it broke, instead, if it broke any.
    pub(super) fn take_told(&mut self) -> Result<String, String> {
        let broken = self.laws.take_broken();
        if broken.is_empty() || !self.keeps_all_rules {
            Ok(std::mem::take(&mut self.told))
        } else {
            Err(broken.join("\n"))
        }
    }

    /// Starts a server from what its disk holds.
    pub(super) fn start(&mut self, id: NodeId) {
        let (now, rules) = (self.now, self.rules);
        let Some(server) = self.servers.get_mut(&id) else { return };
        server.commands.clear();
        let mut out = Output::default();
        server.node = Some(Node::new(server.config.clone(), rules, server.disk.clone(), now, &mut out));
        self.take(id, Index::ZERO, out);
    }

    /// Starts a server from a log, given as the term of each entry, in this term.
    pub(super) fn start_with_log(
        &mut self,
        id: NodeId,
        current_term: Term,
        terms: &[u64],
    ) -> Result<(), String> {
        let payload = |index, term| Payload::Command(Arc::from(format!("{index}@{term}").as_bytes()));
        let entry = |(term, index): (&u64, u64)| Entry {
            term: Term(*term),
            index: Index(index),
            payload: payload(index, *term),
        };
        let entries: Vec<Entry> = terms.iter().zip(1..).map(entry).collect();
        self.watch_entries(EntryId::ZERO, &entries);
        self.server(id)?.disk = Persistent {
            hard_state: HardState { current_term, ..HardState::default() },
            snapshot: None,
            entries,
        };
        self.start(id);
        Ok(())
    }

    /// The process ends; what is not synced is lost.
    pub(super) fn crash(&mut self, id: NodeId) -> Result<(), String> {
        let server = self.server(id)?;
        server.node = None;
        server.writes.clear();
        Ok(())
    }

    /// Gives something to a node, and does what it wants done, up to its messages.
    pub(super) fn step(&mut self, id: NodeId, input: Input) {
        let now = self.now;
        let Some(node) = self.servers.get_mut(&id).and_then(|server| server.node.as_mut()) else { return };
        let commit_before = node.commit_index();
        let mut out = Output::default();
        node.step(now, input, &mut out);
        self.take(id, commit_before, out);
    }

    /// Writes become durable, the oldest first, all or so many, and the node is told.
    pub(super) fn sync(&mut self, id: NodeId, count: usize) {
        let mut last = None;
        if let Some(server) = self.servers.get_mut(&id) {
            let count = count.min(server.writes.len());
            for write in server.writes.drain(..count) {
                last = Some(write.id);
                server.disk.take(write);
            }
        }
        if let Some(last) = last {
            self.step(id, Input::WriteDone(last));
        }
    }

    /// This moment, in everybody's time.
    pub(super) fn now(&self) -> Micros {
        self.now
    }

    /// Time passes, and each timer runs out when it is due; messages wait.
    pub(super) fn pass(&mut self, span: Micros) -> Result<(), String> {
        let end = self.now + span;
        for _ in 0..STEPS_MAX {
            if !self.next_timers(end) {
                return Ok(());
            }
        }
        Err(NO_END.to_owned())
    }

    /// Time passes, each timer runs out when it is due, and messages take no time.
    pub(super) fn run(&mut self, span: Micros) -> Result<(), String> {
        let end = self.now + span;
        for _ in 0..STEPS_MAX {
            self.settle()?;
            if !self.next_timers(end) {
                return Ok(());
            }
        }
        Err(NO_END.to_owned())
    }

    /// Goes on to when the next timers run out, or to `end` if none does before. Returns whether one did.
    fn next_timers(&mut self, end: Micros) -> bool {
        let deadlines = self.servers.values().filter_map(|server| Some(server.node.as_ref()?.deadline()));
        let Some(next) = deadlines.min().filter(|next| *next <= end) else {
            self.now = end;
            return false;
        };
        self.now = self.now.max(next);
        for id in self.ids() {
            if self.node(id).is_ok_and(|node| node.deadline() <= self.now) {
                self.step(id, Input::TimerCheck);
            }
        }
        true
    }

    /// Time passes for nobody's timers.
    pub(super) fn skip(&mut self, span: Micros) {
        self.now += span;
    }

    /// Delivers everything, and what it causes, until nothing is under way.
    pub(super) fn settle(&mut self) -> Result<(), String> {
        for _ in 0..STEPS_MAX {
            let Some(message) = self.network.pop_front() else { return Ok(()) };
            self.deliver(message);
        }
        Err(NO_END.to_owned())
    }

    /// One message arrives, or is lost on the way.
    pub(super) fn deliver(&mut self, message: Message) {
        let text = self.text(&message);
        let (from, to) = (message.from, message.to);
        if self.cut.contains(&(from, to)) || self.node(to).is_err() {
            return self.tell(&format!("lost: {text}"));
        }
        let before = self.told.len();
        self.step(to, Input::Message(message));
        if self.told.len() == before {
            self.tell(&format!("in silence: {text}"));
        }
    }

    /// `message` in the notation of this script.
    pub(super) fn text(&self, message: &Message) -> String {
        let round = if self.shows_rounds { notation::round(&message.body) } else { String::new() };
        notation::message(message) + &round
    }

    /// A name for what clients want, given back in answers.
    pub(super) fn name(&mut self, name: &str) -> u64 {
        self.names.push(name.to_owned());
        self.names.len() as u64 - 1
    }

    /// Commands are proposed, all in one step; a command is its name, and dots up to `size` bytes.
    pub(super) fn propose(&mut self, id: NodeId, names: &[&str], size: usize) {
        let proposals = names.iter().map(|name| {
            let command: Bytes = Arc::from(format!("{name:.<size$}").as_bytes());
            Proposal { id: ProposalId(self.name(name)), command }
        });
        let proposals = proposals.collect();
        self.step(id, Input::Propose(proposals));
    }

    /// The node takes a snapshot of what it has applied; its data is the list of commands, filled up to `size` bytes.
    pub(super) fn take_snapshot(&mut self, id: NodeId, size: usize) -> Result<(), String> {
        let index = self.node(id)?.last_applied();
        let data = format!("{:.<size$}", self.commands(id).join(" "));
        self.step(id, Input::SnapshotTaken { index, data: Arc::from(data.as_bytes()) });
        Ok(())
    }

    fn tell(&mut self, line: &str) {
        let _ = writeln!(self.told, "{line}");
    }

    fn take(&mut self, id: NodeId, commit_before: Index, out: Output) {
        let Ok(node) = self.node(id) else { return };
        let (term, role, commit_index) = (node.current_term(), node.role(), node.commit_index());
        let who = format!("{}@{term}", notation::node(id));
        if role == RoleName::Leader {
            self.laws.leads(id, term);
        }
        let mut lines: Vec<String> = out.facts.iter().filter_map(notation::fact).collect();
        lines.extend(out.writes.iter().map(|write| format!("writes {}", notation::write(write))));
        for line in lines {
            self.tell(&format!("{who} {line}"));
        }
        for message in &out.messages {
            self.tell(&self.text(message));
        }
        if commit_index > commit_before {
            self.tell(&format!("{who} commits {commit_index}"));
        }
        self.take_applied(id, &who, &out);
        for answer in &out.answers {
            self.tell(&format!("{who} {}", self.answer(answer)));
        }
        self.note_answered(id, &out.answers);
        for write in &out.writes {
            self.watch_write(id, write);
        }
        self.network.extend(out.messages);
        let Some(server) = self.servers.get_mut(&id) else { return };
        server.writes.extend(out.writes);
        if !server.slow {
            self.sync(id, usize::MAX);
        }
    }

    fn take_applied(&mut self, id: NodeId, who: &str, out: &Output) {
        if let Some(snapshot) = &out.restore {
            let text = notation::command(&snapshot.data);
            self.tell(&format!("{who} restores {} [{text}]", snapshot.last_included));
            let commands = text.split_whitespace().map(str::to_owned).collect();
            if let Some(server) = self.servers.get_mut(&id) {
                server.commands = commands;
            }
        }
        for entry in &out.apply {
            self.laws.applies(id, entry);
            let Payload::Command(bytes) = &entry.payload else { continue };
            self.tell(&format!("{who} applies {}", notation::entry(entry)));
            if let Some(server) = self.servers.get_mut(&id) {
                server.commands.push(notation::command(bytes));
            }
        }
    }

    fn note_answered(&mut self, id: NodeId, answers: &[Answer]) {
        let named = answers.iter().filter_map(|answer| match answer {
            Answer::Applied { proposal, .. } => self.names.get(proposal.0 as usize),
            Answer::ReadReady { read, .. } => self.names.get(read.0 as usize),
            _ => None,
        });
        if let Some(server) = self.servers.get_mut(&id) {
            server.answered.extend(named.cloned());
        }
    }

    fn answer(&self, answer: &Answer) -> String {
        let name = |id: u64| self.names.get(id as usize).map_or("?", String::as_str);
        match answer {
            Answer::Applied { proposal, entry } => {
                format!("answers {}: applied as {entry}", name(proposal.0))
            }
            Answer::ProposalRefused { proposal, refusal } => {
                format!("answers {}: {}", name(proposal.0), notation::refusal(refusal))
            }
            Answer::ProposalUnknown { proposal } => format!("answers {}: unknown", name(proposal.0)),
            Answer::ReadReady { read: ReadId(read), read_index } => {
                format!("answers {}: read at {read_index}", name(*read))
            }
            Answer::ReadRefused { read: ReadId(read), refusal } => {
                format!("answers {}: {}", name(*read), notation::refusal(refusal))
            }
        }
    }

    fn watch_write(&mut self, id: NodeId, write: &Write) {
        let Some(first) = write.entries.first() else { return };
        let before = first.index.prev();
        let Ok(log) = self.node(id).map(Node::log) else { return };
        if let Some(term) = log.term_at(before) {
            self.watch_entries(EntryId { term, index: before }, &write.entries);
        }
    }

    fn watch_entries(&mut self, mut before: EntryId, entries: &[Entry]) {
        for entry in entries {
            self.laws.holds(entry, before);
            before = entry.id();
        }
    }
}
