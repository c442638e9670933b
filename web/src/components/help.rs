//! The help: what this is, what to try, how things are drawn, and all keys.

use super::modal::modal;
use crate::dom::{El, h};
use crate::state::use_choices;
use crate::text::help::{KEYS, LEGEND, TRY};

/// A dialog, open while `choices.help_open` is true.
pub fn help() -> El {
    modal("help", "How to use this laboratory", use_choices().help_open, contents)
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
