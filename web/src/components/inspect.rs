//! Looking at something in the inspector.

use leptos::prelude::*;

use crate::state::{Tab, use_choices, use_wishes};
use crate::wish::Selection;

/// Selects something, and opens the inspector, which shows it.
pub(super) fn use_inspect() -> impl Fn(Selection) + Copy + 'static {
    let wishes = use_wishes();
    let tab = use_choices().tab;
    move |selection| {
        wishes.select(selection);
        tab.set(Tab::Inspector);
    }
}
