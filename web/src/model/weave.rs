//! Every message and every life of a run, in a few bytes each: what the space-time diagram is drawn from.

use std::collections::VecDeque;

use mini_raft_core::raft::{AppendOutcome, Body, Fact, NodeId};
use mini_raft_core::sim::{Endpoint, Event, EventKind, Payload};
use mini_raft_core::time::Micros;

use super::flight::hue_of;
use super::stage::RoleView;

/// Messages that are remembered: ten minutes of the default cluster.
const STRANDS_MAX: usize = 100_000;
/// Changes of roles, crashes and the like that are remembered.
const LIVES_MAX: usize = 5_000;
/// Marks that are remembered.
const MARKS_MAX: usize = 20_000;

/// What is remembered of a run's messages and lives; each list in the order of the run.
#[derive(Clone, Debug, Default)]
pub struct Weave {
    strands: VecDeque<Strand>,
    lives: VecDeque<Life>,
    marks: VecDeque<Mark>,
    /// No message took longer than this so far.
    longest: Micros,
}

/// A line of the diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Line {
    /// That of a node.
    Node(u32),
    /// The one that all clients share.
    Clients,
}

/// Something that happened at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When, in microseconds of simulated time.
    pub at_us: u64,
    /// The event's number.
    pub event: u64,
}

/// A message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strand {
    /// Its id.
    pub message: u64,
    /// Its sender.
    pub from: Line,
    /// Its receiver.
    pub to: Line,
    /// What it is, as the trace names it.
    pub kind: &'static str,
    /// When it was sent.
    pub sent: Moment,
    /// When it arrived or was lost; `None` while it is under way.
    pub end: Option<Moment>,
    /// Whether it was lost.
    pub lost: bool,
    /// The hue of its term.
    pub hue: Option<u8>,
    /// How much it matters.
    pub weight: Weight,
}

/// How much a message matters to a reader: where there are too many, the light ones are left out first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// A heartbeat, or an answer that all is well.
    Light,
    /// All others.
    Full,
}

/// From this moment on a node is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// Since when.
    pub since: Moment,
    /// Which node.
    pub node: u32,
    /// Its term.
    pub term: u64,
    /// What it is.
    pub state: RoleView,
}

/// Something that a node did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub at: Moment,
    /// Which node.
    pub node: u32,
    /// What.
    pub what: MarkKind,
}

/// What a node did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    /// Its election timer ran out.
    TimedOut,
    /// As the leader, it committed.
    Committed,
    /// It crashed.
    Crashed,
    /// It started again.
    Restarted,
    /// It took or got a snapshot.
    Snapshot,
    /// A law was broken.
    Broken,
}

impl Weave {
    /// Takes note of this event. Events come in their order.
    pub fn observe(&mut self, event: &Event) {
        match &event.kind {
            EventKind::Send { message, from, to, payload } => {
                self.begin(event, *message, (from, to), payload)
            }
            EventKind::Deliver { message, .. } => self.end(event, *message, false),
            EventKind::Drop { message, .. } => self.end(event, *message, true),
            kind => {
                if let Some(node) = event.node {
                    self.live(event, node, kind);
                    self.mark(event, node, kind);
                }
            }
        }
    }

    /// Forgets this event and all after it.
    pub fn rewind(&mut self, event: u64) {
        while self.strands.pop_back_if(|strand| strand.sent.event >= event).is_some() {}
        while self.lives.pop_back_if(|life| life.since.event >= event).is_some() {}
        while self.marks.pop_back_if(|mark| mark.at.event >= event).is_some() {}
        for strand in &mut self.strands {
            if strand.end.is_some_and(|end| end.event >= event) {
                (strand.end, strand.lost) = (None, false);
            }
        }
    }

    /// The messages that were under way at some moment of this span, in the order in which they were sent.
    pub fn strands(&self, from_us: u64, to_us: u64) -> impl Iterator<Item = &Strand> {
        let earliest = from_us.saturating_sub(self.longest.0);
        // One that is under way yet may have been so for longer than any that has arrived.
        let late = self.strands.partition_point(|strand| strand.sent.at_us < earliest);
        let old = self.strands.range(..late).filter(|strand| strand.end.is_none());
        let rest = self.strands.range(late..).take_while(move |strand| strand.sent.at_us <= to_us);
        old.chain(rest.filter(move |strand| strand.end.is_none_or(|end| end.at_us >= from_us)))
    }

