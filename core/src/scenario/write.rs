//! From a scenario to JSON, with the fields in the order of the form.

use super::{Check, Expect, LeaderIs, Scenario, Step};
use crate::json::{self, Fields};
use crate::kv::Op;
use crate::sim::command::{Command, MessageFilter, TimerMove};
use crate::sim::{ClientSetup, NodeSetup, Target};

/// Appends the scenario to `out`, in one line.
pub(crate) fn scenario(out: &mut String, scenario: &Scenario) {
    let setup = &scenario.setup;
    json::object(out, |fields| {
        fields.number("version", Scenario::VERSION);
        fields.string("name", &scenario.name);
        fields.string("about", &scenario.about);
        fields.number("nodes", u64::from(setup.nodes));
        fields.number("seed", setup.seed);
        fields.object("config", |fields| config(fields, &setup.config));
        fields.object("network", |fields| {
            fields.millis_range("latency_ms", setup.network.latency);
            fields.fraction("loss", setup.network.loss);
            fields.fraction("duplicate", setup.network.duplicate);
        });
        fields.object("disk", |fields| {
            fields.millis_range("sync_ms", setup.disk.sync);
            if setup.disk.keep > 0.0 {
                fields.fraction("keep", setup.disk.keep);
            }
        });
        fields.list("clients", &setup.clients, client);
        fields.list("without", &setup.without, |out, rule| json::string(out, rule.name()));
        fields.list("steps", &scenario.steps, step);
        fields.millis("until_ms", scenario.until);
        fields.list("expect", &scenario.expect, expect);
    });
}

/// Adds `do` and the fields of a step that does this.
pub(crate) fn command(fields: &mut Fields<'_>, command: &Command) {
    fields.string("do", action(command));
    if let Some(node) = node_of(command) {
        target(fields, "node", node);
    }
    operands_of(fields, command);
}

/// As [`command`], where the node that it is done to, if there is one, has been named already.
pub(crate) fn command_on_node(fields: &mut Fields<'_>, command: &Command) {
    fields.string("do", action(command));
    operands_of(fields, command);
}

/// The field `node` of a step.
fn node_of(command: &Command) -> Option<Target> {
    match command {
        Command::Crash { node }
        | Command::Restart { node }
        | Command::Wipe { node }
        | Command::Pause { node }
        | Command::Resume { node }
        | Command::Timeout { node }
        | Command::Snapshot { node }
        | Command::Disk { node, .. }
        | Command::Clock { node, .. } => Some(*node),
        _ => None,
    }
}

/// All fields of a step but `do` and `node`.
fn operands_of(fields: &mut Fields<'_>, command: &Command) {
    match command {
        Command::Crash { .. }
        | Command::Restart { .. }
        | Command::Wipe { .. }
        | Command::Pause { .. }
        | Command::Resume { .. }
        | Command::Timeout { .. }
        | Command::Snapshot { .. } => {}
        Command::Cut { from, to, both } => link(fields, *from, *to, *both),
        Command::Heal { link: None } => {}
        Command::Heal { link: Some(ends) } => link(fields, ends.from, ends.to, ends.both),
        Command::Partition { groups } => fields.list("groups", groups, |out, group| {
            json::list(out, group, |out, node| json::string(out, &target_name(*node)));
        }),
        Command::Network { from, to, change } => {
            optional_target(fields, "from", *from);
            optional_target(fields, "to", *to);
            if let Some(latency) = change.latency {
                fields.millis_range("latency_ms", latency);
            }
            if let Some(loss) = change.loss {
                fields.fraction("loss", loss);
            }
            if let Some(duplicate) = change.duplicate {
                fields.fraction("duplicate", duplicate);
            }
        }
        Command::Disk { node: _, sync, fails } => {
            if let Some(sync) = sync {
                fields.millis_range("sync_ms", *sync);
            }
            if *fails {
                fields.bool("fails", true);
            }
        }
        Command::Clock { node: _, rate } => fields.fraction("rate", *rate),
        Command::Timers { how } => fields.string(
            "how",
            match how {
                TimerMove::Spread => "spread",
                TimerMove::Align => "align",
            },
        ),
        Command::Request { client, op, to } => {
            fields.string("client", &client.0);
            operands(fields, op);
            target(fields, "to", *to);
        }
        Command::Transfer { to } => target(fields, "to", *to),
        Command::Members { add, remove, learners } => {
            for (name, nodes) in [("add", add), ("remove", remove), ("learners", learners)] {
                if !nodes.is_empty() {
                    fields.list(name, nodes, |out, node| json::string(out, &target_name(*node)));
                }
            }
        }
        Command::Drop(filter)
        | Command::Hold(filter)
        | Command::Release(filter)
        | Command::Duplicate(filter) => messages(fields, filter),
    }
}

/// The word for an operation: `set`, `get`, ….
pub(crate) fn op_name(op: &Op) -> &'static str {
    match op {
        Op::Get { .. } => "get",
        Op::Set { .. } => "set",
        Op::Delete { .. } => "delete",
        Op::Cas { .. } => "cas",
        Op::Append { .. } => "append",
    }
}

