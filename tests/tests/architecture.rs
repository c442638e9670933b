//! Who may know whom, as the source files really name each other.
//!
//! `docs/architecture.md` gives the reasons. A module that needs more than it may know is in the wrong place, or
//! the rule is wrong: then the rule is changed here, with its reason, and not gone round.

use mini_raft_tests::files::{SourceFile, files_below, root};
use mini_raft_tests::source::named_paths;

/// For each module at the top of core: which others it may name. All may name themselves.
const CORE: &[(&str, &[&str])] = &[
    ("time", &[]),
    ("hash", &["time"]),
    ("json", &["time"]),
    ("rng", &["time"]),
    ("sorted", &["rng"]),
    ("raft", &["rng", "sorted", "time"]),
    ("kv", &["raft", "hash", "sorted", "time"]),
    ("sim", &["raft", "kv", "hash", "rng", "sorted", "time"]),
    ("metrics", &["raft", "kv", "sim", "sorted", "time"]),
    ("check", &["raft", "kv", "sim", "hash", "sorted", "time"]),
    // A link has a checksum.
    ("scenario", &["raft", "kv", "sim", "hash", "json", "time"]),
    // A trace begins with its scenario, and a fault in it has the fields of the step that caused it.
    ("trace", &["raft", "kv", "sim", "scenario", "hash", "json", "time"]),
    ("timeline", &["kv", "sim", "run", "rng", "time"]),
    // A run that was played is judged afterwards, at its moments.
    ("play", &["raft", "sim", "scenario", "trace", "run", "timeline", "json", "time"]),
    ("swarm", &["raft", "kv", "sim", "scenario", "run", "rng", "time"]),
    (
        "run",
        &[
            "raft", "kv", "sim", "check", "trace", "scenario", "metrics", "hash", "json", "rng", "sorted",
            "time",
        ],
    ),
];

/// The same for the server. What a node is made of is below; what only asks nodes from outside, as another program would,
/// is beside it; the command line is above both.
const SERVER: &[(&str, &[&str])] = &[
    ("wire", &[]),
    ("store", &[]),
    ("storage", &[]),
    // A cluster's name and secret are of the wire.
    ("settings", &["wire"]),
    ("feed", &["store", "wire"]),
    ("node", &["feed", "settings", "storage", "store", "wire"]),
    // It never sees the disk: the actor is its only way to the log.
    ("api", &["feed", "node", "settings", "store", "wire"]),
    ("client", &[]),
    // It makes the secret with which it starts nodes.
    ("cluster", &["client", "settings"]),
    ("chaos", &["client", "cluster"]),
    ("recording", &["client"]),
    ("cli", &["chaos", "client", "cluster", "node", "recording", "settings", "storage"]),
];

/// Where a node is put together of its parts: it alone may name the one above it.
const NODE_WITH_ITS_API: (&str, &str) = ("server/src/node/run.rs", "api");

/// All that the key-value machine may name of `raft`: the ids, and the form of what an entry carries.
const OF_RAFT_FOR_KV: &[&str] = &["Bytes", "EntryId", "Index", "NodeId", "Term", "ids"];

#[test]
fn modules_of_the_core_name_only_those_below_them() {
    assert_none(against(CORE, "core/src/"));
}

#[test]
fn modules_of_the_server_name_only_those_below_them() {
    assert_none(against(SERVER, "server/src/"));
}

/// Where a module names one that the rules do not let it name.
fn against(rules: &[(&str, &[&str])], src: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for file in files_below(src.trim_end_matches('/'), &[".rs"]) {
        let module = module_of(&file, src);
        let Some(&own) = module.first() else { continue };
        let Some((_, may_name)) = rules.iter().find(|(name, _)| *name == own) else {
            wrong.push(format!("{}: the module {own} has no rule in this test", file.path));
            continue;
        };
        for path in named_paths(&file.text, &module, &[]) {
            let Some(named) = path.segments.get(1) else {
                continue;
            };
            seen += usize::from(named != own);
            let puts_together = NODE_WITH_ITS_API == (file.path.as_str(), named.as_str());
            if named != own && !may_name.contains(&named.as_str()) && !puts_together {
                let line = path.line;
                wrong.push(format!("{}:{line}: {own} may not know {}", file.path, path.segments.join("::")));
            }
        }
    }
    assert!(seen > 0, "found no module that names another: does this test still look at the right place?");
    wrong
}

