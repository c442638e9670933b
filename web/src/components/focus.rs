//! The focus: where it is, and who brought it there.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, KeyboardEvent};

use crate::dom::{El, put};

/// Makes a drawn thing a button: `press` hears of a click, and of a key that presses it; then it is told `true`.
pub(crate) fn pressable(el: El, press: impl Fn(bool) + Copy + 'static) -> El {
    el.on("click", move |_| press(false))
        .on_event("keydown", move |event: &KeyboardEvent| {
            if presses(event) {
                event.prevent_default();
                event.stop_propagation();
                press(true);
            }
        })
        .on("focus", |event| note_focus(&event))
}

/// Remembers, on an element that gets the focus, whether the keyboard brought it. Asked later, `:focus-visible` would
/// say so after any key.
fn note_focus(event: &Event) {
    if let Some(element) = target_of(event) {
        let shown = element.matches(":focus-visible").unwrap_or(true);
        // A constant is not refused.
        let _ = element.set_attribute("data-focus", if shown { "keyboard" } else { "pointer" });
    }
}

/// Whether the keyboard brought the focus to where this key was pressed.
pub(crate) fn shows_focus(event: &KeyboardEvent) -> bool {
    target_of(event).is_some_and(|element| element.matches("[data-focus=keyboard]").unwrap_or(false))
}

/// Whether this key presses the element that has the focus. The space bar does only where the keyboard brought the
/// focus: after a click it plays and pauses, as everywhere.
fn presses(event: &KeyboardEvent) -> bool {
    event.key() == "Enter" || (event.key() == " " && shows_focus(event))
}

/// Moves the focus to the first element that matches.
pub(crate) fn focus(selector: &str) {
    if let Some(element) = document().query_selector(selector).ok().flatten() {
        // Drawn elements have the same method. One that cannot have the focus keeps it where it is.
        let _ = element.unchecked_into::<HtmlElement>().focus();
    }
}

/// Moves the focus to the first element that matches once the page shows what is wished for now.
pub(crate) fn focus_once_drawn(selector: &'static str) {
    // The next frame grants the wish; the one after it finds what it led to.
    request_animation_frame(move || request_animation_frame(move || focus(selector)));
}

/// Moves the focus to a node that was called by its digit. The space bar still plays and pauses: it presses only where
/// Tab has brought the focus.
pub(crate) fn focus_by_digit(node: u32) {
    focus_node(node);
    if let Some(element) = document().active_element() {
        put(&element, "data-focus", Some("digit"));
    }
}

/// Moves the focus to a node.
pub(crate) fn focus_node(node: u32) {
    focus(&format!("[data-node=\"node-{node}\"]"));
}

/// The element that an event came from.
pub(crate) fn target_of(event: &Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}
