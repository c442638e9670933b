//! The state machines, side by side, and what became of the form's requests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mini_raft_core::kv::{Op, Outcome};
use mini_raft_core::sim::event::ClientError;
use mini_raft_core::sim::{Client, Event, EventKind, Machine, World};
use mini_raft_core::time::Micros;

use crate::session::Session;
use crate::text::{self, is_you};

/// Keys that are shown; more are counted.
const KEYS_MAX: usize = 60;
/// Requests of the form that are shown, the newest first.
const REQUESTS_MAX: usize = 4;

/// The state machines, side by side, and what became of the form's requests.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateView {
    /// The nodes, in their order.
    pub nodes: Vec<StateColumn>,
    /// The keys that any node has, in their order.
    pub keys: Vec<KeyRow>,
    /// How many more keys there are.
    pub more_keys: u64,
    /// The form's requests, the newest first.
    pub requests: Vec<RequestView>,
}

/// The state machine of one node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateColumn {
    /// The node.
    pub node: u32,
    /// Whether it runs; the state machine of a crashed one is gone.
    pub up: bool,
    /// Up to here its log is applied.
    pub applied: u64,
    /// Whether it has applied less than another node.
    pub behind: bool,
}

/// One key on every node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRow {
    /// The key.
    pub key: Arc<str>,
    /// Its value on each node, in the order of [`StateView::nodes`].
    pub values: Vec<KeyValue>,
}

/// One key on one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyValue {
    /// The value; `None` if the node has no such key, or does not run.
    pub value: Option<Arc<str>>,
    /// Whether it differs from that of the node that has applied most.
    pub differs: bool,
}

/// A request of the form, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestView {
    /// Its number.
    pub request: u64,
    /// What was asked, in words.
    pub asked: String,
    /// What became of it, in a sentence.
    pub came_to: String,
    /// Whether it is under way, done or failed.
    pub state: RequestState,
}

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestState {
    /// No answer yet.
    Waiting,
    /// It was done.
    Done,
    /// It was not done, or nobody knows.
    Failed,
}

impl RequestState {
    /// The name in `data-state`.
    pub fn name(self) -> &'static str {
        match self {
            RequestState::Waiting => "waiting",
            RequestState::Done => "done",
            RequestState::Failed => "failed",
        }
    }
}

/// Builds the view of what the session shows.
pub fn state_view(session: &Session) -> StateView {
    let world = session.world();
    let mut view = state_view_of(world);
    let mut requests = requests(session.chronicle().requests());
    if let Some(client) = world.clients().find(|client| is_you(client.id())) {
        tell_of_waiting(&mut requests, client, world.now());
    }
    view.requests = requests.into_iter().rev().take(REQUESTS_MAX).collect();
    view
}

/// The state machines of a world.
pub fn state_view_of(world: &World) -> StateView {
    let machines = world.machines();
    let applied = |machine: &Machine| machine.node().map_or(0, |node| node.last_applied().0);
    let ahead =
        machines.iter().filter(|machine| machine.kv().is_some()).max_by_key(|machine| applied(machine));
    let most = ahead.map_or(0, applied);

    let keys: BTreeSet<&Arc<str>> =
        machines.iter().filter_map(Machine::kv).flat_map(|kv| kv.iter().map(|(key, _)| key)).collect();
    let row = |key: &Arc<str>| {
        let expected = ahead.and_then(Machine::kv).and_then(|kv| kv.get(key));
        let value = |machine: &Machine| match machine.kv() {
            None => KeyValue::default(),
            Some(kv) => {
                let value = kv.get(key);
                let differs = value != expected;
                KeyValue { value, differs }
            }
        };
        KeyRow { key: key.clone(), values: machines.iter().map(value).collect() }
    };
    StateView {
        nodes: machines
            .iter()
            .map(|machine| StateColumn {
                node: machine.id().0,
                up: machine.kv().is_some(),
                applied: applied(machine),
                behind: machine.kv().is_some() && applied(machine) < most,
            })
            .collect(),
        more_keys: keys.len().saturating_sub(KEYS_MAX) as u64,
        keys: keys.into_iter().take(KEYS_MAX).map(row).collect(),
        requests: Vec::new(),
    }
}

/// What became of the form's requests, the oldest first.
pub fn requests<'a>(events: impl Iterator<Item = &'a Event>) -> Vec<RequestView> {
    let mut asked_at: BTreeMap<u64, Micros> = BTreeMap::new();
    let mut requests: Vec<RequestView> = Vec::new();
    for event in events {
        match &event.kind {
            EventKind::Invoke { client, request, op } if is_you(client) => {
                asked_at.insert(*request, event.at);
                requests.push(RequestView {
                    request: *request,
                    asked: text::op(op),
                    came_to: "waits for an answer".to_owned(),
                    state: RequestState::Waiting,
                });
            }
            EventKind::Return { client, request, op, result, served_by } if is_you(client) => {
                let Some(view) = requests.iter_mut().find(|view| view.request == *request) else {
                    continue;
                };
                let took = event.at - asked_at.get(request).copied().unwrap_or(event.at);
                let by = served_by
                    .map_or_else(String::new, |(node, index)| format!(" by {node} at index {index}"));
                view.came_to = match result {
                    Ok(outcome) => format!("{}{by} in {}", answered(op, outcome), text::span(took)),
                    Err(ClientError::Rejected) => {
                        format!("refused{by} after {}: it was not done", text::span(took))
                    }
                    Err(ClientError::Unknown) => {
                        format!("no answer after {}: it may be done, or not", text::span(took))
                    }
                };
                view.state = match result {
                    Ok(_) => RequestState::Done,
                    Err(_) => RequestState::Failed,
                };
            }
            _ => {}
        }
    }
    requests
}

