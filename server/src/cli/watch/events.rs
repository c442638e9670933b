//! What changed from one look to the next, in words.

use std::collections::VecDeque;
use std::time::SystemTime;

use super::super::text::thousands;
use crate::client::NodeStatus;
use crate::client::view::{ClusterView, Health};

/// More are not kept: no screen is higher.
const KEPT: usize = 200;

/// What happened, the newest first.
#[derive(Debug, Default)]
pub(super) struct Events {
    lines: VecDeque<Event>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) at: SystemTime,
    pub(super) kind: Kind,
    pub(super) text: String,
}

/// What it means for the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Good,
    Bad,
    Leader,
    Other,
}

impl Events {
    pub(super) fn newest_first(&self) -> impl Iterator<Item = &Event> {
        self.lines.iter()
    }

    /// Notes what is different now.
    pub(super) fn compare(&mut self, before: Option<&ClusterView>, now: &ClusterView, at: SystemTime) {
        let mut changes = Vec::new();
        match before {
            None => first(now, &mut changes),
            Some(before) => {
                snapshots(before, now, &mut changes);
                nodes(before, now, &mut changes);
                leader(before, now, &mut changes);
                members(before, now, &mut changes);
                health(before, now, &mut changes);
            }
        }
        for (kind, text) in changes {
            self.lines.push_front(Event { at, kind, text });
        }
        self.lines.truncate(KEPT);
    }
}

type Changes = Vec<(Kind, String)>;

fn first(now: &ClusterView, changes: &mut Changes) {
    match now.leader() {
        Some(leader) => {
            changes.push((Kind::Leader, format!("{} leads in term {}", leader.id, leader.term)));
        }
        None => changes.push((Kind::Bad, "nobody leads".to_owned())),
    }
    for silent in now.nodes.iter().filter(|node| node.status.is_err()) {
        changes.push((Kind::Bad, format!("{} does not answer", silent.node.id)));
    }
}

fn nodes(before: &ClusterView, now: &ClusterView, changes: &mut Changes) {
    for node in &now.nodes {
        let id = &node.node.id;
        match (before.node(id).map(|node| &node.status), &node.status) {
            (Some(Ok(_)), Err(_)) => changes.push((Kind::Bad, format!("{id} does not answer any more"))),
            (Some(Err(_)), Ok(status)) => {
                let again = format!("{id} answers again, with entries up to {}", status.last_index);
                changes.push((Kind::Good, again));
            }
            (Some(Ok(then)), Ok(status)) => node_itself(then, status, changes),
            _ => {}
        }
    }
}

fn node_itself(then: &NodeStatus, now: &NodeStatus, changes: &mut Changes) {
    let id = &now.id;
    if now.uptime_ms < then.uptime_ms {
        let again = format!("{id} was started again, with entries up to {}", now.last_index);
        changes.push((Kind::Other, again));
    }
    if now.role != then.role && matches!(now.role.as_str(), "candidate" | "pre-candidate") {
        changes.push((Kind::Other, format!("{id} is a {} in term {}", now.role, now.term)));
    }
}

/// In one line: all nodes take them at nearly the same time.
fn snapshots(before: &ClusterView, now: &ClusterView, changes: &mut Changes) {
    let newer = |status: &&NodeStatus| {
        let then = before.node(&status.id).and_then(|node| node.status.as_ref().ok());
        then.is_some_and(|then| status.snapshot_index > then.snapshot_index)
    };
    let of: Vec<&NodeStatus> = now.answers().filter(newer).collect();
    if let Some(last) = of.iter().map(|status| status.snapshot_index).max() {
        let ids: Vec<&str> = of.iter().map(|status| status.id.as_str()).collect();
        changes.push((Kind::Other, format!("snapshot up to entry {}: {}", thousands(last), ids.join(", "))));
    }
}

fn leader(before: &ClusterView, now: &ClusterView, changes: &mut Changes) {
    let of = |view: &ClusterView| view.leader().map(|leader| (leader.id.clone(), leader.term));
    match (of(before), of(now)) {
        (before, now) if before == now => {}
        (_, Some((id, term))) => changes.push((Kind::Leader, format!("{id} leads in term {term}"))),
        (Some((id, term)), None) => {
            changes.push((Kind::Bad, format!("nobody leads; {id} did, in term {term}")));
        }
        (None, None) => {}
    }
}

fn members(before: &ClusterView, now: &ClusterView, changes: &mut Changes) {
    let (Some(then), Some(leader)) = (before.leader(), now.leader()) else {
        return;
    };
    if (&then.voters, &then.learners) != (&leader.voters, &leader.learners) {
        let mut text = format!("voters are {}", leader.voters.join(", "));
        if !leader.learners.is_empty() {
            text.push_str(&format!("; learners {}", leader.learners.join(", ")));
        }
        changes.push((Kind::Other, text));
    }
}

fn health(before: &ClusterView, now: &ClusterView, changes: &mut Changes) {
    let (then, health) = (before.health(), now.health());
    if then != health {
        let kind = if health == Health::Healthy { Kind::Good } else { Kind::Bad };
        changes.push((kind, format!("the cluster is {}", health.name())));
    }
}
