//! What is selected: why it is as it is, and its fields.

use leptos::prelude::*;

use super::field_row::{FieldRow, change_mark};
use super::inspect::use_inspect;
use super::{Scale, Slider};
use crate::model::inspector::{InspectorView, LEADER_STATE, LinkSettings, PeerRow, Related, Why};
use crate::model::{hue, share};
use crate::state::use_wishes;
use crate::wish::{Act, NetworkWish, Selection};

/// What is selected.
#[component]
pub fn Inspector(
    /// What it shows.
    view: Signal<InspectorView>,
) -> impl IntoView {
    let subject = Memo::new(move |_| view.with(|view| view.subject));
    let heading = Memo::new(move |_| view.with(|view| view.heading.clone()));
    let term = Memo::new(move |_| view.with(|view| view.term));
    let why = Memo::new(move |_| view.with(|view| view.why.clone()));
    let related = Memo::new(move |_| view.with(|view| view.related.clone()));
    view! {
        <div class="inspector" data-hue=move || term.get().map(hue)>
            <h2 class="inspector-heading">{move || heading.get()}</h2>
            {move || why.get().map(why_box)}
            // The subject is the key: with another one all is drawn anew, and nothing is marked as changed.
            <For each=move || [subject.get()] key=|subject| *subject let:_subject>
                <LinkControls view />
                <Sections view />
            </For>
            {move || related.with(|related| (!related.is_empty()).then(|| related_list(related)))}
        </div>
    }
    .into_any()
}

fn why_box(why: Why) -> impl IntoView {
    view! {
        <div class="why">
            <b>{why.question}</b>
            {(!why.answer.is_empty()).then(|| view! { <p>{why.answer}</p> })}
            {why
                .rule
                .map(|rule| {
                    view! {
                        <p class="why-rule">
                            <span class="why-section">{rule.section}</span>
                            " "
                            {rule.rule}
                        </p>
                    }
                })}
        </div>
    }
}

#[component]
fn Sections(view: Signal<InspectorView>) -> impl IntoView {
    let titles = Memo::new(move |_| {
        view.with(|view| view.sections.iter().map(|section| section.title).collect::<Vec<_>>())
    });
    view! {
        <For each=move || titles.get() key=|title| *title let:title>
            {
                let note = view.with_untracked(|view| {
                    view.sections.iter().find(|section| section.title == title).map_or("", |section| section.note)
                });
                let fields = Memo::new(move |_| {
                    view.with(|view| {
                        let section = view.sections.iter().find(|section| section.title == title);
                        section.map(|section| section.fields.iter().map(|field| field.name.clone()).collect::<Vec<_>>())
                    })
                    .unwrap_or_default()
                });
                view! {
                    <section class="inspector-section">
                        <h3>{title} <small>{note}</small></h3>
                        {(title == LEADER_STATE).then(|| view! { <Peers view /> })}
                        <dl>
                            <For
                                each=move || fields.get().into_iter().enumerate()
                                key=|field| field.clone()
                                let((place, name))
                            >
                                <FieldRow view section=title place name />
                            </For>
                        </dl>
                    </section>
                }
            }
        </For>
    }
    .into_any()
}

/// `next_index` and `match_index` of each follower, with how far that is of the leader's log.
#[component]
fn Peers(view: Signal<InspectorView>) -> impl IntoView {
    let nodes =
        Memo::new(move |_| view.with(|view| view.peers.iter().map(|peer| peer.node).collect::<Vec<_>>()));
    view! {
        <table class="peers">
            <thead>
                <tr>
                    <th scope="col">"node"</th>
                    <th scope="col">"next_index"</th>
                    <th scope="col">"match_index"</th>
                    <th scope="col">"sends"</th>
                </tr>
            </thead>
            <tbody>
                <For each=move || nodes.get() key=|node| *node let:node>
                    <Peer view node />
                </For>
            </tbody>
        </table>
    }
    .into_any()
}

