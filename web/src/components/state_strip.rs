//! The state machines, side by side, and the form.

use leptos::prelude::*;

use super::RequestForm;
use crate::model::StateView;
use crate::model::kv::{KeyValue, RequestState, StateColumn};

/// The state machines, side by side, and the form.
#[component]
pub fn StateStrip(
    /// What it shows.
    view: Signal<StateView>,
) -> impl IntoView {
    let nodes =
        Memo::new(move |_| view.with(|view| view.nodes.iter().map(|node| node.node).collect::<Vec<_>>()));
    let columns = Memo::new(move |_| view.with(|view| view.nodes.clone()));
    let keys =
        Memo::new(move |_| view.with(|view| view.keys.iter().map(|row| row.key.clone()).collect::<Vec<_>>()));
    let more = Memo::new(move |_| view.with(|view| view.more_keys));
    let requests = Memo::new(move |_| view.with(|view| view.requests.clone()));
    let answered = Memo::new(move |_| {
        requests.with(|all| {
            let last = all.iter().find(|request| request.state != RequestState::Waiting);
            last.map(|request| format!("{}: {}", request.asked, request.came_to))
        })
    });
    view! {
        <section class="state" id="panel-state" aria-labelledby="state-title">
            <h2 id="state-title">"State machines"</h2>
            <div class="state-scroll" tabindex="0" data-scrolls="" role="group" aria-label="Keys and values of each node">
                <table class="state-table">
                    <thead>
                        <tr>
                            <th scope="col">"key"</th>
                            {move || {
                                columns
                                    .get()
                                    .into_iter()
                                    .map(|column| {
                                        let name = format!("node-{}", column.node);
                                        let told = if !column.up {
                                            format!("{name} is down: its state machine is gone")
                                        } else {
                                            format!("{name} has applied {}", column.applied)
                                        };
                                        view! {
                                            <th
                                                scope="col"
                                                title=told
                                                data-behind=column.behind.to_string()
                                                data-down=(!column.up).to_string()
                                            >
                                                <abbr title=name>{column.node}</abbr>
                                            </th>
                                        }
                                    })
                                    .collect_view()
                            }}
                        </tr>
                    </thead>
                    <tbody>
                        <For each=move || keys.get() key=|key| key.clone() let:key>
                            {
                                let name = key.to_string();
                                let values = Memo::new(move |_| {
                                    view.with(|view| {
                                        view.keys
                                            .iter()
                                            .find(|row| row.key == key)
                                            .map(|row| row.values.clone())
                                            .unwrap_or_default()
                                    })
                                });
                                let heading = name.clone();
                                view! {
                                    <tr>
                                        <th scope="row" title=name.clone()>{heading}</th>
                                        {move || {
                                            let columns = columns.get().into_iter();
                                            columns
                                                .zip(values.get())
                                                .map(|(column, value)| cell(column, &name, value))
                                                .collect_view()
                                        }}
                                    </tr>
                                }
                            }
                        </For>
                    </tbody>
                </table>
                <p class="state-empty" hidden=move || !keys.with(Vec::is_empty)>
                    "No keys yet: send a request, and see it applied on every node."
                </p>
                <p class="state-empty" hidden=move || more.get() == 0>
                    {move || format!("… and {} more keys", more.get())}
                </p>
            </div>
            <RequestForm nodes />
            <ul class="state-requests" aria-label="Your requests">
                <For each=move || requests.get() key=|request| request.request let:request>
                    {
                        let number = request.request;
                        let now = Memo::new(move |_| {
                            requests.with(|all| all.iter().find(|one| one.request == number).cloned())
                        });
                        let state = move || now.with(|now| now.as_ref().map(|now| now.state.name()));
                        let came_to =
                            move || now.with(|now| now.as_ref().map(|now| now.came_to.clone()).unwrap_or_default());
                        view! {
                            <li class="state-request" data-state=state>
                                <b>{request.asked}</b>
                                <span>{came_to}</span>
                            </li>
                        }
                    }
                </For>
            </ul>
            // A screen reader hears answers, and not how long one has been waiting.
            <p class="for-screen-readers" aria-live="polite">
                {move || answered.get()}
            </p>
        </section>
    }
    .into_any()
}

fn cell(column: StateColumn, key: &str, value: KeyValue) -> AnyView {
    let StateColumn { node, up, .. } = column;
    let differs = value.differs;
    match value.value {
        Some(text) => view! {
            <td data-kv=format!("node-{node}:{key}") data-differs=differs.to_string() title=text.to_string()>
                {text.to_string()}
            </td>
        }
        .into_any(),
        None => view! {
            <td data-differs=differs.to_string() data-down=(!up).to_string()>
                {if up { "–" } else { "" }}
            </td>
        }
        .into_any(),
    }
}
