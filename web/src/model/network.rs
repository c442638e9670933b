//! The network's settings.

use mini_raft_core::raft::NodeId;
use mini_raft_core::sim::{Status, World};

use crate::session::Session;

/// The network's settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NetworkView {
    /// The range of the latency, in milliseconds.
    pub latency_ms: (f64, f64),
    /// The probability that a message is lost, 0 to 1.
    pub loss: f64,
    /// The probability that a message arrives twice, 0 to 1.
    pub duplicate: f64,
    /// How many links have settings of their own.
    pub special_links: u64,
    /// How many directions of links are cut.
    pub cut_links: u64,
    /// The nodes, in their order.
    pub nodes: Vec<NetworkNode>,
}

/// A node, as the network sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkNode {
    /// The node.
    pub node: u32,
    /// Whether it runs.
    pub up: bool,
    /// Whether all its links are cut, in both directions.
    pub isolated: bool,
}

/// Builds the view of what the session shows.
pub fn network_view(session: &Session) -> NetworkView {
    network_view_of(session.world())
}

/// The network of a world.
pub fn network_view_of(world: &World) -> NetworkView {
    let network = world.network();
    let default = network.default_setup();
    let is_special = |link: &mini_raft_core::sim::Link| {
        link.latency != default.latency || link.loss != default.loss || link.duplicate != default.duplicate
    };
    let isolated = |id: NodeId| {
        let mut own = network.links().filter(|(from, to, _)| *from == id || *to == id).peekable();
        own.peek().is_some() && own.all(|(_, _, link)| link.cut)
    };
    NetworkView {
        latency_ms: (default.latency.0.as_millis_f64(), default.latency.1.as_millis_f64()),
        loss: default.loss,
        duplicate: default.duplicate,
        special_links: network.links().filter(|(_, _, link)| is_special(link)).count() as u64,
        cut_links: network.links().filter(|(_, _, link)| link.cut).count() as u64,
        nodes: world
            .machines()
            .iter()
            .map(|machine| NetworkNode {
                node: machine.id().0,
                up: machine.status() != Status::Crashed,
                isolated: isolated(machine.id()),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use mini_raft_core::sim::command::NetworkChange;
    use mini_raft_core::sim::{Command, Target};

    use super::*;
    use crate::model::sample::Sample;

    #[test]
    fn an_isolated_node_is_one_whose_links_are_all_cut() {
        let (mut sample, leader) = Sample::with_leader();
        for other in (0..5).map(NodeId).filter(|id| *id != leader) {
            assert!(!network_view_of(sample.world()).nodes[leader.0 as usize].isolated);
            sample.command(Command::Cut { from: Target::Node(other), to: Target::Node(leader), both: true });
        }
        let view = network_view_of(sample.world());
        assert_eq!(view.cut_links, 8);
        let isolated: Vec<u32> =
            view.nodes.iter().filter(|node| node.isolated).map(|node| node.node).collect();
        assert_eq!(isolated, [leader.0]);
    }

    #[test]
    fn a_link_with_settings_of_its_own_is_counted() {
        let (mut sample, _) = Sample::with_leader();
        let change = NetworkChange { loss: Some(0.5), ..NetworkChange::default() };
        let (from, to) = (Some(Target::Node(NodeId(0))), Some(Target::Node(NodeId(1))));
        sample.command(Command::Network { from, to, change });
        let view = network_view_of(sample.world());
        assert_eq!((view.special_links, view.loss, view.latency_ms), (1, 0.0, (5.0, 15.0)));
    }
}
