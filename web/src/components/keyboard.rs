//! The keys that work wherever the focus is.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::KeyboardEvent;

use super::focus::{focus_by_digit, focus_once_drawn, target_of};
use crate::dom;
use crate::model::{KeyWish, speed_at, step_of, wish_of_key};
use crate::state::{use_choices, use_wishes, use_world};
use crate::wish::{Selection, Wish};

/// Listens for as long as the calling component lives.
pub fn listen() {
    let world = use_world();
    let wishes = use_wishes();
    let choices = use_choices();
    let handle = move |event: &KeyboardEvent| {
        let in_dialog = choices.scenarios_open.get_untracked() || choices.share_open.get_untracked();
        let in_help = choices.help_open.get_untracked() && event.key() != "?";
        if has_its_own_use(event) || in_dialog || in_help {
            return;
        }
        let nodes = world.stage.read_untracked().nodes.len() as u32;
        let Some(wish) = wish_of_key(&event.key(), nodes, focused_node(event)) else { return };
        // A prevented Escape would not close a popover.
        if event.key() != "Escape" {
            event.prevent_default();
        }
        match wish {
            KeyWish::Send(wish) => {
                // The focus follows, so that the next letter and the next Tab go on from there.
                match wish {
                    Wish::Select(Selection::Node(node)) => focus_by_digit(node),
                    Wish::SelectMessage(_) => focus_once_drawn(".message-card:not(:focus-within)"),
                    _ => {}
                }
                wishes.send(wish);
            }
            KeyWish::Toggle(overlay) => choices.overlays.update(|shown| *shown = shown.toggled(overlay)),
            KeyWish::ToggleHelp => choices.help_open.set(!choices.help_open.get_untracked()),
            KeyWish::Faster(steps) => {
                let speed = speed_at(step_of(choices.speed.get_untracked()).saturating_add_signed(steps));
                choices.speed.set(speed);
                wishes.send(Wish::Speed(speed));
            }
        }
    };
    dom::listen(
        &window(),
        "keydown",
        Box::new(move |event| {
            if let Some(event) = event.dyn_ref() {
                handle(event);
            }
        }),
    );
}

/// The node that has the focus.
fn focused_node(event: &KeyboardEvent) -> Option<u32> {
    target_of(event)?.get_attribute("data-node")?.strip_prefix("node-")?.parse().ok()
}

/// Whether the browser or the control with the focus needs this key itself.
fn has_its_own_use(event: &KeyboardEvent) -> bool {
    if event.ctrl_key() || event.meta_key() || event.alt_key() || event.default_prevented() {
        return true;
    }
    let Some(target) = target_of(event) else { return false };
    let is = |selector: &str| target.closest(selector).ok().flatten().is_some();
    let key = event.key();
    let turns = key.starts_with("Arrow") || key.starts_with("Page") || key == "Home" || key == "End";
    if is("input[type=range]") {
        return turns;
    }
    if is("input, textarea, select, [contenteditable]") {
        return key != "Escape";
    }
    // A button is pressed by these; the tabs, the log and tables turn with the others.
    (is("button, a, summary, [role=button][data-focus=keyboard], [role=tab]")
        && matches!(key.as_str(), " " | "Enter"))
        || (turns && is("[role=tablist], [role=grid], [data-scrolls]"))
}
