//! The foot of the stage: what the shapes mean, and what can be done to the whole cluster.

use leptos::prelude::*;

use super::super::shapes::draw;
use crate::model::Shape;
use crate::state::use_wishes;
use crate::text::stage::legend;
use crate::wish::Act;

/// The legend and the cluster's buttons.
#[component]
pub fn Foot(
    /// Whether any link is cut.
    any_cut: Signal<bool>,
) -> impl IntoView {
    let wishes = use_wishes();
    view! {
        <div class="stage-foot">
            <Legend />
            <div class="stage-acts" role="group" aria-label="The whole cluster">
                <button type="button" disabled=move || !any_cut.get() on:click=move |_| wishes.act(Act::HealAll)>
                    "Heal all"
                </button>
                <button
                    type="button"
                    title="Move the election timers far apart"
                    on:click=move |_| wishes.act(Act::SpreadTimers)
                >
                    "Avoid a split vote"
                </button>
                <button
                    type="button"
                    title="Make the election timers run out together"
                    on:click=move |_| wishes.act(Act::AlignTimers)
                >
                    "Force a split vote"
                </button>
            </div>
        </div>
    }
}

/// What the shapes mean.
#[component]
fn Legend() -> impl IntoView {
    let items = [
        Shape::Entries { hues: vec![1, 1], count: 2 },
        Shape::Heartbeat,
        Shape::AppendReply { accepted: true },
        Shape::VoteRequest { pre_vote: false },
        Shape::VoteReply { pre_vote: false, granted: true },
        Shape::VoteRequest { pre_vote: true },
    ];
    let rows = items.into_iter().map(|shape| {
        view! {
            <li>
                <svg class="legend-shape" viewBox="-14 -11 28 22" width="28" height="22" aria-hidden="true">
                    <g class="message" data-hue="1" inner_html=draw(&shape)></g>
                </svg>
                {legend(&shape)}
            </li>
        }
    });
    view! {
        <ul class="legend" aria-label="Legend">
            {rows.collect_view()}
            <li class="legend-colour">"colour = term"</li>
        </ul>
    }
}
