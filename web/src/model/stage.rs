//! The ring: nodes, the lanes between them, clients, and the boundaries of a partition.

use mini_raft_core::raft::RoleName;
use mini_raft_core::sim::{Machine, Status, World};

use super::geometry::Geometry;
use super::hue;
use crate::session::Session;
use crate::text::number::fill;
use crate::wish::Selection;

/// What the stage shows, but for what moves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StageView {
    /// Where everything stands.
    pub geometry: Geometry,
    /// The nodes, by number.
    pub nodes: Vec<NodeView>,
    /// Each direction of each link, by sender, then receiver.
    pub lanes: Vec<LaneView>,
    /// The clients, in the order of their places.
    pub clients: Vec<ClientView>,
    /// Where a partition runs: a path around each group, as the `d` of an SVG path; empty while all are connected.
    pub boundaries: Vec<String>,
    /// Whether any link is cut.
    pub any_cut: bool,
}

/// What a node is doing, as the stage shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RoleView {
    /// Answers requests.
    #[default]
    Follower,
    /// Asks whether it could win an election.
    PreCandidate,
    /// Asks for votes.
    Candidate,
    /// Replicates its log.
    Leader,
    /// Crashed.
    Down,
    /// Stands still.
    Paused,
}

/// A node on the stage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeView {
    /// Its number.
    pub node: u32,
    /// What it is doing.
    pub role: RoleView,
    /// Its current term; of a crashed node, the term on its disk.
    pub term: u64,
    /// Its commit index; 0 for a crashed node, which has forgotten it.
    pub commit_index: u64,
    /// The last index of its log; of a crashed node, of the log on its disk.
    pub last_index: u64,
    /// The votes of the election that it runs, one for each voter.
    pub votes: Vec<Vote>,
    /// Whether something waits for its disk.
    pub waits_for_disk: bool,
    /// Whether its election timer runs.
    pub has_timer: bool,
    /// Whether it is selected.
    pub selected: bool,
}

/// A voter's answer, as a candidate sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vote {
    /// Yes.
    Granted,
    /// No.
    Denied,
    /// Not answered yet.
    Open,
}

/// One direction of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneView {
    /// The sender.
    pub from: u32,
    /// The receiver.
    pub to: u32,
    /// Whether it is cut.
    pub cut: bool,
    /// Whether it is selected.
    pub selected: bool,
}

/// A client.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientView {
    /// Its name.
    pub name: String,
    /// The node that it waits for, if it does.
    pub waits_for: Option<u32>,
}

impl RoleView {
    /// The name in `data-role`.
    pub fn name(self) -> &'static str {
        match self {
            RoleView::Follower => "follower",
            RoleView::PreCandidate => "pre-candidate",
            RoleView::Candidate => "candidate",
            RoleView::Leader => "leader",
            RoleView::Down => "down",
            RoleView::Paused => "paused",
        }
    }

    /// The word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            RoleView::Down => "crashed",
            _ => self.name(),
        }
    }
}

impl From<RoleName> for RoleView {
    fn from(role: RoleName) -> RoleView {
        match role {
            RoleName::Follower => RoleView::Follower,
            RoleName::PreCandidate => RoleView::PreCandidate,
            RoleName::Candidate => RoleView::Candidate,
            RoleName::Leader => RoleView::Leader,
        }
    }
}

impl NodeView {
    /// The hue of its term; none before the first.
    pub fn hue(&self) -> Option<u8> {
        hue(self.term)
    }

    /// What a screen reader calls it, such as `node-0, leader, term 3`.
    pub fn label(&self) -> String {
        format!("node-{}, {}, term {}", self.node, self.role.word(), self.term)
    }
}

/// Builds the view.
pub fn stage_view(session: &Session) -> StageView {
    let world = session.world();
    let geometry = *session.geometry();
    let selection = session.selection();
    let lanes: Vec<LaneView> = world
        .network()
        .links()
        .map(|(from, to, link)| LaneView {
            from: from.0,
            to: to.0,
            cut: link.cut,
            selected: selection == Selection::Link { from: from.0, to: to.0 },
        })
        .collect();
    StageView {
        nodes: world
            .machines()
            .iter()
            .map(|machine| node_view(machine, selection == Selection::Node(machine.id().0)))
            .collect(),
        clients: clients(world),
        boundaries: boundaries(&geometry, &lanes),
        any_cut: lanes.iter().any(|lane| lane.cut),
        lanes,
        geometry,
    }
}

fn node_view(machine: &Machine, selected: bool) -> NodeView {
    let number = machine.id().0;
    let Some(node) = machine.node() else {
        let disk = machine.disk();
        return NodeView {
            node: number,
            role: RoleView::Down,
            term: disk.hard_state().current_term.0,
            last_index: disk.log().last().index.0,
            selected,
            ..NodeView::default()
        };
    };
    let paused = machine.status() == Status::Paused;
    let campaigns = matches!(node.role(), RoleName::Candidate | RoleName::PreCandidate);
    let voters = node.configuration().voters();
    let vote_of = |voter| {
        if node.votes_granted().any(|granted| granted == voter) {
            Vote::Granted
        } else if node.votes_denied().any(|denied| denied == voter) {
            Vote::Denied
        } else {
            Vote::Open
        }
    };
    NodeView {
        node: number,
        role: if paused { RoleView::Paused } else { node.role().into() },
        term: node.current_term().0,
        commit_index: node.commit_index().0,
        last_index: node.log().last().index.0,
        votes: if campaigns && !paused {
            voters.iter().map(|voter| vote_of(*voter)).collect()
        } else {
            Vec::new()
        },
        waits_for_disk: node.waits_for_disk(),
        has_timer: node.election_timer().is_some(),
        selected,
    }
}

