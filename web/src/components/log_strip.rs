//! The logs, side by side: rows scroll together, only the columns in view exist, and the end is followed until the
//! reader scrolls away from it.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, KeyboardEvent};

use super::focus::target_of;
use super::inspect::use_inspect;
use super::resize::watch_size;
use crate::dom::{El, effect, h};
use crate::model::hue;
use crate::model::log::{LogCell, LogProgress, LogView, Reach};
use crate::model::log_axis::{Axis, AxisStart, GAP_PX, NAME_PX, START_PX};
use crate::state::{Wishes, use_choices, use_wishes, use_world};
use crate::wish::{Selection, Wish};

/// The logs, side by side.
pub fn log_strip(view: RwSignal<LogView>) -> El {
    let content = h("div.logs-content").set("role", "presentation");
    let scroller = h("div.logs-scroll");
    let place = Place {
        view,
        scroller: scroller.element().clone(),
        content: content.element().clone(),
        follows: RwSignal::new(true),
        reported: StoredValue::new(None),
        wishes: use_wishes(),
    };
    place.keep_width();
    let resized = place.clone();
    watch_size(scroller.element(), move |_, _| {
        if resized.follows.get_untracked() {
            resized.show_end();
        }
        resized.report();
    });
    h("section.logs")
        .attributes(&[("id", "panel-logs"), ("aria-labelledby", "logs-title")])
        .child(
            h("div.logs-head")
                .child(h("h2").set("id", "logs-title").text("Logs"))
                .child(legend())
                .child(follow_button(place.clone())),
        )
        .child(grid(scroller, place).child(rows(content, view)))
}

/// Where the reader is in the logs.
#[derive(Clone)]
struct Place {
    view: RwSignal<LogView>,
    scroller: Element,
    content: Element,
    /// Whether the end is followed.
    follows: RwSignal<bool>,
    /// The columns in view, as the session was told: the first, where the end is not followed, and how many.
    reported: StoredValue<Option<(Option<u64>, u64)>>,
    wishes: Wishes,
}

impl Place {
    fn scrolled(&self) -> (f64, f64) {
        (f64::from(self.scroller.scroll_left()), f64::from(self.scroller.client_width()))
    }

    /// Tells the session which columns are seen, where that has changed.
    fn report(&self) {
        let axis = self.view.read_untracked().axis;
        let (scrolled, seen) = self.scrolled();
        if seen == 0.0 {
            // Hidden: nothing is scrolled, and what was seen last will be seen again.
            return;
        }
        let at_end = axis.end_is_seen(scrolled, seen);
        if self.follows.get_untracked() != at_end {
            self.follows.set(at_end);
        }
        let window = ((!at_end).then(|| axis.first_seen(scrolled)), axis.columns_seen(seen));
        if self.reported.get_value() != Some(window) {
            self.reported.set_value(Some(window));
            self.wishes.send(Wish::LogWindow { first: window.0, columns: window.1 });
        }
    }

    fn show_end(&self) {
        self.scroller.set_scroll_left(self.view.read_untracked().axis.width_px() as i32);
    }

    fn show_entry(&self, index: u64) {
        let (scrolled, seen) = self.scrolled();
        let axis = self.view.read_untracked().axis;
        self.scroller.set_scroll_left(axis.scroll_to(index, scrolled, seen) as i32);
    }

    /// Keeps the content as wide as the log is long, and the reader where they are in it. The width is set here and
    /// not bound, so that it is there when the end is scrolled to.
    fn keep_width(&self) {
        let place = self.clone();
        let mut before: Option<Axis> = None;
        effect(Box::new(move || {
            let axis = place.view.read().axis;
            if before == Some(axis) {
                return;
            }
            // A width in pixels is never refused.
            let style = place.content.unchecked_ref::<web_sys::HtmlElement>().style();
            let _ = style.set_property("width", &px(axis.width_px()));
            if place.follows.get_untracked() {
                place.show_end();
            } else if let Some(before) = before {
                let (scrolled, _) = place.scrolled();
                place.scroller.set_scroll_left((scrolled - axis.moved_px(before)) as i32);
            }
            before = Some(axis);
        }));
    }
}

fn follow_button(place: Place) -> El {
    let follows = place.follows;
    h("button.logs-follow")
        .flag("hidden", move || follows.get())
        .on("click", move |_| {
            place.show_end();
            place.report();
        })
        .text("Follow the end →")
}

