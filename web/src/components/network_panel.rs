//! The network's settings, and the isolation of nodes. What heals all and moves the timers stands below the stage.

use std::rc::Rc;

use leptos::prelude::*;

use super::{Scale, slider};
use crate::dom::{El, h};
use crate::model::NetworkView;
use crate::state::use_wishes;
use crate::text;
use crate::wish::{Act, NetworkWish};

/// The network's settings.
pub fn network_panel(view: RwSignal<NetworkView>) -> El {
    let settings = move || {
        let view = view.read();
        [view.latency_ms.0, view.latency_ms.1, view.loss, view.duplicate]
    };
    let chips = h("div.chips").each(move |list| {
        for entry in &view.read().nodes {
            list.keep(entry.node, || chip(view, entry.node));
        }
    });
    h("div.network")
        .child(
            h("section.sliders")
                .child(h("h2").text("All links"))
                .children(link_sliders(None, settings))
                .child(h("p.note").live(move || links(&view.read()))),
        )
        .child(
            h("section")
                .child(h("h2").text("Partitions"))
                .child(h("p.note").text(
                    "Isolate a node, and see that a minority commits nothing. Click a line to cut it alone.",
                ))
                .child(chips),
        )
}

fn links(view: &NetworkView) -> String {
    let cut = match view.cut_links {
        0 => "No link is cut.".to_owned(),
        cut => format!("{} cut.", text::plural(cut, "direction is", "directions are")),
    };
    match view.special_links {
        0 => cut,
        special => {
            let has = text::plural(special, "direction has", "directions have");
            format!("{cut} {has} settings of its own.")
        }
    }
}

/// The button that cuts a node off, or joins it again.
fn chip(view: RwSignal<NetworkView>, node: u32) -> El {
    let wishes = use_wishes();
    let isolated = move || view.read().nodes.iter().any(|entry| entry.node == node && entry.isolated);
    h("button")
        .bind("aria-pressed", isolated)
        .live(move || format!("{} node-{node}", if isolated() { "Rejoin" } else { "Isolate" }))
        .on("click", move |_| {
            wishes.act(if untrack(isolated) { Act::Rejoin(node) } else { Act::Isolate(node) });
        })
}

/// What sliders say of links, in their order.
const SLIDERS: [(&str, Scale); 4] = [
    ("Least latency", Scale::LatencyMs),
    ("Greatest latency", Scale::LatencyMs),
    ("Loss", Scale::Share),
    ("Duplication", Scale::Share),
];

/// The sliders of all links, or of one direction of one; `settings` has the value of each, in their order.
pub(super) fn link_sliders(
    link: Option<(u32, u32)>,
    settings: impl Fn() -> [f64; 4] + 'static,
) -> impl Iterator<Item = El> {
    let wishes = use_wishes();
    let settings: Rc<dyn Fn() -> [f64; 4]> = Rc::new(settings);
    SLIDERS.iter().enumerate().map(move |(place, (name, scale))| {
        let (shown, before) = (settings.clone(), settings.clone());
        let change = move |value: f64| {
            let [least, most, ..] = untrack(|| before());
            let wish = NetworkWish { link, ..NetworkWish::default() };
            wishes.act(Act::Network(match place {
                // Where one end of the range goes beyond the other, that goes with it.
                0 => NetworkWish { latency_ms: Some((value, most.max(value))), ..wish },
                1 => NetworkWish { latency_ms: Some((least.min(value), value)), ..wish },
                2 => NetworkWish { loss: Some(value), ..wish },
                _ => NetworkWish { duplicate: Some(value), ..wish },
            }));
        };
        slider(name, *scale, move || shown()[place], change)
    })
}
