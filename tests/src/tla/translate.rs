//! Which step of the specification each step of a server is.

use std::collections::{BTreeMap, BTreeSet};

use mini_raft_core::raft::{Configuration, EntryId, Fact, NodeId, RoleName};
use mini_raft_core::sim::{Event, EventKind, Payload};
use mini_raft_core::time::Micros;

use super::Step;
use super::message::{Commands, Content, Entry, Message, Server, list};
use super::mirror::{End, Mirror, Role};
use super::needed;
use super::recording::{Moment, Part, Recording, Seen};

/// That many messages are lost together, so that this is not every other step.
const LOST_TOGETHER: usize = 12;

/// The steps of a run.
pub(super) fn steps(recording: &Recording) -> Vec<Step> {
    let mut commands = Commands::default();
    let needed = needed::messages(recording, &mut commands);
    let servers = (0..recording.servers).map(|number| (NodeId(number), Mirror::default())).collect();
    let mut translation = Translation {
        commands,
        needed,
        servers,
        in_flight: BTreeMap::new(),
        known: BTreeSet::new(),
        shown: BTreeSet::new(),
        idle: BTreeSet::new(),
        seen: BTreeMap::new(),
        promised: BTreeMap::new(),
        at: Micros::ZERO,
        steps: Vec::new(),
    };
    for moment in &recording.moments {
        translation.moment(moment);
    }
    for (node, base, entries) in &recording.logs {
        let entries: Vec<Entry> = entries.iter().map(|entry| translation.commands.entry(entry)).collect();
        let details = vec![("base", base.index.to_string()), ("entries", format!("<<{}>>", list(&entries)))];
        translation.push(Some(*node), "Compare", details);
    }
    translation.steps
}

struct Translation {
    commands: Commands,
    needed: BTreeSet<Message>,
    servers: BTreeMap<NodeId, Mirror>,
    /// How many copies of a message are under way.
    in_flight: BTreeMap<Message, i64>,
    /// What leaders and others have said in the specification, and the network has not lost.
    known: BTreeSet<Message>,
    /// Which promises the checker has been shown, and the network has not lost.
    shown: BTreeSet<Message>,
    /// What is not under way any more.
    idle: BTreeSet<Message>,
    seen: BTreeMap<NodeId, Seen>,
    promised: BTreeMap<NodeId, Vec<Message>>,
    at: Micros,
    steps: Vec<Step>,
}

impl Translation {
    fn moment(&mut self, moment: &Moment) {
        let begin = self.steps.len();
        let ended = |id: &NodeId| moment.seen.iter().any(|(seen, state)| seen == id && state.is_none());
        for (id, before, after) in moment.waiting.iter().filter(|(id, ..)| !ended(id)) {
            let count = self.mirror(*id).complete(before, after);
            if count > 0 {
                self.push(Some(*id), "Sync", vec![("count", count.to_string())]);
            }
        }
        for part in &moment.parts {
            match part {
                Part::Step(id, events) => self.step(*id, events, moment),
                Part::Network(event) => self.travels(event),
            }
        }
        for (id, before, after) in &moment.waiting {
            self.mirror(*id).assign(before, after);
        }
        for (id, seen) in moment.seen.iter().filter_map(|(id, seen)| Some((*id, (*seen)?))) {
            self.mirror(id).assign(&[], &[]);
            self.observe(id, seen, begin);
        }
        self.lose();
    }

    fn mirror(&mut self, id: NodeId) -> &mut Mirror {
        self.servers.entry(id).or_default()
    }

