//! What is selected.

use leptos::prelude::*;

use crate::model::InspectorView;

/// What is selected.
#[component]
pub fn Inspector(
    /// What it shows.
    view: Signal<InspectorView>,
) -> impl IntoView {
    move || view.with(|_| ())
}
