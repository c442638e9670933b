//! What holds for every file of the repository, whatever it is about.

use mini_raft_tests::files::files_below;

const TEXTS: &[&str] = &[
    ".rs", ".toml", ".md", ".mjs", ".js", ".css", ".html", ".svg", ".sh", ".json", ".yml", ".txt", ".tla",
    ".cfg", "Makefile",
];
const CODE: &[&str] = &[".rs", ".mjs", ".js", ".css", ".sh"];

/// A file longer than this has two subjects, or needs to be said shorter.
const LINES_MAX: usize = 500;

#[test]
fn code_files_are_short() {
    assert_each_file(CODE, |text| {
        let lines = text.lines().count();
        (lines > LINES_MAX)
            .then(|| (1, format!("has {lines} lines, more than {LINES_MAX}")))
            .into_iter()
            .collect()
    });
}

#[test]
fn lines_end_cleanly() {
    assert_each_file(TEXTS, |text| {
        let mut wrong = lines_where(text, "ends with a blank", |line| line.ends_with([' ', '\t', '\r']));
        if !text.is_empty() && (!text.ends_with('\n') || text.ends_with("\n\n")) {
            wrong.push((text.lines().count(), "should end with exactly one line break".to_string()));
        }
        wrong
    });
}

#[test]
fn nothing_is_left_to_do_and_nothing_names_the_machine_it_was_written_on() {
    // Put together here, so that this file is not found itself.
    let unfinished = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let places = [concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("/ho", "me/")];
    assert_each_file(TEXTS, |text| {
        let mut wrong =
            lines_where(text, "is unfinished", |line| unfinished.iter().any(|word| has_word(line, word)));
        wrong.extend(lines_where(text, "names a folder of one machine", |line| {
            places.iter().any(|place| {
                line.find(place)
                    .is_some_and(|at| !line[..at].ends_with(|before: char| before.is_alphanumeric()))
            })
        }));
        wrong
    });
}

#[test]
fn lock_files_name_no_registry() {
    let mut wrong = Vec::new();
    for file in files_below("", &["package-lock.json"]) {
        wrong.extend(
            lines_where(&file.text, "names a registry", |line| line.contains("\"resolved\""))
                .into_iter()
                .map(|(number, what)| format!("{}:{number}: {what}", file.path)),
        );
    }
    assert!(wrong.is_empty(), "install with the .npmrc beside the lock file:\n  {}", wrong.join("\n  "));
}

fn assert_each_file(endings: &[&str], check: impl Fn(&str) -> Vec<(usize, String)>) {
    let files = files_below("", endings);
    assert!(
        files.len() > 20,
        "found only {} files: does this test still look at the right place?",
        files.len()
    );
    let wrong: Vec<String> = files
        .iter()
        .flat_map(|file| {
            check(&file.text).into_iter().map(|(number, what)| format!("{}:{number}: {what}", file.path))
        })
        .collect();
    assert!(wrong.is_empty(), "against the rules of the repository:\n  {}", wrong.join("\n  "));
}

fn lines_where(text: &str, what: &str, is_wrong: impl Fn(&str) -> bool) -> Vec<(usize, String)> {
    let lines = text.split('\n').enumerate();
    lines.filter(|(_, line)| is_wrong(line)).map(|(at, _)| (at + 1, what.to_string())).collect()
}

fn has_word(line: &str, word: &str) -> bool {
    line.split(|sign: char| !sign.is_alphanumeric() && sign != '_').any(|piece| piece == word)
}
