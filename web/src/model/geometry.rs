//! Where everything stands on the stage, in CSS pixels.

use std::f64::consts::TAU;

/// The radius of a node's circle in the units in which a node is drawn; see [`Geometry::scale`].
pub const NODE_RADIUS: f64 = 44.0;
/// The radius at which lanes begin, in the same units: outside the timer's ring.
const LANE_START: f64 = 60.0;
/// Half the distance between the two lanes of a link, in the same units.
const LANE_OFFSET: f64 = 8.0;
/// What a node needs around its centre, in the same units: its ring, its badge, its halo.
const NODE_REACH: f64 = 62.0;
/// Where a message from or to a client ends, in the same units.
const CLIENT_REACH: f64 = 24.0;
/// Half the height of a client.
const CLIENT_HALF_HEIGHT: f64 = 15.0;
/// From the middle of a client to that of the next one above or below it.
const CLIENT_ROW: f64 = 38.0;
/// From an edge of the stage to a client.
const CLIENT_EDGE: f64 = 7.0;
/// A stage narrower than this is narrow: clients are written there without the word.
const NARROW: f64 = 560.0;
/// The least room between the boundaries of two groups.
const BOUNDARY_GAP: f64 = 24.0;
/// How much wider than high the ring may be.
const RING_WIDTH_MAX: f64 = 1.45;

/// A place on the stage.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// From the left edge.
    pub x: f64,
    /// From the top edge.
    pub y: f64,
}

impl Point {
    /// The place at this part of the straight way to another place.
    pub fn towards(self, to: Point, part: f64) -> Point {
        Point { x: self.x + (to.x - self.x) * part, y: self.y + (to.y - self.y) * part }
    }

    /// The place half the way to another one.
    pub fn middle(self, other: Point) -> Point {
        self.towards(other, 0.5)
    }

    fn distance(self, other: Point) -> f64 {
        let (x, y) = (other.x - self.x, other.y - self.y);
        (x * x + y * y).sqrt()
    }
}

/// A straight way from one place to another.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Segment {
    /// Where it begins.
    pub from: Point,
    /// Where it ends.
    pub to: Point,
}

/// An end of a message's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// A node, by its number.
    Node(u32),
    /// A client, by its place among the clients.
    Client(u32),
}

/// The stage's measures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geometry {
    /// The stage's width.
    pub width: f64,
    /// The stage's height.
    pub height: f64,
    /// How many nodes are on the ring.
    pub nodes: u32,
    /// Pixels in a unit of a node's drawing.
    pub scale: f64,
    centre: Point,
    radius_x: f64,
    radius_y: f64,
}

impl Geometry {
    /// A ring of `nodes` that fills a stage of this size.
    pub fn new(width: f64, height: f64, nodes: u32) -> Geometry {
        let (width, height) = (width.max(200.0), height.max(200.0));
        let crowd = if nodes > 6 { 0.8 } else { 1.0 };
        let radius = (width * 0.09).min(height * 0.083).clamp(26.0, 72.0) * crowd;
        let scale = radius / NODE_RADIUS;
        let margin = NODE_REACH * scale + 6.0;

        // A pentagon does not reach down as far as it reaches up: what it needs is put in the middle.
        let sines = (0..nodes.max(1)).map(|node| direction(node, nodes).y);
        let (top, bottom) = sines.fold((0.0f64, 0.0f64), |(low, high), sine| (low.min(sine), high.max(sine)));
        let free = (height - 2.0 * margin).max(0.0);
        let radius_y = if nodes < 2 { 0.0 } else { free / (bottom - top) };
        let radius_x = (radius_y * RING_WIDTH_MAX).min(width / 2.0 - margin).max(0.0);
        // Narrow stages get a round ring, not a high one.
        let radius_y = radius_y.min(radius_x * 1.12);
        let centre = Point { x: width / 2.0, y: height / 2.0 - radius_y * (top + bottom) / 2.0 };
        Geometry { width, height, nodes, scale, centre, radius_x, radius_y }
    }

    /// The centre of a node.
    pub fn node(&self, node: u32) -> Point {
        let direction = direction(node, self.nodes);
        Point {
            x: self.centre.x + self.radius_x * direction.x,
            y: self.centre.y + self.radius_y * direction.y,
        }
    }

    /// Whether the stage is narrow, as that of a phone.
    pub fn is_narrow(&self) -> bool {
        self.width < NARROW
    }

    /// Half the width of a client.
    pub fn client_half_width(&self) -> f64 {
        if self.is_narrow() { 25.0 } else { 40.0 }
    }

