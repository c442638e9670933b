//! The menu of a node, beside it.

use leptos::ev::KeyboardEvent;
use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::super::focus::focus;
use crate::model::{MenuItem, MenuView, StageView};
use crate::state::use_wishes;
use crate::wish::{Selection, Wish};

/// The width and height for which room is kept, in CSS pixels: one column, or two on a narrow stage.
const SIZE: (f64, f64) = (212.0, 372.0);
const COMPACT_SIZE: (f64, f64) = (312.0, 250.0);
/// A stage narrower than this is narrow, in CSS pixels.
const COMPACT_BELOW: f64 = 560.0;

/// The menu of the selected node, while it is open.
#[component]
pub fn NodeMenu(
    /// The menu; `None` while it is closed.
    menu: Signal<Option<MenuView>>,
    /// Where the node stands.
    stage: Signal<StageView>,
    /// Whether the keyboard opened it: then it takes the focus.
    focus: RwSignal<bool>,
) -> impl IntoView {
    let node = Memo::new(move |_| menu.with(|menu| menu.as_ref().map(|menu| menu.node)));
    move || node.get().map(|node| view! { <OpenMenu node=node menu=menu stage=stage focus_first=focus /> })
}

#[component]
fn OpenMenu(
    node: u32,
    menu: Signal<Option<MenuView>>,
    stage: Signal<StageView>,
    focus_first: RwSignal<bool>,
) -> impl IntoView {
    let wishes = use_wishes();
    let place = NodeRef::<Div>::new();
    let title = move || menu.with(|menu| menu.as_ref().map(|menu| menu.title.clone()).unwrap_or_default());
    let count = Memo::new(move |_| menu.with(|menu| menu.as_ref().map_or(0, |menu| menu.items.len())));
    let at = Memo::new(move |_| stage.with(|stage| beside(stage, node)));
    Effect::new(move |_| {
        let Some(place) = place.get() else { return };
        if focus_first.get_untracked() {
            focus_first.set(false);
            focus_item(&place, 0);
        }
    });
    let on_key = move |event: KeyboardEvent| match event.key().as_str() {
        "ArrowDown" | "ArrowUp" => {
            event.prevent_default();
            event.stop_propagation();
            if let Some(place) = place.get_untracked() {
                focus_item(&place, if event.key() == "ArrowDown" { 1 } else { -1 });
            }
        }
        "Escape" => {
            event.stop_propagation();
            wishes.select(Selection::Nothing);
            focus(&format!("[data-node=\"node-{node}\"]"));
        }
        _ => {}
    };
    view! {
        <div
            class="popover node-menu"
            data-compact=move || stage.with(is_compact).to_string()
            role="group"
            aria-label=move || format!("What to do to {}", title())
            node_ref=place
            style:left=move || format!("{:.0}px", at.get().0)
            style:top=move || format!("{:.0}px", at.get().1)
            on:keydown=on_key
        >
            <h2>{title}</h2>
            <For each=move || 0..count.get() key=|place| *place let:place>
                <Item
                    node=node
                    item=Memo::new(move |_| {
                        menu.with(|menu| menu.as_ref().and_then(|menu| menu.items.get(place).cloned()))
                    })
                />
            </For>
        </div>
    }
}

#[component]
fn Item(node: u32, item: Memo<Option<MenuItem>>) -> impl IntoView {
    let wishes = use_wishes();
    let name = move || item.with(|item| item.as_ref().map(|item| item.name).unwrap_or_default());
    let key = move || item.with(|item| item.as_ref().map(|item| item.key.to_string()));
    let choose = move |_| {
        if let Some(item) = item.get_untracked() {
            wishes.act(item.act);
            wishes.send(Wish::CloseMenu);
            focus(&format!("[data-node=\"node-{node}\"]"));
        }
    };
    view! {
        <button
            type="button"
            aria-label=name
            disabled=move || item.with(|item| item.as_ref().is_none_or(|item| !item.enabled))
            on:click=choose
        >
            <span>{name}</span>
            // Written by the style sheet: as text it would have to be in the name.
            <kbd aria-hidden="true" data-key=key></kbd>
        </button>
    }
}

fn is_compact(stage: &StageView) -> bool {
    stage.geometry.width < COMPACT_BELOW
}

/// A place beside the node where the menu fits.
fn beside(stage: &StageView, node: u32) -> (f64, f64) {
    let geometry = &stage.geometry;
    let (width, height) = if is_compact(stage) { COMPACT_SIZE } else { SIZE };
    let at = geometry.node(node);
    let away = 74.0 * geometry.scale;
    if is_compact(stage) {
        // Above or below the node, whichever has more room.
        let below = at.y + away;
        let top = if below + height <= geometry.height { below } else { at.y - away - height };
        return ((at.x - width / 2.0).min(geometry.width - width - 8.0).max(8.0), top.max(8.0));
    }
    let right = at.x + away;
    let left = if right + width <= geometry.width { right } else { at.x - away - width };
    let left = left.min(geometry.width - width - 8.0).max(8.0);
    let top = (at.y - height / 3.0).min(geometry.height - height - 8.0).max(8.0);
    (left, top)
}

/// Moves the focus among the enabled items: to the first for 0, else on or back from where it is.
fn focus_item(place: &web_sys::Element, step: i32) {
    let Ok(found) = place.query_selector_all("button:not(:disabled)") else { return };
    let items: Vec<web_sys::HtmlElement> =
        (0..found.length()).filter_map(|at| found.get(at)?.dyn_into().ok()).collect();
    let active = document().active_element();
    let here =
        items.iter().position(|item| active.as_ref().is_some_and(|active| item.is_same_node(Some(active))));
    let next = match (here, step) {
        (Some(here), step) if !items.is_empty() => {
            (here as i32 + step).rem_euclid(items.len() as i32) as usize
        }
        _ => 0,
    };
    if let Some(item) = items.get(next) {
        // An element that cannot have the focus keeps it where it is.
        let _ = item.focus();
    }
}
