//! Branches, the timeline, and what is undone, in words.

use mini_raft_core::timeline::{Branch, Origin};

use super::command;
use crate::wish::Turn;

/// After an act in the past, for a screen reader.
pub const BEGUN: &str = "A branch begins here; the old future stays, and can be returned to.";

/// Why nothing is undone.
pub const NOTHING_TO_UNDO: &str = "nothing was done before this moment";

/// Why nothing is done again.
pub const NOTHING_TO_REDO: &str = "nothing was undone last";

/// Why no event is gone to.
pub fn no_such_event(turn: Turn) -> &'static str {
    match turn {
        Turn::Next => "no such event happens in the next 20 seconds",
        Turn::Previous => "no such event happened in the last 20 seconds",
    }
}

/// What a branch is called: by its name, or else by what was done where it began.
pub fn name(branch: &Branch) -> String {
    if let Some(name) = &branch.name {
        return name.clone();
    }
    let done = |commands: &[mini_raft_core::sim::Command]| match commands {
        [] => String::new(),
        [one] => command(one),
        [first, rest @ ..] => format!("{} and {} more", command(first), rest.len()),
    };
    match &branch.origin {
        Origin::Opened => "first run".to_owned(),
        Origin::Did { deed, .. } => done(&deed.commands),
        Origin::Undid { deed, .. } => format!("without: {}", done(&deed.commands)),
    }
}
