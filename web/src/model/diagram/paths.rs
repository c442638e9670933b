//! Arrows and marks as the paths of an SVG: one for all that look alike, so that thousands are drawn at once.

use super::super::geometry::Point;
use super::super::weave::{MarkKind, Weight};
use super::{Arrow, DiagramView, Sheet};
use crate::text::number::fill;

/// How long the strokes of an arrow's head are.
const HEAD_PX: f64 = 6.0;
/// The cosine and the sine of half the angle of an arrow's head.
const HEAD_TURN: (f64, f64) = (0.91, 0.41);

/// Lines that look alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathView {
    /// How they look: `full`, `light`, `lost`.
    pub look: &'static str,
    /// The hue of their term.
    pub hue: Option<u8>,
    /// The `d` of the path.
    pub d: String,
}

/// All arrows.
pub fn paths(view: &DiagramView, sheet: &Sheet) -> Vec<PathView> {
    let mut paths: Vec<PathView> = Vec::new();
    for arrow in &view.arrows {
        let (look, hue) = (look(arrow), arrow.strand.hue);
        let path = match paths.iter_mut().position(|path| (path.look, path.hue) == (look, hue)) {
            Some(place) => &mut paths[place],
            None => {
                paths.push(PathView { look, hue, d: String::new() });
                let last = paths.len() - 1;
                &mut paths[last]
            }
        };
        draw(arrow, sheet, &mut path.d);
    }
    paths
}

/// Both ends of what is drawn of an arrow.
pub(super) fn ends(arrow: &Arrow, sheet: &Sheet) -> (Point, Point) {
    let from = sheet.point(arrow.strand.from, arrow.strand.sent.at_us);
    let to = Point { x: sheet.x(arrow.strand.to), y: sheet.y(arrow.tip_us) };
    (from, Point { x: from.x + (to.x - from.x) * arrow.tip, y: to.y })
}

fn look(arrow: &Arrow) -> &'static str {
    match arrow.strand.weight {
        _ if arrow.strand.lost => "lost",
        Weight::Light => "light",
        Weight::Full => "full",
    }
}

fn draw(arrow: &Arrow, sheet: &Sheet, d: &mut String) {
    let (from, to) = ends(arrow, sheet);
    *d += &fill("M%1 %1L%1 %1", &[from.x, from.y, to.x, to.y]);
    if arrow.strand.lost {
        *d += "m-4 -4l8 8m0 -8l-8 8";
        return;
    }
    let (x, y) = (to.x - from.x, to.y - from.y);
    let length = (x * x + y * y).sqrt();
    if length < 2.0 * HEAD_PX {
        return;
    }
    let (x, y) = (x / length * HEAD_PX, y / length * HEAD_PX);
    let (cos, sin) = HEAD_TURN;
    let left = (-x * cos + y * sin, -x * sin - y * cos);
    let right = (-x * cos - y * sin, x * sin - y * cos);
    *d += &fill("l%1 %1M%1 %1l%1 %1", &[left.0, left.1, to.x, to.y, right.0, right.1]);
}

/// What the nodes did, as one path for each kind.
pub fn symbols(view: &DiagramView, sheet: &Sheet) -> Vec<PathView> {
    KINDS
        .iter()
        .filter_map(|(kind, look, drawing)| {
            let of_kind = view.marks.iter().filter(|mark| mark.what == *kind);
            let d: String = of_kind
                .map(|mark| {
                    let line = super::Line::Node(mark.node);
                    fill("M%1 %1", &[sheet.x(line), sheet.y(mark.at.at_us)]) + drawing
                })
                .collect();
            (!d.is_empty()).then_some(PathView { look, hue: None, d })
        })
        .collect()
}

/// How each kind of mark is drawn, around its place.
const KINDS: [(MarkKind, &str, &str); 6] = [
    (MarkKind::TimedOut, "timed-out", "m-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0m5 -3v3h3"),
    (MarkKind::Committed, "committed", "m-4 0l3 3l5 -6"),
    (MarkKind::Crashed, "crashed", "m-6 -6l12 12m0 -12l-12 12"),
    (MarkKind::Restarted, "restarted", "m-5 4l5 -8l5 8z"),
    (MarkKind::Snapshot, "snapshot", "m-5 -4h10v8h-10z"),
    (MarkKind::Broken, "broken", "m0 -8v9m0 3v2"),
];

#[cfg(test)]
mod tests {
    use mini_raft_core::sim::{Command, Target};

    use super::super::diagram_view_of;
    use super::*;
    use crate::model::sample::Sample;
    use crate::wish::DiagramWindow;

    #[test]
    fn what_looks_alike_is_one_path_and_every_arrow_is_in_one() {
        let (mut sample, leader) = Sample::with_leader();
        sample.set("city", "Oslo");
        sample.command(Command::Crash { node: Target::Node(leader) });
        sample.run_for(1_000);
        let window = DiagramWindow { end_us: None, span_us: 1_500_000 };
        let view = diagram_view_of(sample.world(), sample.chronicle.weave(), window);
        let sheet = Sheet::new(&view, 360.0, 500.0);
        let paths = paths(&view, &sheet);
        let mut kinds: Vec<_> = paths.iter().map(|path| (path.look, path.hue)).collect();
        let count = kinds.len();
        kinds.sort_unstable();
        kinds.dedup();
        assert_eq!(kinds.len(), count);
        let begun: usize = paths.iter().map(|path| path.d.matches("L").count()).sum();
        assert_eq!(begun, view.arrows.len());
        assert!(kinds.iter().any(|(look, _)| *look == "lost"));
        let crossed = symbols(&view, &sheet).into_iter().find(|path| path.look == "crashed");
        assert_eq!(crossed.map(|path| path.d.matches('M').count()), Some(1));
    }
}
