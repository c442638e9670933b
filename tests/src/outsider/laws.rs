//! Whether the run keeps the laws of Raft, and its clients were told the truth.

use std::collections::BTreeMap;

use serde_json::Value;

mod view;

use super::machine::Machine;
use super::store::Store;
use super::{number, text};

/// What is known of a run from its trace so far.
#[derive(Debug, Default)]
pub(super) struct Run {
    nodes: BTreeMap<String, Node>,
    /// By term.
    leaders: BTreeMap<u64, String>,
    /// By node and term.
    votes: BTreeMap<(String, u64), String>,
    /// By node: for which loss of its disk it was admitted anew.
    admitted: BTreeMap<String, u64>,
    /// By index: the term and command of what was applied there, and the state's digest after it.
    applied: BTreeMap<u64, (u64, Value, Value)>,
    machine: Machine,
    /// It is a recording of a real cluster; then this is its state machine.
    is_recorded: bool,
    store: Store,
    /// By index and term: the term of the entry before, and the entry.
    entries: BTreeMap<(u64, u64), (u64, Value)>,
    /// The last committed entry that anybody knew of: index and term.
    committed: (u64, u64),
    /// By client: the operation under way.
    under_way: BTreeMap<String, Value>,
    last_request: BTreeMap<String, u64>,
}

#[derive(Debug, Default)]
struct Node {
    term: u64,
    /// By index: the term. A compacted beginning is left out.
    log: BTreeMap<u64, u64>,
    /// The end of the compacted beginning: index and term.
    base: (u64, u64),
    durable: u64,
    commit: u64,
    last_applied: u64,
    is_paused: bool,
    /// Committed and on disk when its last process ended: index and term.
    kept: Vec<(u64, u64)>,
}

impl Node {
    fn last(&self) -> (u64, u64) {
        self.log.last_key_value().map_or(self.base, |(index, term)| (*index, *term))
    }

    fn holds(&self, (index, term): (u64, u64)) -> bool {
        index <= self.base.0 || self.log.get(&index) == Some(&term)
    }
}

impl Run {
    /// What is wrong with this line, after those before.
    pub(super) fn observe(&mut self, line: &Value) -> Vec<String> {
        let mut wrong = Vec::new();
        let ev = text(line, "ev");
        self.is_recorded |= ev == "start" && line["recorded"].is_object();
        if self.is_recorded && ev == "restart" {
            self.restarted(line, &mut wrong);
        }
        if let Some(name) =
            line["node"].as_str().filter(|_| line["term"].is_u64() && !["vote", "wipe"].contains(&ev))
        {
            let node = self.nodes.entry(name.to_owned()).or_default();
            let term = number(line, "term");
            if term < node.term {
                wrong.push(format!("{name} went back from term {} to {term}", node.term));
            }
            node.term = term;
            if node.is_paused && !["resume", "crash", "fault"].contains(&ev) {
                wrong.push(format!("{ev} on {name}, which is paused"));
            }
        }
        match ev {
            "role" => self.role(line, &mut wrong),
            "vote" => self.vote(line, &mut wrong),
            "send" => self.send(line, &mut wrong),
            "invoke" => self.invoke(line, &mut wrong),
            "return" => self.answer(line, &mut wrong),
            "apply" => self.apply(line, &mut wrong),
            "append" => self.append(line, &mut wrong),
            "config" => self.admit(line),
            "view" => self.view(line, &mut wrong),
            "violation" => wrong.push(format!("{}: {}", text(line, "property"), text(line, "detail"))),
            _ => self.on_disk(line, &mut wrong),
        }
        wrong
    }

    /// Election Safety, and Leader Completeness for what is known to be committed.
    fn role(&mut self, line: &Value, wrong: &mut Vec<String>) {
        if text(line, "role") != "leader" {
            return;
        }
        let (name, term) = (text(line, "node"), number(line, "term"));
        let leader = self.leaders.entry(term).or_insert_with(|| name.to_owned());
        if leader != name {
            wrong.push(format!("{leader} and {name} both lead term {term}"));
        }
        if !self.nodes[name].holds(self.committed) {
            wrong.push(format!("{name} leads without the committed entry {:?}", self.committed));
        }
    }

    fn vote(&mut self, line: &Value, wrong: &mut Vec<String>) {
        let voter = (text(line, "node").to_owned(), number(line, "term"));
        let candidate = text(line, "for").to_owned();
        let before = self.votes.entry(voter.clone()).or_insert_with(|| candidate.clone());
        if *before != candidate {
            wrong.push(format!("{voter:?} votes for {before} and {candidate}"));
        }
    }

    /// A server that lost its disk is a new voter from the configuration on that admits it anew.
    fn admit(&mut self, line: &Value) {
        let node = text(line, "node");
        let Some(incarnation) = line["admitted"][node].as_u64() else { return };
        if self.admitted.insert(node.to_owned(), incarnation) != Some(incarnation) {
            self.votes.retain(|(voter, _), _| voter != node);
        }
    }

    /// Whatever is promised in a message is on disk.
    fn send(&mut self, line: &Value, wrong: &mut Vec<String>) {
        let (from, to) = (text(line, "from"), text(line, "to"));
        match text(line, "kind") {
            "request-vote-reply" if line["vote_granted"] == true => {
                let vote = self.votes.get(&(from.to_owned(), number(line, "campaign_term")));
                if vote.map(String::as_str) != Some(to) {
                    wrong.push(format!("{from} tells {to} of a vote that is not on its disk"));
                }
            }
            "append-entries-reply" if line["success"] == true => {
                let durable = self.nodes.get(from).map_or(0, |node| node.durable);
                if number(line, "match_index") > durable {
                    wrong.push(format!("{from} acknowledges more than the {durable} entries on its disk"));
                }
            }
            _ => {}
        }
    }

