//! linearizability: what clients see of a key is what one copy of it would have shown them.
//!
//! There must be an order of all operations on a key in which each takes effect at one moment between its beginning and
//! its end (Herlihy and Wing, 1990). Keys are independent of each other, so each has a search of its own; see
//! [`key`] for how it goes.
//!
//! An operation that was never answered may take effect at any later moment, or never, but not after its client has been
//! told of a later change: then every server knows that later request and ignores the earlier one (thesis 6.3). From
//! then on it is over too, so that a long run does not have to remember it.

mod key;

use std::sync::Arc;

use super::property::Property;
use super::report::Report;
use crate::kv::{ClientId, Op, Outcome, Quoted};
use crate::raft::{Index, NodeId};
use crate::sim::event::{ClientError, Event, EventKind};

use key::{Judgement, Key, Operation};

/// The histories of all keys.
#[derive(Clone, Debug, Default)]
pub(super) struct Histories {
    /// By name.
    keys: Vec<(Arc<str>, Arc<Key>)>,
    /// Changes that were never answered and may still take effect.
    doubtful: Vec<Doubtful>,
    undecided: u64,
}

/// A change that was never answered.
#[derive(Clone, Debug)]
struct Doubtful {
    client: ClientId,
    request: u64,
    key: Arc<str>,
}

impl Histories {
    pub(super) fn observe(&mut self, event: &Event, report: &mut Report<'_>) {
        match &event.kind {
            EventKind::Invoke { client, request, op } => {
                let operation = Operation { client: client.clone(), request: *request, op: op.clone() };
                let judgement = self.key(op.key()).begins(operation);
                self.judged(op.key(), judgement, None, report);
            }
            EventKind::Return { client, request, op, result, served_by } => {
                let judgement = match result {
                    Ok(outcome) => self.answered(client, *request, op, outcome, report),
                    Err(ClientError::Rejected) => self.key(op.key()).rejected(client, *request),
                    Err(ClientError::Unknown) => {
                        if self.key(op.key()).never_answered(client, *request) {
                            let (client, key) = (client.clone(), op.key().clone());
                            self.doubtful.push(Doubtful { client, request: *request, key });
                        }
                        Judgement::Explained
                    }
                };
                self.judged(op.key(), judgement, *served_by, report);
            }
            _ => {}
        }
    }

    /// How often the search for an order was given up, since too many were possible. Of that key nothing is said then
    /// until a read shows again what it holds.
    pub(super) fn undecided(&self) -> u64 {
        self.undecided
    }

    fn answered(
        &mut self,
        client: &ClientId,
        request: u64,
        op: &Op,
        outcome: &Outcome,
        report: &mut Report<'_>,
    ) -> Judgement {
        if !matches!(op, Op::Get { .. }) {
            let is_over = |it: &Doubtful| it.client == *client;
            for Doubtful { request, key, .. } in
                self.doubtful.extract_if(.., |it| is_over(it)).collect::<Vec<_>>()
            {
                let judgement = self.key(&key).over(client, request);
                self.judged(&key, judgement, None, report);
            }
        }
        self.key(op.key()).answered(client, request, outcome)
    }

    fn judged(
        &mut self,
        key: &str,
        judgement: Judgement,
        served_by: Option<(NodeId, Index)>,
        report: &mut Report<'_>,
    ) {
        match judgement {
            Judgement::Explained => {}
            Judgement::Undecided => self.undecided += 1,
            Judgement::Impossible(why) => {
                let (nodes, indexes) = served_by.unzip();
                let detail = format!("Of {}: {why}", Quoted(key));
                report.broken(Property::Linearizability, detail, indexes, nodes);
            }
        }
    }

    fn key(&mut self, name: &Arc<str>) -> &mut Key {
        let place = match self.keys.binary_search_by(|(other, _)| other.cmp(name)) {
            Ok(place) => place,
            Err(place) => {
                self.keys.insert(place, (name.clone(), Arc::new(Key::default())));
                place
            }
        };
        Arc::make_mut(&mut self.keys[place].1)
    }
}

#[cfg(test)]
mod tests;
