//! The safety properties: a badge for the top strip, and the list that it opens.

use leptos::html;
use leptos::prelude::*;

use super::inspect::use_inspect;
use crate::model::ChecksView;
use crate::wish::Selection;

/// The badge in the top strip, with the list of properties that opens below it.
#[component]
pub fn ChecksBadge(
    /// What it shows.
    view: Signal<ChecksView>,
) -> impl IntoView {
    let list: NodeRef<html::Div> = NodeRef::new();
    let violations = Memo::new(move |_| view.with(|view| view.violations));
    let count = Memo::new(move |_| view.with(|view| view.properties.len()));
    // The first violation opens the list, so that nobody has to look for what went wrong.
    Effect::new(move |before: Option<u64>| {
        let now = violations.get();
        if now > 0
            && before.unwrap_or(0) == 0
            && let Some(list) = list.get()
        {
            // It may be open already.
            let _ = list.show_popover();
        }
        now
    });
    let label = move || match violations.get() {
        0 => format!("{} checks", count.get()),
        1 => "1 violation".to_owned(),
        many => format!("{many} violations"),
    };
    view! {
        <button
            class="checks-badge"
            data-checks=""
            data-violations=move || violations.get()
            popovertarget="checks-list"
            aria-label=move || {
                if violations.get() == 0 {
                    format!("{} checks of safety hold", count.get())
                } else {
                    format!("Safety is broken: {}", label())
                }
            }
        >
            <span aria-hidden="true">{move || if violations.get() == 0 { "✓" } else { "✕" }}</span>
            <span>{label}</span>
        </button>
        <div class="checks-list" id="checks-list" popover="auto" node_ref=list role="dialog" aria-label="Safety checks">
            <ChecksPanel view />
        </div>
    }
    .into_any()
}

/// Each property with what it means, and what broke it.
#[component]
pub fn ChecksPanel(
    /// What it shows.
    view: Signal<ChecksView>,
) -> impl IntoView {
    let inspect = use_inspect();
    let properties = Memo::new(move |_| view.with(|view| view.properties.clone()));
    let details = Memo::new(move |_| view.with(|view| view.details.clone()));
    view! {
        <h2>"Laws of Raft, checked after every event"</h2>
        <ul class="checks-details" hidden=move || details.with(Vec::is_empty)>
            <For each=move || details.get() key=|detail| (detail.event, detail.property) let:detail>
                <li>
                    <b>{detail.property}</b>
                    " "
                    {detail.detail}
                    <button class="link" on:click=move |_| inspect(Selection::Event(detail.event))>
                        "See the event"
                    </button>
                </li>
            </For>
        </ul>
        <ul class="checks-properties">
            {move || {
                properties
                    .get()
                    .into_iter()
                    .map(|property| {
                        let holds = property.violations == 0;
                        view! {
                            <li data-property=property.name data-holds=holds.to_string()>
                                <span class="checks-mark" aria-label=if holds { "holds" } else { "broken" } role="img">
                                    {if holds { "✓" } else { "✕" }}
                                </span>
                                <div>
                                    <b>{property.title}</b>
                                    <span class="checks-section">{property.section}</span>
                                    <p>{property.about}</p>
                                </div>
                            </li>
                        }
                    })
                    .collect_view()
            }}
        </ul>
    }
    .into_any()
}