#[test]
fn the_key_value_machine_knows_only_the_ids_and_bytes_of_raft() {
    let mut wrong = Vec::new();
    for file in files_below("core/src/kv", &[".rs"]) {
        for path in named_paths(&file.text, &module_of(&file, "core/src/"), &[]) {
            let of_raft = path.segments.get(1).is_some_and(|module| module == "raft");
            let may_know = path.segments.get(2).is_some_and(|item| OF_RAFT_FOR_KV.contains(&item.as_str()));
            if of_raft && !may_know {
                wrong.push(format!(
                    "{}:{}: kv may not know {}",
                    file.path,
                    path.line,
                    path.segments.join("::")
                ));
            }
        }
    }
    assert_none(wrong);
}

#[test]
fn components_see_view_models_and_never_the_protocol() {
    let mut wrong = Vec::new();
    for file in files_below("web/src", &[".rs"]) {
        if !file.path.starts_with("web/src/components") {
            continue;
        }
        for path in named_paths(&file.text, &module_of(&file, "web/src/"), &["mini_raft_core"]) {
            let of_core = path.segments[0] == "mini_raft_core";
            let module = path.segments.get(1).map_or("*", String::as_str);
            if of_core && ["raft", "sim", "*"].contains(&module) {
                let (line, named) = (path.line, path.segments.join("::"));
                wrong.push(format!("{}:{line}: a component may not know {named}", file.path));
            }
        }
    }
    assert_none(wrong);
}

#[test]
fn the_page_and_the_server_do_not_know_each_other_and_the_core_knows_neither() {
    let mut wrong = Vec::new();
    for (package, strangers) in [
        ("core", &["mini-raft-web", "mini-raft-server"][..]),
        ("web", &["mini-raft-server"]),
        ("server", &["mini-raft-web"]),
    ] {
        for file in files_below(package, &["Cargo.toml"]) {
            for (number, line) in file.text.lines().enumerate() {
                for stranger in strangers.iter().filter(|stranger| line.starts_with(**stranger)) {
                    wrong.push(format!(
                        "{}:{}: {package} may not depend on {stranger}",
                        file.path,
                        number + 1
                    ));
                }
            }
        }
    }
    assert_none(wrong);
}

#[test]
fn the_core_depends_on_nothing_that_does_io() {
    let manifest = std::fs::read_to_string(root().join("core/Cargo.toml")).expect("core has a manifest");
    let dependencies: Vec<&str> = manifest
        .lines()
        .skip_while(|line| *line != "[dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .collect();
    let known = ["serde", "serde_json", "thiserror", "data-encoding", "postcard", "crc32fast"];
    let unknown: Vec<_> = dependencies.iter().filter(|name| !known.contains(name)).collect();
    assert!(
        !dependencies.is_empty(),
        "found no dependencies: does this test still read the manifest rightly?"
    );
    assert!(unknown.is_empty(), "core/Cargo.toml: these may do I/O, or make wasm larger: {unknown:?}");
}

/// The module path of a file below its crate's `src`: `core/src/raft/log.rs` is `["raft", "log"]`.
fn module_of<'a>(file: &'a SourceFile, src: &str) -> Vec<&'a str> {
    let path = file.path.strip_prefix(src).expect("the file is below src");
    let path = path.strip_suffix(".rs").expect("it is a Rust file");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" || path == "main" { Vec::new() } else { path.split('/').collect() }
}

fn assert_none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "against the architecture:\n  {}", wrong.join("\n  "));
}
