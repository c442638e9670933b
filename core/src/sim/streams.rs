//! Which stream of chance serves which purpose: one each, so that a draw for one does not shift another.

use crate::kv::ClientId;
use crate::raft::NodeId;
use crate::rng::Rng;

/// What chance decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// How long a message travels.
    Latency,
    /// Whether it is lost, and where.
    Loss,
    /// Whether it arrives twice.
    Duplication,
    /// How long a sync takes.
    Disk,
    /// A node's election timeouts.
    Election,
    /// What a client does.
    Client,
    /// Where timers are moved.
    Timers,
    /// Which writes survive a crash though they were not synced.
    Survival,
}

/// The stream for messages between servers in one direction.
pub(super) fn link(seed: u64, purpose: Purpose, from: NodeId, to: NodeId) -> Rng {
    stream(seed, purpose, u64::from(from.0) << 16 | u64::from(to.0))
}

/// The stream for one server; `boot` counts its starts, where each start has a stream of its own.
pub(super) fn node(seed: u64, purpose: Purpose, id: NodeId, boot: u64) -> Rng {
    stream(seed, purpose, u64::from(id.0) << 32 | boot)
}

/// The stream for one client. It depends on the name alone, not on when the client came.
pub(super) fn client(seed: u64, purpose: Purpose, id: &ClientId) -> Rng {
    // FNV-1a, 64 bits.
    let hash = id.0.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    stream(seed, purpose, hash)
}

/// The stream for the world as a whole.
pub(super) fn world(seed: u64, purpose: Purpose) -> Rng {
    stream(seed, purpose, u64::MAX)
}

fn stream(seed: u64, purpose: Purpose, number: u64) -> Rng {
    let of_purpose = Rng::stream(seed, purpose as u64).next_u64();
    Rng::stream(of_purpose, number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_purpose_link_node_boot_and_client_draws_by_itself() {
        let mut first_draws: Vec<u64> = [
            link(1, Purpose::Latency, NodeId(0), NodeId(1)),
            link(1, Purpose::Latency, NodeId(1), NodeId(0)),
            link(1, Purpose::Loss, NodeId(0), NodeId(1)),
            link(2, Purpose::Latency, NodeId(0), NodeId(1)),
            node(1, Purpose::Election, NodeId(0), 0),
            node(1, Purpose::Election, NodeId(0), 1),
            node(1, Purpose::Election, NodeId(1), 0),
            client(1, Purpose::Client, &ClientId::new("c1")),
            client(1, Purpose::Client, &ClientId::new("c2")),
            client(1, Purpose::Latency, &ClientId::new("c1")),
            world(1, Purpose::Timers),
        ]
        .iter_mut()
        .map(Rng::next_u64)
        .collect();
        let count = first_draws.len();
        first_draws.sort_unstable();
        first_draws.dedup();
        assert_eq!(first_draws.len(), count);
    }
}
