//! The selected message: every field, and what can be done to it.

use leptos::prelude::*;

use crate::model::{Geometry, MessageView, Point, StageView};
use crate::state::use_wishes;
use crate::wish::{Act, Selection, Turn, Wish};

/// The size for which room is kept, in CSS pixels.
const WIDTH: f64 = 256.0;
const HEIGHT: f64 = 330.0;
/// How far from the message the card stands, in CSS pixels.
const AWAY: f64 = 26.0;

/// The card of the selected message, while there is one.
#[component]
pub fn MessageCard(
    /// The message.
    message: Signal<Option<MessageView>>,
    /// Where it is.
    stage: Signal<StageView>,
) -> impl IntoView {
    let geometry = Memo::new(move |_| stage.with(|stage| stage.geometry));
    move || message.get().map(|message| view! { <Card message=message geometry=geometry.get() /> })
}

#[component]
fn Card(message: MessageView, geometry: Geometry) -> impl IntoView {
    let wishes = use_wishes();
    let MessageView { id, title, hue, from, to, at, fields, held, under_way } = message;
    let (left, top) = beside(at, &geometry);
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
        <section
            class="popover message-card"
            aria-label="Selected message"
            data-hue=hue.map(|hue| hue.to_string())
            style:left=format!("{left:.0}px")
            style:top=format!("{top:.0}px")
        >
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

/// A place beside the message where the card fits.
fn beside(at: Point, geometry: &Geometry) -> (f64, f64) {
    let fits_right = at.x + AWAY + WIDTH <= geometry.width;
    let left = if fits_right { at.x + AWAY } else { at.x - AWAY - WIDTH };
    let top = (at.y - HEIGHT / 3.0).min(geometry.height - HEIGHT - 8.0);
    (left.max(8.0), top.max(8.0))
}