    fn push(&mut self, server: Option<NodeId>, action: &'static str, details: Vec<(&'static str, String)>) {
        let at = self.at;
        self.steps.push(Step { at, action, server, details, seen: None, promised: Vec::new() });
    }

    /// Adds how a server looks now to the last of its steps since `begin`.
    fn observe(&mut self, id: NodeId, seen: Seen, begin: usize) {
        let promised = self.promised.remove(&id).unwrap_or_default();
        let is_new = self.seen.insert(id, seen) != Some(seen);
        let last = (begin..self.steps.len()).rev().find(|place| self.steps[*place].server == Some(id));
        let last = match last {
            Some(last) => last,
            None if is_new || !promised.is_empty() => {
                self.push(Some(id), "Observe", Vec::new());
                self.steps.len() - 1
            }
            None => return,
        };
        let step = &mut self.steps[last];
        (step.seen, step.promised) = (Some(seen), promised);
    }

    fn step(&mut self, id: NodeId, events: &[Event], moment: &Moment) {
        self.at = events.first().map_or(self.at, |event| event.at);
        let delivered = needed::delivered(events, &mut self.commands);
        let mut has_sent = false;
        for event in events {
            match &event.kind {
                EventKind::Restart { .. } => self.restarts(id, moment),
                EventKind::Fact(fact) => {
                    let leads = self.mirror(id).role == Role::Leader;
                    if leads && !has_sent && matches!(fact, Fact::RoleChanged { .. }) {
                        // A leader that steps down says first what it had to say as a leader.
                        self.sends(id, events);
                        has_sent = true;
                    }
                    self.fact(id, fact, delivered.as_ref(), events);
                }
                _ => {}
            }
        }
        if !has_sent {
            self.sends(id, events);
        }
        events.iter().for_each(|event| self.travels(event));
    }

    fn restarts(&mut self, id: NodeId, moment: &Moment) {
        let Some((_, Some(seen))) = moment.seen.iter().find(|(seen, _)| *seen == id) else { return };
        let count = self.mirror(id).restart(End::from(seen.disk));
        self.push(Some(id), "Restart", vec![("count", count.to_string())]);
    }

    fn fact(&mut self, id: NodeId, fact: &Fact, delivered: Option<&Message>, events: &[Event]) {
        let memory = self.mirror(id).memory;
        match fact {
            Fact::RoleChanged { to, term, .. } => self.role_changed(id, *to, term.0),
            Fact::VoteCounted { voter, pre_vote: false, .. } => {
                let vote = Message::Vote { term: memory.term, from: Server(*voter), to: Server(id) };
                self.push(Some(id), "CountVote", vec![("message", vote.to_string())]);
                if *voter == id {
                    self.idle.insert(vote);
                }
            }
            Fact::VoteGranted { candidate, campaign_term, pre_vote: false, theirs, .. } => {
                let (from, term) = (Server(*candidate), campaign_term.0);
                let request = Message::RequestVote { from, term, last: *theirs };
                self.push(Some(id), "GrantVote", vec![("message", request.to_string())]);
                self.mirror(id).save(End { vote: Some(*candidate), ..memory }, false);
            }
            Fact::AppendAccepted { new_entries, .. } => {
                if let Some(message) = delivered.filter(|message| self.needed.contains(message)) {
                    self.accepts(id, message, *new_entries > 0, events);
                }
            }
            Fact::MatchAdvanced { .. } => {
                if let Some(message) = delivered {
                    self.push(Some(id), "ReceiveAck", vec![("message", message.to_string())]);
                }
            }
            Fact::Committed { to, .. } => {
                self.push(Some(id), "AdvanceCommit", vec![("index", to.to_string())]);
            }
            Fact::Proposed { first, count } => {
                let appended = needed::appended(events).filter(|entry| entry.index >= *first);
                let entries: Vec<Entry> =
                    appended.take(*count as usize).map(|entry| self.commands.entry(entry)).collect();
                for entry in entries {
                    let Content::Command(number) = entry.content else { continue };
                    self.push(Some(id), "ClientRequest", vec![("command", number.to_string())]);
                    self.appends_own(id);
                }
            }
            Fact::ConfigurationInUse { configuration, .. } => self.reconfigures(id, configuration),
            Fact::Compacted { last_included } => {
                self.push(Some(id), "Compact", vec![("last", last_included.index.to_string())]);
                self.mirror(id).save(End { base: last_included.index.0, ..memory }, false);
            }
            Fact::SnapshotInstalled { last_included, kept } => {
                let Some(message) = delivered else { return };
                self.push(Some(id), "InstallSnapshot", vec![("snapshot", message.to_string())]);
                let base = last_included.index.0;
                self.mirror(id).save(End { base, last: base + kept, ..memory }, true);
            }
            Fact::SnapshotIgnored { .. } => {
                let Some(message) = delivered.filter(|message| self.needed.contains(message)) else { return };
                if let Some(Message::Ack { match_index, .. }) =
                    needed::ack_at_once(events, &mut self.commands)
                {
                    let details = vec![("snapshot", message.to_string()), ("match", match_index.to_string())];
                    self.push(Some(id), "AnswerOldSnapshot", details);
                }
            }
            _ => {}
        }
    }

    fn role_changed(&mut self, id: NodeId, to: RoleName, term: u64) {
        let Mirror { memory, role, .. } = *self.mirror(id);
        let (action, end, role, details) = match to {
            RoleName::Follower if term > memory.term => {
                let details = vec![("term", term.to_string())];
                ("UpdateTerm", End { term, vote: None, ..memory }, Role::Follower, details)
            }
            RoleName::Follower | RoleName::PreCandidate if role == Role::Follower => return,
            RoleName::Follower | RoleName::PreCandidate => {
                self.push(Some(id), "StepDown", Vec::new());
                self.mirror(id).role = Role::Follower;
                return;
            }
            RoleName::Candidate => {
                ("Timeout", End { term, vote: Some(id), ..memory }, Role::Candidate, Vec::new())
            }
            RoleName::Leader => {
                ("BecomeLeader", End { last: memory.last + 1, ..memory }, Role::Leader, Vec::new())
            }
        };
        self.push(Some(id), action, details);
        self.mirror(id).save(end, false);
        self.mirror(id).role = role;
    }

    fn appends_own(&mut self, id: NodeId) {
        let memory = self.mirror(id).memory;
        self.mirror(id).save(End { last: memory.last + 1, ..memory }, true);
    }

    /// A leader puts a configuration into its log; to a follower it comes with the entries.
    fn reconfigures(&mut self, id: NodeId, configuration: &Configuration) {
        if self.mirror(id).role != Role::Leader {
            return;
        }
        let servers = |ids: &[NodeId]| format!("{{{}}}", list(ids.iter().copied().map(Server)));
        let details = vec![
            ("voters", servers(configuration.voters())),
            ("outgoing", servers(configuration.outgoing())),
        ];
        self.push(Some(id), "ChangeConfig", details);
        self.appends_own(id);
    }

    fn accepts(&mut self, id: NodeId, message: &Message, has_new: bool, events: &[Event]) {
        let Message::Append { entries, .. } = message else { return };
        let at_once = needed::ack_at_once(events, &mut self.commands).filter(|_| entries.is_empty());
        if let Some(ack @ Message::Ack { match_index, .. }) = at_once {
            // One more heartbeat that is answered as the one before it is no step.
            let is_step = self.known.insert(ack) || needed::learns(events);
            let details = vec![("message", message.to_string()), ("match", match_index.to_string())];
            if is_step {
                self.push(Some(id), "AcceptHeartbeat", details);
            }
            return;
        }
        self.push(Some(id), "AcceptEntries", vec![("message", message.to_string())]);
        let memory = self.mirror(id).memory;
        let last = needed::appended(events).last().map_or(memory.last, |entry| entry.index.0);
        self.mirror(id).save(End { last, ..memory }, has_new);
    }

    /// What a server says in this step, as far as it makes a difference.
    fn sends(&mut self, id: NodeId, events: &[Event]) {
        for event in events {
            let EventKind::Send { payload, .. } = &event.kind else { continue };
            let Payload::Peer(message) = &**payload else { continue };
            let message = Message::of(message, &mut self.commands);
            if message.is_promise() {
                if self.is_modelled(&message) && self.shown.insert(message.clone()) {
                    self.promised.entry(id).or_default().push(message);
                }
                continue;
            }
            if !self.needed.contains(&message) || self.known.contains(&message) {
                continue;
            }
            let (action, details) = match &message {
                Message::Append { prev, entries, commit, .. } => {
                    let details = vec![
                        ("prev", prev.index.to_string()),
                        ("count", entries.len().to_string()),
                        ("commit", commit.to_string()),
                        ("message", message.to_string()),
                    ];
                    ("SendEntries", details)
                }
                Message::Snapshot { last: EntryId { index, .. }, .. } => {
                    ("SendSnapshot", vec![("last", index.to_string())])
                }
                Message::Notice { term } => ("Mention", vec![("term", term.to_string())]),
                Message::RequestVote { .. } | Message::Vote { .. } | Message::Ack { .. } => continue,
            };
            self.push(Some(id), action, details);
            self.known.insert(message);
        }
    }

    fn is_modelled(&self, message: &Message) -> bool {
        matches!(message, Message::RequestVote { .. } | Message::Vote { .. }) || self.needed.contains(message)
    }

    /// Counts the copies of a message that are under way.
    fn travels(&mut self, event: &Event) {
        let (payload, more) = match &event.kind {
            EventKind::Send { payload, .. } => (payload, 1),
            EventKind::Deliver { payload, .. } | EventKind::Drop { payload, .. } => (payload, -1),
            _ => return,
        };
        let Payload::Peer(message) = &**payload else { return };
        let message = Message::of(message, &mut self.commands);
        if !self.is_modelled(&message) {
            return;
        }
        let count = self.in_flight.entry(message.clone()).or_default();
        *count += more;
        if *count == 0 {
            self.idle.insert(message);
        } else {
            self.idle.remove(&message);
        }
    }

    /// The network loses what is not under way any more, when enough of it has come together.
    fn lose(&mut self) {
        if self.idle.len() < LOST_TOGETHER {
            return;
        }
        let lost = std::mem::take(&mut self.idle);
        self.known.retain(|message| !lost.contains(message));
        self.shown.retain(|message| !lost.contains(message));
        let (snapshots, messages): (Vec<&Message>, Vec<&Message>) =
            lost.iter().partition(|message| matches!(message, Message::Snapshot { .. }));
        let details = vec![
            ("messages", format!("{{{}}}", list(messages))),
            ("snapshots", format!("{{{}}}", list(snapshots))),
        ];
        self.push(None, "Lose", details);
    }
}
