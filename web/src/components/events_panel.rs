//! The list of events.

use leptos::prelude::*;

use super::inspect::use_inspect;
use crate::model::{EventsView, hue};
use crate::state::use_wishes;
use crate::wish::{EventFilter, EventsAbout, Selection, Wish};

/// The latest events, the newest first, filtered by node and kind.
#[component]
pub fn EventsPanel(
    /// What it shows.
    view: Signal<EventsView>,
) -> impl IntoView {
    let wishes = use_wishes();
    let inspect = use_inspect();
    let filter = Memo::new(move |_| view.with(|view| view.filter));
    let nodes = Memo::new(move |_| view.with(|view| view.nodes));
    let lines = Memo::new(move |_| view.with(|view| view.lines.clone()));
    let choose = move |filter: EventFilter| wishes.send(Wish::FilterEvents(filter));
    view! {
        <div class="events">
            <div class="events-filter">
                <label>
                    <span>"About"</span>
                    <select
                        prop:value=move || slug(filter.get().about)
                        on:change:target=move |event| {
                            let about = about_of(&event.target().value());
                            choose(EventFilter { about, ..filter.get_untracked() });
                        }
                    >
                        {ABOUT.iter().map(|(_, slug, name)| view! { <option value=*slug>{*name}</option> }).collect_view()}
                    </select>
                </label>
                <label>
                    <span>"Node"</span>
                    <select
                        prop:value=move || filter.get().node.map_or_else(|| "all".to_owned(), |node| node.to_string())
                        on:change:target=move |event| {
                            let node = event.target().value().parse().ok();
                            choose(EventFilter { node, ..filter.get_untracked() });
                        }
                    >
                        <option value="all">"all"</option>
                        <For each=move || 0..nodes.get() key=|node| *node let:node>
                            <option value=node.to_string()>{format!("node-{node}")}</option>
                        </For>
                    </select>
                </label>
            </div>
            <p class="note" hidden=move || !lines.with(Vec::is_empty)>"Nothing of this kind has happened lately."</p>
            <ol class="events-list" reversed>
                <For each=move || lines.get() key=|line| line.event let:line>
                    <li data-tone=line.tone.name()>
                        <button on:click=move |_| inspect(Selection::Event(line.event))>
                            <time>{line.at}</time>
                            <span class="events-term" data-hue=line.term.map(hue)>
                                {line.term.map(|term| format!("T{term}"))}
                            </span>
                            <span>{line.text}</span>
                        </button>
                    </li>
                </For>
            </ol>
        </div>
    }
    .into_any()
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