    /// What became of the nodes until the end of this span, in the order of the run.
    pub fn lives(&self, to_us: u64) -> impl Iterator<Item = &Life> {
        self.lives.iter().take_while(move |life| life.since.at_us <= to_us)
    }

    /// Whether every life since the start is remembered.
    pub fn is_whole(&self) -> bool {
        self.lives.len() < LIVES_MAX
    }

    /// What the nodes did in this span.
    pub fn marks(&self, from_us: u64, to_us: u64) -> impl Iterator<Item = &Mark> {
        let first = self.marks.partition_point(|mark| mark.at.at_us < from_us);
        self.marks.range(first..).take_while(move |mark| mark.at.at_us <= to_us)
    }

    fn begin(&mut self, event: &Event, message: u64, ends: (&Endpoint, &Endpoint), payload: &Payload) {
        let strand = Strand {
            message,
            from: line(ends.0),
            to: line(ends.1),
            kind: payload.kind().as_str(),
            sent: moment(event),
            end: None,
            lost: false,
            hue: hue_of(payload),
            weight: weight(payload),
        };
        // Ids grow with time: so a message is found by halving.
        if self.strands.back().is_none_or(|last| last.message < message) {
            push(&mut self.strands, strand, STRANDS_MAX);
        }
    }

    fn end(&mut self, event: &Event, message: u64, lost: bool) {
        let Ok(place) = self.strands.binary_search_by_key(&message, |strand| strand.message) else { return };
        let strand = &mut self.strands[place];
        (strand.end, strand.lost) = (Some(moment(event)), lost);
        self.longest = self.longest.max(Micros(event.at.0 - strand.sent.at_us));
    }

    fn live(&mut self, event: &Event, node: NodeId, kind: &EventKind) {
        let state = match kind {
            EventKind::Fact(Fact::RoleChanged { to, .. }) => RoleView::from(*to),
            EventKind::Restart { .. } => RoleView::Follower,
            EventKind::Crash { .. } => RoleView::Down,
            EventKind::Pause => RoleView::Paused,
            EventKind::Resume => self.state_before_pause(node),
            _ => return,
        };
        let life = Life { since: moment(event), node: node.0, term: event.term.0, state };
        push(&mut self.lives, life, LIVES_MAX);
    }

    fn state_before_pause(&self, node: NodeId) -> RoleView {
        let of_it = self.lives.iter().rev().filter(|life| life.node == node.0);
        let running = of_it.map(|life| life.state).find(|state| *state != RoleView::Paused);
        running.unwrap_or(RoleView::Follower)
    }

    fn mark(&mut self, event: &Event, node: NodeId, kind: &EventKind) {
        let what = match kind {
            EventKind::Fact(Fact::ElectionTimedOut { .. }) => MarkKind::TimedOut,
            EventKind::Fact(Fact::Committed { .. }) => MarkKind::Committed,
            EventKind::Crash { .. } => MarkKind::Crashed,
            EventKind::Restart { .. } => MarkKind::Restarted,
            EventKind::Snapshot { .. } => MarkKind::Snapshot,
            EventKind::Violation(_) => MarkKind::Broken,
            _ => return,
        };
        push(&mut self.marks, Mark { at: moment(event), node: node.0, what }, MARKS_MAX);
    }
}

fn line(endpoint: &Endpoint) -> Line {
    match endpoint {
        Endpoint::Node(id) => Line::Node(id.0),
        Endpoint::Client(_) => Line::Clients,
    }
}

fn moment(event: &Event) -> Moment {
    Moment { at_us: event.at.0, event: event.seq }
}

fn weight(payload: &Payload) -> Weight {
    let Payload::Peer(message) = payload else { return Weight::Full };
    match &message.body {
        Body::AppendEntries(append) if append.entries.is_empty() => Weight::Light,
        Body::AppendEntriesReply(reply) if matches!(reply.outcome, AppendOutcome::Success { .. }) => {
            Weight::Light
        }
        _ => Weight::Full,
    }
}

fn push<T>(list: &mut VecDeque<T>, item: T, most: usize) {
    if list.len() == most {
        list.pop_front();
    }
    list.push_back(item);
}

#[cfg(test)]
mod tests {
    use mini_raft_core::sim::{Command, Target};

    use super::*;
    use crate::model::sample::Sample;

