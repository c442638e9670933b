//! Where the columns of the log strip stand, in CSS pixels.

/// From one column to the next.
pub const COLUMN_PX: f64 = 88.0;
/// The space between two cells.
pub const GAP_PX: f64 = 8.0;
/// The nodes' names, at the left of all columns.
pub const NAME_PX: f64 = 72.0;
/// Room between the names and the first column, for the mark of what matches.
pub const START_PX: f64 = 12.0;
/// The block that stands for a snapshot, where there is one.
pub const SNAPSHOT_PX: f64 = 104.0;
/// Room after the last column, for the mark of what comes next.
const TAIL_PX: f64 = 28.0;

/// The columns of all logs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Axis {
    /// Where they start.
    pub start: AxisStart,
    /// The last index of any log; the one before the first column if all are empty.
    pub last: u64,
}

/// Where the columns start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AxisStart {
    /// The index of the first column: the first entry that is not yet in a snapshot on every node.
    pub origin: u64,
    /// Whether there is a block for snapshots before it.
    pub has_snapshot: bool,
}

impl AxisStart {
    /// The left edge of the first column.
    pub fn px(self) -> f64 {
        NAME_PX + START_PX + if self.has_snapshot { SNAPSHOT_PX } else { 0.0 }
    }

    /// The left edge of this column; of those before the first one, that of the first.
    pub fn left_px(self, index: u64) -> f64 {
        self.px() + index.saturating_sub(self.origin) as f64 * COLUMN_PX
    }

    /// The width of the block of a snapshot that stands for all up to `last_included`.
    pub fn snapshot_px(self, last_included: u64) -> f64 {
        self.left_px(last_included + 1) - NAME_PX - START_PX - GAP_PX
    }
}

impl Axis {
    /// The width of all columns together.
    pub fn width_px(self) -> f64 {
        self.start.left_px(self.last + 1) + TAIL_PX
    }

    /// The first column that is seen beside the names when all is scrolled so far.
    pub fn first_seen(self, scrolled_px: f64) -> u64 {
        let columns = (scrolled_px + NAME_PX - self.start.px()) / COLUMN_PX;
        self.start.origin + columns.max(0.0) as u64
    }

    /// How many columns are seen, partly seen ones included.
    pub fn columns_seen(self, seen_px: f64) -> u64 {
        ((seen_px - NAME_PX).max(0.0) / COLUMN_PX).ceil() as u64 + 1
    }

    /// Whether the last column is seen.
    pub fn end_is_seen(self, scrolled_px: f64, seen_px: f64) -> bool {
        scrolled_px + seen_px >= self.width_px() - COLUMN_PX / 4.0
    }

    /// How far to scroll so that this column is seen, starting from `scrolled_px`.
    pub fn scroll_to(self, index: u64, scrolled_px: f64, seen_px: f64) -> f64 {
        let left = self.start.left_px(index);
        let leftmost = left - NAME_PX - START_PX;
        let rightmost = left + COLUMN_PX - seen_px;
        scrolled_px.min(leftmost).max(rightmost).max(0.0)
    }

    /// How far the columns moved to the left since `before`: what is seen stays in its place if this is scrolled less.
    pub fn moved_px(self, before: Axis) -> f64 {
        let index = self.start.origin.max(before.start.origin);
        before.start.left_px(index) - self.start.left_px(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(origin: u64, has_snapshot: bool, last: u64) -> Axis {
        Axis { start: AxisStart { origin, has_snapshot }, last }
    }

    #[test]
    fn columns_follow_each_other_after_names_and_snapshot() {
        let axis = axis(9, true, 14);
        assert_eq!(axis.start.left_px(9), NAME_PX + START_PX + SNAPSHOT_PX);
        assert_eq!(axis.start.left_px(11) - axis.start.left_px(10), COLUMN_PX);
        assert_eq!(axis.start.left_px(3), axis.start.left_px(9), "what is compacted has no column");
        assert_eq!(axis.start.snapshot_px(8), SNAPSHOT_PX - GAP_PX);
        assert_eq!(axis.start.snapshot_px(10), SNAPSHOT_PX - GAP_PX + 2.0 * COLUMN_PX);
    }

    /// What is scrolled to is what is seen, for every column.
    #[test]
    fn the_first_seen_column_is_the_one_beside_the_names() {
        let axis = axis(1, false, 10_000);
        for index in [1, 2, 500, 9_999] {
            let scrolled = axis.start.left_px(index) - NAME_PX;
            assert_eq!(axis.first_seen(scrolled), index);
            assert_eq!(axis.first_seen(scrolled + COLUMN_PX - 1.0), index);
        }
        assert_eq!(axis.columns_seen(NAME_PX + 10.0 * COLUMN_PX), 11);
        assert_eq!(axis.columns_seen(0.0), 1, "nothing is seen of a strip that is hidden");
    }

    #[test]
    fn the_end_is_seen_only_when_scrolled_there() {
        let axis = axis(1, false, 100);
        assert!(axis.end_is_seen(axis.width_px() - 800.0, 800.0));
        assert!(!axis.end_is_seen(axis.width_px() - 800.0 - COLUMN_PX, 800.0));
        assert!(super::Axis { last: 3, ..axis }.end_is_seen(0.0, 800.0), "a short log is seen whole");
    }

    #[test]
    fn scrolling_to_a_column_moves_no_more_than_it_must() {
        let axis = axis(1, false, 100);
        let seen = NAME_PX + 5.0 * COLUMN_PX;
        let scrolled = axis.start.left_px(50) - NAME_PX;
        assert_eq!(axis.scroll_to(52, scrolled, seen), scrolled);
        assert!(axis.scroll_to(40, scrolled, seen) < scrolled);
        assert!(axis.scroll_to(60, scrolled, seen) > scrolled);
        assert_eq!(axis.scroll_to(1, scrolled, seen), 0.0);
    }

    #[test]
    fn a_snapshot_moves_the_columns() {
        assert_eq!(axis(11, true, 20).moved_px(axis(1, false, 20)), 10.0 * COLUMN_PX - SNAPSHOT_PX);
        assert_eq!(axis(1, false, 21).moved_px(axis(1, false, 20)), 0.0);
    }
}
