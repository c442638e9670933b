//! The exit codes of the commands that talk to a cluster.

use crate::client::{Failure, Outcome, Problem};

use super::{BAD_INPUT, FAILED};

/// Nobody did it, and nobody will: it can be asked again.
pub(super) const UNAVAILABLE: u8 = 3;
/// It may have been done, or may still be done.
pub(super) const UNKNOWN: u8 = 4;

/// What the help of those commands says about them.
pub(super) const HELP: &str = "\
Exit status:
  0  done
  1  there is no such key, or a condition is not true: nothing was changed
  2  the command line, or what it asks for, is wrong: nothing was changed
  3  the cluster did not do it, and will not: it can be asked again
  4  the outcome is unknown: it may have been done, or may still be done

Under --format json an error is one JSON object on standard error: error, outcome (not_applied or unknown), exit.";

/// The exit code for an error of a command.
pub(super) fn code_of(error: &anyhow::Error) -> u8 {
    match error.downcast_ref() {
        None => BAD_INPUT,
        Some(Failure::Refused(problem)) => code_of_problem(problem),
        Some(Failure::Unavailable(_)) => UNAVAILABLE,
        Some(Failure::Unknown(_)) => UNKNOWN,
    }
}

fn code_of_problem(problem: &Problem) -> u8 {
    match (problem.status, problem.outcome) {
        // The same would be refused again.
        (_, Outcome::NotApplied) if problem.code == "bad_change" => BAD_INPUT,
        (404 | 412, _) => FAILED,
        // Something else is under way, or an old leader refused: another moment is better.
        (409 | 429, Outcome::NotApplied) => UNAVAILABLE,
        (400..=499, Outcome::NotApplied) => BAD_INPUT,
        (_, Outcome::NotApplied) => UNAVAILABLE,
        (_, Outcome::Unknown) => UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(status: u16, outcome: &str) -> Problem {
        let json = format!(r#"{{"status":{status},"outcome":"{outcome}"}}"#);
        serde_json::from_str(&json).expect("a problem")
    }

    #[test]
    fn only_what_is_certain_is_called_certain() {
        let cases = [
            (404, "not_applied", FAILED),
            (412, "not_applied", FAILED),
            (400, "not_applied", BAD_INPUT),
            (413, "not_applied", BAD_INPUT),
            (409, "not_applied", UNAVAILABLE),
            (507, "not_applied", UNAVAILABLE),
            (500, "unknown", UNKNOWN),
        ];
        for (status, outcome, code) in cases {
            assert_eq!(code_of_problem(&problem(status, outcome)), code, "{status}");
        }
    }
}
