//! The space-time diagram: a line for each node, time downwards, an arrow for each message.

mod hit;
mod paths;
mod sheet;

use mini_raft_core::sim::World;

pub use self::hit::{Hit, hit, neighbour, selected};
pub use self::paths::{PathView, paths, symbols};
pub use self::sheet::{Sheet, Tick};
use super::stage::RoleView;
use super::weave::{Life, Line, Mark, Moment, Strand, Weave, Weight};
use crate::session::Session;
use crate::wish::{DiagramWindow, Selection};

/// So many messages are drawn. Where there are more, the light ones are left out, then the oldest.
const DRAWN_MAX: usize = 2_500;
/// What is left free below the present while the diagram follows it, as a part of its height.
const AHEAD: f64 = 0.06;
/// How far a message that was lost at once is drawn, as a part of its way.
const STUB: f64 = 0.3;

/// What the diagram shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DiagramView {
    /// The lines, from left to right.
    pub lines: Vec<Line>,
    /// The first moment in view, in microseconds of simulated time.
    pub from_us: u64,
    /// The last one.
    pub to_us: u64,
    /// The present.
    pub now_us: u64,
    /// Whether the present stays in view as time runs.
    pub follows: bool,
    /// What each node is, and from when to when.
    pub bands: Vec<Band>,
    /// The messages.
    pub arrows: Vec<Arrow>,
    /// What nodes did.
    pub marks: Vec<Mark>,
    /// Messages of this span that are not drawn, for there are too many.
    pub left_out: usize,
    /// The event that is selected.
    pub selected: Option<u64>,
}

/// A stretch of a node's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// The node.
    pub node: u32,
    /// From when, in microseconds.
    pub from_us: u64,
    /// To when.
    pub to_us: u64,
    /// The node's term.
    pub term: u64,
    /// What the node is.
    pub state: RoleView,
}

/// A message, drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrow {
    /// The message.
    pub strand: Strand,
    /// When it was where it is drawn to, in microseconds.
    pub tip_us: u64,
    /// How far it is drawn on its way, from 0 to 1.
    pub tip: f64,
}

impl Arrow {
    /// The moment that it leads to: its end, or its beginning while it is under way.
    pub fn moment(&self) -> Moment {
        self.strand.end.unwrap_or(self.strand.sent)
    }
}

/// Builds the view of what the session shows.
pub fn diagram_view(session: &Session) -> DiagramView {
    let selected = match session.selection() {
        Selection::Event(event) => Some(event),
        _ => None,
    };
    let weave = session.chronicle().weave();
    DiagramView { selected, ..diagram_view_of(session.world(), weave, session.diagram_window()) }
}

/// The view of a world and its past.
pub fn diagram_view_of(world: &World, weave: &Weave, window: DiagramWindow) -> DiagramView {
    let now_us = world.now().0;
    let (from_us, to_us) = span(window, now_us);
    let mut lines: Vec<Line> = world.machines().iter().map(|machine| Line::Node(machine.id().0)).collect();
    lines.push(Line::Clients);
    let (arrows, left_out) = arrows(world, weave, from_us, to_us);
    DiagramView {
        lines,
        from_us,
        to_us,
        now_us,
        follows: window.end_us.is_none(),
        bands: bands(world, weave, from_us, to_us.min(now_us)),
        arrows,
        marks: weave.marks(from_us, to_us).copied().collect(),
        left_out,
        selected: None,
    }
}

/// The first and the last moment in view.
fn span(window: DiagramWindow, now_us: u64) -> (u64, u64) {
    let ahead = (window.span_us as f64 * AHEAD) as u64;
    let end = window.end_us.unwrap_or(now_us + ahead).max(window.span_us);
    (end - window.span_us, end)
}

fn arrows(world: &World, weave: &Weave, from_us: u64, to_us: u64) -> (Vec<Arrow>, usize) {
    let mut strands: Vec<&Strand> = weave.strands(from_us, to_us).collect();
    let all = strands.len();
    if all > DRAWN_MAX {
        strands.retain(|strand| strand.weight == Weight::Full);
    }
    let first = strands.len().saturating_sub(DRAWN_MAX);
    let drawn: Vec<Arrow> = strands[first..].iter().map(|strand| arrow(world, strand)).collect();
    let left_out = all - drawn.len();
    (drawn, left_out)
}

