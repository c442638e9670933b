//! Where there is no leader: whether one can be elected, and what stands in the way.

use mini_raft_core::raft::{Node, NodeId, RoleName, Switchable};
use mini_raft_core::sim::{Machine, Status, World};

/// The node that has the best prospect of being elected, and what it can count on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prospect {
    /// Voters that hear it and that it hears, itself among them.
    pub reaches: Vec<NodeId>,
    /// How many are a majority.
    pub needed: usize,
    /// How many voters there are.
    pub voters: usize,
    /// Whether it can win an election, as long as nothing changes.
    pub can_win: bool,
}

/// The best prospect that a running node has; `None` while none runs.
pub fn best_prospect(world: &World) -> Option<Prospect> {
    running(world)
        .map(|node| prospect(world, node))
        .max_by_key(|prospect| (prospect.can_win, prospect.reaches.len()))
}

/// Whether some node can win an election, as long as nothing changes.
pub fn can_elect(world: &World) -> bool {
    best_prospect(world).is_some_and(|prospect| prospect.can_win)
}

/// The nodes that ask for votes, or whether they would get them.
pub fn candidates(world: &World) -> impl Iterator<Item = &Node<Switchable>> {
    running(world).filter(|node| matches!(node.role(), RoleName::Candidate | RoleName::PreCandidate))
}

/// The nodes whose process runs and does not stand still.
fn running(world: &World) -> impl Iterator<Item = &Node<Switchable>> {
    let machines = world.machines().iter();
    machines.filter(|machine| machine.status() == Status::Running).filter_map(Machine::node)
}

fn prospect(world: &World, node: &Node<Switchable>) -> Prospect {
    let whole = |from, to| world.network().link(from, to).is_none_or(|link| !link.cut);
    let runs = |id| world.machine(id).is_some_and(|machine| machine.status() == Status::Running);
    let reaches = |id| id == node.id() || (runs(id) && whole(node.id(), id) && whole(id, node.id()));
    let configuration = node.configuration();
    Prospect {
        reaches: configuration
            .members()
            .into_iter()
            .filter(|id| configuration.is_voter(*id) && reaches(*id))
            .collect(),
        needed: configuration.quorum(),
        voters: configuration.voters().len(),
        can_win: configuration.is_voter(node.id()) && configuration.decides(0, reaches),
    }
}
