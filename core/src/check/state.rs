//! state-machine-safety and exactly-once.

use super::lineage::content;
use super::property::Property;
use super::report::Report;
use super::sequence::Sequence;
use crate::kv::{ClientId, Command, Machine, Outcome};
use crate::raft::{Entry, Index, NodeId, Payload as EntryPayload, Term};
use crate::sim::event::{ClientAnswer, Event, EventKind, Payload};
use crate::sorted::{SortedMap, SortedSet};

/// The first to apply an index says what is applied there and what comes of it; a machine of our own says which
/// requests are retries, and what came of them the first time.
#[derive(Clone, Debug)]
pub(super) struct States {
    machine: Machine,
    /// The last request of each client that was applied, and what came of it: remembered for ever.
    last: SortedMap<ClientId, (u64, Outcome)>,
    /// By index.
    applied: Sequence<Applied>,
    /// The state of each server, where it is known.
    digests: SortedMap<NodeId, u64>,
    /// The servers whose state is known to differ from that of others: told once, until it is the same again.
    astray: SortedSet<NodeId>,
}

/// What was applied at an index.
#[derive(Clone, Debug)]
struct Applied {
    by: NodeId,
    term: Term,
    content: u64,
    outcome: Option<Outcome>,
    digest: u64,
    retry: Option<Retry>,
}

/// A request that must not be applied.
#[derive(Clone, Debug)]
struct Retry {
    client: ClientId,
    request: u64,
    /// The last request of this client that was applied: the same, or a later one.
    last: u64,
    /// What must come of it.
    outcome: Outcome,
}

impl Default for States {
    fn default() -> States {
        States {
            machine: Machine::new(),
            last: SortedMap::new(),
            applied: Sequence::starting_at(1),
            digests: SortedMap::new(),
            astray: SortedSet::default(),
        }
    }
}

impl States {
    pub(super) fn observe(&mut self, event: &Event, report: &mut Report<'_>) {
        let Some(node) = event.node else {
            return;
        };
        match &event.kind {
            EventKind::Apply { entry, outcome, digest } => {
                self.applies(node, entry, outcome.as_ref(), *digest, report);
                self.digests.insert(node, *digest);
            }
            EventKind::Send { payload, .. } => {
                if let Payload::Reply { client, request, answer: ClientAnswer::Done { outcome, .. } } =
                    &**payload
                {
                    self.tells(node, client, *request, outcome, report);
                }
            }
            // It has a state that no entry led to.
            EventKind::Restart { .. } | EventKind::Snapshot { .. } => {
                self.digests.remove(&node);
            }
            _ => {}
        }
    }

    /// Forgets what was applied before this index, which no server will apply again.
    pub(super) fn forget_before(&mut self, index: Index) {
        self.applied.forget_before(index.0);
    }

    #[cfg(test)]
    pub(super) fn remembers(&self, index: Index) -> bool {
        self.applied.get(index.0).is_some()
    }

    fn applies(
        &mut self,
        node: NodeId,
        entry: &Entry,
        outcome: Option<&Outcome>,
        digest: u64,
        report: &mut Report<'_>,
    ) {
        let index = entry.index.0;
        let before = self
            .digests
            .get(&node)
            .or_else(|| self.applied.get(index.saturating_sub(1)).map(|applied| &applied.digest))
            .copied();
        if index == self.applied.end() {
            let applied = Applied {
                by: node,
                term: entry.term,
                content: content(&entry.payload),
                outcome: outcome.cloned(),
                digest,
                retry: self.apply(entry),
            };
            self.applied.push(applied);
        }
        let Some(applied) = self.applied.get(index) else {
            return;
        };
        let wrong = compare(node, entry, outcome, digest, before, applied);
        let same_state = applied.digest == digest;
        let known = if same_state { self.astray.remove(&node) } else { !self.astray.insert(node) };
        if let Some((property, detail)) = wrong
            && !(known && is_state_alone(entry, applied) && property == Property::StateMachineSafety)
        {
            report.broken(
                property,
                detail,
                [entry.index],
                SortedSet::from_iter([applied.by, node]).into_vec(),
            );
        }
    }