fn arrow(world: &World, strand: &Strand) -> Arrow {
    let (tip_us, tip) = match strand.end {
        Some(end) if !strand.lost => (end.at_us, 1.0),
        Some(end) if end.at_us == strand.sent.at_us => (end.at_us, STUB),
        Some(end) => (end.at_us, 0.5),
        None => {
            let flight = world.flight(strand.message);
            (world.now().0, flight.map_or(1.0, |flight| flight.progress(world.now())))
        }
    };
    Arrow { strand: *strand, tip_us, tip }
}

fn bands(world: &World, weave: &Weave, from_us: u64, to_us: u64) -> Vec<Band> {
    let mut bands = Vec::new();
    for machine in world.machines() {
        let node = machine.id().0;
        // All begin as followers, before any term.
        let start = Moment { at_us: 0, event: 0 };
        let born = Life { since: start, node, term: 0, state: RoleView::Follower };
        let born = weave.is_whole().then_some(&born);
        let lives = weave.lives(to_us).filter(|life| life.node == node);
        let mut lives = born.into_iter().chain(lives).peekable();
        while let Some(life) = lives.next() {
            let end_us = lives.peek().map_or(to_us, |next| next.since.at_us);
            // What took no time is not seen, and what ended before is not in view.
            if end_us < from_us || end_us == life.since.at_us {
                continue;
            }
            let from_us = life.since.at_us.max(from_us);
            bands.push(Band { node, from_us, to_us: end_us, term: life.term, state: life.state });
        }
    }
    bands
}

#[cfg(test)]
mod tests {
    use mini_raft_core::raft::NodeId;
    use mini_raft_core::sim::{Command, Target};

    use super::*;
    use crate::model::sample::Sample;

    fn view(sample: &Sample, window: DiagramWindow) -> DiagramView {
        diagram_view_of(sample.world(), sample.chronicle.weave(), window)
    }

    #[test]
    fn it_ends_a_little_after_the_present_while_it_follows() {
        let (sample, leader) = Sample::with_leader();
        let now_us = sample.world().now().0;
        let view = view(&sample, DiagramWindow { end_us: None, span_us: 100_000 });
        assert!(view.follows && view.to_us > now_us && view.from_us == view.to_us - 100_000);
        assert!(!view.arrows.is_empty(), "heartbeats");
        let leads =
            Band { node: leader.0, from_us: view.from_us, to_us: now_us, term: 1, state: RoleView::Leader };
        assert!(view.bands.contains(&leads), "{:?}", view.bands);
    }

    #[test]
    fn a_message_under_way_is_drawn_as_far_as_it_has_come() {
        let (mut sample, _) = Sample::with_leader();
        sample.run_until(|world| world.flights().next().is_some());
        sample.run_for(2);
        let under_way = sample.world().flights().next().expect("one is under way").id;
        let view = view(&sample, DiagramWindow { end_us: None, span_us: 100_000 });
        let arrow = view.arrows.iter().find(|arrow| arrow.strand.message == under_way).expect("it is drawn");
        assert!(arrow.tip > 0.0 && arrow.tip < 1.0 && arrow.tip_us == view.now_us);
        assert_eq!(arrow.moment(), arrow.strand.sent);
    }

    #[test]
    fn a_life_is_cut_into_bands_where_it_changed() {
        let (mut sample, leader) = Sample::with_leader();
        sample.command(Command::Crash { node: Target::Node(leader) });
        sample.run_for(50);
        sample.command(Command::Restart { node: Target::Node(leader) });
        sample.run_for(50);
        let now_us = sample.world().now().0;
        let view = view(&sample, DiagramWindow { end_us: Some(now_us), span_us: 150_000 });
        let of_it: Vec<(u64, RoleView)> = view
            .bands
            .iter()
            .filter(|band| NodeId(band.node) == leader)
            .map(|band| (band.to_us - band.from_us, band.state))
            .collect();
        let states = [RoleView::Leader, RoleView::Down, RoleView::Follower];
        assert_eq!(of_it, states.map(|state| (50_000, state)));
    }

    #[test]
    fn where_there_are_too_many_messages_heartbeats_are_left_out_first() {
        let (mut sample, _) = Sample::with_leader();
        sample.set("city", "Oslo");
        sample.run_for(30_000);
        let end = sample.world().now().0;
        let view = view(&sample, DiagramWindow { end_us: None, span_us: end });
        assert!(view.left_out > 1_000 && view.arrows.len() <= DRAWN_MAX);
        assert!(view.arrows.iter().all(|arrow| arrow.strand.weight == Weight::Full));
    }
}
