//! Parts of scenarios at random, for the tests of their forms.

use proptest::prelude::*;

use super::*;
use crate::kv::{ClientId, Op};
use crate::raft::rules::Rule;
use crate::raft::{Index, NodeId, RoleName, Term};
use crate::sim::command::{LinkTargets, MessageFilter, NetworkChange, TimerMove};
use crate::sim::event::MessageKind;
use crate::sim::{ClientSetup, DiskSetup, Mix, NetworkSetup, NodeSetup, Target};

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        (0..5u32).prop_map(|id| Target::Node(NodeId(id))),
        Just(Target::Leader),
        Just(Target::Follower),
        Just(Target::Candidate),
    ]
}

pub(super) fn span() -> impl Strategy<Value = Micros> {
    (0..=limits::SPAN.0).prop_map(Micros)
}

fn range() -> impl Strategy<Value = (Micros, Micros)> {
    (span(), span()).prop_map(|(a, b)| (a.min(b), a.max(b)))
}

fn fraction(millionths: std::ops::RangeInclusive<u32>) -> impl Strategy<Value = f64> {
    millionths.prop_map(|millionths| f64::from(millionths) / 1e6)
}

pub(super) fn text(min: usize, max: usize) -> impl Strategy<Value = std::sync::Arc<str>> {
    // Four bytes a character at most.
    proptest::collection::vec(any::<char>(), min..=max / 4)
        .prop_map(|chars| chars.into_iter().collect::<String>().into())
}

fn op() -> impl Strategy<Value = Op> {
    let key = || text(1, limits::KEY_BYTES);
    let value = || text(0, limits::VALUE_BYTES);
    prop_oneof![
        key().prop_map(|key| Op::Get { key }),
        key().prop_map(|key| Op::Delete { key }),
        (key(), value()).prop_map(|(key, value)| Op::Set { key, value }),
        (key(), value()).prop_map(|(key, value)| Op::Append { key, value }),
        (key(), proptest::option::of(value()), value()).prop_map(|(key, expected, value)| Op::Cas {
            key,
            expected,
            value
        }),
    ]
}

fn messages() -> impl Strategy<Value = MessageFilter> {
    (
        proptest::option::of(proptest::sample::select(MessageKind::ALL)),
        proptest::option::of(target()),
        proptest::option::of(target()),
        1..=limits::COUNT as u32,
        proptest::option::of(any::<u64>()),
    )
        .prop_map(|(kind, from, to, count, id)| MessageFilter { kind, from, to, count, id })
}

fn link() -> impl Strategy<Value = LinkTargets> {
    (target(), target(), any::<bool>())
        .prop_filter("a link has two ends", |(from, to, _)| from != to)
        .prop_map(|(from, to, both)| LinkTargets { from, to, both })
}

fn network_change() -> impl Strategy<Value = NetworkChange> {
    (
        proptest::option::of(range()),
        proptest::option::of(fraction(0..=1_000_000)),
        proptest::option::of(fraction(0..=1_000_000)),
    )
        .prop_filter("something changes", |change| *change != (None, None, None))
        .prop_map(|(latency, loss, duplicate)| NetworkChange { latency, loss, duplicate })
}