fn clients(world: &World) -> Vec<ClientView> {
    world
        .clients()
        .map(|client| ClientView {
            name: client.id().to_string(),
            waits_for: client
                .operation()
                .filter(|operation| operation.awaiting)
                .map(|operation| operation.to.0),
        })
        .collect()
}

/// The path around each group of nodes that can all talk to each other, if there is more than one group.
fn boundaries(geometry: &Geometry, lanes: &[LaneView]) -> Vec<String> {
    let groups = groups(geometry.nodes, lanes);
    if groups.len() < 2 {
        return Vec::new();
    }
    groups.iter().map(|group| path_around(geometry, group)).collect()
}

/// The groups of nodes that are connected in both directions, directly or through others.
fn groups(nodes: u32, lanes: &[LaneView]) -> Vec<Vec<u32>> {
    let whole = |a: u32, b: u32| {
        let works = |from, to| lanes.iter().any(|lane| lane.from == from && lane.to == to && !lane.cut);
        works(a, b) && works(b, a)
    };
    let mut left: Vec<u32> = (0..nodes).collect();
    let mut groups = Vec::new();
    while let Some(first) = left.first().copied() {
        let mut group = vec![first];
        left.remove(0);
        let mut next = 0;
        while next < group.len() {
            let member = group[next];
            let (found, rest) = left.iter().partition(|node| whole(member, **node));
            group.extend::<Vec<u32>>(found);
            left = rest;
            next += 1;
        }
        group.sort_unstable();
        groups.push(group);
    }
    groups
}

/// The nodes of a ring, in their order, are the corners of a convex shape. Where a node of another group stands just
/// outside of it, the line makes room for the boundary of that one.
fn path_around(geometry: &Geometry, group: &[u32]) -> String {
    let others = group.iter().cycle().skip(1);
    let mut ways: Vec<(u32, u32)> = group.iter().copied().zip(others.copied()).collect();
    if let [there, back] = ways[..] {
        // Two nodes need one line, the shorter way round: another one would cut through the room that this one makes.
        let steps = |(from, to)| geometry.steps(from, to);
        ways = vec![if steps(there) <= steps(back) { there } else { back }];
    }
    let first = geometry.node(ways[0].0);
    let mut path = fill("M%1 %1", &[first.x, first.y]);
    for (from, to) in ways {
        let end = geometry.node(to);
        path.push_str(&match geometry.bend(from, to) {
            Some(pull) => fill("Q%1 %1 %1 %1", &[pull.x, pull.y, end.x, end.y]),
            None => fill("L%1 %1", &[end.x, end.y]),
        });
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lanes(nodes: u32, cut: &[(u32, u32)]) -> Vec<LaneView> {
        let pairs = (0..nodes).flat_map(|from| (0..nodes).map(move |to| (from, to)));
        pairs
            .filter(|(from, to)| from != to)
            .map(|(from, to)| LaneView { from, to, cut: cut.contains(&(from, to)), selected: false })
            .collect()
    }

    #[test]
    fn one_cut_lane_divides_nobody() {
        assert_eq!(groups(3, &lanes(3, &[(0, 1)])), vec![vec![0, 1, 2]]);
        assert!(boundaries(&Geometry::default(), &lanes(5, &[(0, 1)])).is_empty());
    }

    #[test]
    fn a_partition_divides_into_its_groups() {
        let cut: Vec<(u32, u32)> = [0, 2]
            .into_iter()
            .flat_map(|a| [1, 3, 4].into_iter().flat_map(move |b| [(a, b), (b, a)]))
            .collect();
        assert_eq!(groups(5, &lanes(5, &cut)), vec![vec![0, 2], vec![1, 3, 4]]);
        assert_eq!(boundaries(&Geometry::default(), &lanes(5, &cut)).len(), 2);
    }

    /// Between a group and the node that stands outside of it there is a gap, all the way.
    #[test]
    fn boundaries_do_not_run_into_each_other() {
        for (width, height) in [(1060.0, 500.0), (650.0, 330.0), (380.0, 370.0)] {
            for nodes in 4..=7 {
                let geometry = Geometry::new(width, height, nodes);
                let alone = geometry.node(nodes - 1);
                let (start, end) = (geometry.node(nodes - 2), geometry.node(0));
                let pull = geometry.bend(nodes - 2, 0).unwrap_or_else(|| start.middle(end));
                for step in 0..=20 {
                    let part = f64::from(step) / 20.0;
                    let (there, back) = (start.towards(pull, part), pull.towards(end, part));
                    let at = there.towards(back, part);
                    let apart = (at.x - alone.x).hypot(at.y - alone.y);
                    assert!(
                        apart > 2.0 * geometry.boundary_radius(),
                        "{nodes} on {width}: {apart} at {part}"
                    );
                }
            }
        }
    }

    /// One direction is not enough to belong together.
    #[test]
    fn a_node_that_only_hears_is_a_group_by_itself() {
        let cut: Vec<(u32, u32)> = (0..4).map(|other| (4, other)).collect();
        assert_eq!(groups(5, &lanes(5, &cut)), vec![vec![0, 1, 2, 3], vec![4]]);
    }

    #[test]
    fn a_label_says_who_what_and_when() {
        let node = NodeView { role: RoleView::Leader, term: 3, ..NodeView::default() };
        assert_eq!(node.label(), "node-0, leader, term 3");
        let down = NodeView { role: RoleView::Down, ..node };
        assert_eq!(down.label(), "node-0, crashed, term 3");
    }
}
