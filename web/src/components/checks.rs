//! The safety properties: a badge for the top strip, and a panel.

use leptos::prelude::*;

use crate::model::ChecksView;

/// The badge in the top strip.
#[component]
pub fn ChecksBadge(
    /// What it shows.
    view: Signal<ChecksView>,
) -> impl IntoView {
    move || view.with(|_| ())
}

/// Each property with what it means.
#[component]
pub fn ChecksPanel(
    /// What it shows.
    view: Signal<ChecksView>,
) -> impl IntoView {
    move || view.with(|_| ())
}
