//! The work that both cores do, and the check that they did it.

use std::ops::Range;

/// How long a command is, in bytes.
pub const COMMAND_BYTES: usize = 64;
/// How many servers there are.
pub const NODES: usize = 5;

/// Five servers of either core.
pub trait Cluster {
    /// The place of the server that leads.
    fn leader(&self) -> usize;

    /// How many commands this server has applied.
    fn applied(&self, place: usize) -> u64;

    /// Proposes the commands of these numbers, and lets all messages that come of it arrive.
    fn propose(&mut self, numbers: Range<u64>);

    /// Lets the leader send a heartbeat, and all messages that come of it arrive.
    fn heartbeat(&mut self);
}

/// Does the work with a cluster that has done none; returns when all have applied everything.
pub fn run(mut cluster: impl Cluster, load: Load) {
    let mut proposed = 0;
    while (0..NODES).any(|place| cluster.applied(place) < load.entries) {
        let room = load.outstanding - (proposed - cluster.applied(cluster.leader()));
        let last = (proposed + room).min(load.entries);
        if last > proposed {
            cluster.propose(proposed..last);
            proposed = last;
        } else {
            // The followers hear of the last commit with the next heartbeat.
            cluster.heartbeat();
        }
    }
}

/// What is to be done.
#[derive(Clone, Copy)]
pub struct Load {
    /// How many commands every server has to apply.
    pub entries: u64,
    /// How many commands may be proposed and not yet applied by the leader.
    pub outstanding: u64,
}

/// The command of this number.
pub fn command(number: u64) -> [u8; COMMAND_BYTES] {
    let mut bytes = [0; COMMAND_BYTES];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    bytes
}

/// A state machine that only sees that the commands come whole, once, and in order.
#[derive(Clone, Copy, Default)]
pub struct Applied(pub u64);

impl Applied {
    /// Applies the next command.
    pub fn apply(&mut self, bytes: &[u8]) {
        assert_eq!(bytes, command(self.0), "command {} is applied in its turn", self.0);
        self.0 += 1;
    }
}
