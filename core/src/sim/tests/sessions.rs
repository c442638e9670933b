use std::collections::BTreeSet;

use super::lab::{Lab, kind};
use crate::kv::{ClientId, Op, Outcome};
use crate::raft::Rule;
use crate::sim::event::{ClientError, MessageKind};
use crate::sim::{Command, EventKind, Target};
use crate::time::Micros;

const TIMEOUT_MS: u64 = 1_000;

/// A cluster that forgets clients after a second, when a copy of an append of `a` has come two seconds late.
fn after_a_late_copy(without: Vec<Rule>) -> Lab {
    let (mut lab, _) = Lab::with_leader(3, |setup| {
        setup.config.session_timeout = Some(Micros::from_millis(TIMEOUT_MS));
        setup.without = without;
    });
    append(&mut lab, "a", "1");
    lab.run_ms(300);
    append(&mut lab, "a", "2");
    lab.obey(Command::Duplicate(kind(MessageKind::ClientRequest, 1)));
    lab.obey(Command::Hold(kind(MessageKind::ClientRequest, 1)));
    lab.run_ms(2 * TIMEOUT_MS);
    append(&mut lab, "b", "1");
    lab.run_ms(300);
    lab.obey(Command::Release(kind(MessageKind::ClientRequest, 1)));
    lab.run_ms(300);
    lab
}

/// A client appends to the key of its own name.
fn append(lab: &mut Lab, client: &str, value: &str) {
    let op = Op::Append { key: client.into(), value: value.into() };
    lab.obey(Command::Request { client: ClientId::new(client), op, to: Target::Leader });
}

/// The values of a key, on all servers.
fn values(lab: &Lab, key: &str) -> BTreeSet<Option<String>> {
    let value = |machine: &crate::sim::Machine| machine.kv()?.get(key).map(|value| value.to_string());
    lab.world.machines().iter().map(value).collect()
}

fn last_result(lab: &Lab, client: &str) -> Option<Result<Outcome, ClientError>> {
    let client = lab.world.clients().find(|it| it.id().0.as_ref() == client)?;
    client.last().map(|finished| finished.result.clone())
}

/// Thesis 6.3: a copy of a request that comes when its session is forgotten is refused, not applied again; without
/// the rule it is.
#[test]
fn a_request_of_an_expired_session_is_refused() {
    let lab = after_a_late_copy(Vec::new());
    assert_eq!(values(&lab, "a"), BTreeSet::from([Some("12".to_owned())]));
    let lab = after_a_late_copy(vec![Rule::ExpiredRequestRefused]);
    assert_eq!(values(&lab, "a"), BTreeSet::from([Some("122".to_owned())]));
}

/// All servers forget the same sessions with the same entry; by clocks of their own they would not.
#[test]
fn sessions_expire_by_the_time_of_the_log() {
    let outcomes = |without: Vec<Rule>| -> BTreeSet<String> {
        let lab = after_a_late_copy(without);
        let last = lab.world.machine(crate::raft::NodeId(0)).and_then(|machine| machine.node());
        let last = last.map(|node| node.last_applied()).expect("it runs");
        let outcome = |kind: &EventKind| match kind {
            EventKind::Apply { entry, outcome, .. } if entry.index == last => Some(format!("{outcome:?}")),
            _ => None,
        };
        lab.events.iter().filter_map(|event| outcome(&event.kind)).collect()
    };
    assert_eq!(outcomes(Vec::new()).len(), 1);
    assert_eq!(outcomes(vec![Rule::SessionsExpireByLog]).len(), 3, "each server told another time");
}

/// A client that comes back after its session has expired cannot know whether its request was done; then it has a session
/// again.
#[test]
fn a_client_that_was_forgotten_begins_anew() {
    let mut lab = after_a_late_copy(Vec::new());
    append(&mut lab, "a", "3");
    lab.run_ms(300);
    assert_eq!(last_result(&lab, "a"), Some(Err(ClientError::Unknown)));
    append(&mut lab, "a", "4");
    lab.run_ms(300);
    assert_eq!(last_result(&lab, "a"), Some(Ok(Outcome::Done)));
    assert_eq!(values(&lab, "a"), BTreeSet::from([Some("124".to_owned())]));
}
