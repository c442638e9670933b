//! From JSON to a scenario: all but its steps and expectations.

use super::descent::{self, Found, Mistakes, Object, quote};
use super::{Scenario, limits, read_expect, read_step};
use crate::json::value::Value;
use crate::kv::ClientId;
use crate::raft::NodeId;
use crate::raft::rules::Rule;
use crate::sim::{ClientSetup, DiskSetup, Mix, NetworkSetup, NodeSetup, Setup};
use crate::time::Micros;

/// A span that may be nothing, as long as a run at most.
pub(super) const ANY_SPAN: (Micros, Micros) = (Micros::ZERO, limits::SPAN);
/// A span of a millisecond at least.
const REAL_SPAN: (Micros, Micros) = (Micros::from_millis(1), limits::SPAN);
const PROBABILITY: (f64, f64) = (0.0, 1.0);

/// What the steps and expectations must fit.
pub(super) struct Frame {
    /// How many nodes there may be.
    pub(super) nodes: u32,
    /// When the run ends.
    pub(super) until: Micros,
}

/// See [`Scenario::from_json`].
pub(super) fn scenario(text: &str) -> Result<Scenario, Mistakes> {
    let value = descent::parse(text)?;
    let mut mistakes = Mistakes::default();
    match whole(&Found::root(&value), &mut mistakes) {
        Some(scenario) if mistakes.0.is_empty() => Ok(scenario),
        _ => Err(mistakes),
    }
}

/// Reads on after a mistake, to find the others; what could not be read has its default meanwhile.
fn whole(root: &Found<'_>, mistakes: &mut Mistakes) -> Option<Scenario> {
    let object = root.object(mistakes)?;
    version(&object, mistakes)?;
    object.refuse_others(
        &[
            "version", "name", "about", "nodes", "seed", "config", "network", "disk", "clients", "without",
            "steps", "until_ms", "expect",
        ],
        mistakes,
    );
    let text = |name, max, mistakes: &mut Mistakes| {
        let found = object.optional(name)?;
        found.text(0..=max, mistakes).map(str::to_owned)
    };
    let name = text("name", limits::LABEL_BYTES, mistakes).unwrap_or_default();
    let about = text("about", limits::ABOUT_BYTES, mistakes).unwrap_or_default();
    let nodes = object
        .required("nodes", mistakes)
        .and_then(|found| found.whole(1..=u64::from(limits::NODES), mistakes))
        // With a wrong number of nodes, every node that may be there is taken as there.
        .map_or(limits::NODES, |nodes| nodes as u32);
    let until = object
        .required("until_ms", mistakes)
        .and_then(|found| found.millis(ANY_SPAN, mistakes))
        .unwrap_or(limits::SPAN);
    let frame = Frame { nodes: if grows(&object) { limits::NODES } else { nodes }, until };
    let setup = setup(&object, nodes, mistakes);
    let steps = read_step::steps(&object, &frame, mistakes);
    let expect = read_expect::expectations(&object, &frame, mistakes);
    Some(Scenario { name, about, setup, steps, until, expect })
}

/// Whether a step changes the membership: that may make nodes, so every node that there can be is known.
fn grows(object: &Object<'_>) -> bool {
    let is_change = |(name, value): &(String, Value)| {
        name == "do" && matches!(value, Value::String(action) if action == "members")
    };
    let changes = |step: &Value| matches!(step, Value::Object(fields) if fields.iter().any(is_change));
    let steps = object.optional("steps").map(|found| found.value);
    matches!(steps, Some(Value::Array(steps)) if steps.iter().any(changes))
}

/// With another version, nothing else in the file can be judged.
fn version(object: &Object<'_>, mistakes: &mut Mistakes) -> Option<()> {
    let found = object.required("version", mistakes)?;
    if matches!(found.value, Value::Number(number) if number.whole() == Some(Scenario::VERSION)) {
        return Some(());
    }
    found.wrong_type(&format!("{}, the version that this program reads", Scenario::VERSION), mistakes)
}

