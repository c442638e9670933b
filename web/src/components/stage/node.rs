//! A node of the ring: role by shape and word, term by colour and number.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::super::focus::{note_focus, presses};
use crate::model::{NodeView, StageView, Vote};
use crate::state::use_wishes;
use crate::wish::Selection;

/// All nodes.
#[component]
pub fn Nodes(
    /// What the stage shows.
    stage: Signal<StageView>,
    /// Set when the keyboard opens a menu.
    focus_menu: RwSignal<bool>,
) -> impl IntoView {
    let count = Memo::new(move |_| stage.with(|stage| stage.nodes.len()));
    let geometry = Memo::new(move |_| stage.with(|stage| stage.geometry));
    view! {
        <g class="nodes">
            <For each=move || 0..count.get() key=|place| *place let:place>
                <Node
                    view=Memo::new(move |_| {
                        stage.with(|stage| stage.nodes.get(place).cloned().unwrap_or_default())
                    }).into()
                    transform=Signal::derive(move || {
                        geometry.with(|geometry| {
                            let at = geometry.node(place as u32);
                            format!("translate({:.1} {:.1}) scale({:.3})", at.x, at.y, geometry.scale)
                        })
                    })
                    focus_menu=focus_menu
                />
            </For>
        </g>
    }
}

/// One node, drawn around its centre.
#[component]
pub fn Node(
    /// What it shows.
    view: Signal<NodeView>,
    /// Where it stands.
    transform: Signal<String>,
    /// Set when the keyboard opens its menu.
    focus_menu: RwSignal<bool>,
) -> impl IntoView {
    let wishes = use_wishes();
    let node = view.with_untracked(|view| view.node);
    let select = move |by_keyboard| {
        focus_menu.set(by_keyboard);
        wishes.select(Selection::Node(node));
    };
    let on_key = move |event: KeyboardEvent| {
        if presses(&event) {
            event.prevent_default();
            event.stop_propagation();
            select(true);
        }
    };
    let votes = Memo::new(move |_| view.with(|view| view.votes.clone()));
    let timer_id = format!("timer-{node}");
    view! {
        <g transform=transform>
            <g
                class="node"
                role="button"
                tabindex="0"
                data-node=format!("node-{node}")
                data-role=move || view.with(|view| view.role.name())
                data-term=move || view.with(|view| view.term.to_string())
                data-commit=move || view.with(|view| view.commit_index.to_string())
                data-last-index=move || view.with(|view| view.last_index.to_string())
                data-hue=move || view.with(|view| view.hue().map(|hue| hue.to_string()))
                data-disk=move || view.with(|view| view.waits_for_disk.to_string())
                data-timer=move || view.with(|view| view.has_timer.to_string())
                aria-label=move || view.with(NodeView::label)
                aria-pressed=move || view.with(|view| view.selected.to_string())
                on:click=move |_| select(false)
                on:keydown=on_key
                on:focus=move |event| note_focus(&event)
            >
                <circle class="node-halo" r="59" />
                <circle class="node-track" r="52" />
                <circle
                    class="node-timer"
                    id=timer_id
                    r="52"
                    pathLength="100"
                    stroke-dasharray="0 100"
                    transform="rotate(-90)"
                />
                <circle class="node-crown-ring" r="52" />
                <circle class="node-body" r="44" />
                <circle class="node-hatch" r="44" />
                <circle class="node-disk" r="48" />
                <path class="node-crown" d="M-13 -20l4 -10 5 6 4 -9 4 9 5 -6 4 10z" />
                <path class="node-cross" d="M-6 -31l12 12m0 -12l-12 12" />
                <path class="node-bars" d="M-4 -31v11M4 -31v11" />
                <Pips votes=votes.into() />
            </g>
            // Beside the button, not in it: its name says the same in words, and a button's text has to be in its name.
            <g
                class="node-text"
                aria-hidden="true"
                data-hue=move || view.with(|view| view.hue().map(|hue| hue.to_string()))
            >
                <text class="node-name" y="-3">
                    {format!("node-{node}")}
                </text>
                <text class="node-word" y="12">
                    {move || view.with(|view| view.role.word())}
                </text>
                <text class="node-numbers" y="28">
                    {move || view.with(numbers)}
                </text>
                <g class="node-badge" transform="translate(36 -36)">
                    <rect x="-16" y="-10.5" width="32" height="21" rx="10.5" />
                    <text y="4.5">{move || view.with(|view| format!("T{}", view.term))}</text>
                </g>
            </g>
        </g>
    }
}

/// The votes of a candidate, one circle for each voter.
#[component]
fn Pips(votes: Signal<Vec<Vote>>) -> impl IntoView {
    move || {
        let votes = votes.get();
        let first = -4.0 * (votes.len() as f64 - 1.0);
        let pips = votes.into_iter().enumerate().map(|(place, vote)| {
            let x = first + 8.0 * place as f64;
            let cross =
                (vote == Vote::Denied).then(|| view! { <path d="M-2.6 -2.6l5.2 5.2m0 -5.2l-5.2 5.2" /> });
            view! {
                <g class="pip" data-vote=vote_name(vote) transform=format!("translate({x} -25)")>
                    <circle r="3" />
                    {cross}
                </g>
            }
        });
        pips.collect_view()
    }
}

/// The commit index and the last index; a crashed node has forgotten the first.
fn numbers(view: &NodeView) -> String {
    match view.role {
        crate::model::RoleView::Down => format!("{} on disk", view.last_index),
        _ => format!("{} of {}", view.commit_index, view.last_index),
    }
}

fn vote_name(vote: Vote) -> &'static str {
    match vote {
        Vote::Granted => "granted",
        Vote::Denied => "denied",
        Vote::Open => "open",
    }
}