/// Scrolls, and chooses entries.
fn grid(scroller: El, place: Place) -> El {
    let inspect = use_inspect();
    let select = move |(node, index)| inspect(Selection::Entry { node, index });
    let view = place.view;
    let keyed = place.clone();
    scroller
        .attributes(&[
            ("role", "grid"),
            ("tabindex", "0"),
            ("aria-label", "Logs of all nodes: arrow keys choose an entry"),
        ])
        .bind("aria-colcount", move || view.read().axis.last)
        .bind("aria-activedescendant", move || view.read().selected.map(|(node, index)| cell_id(node, index)))
        .on("scroll", move |_| place.report())
        .on_event("keydown", move |event: &KeyboardEvent| {
            let chosen = next_entry(&view.read_untracked(), &event.key());
            if let Some(entry) = chosen {
                event.prevent_default();
                event.stop_propagation();
                select(entry);
                keyed.show_entry(entry.1);
            }
        })
        .on("click", move |event| {
            if let Some(entry) = clicked_entry(&event) {
                select(entry);
            }
        })
}

fn clicked_entry(event: &Event) -> Option<(u32, u64)> {
    let cell = target_of(event)?.closest("[data-log]").ok()??;
    entry_of(&cell.get_attribute("data-log")?)
}

/// What each of the many cells follows; it changes less often than the view.
#[derive(Clone, Copy)]
struct Columns {
    start: Memo<AxisStart>,
    selected: Memo<Option<(u32, u64)>>,
}

fn rows(content: El, view: RwSignal<LogView>) -> El {
    let columns = Columns {
        start: Memo::new(move |_| view.read().axis.start),
        selected: Memo::new(move |_| view.read().selected),
    };
    content
        .child(
            h("div.logs-axis")
                .set("role", "row")
                .child(h("span.logs-name").set("role", "columnheader").text("index"))
                .each(move |list| {
                    let (first, last) = view.read().built;
                    for index in first..=last {
                        list.keep(index, || column_head(index, columns));
                    }
                }),
        )
        .each(move |list| {
            for row in &view.read().rows {
                list.keep(row.node, || log_row(view, row.node, columns));
            }
        })
}

fn column_head(index: u64, columns: Columns) -> El {
    h("span.logs-index")
        .set("role", "columnheader")
        .bind("data-selected", move || columns.selected.get().is_some_and(|(_, chosen)| chosen == index))
        .style("left", move || px(columns.start.get().left_px(index)))
        .text(index)
}

fn log_row(view: RwSignal<LogView>, node: u32, columns: Columns) -> El {
    let place = move || view.read().rows.iter().position(|row| row.node == node);
    let reach = Memo::new(move |_| place().map(|place| view.read().rows[place].reach).unwrap_or_default());
    let what_if = use_world().what_if;
    let safe = Memo::new(move |_| what_if.read().safe.get(node as usize).copied());
    h("div.logs-row")
        .set("role", "row")
        .bind("data-down", move || !place().is_some_and(|place| view.read().rows[place].up))
        .child(
            h("span.logs-name")
                .set("role", "rowheader")
                .bind("data-leader", move || view.read().leader == Some(node))
                .text(format!("node-{node}")),
        )
        .each(move |list| {
            let view = view.read();
            let Some(row) = view.rows.iter().find(|row| row.node == node) else { return };
            if row.snapshot > 0 {
                list.keep(row.snapshot, || snapshot(row.snapshot, columns));
            }
            // By Log Matching (§5.3) index and term name an entry. A run without a rule may break that: the label
            // tells such entries apart.
            for cell in &row.cells {
                let key = format!("{} {} {}", cell.index, cell.term, cell.label);
                list.keep(key, || log_cell(node, cell, reach, safe, columns));
            }
            if let Some(LogProgress { next_index, match_index }) = row.progress {
                // `]` closes what the leader knows to match, `[` opens what it will send next.
                list.keep(format!("]{match_index}"), || {
                    let title = format!("match_index of node-{node}: {match_index}");
                    mark("match", title, columns, match_index + 1, GAP_PX)
                });
                list.keep(format!("[{next_index}"), || {
                    let title = format!("next_index of node-{node}: {next_index}");
                    mark("next", title, columns, next_index, MARK_PX)
                });
            }
        })
}

fn snapshot(last: u64, columns: Columns) -> El {
    h("span.logs-snapshot")
        .set("role", "gridcell")
        .style("left", || px(NAME_PX + START_PX))
        .style("width", move || px(columns.start.get().snapshot_px(last)))
        .child(h("span").text(format!("snapshot 1–{last}")))
}

fn log_cell(node: u32, cell: &LogCell, reach: Memo<Reach>, safe: Memo<Option<u64>>, columns: Columns) -> El {
    let LogCell { index, term, label } = cell.clone();
    let name = format!("entry {index} of node-{node}, term {term}, {label}");
    let is_safe = move || safe.get().map(|up_to| index <= up_to);
    h("div.logs-cell")
        .set("role", "gridcell")
        .set("id", cell_id(node, index))
        .set("data-log", format!("node-{node}:{index}"))
        .set("data-term", term)
        .set("data-hue", hue(term))
        .set("aria-colindex", index)
        .set("title", label.clone())
        .bind("data-state", move || reach.get().state_of(index).name())
        .bind("data-selected", move || columns.selected.get() == Some((node, index)))
        .bind("data-safe", move || is_safe().map(|safe| if safe { "yes" } else { "no" }))
        .bind("aria-label", move || {
            let safety = is_safe().map_or("", |safe| if safe { ", safe" } else { ", could be lost" });
            format!("{name}, {}{safety}", reach.get().state_of(index).name())
        })
        .style("left", move || px(columns.start.get().left_px(index)))
        .child(h("small").text(term))
        .text(" ")
        .child(h("span").text(label))
}

