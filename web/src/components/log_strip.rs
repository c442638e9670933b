//! The logs, side by side: rows scroll together, only the columns in view exist, and the end is followed until the
//! reader scrolls away from it.

use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::inspect::use_inspect;
use super::resize::watch_size;
use crate::model::hue;
use crate::model::log::{LogCell, LogProgress, LogView, Reach};
use crate::model::log_axis::{Axis, AxisStart, GAP_PX, NAME_PX, START_PX};
use crate::state::use_wishes;
use crate::wish::{Selection, Wish};

/// The logs, side by side.
#[component]
pub fn LogStrip(
    /// What it shows.
    view: Signal<LogView>,
) -> impl IntoView {
    let wishes = use_wishes();
    let scroller: NodeRef<html::Div> = NodeRef::new();
    let content: NodeRef<html::Div> = NodeRef::new();
    let axis = Memo::new(move |_| view.with(|view| view.axis));
    let start = Memo::new(move |_| axis.get().start);
    let selected = Memo::new(move |_| view.with(|view| view.selected));
    let nodes =
        Memo::new(move |_| view.with(|view| view.rows.iter().map(|row| row.node).collect::<Vec<_>>()));
    let built = Memo::new(move |_| view.with(|view| view.built));
    let follows = RwSignal::new(true);
    let reported = StoredValue::new(None::<(Option<u64>, u64)>);

    // Tells the session which columns are seen, where that has changed.
    let report = move || {
        let Some(scroller) = scroller.get_untracked() else { return };
        let axis = axis.get_untracked();
        let (scrolled, seen) = (f64::from(scroller.scroll_left()), f64::from(scroller.client_width()));
        if seen == 0.0 {
            // Hidden: nothing is scrolled, and what was seen last will be seen again.
            return;
        }
        let at_end = axis.end_is_seen(scrolled, seen);
        if follows.get_untracked() != at_end {
            follows.set(at_end);
        }
        let window = ((!at_end).then(|| axis.first_seen(scrolled)), axis.columns_seen(seen));
        if reported.get_value() != Some(window) {
            reported.set_value(Some(window));
            wishes.send(Wish::LogWindow { first: window.0, columns: window.1 });
        }
    };
    let to_end = move || {
        if let Some(scroller) = scroller.get_untracked() {
            scroller.set_scroll_left(axis.get_untracked().width_px() as i32);
        }
    };
    // The width is set here and not in the view, so that it is there when the end is scrolled to.
    Effect::new(move |before: Option<Axis>| {
        let axis = axis.get();
        if let (Some(scroller), Some(content)) = (scroller.get(), content.get()) {
            // A width in pixels is never refused.
            let _ = web_sys::HtmlElement::style(&content)
                .set_property("width", &format!("{}px", axis.width_px()));
            if follows.get_untracked() {
                to_end();
            } else if let Some(before) = before {
                let scrolled = f64::from(scroller.scroll_left());
                scroller.set_scroll_left((scrolled - axis.moved_px(before)) as i32);
            }
        }
        axis
    });
    watch_size(scroller, move |_, _| {
        if follows.get_untracked() {
            to_end();
        }
        report();
    });

    let inspect = use_inspect();
    let select = move |node: u32, index: u64| inspect(Selection::Entry { node, index });
    let see = move |index: u64| {
        if let Some(scroller) = scroller.get_untracked() {
            let (scrolled, seen) = (f64::from(scroller.scroll_left()), f64::from(scroller.client_width()));
            scroller.set_scroll_left(axis.get_untracked().scroll_to(index, scrolled, seen) as i32);
        }
    };
    let on_key = move |event: KeyboardEvent| {
        let chosen = view.with_untracked(|view| next_entry(view, &event.key()));
        if let Some((node, index)) = chosen {
            event.prevent_default();
            event.stop_propagation();
            select(node, index);
            see(index);
        }
    };
    let on_click = move |event: leptos::ev::MouseEvent| {
        let cell = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
            .and_then(|element| element.closest("[data-log]").ok().flatten())
            .and_then(|cell| cell.get_attribute("data-log"));
        if let Some((node, index)) = cell.as_deref().and_then(entry_of) {
            select(node, index);
        }
    };

    view! {
        <section class="logs" id="panel-logs" aria-labelledby="logs-title">
            <div class="logs-head">
                <h2 id="logs-title">"Logs"</h2>
                <Legend />
                <button
                    class="logs-follow"
                    hidden=move || follows.get()
                    on:click=move |_| {
                        to_end();
                        report();
                    }
                >
                    "Follow the end →"
                </button>
            </div>
            <div
                class="logs-scroll"
                node_ref=scroller
                role="grid"
                tabindex="0"
                aria-label="Logs of all nodes: arrow keys choose an entry"
                aria-colcount=move || axis.get().last
                aria-activedescendant=move || selected.get().map(|(node, index)| cell_id(node, index))
                on:scroll=move |_| report()
                on:keydown=on_key
                on:click=on_click
            >
                <div class="logs-content" node_ref=content role="presentation">
                    <div class="logs-axis" role="row">
                        <span class="logs-name" role="columnheader">"index"</span>
                        <For
                            each=move || {
                                let (first, last) = built.get();
                                first..=last
                            }
                            key=|index| *index
                            let:index
                        >
                            <span
                                class="logs-index"
                                role="columnheader"
                                data-selected=move || selected.get().is_some_and(|(_, chosen)| chosen == index).to_string()
                                style:left=move || px(start.get().left_px(index))
                            >
                                {index}
                            </span>
                        </For>
                    </div>
                    <For each=move || nodes.get() key=|node| *node let:node>
                        <Row view node start selected />
                    </For>
                </div>
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn Row(
    view: Signal<LogView>,
    node: u32,
    start: Memo<AxisStart>,
    selected: Memo<Option<(u32, u64)>>,
) -> impl IntoView {
    let row = Memo::new(move |_| {
        view.with(|view| view.rows.iter().find(|row| row.node == node).cloned()).unwrap_or_default()
    });
    let snapshot = Memo::new(move |_| row.with(|row| row.snapshot));
    let up = Memo::new(move |_| row.with(|row| row.up));
    let reach = Memo::new(move |_| row.with(|row| row.reach));
    let progress = Memo::new(move |_| row.with(|row| row.progress));
    let leads = Memo::new(move |_| view.with(|view| view.leader == Some(node)));
    view! {
        <div class="logs-row" role="row" data-down=move || (!up.get()).to_string()>
            <span class="logs-name" role="rowheader" data-leader=move || leads.get().to_string()>
                {format!("node-{node}")}
            </span>
            {move || {
                let last = snapshot.get();
                (last > 0)
                    .then(|| {
                        view! {
                            <span
                                class="logs-snapshot"
                                role="gridcell"
                                style:left=px(NAME_PX + START_PX)
                                style:width=move || px(start.get().snapshot_px(last))
                            >
                                <span>{format!("snapshot 1–{last}")}</span>
                            </span>
                        }
                    })
            }}
            <For
                each=move || row.with(|row| row.cells.clone())
                // By Log Matching (§5.3) index and term name an entry. A run without a rule may break that: the
                // label tells such entries apart.
                key=|cell| cell.clone()
                let:cell
            >
                <Cell node cell start reach selected />
            </For>
            {move || progress.get().map(|progress| marks(node, progress, start))}
        </div>
    }
    .into_any()
}

#[component]
fn Cell(
    node: u32,
    cell: LogCell,
    start: Memo<AxisStart>,
    reach: Memo<Reach>,
    selected: Memo<Option<(u32, u64)>>,
) -> impl IntoView {
    let LogCell { index, term, label } = cell;
    let state = Memo::new(move |_| reach.get().state_of(index));
    let name = format!("entry {index} of node-{node}, term {term}, {label}");
    view! {
        <div
            class="logs-cell"
            role="gridcell"
            id=cell_id(node, index)
            data-log=format!("node-{node}:{index}")
            data-term=term
            data-hue=hue(term)
            data-state=move || state.get().name()
            data-selected=move || (selected.get() == Some((node, index))).to_string()
            aria-colindex=index
            aria-label=move || format!("{name}, {}", state.get().name())
            title=label.to_string()
            style:left=move || px(start.get().left_px(index))
        >
            <small>{term}</small>
            " "
            <span>{label.to_string()}</span>
        </div>
    }
}

/// The width of a mark.
const MARK_PX: f64 = 3.0;

/// `]` closes what the leader knows to match, `[` opens what it will send next.
fn marks(node: u32, progress: LogProgress, start: Memo<AxisStart>) -> impl IntoView {
    let LogProgress { next_index, match_index } = progress;
    view! {
        <i
            class="logs-mark"
            data-mark="match"
            role="presentation"
            title=format!("match_index of node-{node}: {match_index}")
            style:left=move || px(start.get().left_px(match_index + 1) - GAP_PX)
        ></i>
        <i
            class="logs-mark"
            data-mark="next"
            role="presentation"
            title=format!("next_index of node-{node}: {next_index}")
            style:left=move || px(start.get().left_px(next_index) - MARK_PX)
        ></i>
    }
}

#[component]
fn Legend() -> impl IntoView {
    view! {
        <ul class="logs-legend" aria-label="How an entry is drawn">
            <li><i class="logs-sample" data-state="unsynced"></i>"in memory"</li>
            <li><i class="logs-sample" data-state="appended"></i>"on disk"</li>
            <li><i class="logs-sample" data-state="committed"></i>"committed"</li>
            <li><i class="logs-sample" data-state="applied"></i>"applied"</li>
            <li class="logs-legend-marks"><b>"]"</b>"match_index"<b>"["</b>"next_index"</li>
        </ul>
    }
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