    /// The centre of a client: the corners first, then along the edges and inward, wherever no node is near.
    pub fn client(&self, place: u32) -> Point {
        let half = self.client_half_width();
        let edge = half + CLIENT_EDGE;
        // Wide stages leave room beside the ring: there clients come nearer to it.
        let room = self.width / 2.0 - self.radius_x - self.boundary_radius();
        let nearer = (0.35 * room).min(room - 2.0 * edge).max(0.0);
        let column_width = 2.0 * half + 12.0;
        let columns = ((self.width / 2.0 - half - edge - nearer) / column_width) as u32 + 1;
        let first_row = CLIENT_HALF_HEIGHT + CLIENT_EDGE;
        let rows = ((self.height / 2.0 - first_row - CLIENT_ROW / 2.0) / CLIENT_ROW) as u32 + 1;
        let places = (0..columns).flat_map(|column| (0..rows).map(move |row| (column, row)));
        let nodes: Vec<Point> = (0..self.nodes).map(|node| self.node(node)).collect();
        let mut free = places
            .flat_map(|(column, row)| {
                let x = edge + nearer + f64::from(column) * column_width;
                let y = first_row + f64::from(row) * CLIENT_ROW;
                let (right, bottom) = (self.width - x, self.height - y);
                [(right, y), (right, bottom), (x, bottom), (x, y)].map(|(x, y)| Point { x, y })
            })
            .filter(|at| self.is_clear_of(&nodes, *at));
        // More clients than there is room for share the last place.
        free.nth(place as usize).unwrap_or(Point { x: self.width - edge, y: self.height / 2.0 })
    }

    fn is_clear_of(&self, nodes: &[Point], client: Point) -> bool {
        nodes.iter().all(|node| {
            let beside = ((node.x - client.x).abs() - self.client_half_width()).max(0.0);
            let above = ((node.y - client.y).abs() - CLIENT_HALF_HEIGHT).max(0.0);
            Point { x: beside, y: above }.distance(Point::default()) > self.boundary_radius()
        })
    }

    /// The way of messages from one end to another: each direction of a link has its own lane, on the right hand
    /// of the traveller.
    pub fn lane(&self, from: End, to: End) -> Segment {
        let (start, end) = (self.place(from), self.place(to));
        let (dx, dy) = (end.x - start.x, end.y - start.y);
        let length = start.distance(end).max(1.0);
        let (ux, uy) = (dx / length, dy / length);
        let offset = LANE_OFFSET * self.scale.max(0.8);
        let (nx, ny) = (-uy * offset, ux * offset);
        // Nodes that stand close keep a third of the way as a lane.
        let reach = |end| self.reach(end).min(length / 3.0);
        let (begin, finish) = (reach(from), reach(to));
        Segment {
            from: Point { x: start.x + ux * begin + nx, y: start.y + uy * begin + ny },
            to: Point { x: end.x - ux * finish + nx, y: end.y - uy * finish + ny },
        }
    }

    /// The radius of a boundary around a group of nodes.
    pub fn boundary_radius(&self) -> f64 {
        (NODE_REACH + 4.0) * self.scale
    }

    /// How many nodes on, round the ring, the one stands from the other.
    pub fn steps(&self, from: u32, to: u32) -> u32 {
        (to + self.nodes - from) % self.nodes
    }

    /// Where to pull the straight line between two nodes of a group, as the control of a quadratic curve, so that it
    /// keeps clear of the one node that stands between them; `None` if it is clear of it, or if there is not one.
    pub fn bend(&self, from: u32, to: u32) -> Option<Point> {
        if self.steps(from, to) != 2 {
            return None;
        }
        let outsider = self.node((from + 1) % self.nodes);
        let middle = self.node(from).middle(self.node(to));
        let (is, needed) = (middle.distance(outsider), 2.0 * self.boundary_radius() + BOUNDARY_GAP);
        // The curve goes half as far as it is pulled.
        (is < needed).then(|| outsider.towards(middle, (2.0 * needed - is) / is.max(1.0)))
    }

    fn place(&self, end: End) -> Point {
        match end {
            End::Node(node) => self.node(node),
            End::Client(place) => self.client(place),
        }
    }

    fn reach(&self, end: End) -> f64 {
        match end {
            End::Node(_) => LANE_START * self.scale,
            End::Client(_) => CLIENT_REACH * self.scale,
        }
    }
}

impl Default for Geometry {
    /// Five nodes on a stage of the common size, until the real one is known.
    fn default() -> Geometry {
        Geometry::new(1084.0, 556.0, 5)
    }
}

