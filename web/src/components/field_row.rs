//! A name and a value, marked for a moment when the value changes.

use std::cell::RefCell;

use leptos::prelude::*;

use crate::dom::{El, h};
use crate::model::{InspectorView, hue};

/// One field of a section of the inspector: its name, and its value after it.
pub fn field_row(view: RwSignal<InspectorView>, section: &'static str, place: usize, name: String) -> [El; 2] {
    let value = move || view.read().field(section, place).map(|field| field.value.clone()).unwrap_or_default();
    let term = move || view.read().field(section, place).and_then(|field| field.term).map(hue);
    let value_row = h("dd").bind("data-hue", term).bind("data-changed", change_mark(value)).live(value);
    [h("dt").text(name), value_row]
}

/// `data-changed` of an element that shows this value: it is another one after each change, so that the mark's
/// animation begins anew every time.
pub(super) fn change_mark(value: impl Fn() -> String + 'static) -> impl Fn() -> Option<&'static str> + 'static {
    let changes = RefCell::new((None, 0_u32));
    move || {
        let now = Some(value());
        let (shown, times) = &mut *changes.borrow_mut();
        if shown.is_some() && *shown != now {
            *times += 1;
        }
        *shown = now;
        match *times {
            0 => None,
            times if times % 2 == 1 => Some("odd"),
            _ => Some("even"),
        }
    }
}
