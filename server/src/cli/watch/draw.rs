//! Where everything stands on the screen, for any size of it.

use std::time::{SystemTime, UNIX_EPOCH};

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::super::text::harmless;
use super::{Board, panels};

/// From this width on the overview and the metrics stand side by side.
const SIDE_BY_SIDE: u16 = 76;
/// The overview and the metrics, with their borders.
const TOP_HEIGHT: u16 = 9;
/// So many lines of events, with their border, are worth having.
const EVENTS_HEIGHT_MIN: u16 = 4;
/// A curve of this height can be read.
const CURVE_HEIGHT_MIN: u16 = 5;
const CURVE_HEIGHT_MAX: u16 = 10;

pub(super) fn draw(frame: &mut Frame<'_>, board: &Board) {
    let area = frame.area();
    let [title, body, footer] =
        Layout::vertical([Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1)]).areas(area);
    frame.render_widget(title_line(board, title.width), title);
    frame.render_widget(footer_line(board, footer.width), footer);
    let count = board.view.as_ref().map_or(0, |view| view.nodes.len());
    let plan = Plan::of(body, u16::try_from(count).unwrap_or(u16::MAX));
    let mut rest = body;
    if plan.top > 0 {
        draw_top(frame, take(&mut rest, plan.top), board);
    }
    if plan.summary > 0 {
        frame.render_widget(panels::summary(board), take(&mut rest, plan.summary));
    }
    panels::nodes(frame, take(&mut rest, plan.nodes), board);
    if plan.curve > 0 {
        panels::curve(frame, take(&mut rest, plan.curve), board);
    }
    if rest.height >= EVENTS_HEIGHT_MIN {
        panels::events(frame, rest, board);
    }
}

/// How high each part is; what has no room is left out, the least important first.
struct Plan {
    /// Overview and metrics.
    top: u16,
    /// The overview in one line, where there is no room for it.
    summary: u16,
    nodes: u16,
    curve: u16,
}

impl Plan {
    fn of(body: Rect, nodes: u16) -> Plan {
        // A border above and below, and the names of the columns.
        let nodes = nodes.saturating_add(3).min(body.height);
        let top = if body.width >= SIDE_BY_SIDE { TOP_HEIGHT } else { 2 * TOP_HEIGHT };
        let mut left = body.height - nodes;
        if left < top {
            return Plan { top: 0, summary: left.min(1), nodes: nodes.min(body.height), curve: 0 };
        }
        left -= top;
        let curve = left.saturating_sub(EVENTS_HEIGHT_MIN + 2).min(CURVE_HEIGHT_MAX);
        Plan { top, summary: 0, nodes, curve: if curve < CURVE_HEIGHT_MIN { 0 } else { curve } }
    }
}

/// Cuts this many lines off the top of what is left.
fn take(rest: &mut Rect, height: u16) -> Rect {
    let height = height.min(rest.height);
    let taken = Rect { height, ..*rest };
    rest.y += height;
    rest.height -= height;
    taken
}

fn draw_top(frame: &mut Frame<'_>, area: Rect, board: &Board) {
    if area.width >= SIDE_BY_SIDE {
        let [left, right] = Layout::horizontal([Constraint::Length(34), Constraint::Fill(1)]).areas(area);
        panels::overview(frame, left, board);
        panels::metrics(frame, right, board);
    } else {
        let [above, below] =
            Layout::vertical([Constraint::Length(TOP_HEIGHT), Constraint::Fill(1)]).areas(area);
        panels::overview(frame, above, board);
        panels::metrics(frame, below, board);
    }
}

fn title_line(board: &Board, width: u16) -> Paragraph<'static> {
    let title = if board.look.unicode && width >= SIDE_BY_SIDE {
        "🚀 Mini-Raft Cluster Dashboard"
    } else {
        "Mini-Raft Cluster Dashboard"
    };
    let separator = if board.look.unicode { " · " } else { " - " };
    let line = Line::from(vec![
        Span::styled(title, board.look.title()),
        Span::styled(format!("{separator}{}", harmless(&board.name)), board.look.label()),
    ]);
    Paragraph::new(line.centered())
}

fn footer_line(board: &Board, width: u16) -> Paragraph<'static> {
    let keys = "q quits";
    let room = usize::from(width).saturating_sub(keys.len() + 2);
    let forms = match board.view {
        Some(_) => {
            let updated = utc(board.looked_at);
            [format!("Last update: {updated}"), updated, time_of_day(board.looked_at)]
        }
        None => ["no answer yet".to_owned(), "no answer".to_owned(), String::new()],
    };
    // The longest that leaves room for the key, without which nobody gets out.
    let text = forms.into_iter().find(|form| form.len() <= room).unwrap_or_default();
    let gap = usize::from(width).saturating_sub(text.len() + keys.len());
    Paragraph::new(Line::styled(format!("{text}{}{keys}", " ".repeat(gap)), board.look.label()))
}

/// A moment as people in no particular place write it.
pub(super) fn utc(at: SystemTime) -> String {
    let seconds = at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (year, month, day) = date_of_day(seconds / 86_400);
    format!("{year}-{month:02}-{day:02} {} UTC", time_of_day(at))
}

/// The time of the day alone.
pub(super) fn time_of_day(at: SystemTime) -> String {
    let seconds = at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()) % 86_400;
    format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// The year, month and day of so many days after 1970-01-01, after Howard Hinnant's "chrono-compatible low-level date
/// algorithms": the year begins in March, so that the odd day comes last.
fn date_of_day(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_moment_is_told_in_utc() {
        let at = |seconds| utc(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(at(951_782_399), "2000-02-28 23:59:59 UTC");
        assert_eq!(at(951_782_400), "2000-02-29 00:00:00 UTC");
        assert_eq!(at(1_730_449_845), "2024-11-01 08:30:45 UTC");
        assert_eq!(at(1_767_225_599), "2025-12-31 23:59:59 UTC");
    }
}
