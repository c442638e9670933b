//! How errors are told: in a line for people, or, under `--format json`, as one JSON object; on standard error both.

use std::ffi::OsString;

use serde_json::json;

use super::{exit, pipe};

/// Tells of an error with which this command ends under this exit code.
pub(super) fn tell(error: &str, code: u8) {
    let text = if json_is_wanted(std::env::args_os().skip(1)) {
        let outcome = if code == exit::UNKNOWN { "unknown" } else { "not_applied" };
        format!("{}\n", json!({ "error": error, "outcome": outcome, "exit": code }))
    } else {
        format!("error: {error}\n")
    };
    // What cannot be told because nobody listens is not told.
    let _ = pipe::to_stderr(&text);
}

/// The command line itself is wrong. Help and the version, which clap takes for errors too, are printed as they are.
pub(super) fn tell_of_command_line(error: &clap::Error) -> u8 {
    if error.use_stderr() && json_is_wanted(std::env::args_os().skip(1)) {
        let text = error.render().to_string();
        tell(text.trim_start_matches("error: ").trim_end(), super::BAD_INPUT);
    } else {
        let _ = error.print();
    }
    if error.use_stderr() { super::BAD_INPUT } else { 0 }
}

/// Also where the command line is wrong, and clap can say nothing of it.
fn json_is_wanted(arguments: impl Iterator<Item = OsString>) -> bool {
    let own: Vec<OsString> = arguments.take_while(|argument| argument != "--").collect();
    own.iter().any(|argument| argument == "--format=json")
        || own.windows(2).any(|pair| pair[0] == "--format" && pair[1] == "json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_wanted_where_the_command_line_says_so() {
        let wanted = |line: &str| json_is_wanted(line.split(' ').map(OsString::from));
        assert!(wanted("get a --format json") && wanted("get --format=json a"));
        assert!(!wanted("get a") && !wanted("get a --format text") && !wanted("set a -- --format json"));
    }
}
