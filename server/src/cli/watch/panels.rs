//! The parts of the picture.

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Cell, Paragraph, Row, Sparkline, Table};

use super::super::text::{harmless, thousands};
use super::events::Kind;
use super::{Board, draw};
use crate::client::NodeStatus;
use crate::client::view::{ClusterView, Health, Membership, NodeView};

/// From this width on a role has its sign.
const WITH_SIGNS: u16 = 64;
/// From this width on there is room for one more column than the most important ones.
const MORE_COLUMNS: u16 = 54;
/// From this width on a node has all its columns.
const ALL_COLUMNS: u16 = 76;

/// How many nodes are in each role.
#[derive(Default)]
struct Roles {
    leaders: usize,
    followers: usize,
    candidates: usize,
    unreachable: usize,
}

impl Roles {
    fn of(view: &ClusterView) -> Roles {
        let mut roles = Roles::default();
        for node in &view.nodes {
            match node.status.as_ref().map(|status| status.role.as_str()) {
                Ok("leader") => roles.leaders += 1,
                Ok("candidate" | "pre-candidate") => roles.candidates += 1,
                Ok(_) => roles.followers += 1,
                Err(_) => roles.unreachable += 1,
            }
        }
        roles
    }
}

/// The cluster in one line.
pub(super) fn summary(board: &Board) -> Paragraph<'static> {
    let Some(view) = &board.view else {
        return Paragraph::new("");
    };
    let leader = view.leader().map_or("nobody leads".to_owned(), |leader| format!("{} leads", leader.id));
    let (answering, all) = (view.answers().count(), view.nodes.len());
    Paragraph::new(Line::from(vec![
        health(board, view),
        Span::raw(format!("  {}  term {}  {answering}/{all} answer", harmless(&leader), term(view))),
    ]))
}

pub(super) fn overview(frame: &mut Frame<'_>, area: Rect, board: &Board) {
    let block = block(board, "Cluster Overview");
    let Some(view) = &board.view else {
        frame.render_widget(Paragraph::new("looking …").block(block), area);
        return;
    };
    let roles = Roles::of(view);
    let look = board.look;
    let signs = if look.unicode { ["●", "○", "◐", "✗"] } else { ["*", "o", "?", "x"] };
    let line = |label: &str, number: String, dots: Span<'static>| {
        Line::from(vec![
            Span::styled(format!(" {label:<16}"), look.label()),
            Span::raw(format!("{number:>5}")),
            dots,
        ])
    };
    let counted = |label: &str, count: usize, sign: &str, style: Style| {
        line(label, count.to_string(), Span::styled(format!("  {}", sign.repeat(count)), style))
    };
    let lines = vec![
        line("Total Nodes:", view.nodes.len().to_string(), Span::raw("")),
        counted("Leaders:", roles.leaders, signs[0], look.leader()),
        counted("Followers:", roles.followers, signs[1], look.good()),
        counted("Candidates:", roles.candidates, signs[2], look.warning()),
        counted("Unreachable:", roles.unreachable, signs[3], look.bad()),
        line("Current Term:", term(view), Span::raw("")),
        Line::from(vec![Span::styled(" Cluster Health:  ", look.label()), health(board, view)]),
    ];
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

/// A term that nobody tells is not known.
fn term(view: &ClusterView) -> String {
    view.term().map_or("-".to_owned(), |term| term.to_string())
}

fn health(board: &Board, view: &ClusterView) -> Span<'static> {
    let (sign, style) = match view.health() {
        Health::Healthy => ("✓ ", board.look.good()),
        Health::Degraded => ("! ", board.look.warning()),
        Health::Down => ("✗ ", board.look.bad()),
    };
    let sign = if board.look.unicode { sign } else { "" };
    Span::styled(format!("{sign}{}", view.health().name().to_uppercase()), style)
}

