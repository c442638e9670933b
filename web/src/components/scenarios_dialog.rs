//! The library, with a line and a picture each; files that are opened; the script of the run, to be edited.

use leptos::prelude::*;
use web_sys::Element;

use super::modal::modal;
use crate::dom::{El, effect, h, input_of, listen, svg};
use crate::model::{CardView, Glyph};
use crate::outside;
use crate::state::{use_choices, use_wishes, use_world};
use crate::text::share::SCRIPT_LIMITS;
use crate::wish::Wish;

/// Where the five nodes of a picture are.
const DOTS: [(u8, u8); 5] = [(22, 7), (36, 17), (31, 33), (13, 33), (8, 17)];

/// The dialog, open while `choices.scenarios_open` is true. It closes when a run begins.
pub fn scenarios_dialog() -> El {
    let (wishes, world, open) = (use_wishes(), use_world(), use_choices().scenarios_open);
    effect(Box::new(move || {
        world.run_number.track();
        open.set(false);
    }));
    // Files come from the button or are dropped anywhere on the page: web/assets/outside.js reads them.
    listen(
        &window(),
        "mini-raft-file",
        Box::new(move |_| {
            open.set(false);
            wishes.send(Wish::OpenFile { name: outside::opened_name(), text: outside::opened_text() });
        }),
    );
    modal("scenarios", "Scenarios", open, contents)
}

fn contents() -> El {
    use_wishes().send(Wish::Share);
    let file = h("label.button").text("Open a file …").child(h("input.for-screen-readers").attributes(&[
        ("type", "file"),
        ("accept", ".json,application/json"),
        ("data-opens", ""),
    ]));
    let files = h("p.files").child(file).child(h("span.note").text("or drop one anywhere on the page"));
    h("div.help-scroll")
        .attributes(&[("tabindex", "0"), ("data-scrolls", "")])
        .child(files)
        .child(library())
        .child(script())
}

fn library() -> El {
    let (world, wishes) = (use_world(), use_wishes());
    h("ul.cards").set("aria-label", "Library").each(move |list| {
        let scenario = world.scenario.read();
        for (place, card) in scenario.cards.iter().enumerate() {
            let chosen = place == scenario.chosen;
            list.keep(place, || {
                let button = h("button")
                    .set("type", "button")
                    .set("aria-current", chosen.then_some("true"))
                    .on("click", move |_| wishes.send(Wish::LoadScenario(place)));
                h("li").child(button.child(picture(card)).child(words(card)))
            });
        }
    })
}

fn words(card: &CardView) -> El {
    h("span").child(h("b").text(card.name.clone())).child(h("span.note").text(card.line.clone()))
}

/// Five nodes, and what is done to them.
fn picture(card: &CardView) -> El {
    let drawn = match card.glyph {
        Glyph::Election => "M22 7v-5M22 7a5 5 0 1 0 .1 0",
        Glyph::Crash => "M32 13l8 8M40 13l-8 8",
        Glyph::Cut => "M22 0v40",
        Glyph::Message => "M22 7L31 33M24 17l8 4M32 17l-8 4",
        Glyph::Disk => "M4 33c0-4 18-4 18 0v6c0 4-18 4-18 0zM4 33c0 4 18 4 18 0",
        Glyph::Clock => "M36 17m-8 0a8 8 0 1 0 16 0a8 8 0 1 0-16 0M36 12v5l4 2",
        Glyph::Members => "M40 30v10M35 35h10",
        Glyph::Transfer => "M22 7C34 2 40 8 37 13M33 11l4 3 3-4",
        Glyph::Snapshot => "M14 14h16v14h-16zM14 21h16",
        Glyph::Client => "M22 7L2 2M13 33L22 7L31 33",
    };
    let dots = DOTS.iter().map(|(x, y)| svg("circle").set("cx", *x).set("cy", *y).set("r", 4_u8));
    svg("svg.glyph")
        .attributes(&[("viewBox", "0 0 46 42"), ("width", "46"), ("height", "42"), ("aria-hidden", "true")])
        .children(dots)
        .child(svg("path").set("d", drawn))
}

/// The run as a scenario file. What was typed stays as it is when it is refused.
fn script() -> El {
    let (world, wishes) = (use_world(), use_wishes());
    let typed = RwSignal::new(String::new());
    // It comes once it was asked for. Whatever else changes then, what was typed stays.
    let asked = Memo::new(move |_| world.share.read().script.clone());
    effect(Box::new(move || typed.set(asked.get())));
    let field = h("textarea")
        .attributes(&[
            ("id", "script"),
            ("rows", "16"),
            ("spellcheck", "false"),
            ("autocapitalize", "off"),
            ("aria-describedby", "script-faults"),
        ])
        .bind("aria-invalid", move || (!world.share.read().faults.is_empty()).then_some("true"))
        .value(move || typed.get())
        .on("input", move |event| typed.set(input_of(&event)));
    let faults = h("ul.faults").attributes(&[("id", "script-faults"), ("role", "alert")]).each(move |list| {
        for (place, fault) in world.share.read().faults.iter().enumerate() {
            list.keep(format!("{place} {fault}"), || h("li").text(fault.clone()));
        }
    });
    let area: Element = field.element().clone();
    let run = h("button.primary").set("type", "button").text("Run this script").on("click", move |_| {
        wishes.send(Wish::OpenScript(typed.get_untracked()));
        // Where the mistake is, is where one goes on.
        outside::focus(&area);
    });
    h("section.script")
        .child(h("h3").child(h("label").set("for", "script").text("Script of this run")))
        .child(h("p.note").text(
            "Everything that the run depends on, and all that was done. Change it and run it from the start.",
        ))
        .child(field)
        .child(faults)
        .child(h("p.files").child(run))
        .child(h("p.note").text(SCRIPT_LIMITS))
}
