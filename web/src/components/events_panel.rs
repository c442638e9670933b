//! The list of events.

use leptos::prelude::*;

use super::inspect::use_inspect;
use crate::dom::{El, h, input_of};
use crate::model::events::EventLine;
use crate::model::{EventsView, hue};
use crate::state::{use_wishes, use_world};
use crate::wish::{EventFilter, EventsAbout, Selection, Wish};

/// The latest events, the newest first, filtered by node and kind.
pub fn events_panel(view: RwSignal<EventsView>) -> El {
    h("div.events")
        .child(h("div.events-filter").child(about(view)).child(node(view)))
        .child(
            h("p.note")
                .flag("hidden", move || !view.read().lines.is_empty())
                .text("Nothing of this kind has happened lately."),
        )
        .child(h("ol.events-list").set("reversed", "").each(move |list| {
            for event in &view.read().lines {
                // Another run has other events of the same numbers.
                list.keep(format!("{} {} {}", event.event, event.at, event.text), || line(event));
            }
        }))
}

fn about(view: RwSignal<EventsView>) -> El {
    let wishes = use_wishes();
    let select = h("select")
        .children(ABOUT.iter().map(|(_, slug, name)| h("option").set("value", *slug).text(*name)))
        .value(move || slug(view.read().filter.about))
        .on("change", move |event| {
            let filter = view.read_untracked().filter;
            wishes.send(Wish::FilterEvents(EventFilter { about: about_of(&input_of(&event)), ..filter }));
        });
    h("label").child(h("span").text("About")).child(select)
}

fn node(view: RwSignal<EventsView>) -> El {
    let wishes = use_wishes();
    let select = h("select")
        .child(h("option").set("value", "all").text("all"))
        .each(move |list| {
            for node in 0..view.read().nodes {
                list.keep(node, || h("option").set("value", node).text(format!("node-{node}")));
            }
        })
        .value(move || view.read().filter.node.map_or_else(|| "all".to_owned(), |node| node.to_string()))
        .on("change", move |event| {
            let filter = view.read_untracked().filter;
            wishes.send(Wish::FilterEvents(EventFilter { node: input_of(&event).parse().ok(), ..filter }));
        });
    h("label").child(h("span").text("Node")).child(select)
}

fn line(line: &EventLine) -> El {
    let inspect = use_inspect();
    let event = line.event;
    let term = h("span.events-term")
        .set("data-hue", line.term.and_then(hue))
        .text(line.term.map(|term| format!("T{term}")));
    let causes = use_world().causes;
    let button = h("button")
        .bind("aria-current", move || causes.read().event.filter(|chosen| *chosen == event).map(|_| "true"))
        .on("click", move |_| inspect(Selection::Event(event)))
        .child(h("time").text(line.at.clone()))
        .child(term)
        .child(h("span").text(line.text.clone()));
    h("li")
        .set("data-tone", line.tone.name())
        .set("data-event", event)
        .bind("data-cause", move || causes.read().mark(event))
        .child(button)
}

/// Each kind with its value in the form and its name.
const ABOUT: [(EventsAbout, &str, &str); 5] = [
    (EventsAbout::Milestones, "milestones", "what matters most"),
    (EventsAbout::Elections, "elections", "elections"),
    (EventsAbout::Logs, "logs", "logs"),
    (EventsAbout::Messages, "messages", "messages"),
    (EventsAbout::All, "all", "everything"),
];

fn slug(about: EventsAbout) -> &'static str {
    ABOUT.iter().find(|(candidate, ..)| *candidate == about).map_or("all", |(_, slug, _)| slug)
}

fn about_of(slug: &str) -> EventsAbout {
    ABOUT.iter().find(|(_, candidate, _)| *candidate == slug).map_or(EventsAbout::All, |(about, ..)| *about)
}
