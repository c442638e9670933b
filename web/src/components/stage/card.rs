//! The selected message: every field, and what can be done to it.

use leptos::prelude::*;

use crate::dom::{El, List, h};
use crate::model::{Geometry, MessageView, Point, StageView};
use crate::state::use_wishes;
use crate::text::number::fill;
use crate::wish::{Act, Selection, Turn, Wish};

/// The size for which room is kept, in CSS pixels.
const WIDTH: f64 = 256.0;
const HEIGHT: f64 = 330.0;
/// How far from the message the card stands, in CSS pixels.
const AWAY: f64 = 26.0;

/// The card of the selected message, while there is one. It is the same for one message after another, so that its
/// buttons keep the focus.
pub fn message_card(list: &mut List, message: RwSignal<Option<MessageView>>, stage: RwSignal<StageView>) {
    if message.read().is_some() {
        list.keep("", || card(message, stage));
    }
}

fn card(message: RwSignal<Option<MessageView>>, stage: RwSignal<StageView>) -> El {
    let place = move |of: fn(Point) -> f64| {
        move || {
            let message = message.read();
            message.as_ref().map(|message| fill("%0px", &[of(beside(message.at, &stage.read().geometry))]))
        }
    };
    h("section.popover.message-card")
        .set("aria-label", "Selected message")
        .bind("data-hue", part(message, |message| message.hue))
        .style("left", place(|at| at.x))
        .style("top", place(|at| at.y))
        .child(head(message))
        .child(h("dl.fields").each(move |list| {
            let message = message.read();
            let fields = message.iter().flat_map(|message| &message.fields);
            for (place, (name, value)) in fields.enumerate() {
                list.keep(format!("name {place} {name}"), || h("dt").text(*name));
                list.keep(format!("value {place} {value}"), || h("dd").text(value.clone()));
            }
        }))
        .child(actions(message))
}

fn head(message: RwSignal<Option<MessageView>>) -> El {
    let wishes = use_wishes();
    let close = h("button.close")
        .attributes(&[("type", "button"), ("aria-label", "Close")])
        .text("×")
        .on("click", move |_| wishes.select(Selection::Nothing));
    h("header")
        .child(h("h2").live(part(message, |message| message.title.clone())))
        .child(
            h("p")
                .live(part(message, |message| message.from.clone()))
                .text(" → ")
                .live(part(message, |message| message.to.clone())),
        )
        .child(close)
}

fn actions(message: RwSignal<Option<MessageView>>) -> El {
    let wishes = use_wishes();
    let action = |unfit: fn(&MessageView) -> bool, act: fn(&MessageView) -> Act| {
        let unfit = part(message, unfit);
        h("button").set("type", "button").flag("disabled", move || unfit().unwrap_or(true)).on(
            "click",
            move |_| {
                let act = message.read_untracked().as_ref().map(act);
                if let Some(act) = act {
                    wishes.act(act);
                    wishes.select(Selection::Nothing);
                }
            },
        )
    };
    let hold = action(
        |message| !message.under_way && !message.held,
        |message| if message.held { Act::Release(message.id) } else { Act::Hold(message.id) },
    );
    let next = h("button.next")
        .set("type", "button")
        .text("Next ")
        .child(h("kbd").set("aria-hidden", "true").text("M"))
        .on("click", move |_| wishes.send(Wish::SelectMessage(Turn::Next)));
    h("div.actions")
        .child(action(|message| !message.under_way, |message| Act::Drop(message.id)).text("Drop"))
        .child(hold.live(part(message, |message| if message.held { "Release" } else { "Hold" })))
        .child(action(|message| !message.under_way, |message| Act::Duplicate(message.id)).text("Duplicate"))
        .child(next)
}

fn part<T: 'static>(
    message: RwSignal<Option<MessageView>>,
    of: fn(&MessageView) -> T,
) -> impl Fn() -> Option<T> + 'static {
    move || message.read().as_ref().map(of)
}

/// A place beside the message where the card fits.
fn beside(at: Point, geometry: &Geometry) -> Point {
    let fits_right = at.x + AWAY + WIDTH <= geometry.width;
    let left = if fits_right { at.x + AWAY } else { at.x - AWAY - WIDTH };
    let top = (at.y - HEIGHT / 3.0).min(geometry.height - HEIGHT - 8.0);
    Point { x: left.max(8.0), y: top.max(8.0) }
}