/// Adds `key` and, where the operation has them, `value` and `expected`.
pub(crate) fn operands(fields: &mut Fields<'_>, op: &Op) {
    match op {
        Op::Get { key } | Op::Delete { key } => fields.string("key", key),
        Op::Set { key, value } | Op::Append { key, value } => {
            fields.string("key", key);
            fields.string("value", value);
        }
        Op::Cas { key, expected, value } => {
            fields.string("key", key);
            fields.string("value", value);
            fields.string_or_null("expected", expected.as_deref());
        }
    }
}

/// The word for what is done: `crash`, `heal`, ….
pub(crate) fn action(command: &Command) -> &'static str {
    match command {
        Command::Crash { .. } => "crash",
        Command::Restart { .. } => "restart",
        Command::Wipe { .. } => "wipe",
        Command::Pause { .. } => "pause",
        Command::Resume { .. } => "resume",
        Command::Cut { .. } => "cut",
        Command::Heal { .. } => "heal",
        Command::Partition { .. } => "partition",
        Command::Network { .. } => "network",
        Command::Disk { .. } => "disk",
        Command::Clock { .. } => "clock",
        Command::Timeout { .. } => "timeout",
        Command::Timers { .. } => "timers",
        Command::Request { op, .. } => op_name(op),
        Command::Transfer { .. } => "transfer",
        Command::Members { .. } => "members",
        Command::Snapshot { .. } => "snapshot",
        Command::Drop(_) => "drop",
        Command::Hold(_) => "hold",
        Command::Release(_) => "release",
        Command::Duplicate(_) => "duplicate",
    }
}

fn config(fields: &mut Fields<'_>, config: &NodeSetup) {
    fields.millis_range("election_timeout_ms", config.election_timeout);
    fields.millis("heartbeat_ms", config.heartbeat);
    fields.bool("pre_vote", config.pre_vote);
    fields.bool("check_quorum", config.check_quorum);
    fields.number("max_entries_per_append", u64::from(config.max_entries_per_append));
    fields.number("max_inflight", u64::from(config.max_inflight));
    if let Some(percent) = config.lease_drift_percent {
        fields.number("lease_drift_percent", u64::from(percent));
    }
    if let Some(timeout) = config.session_timeout {
        fields.millis("session_timeout_ms", timeout);
    }
    fields.number("snapshot_every", config.snapshot_every);
}

fn client(out: &mut String, client: &ClientSetup) {
    json::object(out, |fields| {
        fields.string("id", &client.id.0);
        fields.millis("every_ms", client.every);
        fields.object("mix", |fields| {
            fields.number("set", u64::from(client.mix.set));
            fields.number("get", u64::from(client.mix.get));
            fields.number("cas", u64::from(client.mix.cas));
            fields.number("delete", u64::from(client.mix.delete));
            fields.number("append", u64::from(client.mix.append));
        });
        fields.number("keys", u64::from(client.keys));
    });
}

fn step(out: &mut String, step: &Step) {
    json::object(out, |fields| {
        fields.millis("at_ms", step.at);
        command(fields, &step.command);
    });
}

fn expect(out: &mut String, expect: &Expect) {
    json::object(out, |fields| {
        if let Some(at) = expect.at {
            fields.millis("at_ms", at);
        }
        for wanted in &expect.checks {
            check(fields, wanted);
        }
    });
}

/// Adds the field that expects this.
pub(crate) fn check(fields: &mut Fields<'_>, check: &Check) {
    let name = check.name();
    match check {
        Check::Leader(LeaderIs::Someone) => fields.bool(name, true),
        Check::Leader(LeaderIs::NoOne) => fields.bool(name, false),
        Check::Leader(LeaderIs::Node(id)) => fields.name(name, id),
        Check::Term(term) | Check::TermAtLeast(term) => fields.number(name, term.0),
        Check::CommittedAtLeast(index) => fields.number(name, index.0),
        Check::Applied { node, key, value } => fields.object(name, |fields| {
            target(fields, "node", *node);
            fields.string("key", key);
            fields.string_or_null("value", value.as_deref());
        }),
        Check::Role { node, role } => fields.object(name, |fields| {
            target(fields, "node", *node);
            fields.string("role", role.as_str());
        }),
        Check::Violations(names) => fields.list(name, names, |out, name| json::string(out, name)),
    }
}

fn link(fields: &mut Fields<'_>, from: Target, to: Target, both: bool) {
    target(fields, "from", from);
    target(fields, "to", to);
    fields.bool("both", both);
}

fn messages(fields: &mut Fields<'_>, filter: &MessageFilter) {
    if let Some(kind) = filter.kind {
        fields.string("kind", kind.as_str());
    }
    optional_target(fields, "from", filter.from);
    optional_target(fields, "to", filter.to);
    fields.number("count", u64::from(filter.count));
    if let Some(id) = filter.id {
        fields.number("id", id);
    }
}

fn target(fields: &mut Fields<'_>, name: &str, node: Target) {
    fields.string(name, &target_name(node));
}

fn optional_target(fields: &mut Fields<'_>, name: &str, node: Option<Target>) {
    if let Some(node) = node {
        target(fields, name, node);
    }
}

/// `node-3`, `leader`, ….
pub(crate) fn target_name(node: Target) -> String {
    match node {
        Target::Node(id) => id.to_string(),
        Target::Leader => "leader".to_owned(),
        Target::Follower => "follower".to_owned(),
        Target::Candidate => "candidate".to_owned(),
    }
}