#[component]
fn Peer(view: Signal<InspectorView>, node: u32) -> impl IntoView {
    let part = move |of: fn(&PeerRow) -> u64| {
        Memo::new(move |_| view.with(|view| view.peers.iter().find(|peer| peer.node == node).map_or(0, of)))
    };
    let next = part(|peer| peer.next_index);
    let matched = part(|peer| peer.match_index);
    let last = part(|peer| peer.last_index);
    let sends = Memo::new(move |_| {
        view.with(|view| {
            let peer = view.peers.iter().find(|peer| peer.node == node)?;
            Some((peer.mode, peer.inflight))
        })
    });
    view! {
        <tr>
            <th scope="row">{format!("node-{node}")}</th>
            <td data-changed=change_mark(next)>{move || next.get()}</td>
            <td class="peers-match" data-changed=change_mark(matched)>
                {move || matched.get()}
                <svg viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true">
                    <rect class="peers-all" width="100" height="3" />
                    <rect
                        class="peers-held"
                        width=move || 100.0 * share(matched.get(), last.get())
                        height="3"
                    />
                </svg>
            </td>
            <td>
                {move || {
                    sends
                        .get()
                        .map(|(mode, inflight)| match inflight {
                            0 => mode.to_owned(),
                            some => format!("{mode} · {some}"),
                        })
                }}
            </td>
        </tr>
    }
}

/// The sliders of a link.
#[component]
fn LinkControls(view: Signal<InspectorView>) -> impl IntoView {
    let wishes = use_wishes();
    let link = Memo::new(move |_| view.with(|view| view.link));
    let ends = Memo::new(move |_| link.get().map(|link| (link.from, link.to)));
    let shown = move |of: fn(LinkSettings) -> f64| Signal::derive(move || link.get().map_or(0.0, of));
    view! {
        {move || {
            ends.get()
                .map(|(from, to)| {
                    let change = move |wish: NetworkWish| {
                        wishes.act(Act::Network(NetworkWish { link: Some((from, to)), ..wish }));
                    };
                    let latency = move || link.get_untracked().map_or((0.0, 0.0), |link| link.latency_ms);
                    let is_cut = move || link.get().is_some_and(|link| link.cut);
                    view! {
                        <section class="inspector-section sliders">
                            <button
                                on:click=move |_| {
                                    let cut = link.get_untracked().is_some_and(|link| link.cut);
                                    wishes.act(if cut { Act::Heal { from, to } } else { Act::Cut { from, to } });
                                }
                            >
                                {move || if is_cut() { "Heal this direction" } else { "Cut this direction" }}
                            </button>
                            <Slider
                                name="Least latency"
                                scale=Scale::LatencyMs
                                value=shown(|link| link.latency_ms.0)
                                on_change=move |least: f64| {
                                    let most = latency().1.max(least);
                                    change(NetworkWish { latency_ms: Some((least, most)), ..NetworkWish::default() });
                                }
                            />
                            <Slider
                                name="Greatest latency"
                                scale=Scale::LatencyMs
                                value=shown(|link| link.latency_ms.1)
                                on_change=move |most: f64| {
                                    let least = latency().0.min(most);
                                    change(NetworkWish { latency_ms: Some((least, most)), ..NetworkWish::default() });
                                }
                            />
                            <Slider
                                name="Loss"
                                scale=Scale::Share
                                value=shown(|link| link.loss)
                                on_change=move |loss: f64| {
                                    change(NetworkWish { loss: Some(loss), ..NetworkWish::default() });
                                }
                            />
                            <Slider
                                name="Duplication"
                                scale=Scale::Share
                                value=shown(|link| link.duplicate)
                                on_change=move |duplicate: f64| {
                                    change(NetworkWish { duplicate: Some(duplicate), ..NetworkWish::default() });
                                }
                            />
                        </section>
                    }
                })
        }}
    }
    .into_any()
}

fn related_list(related: &[Related]) -> impl IntoView + use<> {
    let inspect = use_inspect();
    let lines = related
        .iter()
        .cloned()
        .map(|line| {
            view! {
                <li>
                    <small>{line.how}</small>
                    <button class="link" on:click=move |_| inspect(Selection::Event(line.event))>
                        {line.text}
                    </button>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="related">{lines}</ul> }
}