impl Segment {
    /// The place at this part of the way, 0 = its beginning, 1 = its end.
    pub fn at(&self, part: f64) -> Point {
        self.from.towards(self.to, part)
    }
}

/// The direction of a node from the ring's centre: the first at the top, the others clockwise.
///
/// Sine and cosine by their series, which for angles up to a turn is exact to less than a millionth: the library's
/// own are 5 KB of the page.
fn direction(node: u32, nodes: u32) -> Point {
    let angle = TAU * f64::from(node) / f64::from(nodes.max(1));
    let (mut sine, mut cosine) = (0.0, 0.0);
    let (mut odd, mut even) = (0.0, 1.0);
    for power in 1..=32 {
        (sine, cosine) = (sine + odd, cosine + even);
        (odd, even) = (even * angle / f64::from(power), -odd * angle / f64::from(power));
    }
    Point { x: sine, y: -cosine }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [(f64, f64); 5] =
        [(1084.0, 556.0), (390.0, 420.0), (360.0, 360.0), (1900.0, 900.0), (700.0, 900.0)];

    /// Every node, with its ring and badge, is on the stage and touches no other, for every size of cluster.
    #[test]
    fn nodes_fit_and_stand_apart() {
        for (width, height) in SIZES {
            for nodes in 1..=9 {
                let geometry = Geometry::new(width, height, nodes);
                let reach = NODE_REACH * geometry.scale;
                for node in 0..nodes {
                    let at = geometry.node(node);
                    assert!(at.x >= reach && at.x <= width - reach, "{nodes} on {width}: {at:?}");
                    assert!(at.y >= reach && at.y <= height - reach, "{nodes} on {width}: {at:?}");
                    for other in 0..node {
                        let apart = at.distance(geometry.node(other));
                        assert!(apart > 2.0 * 52.0 * geometry.scale, "{nodes} on {width}: {apart}");
                    }
                }
            }
        }
    }

    /// The ring fills the width of a phone.
    #[test]
    fn the_ring_fills_a_narrow_stage() {
        let geometry = Geometry::new(390.0, 420.0, 5);
        let spread = geometry.node(1).x - geometry.node(4).x;
        assert!(spread > 390.0 * 0.6, "{spread}");
    }

    #[test]
    fn the_two_lanes_of_a_link_never_meet() {
        for (width, height) in SIZES {
            let geometry = Geometry::new(width, height, 5);
            for (from, to) in [(0, 1), (1, 3), (2, 4)] {
                let there = geometry.lane(End::Node(from), End::Node(to));
                let back = geometry.lane(End::Node(to), End::Node(from));
                for part in [0.0, 0.3, 1.0] {
                    assert!(there.at(part).distance(back.at(1.0 - part)) >= 12.0);
                }
            }
        }
    }

    #[test]
    fn lanes_end_outside_the_nodes() {
        let geometry = Geometry::default();
        let lane = geometry.lane(End::Node(0), End::Node(3));
        assert!(lane.from.distance(geometry.node(0)) > 52.0 * geometry.scale);
        assert!(lane.to.distance(geometry.node(3)) > 52.0 * geometry.scale);
    }

    /// As many as the largest scenario of the library has, and the one of the form.
    #[test]
    fn clients_stand_on_the_stage_clear_of_the_nodes_and_of_each_other() {
        for (width, height) in SIZES {
            for nodes in 3..=9 {
                let geometry = Geometry::new(width, height, nodes);
                let clients = if geometry.is_narrow() { 5 } else { 13 };
                let half = geometry.client_half_width();
                for place in 0..clients {
                    let at = geometry.client(place);
                    let clear = (0..nodes).all(|node| geometry.is_clear_of(&[geometry.node(node)], at));
                    assert!(clear, "{place} of {nodes} on {width}");
                    assert!(at.x > half && at.x < width - half && at.y > 15.0 && at.y < height - 15.0);
                    for other in (0..place).map(|other| geometry.client(other)) {
                        let apart = (at.x - other.x).abs() > 2.0 * half || (at.y - other.y).abs() > 30.0;
                        assert!(apart, "{place} of {nodes} on {width}");
                    }
                }
            }
        }
    }

    #[test]
    fn nodes_stand_on_a_circle_in_equal_steps() {
        for nodes in 1..=9 {
            for node in 0..nodes {
                let angle = TAU * f64::from(node) / f64::from(nodes);
                let Point { x, y } = direction(node, nodes);
                assert!(
                    (x - angle.sin()).abs() < 1e-6 && (y + angle.cos()).abs() < 1e-6,
                    "{node} of {nodes}"
                );
            }
        }
    }
}
