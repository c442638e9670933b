//! The menu of a node, beside it.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

use super::super::focus::focus_node;
use crate::dom::{El, List, h};
use crate::model::{MenuItem, MenuView, Point, StageView};
use crate::state::use_wishes;
use crate::text::number::fill;
use crate::wish::{Selection, Wish};

/// The width and height for which room is kept, in CSS pixels: one column, or two on a small stage.
const SIZE: (f64, f64) = (212.0, 372.0);
const COMPACT_SIZE: (f64, f64) = (312.0, 250.0);

/// The menu of the selected node, while it is open. It takes the focus if `focus_menu` says that the keyboard opened
/// it.
pub fn node_menu(
    list: &mut List,
    menu: RwSignal<Option<MenuView>>,
    stage: RwSignal<StageView>,
    focus_menu: RwSignal<bool>,
) {
    if let Some(node) = menu.read().as_ref().map(|menu| menu.node) {
        list.keep(node, || open_menu(node, menu, stage, focus_menu));
    }
}

fn open_menu(
    node: u32,
    menu: RwSignal<Option<MenuView>>,
    stage: RwSignal<StageView>,
    focus_menu: RwSignal<bool>,
) -> El {
    let wishes = use_wishes();
    let title = move || menu.read().as_ref().map(|menu| menu.title.clone()).unwrap_or_default();
    let place = move |of: fn(Point) -> f64| move || fill("%0px", &[of(beside(&stage.read(), node))]);
    let on_key = move |event: &KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowDown" => 1,
            "ArrowUp" => -1,
            "Escape" => {
                event.stop_propagation();
                wishes.select(Selection::Nothing);
                return focus_node(node);
            }
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        if let Some(menu) = event.current_target() {
            focus_item(menu.unchecked_ref(), step);
        }
    };
    let open = h("div.popover.node-menu")
        .set("role", "group")
        .bind("aria-label", move || format!("What to do to {}", title()))
        .bind("data-compact", move || is_compact(&stage.read()))
        .style("left", place(|at| at.x))
        .style("top", place(|at| at.y))
        .on_event("keydown", on_key)
        .child(h("h2").live(title))
        .each(move |list| {
            let menu_now = menu.read();
            for item in menu_now.iter().flat_map(|menu| &menu.items) {
                list.keep(item.name, || button(node, menu, item));
            }
        });
    let element = open.element().clone();
    // It can have the focus only once it is part of the page.
    queue_microtask(move || {
        if focus_menu.get_untracked() {
            focus_menu.set(false);
            focus_item(&element, 0);
        }
    });
    open
}

/// An item: its name says what it does, and which key does the same.
fn button(node: u32, menu: RwSignal<Option<MenuView>>, item: &MenuItem) -> El {
    let wishes = use_wishes();
    let MenuItem { name, key, act, .. } = item.clone();
    let enabled = move || {
        let menu = menu.read();
        menu.iter().flat_map(|menu| &menu.items).any(|item| item.name == name && item.enabled)
    };
    let choose = move |_| {
        wishes.act(act.clone());
        wishes.send(Wish::CloseMenu);
        focus_node(node);
    };
    h("button")
        .set("type", "button")
        .set("aria-label", name)
        .flag("disabled", move || !enabled())
        .on("click", choose)
        .child(h("span").text(name))
        // Written by the style sheet: as text it would have to be in the name.
        .child(h("kbd").set("aria-hidden", "true").set("data-key", key.to_string()))
}

fn is_compact(stage: &StageView) -> bool {
    stage.geometry.is_narrow() || stage.geometry.height < SIZE.1
}

/// A place beside the node where the menu fits.
fn beside(stage: &StageView, node: u32) -> Point {
    let geometry = &stage.geometry;
    let (width, height) = if is_compact(stage) { COMPACT_SIZE } else { SIZE };
    let at = geometry.node(node);
    let away = 74.0 * geometry.scale;
    let (left, top) = if geometry.is_narrow() {
        // Above or below the node, whichever has more room.
        let below = at.y + away;
        (at.x - width / 2.0, if below + height <= geometry.height { below } else { at.y - away - height })
    } else {
        let right = at.x + away;
        let left = if right + width <= geometry.width { right } else { at.x - away - width };
        (left, (at.y - height / 3.0).min(geometry.height - height - 8.0))
    };
    Point { x: left.min(geometry.width - width - 8.0).max(8.0), y: top.max(8.0) }
}

/// Moves the focus among the enabled items: to the first for 0, else on or back from where it is.
fn focus_item(menu: &Element, step: i32) {
    let Ok(found) = menu.query_selector_all("button:not(:disabled)") else { return };
    let count = found.length() as i32;
    let active = document().active_element();
    let is_active = |at: &i32| found.get(*at as u32).as_ref() == active.as_deref();
    let next = match (0..count).find(is_active) {
        Some(here) => (here + step).rem_euclid(count),
        None => 0,
    };
    if let Some(item) = found.get(next as u32) {
        // An element that cannot have the focus keeps it where it is.
        let _ = item.unchecked_ref::<HtmlElement>().focus();
    }
}
