//! Tests of the form: what is written is read back, what is wrong is named with its place.

use proptest::prelude::*;

use super::strategies::{command, expectation, setup, span, text};
use super::*;
use crate::kv::ClientId;
use crate::sim::{ClientSetup, Mix, Target};

/// The example of the form, with all its fields.
const EXAMPLE: &str = r#"{
  "version": 1,
  "name": "leader crash and re-election",
  "about": "One paragraph for a reader.",
  "nodes": 5,
  "seed": 42,
  "config": { "election_timeout_ms": [150, 300], "heartbeat_ms": 50, "pre_vote": true, "check_quorum": true,
              "max_entries_per_append": 64, "max_inflight": 32, "snapshot_every": 1000 },
  "network": { "latency_ms": [5, 15], "loss": 0.0, "duplicate": 0.0 },
  "disk": { "sync_ms": [0.5, 2.0] },
  "clients": [ { "id": "c1", "every_ms": 100, "mix": { "set": 2, "get": 1, "cas": 1, "delete": 0 }, "keys": 3 } ],
  "without": [],
  "steps": [
    { "at_ms": 1000, "do": "crash", "node": "leader" },
    { "at_ms": 2500, "do": "restart", "node": "node-0" }
  ],
  "until_ms": 10000,
  "expect": [ { "at_ms": 2400, "leader": true }, { "at_ms": 10000, "committed_at_least": 5 }, { "violations": [] } ]
}"#;

fn mistakes_in(text: &str) -> Vec<String> {
    let Mistakes(mistakes) = Scenario::from_json(text).expect_err("this scenario is wrong");
    mistakes.iter().map(Mistake::to_string).collect()
}

