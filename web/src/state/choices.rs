//! What the reader chose, remembered in the browser.

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use crate::model::{Overlays, SPEED_AT_FIRST, speed_at, step_of};

/// The reader's choices.
#[derive(Clone, Copy)]
pub struct Choices {
    /// Light, dark, or as the reader's system is.
    pub theme: RwSignal<Theme>,
    /// Which panel is open at the side (wide) or in the sheet (narrow).
    pub tab: RwSignal<Tab>,
    /// Simulated seconds in a second of the reader's.
    pub speed: RwSignal<f64>,
    /// Which answers to "what if" are shown.
    pub overlays: RwSignal<Overlays>,
    /// Whether the help is open; not remembered.
    pub help_open: RwSignal<bool>,
    /// Whether the library and the script are open; not remembered.
    pub scenarios_open: RwSignal<bool>,
    /// Whether what can be shared is open; not remembered.
    pub share_open: RwSignal<bool>,
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the reader's system is.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// The panels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// What is selected.
    #[default]
    Inspector,
    /// The state machines and the request form.
    State,
    /// The logs; a tab only where the page is narrow, else they are under the stage.
    Logs,
    /// The dashboard.
    Dashboard,
    /// The network's settings.
    Network,
    /// The list of events.
    Events,
    /// The space-time diagram.
    Diagram,
}

impl Theme {
    /// All of them, in the order in which the button turns.
    pub const ALL: [Theme; 3] = [Theme::Auto, Theme::Light, Theme::Dark];

    /// The name, in storage and in `data-theme`.
    pub fn name(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
}

impl Tab {
    /// All of them.
    pub const ALL: [Tab; 7] =
        [Tab::Inspector, Tab::State, Tab::Logs, Tab::Dashboard, Tab::Network, Tab::Events, Tab::Diagram];

    /// The name in storage and in ids of elements.
    pub fn name(self) -> &'static str {
        match self {
            Tab::Inspector => "inspector",
            Tab::State => "state",
            Tab::Logs => "logs",
            Tab::Dashboard => "dashboard",
            Tab::Network => "network",
            Tab::Events => "events",
            Tab::Diagram => "diagram",
        }
    }
}

impl Choices {
    /// What a first visitor gets.
    pub fn new() -> Choices {
        Choices {
            theme: RwSignal::default(),
            tab: RwSignal::default(),
            speed: RwSignal::new(SPEED_AT_FIRST),
            overlays: RwSignal::default(),
            help_open: RwSignal::default(),
            scenarios_open: RwSignal::default(),
            share_open: RwSignal::default(),
        }
    }

    /// What this reader chose on an earlier visit.
    pub fn remembered() -> Choices {
        let choices = Choices::new();
        if is_small_window() {
            // The stage is above it: a first visitor sees the logs grow.
            choices.tab.set(Tab::Logs);
        }
        if let Some(theme) = recall("theme").and_then(|name| find(&Theme::ALL, Theme::name, &name)) {
            choices.theme.set(theme);
        }
        if let Some(tab) = recall("tab").and_then(|name| find(&Tab::ALL, Tab::name, &name)) {
            choices.tab.set(tab);
        }
        if let Some(letters) = recall("overlays") {
            choices.overlays.set(Overlays::of_letters(&letters));
        }
        if let Some(step) = recall("speed").and_then(|step| step.parse().ok()) {
            choices.speed.set(speed_at(step));
        }
        choices
    }

    /// Remembers every later choice, and shows the theme on the document.
    pub fn keep(self) {
        Effect::new(move |_| {
            let theme = self.theme.get();
            remember("theme", theme.name());
            if let Some(root) = document().document_element() {
                // The attribute cannot be refused: the name is a constant.
                let _ = root.set_attribute("data-theme", theme.name());
            }
        });
        Effect::new(move |_| remember("tab", self.tab.get().name()));
        Effect::new(move |_| remember("overlays", &self.overlays.get().letters()));
        Effect::new(move |_| remember("speed", &step_of(self.speed.get()).to_string()));
    }
}

impl Default for Choices {
    fn default() -> Choices {
        Choices::new()
    }
}

/// The choices of this page.
pub fn use_choices() -> Choices {
    expect_context::<Choices>()
}

/// Windows of this width or height, in CSS pixels, are small: the page is a stage and a sheet with tabs. As in
/// `style/layout.css`.
const SMALL_WIDTH_MAX: f64 = 760.0;
const SMALL_HEIGHT_MAX: f64 = 560.0;

/// Whether the window is a small one.
pub fn is_small_window() -> bool {
    let window = window();
    let within = |size: Result<JsValue, JsValue>, max: f64| {
        size.ok().and_then(|size| size.as_f64()).is_some_and(|size| size <= max)
    };
    within(window.inner_width(), SMALL_WIDTH_MAX) || within(window.inner_height(), SMALL_HEIGHT_MAX)
}

fn find<T: Copy>(all: &[T], name_of: impl Fn(T) -> &'static str, name: &str) -> Option<T> {
    all.iter().copied().find(|choice| name_of(*choice) == name)
}

/// Storage may be refused (a private window, a policy): then nothing is remembered, and nothing else is wrong.
fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

fn recall(name: &str) -> Option<String> {
    storage()?.get_item(&format!("mini-raft.{name}")).ok().flatten()
}

fn remember(name: &str, value: &str) {
    if let Some(storage) = storage() {
        // A full storage forgets; see `storage`.
        let _ = storage.set_item(&format!("mini-raft.{name}"), value);
    }
}
