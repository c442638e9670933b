//! `docs/proof.md` is true as far as names go: every test beside a fault, every command and every document exists.

use mini_raft_tests::files::{files_below, root};

fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn every_test_beside_a_fault_exists() {
    let text = std::fs::read_to_string(root().join("docs/proof.md")).expect("docs/proof.md can be read");
    let (_, found) = text.split_once("## What was found").expect("the section is there");
    let sources = files_below("core/src", &[".rs"]);
    let last_cells = found.lines().filter_map(|line| line.strip_prefix('|')?.rsplit('|').nth(1));
    let tests: Vec<&str> = last_cells.flat_map(quoted).collect();
    assert!(tests.len() >= 16, "only {tests:?} were read");
    for test in tests {
        let declaration = format!("fn {test}()");
        assert!(sources.iter().any(|source| source.text.contains(&declaration)), "there is no test {test}");
    }
}

#[test]
fn every_command_and_document_exists() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).expect("it can be read");
    let (text, makefile) = (read("docs/proof.md"), read("Makefile"));
    for target in quoted(&text).filter_map(|code| code.strip_prefix("make ")) {
        assert!(makefile.contains(&format!("\n{target}: ")), "there is no `make {target}`");
    }
    for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        assert!(root().join("docs").join(link).exists(), "there is no {link}");
    }
}
