//! Everything that a person or a scenario can do to a world: `do` of the scenario form.

use crate::kv::{ClientId, Op};
use crate::raft::NodeId;
use crate::time::Micros;

/// A node, by its name or by its role at that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// This one.
    Node(NodeId),
    /// The leader with the highest term; the lowest id among equals.
    Leader,
    /// The running follower with the lowest id.
    Follower,
    /// The running candidate or pre-candidate with the lowest id.
    Candidate,
}

/// One step of a scenario.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// The process ends: volatile state and unsynced writes are lost.
    Crash {
        /// Which node.
        node: Target,
    },
    /// A crashed node starts again from what its disk holds.
    Restart {
        /// Which node.
        node: Target,
    },
    /// A crashed node loses its disk.
    Wipe {
        /// Which node.
        node: Target,
    },
    /// The process stops running and loses nothing; its messages wait.
    Pause {
        /// Which node.
        node: Target,
    },
    /// It goes on.
    Resume {
        /// Which node.
        node: Target,
    },
    /// The link drops everything in this direction.
    Cut {
        /// The sender.
        from: Target,
        /// The receiver.
        to: Target,
        /// The other direction too.
        both: bool,
    },
    /// A cut link works again.
    Heal {
        /// Which link; `None` heals all.
        link: Option<LinkTargets>,
    },
    /// Every link between nodes of different groups is cut, and links within a group are healed. A node in no
    /// group is a group by itself.
    Partition {
        /// The groups.
        groups: Vec<Vec<Target>>,
    },
    /// The network, or one link, changes from now on; fields that are `None` stay.
    Network {
        /// The sender's end; `None` = any.
        from: Option<Target>,
        /// The receiver's end; `None` = any.
        to: Option<Target>,
        /// What changes.
        change: NetworkChange,
    },
    /// One node's disk changes from now on.
    Disk {
        /// Which node.
        node: Target,
        /// The new range of sync times.
        sync: Option<(Micros, Micros)>,
        /// Whether the next write to it fails; a process whose write fails ends.
        fails: bool,
    },
    /// A node's clock runs at this rate from now on.
    Clock {
        /// Which node.
        node: Target,
        /// 1.0 = true time; above 0.
        rate: f64,
    },
    /// A node's election timer runs out now.
    Timeout {
        /// Which node.
        node: Target,
    },
    /// All running election timers move apart, or together.
    Timers {
        /// How.
        how: TimerMove,
    },
    /// A client sends a request, and retries it as a real one would.
    Request {
        /// The client; made if there is none of that name.
        client: ClientId,
        /// The operation.
        op: Op,
        /// Where it is sent first.
        to: Target,
    },
    /// The leader hands leadership over.
    Transfer {
        /// To whom.
        to: Target,
    },
    /// The cluster changes, by joint consensus. A node that is not there yet is made, and waits to be added; new nodes
    /// are numbered in order.
    Members {
        /// Become voters.
        add: Vec<Target>,
        /// Leave the cluster; their processes go on.
        remove: Vec<Target>,
        /// Get the log but do not count.
        learners: Vec<Target>,
    },
    /// A node takes a snapshot and compacts its log now.
    Snapshot {
        /// Which node.
        node: Target,
    },
    /// The next messages under way that match are lost.
    Drop(MessageFilter),
    /// The next messages under way that match are kept back until they are released.
    Hold(MessageFilter),
    /// Messages that were kept back go on.
    Release(MessageFilter),
    /// The next messages under way that match arrive twice.
    Duplicate(MessageFilter),
}

/// The two ends of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkTargets {
    /// The sender.
    pub from: Target,
    /// The receiver.
    pub to: Target,
    /// The other direction too.
    pub both: bool,
}

/// New values of the network; `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NetworkChange {
    /// See [`super::NetworkSetup::latency`].
    pub latency: Option<(Micros, Micros)>,
    /// See [`super::NetworkSetup::loss`].
    pub loss: Option<f64>,
    /// See [`super::NetworkSetup::duplicate`].
    pub duplicate: Option<f64>,
}

/// How all election timers move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimerMove {
    /// Far apart, so that a split vote is unlikely.
    Spread,
    /// To the same moment, so that a split vote is likely.
    Align,
}

/// Which messages; `None` matches any.
///
/// It acts on messages under way, the oldest first, and, if they are fewer than `count`, on the next that are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageFilter {
    /// The kind, as in the trace: `append-entries`, ….
    pub kind: Option<super::event::MessageKind>,
    /// The sender.
    pub from: Option<Target>,
    /// The receiver.
    pub to: Option<Target>,
    /// How many.
    pub count: u32,
    /// Exactly this message (its id); for a person who points at one.
    pub id: Option<u64>,
}

impl Command {
    /// The nodes that it names.
    pub fn targets(&self) -> Vec<Target> {
        match self {
            Command::Crash { node }
            | Command::Restart { node }
            | Command::Wipe { node }
            | Command::Pause { node }
            | Command::Resume { node }
            | Command::Disk { node, .. }
            | Command::Clock { node, .. }
            | Command::Timeout { node }
            | Command::Snapshot { node } => vec![*node],
            Command::Cut { from, to, .. } => vec![*from, *to],
            Command::Heal { link } => link.iter().flat_map(|link| [link.from, link.to]).collect(),
            Command::Partition { groups } => groups.concat(),
            Command::Network { from, to, .. } => from.iter().chain(to).copied().collect(),
            Command::Timers { .. } => Vec::new(),
            Command::Request { to, .. } | Command::Transfer { to } => vec![*to],
            Command::Members { add, remove, learners } => [&add[..], remove, learners].concat(),
            Command::Drop(filter)
            | Command::Hold(filter)
            | Command::Release(filter)
            | Command::Duplicate(filter) => filter.from.iter().chain(&filter.to).copied().collect(),
        }
    }
}
