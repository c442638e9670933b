//! Clients, outside the ring.

use leptos::prelude::*;

use crate::dom::{El, svg};
use crate::model::{End, StageView};
use crate::text::number::{fill, line, translate};

/// All clients, and a line from each to the node that it waits for.
pub fn clients(stage: RwSignal<StageView>) -> El {
    svg("g.clients").each(move |list| {
        for place in 0..stage.read().clients.len() {
            list.keep(place, || client(stage, place));
        }
    })
}

fn client(stage: RwSignal<StageView>, place: usize) -> El {
    let number = place as u32;
    let name = move || stage.read().clients.get(place).map(|client| client.name.clone());
    let waits_for = move || stage.read().clients.get(place).and_then(|client| client.waits_for);
    let way = move || {
        let node = waits_for()?;
        let geometry = stage.read().geometry;
        Some(line(geometry.client(number), geometry.lane(End::Client(number), End::Node(node)).to))
    };
    let half_width = move || stage.read().geometry.client_half_width();
    let word = move || if stage.read().geometry.is_narrow() { "" } else { "client " };
    let drawing = svg("g.client")
        .bind("data-client", name)
        .bind("data-waits", move || waits_for().is_some())
        .bind("transform", move || translate(stage.read().geometry.client(number)))
        .child(
            svg("rect")
                .attributes(&[("y", "-15"), ("height", "30"), ("rx", "15")])
                .bind("x", move || fill("%0", &[-half_width()]))
                .bind("width", move || fill("%0", &[2.0 * half_width()])),
        )
        .child(svg("text").set("y", "4").live(word).live(name));
    svg("g")
        .when(move || waits_for().is_some(), move || svg("path.client-line").bind("d", way))
        .child(drawing)
}
