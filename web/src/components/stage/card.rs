//! The selected message: what it is, and what can be done to it. Its fields are in the inspector.

use leptos::prelude::*;

use super::super::inspect::use_inspect;
use crate::dom::{El, List, h};
use crate::model::{Geometry, MessageView, Point, StageView};
use crate::state::use_wishes;
use crate::text::number::fill;
use crate::wish::{Act, Selection, Turn, Wish};

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
    h("section.popover.message-card")
        .set("aria-label", "Selected message")
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
    let wishes = use_wishes();
    let inspect = use_inspect();
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
    // Only where the inspector is not open: see the style sheet.
    let read = h("button.read").set("type", "button").text("Read").on("click", move |_| {
        let id = message.read_untracked().as_ref().map(|message| message.id);
        if let Some(id) = id {
            inspect(Selection::Message(id));
        }
    });
    h("div.actions")
        .child(action(|message| !message.under_way, |message| Act::Drop(message.id)).text("Drop"))
        .child(hold.live(part(message, |message| if message.held { "Release" } else { "Hold" })))
        .child(action(|message| !message.under_way, |message| Act::Duplicate(message.id)).text("Duplicate"))
        .child(read)
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