/// Says where the request under way was sent, and since when it waits.
fn tell_of_waiting(requests: &mut [RequestView], client: &Client, now: Micros) {
    let Some(operation) = client.operation() else { return };
    let Some(view) = requests.iter_mut().find(|view| view.request == operation.request) else { return };
    let tries = match operation.attempts {
        0 | 1 => String::new(),
        attempts => format!(", try {attempts}"),
    };
    let waits = if operation.awaiting { "sent to" } else { "rests before asking again, last" };
    view.came_to =
        format!("{waits} {}{tries}, {} so far", operation.to, text::span(now - operation.started_at));
    if client.queued() > 0 {
        view.came_to +=
            &format!("; {} behind it", text::plural(client.queued() as u64, "request", "requests"));
    }
}

fn answered(op: &Op, outcome: &Outcome) -> String {
    match (op, outcome) {
        (Op::Get { key }, Outcome::Value(Some(value))) => format!("{key} is “{value}”, read"),
        (Op::Get { key }, Outcome::Value(None)) => format!("there is no {key}, read"),
        (_, Outcome::Swapped(true)) => "it was as expected, and is set".to_owned(),
        (_, Outcome::Swapped(false)) => "it was not as expected, and stays; decided".to_owned(),
        (_, other) => text::outcome(other),
    }
}

#[cfg(test)]
mod tests {
    use mini_raft_core::raft::NodeId;
    use mini_raft_core::sim::{Command, Target};

    use super::*;
    use crate::model::sample::Sample;

    fn values(view: &StateView, key: &str) -> Vec<(Option<String>, bool)> {
        let row = view.keys.iter().find(|row| &*row.key == key).expect("the key is shown");
        row.values.iter().map(|value| (value.value.as_deref().map(str::to_owned), value.differs)).collect()
    }

    /// What a node does not have yet is marked until it has applied it.
    #[test]
    fn differences_are_marked_until_they_are_gone() {
        let (mut sample, leader) = Sample::with_leader();
        sample.set("city", "Oslo");
        sample.run_until(|world| state_view_of(world).keys.len() == 1);
        let first = values(&state_view_of(sample.world()), "city");
        for (node, (value, differs)) in (0..).zip(first) {
            let is_leader = node == leader.0;
            assert_eq!((value.is_some(), differs), (is_leader, !is_leader), "node {node}");
        }
        sample.run_for(300);
        let all = values(&state_view_of(sample.world()), "city");
        assert_eq!(all, vec![(Some("Oslo".to_owned()), false); 5]);
    }

    #[test]
    fn a_crashed_node_has_no_state_machine_and_no_mark() {
        let (mut sample, leader) = Sample::with_leader();
        sample.set("city", "Oslo");
        sample.run_for(300);
        sample.command(Command::Crash { node: Target::Node(leader) });
        let view = state_view_of(sample.world());
        assert_eq!(values(&view, "city")[leader.0 as usize], (None, false));
        assert!(!view.nodes[leader.0 as usize].up);
        assert!(!view.nodes[leader.0 as usize].behind);
    }

    #[test]
    fn a_request_says_who_answered_at_which_index_and_how_long_it_took() {
        let (mut sample, leader) = Sample::with_leader();
        sample.set("city", "Oslo");
        let waiting = requests(sample.chronicle.requests());
        assert_eq!(waiting[0].asked, "set city to “Oslo”");
        assert_eq!(waiting[0].state, RequestState::Waiting);
        sample.run_for(400);
        sample.ask(Op::Get { key: "city".into() });
        sample.run_for(400);
        let [set, get] = &requests(sample.chronicle.requests())[..] else { panic!("two requests") };
        assert_eq!(set.state, RequestState::Done);
        assert!(set.came_to.starts_with(&format!("done by {leader} at index 2 in ")), "{}", set.came_to);
        assert!(set.came_to.ends_with(" ms"), "{}", set.came_to);
        assert!(
            get.came_to.starts_with(&format!("city is “Oslo”, read by {leader} at index 2 in ")),
            "{}",
            get.came_to
        );
    }

    #[test]
    fn a_request_under_way_says_where_it_went() {
        let (mut sample, leader) = Sample::with_leader();
        sample.set("city", "Oslo");
        sample.run_for(5);
        let mut told = requests(sample.chronicle.requests());
        let client = sample.world().clients().find(|client| is_you(client.id())).expect("the form's client");
        tell_of_waiting(&mut told, client, sample.world().now());
        assert_eq!(told[0].came_to, format!("sent to {leader}, 5.0 ms so far"));
    }

    #[test]
    fn a_node_that_has_applied_less_is_behind() {
        let (mut sample, leader) = Sample::with_leader();
        let cut_off = NodeId((leader.0 + 1) % 5);
        sample.command(Command::Cut { from: Target::Leader, to: Target::Node(cut_off), both: true });
        sample.set("city", "Oslo");
        sample.run_for(300);
        let view = state_view_of(sample.world());
        let behind: Vec<u32> = view.nodes.iter().filter(|node| node.behind).map(|node| node.node).collect();
        assert_eq!(behind, [cut_off.0]);
    }
}