fn setup(object: &Object<'_>, nodes: u32, mistakes: &mut Mistakes) -> Setup {
    let defaults = Setup::default();
    let part = |name| object.optional(name);
    Setup {
        nodes,
        seed: part("seed").and_then(|found| found.whole(0..=u64::MAX, mistakes)).unwrap_or(defaults.seed),
        config: part("config").and_then(|found| config(&found, mistakes)).unwrap_or_default(),
        network: part("network").and_then(|found| network(&found, mistakes)).unwrap_or_default(),
        disk: part("disk").and_then(|found| disk(&found, mistakes)).unwrap_or_default(),
        clients: part("clients").and_then(|found| clients(&found, mistakes)).unwrap_or_default(),
        without: part("without").and_then(|found| without(&found, mistakes)).unwrap_or_default(),
    }
}

fn config(found: &Found<'_>, mistakes: &mut Mistakes) -> Option<NodeSetup> {
    let object = found.object(mistakes)?;
    object.refuse_others(
        &[
            "election_timeout_ms",
            "heartbeat_ms",
            "pre_vote",
            "check_quorum",
            "max_entries_per_append",
            "max_inflight",
            "lease_drift_percent",
            "session_timeout_ms",
            "snapshot_every",
        ],
        mistakes,
    );
    let mut config = NodeSetup::default();
    let part = |name| object.optional(name);
    let small = 1..=10_000;
    if let Some(range) = part("election_timeout_ms").and_then(|found| found.millis_range(REAL_SPAN, mistakes))
    {
        config.election_timeout = range;
    }
    if let Some(span) = part("heartbeat_ms").and_then(|found| found.millis(REAL_SPAN, mistakes)) {
        config.heartbeat = span;
    }
    if let Some(choice) = part("pre_vote").and_then(|found| found.bool(mistakes)) {
        config.pre_vote = choice;
    }
    if let Some(choice) = part("check_quorum").and_then(|found| found.bool(mistakes)) {
        config.check_quorum = choice;
    }
    if let Some(count) = part("max_entries_per_append").and_then(|found| found.whole(small.clone(), mistakes))
    {
        config.max_entries_per_append = count as u32;
    }
    if let Some(count) = part("max_inflight").and_then(|found| found.whole(small, mistakes)) {
        config.max_inflight = count as u32;
    }
    if let Some(percent) = part("lease_drift_percent").and_then(|found| found.whole(0..=99, mistakes)) {
        config.lease_drift_percent = Some(percent as u32);
    }
    config.session_timeout = part("session_timeout_ms").and_then(|found| found.millis(REAL_SPAN, mistakes));
    if let Some(count) = part("snapshot_every").and_then(|found| found.whole(0..=1_000_000_000, mistakes)) {
        config.snapshot_every = count;
    }
    if config.heartbeat >= config.election_timeout.0 {
        let problem = format!(
            "a heartbeat every {} comes too late for an election timeout of {}: heartbeat_ms must be below it",
            config.heartbeat, config.election_timeout.0
        );
        mistakes.add(found.place.clone(), problem);
    }
    Some(config)
}

fn network(found: &Found<'_>, mistakes: &mut Mistakes) -> Option<NetworkSetup> {
    let object = found.object(mistakes)?;
    object.refuse_others(&read_step::NETWORK_FIELDS, mistakes);
    let change = read_step::network_change(&object, mistakes);
    let defaults = NetworkSetup::default();
    Some(NetworkSetup {
        latency: change.latency.unwrap_or(defaults.latency),
        loss: change.loss.unwrap_or(defaults.loss),
        duplicate: change.duplicate.unwrap_or(defaults.duplicate),
    })
}

/// A probability in `object`.
pub(super) fn probability(object: &Object<'_>, name: &str, mistakes: &mut Mistakes) -> Option<f64> {
    object.optional(name)?.fraction(PROBABILITY, mistakes)
}