    /// Log Matching, and that a log has no gaps.
    fn append(&mut self, line: &Value, wrong: &mut Vec<String>) {
        let name = text(line, "node");
        let Some(node) = self.nodes.get_mut(name) else { return };
        for entry in line["entries"].as_array().into_iter().flatten() {
            let (index, term) = (number(entry, "index"), number(entry, "term"));
            let (last_index, last_term) = node.last();
            if index != last_index + 1 {
                wrong.push(format!("{name} appends entry {index} after entry {last_index}"));
            }
            let told = (last_term, entry.clone());
            let known = self.entries.entry((index, term)).or_insert_with(|| told.clone());
            if *known != told {
                wrong.push(format!("entry {index} of term {term} differs: {known:?} and {told:?}"));
            }
            node.log.insert(index, term);
        }
    }

    /// State Machine Safety: the same entries in the same order, with the results that they must have.
    fn apply(&mut self, line: &Value, wrong: &mut Vec<String>) {
        let (name, index) = (text(line, "node"), number(line, "index"));
        let Some(node) = self.nodes.get_mut(name) else { return };
        if index != node.last_applied + 1 || index > node.commit {
            let (last, commit) = (node.last_applied, node.commit);
            wrong.push(format!("{name} applies {index} after {last} with commit index {commit}"));
        }
        node.last_applied = index;
        let entry = (number(line, "entry_term"), line["command"].clone(), line["digest"].clone());
        if let Some(known) = self.applied.get(&index) {
            if *known != entry {
                wrong.push(format!("at {index}, {name} applies {entry:?}, another one {known:?}"));
            }
            return;
        }
        if self.is_recorded {
            wrong.extend(self.store.apply(line));
        } else {
            let expected = self.machine.apply(index, &line["command"]);
            if line["result"] != expected {
                wrong.push(format!("the result of {index} is {}, not {expected}", line["result"]));
            }
        }
        self.applied.insert(index, entry);
    }

    /// Everything that is told of one node's log and disk.
    fn on_disk(&mut self, line: &Value, wrong: &mut Vec<String>) {
        let name = text(line, "node");
        let Some(node) = self.nodes.get_mut(name) else { return };
        let index = number(line, "index");
        match text(line, "ev") {
            "truncate" => {
                let from = number(line, "from");
                if from > node.last().0 {
                    wrong.push(format!("{name} removes {from}, which is not there"));
                }
                if from <= node.commit {
                    wrong.push(format!("{name} removes {from}, which is committed"));
                }
                node.log.retain(|index, _| *index < from);
            }
            "sync" => node.durable = index,
            "commit" => {
                if index < node.commit || index > node.last().0 {
                    let (commit, last) = (node.commit, node.last().0);
                    wrong.push(format!("{name} commits {index} after {commit}, its log ends at {last}"));
                }
                node.commit = index;
                let term = node.log.get(&index).copied();
                if let Some(term) = term.filter(|_| index > self.committed.0) {
                    self.committed = (index, term);
                }
            }
            "snapshot" => {
                let base = (index, number(line, "snapshot_term"));
                if text(line, "how") == "installed" {
                    // What follows the snapshot is kept only if the log matches there (Figure 13).
                    if !node.holds(base) {
                        node.log.clear();
                    }
                    node.commit = node.commit.max(index);
                    node.last_applied = node.last_applied.max(index);
                }
                node.base = base;
                node.log.retain(|kept, _| *kept > index);
            }
            "restart" => {
                let (last, base) = (number(line, "last_index"), number(line, "snapshot_index"));
                node.log.retain(|index, _| *index <= last && *index > base);
                node.base.0 = base;
                (node.commit, node.last_applied, node.durable) = (base, base, last);
            }
            "wipe" => *node = Node::default(),
            "pause" => node.is_paused = true,
            "resume" | "crash" => node.is_paused = false,
            _ => {}
        }
    }

    fn invoke(&mut self, line: &Value, wrong: &mut Vec<String>) {
        let client = text(line, "client").to_owned();
        let request = number(line, "request");
        let before = self.last_request.insert(client.clone(), request).unwrap_or_default();
        if request != before + 1 {
            wrong.push(format!("{client} begins request {request} after {before}"));
        }
        if self.under_way.insert(client.clone(), line.clone()).is_some() {
            wrong.push(format!("{client} begins an operation while another is under way"));
        }
    }

    /// What a client is told is what was applied, or what stood there when it was read.
    fn answer(&mut self, line: &Value, wrong: &mut Vec<String>) {
        let (client, request) = (text(line, "client"), number(line, "request"));
        let asked = self.under_way.remove(client);
        let is_the_same = asked.is_some_and(|asked| {
            ["request", "op", "key", "value", "expected"].iter().all(|field| asked[*field] == line[*field])
        });
        if !is_the_same {
            wrong.push(format!("{client} gets an answer to what it did not ask"));
        }
        if line["ok"] != true {
            if !["rejected", "unknown"].contains(&text(line, "error")) {
                wrong.push(format!("unknown error {}", line["error"]));
            }
            return;
        }
        let expected = if text(line, "op") == "get" {
            self.machine.value_at(number(line, "served_index"), text(line, "key")).map(Value::from)
        } else {
            self.machine.result_of(client, request).cloned()
        };
        if line["result"] != expected.clone().unwrap_or_default() {
            wrong.push(format!("{client} is told {}, but it was {expected:?}", line["result"]));
        }
        if text(line, "op") != "get" && expected.is_none() {
            wrong.push(format!("{client} is told of request {request}, which nobody applied"));
        }
    }
}
