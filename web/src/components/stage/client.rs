//! Clients, outside the ring.

use leptos::prelude::*;

use crate::dom::{El, svg};
use crate::model::{End, StageView};
use crate::text::number::{line, translate};

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
    let drawing = svg("g.client")
        .bind("data-client", name)
        .bind("data-waits", move || waits_for().is_some())
        .bind("transform", move || translate(stage.read().geometry.client(number)))
        .markup("<rect x=-40 y=-15 width=80 height=30 rx=15></rect>")
        .child(svg("text").set("y", "4").text("client ").live(name));
    svg("g")
        .when(move || waits_for().is_some(), move || svg("path.client-line").bind("d", way))
        .child(drawing)
}
