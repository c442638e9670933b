//! What operators and the writers of clients read is true: each fault in the table of `docs/operations.md` has a test, and
//! every test that it names exists; each code of an error stands in `docs/http-api.md`.

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

#[test]
fn every_code_of_an_error_is_documented() {
    let docs = std::fs::read_to_string(root().join("docs/http-api.md")).expect("docs/http-api.md");
    let mut codes = Vec::new();
    for file in files_below("server/src/api", &[".rs"]) {
        // As in `Problem::new(StatusCode::GONE, "compacted", …)`.
        let after_statuses = file.text.split("StatusCode::").skip(1).filter_map(|rest| rest.split_once(','));
        codes.extend(after_statuses.filter_map(|(_, rest)| leading_text(rest)));
    }
    let rejected = std::fs::read_to_string(root().join("server/src/wire/open.rs")).expect("the seals");
    let (_, of_frames) = rejected.split_once("fn code(").expect("the codes of frames");
    let (of_frames, _) = of_frames.split_once("\n    }\n").expect("the end of a function");
    codes.extend(of_frames.split("=>").skip(1).filter_map(leading_text));
    codes.retain(|code| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
    assert!(codes.len() > 30, "found only {codes:?}: does this test still look at the right place?");
    codes.retain(|code| !docs.contains(&format!("`{code}`")));
    assert!(codes.is_empty(), "docs/http-api.md does not have {codes:?}");
}

/// The text literal with which this source begins, after spaces.
fn leading_text(source: &str) -> Option<String> {
    source.trim_start().strip_prefix('"')?.split_once('"').map(|(text, _)| text.to_owned())
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
