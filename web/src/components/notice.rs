//! What the reader is told once: where a link led, what a scenario came to, why a file cannot be opened.

use leptos::prelude::*;

use crate::dom::{El, List, h};
use crate::model::{NoticeView, Tone};
use crate::state::use_wishes;
use crate::wish::Wish;

/// The notice, with a button that puts it away; nothing while there is none.
pub(super) fn notice(list: &mut List, notice: RwSignal<NoticeView>) {
    let view = notice.read();
    if !view.title.is_empty() {
        list.keep([view.title.as_str(), &view.lines.concat()].concat(), || card(&view));
    }
}

fn card(view: &NoticeView) -> El {
    let wishes = use_wishes();
    let (tone, role) = match view.tone {
        Tone::Plain => ("plain", "status"),
        Tone::Good => ("good", "status"),
        Tone::Bad => ("bad", "alert"),
    };
    let close = h("button.square")
        .attributes(&[("type", "button"), ("aria-label", "Dismiss")])
        .text("✕")
        .on("click", move |_| wishes.send(Wish::DismissNotice));
    let says = h("div").set("role", role).child(h("p").child(h("b").text(view.title.clone())));
    let lines = view.lines.iter().map(|line| h("li").text(line.clone()));
    let says = if view.lines.is_empty() { says } else { says.child(h("ul").children(lines)) };
    h("div.notice").set("data-tone", tone).child(says).child(close)
}
