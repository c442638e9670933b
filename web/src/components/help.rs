//! The help: what this is, what to try, how things are drawn, and all keys.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlDialogElement;

use crate::dom::{El, effect, h};
use crate::state::use_choices;
use crate::text::help::{KEYS, LEGEND, TRY};

/// A dialog, open while `choices.help_open` is true.
pub fn help() -> El {
    let open = use_choices().help_open;
    let close = h("button.square")
        .attributes(&[("type", "button"), ("aria-label", "Close")])
        .text("✕")
        .on("click", move |_| open.set(false));
    let header =
        h("header").child(h("h2").set("id", "help-title").text("How to use this laboratory")).child(close);
    let help = h("dialog.help")
        .set("aria-labelledby", "help-title")
        .on("close", move |_| open.set(false))
        .on("click", move |event| {
            // The backdrop belongs to the dialog; everything else is in the box inside.
            if event.target() == event.current_target() {
                open.set(false);
            }
        })
        .child(h("div.help-box").child(header).child(contents()));
    let dialog = help.element().clone().unchecked_into::<HtmlDialogElement>();
    effect(Box::new(move || {
        let wanted = open.get();
        if wanted && !dialog.open() {
            // Refused only where the dialog is not in the document.
            let _ = dialog.show_modal();
        } else if !wanted && dialog.open() {
            dialog.close();
        }
    }));
    help
}

fn contents() -> El {
    let legend = LEGEND.iter().flat_map(|(what, means)| [h("dt").text(*what), h("dd").text(*means)]);
    h("div.help-scroll")
        .attributes(&[("tabindex", "0"), ("data-scrolls", "")])
        .child(h("p").text(concat!(
            "Five servers run the Raft consensus algorithm on a simulated network, in your browser. ",
            "They agree on one log of commands although any server and any link may fail. ",
            "You can break all of it; nothing here can be damaged."
        )))
        .child(h("h3").text("Try this"))
        .child(h("ol").children(TRY.iter().map(|line| h("li").text(*line))))
        .child(h("h3").text("What you see"))
        .child(h("dl.help-legend").children(legend))
        .child(h("h3").text("Keys"))
        .child(
            h("table.help-keys").child(h("tbody").children(KEYS.iter().map(|(keys, does)| row(keys, does)))),
        )
}

fn row(keys: &[&'static str], does: &'static str) -> El {
    let mut heading = h("th").set("scope", "row");
    for key in keys {
        heading = heading.child(h("kbd").text(*key)).text(" ");
    }
    h("tr").child(heading).child(h("td").text(does))
}
