//! Is there an order of all operations on a key that explains what every client saw (Herlihy and Wing, 1990)?
//!
//! The search is that of the core's checks. Keys are independent of each other, so each is judged alone.

use mini_raft_core::check::{Checks, Property};
use mini_raft_core::kv::ClientId;
use mini_raft_core::raft::Term;
use mini_raft_core::sim::{Event, EventKind, Setup};
use mini_raft_core::time::Micros;

use super::history::Operation;

/// What is said of the history of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Some order explains it.
    Linearizable,
    /// No order does; in words, what cannot be explained.
    Broken(String),
    /// The search was given up.
    Undecided,
}

/// Judges the operations on one key.
pub fn judge(operations: &[Operation]) -> Verdict {
    let mut checks = Checks::new(&Setup::default());
    for event in events(operations) {
        checks.observe(&event);
    }
    match checks.status(Property::Linearizability).holds() {
        true if checks.undecided() > 0 => Verdict::Undecided,
        true => Verdict::Linearizable,
        false => {
            let first = checks.violations().first();
            Verdict::Broken(first.map_or_else(String::new, |(_, violation)| violation.detail.clone()))
        }
    }
}

/// The beginnings and the ends, in the order of time, as the checks want them.
fn events(operations: &[Operation]) -> Vec<Event> {
    let mut kinds = Vec::with_capacity(2 * operations.len());
    for Operation { client, op, begins, ends } in operations {
        let (client, request) = (ClientId::new(&format!("c{client}")), *begins as u64);
        kinds.push((*begins, EventKind::Invoke { client: client.clone(), request, op: op.clone() }));
        if let Some((place, result)) = ends {
            let (op, result) = (op.clone(), result.clone());
            kinds.push((*place, EventKind::Return { client, request, op, result, served_by: None }));
        }
    }
    kinds.sort_by_key(|(place, _)| *place);
    let event =
        |(seq, (_, kind))| Event { seq, at: Micros(seq), cause: None, node: None, term: Term::ZERO, kind };
    (0..).zip(kinds).map(event).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mini_raft_core::kv::{Op, Outcome};
    use mini_raft_core::sim::event::ClientError;

    use super::super::history::Recorder;
    use super::*;

    fn set(value: &str) -> Op {
        Op::Set { key: "k".into(), value: value.into() }
    }

    fn get() -> Op {
        Op::Get { key: "k".into() }
    }

    fn found(value: Option<&str>) -> Result<Outcome, ClientError> {
        Ok(Outcome::Value(value.map(Arc::from)))
    }

    fn verdict(recorder: &Recorder) -> Verdict {
        judge(&recorder.by_key()["k"])
    }

    #[test]
    fn an_acknowledged_write_that_a_later_read_misses_is_a_break() {
        let recorder = Recorder::default();
        let write = recorder.begin(1, set("a"));
        recorder.end(write, Ok(Outcome::Done));
        let read = recorder.begin(2, get());
        recorder.end(read, found(None));
        assert!(matches!(verdict(&recorder), Verdict::Broken(_)));
    }

    #[test]
    fn a_write_of_unknown_outcome_may_show_late_or_never_and_a_refused_one_never() {
        for (ending, shown, fine) in [
            (ClientError::Unknown, Some("a"), true),
            (ClientError::Unknown, None, true),
            (ClientError::Rejected, None, true),
            (ClientError::Rejected, Some("a"), false),
        ] {
            let recorder = Recorder::default();
            let write = recorder.begin(1, set("a"));
            recorder.end(write, Err(ending));
            let read = recorder.begin(2, get());
            recorder.end(read, found(shown));
            assert_eq!(verdict(&recorder) == Verdict::Linearizable, fine, "{ending:?} {shown:?}");
        }
    }

    #[test]
    fn two_compare_and_sets_of_one_value_cannot_both_have_been_done() {
        let recorder = Recorder::default();
        for (client, value) in [(1, "a"), (2, "b")] {
            let op = Op::Cas { key: "k".into(), expected: None, value: value.into() };
            let swap = recorder.begin(client, op);
            recorder.end(swap, Ok(Outcome::Swapped(true)));
        }
        assert!(matches!(verdict(&recorder), Verdict::Broken(_)));
    }
}
