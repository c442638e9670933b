//! The lanes: each direction of each link by itself. A click cuts or heals it.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::super::focus::{focus, note_focus, presses, shows_focus};
use crate::model::{End, LaneView, StageView};
use crate::state::use_wishes;
use crate::text::stage::lane_label;
use crate::wish::{Act, Selection};

/// All lanes. They are one stop for the Tab key; the arrow keys move between them.
#[component]
pub fn Lanes(
    /// What the stage shows.
    stage: Signal<StageView>,
) -> impl IntoView {
    let ends = Memo::new(move |_| {
        stage.with(|stage| stage.lanes.iter().map(|lane| (lane.from, lane.to)).collect::<Vec<_>>())
    });
    let focused = RwSignal::new((0, 1));
    let turn = move |event: KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowRight" | "ArrowDown" => 1,
            "ArrowLeft" | "ArrowUp" => -1,
            _ => return,
        };
        if !shows_focus(&event) {
            return;
        }
        event.prevent_default();
        event.stop_propagation();
        let ends = ends.get_untracked();
        let here = ends.iter().position(|ends| *ends == focused.get_untracked()).unwrap_or(0);
        let there = (here as isize + step).rem_euclid(ends.len().max(1) as isize) as usize;
        if let Some((from, to)) = ends.get(there) {
            focus(&format!("[data-link=\"node-{from}:node-{to}\"]"));
        }
    };
    view! {
        <g class="lanes" role="group" aria-label="Links" on:keydown=turn>
            <For each=move || ends.get() key=|ends| *ends let((from, to))>
                <Lane
                    stage=stage
                    focused=focused
                    view=Memo::new(move |_| {
                        stage.with(|stage| {
                            let found = stage.lanes.iter().find(|lane| (lane.from, lane.to) == (from, to));
                            found.copied().unwrap_or(LaneView { from, to, cut: false, selected: false })
                        })
                    })
                />
            </For>
        </g>
    }
}

#[component]
fn Lane(stage: Signal<StageView>, focused: RwSignal<(u32, u32)>, view: Memo<LaneView>) -> impl IntoView {
    let wishes = use_wishes();
    let LaneView { from, to, .. } = view.get_untracked();
    let way = Memo::new(move |_| stage.with(|stage| stage.geometry.lane(End::Node(from), End::Node(to))));
    let cut = Memo::new(move |_| view.with(|view| view.cut));
    let toggle = move || {
        wishes.act(if cut.get_untracked() { Act::Heal { from, to } } else { Act::Cut { from, to } });
        wishes.select(Selection::Link { from, to });
    };
    let on_key = move |event: KeyboardEvent| {
        if presses(&event) {
            event.prevent_default();
            event.stop_propagation();
            toggle();
        }
    };
    let line = move |class: &'static str| {
        view! {
            <line
                class=class
                x1=move || way.with(|way| format!("{:.1}", way.from.x))
                y1=move || way.with(|way| format!("{:.1}", way.from.y))
                x2=move || way.with(|way| format!("{:.1}", way.to.x))
                y2=move || way.with(|way| format!("{:.1}", way.to.y))
            />
        }
    };
    let middle = move || {
        way.with(|way| {
            let at = way.at(0.5);
            format!("translate({:.1} {:.1})", at.x, at.y)
        })
    };
    view! {
        <g
            class="lane"
            role="button"
            tabindex=move || if focused.get() == (from, to) { "0" } else { "-1" }
            data-link=format!("node-{from}:node-{to}")
            data-cut=move || cut.get().to_string()
            data-selected=move || view.with(|view| view.selected).to_string()
            aria-pressed=move || cut.get().to_string()
            aria-label=move || lane_label(from, to, cut.get())
            on:click=move |_| toggle()
            on:keydown=on_key
            on:focus=move |event| {
                note_focus(&event);
                focused.set((from, to));
            }
        >
            {line("lane-hit")}
            {line("lane-line")}
            <path class="lane-cross" d="M-5 -5L5 5M5 -5L-5 5" transform=middle />
        </g>
    }
}
