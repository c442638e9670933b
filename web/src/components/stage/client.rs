//! Clients, outside the ring.

use leptos::prelude::*;

use crate::model::{ClientView, End, StageView};

/// All clients, and a line from each to the node that it waits for.
#[component]
pub fn Clients(
    /// What the stage shows.
    stage: Signal<StageView>,
) -> impl IntoView {
    let count = Memo::new(move |_| stage.with(|stage| stage.clients.len()));
    view! {
        <g class="clients">
            <For each=move || 0..count.get() key=|place| *place let:place>
                <Client
                    stage=stage
                    place=place as u32
                    view=Memo::new(move |_| stage.with(|stage| stage.clients.get(place).cloned()))
                />
            </For>
        </g>
    }
}

#[component]
fn Client(stage: Signal<StageView>, place: u32, view: Memo<Option<ClientView>>) -> impl IntoView {
    let geometry = Memo::new(move |_| stage.with(|stage| stage.geometry));
    let name = move || view.with(|view| view.as_ref().map(|view| view.name.clone()).unwrap_or_default());
    let waits_for = Memo::new(move |_| view.with(|view| view.as_ref().and_then(|view| view.waits_for)));
    let at = Memo::new(move |_| geometry.with(|geometry| geometry.client(place)));
    let line = move || {
        waits_for.get().map(|node| {
            let geometry = geometry.get();
            let (from, to) = (at.get(), geometry.lane(End::Client(place), End::Node(node)).to);
            view! {
                <line
                    class="client-line"
                    x1=format!("{:.1}", from.x)
                    y1=format!("{:.1}", from.y)
                    x2=format!("{:.1}", to.x)
                    y2=format!("{:.1}", to.y)
                />
            }
        })
    };
    view! {
        {line}
        <g
            class="client"
            data-client=name
            data-waits=move || waits_for.get().is_some().to_string()
            transform=move || at.with(|at| format!("translate({:.1} {:.1})", at.x, at.y))
        >
            <rect x="-40" y="-15" width="80" height="30" rx="15" />
            <text y="4">{move || format!("client {}", name())}</text>
        </g>
    }
}
