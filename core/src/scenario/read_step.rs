//! From JSON to the steps of a scenario.

use super::descent::{Found, Mistakes, Object, quote};
use super::read::{ANY_SPAN, Frame, client_id, probability};
use super::{Step, limits};
use crate::json::value::Value;
use crate::kv::Op;
use crate::raft::NodeId;
use crate::sim::Target;
use crate::sim::command::{Command, LinkTargets, MessageFilter, NetworkChange, TimerMove};
use crate::sim::event::MessageKind;
use crate::time::Micros;
use std::sync::Arc;

/// The actions and their fields, but for `at_ms` and `do`.
const ACTIONS: [(&str, &[&str]); 25] = [
    ("crash", &["node"]),
    ("restart", &["node"]),
    ("wipe", &["node"]),
    ("pause", &["node"]),
    ("resume", &["node"]),
    ("cut", &["from", "to", "both"]),
    ("heal", &["from", "to", "both"]),
    ("partition", &["groups"]),
    ("network", &["latency_ms", "loss", "duplicate", "from", "to"]),
    ("disk", &["node", "sync_ms", "fails"]),
    ("clock", &["node", "rate"]),
    ("timeout", &["node"]),
    ("timers", &["how"]),
    ("set", &["client", "key", "value", "to"]),
    ("get", &["client", "key", "to"]),
    ("delete", &["client", "key", "to"]),
    ("cas", &["client", "key", "expected", "value", "to"]),
    ("append", &["client", "key", "value", "to"]),
    ("transfer", &["to"]),
    ("members", &["add", "remove", "learners"]),
    ("snapshot", &["node"]),
    ("drop", &MESSAGE_FIELDS),
    ("hold", &MESSAGE_FIELDS),
    ("release", &MESSAGE_FIELDS),
    ("duplicate", &MESSAGE_FIELDS),
];

const MESSAGE_FIELDS: [&str; 5] = ["kind", "from", "to", "count", "id"];

/// The fields of `network`.
pub(super) const NETWORK_FIELDS: [&str; 3] = ["latency_ms", "loss", "duplicate"];

/// The steps of the scenario `object`.
pub(super) fn steps(object: &Object<'_>, frame: &Frame, mistakes: &mut Mistakes) -> Vec<Step> {
    let list = object.optional("steps").and_then(|found| found.list(limits::STEPS, mistakes));
    let items = list.unwrap_or_default();
    let steps: Vec<Step> = items.iter().filter_map(|found| step(found, frame, mistakes)).collect();
    let is_operation = |step: &&Step| matches!(step.command, Command::Request { .. });
    let operations = steps.iter().filter(is_operation).count();
    if operations > limits::OPERATIONS {
        let problem = format!("{operations} client operations, at most {} are allowed", limits::OPERATIONS);
        mistakes.add("steps", problem);
    }
    steps
}

fn step(found: &Found<'_>, frame: &Frame, mistakes: &mut Mistakes) -> Option<Step> {
    let object = found.object(mistakes)?;
    let at = object
        .required("at_ms", mistakes)
        .and_then(|found| found.millis((Micros::ZERO, frame.until), mistakes));
    let names = ACTIONS.map(|action| (action.0, action));
    let action = object.required("do", mistakes)?;
    let (name, fields) = action.choice("action", names, mistakes)?;
    let known: Vec<&str> = ["at_ms", "do"].iter().chain(fields).copied().collect();
    object.refuse_others(&known, mistakes);
    let command = Reader { object, frame }.command(name, mistakes);
    Some(Step { at: at?, command: command? })
}

/// A node, by id or by role.
pub(super) fn target(found: &Found<'_>, frame: &Frame, mistakes: &mut Mistakes) -> Option<Target> {
    let text = found.text(0..=usize::MAX, mistakes)?;
    match text {
        "leader" => return Some(Target::Leader),
        "follower" => return Some(Target::Follower),
        "candidate" => return Some(Target::Candidate),
        _ => {}
    }
    match text.parse::<NodeId>() {
        Ok(id) if id.0 < frame.nodes => Some(Target::Node(id)),
        _ => {
            let last = NodeId(frame.nodes - 1);
            let problem = format!(
                "unknown node {}, one of {} to {last}, leader, follower, candidate",
                quote(text),
                NodeId(0)
            );
            found.wrong(problem, mistakes)
        }
    }
}

