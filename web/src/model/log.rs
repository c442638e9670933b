//! The logs, side by side: a row for each node, a column for each index, and only the columns in view.

use std::sync::Arc;

use mini_raft_core::raft::{Index, Log, NodeId, RoleName};
use mini_raft_core::sim::{Machine, World};

use super::log_axis::{Axis, AxisStart};
use crate::session::Session;
use crate::text;
use crate::wish::Selection;

/// Columns built on either side of those in view, so that a quick scroll finds them there.
const OVERSCAN: u64 = 8;

/// The logs, side by side.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogView {
    /// The columns.
    pub axis: Axis,
    /// The first and the last index of the columns that are built.
    pub built: (u64, u64),
    /// The leader that all rows are compared with: the one that is selected, or else the one of the highest term.
    pub leader: Option<u32>,
    /// The entry that the inspector shows.
    pub selected: Option<(u32, u64)>,
    /// A row for each node.
    pub rows: Vec<LogRow>,
}

/// The log of one node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogRow {
    /// The node.
    pub node: u32,
    /// Whether its process runs; what a crashed one shows is what its disk holds.
    pub up: bool,
    /// The last index that its snapshot stands for; 0 if it has none.
    pub snapshot: u64,
    /// Its last index.
    pub last: u64,
    /// How far it has come.
    pub reach: Reach,
    /// What the leader knows of it, if it is a follower of one.
    pub progress: Option<LogProgress>,
    /// The entries in view.
    pub cells: Vec<LogCell>,
}

/// How far a node has come with its log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// It is on stable storage up to here.
    pub durable: u64,
    /// Its `commit_index`; 0 while it is down: that is not on disk.
    pub commit: u64,
    /// Its `last_applied`; 0 while it is down.
    pub applied: u64,
}

/// What a leader knows of a follower's log (Figure 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogProgress {
    /// The next entry that it will send.
    pub next_index: u64,
    /// Up to here it knows the logs to be the same.
    pub match_index: u64,
}

/// One entry of one log. Its state is not here, since it follows from the row: [`Reach::state_of`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LogCell {
    /// Its place in the log.
    pub index: u64,
    /// The term of the leader that made it.
    pub term: u64,
    /// What it does, in a few characters.
    pub label: Arc<str>,
}

/// How far an entry has come on one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CellState {
    /// In memory only: a crash loses it.
    Unsynced,
    /// On stable storage, and not known to be committed.
    Appended,
    /// Known to be committed: it will never change.
    Committed,
    /// Applied to the state machine.
    Applied,
}

impl CellState {
    /// The name in `data-state`, and what a screen reader says.
    pub fn name(self) -> &'static str {
        match self {
            CellState::Unsynced => "unsynced",
            CellState::Appended => "appended",
            CellState::Committed => "committed",
            CellState::Applied => "applied",
        }
    }
}

impl Reach {
    /// How far the entry at `index` has come.
    pub fn state_of(self, index: u64) -> CellState {
        if index <= self.applied {
            CellState::Applied
        } else if index <= self.commit {
            CellState::Committed
        } else if index <= self.durable {
            CellState::Appended
        } else {
            CellState::Unsynced
        }
    }
}

/// Builds the view of what the session shows.
pub fn log_view(session: &Session) -> LogView {
    let (first, columns) = session.log_window();
    let selection = session.selection();
    let leader = match selection {
        Selection::Node(id) => Some(id),
        _ => None,
    };
    let mut view = log_view_of(session.world(), leader, first, columns);
    if let Selection::Entry { node, index } = selection {
        view.selected = Some((node, index));
    }
    view
}

/// The logs of a world: `columns` columns from `first` on, or the last ones. If the node `seen_by` leads, its
/// knowledge of the others is shown, else that of the current leader.
pub fn log_view_of(world: &World, seen_by: Option<u32>, first: Option<u64>, columns: u64) -> LogView {
    let mut rows: Vec<LogRow> = world.machines().iter().map(row_without_cells).collect();
    let origin = rows.iter().map(|row| row.snapshot + 1).min().unwrap_or(1);
    let last = rows.iter().map(|row| row.last).max().unwrap_or(0);
    let last = last.max(origin - 1);

    let first = first.unwrap_or((last + 1).saturating_sub(columns));
    let from = first.saturating_sub(OVERSCAN).max(origin);
    let to = first.saturating_add(columns).saturating_add(OVERSCAN);
    for (row, machine) in rows.iter_mut().zip(world.machines()) {
        row.cells = cells(machine, from, to);
    }

    let leads = |id: &NodeId| {
        let node = world.machine(*id).and_then(Machine::node);
        node.is_some_and(|node| node.role() == RoleName::Leader)
    };
    let leader = seen_by.map(NodeId).filter(leads).or_else(|| world.leader());
    let known = leader.and_then(|id| world.machine(id)).and_then(Machine::node);
    for (id, progress) in known.iter().flat_map(|node| node.progress()) {
        if let Some(row) = rows.iter_mut().find(|row| row.node == id.0) {
            row.progress =
                Some(LogProgress { next_index: progress.next_index.0, match_index: progress.match_index.0 });
        }
    }
    LogView {
        axis: Axis {
            start: AxisStart { origin, has_snapshot: rows.iter().any(|row| row.snapshot > 0) },
            last,
        },
        built: (from, last.min(to.saturating_sub(1))),
        leader: leader.map(|id| id.0),
        selected: None,
        rows,
    }
}

fn row_without_cells(machine: &Machine) -> LogRow {
    let log = log_of(machine);
    let last = log.last().index.0;
    let row = LogRow {
        node: machine.id().0,
        up: false,
        snapshot: log.snapshot_id().index.0,
        last,
        reach: Reach { durable: last, commit: 0, applied: 0 },
        ..LogRow::default()
    };
    match machine.node() {
        None => row,
        Some(node) => LogRow {
            up: true,
            reach: Reach {
                durable: node.durable_index().0,
                commit: node.commit_index().0,
                applied: node.last_applied().0,
            },
            ..row
        },
    }
}

fn cells(machine: &Machine, from: u64, to: u64) -> Vec<LogCell> {
    log_of(machine)
        .iter_from(Index(from))
        .take_while(|entry| entry.index.0 < to)
        .map(|entry| LogCell {
            index: entry.index.0,
            term: entry.term.0,
            label: text::payload_label(&entry.payload).into(),
        })
        .collect()
}

/// The log in memory; of a crashed machine, the one on its disk.
fn log_of(machine: &Machine) -> &Log {
    machine.node().map_or_else(|| machine.disk().log(), |node| node.log())
}
