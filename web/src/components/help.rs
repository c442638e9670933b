//! The help: what can be done, and its keys.

use leptos::prelude::*;

/// A dialog, open while `choices.help_open` is true.
#[component]
pub fn Help() -> impl IntoView {}
