//! The logs, side by side.

use leptos::prelude::*;

use crate::model::LogView;

/// The logs, side by side.
#[component]
pub fn LogStrip(
    /// What it shows.
    view: Signal<LogView>,
) -> impl IntoView {
    move || view.with(|_| ())
}
