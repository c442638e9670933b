//! The form with which a person sends requests.

use leptos::prelude::*;

use crate::state::use_wishes;
use crate::wish::{Act, Operation, RequestWish};

/// The form: what to ask, of which key, and of whom.
#[component]
pub fn RequestForm(
    /// The nodes that can be asked.
    #[prop(into)]
    nodes: Signal<Vec<u32>>,
) -> impl IntoView {
    let wishes = use_wishes();
    let operation = RwSignal::new(Operation::Set);
    let key = RwSignal::new("city".to_owned());
    let value = RwSignal::new("Oslo".to_owned());
    let expected = RwSignal::new(String::new());
    let to = RwSignal::new(None::<u32>);
    let takes_value =
        move || matches!(operation.get(), Operation::Set | Operation::Append | Operation::CompareAndSet);
    let takes_expected = move || operation.get() == Operation::CompareAndSet;
    let send = move || {
        wishes.act(Act::Request(RequestWish {
            operation: operation.get_untracked(),
            key: key.get_untracked(),
            value: value.get_untracked(),
            expected: expected.get_untracked(),
            to: to.get_untracked(),
        }));
    };
    view! {
        <form
            class="request"
            aria-label="Send a request"
            on:submit=move |event| {
                event.prevent_default();
                send();
            }
        >
            <label class="request-operation">
                <span>"Operation"</span>
                <select
                    aria-label="Operation"
                    prop:value=move || slug(operation.get())
                    on:change:target=move |event| operation.set(operation_of(&event.target().value()))
                >
                    {OPERATIONS
                        .iter()
                        .map(|(_, slug, name)| view! { <option value=*slug>{*name}</option> })
                        .collect_view()}
                </select>
            </label>
            <label class="request-key">
                <span>"Key"</span>
                <input
                    type="text"
                    required
                    maxlength="64"
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=move || key.get()
                    on:input:target=move |event| key.set(event.target().value())
                />
            </label>
            <label class="request-expected" hidden=move || !takes_expected()>
                <span>"Expected"</span>
                <input
                    type="text"
                    maxlength="256"
                    placeholder="empty: no such key"
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=move || expected.get()
                    on:input:target=move |event| expected.set(event.target().value())
                />
            </label>
            <label class="request-value" hidden=move || !takes_value()>
                <span>"Value"</span>
                <input
                    type="text"
                    maxlength="256"
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=move || value.get()
                    on:input:target=move |event| value.set(event.target().value())
                />
            </label>
            <label class="request-to">
                <span>"Ask"</span>
                <select
                    aria-label="Ask"
                    prop:value=move || to.get().map_or_else(|| "leader".to_owned(), |node| node.to_string())
                    on:change:target=move |event| to.set(event.target().value().parse().ok())
                >
                    <option value="leader">"the leader"</option>
                    <For each=move || nodes.get() key=|node| *node let:node>
                        <option value=node.to_string()>{format!("node-{node}")}</option>
                    </For>
                </select>
            </label>
            <button type="submit" class="primary">"Send"</button>
        </form>
    }
    .into_any()
}

/// Each operation with its value in the form and its name.
const OPERATIONS: [(Operation, &str, &str); 5] = [
    (Operation::Set, "set", "Set"),
    (Operation::Get, "get", "Get"),
    (Operation::Delete, "delete", "Delete"),
    (Operation::CompareAndSet, "cas", "Compare-and-set"),
    (Operation::Append, "append", "Append"),
];

fn slug(operation: Operation) -> &'static str {
    OPERATIONS.iter().find(|(candidate, ..)| *candidate == operation).map_or("set", |(_, slug, _)| slug)
}

fn operation_of(slug: &str) -> Operation {
    OPERATIONS
        .iter()
        .find(|(_, candidate, _)| *candidate == slug)
        .map_or(Operation::Set, |(operation, ..)| *operation)
}
