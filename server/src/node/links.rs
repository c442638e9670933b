//! Faults of the network, made on purpose: what `/v1/chaos` does to the links of this node.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use mini_raft_core::raft::NodeId;
use serde::Deserialize;

/// Which way a link is cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Both ways.
    #[default]
    Both,
    /// What the peer says does not come in.
    In,
    /// What this node says does not go out.
    Out,
}

/// What is wrong with a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkFault {
    /// Nothing.
    None,
    /// Messages are lost.
    Cut(Direction),
    /// Messages go out so much later.
    Delay(Duration),
}

/// The faults of all links of this node. Clones are the same links.
#[derive(Clone, Debug, Default)]
pub struct Links {
    any: Arc<AtomicBool>,
    faults: Arc<RwLock<BTreeMap<NodeId, LinkFault>>>,
}

impl Links {
    /// From now on the links to these peers are so.
    pub fn set(&self, peers: &[NodeId], fault: LinkFault) {
        let mut faults = self.faults.write().unwrap_or_else(PoisonError::into_inner);
        for peer in peers {
            match fault {
                LinkFault::None => faults.remove(peer),
                fault => faults.insert(*peer, fault),
            };
        }
        self.any.store(!faults.is_empty(), Ordering::Release);
    }

    /// Whether what this peer says is lost.
    pub fn loses_from(&self, peer: NodeId) -> bool {
        matches!(self.of(peer), LinkFault::Cut(Direction::Both | Direction::In))
    }

    /// What happens to what is said to this peer.
    pub(super) fn to(&self, peer: NodeId) -> Passage {
        match self.of(peer) {
            LinkFault::Cut(Direction::Both | Direction::Out) => Passage::Lost,
            LinkFault::Delay(delay) => Passage::After(delay),
            LinkFault::None | LinkFault::Cut(Direction::In) => Passage::Now,
        }
    }

    fn of(&self, peer: NodeId) -> LinkFault {
        if !self.any.load(Ordering::Acquire) {
            return LinkFault::None;
        }
        let faults = self.faults.read().unwrap_or_else(PoisonError::into_inner);
        faults.get(&peer).copied().unwrap_or(LinkFault::None)
    }
}

/// What happens to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passage {
    Now,
    After(Duration),
    Lost,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_cut_one_way_or_both_and_heals() {
        let (links, peer) = (Links::default(), NodeId(3));
        assert_eq!((links.loses_from(peer), links.to(peer)), (false, Passage::Now));
        links.set(&[peer], LinkFault::Cut(Direction::Out));
        assert_eq!((links.loses_from(peer), links.to(peer)), (false, Passage::Lost));
        links.set(&[peer], LinkFault::Cut(Direction::In));
        assert_eq!((links.loses_from(peer), links.to(peer)), (true, Passage::Now));
        links.set(&[peer], LinkFault::Cut(Direction::Both));
        assert_eq!((links.loses_from(peer), links.to(peer)), (true, Passage::Lost));
        assert_eq!(links.to(NodeId(4)), Passage::Now, "another peer's link is as it was");
        links.set(&[peer], LinkFault::None);
        assert_eq!((links.loses_from(peer), links.to(peer)), (false, Passage::Now));
    }
}
