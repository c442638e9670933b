//! The boundaries of a partition.

use leptos::prelude::*;

use crate::model::StageView;

/// A line around each group of nodes, if they are divided.
#[component]
pub fn Boundaries(
    /// What the stage shows.
    stage: Signal<StageView>,
) -> impl IntoView {
    let paths = Memo::new(move |_| stage.with(|stage| stage.boundaries.clone()));
    let width = Memo::new(move |_| stage.with(|stage| 2.0 * stage.geometry.boundary_radius()));
    // The outline of a thick line: a thicker one under it.
    let lines = move |class: &'static str, more: f64| {
        paths
            .get()
            .into_iter()
            .map(|path| view! { <path class=class d=path stroke-width=move || format!("{:.0}", width.get() + more) /> })
            .collect_view()
    };
    view! {
        <g class="boundaries" aria-hidden="true">
            {move || lines("boundary-edge", 4.0)} {move || lines("boundary-inside", 0.0)}
        </g>
    }
}
