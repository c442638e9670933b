//! From JSON to what a scenario expects.

use super::descent::{Found, Mistakes, Object};
use super::read::Frame;
use super::{Check, Expect, LeaderIs, limits, read_step};
use crate::json::value::Value;
use crate::raft::{Index, RoleName, Term};
use crate::sim::Target;
use crate::time::Micros;

/// The property names of the trace, which `violations` may hold.
const PROPERTIES: [&str; 11] = [
    "election-safety",
    "leader-append-only",
    "log-matching",
    "leader-completeness",
    "state-machine-safety",
    "vote-once",
    "term-monotonic",
    "commit-monotonic",
    "durability",
    "linearizability",
    "exactly-once",
];

const ROLES: [RoleName; 4] =
    [RoleName::Follower, RoleName::PreCandidate, RoleName::Candidate, RoleName::Leader];

/// The expectations of the scenario `object`.
pub(super) fn expectations(object: &Object<'_>, frame: &Frame, mistakes: &mut Mistakes) -> Vec<Expect> {
    let list = object.optional("expect").and_then(|found| found.list(limits::EXPECTATIONS, mistakes));
    let items = list.unwrap_or_default();
    items.iter().filter_map(|found| expectation(found, frame, mistakes)).collect()
}

fn expectation(found: &Found<'_>, frame: &Frame, mistakes: &mut Mistakes) -> Option<Expect> {
    let object = found.object(mistakes)?;
    const CHECKS: [&str; 7] =
        ["leader", "term", "term_at_least", "committed_at_least", "applied", "role", "violations"];
    let known: Vec<&str> = ["at_ms"].into_iter().chain(CHECKS).collect();
    object.refuse_others(&known, mistakes);
    let at = object.optional("at_ms").and_then(|found| found.millis((Micros::ZERO, frame.until), mistakes));
    let found_checks: Vec<_> =
        CHECKS.iter().filter_map(|name| Some((*name, object.optional(name)?))).collect();
    if found_checks.is_empty() {
        return found.wrong(format!("nothing is expected: give one of {}", CHECKS.join(", ")), mistakes);
    }
    let mut check = |(name, found): &(&str, Found<'_>)| match *name {
        "leader" => leader(found, frame, mistakes).map(Check::Leader),
        "term" => found.whole(0..=u64::MAX, mistakes).map(|term| Check::Term(Term(term))),
        "term_at_least" => found.whole(0..=u64::MAX, mistakes).map(|term| Check::TermAtLeast(Term(term))),
        "committed_at_least" => {
            found.whole(0..=u64::MAX, mistakes).map(|index| Check::CommittedAtLeast(Index(index)))
        }
        "applied" => applied(found, frame, mistakes),
        "role" => role(found, frame, mistakes),
        _ => violations(found, mistakes),
    };
    let checks = found_checks.iter().filter_map(&mut check).collect();
    Some(Expect { at, checks })
}

fn leader(found: &Found<'_>, frame: &Frame, mistakes: &mut Mistakes) -> Option<LeaderIs> {
    match found.value {
        Value::Bool(true) => return Some(LeaderIs::Someone),
        Value::Bool(false) => return Some(LeaderIs::NoOne),
        Value::String(_) => {}
        _ => return found.wrong_type("true, false or a node", mistakes),
    }
    match read_step::target(found, frame, mistakes)? {
        Target::Node(id) => Some(LeaderIs::Node(id)),
        _ => found.wrong_type("true, false or a node by its id", mistakes),
    }
}

fn applied(found: &Found<'_>, frame: &Frame, mistakes: &mut Mistakes) -> Option<Check> {
    let object = found.object(mistakes)?;
    object.refuse_others(&["node", "key", "value"], mistakes);
    let node = object.required("node", mistakes).and_then(|found| read_step::target(&found, frame, mistakes));
    let key = object.required("key", mistakes).and_then(|found| found.text(1..=limits::KEY_BYTES, mistakes));
    let value = object.required("value", mistakes).and_then(|found| match *found.value == Value::Null {
        true => Some(None),
        // An expected value may be longer than a value that is written: appends make it grow.
        false => found.text(0..=limits::TEXT_BYTES, mistakes).map(Some),
    });
    Some(Check::Applied { node: node?, key: key?.to_owned(), value: value?.map(str::to_owned) })
}

fn role(found: &Found<'_>, frame: &Frame, mistakes: &mut Mistakes) -> Option<Check> {
    let object = found.object(mistakes)?;
    object.refuse_others(&["node", "role"], mistakes);
    let node = object.required("node", mistakes).and_then(|found| read_step::target(&found, frame, mistakes));
    let names = ROLES.map(|role| (role.as_str(), role));
    let role = object.required("role", mistakes).and_then(|found| found.choice("role", names, mistakes));
    Some(Check::Role { node: node?, role: role? })
}

fn violations(found: &Found<'_>, mistakes: &mut Mistakes) -> Option<Check> {
    let names = PROPERTIES.map(|name| (name, name));
    let mut properties = Vec::new();
    for found in found.list(PROPERTIES.len(), mistakes)? {
        match found.choice("property", names, mistakes) {
            Some(name) if properties.iter().any(|known| known == name) => {
                mistakes.add(found.place, format!("{name} stands twice"));
            }
            name => properties.extend(name.map(str::to_owned)),
        }
    }
    Some(Check::Violations(properties))
}
