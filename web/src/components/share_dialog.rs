//! Handing a run on: as a link, within another page, as a file, as a picture.

use leptos::prelude::*;

use super::modal::modal;
use crate::dom::{El, h};
use crate::model::fragment::PANELS;
use crate::outside;
use crate::state::{use_choices, use_wishes, use_world};
use crate::wish::{Form, Wish};

/// What the panels of an embedded page are called, in the order of [`PANELS`] behind the stage.
const PANEL_NAMES: [&str; 3] = ["the logs", "the side panel", "the whole top strip"];

/// The dialog, open while `choices.share_open` is true.
pub fn share_dialog() -> El {
    modal("share", "Share and save this run", use_choices().share_open, contents)
}

fn contents() -> El {
    use_wishes().send(Wish::Share);
    h("div.help-scroll")
        .attributes(&[("tabindex", "0"), ("data-scrolls", "")])
        .child(link())
        .child(embed())
        .child(files())
        .child(pictures())
}

fn link() -> El {
    let world = use_world();
    let has_link = move || !world.share.read().fragment.is_empty();
    let text = move || {
        let share = world.share.read();
        if share.fragment.is_empty() { String::new() } else { outside::address() + &share.fragment }
    };
    let about = move || {
        format!(
            "It holds the scenario and all that was done, and opens at {}, standing.",
            world.share.read().moment
        )
    };
    h("section")
        .child(h("h3").text("Link to this moment"))
        .child(h("p.trouble").set("role", "alert").live(move || world.share.read().trouble.clone()))
        .child(
            h("div")
                .flag("hidden", move || !has_link())
                .child(copied("Link", "Copy link", false, text))
                .child(h("p.note").live(about)),
        )
}

/// A text to be copied, and the button that does it.
fn copied(
    name: &'static str,
    button: &'static str,
    is_long: bool,
    text: impl Fn() -> String + 'static,
) -> El {
    let field = h("textarea.copied")
        .attributes(&[("readonly", ""), ("spellcheck", "false")])
        .set("rows", if is_long { 4_u8 } else { 2 })
        .set("aria-label", name)
        .value(text);
    let status = h("span.note").set("role", "status");
    let (from, to) = (field.element().clone(), status.element().clone());
    let copy = h("button.primary")
        .set("type", "button")
        .text(button)
        .on("click", move |_| outside::copy(&from, &to));
    h("div").child(field).child(h("p.files").child(copy).child(status))
}

fn embed() -> El {
    let world = use_world();
    let shown = [true, false, false].map(RwSignal::new);
    let plays = RwSignal::new(true);
    let text = move || {
        let share = world.share.read();
        let mut fragment =
            if share.fragment.is_empty() { "#".to_owned() } else { share.fragment.clone() + "&" };
        fragment.push_str("embed=stage");
        for (panel, shown) in PANELS[1..].iter().zip(shown) {
            if shown.get() {
                fragment.push(',');
                fragment.push_str(panel);
            }
        }
        if plays.get() {
            fragment.push_str("&play");
        }
        let source = (outside::address() + &fragment).replace('&', "&amp;");
        format!(
            "<iframe src=\"{source}\" title=\"Mini-Raft\" width=\"800\" height=\"560\" allow=\"clipboard-write\"></iframe>"
        )
    };
    let choice = |name: &'static str, signal: RwSignal<bool>| {
        let input = h("input").set("type", "checkbox").set("checked", signal.get_untracked().then_some(""));
        let toggle = move |_| signal.update(|shown| *shown = !*shown);
        h("label").child(input.on("change", toggle)).text(" ").text(name)
    };
    h("section")
        .child(h("h3").text("Within another page"))
        .child(
            h("p.files.choices")
                .child(h("span").text("Show, beside the stage:"))
                .children(PANEL_NAMES.into_iter().zip(shown).map(|(name, signal)| choice(name, signal)))
                .child(choice("play at once", plays)),
        )
        .child(copied("Embed code", "Copy embed code", true, text))
}

fn files() -> El {
    let wishes = use_wishes();
    let save = |name: &'static str, about: &'static str, form: Form| {
        let button = h("button").set("type", "button").text(name);
        h("li")
            .child(button.on("click", move |_| wishes.send(Wish::Save(form))))
            .child(h("span.note").text(about))
    };
    h("section").child(h("h3").text("Files")).child(
        h("ul.saves")
            .child(save(
                "Scenario",
                "setup, steps and what was done: for this page and mini-raft sim",
                Form::Scenario,
            ))
            .child(save("Trace", "every event so far, a line of JSON each", Form::Trace))
            .child(save("Rust test", "plays the run, and fails if a law of Raft breaks", Form::RustTest))
            .child(save("ShiViz log", "what each host did so far, with vector clocks", Form::ShiViz)),
    )
}

fn pictures() -> El {
    let save = |name: &'static str, kind: &'static str| {
        h("button")
            .set("type", "button")
            .text(name)
            .on("click", move |_| outside::picture(".stage-svg", kind))
    };
    h("section")
        .child(h("h3").text("Picture of the stage"))
        .child(h("p.files").child(save("SVG", "svg")).child(save("PNG", "png")))
}