/// The width of a mark.
const MARK_PX: f64 = 3.0;

/// A mark that ends `before_px` before the column of this index begins.
fn mark(name: &'static str, title: String, columns: Columns, index: u64, before_px: f64) -> El {
    h("i.logs-mark")
        .set("role", "presentation")
        .set("data-mark", name)
        .set("title", title)
        .style("left", move || px(columns.start.get().left_px(index) - before_px))
}

fn legend() -> El {
    let overlays = use_choices().overlays;
    h("ul.logs-legend")
        .set("aria-label", "How an entry is drawn")
        .bind("data-safety", move || overlays.get().entries)
        .markup(concat!(
            r#"<li><i class="logs-sample" data-state="unsynced"></i>in memory</li>"#,
            r#"<li><i class="logs-sample" data-state="appended"></i>on disk</li>"#,
            r#"<li><i class="logs-sample" data-state="committed"></i>committed</li>"#,
            r#"<li><i class="logs-sample" data-state="applied"></i>applied here</li>"#,
            r#"<li class="logs-legend-safety"><i class="logs-sample" data-safe="yes"></i>safe</li>"#,
            r#"<li class="logs-legend-safety"><i class="logs-sample" data-safe="no"></i>could be lost</li>"#,
            r#"<li class="logs-legend-marks"><b>]</b>match_index<b>[</b>next_index</li>"#,
        ))
}

/// The entry that this key leads to from the selected one, or from the end of the leader's log.
fn next_entry(view: &LogView, key: &str) -> Option<(u32, u64)> {
    let nodes: Vec<u32> = view.rows.iter().map(|row| row.node).collect();
    let first = view.axis.start.origin;
    let (node, index) = match view.selected {
        Some(selected) => selected,
        None => (view.leader.or_else(|| nodes.first().copied())?, view.axis.last + 1),
    };
    let place = nodes.iter().position(|candidate| *candidate == node)?;
    let (place, index) = match key {
        "ArrowLeft" => (place, index.saturating_sub(1).max(first)),
        "ArrowRight" => (place, index + 1),
        "ArrowUp" => (place.saturating_sub(1), index),
        "ArrowDown" => ((place + 1).min(nodes.len() - 1), index),
        "Home" => (place, first),
        "End" => (place, view.axis.last),
        _ => return None,
    };
    let row = view.rows.get(place)?;
    (row.last >= first).then(|| (row.node, index.min(row.last)))
}

/// `node-0:17` is entry 17 of node 0.
fn entry_of(data_log: &str) -> Option<(u32, u64)> {
    let (node, index) = data_log.strip_prefix("node-")?.split_once(':')?;
    Some((node.parse().ok()?, index.parse().ok()?))
}

fn cell_id(node: u32, index: u64) -> String {
    format!("log-{node}-{index}")
}

fn px(value: f64) -> String {
    format!("{value}px")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::log::LogRow;

    fn view(selected: Option<(u32, u64)>) -> LogView {
        let row = |node, last| LogRow { node, last, ..LogRow::default() };
        LogView {
            axis: Axis { start: AxisStart { origin: 3, has_snapshot: true }, last: 9 },
            leader: Some(1),
            selected,
            rows: vec![row(0, 5), row(1, 9), row(2, 2)],
            ..LogView::default()
        }
    }

    #[test]
    fn arrow_keys_move_within_what_is_there() {
        assert_eq!(next_entry(&view(None), "ArrowLeft"), Some((1, 9)));
        assert_eq!(next_entry(&view(Some((1, 9))), "ArrowRight"), Some((1, 9)));
        assert_eq!(next_entry(&view(Some((1, 9))), "ArrowUp"), Some((0, 5)), "a shorter log ends earlier");
        assert_eq!(next_entry(&view(Some((1, 3))), "ArrowLeft"), Some((1, 3)));
        assert_eq!(next_entry(&view(Some((1, 7))), "Home"), Some((1, 3)));
        assert_eq!(next_entry(&view(Some((1, 7))), "ArrowDown"), None, "an empty log has no entry to go to");
        assert_eq!(next_entry(&view(Some((1, 7))), "x"), None);
    }

    #[test]
    fn a_cell_names_its_entry() {
        assert_eq!(entry_of("node-12:345"), Some((12, 345)));
        assert_eq!(entry_of("node-1"), None);
    }
}
