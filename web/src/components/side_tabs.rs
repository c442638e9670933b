//! The panels at the side (wide) or in the sheet (narrow), one open at a time, and the state machines below them.

use leptos::prelude::*;
use web_sys::KeyboardEvent;

use super::focus::focus;
use super::{dashboard, diagram, events_panel, inspector, network_panel, state_strip};
use crate::dom::{El, effect, h, listen};
use crate::state::{Tab, is_small_window, use_choices, use_world};

/// The tabs and the open panel.
///
/// The state machines and the logs are always there where there is room, and tabs where there is not.
pub fn side_tabs() -> El {
    let world = use_world();
    let tab = use_choices().tab;
    let narrow = narrow_window();
    effect(Box::new(move || {
        if !narrow.get() && !WIDE.contains(&tab.get()) {
            tab.set(Tab::Inspector);
        }
    }));
    h("aside.side")
        .set("aria-label", "Panels")
        .bind("data-tab", move || tab.get().name())
        .child(tab_list(tab, narrow))
        .children(PANELS.map(|of| panel(of, tab)))
        .child(state_strip(world.state))
}

fn tab_list(tab: RwSignal<Tab>, narrow: RwSignal<bool>) -> El {
    let shown = move |narrow: bool| if narrow { &NARROW[..] } else { &WIDE[..] };
    h("div.tabs")
        .attributes(&[("role", "tablist"), ("aria-label", "Panels")])
        .on_event("keydown", move |event: &KeyboardEvent| {
            let tabs = shown(narrow.get_untracked());
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
            focus(&format!("#{}", tab_id(tabs[next])));
        })
        .each(move |list| {
            for other in shown(narrow.get()) {
                list.keep(other.name(), || tab_button(*other, tab));
            }
        })
}

fn tab_button(own: Tab, tab: RwSignal<Tab>) -> El {
    let world = use_world();
    let name = move || match own {
        Tab::Inspector => title(world.inspector.read().title.clone()),
        other => label(other).to_owned(),
    };
    h("button")
        .attributes(&[("type", "button"), ("role", "tab")])
        .set("id", tab_id(own))
        .set("aria-controls", panel_id(own))
        .bind("aria-selected", move || tab.get() == own)
        .bind("tabindex", move || if tab.get() == own { "0" } else { "-1" })
        .on("click", move |_| tab.set(own))
        .bind("title", move || (own == Tab::Inspector).then(name))
        .live(name)
}

fn panel(own: Tab, tab: RwSignal<Tab>) -> El {
    h("div.panel")
        .attributes(&[("role", "tabpanel"), ("tabindex", "0"), ("data-scrolls", "")])
        .set("id", panel_id(own))
        .set("aria-labelledby", tab_id(own))
        .flag("hidden", move || tab.get() != own)
        .when(move || tab.get() == own, move || contents(own))
}

/// The tabs where there is room for the state machines and the logs beside them.
const WIDE: [Tab; 5] = [Tab::Inspector, Tab::Dashboard, Tab::Network, Tab::Events, Tab::Diagram];
/// The tabs where there is not.
const NARROW: [Tab; 7] =
    [Tab::Logs, Tab::State, Tab::Inspector, Tab::Dashboard, Tab::Network, Tab::Events, Tab::Diagram];
/// The panels that are made here.
const PANELS: [Tab; 5] = WIDE;

fn contents(panel: Tab) -> El {
    let world = use_world();
    match panel {
        Tab::Dashboard => dashboard(world.dashboard),
        Tab::Network => network_panel(world.network),
        Tab::Events => events_panel(world.events),
        Tab::Diagram => diagram(world.diagram),
        Tab::Inspector | Tab::State | Tab::Logs => inspector(world.inspector),
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
        Tab::Diagram => "Diagram",
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

/// Whether the window is a small one, as it changes.
fn narrow_window() -> RwSignal<bool> {
    let narrow = RwSignal::new(is_small_window());
    let resized = move |_| {
        let now = is_small_window();
        if narrow.get_untracked() != now {
            narrow.set(now);
        }
    };
    listen(&window(), "resize", Box::new(resized));
    narrow
}
