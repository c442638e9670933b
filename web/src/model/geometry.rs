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
/// The height at the bottom of the stage that the legend and the buttons need.
const FOOT: f64 = 44.0;
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
        let free = (height - FOOT - 2.0 * margin).max(0.0);
        let radius_y = if nodes < 2 { 0.0 } else { free / (bottom - top) };
        let radius_x = (radius_y * RING_WIDTH_MAX).min(width / 2.0 - margin).max(0.0);
        // Narrow stages get a round ring, not a high one.
        let radius_y = radius_y.min(radius_x * 1.12);
        let centre = Point { x: width / 2.0, y: (height - FOOT) / 2.0 - radius_y * (top + bottom) / 2.0 };
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

    /// The centre of a client: in the corners, outside the ring, then along the right and left edges.
    pub fn client(&self, place: u32) -> Point {
        let inset = (52.0 * self.scale).max(46.0);
        let (right, left) = (self.width - inset, inset);
        // Wide stages leave room beside the ring: there clients come nearer to it.
        let room = self.width / 2.0 - self.radius_x - NODE_REACH * self.scale;
        let nearer = (room - 2.2 * inset).clamp(0.0, 0.35 * room.max(0.0));
        let row = f64::from(place / 4);
        let top = 30.0 * self.scale.max(1.0) + row * 44.0;
        let bottom = self.height - FOOT - 26.0 - row * 44.0;
        match place % 4 {
            0 => Point { x: right - nearer, y: top },
            1 => Point { x: right - nearer, y: bottom },
            2 => Point { x: left + nearer, y: bottom },
            _ => Point { x: left + nearer, y: top },
        }
    }

    /// The way of messages from one end to another: each direction of a link has its own lane, on the right hand
    /// of the traveller.
    pub fn lane(&self, from: End, to: End) -> Segment {
        let (start, end) = (self.place(from), self.place(to));
        let (dx, dy) = (end.x - start.x, end.y - start.y);
        let length = (dx * dx + dy * dy).sqrt().max(1.0);
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
        Point {
            x: self.from.x + (self.to.x - self.from.x) * part,
            y: self.from.y + (self.to.y - self.from.y) * part,
        }
    }
}

/// The corners of the convex hull of these places, in order round it.
pub fn hull(mut places: Vec<Point>) -> Vec<Point> {
    places.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    if places.len() < 3 {
        return places;
    }
    let mut corners = half_hull(places.iter().copied());
    let back = half_hull(places.iter().rev().copied());
    corners.pop();
    corners.extend(&back[..back.len() - 1]);
    corners
}

fn half_hull(places: impl Iterator<Item = Point>) -> Vec<Point> {
    let mut corners: Vec<Point> = Vec::new();
    for place in places {
        while let [.., a, b] = corners[..] {
            let turn = (b.x - a.x) * (place.y - a.y) - (b.y - a.y) * (place.x - a.x);
            if turn > 0.0 {
                break;
            }
            corners.pop();
        }
        corners.push(place);
    }
    corners
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

    fn distance(a: Point, b: Point) -> f64 {
        (a.x - b.x).hypot(a.y - b.y)
    }

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
                        let apart = distance(at, geometry.node(other));
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
                    assert!(distance(there.at(part), back.at(1.0 - part)) >= 12.0);
                }
            }
        }
    }

    #[test]
    fn lanes_end_outside_the_nodes() {
        let geometry = Geometry::default();
        let lane = geometry.lane(End::Node(0), End::Node(3));
        assert!(distance(lane.from, geometry.node(0)) > 52.0 * geometry.scale);
        assert!(distance(lane.to, geometry.node(3)) > 52.0 * geometry.scale);
    }

    #[test]
    fn clients_stand_on_the_stage_and_clear_of_the_nodes() {
        for (width, height) in SIZES {
            let geometry = Geometry::new(width, height, 5);
            for place in 0..4 {
                let at = geometry.client(place);
                assert!(at.x > 0.0 && at.x < width && at.y > 0.0 && at.y < height);
                for node in 0..5 {
                    let apart = distance(at, geometry.node(node));
                    assert!(apart > NODE_RADIUS * geometry.scale, "{place} {node} on {width}");
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

    #[test]
    fn a_hull_leaves_out_what_is_inside() {
        let at = |x, y| Point { x, y };
        let corners = hull(vec![at(0.0, 0.0), at(4.0, 0.0), at(2.0, 1.0), at(4.0, 4.0), at(0.0, 4.0)]);
        assert_eq!(corners.len(), 4);
        assert!(!corners.contains(&at(2.0, 1.0)));
        assert_eq!(hull(vec![at(1.0, 1.0)]).len(), 1);
    }
}