/// The mistakes of a scenario that is right but for these fields.
fn mistakes_with(fields: &str) -> Vec<String> {
    mistakes_in(&format!(r#"{{"version":1,"nodes":3,"until_ms":1000,{fields}}}"#))
}

#[test]
fn the_example_of_the_form_is_read() {
    let scenario = Scenario::from_json(EXAMPLE).unwrap();
    let client = ClientSetup {
        id: ClientId::new("c1"),
        every: Micros::from_millis(100),
        mix: Mix::default(),
        keys: 3,
    };
    // All values of the example are the defaults.
    let setup = Setup { clients: vec![client], ..Setup::default() };
    assert_eq!(scenario.setup, setup);
    assert_eq!(scenario.until, Micros::from_millis(10_000));
    let crash = Command::Crash { node: Target::Leader };
    assert_eq!(scenario.steps.len(), 2);
    assert_eq!(scenario.steps[0].at, Micros::from_millis(1_000));
    assert_eq!(scenario.steps[0].command, crash);
    let last = Expect { at: None, checks: vec![Check::Violations(vec![])] };
    assert_eq!(scenario.expect[2], last);
}

#[test]
fn only_three_fields_are_required() {
    let scenario = Scenario::from_json(r#"{"version":1,"nodes":3,"until_ms":0.5}"#).unwrap();
    let setup = Setup { nodes: 3, ..Setup::default() };
    assert_eq!(scenario.setup, setup);
    assert_eq!(scenario.until, Micros(500));
    assert_eq!(mistakes_in(r#"{"version":1}"#), [r#"missing field "nodes""#, r#"missing field "until_ms""#]);
}

#[test]
fn what_is_no_scenario_at_all_is_refused() {
    assert_eq!(mistakes_in("[]"), ["expected an object, found a list"]);
    assert_eq!(mistakes_in(""), ["line 1, column 1: the text ends where a value was expected"]);
    assert_eq!(
        mistakes_in("{\n  \"version\": 1,\n}"),
        ["line 3, column 1: expected the name of a field, in quotes"]
    );
    assert_eq!(
        mistakes_in(r#"{"version": 2, "what": []}"#),
        ["version: expected 1, the version that this program reads, found the number 2"]
    );
    assert_eq!(
        mistakes_in("{\"version\": 1,\n \"version\": 1}"),
        ["line 2, column 11: the field \"version\" stands twice"]
    );
}

#[test]
fn every_mistake_is_named_with_its_place() {
    let cases = [
        (r#""sed":1"#, r#"sed: unknown field "sed", one of version, name, about, nodes, seed,"#),
        (r#""seed":-1"#, "seed: expected a whole number from 0, found the number -1"),
        (r#""seed":1.5"#, "seed: expected a whole number from 0, found the number 1.5"),
        (r#""name":7"#, "name: expected a string, found the number 7"),
        (r#""name":null"#, "name: expected a string, found null"),
        (r#""name":true"#, "name: expected a string, found true"),
        (r#""config":{"heart_beat":1}"#, r#"config.heart_beat: unknown field "heart_beat", one of"#),
        (r#""config":{"heartbeat_ms":0.5}"#, "config.heartbeat_ms: expected a number from 1 to 3600000"),
        (r#""config":{"heartbeat_ms":150}"#, "config: a heartbeat every 150.000 ms comes too late"),
        (
            r#""config":{"election_timeout_ms":[300,150]}"#,
            "config.election_timeout_ms: the minimum is above the maximum",
        ),
        (r#""config":{"pre_vote":1}"#, "config.pre_vote: expected true or false, found the number 1"),
        (r#""config":{"max_inflight":0}"#, "config.max_inflight: expected a whole number from 1 to 10000"),
        (r#""network":{"loss":1.01}"#, "network.loss: expected a number from 0 to 1, found the number 1.01"),
        (r#""network":{"loss":-0.1}"#, "network.loss: expected a number from 0 to 1"),
        (r#""network":{"latency_ms":[5]}"#, "network.latency_ms: expected two numbers, [min, max]"),
        (r#""network":{"latency_ms":[-5, 5]}"#, "network.latency_ms[0]: expected a number from 0 to"),
        (r#""network":{"latency_ms":5}"#, "network.latency_ms: expected a list, found the number 5"),
        (
            r#""disk":{"sync_ms":["a",2]}"#,
            r#"disk.sync_ms[0]: expected a number from 0 to 3600000, found the string "a""#,
        ),
        (r#""clients":[{"id":"a"},{"id":"a"}]"#, r#"clients[1].id: there is a client "a" already"#),
        (r#""clients":[{"id":""}]"#, "clients[0].id: must not be empty"),
        (r#""clients":[{"id":"node-1"}]"#, r#"clients[0].id: "node-1" is the name of a node"#),
        (r#""clients":[{"id":"a","mix":{}}]"#, "clients[0].mix: one weight must be above 0"),
        (r#""clients":[{"id":"a","mix":{"set":1,"put":1}}]"#, "clients[0].mix.put: unknown field"),
        (r#""clients":[{}]"#, r#"clients[0]: missing field "id""#),
        (r#""without":["gravity"]"#, r#"without[0]: unknown rule "gravity", one of vote-is-durable,"#),
        (r#""without":["log-up-to-date","log-up-to-date"]"#, "without[1]: log-up-to-date stands twice"),
        (r#""steps":{}"#, "steps: expected a list, found an object"),
        (
            r#""steps":[{"at_ms":1,"do":"explode"}]"#,
            r#"steps[0].do: unknown action "explode", one of crash, restart,"#,
        ),
        (r#""steps":[{"at_ms":1}]"#, r#"steps[0]: missing field "do""#),
        (
            r#""steps":[{"at_ms":1001,"do":"timers","how":"align"}]"#,
            "steps[0].at_ms: expected a number from 0 to 1000",
        ),
        (
            r#""steps":[{"at_ms":1,"do":"timers","how":"sideways"}]"#,
            "steps[0].how: unknown way to move timers",
        ),
        (r#""steps":[{"at_ms":1,"do":"crash"}]"#, r#"steps[0]: missing field "node""#),
        (
            r#""steps":[{"at_ms":1,"do":"crash","node":"node-3"}]"#,
            r#"steps[0].node: unknown node "node-3", one of node-0 to node-2, leader, follower, candidate"#,
        ),
        (
            r#""steps":[{"at_ms":1,"do":"crash","node":"leader","to":"node-1"}]"#,
            r#"steps[0].to: unknown field "to", one of at_ms, do, node"#,
        ),
        (
            r#""steps":[{"at_ms":1,"do":"members","add":[]}]"#,
            "steps[0]: nothing changes: give one of add, remove, learners",
        ),
        (
            r#""steps":[{"at_ms":1,"do":"cut","from":"node-1","to":"node-1"}]"#,
            "steps[0]: a link needs two different nodes",
        ),
        (r#""steps":[{"at_ms":1,"do":"heal","from":"node-1"}]"#, r#"steps[0]: missing field "to""#),
        (
            r#""steps":[{"at_ms":1,"do":"partition","groups":[["node-0"],["node-1","node-0"]]}]"#,
            "steps[0].groups[1][1]: this node is in a group already",
        ),
        (r#""steps":[{"at_ms":1,"do":"network"}]"#, "steps[0]: nothing changes: give one of latency_ms,"),
        (
            r#""steps":[{"at_ms":1,"do":"clock","node":"leader","rate":0}]"#,
            "steps[0].rate: expected a number from 0.01 to 100",
        ),
        (
            r#""steps":[{"at_ms":1,"do":"drop","kind":"gossip"}]"#,
            r#"steps[0].kind: unknown kind of message "gossip", one of request-vote,"#,
        ),
        (
            r#""steps":[{"at_ms":1,"do":"drop","count":0}]"#,
            "steps[0].count: expected a whole number from 1 to 10000",
        ),
        (
            r#""steps":[{"at_ms":1,"do":"set","client":"c","key":"","value":"v"}]"#,
            "steps[0].key: must not be empty",
        ),
        (
            r#""steps":[{"at_ms":1,"do":"cas","client":"c","key":"k","value":"v"}]"#,
            r#"steps[0]: missing field "expected""#,
        ),
        (
            r#""steps":[{"at_ms":1,"do":"get","client":"c","key":"k","value":"v"}]"#,
            "steps[0].value: unknown field",
        ),
        (r#""expect":[{}]"#, "expect[0]: nothing is expected: give one of leader, term,"),
        (r#""expect":[{"at_ms":2000,"leader":true}]"#, "expect[0].at_ms: expected a number from 0 to 1000"),
        (
            r#""expect":[{"leader":"candidate"}]"#,
            "expect[0].leader: expected true, false or a node by its id",
        ),
        (
            r#""expect":[{"leader":1}]"#,
            "expect[0].leader: expected true, false or a node, found the number 1",
        ),
        (
            r#""expect":[{"applied":{"node":"node-0","key":"k"}}]"#,
            r#"expect[0].applied: missing field "value""#,
        ),
        (
            r#""expect":[{"role":{"node":"node-0","role":"king"}}]"#,
            r#"expect[0].role.role: unknown role "king", one of follower,"#,
        ),
        (
            r#""expect":[{"violations":["luck"]}]"#,
            r#"expect[0].violations[0]: unknown property "luck", one of election-safety,"#,
        ),
        (
            r#""expect":[{"violations":["durability","durability"]}]"#,
            "expect[0].violations[1]: durability stands twice",
        ),
    ];
    for (fields, expected) in cases {
        let found = mistakes_with(fields);
        assert!(
            found.len() == 1 && found[0].starts_with(expected),
            "{fields}\n expected {expected}\n found    {found:#?}"
        );
    }
}

#[test]
fn all_mistakes_are_named_at_once() {
    let text = r#"{"version":1,"nodes":0,"until_ms":-1,"seed":"x","steps":[{"at_ms":"a","do":"crash","node":"x"},{"do":"y"}],"expect":[{"role":{}}]}"#;
    let places: Vec<String> =
        Scenario::from_json(text).unwrap_err().0.into_iter().map(|mistake| mistake.place).collect();
    assert_eq!(
        places,
        [
            "nodes",
            "until_ms",
            "seed",
            "steps[0].at_ms",
            "steps[0].node",
            "steps[1]",
            "steps[1].do",
            "expect[0].role",
            "expect[0].role",
        ]
    );
}

/// They are told one a line, and a long text of the writer's only as far as one needs to find it.
#[test]
fn mistakes_are_told_in_few_words() {
    let long = "x".repeat(1_000);
    let text = format!(r#"{{"version":1,"nodes":3,"until_ms":1,"seed":"{long}","{long}":1}}"#);
    let told = Scenario::from_json(&text).expect_err("two mistakes").to_string();
    let lines: Vec<&str> = told.lines().collect();
    let short = "x".repeat(40);
    assert_eq!(lines.len(), 2, "{told}");
    let of_seed = format!(r#"seed: expected a whole number from 0, found the string "{short}…""#);
    assert!(lines.contains(&of_seed.as_str()), "{told}");
    assert!(told.contains(&format!(r#"unknown field "{short}…", one of version,"#)), "{told}");
}

#[test]
fn the_limits_hold() {
    let step = r#"{"at_ms":1,"do":"timers","how":"align"}"#;
    let get = r#"{"at_ms":1,"do":"get","client":"c","key":"k"}"#;
    let repeated = |item: &str, count: usize| vec![item; count].join(",");
    let long = |length: usize| "x".repeat(length);
    let steps = |steps: String| format!(r#""steps":[{steps}]"#);
    let set = |key: usize, value: usize| {
        let (key, value) = (long(key), long(value));
        steps(format!(r#"{{"at_ms":1,"do":"set","client":"c","key":"{key}","value":"{value}"}}"#))
    };
    let right = [
        steps(repeated(step, 2_000)),
        steps(repeated(get, 200)),
        set(64, 256),
        format!(r#""name":"{}""#, long(80)),
        format!(r#""about":"{}""#, long(2_000)),
    ];
    for fields in right {
        let text = format!(r#"{{"version":1,"nodes":9,"until_ms":3600000,{fields}}}"#);
        Scenario::from_json(&text).unwrap();
    }
    let wrong = [
        (steps(repeated(step, 2_001)), "steps: 2001 items, at most 2000 are allowed"),
        (steps(repeated(get, 201)), "steps: 201 client operations, at most 200 are allowed"),
        (set(65, 1), "steps[0].key: 65 bytes long, at most 64 are allowed"),
        (set(1, 257), "steps[0].value: 257 bytes long, at most 256 are allowed"),
        (format!(r#""name":"{}""#, long(81)), "name: 81 bytes long, at most 80 are allowed"),
        (format!(r#""about":"{}""#, long(2_001)), "about: 2001 bytes long, at most 2000 are allowed"),
    ];
    for (fields, expected) in wrong {
        assert_eq!(mistakes_with(&fields), [expected]);
    }
    assert_eq!(
        mistakes_in(r#"{"version":1,"nodes":10,"until_ms":3600001}"#),
        [
            "nodes: expected a whole number from 1 to 9, found the number 10",
            "until_ms: expected a number from 0 to 3600000, found the number 3600001"
        ]
    );
}

#[test]
fn hostile_text_is_refused_without_a_panic() {
    let deep = |open: &str| open.repeat(100_000);
    for text in [
        deep("["),
        deep(r#"{"a":"#),
        format!(r#"{{"version":1,"nodes":3,"until_ms":1,"about":"{}"}}"#, "x".repeat(5_000_000)),
        r#"{"version":1,"nodes":3,"until_ms":1e400}"#.to_owned(),
        r#"{"version":1,"nodes":99999999999999999999,"until_ms":1}"#.to_owned(),
        "{\"version\":1,\"nodes\":3,\"until_ms\":1,\"\\u0000\\n\":1}".to_owned(),
        "\u{feff}{}".to_owned(),
        "nul".to_owned(),
    ] {
        let mistakes = Scenario::from_json(&text).unwrap_err();
        let message = mistakes.to_string();
        assert!(message.len() < 500 && message.lines().count() == 1, "{message}");
    }
}

/// The nodes that the written form of a command names, in the order of the alphabet.
fn nodes_named_in(form: &serde_json::Value) -> Vec<String> {
    fn collect(value: &serde_json::Value, names: &mut Vec<String>) {
        match value {
            serde_json::Value::String(name) => names.push(name.clone()),
            serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
            _ => {}
        }
    }
    let mut names = Vec::new();
    for field in ["node", "from", "to", "groups", "add", "remove", "learners"] {
        collect(&form[field], &mut names);
    }
    names.sort();
    names
}

proptest! {
    /// The targets of a command are the nodes that its form names, all of them and no others.
    #[test]
    fn targets_are_the_nodes_that_the_form_names(command in command()) {
        let mut named: Vec<_> = command.targets().into_iter().map(write::target_name).collect();
        named.sort();
        let scenario = Scenario {
            name: String::new(),
            about: String::new(),
            setup: Setup::default(),
            steps: vec![Step { at: Micros::ZERO, command }],
            until: Micros::ZERO,
            expect: Vec::new(),
        };
        let form: serde_json::Value = serde_json::from_str(&scenario.to_json()).unwrap();
        prop_assert_eq!(named, nodes_named_in(&form["steps"][0]));
    }

    /// What is written is read back as the same.
    #[test]
    fn round_trip(
        name in text(0, limits::LABEL_BYTES),
        about in text(0, limits::ABOUT_BYTES),
        setup in setup(),
        steps in proptest::collection::vec((span(), command()), 0..20),
        expect in proptest::collection::vec(expectation(), 0..5),
    ) {
        let scenario = Scenario {
            name: name.to_string(),
            about: about.to_string(),
            setup,
            steps: steps.into_iter().map(|(at, command)| Step { at, command }).collect(),
            until: limits::SPAN,
            expect,
        };
        let read = Scenario::from_json(&scenario.to_json());
        prop_assert_eq!(read, Ok(scenario));
    }

    /// A scenario with a byte changed or cut is read or refused, and never makes the reader panic.
    #[test]
    fn damaged_text_never_panics(place in 0..EXAMPLE.len(), byte in 0u8..128, cut in any::<bool>()) {
        let mut text = EXAMPLE.as_bytes().to_vec();
        text[place] = byte;
        if cut {
            text.truncate(place);
        }
        let _ = Scenario::from_json(std::str::from_utf8(&text).expect("ASCII"));
    }
}
