//! The dashboard: the cluster at a glance, its nodes, and the last minute in numbers.

use leptos::prelude::*;

use super::inspect::use_inspect;
use crate::model::dashboard::{DashboardView, Health, MetricRow, NodeRow};
use crate::model::hue;
use crate::wish::Selection;

/// The dashboard.
#[component]
pub fn Dashboard(
    /// What it shows.
    view: Signal<DashboardView>,
) -> impl IntoView {
    let inspect = use_inspect();
    let health = Memo::new(move |_| view.with(|view| view.health));
    let term = Memo::new(move |_| view.with(|view| view.term));
    let count = move |of: fn(&DashboardView) -> u64| Memo::new(move |_| view.with(of));
    let nodes =
        Memo::new(move |_| view.with(|view| view.nodes.iter().map(|row| row.node).collect::<Vec<_>>()));
    let metrics =
        Memo::new(move |_| view.with(|view| view.metrics.iter().map(|row| row.name).collect::<Vec<_>>()));
    let window = Memo::new(move |_| view.with(|view| view.window.clone()));
    view! {
        <div class="dashboard">
            <section>
                <h2>"Cluster overview"</h2>
                <p class="health" data-health=move || slug(health.get())>
                    <b>{move || health.get().name()}</b>
                    <span>{move || health.get().about()}</span>
                </p>
                <dl class="tiles">
                    <Tile name="Total nodes" value=count(|view| view.total) />
                    <Tile name="Leaders" value=count(|view| view.leaders) />
                    <Tile name="Followers" value=count(|view| view.followers) />
                    <Tile name="Candidates" value=count(|view| view.candidates) />
                    <Tile name="Unreachable" value=count(|view| view.unreachable) />
                    <div class="tile" data-hue=move || hue(term.get())>
                        <dt>"Current term"</dt>
                        <dd class="tile-term">{move || term.get()}</dd>
                    </div>
                </dl>
            </section>
            <section>
                <h2>"Node status"</h2>
                <table class="nodes">
                    <thead>
                        <tr>
                            <th scope="col">"Node"</th>
                            <th scope="col">"State"</th>
                            <th scope="col">"Term"</th>
                            <th scope="col">"Commit"</th>
                            <th scope="col">"Log size"</th>
                        </tr>
                    </thead>
                    <tbody>
                        <For each=move || nodes.get() key=|node| *node let:node>
                            {
                                let row = Memo::new(move |_| {
                                    view.with(|view| view.nodes.iter().find(|row| row.node == node).copied())
                                        .unwrap_or_default()
                                });
                                let part = move |of: fn(NodeRow) -> u64| move || of(row.get());
                                view! {
                                    <tr data-state=move || row.get().state data-hue=move || hue(row.get().term)>
                                        <th scope="row">
                                            <button
                                                class="link"
                                                on:click=move |_| inspect(Selection::Node(node))
                                            >
                                                {format!("node-{node}")}
                                            </button>
                                        </th>
                                        <td class="nodes-state">{move || row.get().state}</td>
                                        <td class="nodes-term">{part(|row| row.term)}</td>
                                        <td>{part(|row| row.commit)}</td>
                                        <td>{part(|row| row.log)}</td>
                                    </tr>
                                }
                            }
                        </For>
                    </tbody>
                </table>
            </section>
            <section>
                <h2>"Metrics " <small>{move || window.get()}</small></h2>
                <ul class="metrics">
                    <For each=move || metrics.get() key=|name| *name let:name>
                        <Metric view name />
                    </For>
                </ul>
            </section>
        </div>
    }
    .into_any()
}

#[component]
fn Tile(name: &'static str, value: Memo<u64>) -> impl IntoView {
    view! {
        <div class="tile" data-zero=move || (value.get() == 0).to_string()>
            <dt>{name}</dt>
            <dd>{move || value.get()}</dd>
        </div>
    }
}

#[component]
fn Metric(view: Signal<DashboardView>, name: &'static str) -> impl IntoView {
    let row = Memo::new(move |_| {
        view.with(|view| view.metrics.iter().find(|row| row.name == name).cloned()).unwrap_or_default()
    });
    let spark = Memo::new(move |_| row.with(|row| row.spark.clone()));
    let part = move |of: fn(&MetricRow) -> String| move || row.with(of);
    view! {
        <li class="metric">
            <span class="metric-name">{name}</span>
            <b class="metric-value">{part(|row| row.value.clone())}</b>
            <span class="metric-note">{part(|row| row.note.clone())}</span>
            <svg class="metric-bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
                <rect class="metric-all" width="100" height="4" />
                <rect
                    class="metric-part"
                    width=move || row.with(|row| 100.0 * row.bar.unwrap_or(0.0)).to_string()
                    height="4"
                />
            </svg>
            <svg class="metric-spark" viewBox="0 0 100 20" preserveAspectRatio="none" aria-hidden="true">
                <polyline points=move || spark.get() />
            </svg>
        </li>
    }
}

fn slug(health: Health) -> &'static str {
    match health {
        Health::Healthy => "healthy",
        Health::Degraded => "degraded",
        Health::NoLeader => "no-leader",
        Health::NoMajority => "no-majority",
    }
}
