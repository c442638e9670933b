//! The boundaries of a partition.

use leptos::prelude::*;

use crate::dom::{El, svg};
use crate::model::StageView;
use crate::text::number::fill;

/// A line around each group of nodes, if they are divided.
pub fn boundaries(stage: RwSignal<StageView>) -> El {
    let all = svg("g.boundaries").set("aria-hidden", "true");
    // The outline of a thick line: a thicker one under it.
    let all = lines(all, stage, "path.boundary-edge", 4.0);
    lines(all, stage, "path.boundary-inside", 0.0)
}

fn lines(all: El, stage: RwSignal<StageView>, selector: &'static str, more: f64) -> El {
    let width = move || fill("%0", &[2.0 * stage.read().geometry.boundary_radius() + more]);
    all.each(move |list| {
        for path in &stage.read().boundaries {
            list.keep(path.clone(), || svg(selector).set("d", path.clone()).bind("stroke-width", width));
        }
    })
}
