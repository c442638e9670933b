//! The panels at the side (wide) or in the sheet (narrow), one open at a time, and the state machines below them.

use leptos::ev::{self, KeyboardEvent};
use leptos::prelude::*;

use super::{Dashboard, EventsPanel, Inspector, NetworkPanel, StateStrip};
use crate::state::{Tab, use_choices, use_world};

/// Below this width of the window, in CSS pixels, the page is a stage and a sheet; as in `style/layout.css`.
const NARROW_PX_MAX: f64 = 760.0;

/// The tabs and the open panel.
///
/// The state machines and the logs are always there where there is room, and tabs where there is not.
#[component]
pub fn SideTabs() -> impl IntoView {
    let world = use_world();
    let tab = use_choices().tab;
    let narrow = narrow_window();
    Effect::new(move |_| {
        if !narrow.get() && !WIDE.contains(&tab.get()) {
            tab.set(Tab::Inspector);
        }
    });
    let shown = move || if narrow.get() { &NARROW[..] } else { &WIDE[..] };
    let on_key = move |event: KeyboardEvent| {
        let tabs = shown();
        let place = tabs.iter().position(|other| *other == tab.get_untracked()).unwrap_or(0);
        let next = match event.key().as_str() {
            "ArrowRight" => (place + 1) % tabs.len(),
            "ArrowLeft" => (place + tabs.len() - 1) % tabs.len(),
            "Home" => 0,
            "End" => tabs.len() - 1,
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        tab.set(tabs[next]);
        focus(&tab_id(tabs[next]));
    };
    view! {
        <aside class="side" aria-label="Panels" data-tab=move || tab.get().name()>
            <div class="tabs" role="tablist" aria-label="Panels" on:keydown=on_key>
                <For each=move || shown().iter().copied() key=|other| other.name() let:other>
                    <button
                        type="button"
                        role="tab"
                        id=tab_id(other)
                        aria-controls=panel_id(other)
                        aria-selected=move || (tab.get() == other).to_string()
                        tabindex=move || if tab.get() == other { "0" } else { "-1" }
                        on:click=move |_| tab.set(other)
                    >
                        {move || match other {
                            Tab::Inspector => title(world.inspector.with(|view| view.title.clone())),
                            other => label(other).to_owned(),
                        }}
                    </button>
                </For>
            </div>
            {PANELS
                .iter()
                .map(|panel| {
                    let panel = *panel;
                    view! {
                        <div
                            class="panel"
                            role="tabpanel"
                            id=panel_id(panel)
                            aria-labelledby=tab_id(panel)
                            tabindex="0"
                            data-scrolls=""
                            hidden=move || tab.get() != panel
                        >
                            {move || (tab.get() == panel).then(|| contents(panel))}
                        </div>
                    }
                })
                .collect_view()}
            <StateStrip view=world.state.into() />
        </aside>
    }
    .into_any()
}

/// The tabs where there is room for the state machines and the logs beside them.
const WIDE: [Tab; 4] = [Tab::Inspector, Tab::Dashboard, Tab::Network, Tab::Events];
/// The tabs where there is not.
const NARROW: [Tab; 6] = [Tab::Logs, Tab::State, Tab::Inspector, Tab::Dashboard, Tab::Network, Tab::Events];
/// The panels that are made here.
const PANELS: [Tab; 4] = WIDE;

fn contents(panel: Tab) -> AnyView {
    let world = use_world();
    match panel {
        Tab::Dashboard => view! { <Dashboard view=world.dashboard.into() /> }.into_any(),
        Tab::Network => view! { <NetworkPanel view=world.network.into() /> }.into_any(),
        Tab::Events => view! { <EventsPanel view=world.events.into() /> }.into_any(),
        Tab::Inspector | Tab::State | Tab::Logs => {
            view! { <Inspector view=world.inspector.into() /> }.into_any()
        }
    }
}

fn label(tab: Tab) -> &'static str {
    match tab {
        Tab::Inspector => "Inspector",
        Tab::State => "State",
        Tab::Logs => "Logs",
        Tab::Dashboard => "Dashboard",
        Tab::Network => "Network",
        Tab::Events => "Events",
    }
}

/// The inspector's tab is named after what is selected.
fn title(selected: String) -> String {
    if selected.is_empty() { label(Tab::Inspector).to_owned() } else { selected }
}

fn tab_id(tab: Tab) -> String {
    format!("tab-{}", tab.name())
}

fn panel_id(tab: Tab) -> String {
    format!("panel-{}", tab.name())
}

fn focus(id: &str) {
    use wasm_bindgen::JsCast;
    let element =
        document().get_element_by_id(id).and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(element) = element {
        // What cannot have the focus keeps it where it was.
        let _ = element.focus();
    }
}

/// Whether the window is narrow.
fn narrow_window() -> Signal<bool> {
    let is_narrow = || {
        let width = window().inner_width().ok().and_then(|width| width.as_f64());
        width.is_some_and(|width| width <= NARROW_PX_MAX)
    };
    let narrow = RwSignal::new(is_narrow());
    let listener = window_event_listener(ev::resize, move |_| {
        let now = is_narrow();
        if narrow.get_untracked() != now {
            narrow.set(now);
        }
    });
    on_cleanup(move || listener.remove());
    narrow.into()
}