    /// Applies the entry to the machine of our own.
    fn apply(&mut self, entry: &Entry) -> Option<Retry> {
        let EntryPayload::Command(bytes) = &entry.payload else {
            return None;
        };
        let Ok(Command { client, request, .. }) = Command::decode(bytes) else {
            return None;
        };
        let last = self.last.get(&client).map_or(0, |(request, _)| *request);
        let outcome = self.machine.apply(bytes);
        if request <= last {
            return Some(Retry { client, request, last, outcome });
        }
        if !matches!(outcome, Outcome::Expired(_)) {
            self.last.insert(client, (request, outcome));
        }
        None
    }

    /// A client is told what came of its request when it was applied; what a read found is in no log.
    fn tells(&self, node: NodeId, client: &ClientId, request: u64, told: &Outcome, report: &mut Report<'_>) {
        if matches!(told, Outcome::Value(_) | Outcome::Expired(_)) {
            return;
        }
        let wrong = match self.last.get(client) {
            Some((last, outcome)) if *last == request => {
                (outcome != told).then(|| format!("the first time it came to \"{outcome}\""))
            }
            Some((last, _)) if *last > request => None,
            _ => Some("it was never applied".to_owned()),
        };
        if let Some(wrong) = wrong {
            report.broken(
                Property::ExactlyOnce,
                format!("{node} tells {client} that its request {request} came to \"{told}\"; {wrong}."),
                [],
                [node],
            );
        }
    }
}

/// Whether it is the entry that others applied there, so that only what came of it can differ.
fn is_state_alone(entry: &Entry, applied: &Applied) -> bool {
    applied.term == entry.term && applied.content == content(&entry.payload)
}

