//! `docs/operations.md` is true: each fault of its table has a test, and every test that it names exists.

use mini_raft_tests::files::{files_below, root};

/// The faults that a real cluster must bear, by number.
const FAULTS: u32 = 50;

/// Each row: its number, and the tests that show it.
fn rows() -> Vec<(u32, Vec<String>)> {
    let text = std::fs::read_to_string(root().join("docs/operations.md")).expect("docs/operations.md");
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, number, _fault, _happens, shown_by, _] = cells[..] else { return None };
        let number = number.parse().ok()?;
        Some((number, shown_by.split('`').skip(1).step_by(2).map(str::to_owned).collect()))
    };
    text.lines().filter_map(row).collect()
}

#[test]
fn every_fault_has_a_row_with_tests_that_exist() {
    let sources: Vec<String> = ["core/src", "server/src", "server/tests", "tests/tests"]
        .iter()
        .flat_map(|folder| files_below(folder, &[".rs"]))
        .map(|file| file.text)
        .collect();
    let rows = rows();
    let numbers: Vec<u32> = rows.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=FAULTS).collect::<Vec<_>>());
    let mut missing = Vec::new();
    for (number, tests) in &rows {
        assert!(!tests.is_empty(), "row {number} names no test");
        for test in tests {
            if !sources.iter().any(|source| is_test_in(source, test)) {
                missing.push(format!("row {number}: there is no test {test}"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// Whether a function of this name stands below an attribute that makes it a test.
fn is_test_in(source: &str, name: &str) -> bool {
    source.match_indices(&format!("fn {name}(")).any(|(at, _)| {
        let above = &source[..at];
        let item = above.rfind("\n\n").map_or(above, |start| &above[start..]);
        item.contains("#[test]") || item.contains("#[tokio::test")
    })
}

/// Only what is shown to people may come from a clock that somebody can set.
#[test]
fn no_node_asks_the_wall_clock() {
    let mut asked = Vec::new();
    for folder in ["node", "store", "storage", "wire", "api", "settings"] {
        let files = files_below(&format!("server/src/{folder}"), &[".rs"]);
        assert!(!files.is_empty(), "server/src/{folder} is gone: where is it now?");
        asked.extend(files.into_iter().filter(|file| file.text.contains("SystemTime")).map(|file| file.path));
    }
    assert!(asked.is_empty(), "these ask the wall clock: {asked:?}");
}