pub(super) fn nodes(frame: &mut Frame<'_>, area: Rect, board: &Board) {
    let Some(view) = &board.view else {
        return;
    };
    let with_signs = board.look.unicode && area.width >= WITH_SIGNS;
    let mut names = vec!["Node ID", "State", "Term", "Commit"];
    // The longest role is PRE-CANDIDATE; a sign takes three columns more.
    let state_width = if with_signs { 16 } else { 13 };
    let mut widths = [9, state_width, 6].map(Constraint::Length).to_vec();
    widths.push(Constraint::Fill(1));
    if area.width >= MORE_COLUMNS {
        names.push("Applied");
        widths.push(Constraint::Fill(1));
    }
    if area.width >= ALL_COLUMNS {
        names.extend(["Log", "Snapshot", "Match"]);
        widths.extend([Constraint::Fill(1); 3]);
    }
    let style_of = |node: &NodeView| match &node.status {
        Err(_) => board.look.bad(),
        Ok(status) => match status.role.as_str() {
            "leader" => board.look.leader(),
            "candidate" | "pre-candidate" => board.look.warning(),
            _ => Style::new(),
        },
    };
    let rows = view.nodes.iter().map(|node| {
        let mut cells =
            vec![harmless(&node.node.id), state(node, view.membership(&node.node.id), with_signs)];
        match &node.status {
            Ok(status) => cells.extend(numbers(status, view.leader())),
            Err(_) => cells.resize(names.len(), "-".to_owned()),
        }
        cells.truncate(names.len());
        Row::new(cells.into_iter().enumerate().map(|(column, text)| cell(column, text))).style(style_of(node))
    });
    let header = Row::new(names.iter().enumerate().map(|(column, name)| cell(column, (*name).to_owned())))
        .style(board.look.label());
    let table = Table::new(rows, widths).header(header).column_spacing(1).block(block(board, "Node Status"));
    frame.render_widget(table, area);
}

/// Numbers stand at the right: then their size can be seen.
fn cell(column: usize, text: String) -> Cell<'static> {
    let line = Line::raw(text);
    Cell::new(if column < 2 { line } else { line.right_aligned() })
}

/// What a node does; a follower that has no vote is called what it is.
fn state(node: &NodeView, membership: Option<Membership>, with_sign: bool) -> String {
    let (sign, name) = match node.status.as_ref().map(|status| status.role.as_str()) {
        Ok("follower") if membership == Some(Membership::Learner) => ("🎓", "LEARNER".to_owned()),
        Ok("follower") if membership == Some(Membership::Removed) => ("🚪", "REMOVED".to_owned()),
        Ok("leader") => ("👑", "LEADER".to_owned()),
        Ok("follower") => ("👤", "FOLLOWER".to_owned()),
        Ok(role @ ("candidate" | "pre-candidate")) => ("🙋", role.to_uppercase()),
        Ok(other) => ("👤", harmless(other).to_uppercase()),
        Err(_) => ("💀", "UNREACHABLE".to_owned()),
    };
    if with_sign { format!("{sign} {name}") } else { name }
}

fn numbers(status: &NodeStatus, leader: Option<&NodeStatus>) -> [String; 6] {
    let of = |leader: &NodeStatus| {
        leader.progress.iter().find(|progress| progress.id == status.id).map(|it| it.match_index)
    };
    let replicated = if status.is_leader() { Some(status.last_index) } else { leader.and_then(of) };
    [
        status.term.to_string(),
        thousands(status.commit_index),
        thousands(status.last_applied),
        thousands(status.last_index),
        thousands(status.snapshot_index),
        replicated.map_or("-".to_owned(), thousands),
    ]
}

pub(super) fn metrics(frame: &mut Frame<'_>, area: Rect, board: &Board) {
    let metrics = board.history.metrics();
    let look = board.look;
    // Two borders, the label, the value, a space.
    let bar_width = usize::from(area.width).saturating_sub(2 + 20 + 11 + 1).min(40);
    let line = |label: &str, value: String, part: Option<f64>| {
        let mut spans =
            vec![Span::styled(format!(" {label:<19}"), look.label()), Span::raw(format!("{value:>9}  "))];
        if let Some(part) = part {
            spans.extend(bar(board, part, bar_width));
        }
        Line::from(spans)
    };
    // A bar is as long as the value is large beside the largest of this minute.
    let with_bar = |label: &str, values: &[f64], tell: fn(f64) -> String| match values.last() {
        None => line(label, "-".to_owned(), None),
        Some(last) => {
            let max = values.iter().copied().fold(0.0, f64::max);
            line(label, tell(*last), Some(if max > 0.0 { last / max } else { 0.0 }))
        }
    };
    let lines = vec![
        with_bar("Operations/sec:", &metrics.operations_a_second, |rate| thousands(rate.round() as u64)),
        with_bar("Write latency p50:", &metrics.write_p50_ms, in_millis),
        with_bar("Write latency p99:", &metrics.write_p99_ms, in_millis),
        line("Elections begun:", thousands(metrics.elections), None),
        line("Leader changes:", thousands(metrics.leader_changes), None),
        line("Entries committed:", thousands(metrics.committed), None),
        line(
            "Status answers:",
            format!("{:.1}%", metrics.answered_percent),
            Some(metrics.answered_percent / 100.0),
        ),
    ];
    let title = format!("Metrics (Last {}s)", metrics.span.as_secs().max(1));
    frame.render_widget(Paragraph::new(lines).block(block(board, &title)), area);
}

