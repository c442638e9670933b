//! The selected message: every field, and what can be done to it.

use leptos::prelude::*;

use crate::model::MessageView;
use crate::state::use_wishes;
use crate::wish::{Act, Selection, Turn, Wish};

/// The card of the selected message, while there is one.
#[component]
pub fn MessageCard(
    /// The message.
    message: Signal<Option<MessageView>>,
) -> impl IntoView {
    move || message.get().map(|message| view! { <Card message=message /> })
}

#[component]
fn Card(message: MessageView) -> impl IntoView {
    let wishes = use_wishes();
    let MessageView { id, title, hue, from, to, fields, held, under_way } = message;
    let act = move |act: Act| {
        wishes.act(act);
        wishes.select(Selection::Nothing);
    };
    let rows =
        fields.into_iter().map(|(name, value)| view! { <dt>{name}</dt> <dd>{value}</dd> }).collect_view();
    let hold = if held {
        view! { <button type="button" on:click=move |_| act(Act::Release(id))>"Release"</button> }.into_any()
    } else {
        view! { <button type="button" disabled=!under_way on:click=move |_| act(Act::Hold(id))>"Hold"</button> }.into_any()
    };
    view! {
        <section class="popover message-card" aria-label="Selected message" data-hue=hue.map(|hue| hue.to_string())>
            <header>
                <h2>{title}</h2>
                <p>{from} " → " {to}</p>
                <button type="button" class="close" aria-label="Close" on:click=move |_| wishes.select(Selection::Nothing)>
                    "×"
                </button>
            </header>
            <dl class="fields">{rows}</dl>
            <div class="actions">
                <button type="button" disabled=!under_way on:click=move |_| act(Act::Drop(id))>"Drop"</button>
                {hold}
                <button type="button" disabled=!under_way on:click=move |_| act(Act::Duplicate(id))>
                    "Duplicate"
                </button>
                <button type="button" class="next" on:click=move |_| wishes.send(Wish::SelectMessage(Turn::Next))>
                    "Next " <kbd aria-hidden="true">"M"</kbd>
                </button>
            </div>
        </section>
    }
}
