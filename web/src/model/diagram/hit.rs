//! What is under the pointer, and what is beside what is selected.

use super::super::geometry::Point;
use super::super::weave::{Line, Moment};
use super::paths::ends;
use super::{Arrow, DiagramView, Sheet};
use crate::text;

/// Nothing farther away than this is meant.
const REACH_PX: f64 = 9.0;

/// Something on the diagram.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The moment it leads to.
    pub moment: Moment,
    /// What it is, in a sentence.
    pub text: String,
    /// Its line, if it is an arrow.
    pub line: Option<(Point, Point)>,
    /// Where it is.
    pub at: Point,
}

/// What is at this place: a mark, else the nearest arrow.
pub fn hit(view: &DiagramView, sheet: &Sheet, at: Point) -> Option<Hit> {
    let marks = view.marks.iter().map(|mark| {
        let place = sheet.point(Line::Node(mark.node), mark.at.at_us);
        let text = text::diagram::mark(mark);
        (distance(at, place, place), Hit { moment: mark.at, text, line: None, at: place })
    });
    if let Some(mark) = nearest(marks) {
        return Some(mark);
    }
    let arrows = view.arrows.iter().map(|arrow| {
        let (from, to) = ends(arrow, sheet);
        (distance(at, from, to), arrow)
    });
    nearest(arrows).map(|arrow| of_arrow(arrow, sheet))
}

/// Of what is so far away, the nearest within reach.
fn nearest<T>(all: impl Iterator<Item = (f64, T)>) -> Option<T> {
    let near = all.filter(|(distance, _)| *distance <= REACH_PX);
    near.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, found)| found)
}

/// The arrow that leads to this event, if one is drawn.
pub fn selected(view: &DiagramView, sheet: &Sheet) -> Option<Hit> {
    let event = view.selected?;
    let is_it = |arrow: &&Arrow| {
        arrow.strand.sent.event == event || arrow.strand.end.is_some_and(|end| end.event == event)
    };
    view.arrows.iter().find(is_it).map(|arrow| of_arrow(arrow, sheet))
}

/// The arrow after the selected one, or before it, by the moments that they lead to; with none, the last in view.
pub fn neighbour(view: &DiagramView, forward: bool) -> Option<Moment> {
    let mut moments: Vec<Moment> = view.arrows.iter().map(Arrow::moment).collect();
    moments.sort_unstable_by_key(|moment| moment.event);
    let Some(here) = view.selected else { return moments.last().copied() };
    if forward {
        moments.into_iter().find(|moment| moment.event > here)
    } else {
        moments.into_iter().rev().find(|moment| moment.event < here)
    }
}

fn of_arrow(arrow: &Arrow, sheet: &Sheet) -> Hit {
    let (from, to) = ends(arrow, sheet);
    Hit { moment: arrow.moment(), text: text::diagram::strand(&arrow.strand), line: Some((from, to)), at: to }
}

/// How far a place is from a straight line.
fn distance(at: Point, from: Point, to: Point) -> f64 {
    let (x, y) = (to.x - from.x, to.y - from.y);
    let length = x * x + y * y;
    let part = if length == 0.0 { 0.0 } else { ((at.x - from.x) * x + (at.y - from.y) * y) / length };
    let nearest = from.towards(to, part.clamp(0.0, 1.0));
    let (x, y) = (at.x - nearest.x, at.y - nearest.y);
    (x * x + y * y).sqrt()
}

#[cfg(test)]
mod tests {
    use super::super::diagram_view_of;
    use super::*;
    use crate::model::sample::Sample;
    use crate::wish::DiagramWindow;

    fn view() -> (DiagramView, Sheet) {
        let (sample, _) = Sample::with_leader();
        let window = DiagramWindow { end_us: None, span_us: 150_000 };
        let view = diagram_view_of(sample.world(), sample.chronicle.weave(), window);
        let sheet = Sheet::new(&view, 360.0, 500.0);
        (view, sheet)
    }

    #[test]
    fn the_middle_of_an_arrow_hits_it_and_the_edge_of_the_sheet_hits_nothing() {
        let (view, sheet) = view();
        let arrow = view.arrows.last().expect("heartbeats");
        let (from, to) = ends(arrow, &sheet);
        let found = hit(&view, &sheet, from.middle(to)).expect("an arrow");
        assert!(found.line.is_some() && found.text.contains("node-"), "{}", found.text);
        assert_eq!(hit(&view, &sheet, Point { x: 0.0, y: 0.0 }), None);
    }

    #[test]
    fn one_goes_from_arrow_to_arrow_in_the_order_of_events() {
        let (mut view, sheet) = view();
        let last = neighbour(&view, false).expect("the last one");
        view.selected = Some(last.event);
        assert!(selected(&view, &sheet).is_some());
        let before = neighbour(&view, false).expect("one before");
        assert!(before.event < last.event);
        view.selected = Some(before.event);
        assert_eq!(neighbour(&view, true), Some(last));
        view.selected = Some(last.event);
        assert_eq!(neighbour(&view, true), None);
    }
}
