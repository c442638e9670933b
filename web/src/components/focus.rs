//! The focus of drawn things: where it is, and who brought it there.

use leptos::ev::{FocusEvent, KeyboardEvent};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget, SvgElement};

/// Remembers, on an element that gets the focus, whether the keyboard brought it. Asked later, `:focus-visible` would
/// say so after any key.
pub(crate) fn note_focus(event: &FocusEvent) {
    if let Some(element) = element_of(event.target()) {
        let shown = element.matches(":focus-visible").unwrap_or(true);
        // A constant is not refused.
        let _ = element.set_attribute("data-focus", if shown { "keyboard" } else { "pointer" });
    }
}

/// Whether the keyboard brought the focus to where this key was pressed.
pub(crate) fn shows_focus(event: &KeyboardEvent) -> bool {
    element_of(event.target())
        .is_some_and(|element| element.matches("[data-focus=keyboard]").unwrap_or(false))
}

/// Whether this key presses the element that has the focus. The space bar does only where the keyboard brought the
/// focus: after a click it plays and pauses, as everywhere.
pub(crate) fn presses(event: &KeyboardEvent) -> bool {
    event.key() == "Enter" || (event.key() == " " && shows_focus(event))
}

/// Moves the focus to the first drawn element that matches.
pub(crate) fn focus(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    if let Some(element) = found.and_then(|element| element.dyn_into::<SvgElement>().ok()) {
        // An element that cannot have the focus keeps it where it is.
        let _ = element.focus();
    }
}

fn element_of(target: Option<EventTarget>) -> Option<Element> {
    target?.dyn_into().ok()
}