/// What is wrong with this entry being applied, with this outcome, leading from one digest to another.
fn compare(
    node: NodeId,
    entry: &Entry,
    outcome: Option<&Outcome>,
    digest: u64,
    before: Option<u64>,
    applied: &Applied,
) -> Option<(Property, String)> {
    let id = entry.id();
    let by = applied.by;
    if applied.term != entry.term {
        let other = applied.term;
        let detail = format!(
            "{node} applied {id} at index {}, where {by} applied an entry of term {other}.",
            id.index
        );
        return Some((Property::StateMachineSafety, detail));
    }
    if applied.content != content(&entry.payload) {
        let detail = format!("{node} applied another command with {id} than {by}.");
        return Some((Property::StateMachineSafety, detail));
    }
    if let Some(retry) = &applied.retry {
        let Retry { client, request, last, .. } = retry;
        if before.is_some_and(|before| before != digest) {
            let again =
                if last == request { "again".to_owned() } else { format!("after its request {last}") };
            let detail = format!("{node} applied request {request} of {client} {again}, with {id}.");
            return Some((Property::ExactlyOnce, detail));
        }
        if outcome != Some(&retry.outcome) {
            let now = outcome.map(Outcome::to_string).unwrap_or_default();
            let detail = format!(
                "Request {request} of {client}, retried with {id}, came to \"{now}\" on {node}; the first time it came to \"{}\".",
                retry.outcome
            );
            return Some((Property::ExactlyOnce, detail));
        }
    }
    if applied.digest != digest || applied.outcome.as_ref() != outcome {
        let detail = format!("{node} came to another state than {by} with {id}.");
        return Some((Property::StateMachineSafety, detail));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::history::{History, append};
    use crate::kv::{ClientId, Command, Op, Outcome};

    fn swap(request: u64, expected: Option<&str>, value: &str) -> Command {
        let op = Op::Cas { key: "k".into(), expected: expected.map(Into::into), value: value.into() };
        Command { client: ClientId::new("c1"), request, op, stamp: None }
    }

    /// Two servers that apply different entries at one index break state-machine-safety.
    #[test]
    fn different_entries_at_one_index() {
        let (a, b) = (append("c1", 1, "a"), append("c1", 2, "b"));
        let mut history = History::new();
        history.applies(0, (1, 1), &a).applies(1, (1, 1), &a).applies(0, (1, 2), &b);
        assert_eq!(history.broken(), [""; 0]);
        history.applies(1, (2, 2), &b);
        assert_eq!(history.broken(), ["state-machine-safety"]);

        let mut history = History::new();
        history.applies(0, (1, 1), &a).applies(1, (1, 1), &b);
        assert_eq!(history.broken(), ["state-machine-safety"]);
    }

    /// The same entries that lead to different states break it too, and it is told once.
    #[test]
    fn different_states_at_one_index() {
        let mut history = History::new();
        history.applies(0, (1, 1), &append("c1", 1, "a")).applies(0, (1, 2), &append("c1", 2, "b"));
        history.machines[1].apply(&append("c9", 1, "x").encode());
        history.applies(1, (1, 1), &append("c1", 1, "a")).applies(1, (1, 2), &append("c1", 2, "b"));
        assert_eq!(history.details(), ["node-1 came to another state than node-0 with 1@1."]);
    }

    /// A server that restarts applies its log again, to the same states.
    #[test]
    fn a_log_is_applied_again_after_a_restart() {
        let log = [append("c1", 1, "a"), append("c1", 2, "b"), append("c1", 2, "b")];
        let mut history = History::new();
        for _ in 0..2 {
            for (index, command) in (1..).zip(&log) {
                history.applies(0, (1, index), command);
            }
            history.crashes(0).restarts(0, 1, None, (0, 0));
        }
        assert_eq!(history.broken(), [""; 0]);
    }

    /// A retry that changes the state breaks exactly-once, on every server that does it.
    #[test]
    fn a_retry_is_applied_again() {
        let request = append("c1", 1, "a");
        let mut history = History::new();
        for node in 0..2 {
            history.applies_without_session(node, (1, 1), &request);
        }
        assert_eq!(history.broken(), [""; 0]);
        for node in 0..2 {
            history.applies_without_session(node, (1, 2), &request);
        }
        assert_eq!(history.broken(), ["exactly-once"]);
        assert_eq!(
            history.details(),
            [
                "node-0 applied request 1 of c1 again, with 2@1.",
                "node-1 applied request 1 of c1 again, with 2@1."
            ]
        );
    }

    /// A retry that comes to another outcome breaks exactly-once, though it changes nothing.
    #[test]
    fn a_retry_comes_to_another_outcome() {
        let request = swap(1, None, "a");
        let mut history = History::new();
        history.applies(0, (1, 1), &request).applies(0, (1, 2), &request);
        assert_eq!(history.broken(), [""; 0]);
        history.applies_without_session(0, (1, 3), &request);
        assert_eq!(history.broken(), ["exactly-once"]);
    }

    /// A request that comes after a later one of its client is not applied.
    #[test]
    fn an_older_request_is_applied() {
        let mut history = History::new();
        history.applies(0, (1, 1), &append("c1", 2, "b")).applies(0, (1, 2), &append("c1", 1, "a"));
        assert_eq!(history.broken(), [""; 0]);
        history.applies_without_session(0, (1, 3), &append("c1", 1, "a"));
        assert_eq!(history.details(), ["node-0 applied request 1 of c1 after its request 2, with 3@1."]);
    }

    /// A client that is told another outcome than the first, or of something never done, breaks exactly-once.
    #[test]
    fn a_client_is_told_something_else() {
        let mut history = History::new();
        history.applies(0, (1, 1), &swap(1, None, "a"));
        history.answers(0, "c1", 1, Outcome::Swapped(true)).answers(1, "c1", 1, Outcome::Swapped(true));
        // What a read finds is in no log, and an older request's outcome is forgotten.
        history.answers(0, "c1", 2, Outcome::Value(None)).answers(0, "c1", 0, Outcome::Stale);
        assert_eq!(history.broken(), [""; 0]);
        history.answers(0, "c1", 1, Outcome::Swapped(false));
        assert_eq!(history.broken(), ["exactly-once"]);

        let mut history = History::new();
        history.answers(0, "c1", 1, Outcome::Done);
        assert_eq!(
            history.details(),
            ["node-0 tells c1 that its request 1 came to \"done\"; it was never applied."]
        );
    }
}
