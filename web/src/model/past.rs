//! What has happened, as far as it is remembered.

use std::collections::VecDeque;

use mini_raft_core::raft::{Fact, NodeId};
use mini_raft_core::sim::{Event, EventKind};

use super::chronicle::Chronicle;

/// What has happened, as far as it is remembered.
#[derive(Clone, Copy)]
pub struct Past<'a> {
    /// The latest events, in their order.
    pub events: &'a VecDeque<Event>,
    /// What is remembered for longer.
    pub chronicle: &'a Chronicle,
}

impl<'a> Past<'a> {
    /// The event of this number, if it is remembered.
    pub fn event(self, seq: u64) -> Option<&'a Event> {
        match self.events.binary_search_by_key(&seq, |event| event.seq) {
            Ok(place) => self.events.get(place),
            Err(_) => self.chronicle.event(seq),
        }
    }

    /// The latest events on this node, in their order.
    pub fn on_node(self, node: NodeId) -> impl DoubleEndedIterator<Item = &'a Event> {
        self.events.iter().filter(move |event| event.node == Some(node))
    }

    /// All that is remembered of what became of entries, from before the latest events too.
    pub fn story(self) -> impl Iterator<Item = &'a Event> {
        let first = self.events.front().map_or(u64::MAX, |event| event.seq);
        let older = self.chronicle.all_changes();
        older.filter(move |event| event.seq < first).chain(self.events)
    }

    /// The last event on this node of which this is true; those that are remembered for longer included.
    pub fn last_on(self, node: NodeId, is_it: impl Fn(&EventKind) -> bool) -> Option<&'a Event> {
        let first = self.events.front().map_or(u64::MAX, |event| event.seq);
        self.on_node(node)
            .rev()
            .find(|event| is_it(&event.kind))
            .or_else(|| self.chronicle.changes(node).find(|event| event.seq < first && is_it(&event.kind)))
    }

    /// The last fact of this node before the event of this number of which this is true.
    pub fn last_fact(self, node: NodeId, before: u64, is_it: impl Fn(&Fact) -> bool) -> Option<&'a Event> {
        let end = self.events.partition_point(|event| event.seq < before);
        let is_wanted = |event: &&Event| {
            event.node == Some(node) && matches!(&event.kind, EventKind::Fact(fact) if is_it(fact))
        };
        self.events.range(..end).rev().find(is_wanted).or_else(|| {
            self.chronicle.changes(node).filter(|event| event.seq < before).find(|event| is_wanted(event))
        })
    }
}
