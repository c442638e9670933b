//! The list of events: the latest ones, of the kind that the reader chose.

use std::collections::VecDeque;

use mini_raft_core::raft::Fact;
use mini_raft_core::sim::{Event, EventKind};

use super::chronicle::{Chronicle, is_milestone};
use crate::session::Session;
use crate::text;
use crate::wish::{EventFilter, EventsAbout};

/// How many are listed.
const LINES_MAX: usize = 80;

/// The latest events.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventsView {
    /// Which are listed.
    pub filter: EventFilter,
    /// How many nodes there are to choose from.
    pub nodes: u32,
    /// The newest first.
    pub lines: Vec<EventLine>,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventLine {
    /// Its number in the run.
    pub event: u64,
    /// When it happened.
    pub at: String,
    /// The term of the node where it happened; `None` if on none.
    pub term: Option<u64>,
    /// How much it matters.
    pub tone: Tone,
    /// What happened, in a sentence.
    pub text: String,
}

/// How much an event matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// One of many.
    Plain,
    /// A leader is elected, entries are committed, a request is done.
    Good,
    /// A fault, a crash, a violation.
    Bad,
}

impl Tone {
    /// The name in `data-tone`.
    pub fn name(self) -> &'static str {
        match self {
            Tone::Plain => "plain",
            Tone::Good => "good",
            Tone::Bad => "bad",
        }
    }
}

/// Builds the view of what the session shows.
pub fn events_view(session: &Session) -> EventsView {
    EventsView {
        filter: session.event_filter(),
        nodes: session.world().machines().len() as u32,
        lines: lines(session.events(), session.chronicle(), session.event_filter()),
    }
}

/// The latest events of this kind, the newest first.
pub fn lines(events: &VecDeque<Event>, chronicle: &Chronicle, filter: EventFilter) -> Vec<EventLine> {
    let is_wanted = |event: &&Event| is_listed(event, filter);
    match filter.about {
        EventsAbout::Milestones => {
            chronicle.milestones().rev().filter(is_wanted).take(LINES_MAX).map(line).collect()
        }
        _ => events.iter().rev().filter(is_wanted).take(LINES_MAX).map(line).collect(),
    }
}

/// Whether the filter lets this event through.
pub fn is_listed(event: &Event, filter: EventFilter) -> bool {
    let here = filter.node.is_none_or(|node| event.node.is_some_and(|at| at.0 == node));
    here && is_about(&event.kind, filter.about)
}

fn line(event: &Event) -> EventLine {
    EventLine {
        event: event.seq,
        at: text::moment(event.at),
        term: event.node.map(|_| event.term.0),
        tone: tone(&event.kind),
        text: text::event(event),
    }
}

fn is_about(kind: &EventKind, about: EventsAbout) -> bool {
    match about {
        EventsAbout::All => true,
        EventsAbout::Milestones => is_milestone(kind),
        EventsAbout::Elections => match kind {
            EventKind::Vote { .. } => true,
            EventKind::Fact(fact) => matches!(
                fact,
                Fact::ElectionTimedOut { .. }
                    | Fact::RoleChanged { .. }
                    | Fact::VoteGranted { .. }
                    | Fact::VoteRefused { .. }
                    | Fact::VoteCounted { .. }
                    | Fact::VoteDenied { .. }
                    | Fact::TransferStarted { .. }
                    | Fact::TransferAborted { .. }
            ),
            _ => false,
        },
        EventsAbout::Logs => match kind {
            EventKind::Append { .. }
            | EventKind::Truncate { .. }
            | EventKind::Sync { .. }
            | EventKind::Commit { .. }
            | EventKind::Apply { .. }
            | EventKind::Snapshot { .. } => true,
            EventKind::Fact(fact) => matches!(
                fact,
                Fact::Proposed { .. }
                    | Fact::AppendRefused { .. }
                    | Fact::ConflictRemoved { .. }
                    | Fact::MatchAdvanced { .. }
                    | Fact::NextIndexBacked { .. }
                    | Fact::Committed { .. }
                    | Fact::OldTermNotCounted { .. }
                    | Fact::CommitLearnt { .. }
            ),
            _ => false,
        },
        EventsAbout::Messages => {
            matches!(kind, EventKind::Send { .. } | EventKind::Deliver { .. } | EventKind::Drop { .. })
        }
    }
}

fn tone(kind: &EventKind) -> Tone {
    use mini_raft_core::raft::RoleName;
    match kind {
        EventKind::Fact(Fact::RoleChanged { to: RoleName::Leader, .. } | Fact::Committed { .. })
        | EventKind::Return { result: Ok(_), .. }
        | EventKind::Restart { .. }
        | EventKind::Resume => Tone::Good,
        EventKind::Crash { .. }
        | EventKind::Wipe
        | EventKind::Pause
        | EventKind::Drop { .. }
        | EventKind::Fault(_)
        | EventKind::Return { result: Err(_), .. }
        | EventKind::Skipped { .. }
        | EventKind::Violation(_) => Tone::Bad,
        _ => Tone::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample::Sample;

    fn texts(sample: &Sample, filter: EventFilter) -> Vec<String> {
        lines(&sample.events, &sample.chronicle, filter).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn milestones_tell_the_story_and_leave_out_the_rest() {
        let (mut sample, leader) = Sample::with_leader();
        sample.set("city", "Oslo");
        sample.run_for(300);
        let told = texts(&sample, EventFilter::default());
        let place = |part: &str| told.iter().position(|text| text.contains(part));
        let elected = place("becomes the leader of term 1").expect("the election");
        let committed = place(&format!("{leader} commits entry 2")).expect("the commit");
        assert!(committed < elected, "the newest first");
        assert!(!told.iter().any(|text| text.contains("heartbeat")));
    }

    #[test]
    fn a_filter_by_node_and_kind_lists_only_those() {
        let (sample, leader) = Sample::with_leader();
        let votes = texts(&sample, EventFilter { node: Some(leader.0), about: EventsAbout::Elections });
        assert!(!votes.is_empty());
        assert!(votes.iter().all(|text| text.starts_with(&leader.to_string())), "{votes:?}");
        let all = texts(&sample, EventFilter { node: None, about: EventsAbout::All });
        assert_eq!(all.len(), LINES_MAX);
    }
}