fn disk(found: &Found<'_>, mistakes: &mut Mistakes) -> Option<DiskSetup> {
    let object = found.object(mistakes)?;
    object.refuse_others(&["sync_ms", "keep"], mistakes);
    let defaults = DiskSetup::default();
    let sync = object.optional("sync_ms").and_then(|found| found.millis_range(ANY_SPAN, mistakes));
    let keep = probability(&object, "keep", mistakes);
    Some(DiskSetup { sync: sync.unwrap_or(defaults.sync), keep: keep.unwrap_or(defaults.keep) })
}

fn clients(found: &Found<'_>, mistakes: &mut Mistakes) -> Option<Vec<ClientSetup>> {
    let mut clients: Vec<ClientSetup> = Vec::new();
    for found in found.list(limits::CLIENTS, mistakes)? {
        let Some(client) = client(&found, mistakes) else {
            continue;
        };
        if clients.iter().any(|other| other.id == client.id) {
            let problem = format!("there is a client {} already", quote(&client.id.0));
            mistakes.add(format!("{}.id", found.place), problem);
        }
        clients.push(client);
    }
    Some(clients)
}

fn client(found: &Found<'_>, mistakes: &mut Mistakes) -> Option<ClientSetup> {
    let object = found.object(mistakes)?;
    object.refuse_others(&["id", "every_ms", "mix", "keys"], mistakes);
    let id = object.required("id", mistakes).and_then(|found| client_id(&found, mistakes));
    let every = match object.optional("every_ms") {
        Some(found) => found.millis(REAL_SPAN, mistakes),
        None => Some(Micros::from_millis(100)),
    };
    let mix = match object.optional("mix") {
        Some(found) => mix(&found, mistakes),
        None => Some(Mix::default()),
    };
    let keys = match object.optional("keys") {
        Some(found) => found.whole(1..=limits::CLIENT_KEYS, mistakes),
        None => Some(3),
    };
    Some(ClientSetup { id: id?, every: every?, mix: mix?, keys: keys? as u32 })
}

/// A client's name; not that of a node, since both are ends of a message's way.
pub(super) fn client_id(found: &Found<'_>, mistakes: &mut Mistakes) -> Option<ClientId> {
    let text = found.text(1..=limits::LABEL_BYTES, mistakes)?;
    if text.parse::<NodeId>().is_ok() {
        return found.wrong(format!("{} is the name of a node", quote(text)), mistakes);
    }
    Some(ClientId::new(text))
}

/// A mix says all its weights: what it does not name has the weight 0.
fn mix(found: &Found<'_>, mistakes: &mut Mistakes) -> Option<Mix> {
    let object = found.object(mistakes)?;
    object.refuse_others(&["set", "get", "cas", "delete", "append"], mistakes);
    let mut weight = |name| match object.optional(name) {
        Some(found) => found.whole(0..=limits::WEIGHT, mistakes).map(|weight| weight as u32),
        None => Some(0),
    };
    let (set, get, cas) = (weight("set"), weight("get"), weight("cas"));
    let (delete, append) = (weight("delete"), weight("append"));
    let mix = Mix { set: set?, get: get?, cas: cas?, delete: delete?, append: append? };
    if mix.set + mix.get + mix.cas + mix.delete + mix.append == 0 {
        return found.wrong("one weight must be above 0", mistakes);
    }
    Some(mix)
}

fn without(found: &Found<'_>, mistakes: &mut Mistakes) -> Option<Vec<Rule>> {
    let names = || Rule::ALL.iter().map(|rule| (rule.name(), *rule));
    let mut rules = Vec::new();
    for found in found.list(Rule::ALL.len(), mistakes)? {
        match found.choice("rule", names(), mistakes) {
            Some(rule) if rules.contains(&rule) => mistakes.add(found.place, format!("{rule} stands twice")),
            rule => rules.extend(rule),
        }
    }
    Some(rules)
}