    fn strand(weave: &Weave, message: u64) -> Option<Strand> {
        weave.strands.iter().find(|strand| strand.message == message).copied()
    }

    fn weave(events: impl IntoIterator<Item = Event>) -> Weave {
        let mut weave = Weave::default();
        events.into_iter().for_each(|event| weave.observe(&event));
        weave
    }

    fn told(weave: &Weave) -> (Vec<Strand>, Vec<Life>, Vec<Mark>) {
        let lives = weave.lives(u64::MAX).copied().collect();
        (weave.strands.iter().copied().collect(), lives, weave.marks(0, u64::MAX).copied().collect())
    }

    fn run_with_a_crash() -> Sample {
        let (mut sample, leader) = Sample::with_leader();
        sample.set("city", "Oslo");
        sample.run_for(100);
        sample.command(Command::Pause { node: Target::Node(NodeId((leader.0 + 1) % 5)) });
        sample.command(Command::Crash { node: Target::Node(leader) });
        sample.run_for(1_000);
        sample.command(Command::Resume { node: Target::Node(NodeId((leader.0 + 1) % 5)) });
        sample.command(Command::Restart { node: Target::Node(leader) });
        sample.run_for(300);
        sample
    }

    #[test]
    fn every_message_is_a_strand_and_ends_where_it_arrived_or_was_lost() {
        let sample = run_with_a_crash();
        let weave = weave(sample.events.iter().cloned());
        let (mut sent, mut ended, mut lost) = (0_usize, 0_usize, 0_usize);
        for event in &sample.events {
            match &event.kind {
                EventKind::Send { message, .. } => {
                    sent += 1;
                    assert_eq!(strand(&weave, *message).map(|strand| strand.sent.event), Some(event.seq));
                }
                EventKind::Deliver { message, .. } | EventKind::Drop { message, .. } => {
                    let strand = strand(&weave, *message).expect("it was sent");
                    assert_eq!(strand.end.map(|end| end.event), Some(event.seq));
                    ended += 1;
                    lost += usize::from(strand.lost);
                }
                _ => {}
            }
        }
        assert!(lost > 0 && ended > lost && sent >= ended);
        assert_eq!(weave.strands.iter().filter(|strand| strand.end.is_none()).count(), sent - ended);
    }

    /// Wherever one goes back to, what is left is what would be there had the rest never happened.
    #[test]
    fn going_back_leaves_what_was_there_then() {
        let sample = run_with_a_crash();
        let count = sample.events.len() as u64;
        for to in [count, count * 3 / 4, count / 2, count / 3, 7, 0] {
            let mut went_back = weave(sample.events.iter().cloned());
            went_back.rewind(to);
            let never_went = weave(sample.events.iter().take(to as usize).cloned());
            assert_eq!(told(&went_back), told(&never_went), "back to event {to} of {count}");
        }
    }

    #[test]
    fn a_span_has_just_the_messages_that_were_under_way_in_it() {
        let sample = run_with_a_crash();
        let weave = weave(sample.events.iter().cloned());
        let end = sample.world().now().0;
        for (from, to) in [(0, end), (end / 3, end / 2), (end / 2, end / 2), (end, end + 5)] {
            let found: Vec<u64> = weave.strands(from, to).map(|strand| strand.message).collect();
            let all = weave
                .strands
                .iter()
                .filter(|strand| strand.sent.at_us <= to && strand.end.is_none_or(|end| end.at_us >= from));
            assert_eq!(found, all.map(|strand| strand.message).collect::<Vec<_>>(), "from {from} to {to}");
        }
    }

    #[test]
    fn a_node_that_goes_on_is_what_it_was_before_it_stood_still() {
        let (mut sample, leader) = Sample::with_leader();
        sample.command(Command::Pause { node: Target::Node(leader) });
        sample.command(Command::Resume { node: Target::Node(leader) });
        let weave = weave(sample.events.iter().cloned());
        let last = weave.lives(u64::MAX).filter(|life| life.node == leader.0).last();
        assert_eq!(last.map(|life| life.state), Some(RoleView::Leader));
    }

    #[test]
    fn heartbeats_weigh_less_than_elections() {
        let (sample, _) = Sample::with_leader();
        let weave = weave(sample.events.iter().cloned());
        let first = weave.strands.front().expect("an election");
        let last = weave.strands.back().expect("heartbeats");
        assert_eq!((first.weight, last.weight), (Weight::Full, Weight::Light));
    }
}
