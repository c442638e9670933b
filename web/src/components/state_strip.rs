//! The state machines, side by side, and the form.

use leptos::prelude::*;

use crate::model::StateView;

/// The state machines, side by side, and the form.
#[component]
pub fn StateStrip(
    /// What it shows.
    view: Signal<StateView>,
) -> impl IntoView {
    move || view.with(|_| ())
}