/// What changes in the network: the fields of `network` that `object` has.
pub(super) fn network_change(object: &Object<'_>, mistakes: &mut Mistakes) -> NetworkChange {
    NetworkChange {
        latency: object.optional("latency_ms").and_then(|found| found.millis_range(ANY_SPAN, mistakes)),
        loss: probability(object, "loss", mistakes),
        duplicate: probability(object, "duplicate", mistakes),
    }
}

/// A step whose action is known.
struct Reader<'v, 'f> {
    object: Object<'v>,
    frame: &'f Frame,
}

impl Reader<'_, '_> {
    fn command(&self, name: &str, mistakes: &mut Mistakes) -> Option<Command> {
        Some(match name {
            "crash" => Command::Crash { node: self.node("node", mistakes)? },
            "restart" => Command::Restart { node: self.node("node", mistakes)? },
            "wipe" => Command::Wipe { node: self.node("node", mistakes)? },
            "pause" => Command::Pause { node: self.node("node", mistakes)? },
            "resume" => Command::Resume { node: self.node("node", mistakes)? },
            "cut" => {
                let LinkTargets { from, to, both } = self.link(mistakes)?;
                Command::Cut { from, to, both }
            }
            "heal" => Command::Heal { link: self.healed_link(mistakes)? },
            "partition" => Command::Partition { groups: self.groups(mistakes)? },
            "network" => self.network(mistakes)?,
            "disk" => {
                let node = self.node("node", mistakes);
                let fails = self.object.optional("fails");
                let fails = fails.and_then(|found| found.bool(mistakes)).unwrap_or_default();
                // One of them must be there.
                let sync = match fails {
                    true => self.object.optional("sync_ms"),
                    false => Some(self.object.required("sync_ms", mistakes)?),
                };
                let sync = match sync {
                    Some(found) => Some(found.millis_range(ANY_SPAN, mistakes)?),
                    None => None,
                };
                Command::Disk { node: node?, sync, fails }
            }
            "clock" => {
                let node = self.node("node", mistakes);
                let rate = self.object.required("rate", mistakes);
                let rate = rate.and_then(|found| found.fraction(limits::CLOCK_RATE, mistakes));
                Command::Clock { node: node?, rate: rate? }
            }
            "timeout" => Command::Timeout { node: self.node("node", mistakes)? },
            "timers" => {
                let moves = [("spread", TimerMove::Spread), ("align", TimerMove::Align)];
                let how = self.object.required("how", mistakes)?;
                Command::Timers { how: how.choice("way to move timers", moves, mistakes)? }
            }
            "transfer" => Command::Transfer { to: self.node("to", mistakes)? },
            "members" => self.members(mistakes)?,
            "snapshot" => Command::Snapshot { node: self.node("node", mistakes)? },
            "drop" => Command::Drop(self.messages(mistakes)?),
            "hold" => Command::Hold(self.messages(mistakes)?),
            "release" => Command::Release(self.messages(mistakes)?),
            "duplicate" => Command::Duplicate(self.messages(mistakes)?),
            operation => self.request(operation, mistakes)?,
        })
    }

    fn node(&self, name: &str, mistakes: &mut Mistakes) -> Option<Target> {
        target(&self.object.required(name, mistakes)?, self.frame, mistakes)
    }

    /// The outer `None` is a mistake, the inner one a field that is not there.
    fn optional_node(&self, name: &str, mistakes: &mut Mistakes) -> Option<Option<Target>> {
        match self.object.optional(name) {
            Some(found) => target(&found, self.frame, mistakes).map(Some),
            None => Some(None),
        }
    }

    fn link(&self, mistakes: &mut Mistakes) -> Option<LinkTargets> {
        let (from, to) = (self.node("from", mistakes), self.node("to", mistakes));
        let both = match self.object.optional("both") {
            Some(found) => found.bool(mistakes),
            None => Some(true),
        };
        let (from, to) = (from?, to?);
        if from == to {
            mistakes.add(self.object.place.clone(), "a link needs two different nodes");
            return None;
        }
        Some(LinkTargets { from, to, both: both? })
    }

    fn healed_link(&self, mistakes: &mut Mistakes) -> Option<Option<LinkTargets>> {
        let names_a_link = ["from", "to", "both"].iter().any(|name| self.object.optional(name).is_some());
        if names_a_link { self.link(mistakes).map(Some) } else { Some(None) }
    }

