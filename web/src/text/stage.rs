//! The sentences of the stage.

use crate::model::{HintView, Shape};

/// What to try next.
pub fn hint(hint: HintView) -> &'static str {
    match hint {
        HintView::Crash => "Click the leader, and crash it. Click a line to cut it, a message to drop it.",
        HintView::Restart => {
            "The others miss its heartbeats and elect a new leader. Then restart the crashed node."
        }
        HintView::Disturb => "It catches up. Now click a line to cut it, or a message to drop it.",
        HintView::Nothing => "",
    }
}

/// What a screen reader calls a lane.
pub fn lane_label(from: u32, to: u32, cut: bool) -> String {
    let state = if cut { "cut" } else { "working" };
    format!("link from node-{from} to node-{to}, {state}")
}

/// What a shape means.
pub fn legend(shape: &Shape) -> &'static str {
    match shape {
        Shape::Entries { .. } => "AppendEntries",
        Shape::Heartbeat => "heartbeat",
        Shape::AppendReply { .. } => "accepted",
        Shape::VoteRequest { pre_vote: false } => "RequestVote",
        Shape::VoteRequest { pre_vote: true } => "PreVote",
        Shape::VoteReply { .. } => "vote",
        Shape::Snapshot => "InstallSnapshot",
        Shape::SnapshotReply => "snapshot installed",
        Shape::TimeoutNow => "TimeoutNow",
        Shape::Pill { request: true, .. } => "a client's request",
        Shape::Pill { request: false, .. } => "the answer to a client",
    }
}
