//! The logs, side by side: a row for each node, a column for each index, and only the columns in view.

use std::sync::Arc;

use mini_raft_core::raft::{EntryId, Index, Log, Node, NodeId, RoleName, Switchable};
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
    /// Its entries are committed up to here: some node knows that, though perhaps not this one.
    pub committed: u64,
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
    /// On stable storage here, and not known to be committed anywhere.
    Appended,
    /// On stable storage here and committed, and not applied here yet: this node has not heard of the commit, or is
    /// down.
    Committed,
    /// Applied to the state machine of this node.
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
        } else if index > self.durable {
            CellState::Unsynced
        } else if index <= self.committed {
            CellState::Committed
        } else {
            CellState::Appended
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
    let mut rows: Vec<LogRow> =
        world.machines().iter().map(|machine| row_without_cells(world, machine)).collect();
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

fn row_without_cells(world: &World, machine: &Machine) -> LogRow {
    let log = log_of(machine);
    let (last, node) = (log.last().index.0, machine.node());
    LogRow {
        node: machine.id().0,
        up: node.is_some(),
        snapshot: log.snapshot_id().index.0,
        last,
        reach: Reach {
            durable: node.map_or(last, |node| node.durable_index().0),
            committed: committed_up_to(world, log).0,
            applied: node.map_or(0, |node| node.last_applied().0),
        },
        ..LogRow::default()
    }
}

/// Whether this very entry is committed, as some running node knows.
pub(super) fn is_committed(world: &World, id: EntryId) -> bool {
    running(world).any(|node| node.commit_index() >= id.index && node.log().holds(id))
}

/// The last entry of this log that is committed, as some running node knows.
pub(super) fn committed_up_to(world: &World, log: &Log) -> Index {
    let known = running(world).map(Node::commit_index).max().unwrap_or(Index::ZERO);
    let (first, last) = (log.snapshot_id().index.0, log.last().index.min(known).0);
    let is_committed = |index: &Index| {
        log.term_at(*index).is_some_and(|term| is_committed(world, EntryId { term, index: *index }))
    };
    // Only what a leader without votes had sent on is not: so this ends soon.
    (first..=last).rev().map(Index).find(is_committed).unwrap_or(Index::ZERO)
}

/// The nodes that are not down.
pub(super) fn running(world: &World) -> impl Iterator<Item = &Node<Switchable>> {
    world.machines().iter().filter_map(Machine::node)
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

#[cfg(test)]
mod tests {
    use mini_raft_core::sim::{Command, Target};

    use super::*;
    use crate::model::sample::Sample;

    fn states(row: &LogRow) -> Vec<CellState> {
        row.cells.iter().map(|cell| row.reach.state_of(cell.index)).collect()
    }

    fn row(view: &LogView, node: NodeId) -> &LogRow {
        view.rows.iter().find(|row| row.node == node.0).expect("every node has a row")
    }

    /// The states that an entry goes through on this node.
    fn states_of(label: &str, sample: &mut Sample, node: NodeId) -> Vec<CellState> {
        let mut seen = Vec::new();
        for _ in 0..2_000 {
            let view = log_view_of(sample.world(), None, None, 10);
            let row = row(&view, node);
            let cell = row.cells.iter().find(|cell| cell.label.as_ref() == label);
            let state = cell.map(|cell| row.reach.state_of(cell.index));
            if state.is_some() && seen.last() != state.as_ref() {
                seen.extend(state);
            }
            sample.step();
        }
        seen
    }

    /// An entry is in memory, then on disk, then committed, then applied; each state comes once, in this order. A
    /// leader applies in the step in which it commits; the others hear of the commit later, and until then the entry
    /// is committed there and not applied.
    #[test]
    fn an_entry_goes_through_its_states_in_order() {
        use CellState::{Appended, Applied, Committed, Unsynced};
        let (mut sample, leader) = Sample::with_leader();
        sample.set("city", "Oslo");
        assert_eq!(states_of("city=Oslo", &mut sample, leader), [Unsynced, Appended, Applied]);
        let followers = (0..5).map(NodeId).filter(|node| *node != leader);
        for (follower, label) in followers.zip(["n=1", "n=2", "n=3", "n=4"]) {
            sample.set("n", &label[2..]);
            let states = states_of(label, &mut sample, follower);
            assert!(states.is_sorted() && states.ends_with(&[Committed, Applied]), "{follower}: {states:?}");
        }
    }

    #[test]
    fn only_columns_in_view_and_some_beside_them_are_built() {
        let (mut sample, leader) = Sample::with_leader();
        for number in 0..120 {
            sample.set("n", &number.to_string());
            sample.run_for(60);
        }
        let last = log_view_of(sample.world(), None, None, 10).axis.last;
        assert!(last > 100, "{last}");
        let tail = log_view_of(sample.world(), None, None, 10);
        let indexes: Vec<u64> = row(&tail, leader).cells.iter().map(|cell| cell.index).collect();
        assert_eq!(indexes, (last - 9 - OVERSCAN..=last).collect::<Vec<_>>());
        let middle = log_view_of(sample.world(), None, Some(50), 10);
        let indexes: Vec<u64> = row(&middle, leader).cells.iter().map(|cell| cell.index).collect();
        assert_eq!(indexes, (50 - OVERSCAN..60 + OVERSCAN).collect::<Vec<_>>());
        assert_eq!(middle.built, (50 - OVERSCAN, 59 + OVERSCAN));
    }

    /// What is on the disk of a crashed node and committed is safe, and not applied there: what it had applied is gone.
    #[test]
    fn a_crashed_node_shows_its_disk_and_what_of_it_is_committed() {
        let (mut sample, leader) = Sample::with_leader();
        sample.set("city", "Oslo");
        sample.run_for(300);
        let follower =
            sample.world().machines().iter().map(Machine::id).find(|id| *id != leader).expect("others");
        sample.command(Command::Crash { node: Target::Node(follower) });
        let view = log_view_of(sample.world(), None, None, 10);
        let down = row(&view, follower);
        assert!(!down.up);
        assert_eq!(states(down), [CellState::Committed; 2]);
        assert_eq!(states(row(&view, leader)), [CellState::Applied; 2]);
    }

    /// An entry of a leader that was cut off stays uncommitted, though another one is committed at its index.
    #[test]
    fn another_entry_at_a_committed_index_is_not_committed() {
        let (mut sample, old) = Sample::with_leader();
        for other in (0..5).map(NodeId).filter(|other| *other != old) {
            sample.command(Command::Cut { from: Target::Node(old), to: Target::Node(other), both: true });
        }
        sample.set("city", "Oslo");
        sample.run_until(|world| world.leader().is_some_and(|leader| leader != old));
        sample.set("city", "Bergen");
        sample.run_for(300);
        let view = log_view_of(sample.world(), None, None, 10);
        assert_eq!(states(row(&view, old)), [CellState::Applied, CellState::Appended]);
        let leader = NodeId(view.leader.expect("one leads"));
        assert_eq!(states(row(&view, leader))[..2], [CellState::Applied; 2]);
    }

    #[test]
    fn the_leader_knows_the_others_and_not_itself() {
        let (sample, leader) = Sample::with_leader();
        let view = log_view_of(sample.world(), None, None, 10);
        assert_eq!(view.leader, Some(leader.0));
        for row in &view.rows {
            assert_eq!(row.progress.is_none(), row.node == leader.0);
        }
        let progress = view.rows.iter().filter_map(|row| row.progress);
        assert!(progress.clone().count() == 4);
        for LogProgress { next_index, match_index } in progress {
            assert_eq!((match_index, next_index), (1, 2), "all hold the leader's first entry");
        }
    }

    #[test]
    fn a_snapshot_moves_the_first_column_when_every_node_has_one() {
        let (mut sample, _) = Sample::with_leader();
        sample.set("city", "Oslo");
        sample.run_for(300);
        assert_eq!(log_view_of(sample.world(), None, None, 10).axis.start.origin, 1);
        for node in 0..5 {
            sample.command(Command::Snapshot { node: Target::Node(NodeId(node)) });
        }
        sample.set("city", "Bergen");
        sample.run_for(300);
        let view = log_view_of(sample.world(), None, None, 10);
        assert_eq!(view.axis.start, AxisStart { origin: 3, has_snapshot: true });
        assert_eq!(view.axis.last, 3);
        assert_eq!(view.rows.iter().map(|row| row.snapshot).collect::<Vec<_>>(), [2; 5]);
    }
}
