//! The network's settings.

use leptos::prelude::*;

use crate::model::NetworkView;

/// The network's settings.
#[component]
pub fn NetworkPanel(
    /// What it shows.
    view: Signal<NetworkView>,
) -> impl IntoView {
    move || view.with(|_| ())
}
