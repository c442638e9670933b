//! `docs/protocol.md` is true: every function, test, script, scenario and switch that it names exists, no switch is
//! missing, and a test beside a switch leaves that rule out.

use std::fs;
use std::path::{Path, PathBuf};

use mini_raft_core::play::play;
use mini_raft_core::raft::Rule;
use mini_raft_core::scenario::Scenario;
use mini_raft_tests::golden;

struct Row {
    line: usize,
    file: String,
    function: String,
    test: String,
    /// Where a link to a script or a scenario leads.
    shown_by: String,
    switch: Option<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests live in the project").to_owned()
}

/// The rows of the tables: those with six cells whose third names a file and a function.
fn rows() -> Vec<Row> {
    let text = fs::read_to_string(root().join("docs/protocol.md")).expect("docs/protocol.md can be read");
    let mut rows = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if !line.starts_with('|') {
            continue;
        }
        let [_, _rule, _section, code, test, shown_by, switch, _] = cells[..] else {
            panic!(
                "line {}: a row has a rule, a section, code, a test, what shows it, and a switch",
                number + 1
            )
        };
        let quoted =
            |cell: &str| -> Vec<String> { cell.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
        if let [file, function] = &quoted(code)[..] {
            let test = quoted(test).pop().unwrap_or_else(|| panic!("line {}: no test is named", number + 1));
            let (file, function, switch) = (file.clone(), function.clone(), quoted(switch).pop());
            let shown_by = shown_by.split(['(', ')']).nth(1).unwrap_or_default().to_owned();
            rows.push(Row { line: number + 1, file, function, test, shown_by, switch });
        }
    }
    rows
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder can be listed") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// All sources in which a test may stand.
fn sources() -> Vec<String> {
    let mut files = Vec::new();
    rust_files(&root().join("core/src"), &mut files);
    rust_files(&root().join("tests/tests"), &mut files);
    files.iter().map(|file| fs::read_to_string(file).expect("a source can be read")).collect()
}

/// The bodies of the tests of this name.
fn bodies<'a>(sources: &'a [String], test: &str) -> Vec<&'a str> {
    let body = |(source, indent): (&'a String, &str)| {
        let (_, body) = source.split_once(&format!("#[test]\n{indent}fn {test}() {{\n"))?;
        body.split(&format!("\n{indent}}}\n")).next()
    };
    sources.iter().flat_map(|source| ["", "    "].map(|indent| (source, indent))).filter_map(body).collect()
}

#[test]
fn every_function_and_test_named_exists() {
    let rows = rows();
    assert!(rows.len() > 40, "only {} rows were read", rows.len());
    let sources = sources();
    for Row { line, file, function, test, .. } in rows {
        let path =
            if file.contains('/') { root().join(&file) } else { root().join("core/src/raft").join(&file) };
        let source = fs::read_to_string(&path).unwrap_or_else(|_| panic!("line {line}: there is no {file}"));
        assert!(
            source.contains(&format!("fn {function}(")),
            "line {line}: {file} has no function {function}"
        );
        assert!(!bodies(&sources, &test).is_empty(), "line {line}: there is no test {test}");
    }
}

/// A reader can watch each rule: in a golden script or a scenario of that name.
#[test]
fn every_script_and_scenario_named_exists() {
    let text = fs::read_to_string(root().join("docs/protocol.md")).expect("docs/protocol.md can be read");
    for Row { line, shown_by, .. } in rows() {
        let stem = shown_by.rsplit('/').next().and_then(|file| file.split('.').next()).unwrap_or_default();
        assert!(
            root().join("docs").join(&shown_by).is_file() && shown_by.starts_with("../"),
            "line {line}: there is no script or scenario {shown_by:?}"
        );
        assert!(
            text.contains(&format!("[`{stem}`]({shown_by})")),
            "line {line}: the link is called otherwise"
        );
    }
}

/// What breaks without a rule is shown only by a test that leaves it out.
#[test]
fn every_test_beside_a_switch_leaves_its_rule_out() {
    let sources = sources();
    for Row { line, test, switch, .. } in rows() {
        let Some(rule) = switch.map(|name| name.parse::<Rule>().expect("a rule")) else { continue };
        let variant = format!("Rule::{rule:?}");
        let names_rule = |body: &&str| body.contains(&variant) || body.contains(&format!("\"{rule}\""));
        assert!(
            bodies(&sources, &test).iter().any(names_rule),
            "line {line}: {test} does not leave out {rule}"
        );
    }
}

/// What a reader can watch is not only so by chance: without the rule it is not.
#[test]
fn every_script_and_scenario_beside_a_switch_notices_when_its_rule_is_left_out() {
    let mut silent = Vec::new();
    for Row { line, shown_by, switch, .. } in rows() {
        let Some(rule) = switch.map(|name| name.parse::<Rule>().expect("a rule")) else { continue };
        let text = fs::read_to_string(root().join("docs").join(&shown_by)).expect("a script or a scenario");
        let noticed = if shown_by.ends_with(".json") {
            let mut scenario = Scenario::from_json(&text).expect("a scenario without mistakes");
            scenario.setup.without.push(rule);
            !play(&scenario, |_| {}).ok()
        } else {
            golden::notices_without(&text, rule)
        };
        if !noticed {
            silent.push(format!("line {line}: {shown_by} does not notice that {rule} is left out"));
        }
    }
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

#[test]
fn every_switch_stands_in_the_tables_once_or_more() {
    let named: Vec<String> = rows().into_iter().filter_map(|row| row.switch).collect();
    for name in &named {
        assert!(name.parse::<Rule>().is_ok(), "there is no rule {name}");
    }
    for rule in Rule::ALL {
        assert!(named.iter().any(|name| name == rule.name()), "docs/protocol.md does not name {rule}");
    }
}
