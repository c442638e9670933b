//! The selected message: what it is, and what can be done to it. Its fields are in the inspector.

use leptos::prelude::*;
use web_sys::UiEvent;

use super::super::focus::focus;
use super::super::inspect::use_inspect;
use crate::dom::{El, List, h};
use crate::model::{Geometry, MessageView, Point, StageView};
use crate::state::use_wishes;
use crate::text::number::fill;
use crate::wish::{Selection, Turn, Wish};

/// The size of the card, in CSS pixels; as in `style/menu.css`.
const WIDTH: f64 = 292.0;
const HEIGHT: f64 = 100.0;
/// From the middle of the message to the card, in CSS pixels: no shape is higher.
const AWAY: f64 = 30.0;
/// From the card to the edge of the stage, at least.
const EDGE: f64 = 6.0;

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
    // Whatever had the focus went with the card.
    on_cleanup(|| {
        if document().active_element() == document().body().map(Into::into) {
            focus(".stage-svg");
        }
    });
    h("section.popover.message-card")
        .attributes(&[("aria-label", "Selected message"), ("tabindex", "-1")])
        .bind("data-hue", part(message, |message| message.hue))
        .style("left", place(|at| at.x))
        .style("top", place(|at| at.y))
        .child(head(message))
        .child(actions(message))
}

fn head(message: RwSignal<Option<MessageView>>) -> El {
    let wishes = use_wishes();
    let next = h("button.next")
        .set("type", "button")
        .text("Next ")
        .child(h("kbd").set("aria-hidden", "true").text("M"))
        .on("click", move |_| wishes.send(Wish::SelectMessage(Turn::Next)));
    let close = h("button.close")
        .attributes(&[("type", "button"), ("aria-label", "Close")])
        .text("×")
        .on("click", move |_| wishes.select(Selection::Nothing));
    let title = part(message, |message| message.title.clone());
    h("header")
        .child(h("h2").bind("title", part(message, |message| message.title.clone())).live(title))
        .child(
            h("p")
                .live(part(message, |message| message.from.clone()))
                .text(" → ")
                .live(part(message, |message| message.to.clone())),
        )
        .child(next)
        .child(close)
}

fn actions(message: RwSignal<Option<MessageView>>) -> El {
    let inspect = use_inspect();
    // Only where the inspector is not open: see the style sheet.
    let read = h("button.read").set("type", "button").text("Read").on("click", move |_| {
        let id = message.read_untracked().as_ref().map(|message| message.id);
        if let Some(id) = id {
            inspect(Selection::Message(id));
        }
    });
    h("div.actions")
        .each(move |list| {
            // By its key: one that is held has another name, and the same button keeps the focus.
            for item in message.read().iter().flat_map(|message| &message.items) {
                list.keep(item.key.to_string(), || action(message, item.key));
            }
        })
        .child(read)
}

fn action(message: RwSignal<Option<MessageView>>, key: char) -> El {
    let wishes = use_wishes();
    let item = move || {
        message.read().iter().flat_map(|message| &message.items).find(|item| item.key == key).cloned()
    };
    let name = move || item().map(|item| item.name);
    let choose = move |event: &UiEvent| match untrack(item) {
        // A click that no pointer made: the keyboard goes on with this message, or the next one.
        Some(_) if event.detail() == 0 => wishes.send(Wish::Letter { key, focused: None }),
        Some(item) => {
            wishes.act(item.act);
            wishes.select(Selection::Nothing);
        }
        None => {}
    };
    h("button")
        .set("type", "button")
        .set("aria-keyshortcuts", key.to_string())
        .flag("disabled", move || !item().is_some_and(|item| item.enabled))
        .on_event("click", choose)
        .live(name)
        .child(h("kbd").set("aria-hidden", "true").text(key.to_string()))
}

fn part<T: 'static>(
    message: RwSignal<Option<MessageView>>,
    of: fn(&MessageView) -> T,
) -> impl Fn() -> Option<T> + 'static {
    move || message.read().as_ref().map(of)
}

/// The place of the card: above or below the message, towards the middle of the stage, where lanes are and no nodes.
fn beside(at: Point, geometry: &Geometry) -> Point {
    let left = if at.x < geometry.width / 2.0 { at.x - AWAY } else { at.x + AWAY - WIDTH };
    let top = if at.y < geometry.height / 2.0 { at.y + AWAY } else { at.y - AWAY - HEIGHT };
    Point {
        x: left.min(geometry.width - WIDTH - EDGE).max(EDGE),
        y: top.min(geometry.height - HEIGHT - EDGE).max(EDGE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wherever a message is, its card is wholly on the stage, and not on the message.
    #[test]
    fn a_card_is_on_the_stage_beside_its_message() {
        for (width, height) in [(1060.0, 500.0), (380.0, 360.0), (310.0, 300.0), (460.0, 262.0)] {
            let geometry = Geometry::new(width, height, 5);
            for step in 0..=200_u32 {
                let at =
                    Point { x: width * f64::from(step % 21) / 20.0, y: height * f64::from(step) / 200.0 };
                let Point { x, y } = beside(at, &geometry);
                assert!(x >= 0.0 && x + WIDTH <= width && y >= 0.0 && y + HEIGHT <= height, "{at:?}");
                assert!(y >= at.y + 20.0 || y + HEIGHT <= at.y - 20.0, "{at:?} on {width}");
            }
        }
    }
}