fn in_millis(millis: f64) -> String {
    match millis {
        large if large >= 100.0 => format!("{large:.0} ms"),
        millis => format!("{millis:.1} ms"),
    }
}

fn bar(board: &Board, part: f64, width: usize) -> [Span<'static>; 2] {
    let full = (part.clamp(0.0, 1.0) * width as f64).round() as usize;
    let (on, off) = if board.look.unicode { ("█", "░") } else { ("#", ".") };
    [
        Span::styled(on.repeat(full), board.look.bar()),
        Span::styled(off.repeat(width - full), board.look.frame()),
    ]
}

/// Operations a second over the last minute, the newest at the right.
pub(super) fn curve(frame: &mut Frame<'_>, area: Rect, board: &Board) {
    let rates = board.history.metrics().operations_a_second;
    let max = rates.iter().copied().fold(0.0, f64::max);
    let title = format!("Operations/sec, at most {}", thousands(max.round() as u64));
    let block = block(board, &title);
    let inner = block.inner(area);
    let bars = if board.look.unicode {
        ratatui::symbols::bar::NINE_LEVELS
    } else {
        ratatui::symbols::bar::Set {
            full: "#",
            seven_eighths: "#",
            three_quarters: "#",
            five_eighths: "#",
            half: "+",
            three_eighths: "+",
            one_quarter: ".",
            one_eighth: ".",
            empty: " ",
        }
    };
    let data = fitted(&rates, usize::from(inner.width));
    let sparkline = Sparkline::default().data(&data).bar_set(bars).style(board.look.bar());
    frame.render_widget(block, area);
    frame.render_widget(sparkline, inner);
}

/// One number for each column, in thousandths of the largest: where there are more values than columns, the largest
/// of those that share one, so that no peak is lost.
fn fitted(values: &[f64], columns: usize) -> Vec<u64> {
    if values.is_empty() || columns == 0 {
        return Vec::new();
    }
    let max = values.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let as_part = |value: f64| (value / max * 1_000.0).round() as u64;
    if values.len() <= columns {
        let before = std::iter::repeat_n(0, columns - values.len());
        return before.chain(values.iter().copied().map(as_part)).collect();
    }
    let bounds = |column: usize| column * values.len() / columns;
    (0..columns)
        .map(|column| {
            let of_column = &values[bounds(column)..bounds(column + 1)];
            as_part(of_column.iter().copied().fold(0.0, f64::max))
        })
        .collect()
}

pub(super) fn events(frame: &mut Frame<'_>, area: Rect, board: &Board) {
    let look = board.look;
    let lines = board.events.newest_first().take(usize::from(area.height)).map(|event| {
        let style = match event.kind {
            Kind::Good => look.good(),
            Kind::Bad => look.bad(),
            Kind::Leader => look.leader(),
            Kind::Other => Style::new(),
        };
        Line::from(vec![
            Span::styled(format!(" {}  ", draw::time_of_day(event.at)), look.label()),
            Span::styled(harmless(&event.text), style),
        ])
    });
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()).block(block(board, "Events")), area);
}

fn block(board: &Board, title: &str) -> Block<'static> {
    Block::bordered()
        .border_set(board.look.border())
        .border_style(board.look.frame())
        .title(Line::styled(format!(" {title} "), board.look.title()))
}
