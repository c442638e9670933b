//! The dashboard.

use leptos::prelude::*;

use crate::model::DashboardView;

/// The dashboard.
#[component]
pub fn Dashboard(
    /// What it shows.
    view: Signal<DashboardView>,
) -> impl IntoView {
    move || view.with(|_| ())
}