pub(super) fn command() -> impl Strategy<Value = Command> {
    let node = target;
    let process = prop_oneof![
        node().prop_map(|node| Command::Crash { node }),
        node().prop_map(|node| Command::Restart { node }),
        node().prop_map(|node| Command::Wipe { node }),
        node().prop_map(|node| Command::Pause { node }),
        node().prop_map(|node| Command::Resume { node }),
        node().prop_map(|node| Command::Timeout { node }),
        node().prop_map(|node| Command::Snapshot { node }),
        node().prop_map(|to| Command::Transfer { to }),
        proptest::collection::vec(node(), 1..4).prop_map(|add| Command::Members {
            learners: add[1..].to_vec(),
            remove: Vec::new(),
            add
        }),
        (node(), proptest::option::of(range())).prop_map(|(node, sync)| Command::Disk {
            node,
            sync,
            fails: sync.is_none_or(|(min, _)| min.0.is_multiple_of(2)),
        }),
        (node(), fraction(10_000..=100_000_000)).prop_map(|(node, rate)| Command::Clock { node, rate }),
        proptest::sample::select(vec![TimerMove::Spread, TimerMove::Align])
            .prop_map(|how| Command::Timers { how }),
    ];
    let group = |ids: std::ops::Range<u32>| ids.map(|id| Target::Node(NodeId(id))).collect::<Vec<_>>();
    let network = prop_oneof![
        link().prop_map(|LinkTargets { from, to, both }| Command::Cut { from, to, both }),
        proptest::option::of(link()).prop_map(|link| Command::Heal { link }),
        (0..5u32).prop_map(move |cut| Command::Partition { groups: vec![group(0..cut), group(cut..5)] }),
        (proptest::option::of(node()), proptest::option::of(node()), network_change())
            .prop_map(|(from, to, change)| Command::Network { from, to, change }),
        messages().prop_map(Command::Drop),
        messages().prop_map(Command::Hold),
        messages().prop_map(Command::Release),
        messages().prop_map(Command::Duplicate),
    ];
    let request = (text(1, limits::LABEL_BYTES), op(), node())
        .prop_map(|(client, op, to)| Command::Request { client: ClientId(client), op, to });
    prop_oneof![process, network, request]
}

pub(super) fn setup() -> impl Strategy<Value = Setup> {
    let config = (150u64..500_000, any::<bool>(), any::<bool>(), 1..=10_000u32, 0..1_000u64).prop_map(
        |(micros, pre_vote, check_quorum, count, snapshot_every)| NodeSetup {
            election_timeout: (Micros(1_001 + micros), Micros(1_001 + 2 * micros)),
            heartbeat: Micros(1_000 + micros),
            pre_vote,
            check_quorum,
            max_entries_per_append: count,
            max_inflight: count,
            lease_drift_percent: pre_vote.then_some(count % 100),
            session_timeout: check_quorum.then_some(Micros(1_000 + micros)),
            snapshot_every,
        },
    );
    let mix = (1..9u32, 0..9u32, 0..9u32, 0..9u32, 0..9u32).prop_map(|(set, get, cas, delete, append)| Mix {
        set,
        get,
        cas,
        delete,
        append,
    });
    let client = (1_000..9_999_999u64, mix, 1..=1_000u32).prop_map(|(every, mix, keys)| ClientSetup {
        id: ClientId::new("some client"),
        every: Micros(every),
        mix,
        keys,
    });
    let network = (range(), fraction(0..=1_000_000), fraction(0..=1_000_000))
        .prop_map(|(latency, loss, duplicate)| NetworkSetup { latency, loss, duplicate });
    let rules = proptest::sample::subsequence(Rule::ALL.to_vec(), 0..=3);
    let clients = proptest::collection::vec(client, 0..=1);
    let disk = (range(), fraction(0..=1_000_000)).prop_map(|(sync, keep)| DiskSetup { sync, keep });
    (any::<u64>(), config, network, disk, clients, rules).prop_map(
        |(seed, config, network, disk, clients, without)| Setup {
            nodes: 5,
            seed,
            config,
            network,
            disk,
            clients,
            without,
        },
    )
}

pub(super) fn expectation() -> impl Strategy<Value = Expect> {
    let one = prop_oneof![
        Just(Check::Leader(LeaderIs::Someone)),
        Just(Check::Leader(LeaderIs::NoOne)),
        (0..5u32).prop_map(|id| Check::Leader(LeaderIs::Node(NodeId(id)))),
        any::<u64>().prop_map(|term| Check::Term(Term(term))),
        any::<u64>().prop_map(|term| Check::TermAtLeast(Term(term))),
        any::<u64>().prop_map(|index| Check::CommittedAtLeast(Index(index))),
        (target(), text(1, 64), proptest::option::of(text(0, 256))).prop_map(|(node, key, value)| {
            Check::Applied { node, key: key.to_string(), value: value.map(|value| value.to_string()) }
        }),
        target().prop_map(|node| Check::Role { node, role: RoleName::PreCandidate }),
        Just(Check::Violations(vec!["vote-once".to_owned(), "durability".to_owned()])),
    ];
    (proptest::option::of(span()), one).prop_map(|(at, check)| Expect { at, checks: vec![check] })
}
