//! The network's settings, and the isolation of nodes. What heals all and moves the timers stands below the stage.

use leptos::prelude::*;

use super::{Scale, Slider};
use crate::model::NetworkView;
use crate::state::use_wishes;
use crate::text;
use crate::wish::{Act, NetworkWish};

/// The network's settings.
#[component]
pub fn NetworkPanel(
    /// What it shows.
    view: Signal<NetworkView>,
) -> impl IntoView {
    let wishes = use_wishes();
    let shown = move |of: fn(&NetworkView) -> f64| Signal::derive(move || view.with(of));
    let change = move |wish: NetworkWish| wishes.act(Act::Network(wish));
    let latency = move || view.with_untracked(|view| view.latency_ms);
    let nodes = Memo::new(move |_| view.with(|view| view.nodes.clone()));
    let links = Memo::new(move |_| view.with(|view| (view.cut_links, view.special_links)));
    view! {
        <div class="network">
            <section class="sliders">
                <h2>"All links"</h2>
                <Slider
                    name="Least latency"
                    scale=Scale::LatencyMs
                    value=shown(|view| view.latency_ms.0)
                    on_change=move |least: f64| {
                        let most = latency().1.max(least);
                        change(NetworkWish { latency_ms: Some((least, most)), ..NetworkWish::default() });
                    }
                />
                <Slider
                    name="Greatest latency"
                    scale=Scale::LatencyMs
                    value=shown(|view| view.latency_ms.1)
                    on_change=move |most: f64| {
                        let least = latency().0.min(most);
                        change(NetworkWish { latency_ms: Some((least, most)), ..NetworkWish::default() });
                    }
                />
                <Slider
                    name="Loss"
                    scale=Scale::Share
                    value=shown(|view| view.loss)
                    on_change=move |loss: f64| change(NetworkWish { loss: Some(loss), ..NetworkWish::default() })
                />
                <Slider
                    name="Duplication"
                    scale=Scale::Share
                    value=shown(|view| view.duplicate)
                    on_change=move |duplicate: f64| {
                        change(NetworkWish { duplicate: Some(duplicate), ..NetworkWish::default() });
                    }
                />
                <p class="note">
                    {move || {
                        let (cut, special) = links.get();
                        let cut = match cut {
                            0 => "No link is cut.".to_owned(),
                            cut => format!("{} cut.", text::plural(cut, "direction is", "directions are")),
                        };
                        let special = match special {
                            0 => String::new(),
                            special => format!(" {} settings of its own.", text::plural(special, "direction has", "directions have")),
                        };
                        format!("{cut}{special}")
                    }}
                </p>
            </section>
            <section>
                <h2>"Partitions"</h2>
                <p class="note">"Isolate a node, and see that a minority commits nothing. Click a line to cut it alone."</p>
                <div class="chips">
                    {move || {
                        nodes
                            .get()
                            .into_iter()
                            .map(|entry| {
                                let node = entry.node;
                                let isolated = entry.isolated;
                                let name = if isolated { format!("Rejoin node-{node}") } else { format!("Isolate node-{node}") };
                                view! {
                                    <button
                                        aria-pressed=isolated.to_string()
                                        on:click=move |_| {
                                            wishes.act(if isolated { Act::Rejoin(node) } else { Act::Isolate(node) });
                                        }
                                    >
                                        {name}
                                    </button>
                                }
                            })
                            .collect_view()
                    }}
                </div>
            </section>
        </div>
    }
    .into_any()
}