    fn groups(&self, mistakes: &mut Mistakes) -> Option<Vec<Vec<Target>>> {
        let nodes = self.frame.nodes as usize;
        let mut seen = Vec::new();
        let mut groups = Vec::new();
        for found in self.object.required("groups", mistakes)?.list(nodes, mistakes)? {
            let mut group = Vec::new();
            for found in found.list(nodes, mistakes)? {
                let node = target(&found, self.frame, mistakes)?;
                if seen.contains(&node) {
                    return found.wrong("this node is in a group already", mistakes);
                }
                seen.push(node);
                group.push(node);
            }
            groups.push(group);
        }
        Some(groups)
    }

    fn members(&self, mistakes: &mut Mistakes) -> Option<Command> {
        let [add, remove, learners] = ["add", "remove", "learners"].map(|name| self.nodes(name, mistakes));
        let (add, remove, learners) = (add?, remove?, learners?);
        if add.is_empty() && remove.is_empty() && learners.is_empty() {
            let problem = "nothing changes: give one of add, remove, learners";
            mistakes.add(self.object.place.clone(), problem);
            return None;
        }
        Some(Command::Members { add, remove, learners })
    }

    /// A list of nodes; none if there is no such field.
    fn nodes(&self, name: &str, mistakes: &mut Mistakes) -> Option<Vec<Target>> {
        let Some(found) = self.object.optional(name) else { return Some(Vec::new()) };
        let items = found.list(limits::NODES as usize, mistakes)?;
        let count = items.len();
        let nodes: Vec<Target> =
            items.iter().filter_map(|found| target(found, self.frame, mistakes)).collect();
        (nodes.len() == count).then_some(nodes)
    }

    fn network(&self, mistakes: &mut Mistakes) -> Option<Command> {
        let from = self.optional_node("from", mistakes);
        let to = self.optional_node("to", mistakes);
        if NETWORK_FIELDS.iter().all(|name| self.object.optional(name).is_none()) {
            let problem = format!("nothing changes: give one of {}", NETWORK_FIELDS.join(", "));
            mistakes.add(self.object.place.clone(), problem);
        }
        let change = network_change(&self.object, mistakes);
        Some(Command::Network { from: from?, to: to?, change })
    }

    fn messages(&self, mistakes: &mut Mistakes) -> Option<MessageFilter> {
        let kinds = || MessageKind::ALL.iter().map(|kind| (kind.as_str(), *kind));
        let kind = match self.object.optional("kind") {
            Some(found) => found.choice("kind of message", kinds(), mistakes).map(Some),
            None => Some(None),
        };
        let from = self.optional_node("from", mistakes);
        let to = self.optional_node("to", mistakes);
        let count = match self.object.optional("count") {
            Some(found) => found.whole(1..=limits::COUNT, mistakes),
            None => Some(1),
        };
        let id = match self.object.optional("id") {
            Some(found) => found.whole(0..=u64::MAX, mistakes).map(Some),
            None => Some(None),
        };
        Some(MessageFilter { kind: kind?, from: from?, to: to?, count: count? as u32, id: id? })
    }

    fn request(&self, operation: &str, mistakes: &mut Mistakes) -> Option<Command> {
        let client = self.object.required("client", mistakes);
        let client = client.and_then(|found| client_id(&found, mistakes));
        let key = self.text("key", 1..=limits::KEY_BYTES, mistakes);
        let to = self.optional_node("to", mistakes);
        let value = 0..=limits::VALUE_BYTES;
        let op = match operation {
            "get" => Op::Get { key: key? },
            "delete" => Op::Delete { key: key? },
            "set" => {
                let value = self.text("value", value, mistakes);
                Op::Set { key: key?, value: value? }
            }
            "append" => {
                let value = self.text("value", value, mistakes);
                Op::Append { key: key?, value: value? }
            }
            _ => {
                let expected = self.expected(mistakes);
                let value = self.text("value", value, mistakes);
                Op::Cas { key: key?, expected: expected?, value: value? }
            }
        };
        Some(Command::Request { client: client?, op, to: to?.unwrap_or(Target::Leader) })
    }

    fn text(
        &self,
        name: &str,
        bytes: std::ops::RangeInclusive<usize>,
        mistakes: &mut Mistakes,
    ) -> Option<Arc<str>> {
        self.object.required(name, mistakes)?.text(bytes, mistakes).map(Arc::from)
    }

    /// `expected` of a compare-and-set: a string, or null for "no such key".
    fn expected(&self, mistakes: &mut Mistakes) -> Option<Option<Arc<str>>> {
        let found = self.object.required("expected", mistakes)?;
        match *found.value == Value::Null {
            true => Some(None),
            false => found.text(0..=limits::TEXT_BYTES, mistakes).map(|text| Some(Arc::from(text))),
        }
    }
}
