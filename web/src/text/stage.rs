//! The sentences of the stage.

use crate::model::{HintView, Shape};

/// What to try next.
pub fn hint(hint: HintView) -> &'static str {
    match hint {
        HintView::Crash => "Click the leader, and crash it. Click a line to cut it, a message to drop it.",
        HintView::LeaderFell => "The others miss its heartbeats and elect another leader. Then restart it.",
        HintView::LeaderReplaced => {
            "Another node leads now. Restart the one that crashed, and see it catch up."
        }
        HintView::FollowerFell => {
            "The leader goes on without it: a majority is enough. Restart it, and see it catch up."
        }
        HintView::FellMeanwhile => {
            "The others elect a leader without it: a majority is enough. Then restart it."
        }
        HintView::NoMajority => {
            "No majority is left: nobody can be elected, nothing committed. Restart crashed nodes, or heal links."
        }
        HintView::WaitsForLeader => "It catches up once a leader is elected.",
        HintView::CatchesUp => {
            "The leader brings it up to date. Now click a line to cut it, or a message to drop it."
        }
        HintView::Disturb => "Now click a line to cut it, or a message to drop it.",
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
