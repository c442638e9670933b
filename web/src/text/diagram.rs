//! What the space-time diagram says.

use mini_raft_core::time::Micros;

use super::{moment, span};
use crate::model::RoleView;
use crate::model::weave::{Line, Mark, MarkKind, Strand};

/// The name above a line, where there is little room.
pub fn short_line(line: Line) -> String {
    match line {
        Line::Node(node) => node.to_string(),
        Line::Clients => "clients".to_owned(),
    }
}

/// The name above a line.
pub fn line(line: Line) -> String {
    match line {
        Line::Node(node) => format!("node-{node}"),
        Line::Clients => "clients".to_owned(),
    }
}

/// A message: what it is, between whom, and when.
pub fn strand(strand: &Strand) -> String {
    let at = |us| moment(Micros(us));
    let way = format!(
        "{} from {} to {}, sent at {}",
        strand.kind,
        line(strand.from),
        line(strand.to),
        at(strand.sent.at_us)
    );
    match strand.end {
        Some(end) if strand.lost => format!("{way}, lost at {}.", at(end.at_us)),
        Some(end) => {
            let took = span(Micros(end.at_us - strand.sent.at_us));
            format!("{way}, arrived at {}, {took} later.", at(end.at_us))
        }
        None => format!("{way}, under way."),
    }
}

/// What a node did, and when.
pub fn mark(mark: &Mark) -> String {
    let did = match mark.what {
        MarkKind::TimedOut => "has heard of no leader for its whole election timeout",
        MarkKind::Committed => "commits, as the leader",
        MarkKind::Crashed => "crashes",
        MarkKind::Restarted => "starts again",
        MarkKind::Snapshot => "has a new snapshot",
        MarkKind::Broken => "breaks a law",
    };
    format!("node-{} {did}, at {}.", mark.node, moment(Micros(mark.at.at_us)))
}

/// The diagram's name, with its keys.
pub const NAME: &str = "Space-time diagram. Up and down move through time, plus and minus zoom, left and right go from message to message, Home and End go to the start and to the present.";

/// How to read the diagram, and how much of it is missing.
pub fn how_to_read(left_out: usize) -> String {
    let read = "Time runs down; an arrow is a message, a cross a loss. Drag or scroll to move, Ctrl and scroll to zoom; click an arrow to go there.";
    if left_out == 0 {
        return read.to_owned();
    }
    let left_out = super::plural(left_out as u64, "message", "messages");
    format!("{left_out} of this span, heartbeats first, are left out: zoom in for all. {read}")
}

/// How long the span in view is, in microseconds.
pub fn span_in_view(us: u64) -> String {
    format!("{} in view", span(Micros(us)))
}

/// A moment of the time axis, in microseconds.
pub fn time(at_us: u64) -> String {
    moment(Micros(at_us))
}

/// The words beside a band: `T3 leader`.
pub fn band(state: RoleView, term: u64) -> String {
    format!("T{term} {}", state.name())
}
