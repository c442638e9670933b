//! What is said about scenarios that are opened, saved and shared.

use mini_raft_core::scenario::link::TooLong;
use mini_raft_core::time::Micros;

/// A trace that would fill the memory.
pub const TOO_MANY_EVENTS: &str =
    "So many events have happened that the file would be too large. Go back in time, and save it from there.";

/// A link to a moment that is too far.
pub const LINK_TOO_FAR: &str =
    "The moment of the link is further on: so much happens on the way that the page stopped here.";

/// What the script may be changed to.
pub const SCRIPT_LIMITS: &str = "nodes 1 to 9 · heartbeat_ms below the election timeout, both from 1 · loss and \
     duplicate 0 to 1 · at most 2,000 steps, 200 of them a client's operation · an hour of simulated time · keys of \
     64 bytes, values of 256. The same text is a file for the command line: mini-raft sim FILE.";

/// The run is beyond the limits of a scenario.
pub fn beyond_limits(mistakes: &[String]) -> String {
    let first = mistakes.first().map_or("", String::as_str);
    format!("This run is too large to be opened again. {first}")
}

/// The run is too long for a link.
pub fn too_long(TooLong { letters }: TooLong) -> String {
    format!("This run is too long for a link ({letters} letters). Save it as a file instead, and send that.")
}

/// A file was opened.
pub fn file_opened(name: &str) -> String {
    format!("Opened {name}.")
}

/// A file is no scenario.
pub fn file_refused(name: &str) -> String {
    format!("{name} cannot be opened. The run goes on as it was.")
}

/// A link cannot be opened.
pub fn link_refused(fault: &str) -> String {
    format!("The link cannot be opened: {fault}. Here is the first scenario instead.")
}

/// A link was opened.
pub fn link_opened(name: &str) -> String {
    if name.is_empty() { "Opened from a link.".to_owned() } else { format!("Opened from a link: {name}.") }
}

/// Where a link led.
pub fn link_stands(at: Micros, steps: usize, plays: bool) -> String {
    let steps = match steps {
        0 => String::new(),
        some => format!(" with {}", super::plural(some as u64, "step", "steps")),
    };
    let waits = if plays { "" } else { " Press play, and time goes on." };
    format!("A run{steps}, opened at {}.{waits}", super::moment(at))
}

/// A run that somebody changed has come to the end of its scenario.
pub fn changed_run_ends(end: &str) -> String {
    format!("The scenario ended at {end}. You changed the run, so what it expected is not judged.")
}
