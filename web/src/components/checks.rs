//! The safety properties: a badge for the top strip, and the list that it opens.

use leptos::prelude::*;

use super::inspect::use_inspect;
use crate::dom::{El, effect, h};
use crate::model::ChecksView;
use crate::model::checks::{PropertyView, ViolationView};
use crate::text;
use crate::wish::Selection;

/// The badge in the top strip, and the list of properties that it opens.
pub fn checks_badge(view: RwSignal<ChecksView>) -> [El; 2] {
    let label = move || {
        let view = view.read();
        match view.violations {
            0 => format!("{} checks", view.properties.len()),
            some => text::plural(some, "violation", "violations"),
        }
    };
    let holds = move || view.read().violations == 0;
    let name = move || {
        if holds() { format!("{} of safety hold", label()) } else { format!("Safety is broken: {}", label()) }
    };
    let badge = h("button.checks-badge")
        .attributes(&[("data-checks", ""), ("popovertarget", "checks-list")])
        .bind("data-violations", move || view.read().violations)
        .bind("aria-label", name)
        .child(h("span").set("aria-hidden", "true").live(move || mark(holds())))
        .child(h("span").live(label));
    let list = checks_panel(view);
    // The first violation opens the list, so that nobody has to look for what went wrong.
    let popover = list.html().clone();
    let mut held = true;
    effect(Box::new(move || {
        let holds = holds();
        if held && !holds {
            // It may be open already.
            let _ = popover.show_popover();
        }
        held = holds;
    }));
    [badge, list]
}

/// Each property with what it means, and what broke it.
pub fn checks_panel(view: RwSignal<ChecksView>) -> El {
    let details =
        h("ul.checks-details").flag("hidden", move || view.read().details.is_empty()).each(move |list| {
            for violation in &view.read().details {
                let key = format!("{} {} {}", violation.event, violation.property, violation.detail);
                list.keep(key, || detail(violation));
            }
        });
    let properties = h("ul.checks-properties").each(move |list| {
        for one in &view.read().properties {
            list.keep([one.name, mark(one.violations == 0)].concat(), || property(one));
        }
    });
    h("div.checks-list")
        .attributes(&[
            ("id", "checks-list"),
            ("popover", "auto"),
            ("role", "dialog"),
            ("aria-label", "Safety checks"),
        ])
        .child(h("h2").text("Laws of Raft, checked after every event"))
        .child(details)
        .child(properties)
}

fn detail(violation: &ViolationView) -> El {
    let inspect = use_inspect();
    let event = violation.event;
    h("li")
        .child(h("b").text(violation.property.clone()))
        .text(" ")
        .text(violation.detail.clone())
        .child(h("button.link").text("See the event").on("click", move |_| inspect(Selection::Event(event))))
}

fn property(property: &PropertyView) -> El {
    let holds = property.violations == 0;
    let sign = h("span.checks-mark")
        .set("aria-label", if holds { "holds" } else { "broken" })
        .set("role", "img")
        .text(mark(holds));
    let says = h("div")
        .child(h("b").text(property.title.clone()))
        .child(h("span.checks-section").text(property.section))
        .child(h("p").text(property.about));
    h("li").set("data-property", property.name).set("data-holds", holds).child(sign).child(says)
}

fn mark(holds: bool) -> &'static str {
    if holds { "✓" } else { "✕" }
}
