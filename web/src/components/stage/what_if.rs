//! What if: the switches of the overlays, and what they add to a node.

use leptos::prelude::*;

use crate::dom::{El, List, h, svg};
use crate::model::whatif::{NodeNote, Overlay};
use crate::state::{use_choices, use_world};
use crate::text::number::fill;
use crate::text::whatif::{about, chance, overlay as name};

/// The size of the letters of a note in units of the drawing, and in pixels of the screen, at least; as in the style
/// sheet.
const LETTER: f64 = 11.0;
const LETTER_PX_MIN: f64 = 9.0;
/// The width of a letter, as a part of its size.
const LETTER_WIDTH: f64 = 0.56;
/// What is left free beside and above the words.
const MARGIN: f64 = 4.0;

/// A button, and the list of switches that it opens.
pub fn what_if() -> [El; 2] {
    let shown = use_choices().overlays;
    let button = h("button.what-if-open")
        .attributes(&[("type", "button"), ("popovertarget", "what-if")])
        .bind("data-on", move || !shown.get().letters().is_empty())
        .text("What if …");
    let list = h("fieldset.what-if")
        .attributes(&[("id", "what-if"), ("popover", "auto")])
        .child(h("legend").text("What if, at a glance"))
        .children(Overlay::ALL.map(switch));
    [button, list]
}

fn switch(overlay: Overlay) -> El {
    let shown = use_choices().overlays;
    let words = h("span")
        .text(name(overlay))
        .text(" ")
        .child(h("kbd").set("aria-hidden", "true").text(overlay.letter().to_string()))
        .child(h("small").text(about(overlay)));
    let input = h("input")
        .attributes(&[("type", "checkbox")])
        .set("aria-label", name(overlay))
        .checked(move || shown.get().shows(overlay))
        .on("change", move |_| shown.update(|shown| *shown = shown.toggled(overlay)));
    h("label").child(input).child(words)
}

/// A part of what the overlays say of a node.
pub(super) fn note<T: 'static>(
    node: u32,
    of: fn(&NodeNote) -> Option<T>,
) -> impl Fn() -> Option<T> + Clone + 'static {
    let what_if = use_world().what_if;
    move || what_if.read().nodes.get(node as usize).and_then(of)
}

/// What stands at a node: below it whether it could win, above it what it would lose.
pub(super) fn notes(list: &mut List, node: u32) {
    let world = use_world();
    let what_if = world.what_if.read();
    let Some(note) = what_if.nodes.get(node as usize) else { return };
    let size = LETTER.max(LETTER_PX_MIN / world.stage.read().geometry.scale);
    if let Some(could) = note.chance {
        let name = could.name();
        list.keep(fill("%1 ", &[size]) + name, || badge("node-chance", name, chance(could), size, 57.0));
    }
    if let Some(loss) = &note.loss {
        let (kind, words) = (if loss.any { "some" } else { "none" }, &loss.words);
        list.keep(fill("%1 ", &[size]) + words, || badge("node-loss", kind, words, size, -59.0));
    }
}

/// A box with words; the node's own name says the same to a screen reader.
fn badge(class: &str, kind: &'static str, words: &str, size: f64, y: f64) -> El {
    let half = LETTER_WIDTH * size * words.chars().count() as f64 / 2.0 + 2.0 * MARGIN;
    let high = size + 2.0 * MARGIN;
    let number = |value| fill("%1", &[value]);
    svg(&format!("g.node-note.{class}"))
        .set("aria-hidden", "true")
        .set("data-note", kind)
        .set("transform", fill("translate(0 %0)", &[y]))
        .child(
            svg("rect")
                .set("x", number(-half))
                .set("y", number(-high / 2.0))
                .set("width", number(2.0 * half))
                .set("height", number(high))
                .set("rx", number(high / 2.0)),
        )
        .child(svg("text").set("y", number(0.35 * size)).text(words.to_owned()))
}
