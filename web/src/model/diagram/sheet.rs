//! Where what stands on the diagram's sheet, in CSS pixels.

use super::super::geometry::Point;
use super::super::weave::Line;
use super::DiagramView;

/// What the names of the lines take at the top.
const HEAD_PX: f64 = 26.0;
/// What the times take at the left.
const TIMES_PX: f64 = 58.0;
/// What is free at the right and at the bottom.
const EDGE_PX: f64 = 10.0;
/// What the name of a line takes.
const NAME_PX: f64 = 56.0;
/// Ticks of the time axis are at least so far apart.
const TICK_PX: f64 = 46.0;

/// The sheet that a view is drawn on.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
    lines: Vec<Line>,
    from_us: u64,
    to_us: u64,
}

/// A moment on the time axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tick {
    /// The moment, in microseconds.
    pub at_us: u64,
    /// Where it is.
    pub y: f64,
}

impl Sheet {
    /// A sheet of this size for a view.
    pub fn new(view: &DiagramView, width: f64, height: f64) -> Sheet {
        Sheet {
            width: width.max(160.0),
            height: height.max(120.0),
            lines: view.lines.clone(),
            from_us: view.from_us,
            to_us: view.to_us.max(view.from_us + 1),
        }
    }

    /// Where a line runs; that of the clients for one that is not there.
    pub fn x(&self, line: Line) -> f64 {
        let place = self.lines.iter().position(|other| *other == line).unwrap_or(self.lines.len() - 1);
        let room = self.width - TIMES_PX - EDGE_PX;
        TIMES_PX + room * (place as f64 + 0.5) / self.lines.len().max(1) as f64
    }

    /// Whether the lines are too close for their whole names.
    pub fn is_narrow(&self) -> bool {
        self.width - TIMES_PX - EDGE_PX < NAME_PX * self.lines.len() as f64
    }

    /// Where a moment is.
    pub fn y(&self, at_us: u64) -> f64 {
        let since = at_us as f64 - self.from_us as f64;
        HEAD_PX + since * self.px_of_us()
    }

    /// The moment that is at this height.
    pub fn at_us(&self, y: f64) -> f64 {
        self.from_us as f64 + (y - HEAD_PX) / self.px_of_us()
    }

    /// Microseconds in a pixel.
    pub fn us_of_px(&self) -> f64 {
        1.0 / self.px_of_us()
    }

    /// Where a moment on a line is.
    pub fn point(&self, line: Line, at_us: u64) -> Point {
        Point { x: self.x(line), y: self.y(at_us) }
    }

    /// Where times begin.
    pub fn top(&self) -> f64 {
        HEAD_PX
    }

    /// The moments of the time axis: round ones, not too close.
    pub fn ticks(&self) -> Vec<Tick> {
        let least = TICK_PX * self.us_of_px();
        let step = [1, 2, 5].iter().flat_map(|unit| (0..9).map(move |power| unit * 10_u64.pow(power)));
        let step = step.filter(|step| *step as f64 >= least).min().unwrap_or(1_000_000_000);
        let first = self.from_us.div_ceil(step);
        (first..=self.to_us / step)
            .map(|place| Tick { at_us: place * step, y: self.y(place * step) })
            .collect()
    }

    fn px_of_us(&self) -> f64 {
        (self.height - HEAD_PX - EDGE_PX) / (self.to_us - self.from_us) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> Sheet {
        let lines = vec![Line::Node(0), Line::Node(1), Line::Clients];
        let view = DiagramView { lines, from_us: 1_000_000, to_us: 1_250_000, ..DiagramView::default() };
        Sheet::new(&view, 360.0, 500.0)
    }

    #[test]
    fn time_runs_downwards_and_back_again() {
        let sheet = sheet();
        assert!(sheet.y(1_100_000) < sheet.y(1_200_000));
        assert!((sheet.at_us(sheet.y(1_234_567)) - 1_234_567.0).abs() < 0.01);
    }

    #[test]
    fn lines_stand_side_by_side_within_the_sheet() {
        let sheet = sheet();
        let places = [Line::Node(0), Line::Node(1), Line::Clients].map(|line| sheet.x(line));
        assert!(places.is_sorted() && places[0] > TIMES_PX && places[2] < 360.0);
    }

    #[test]
    fn the_axis_has_round_moments() {
        let ticks = sheet().ticks();
        assert!(ticks.len() >= 4 && ticks.iter().all(|tick| tick.at_us.is_multiple_of(10_000)), "{ticks:?}");
        assert!(ticks.windows(2).all(|two| two[1].y - two[0].y >= TICK_PX));
    }
}
