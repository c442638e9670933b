//! The way down: a signal for each view model, written once a frame and only where it differs.

use leptos::prelude::*;

use crate::model::{
    CausesView, ChecksView, ClockView, DashboardView, DiagramView, EventsView, HintView, InspectorView,
    LogView, MenuView, MessageView, NetworkView, NoticeView, ScenarioView, ShareView, StageView, StateView,
    WhatIfView,
};

/// What the page shows of the world.
#[derive(Clone, Copy)]
pub struct World {
    /// Where time stands, and whether it runs.
    pub clock: RwSignal<ClockView>,
    /// Which scenario runs, and which there are.
    pub scenario: RwSignal<ScenarioView>,
    /// The ring of nodes, the lanes and the clients.
    pub stage: RwSignal<StageView>,
    /// The menu of the selected node, while it is open.
    pub menu: RwSignal<Option<MenuView>>,
    /// What to try next.
    pub hint: RwSignal<HintView>,
    /// Why the last act was refused; empty if it was not.
    pub refusal: RwSignal<String>,
    /// The selected message.
    pub message: RwSignal<Option<MessageView>>,
    /// The logs, side by side.
    pub log: RwSignal<LogView>,
    /// The state machines, side by side, and the last answers to the form.
    pub state: RwSignal<StateView>,
    /// The inspector of what is selected.
    pub inspector: RwSignal<InspectorView>,
    /// The dashboard.
    pub dashboard: RwSignal<DashboardView>,
    /// The safety properties.
    pub checks: RwSignal<ChecksView>,
    /// The space-time diagram.
    pub diagram: RwSignal<DiagramView>,
    /// The latest events.
    pub events: RwSignal<EventsView>,
    /// What the selected event rests on.
    pub causes: RwSignal<CausesView>,
    /// What the overlays show.
    pub what_if: RwSignal<WhatIfView>,
    /// The settings of the network.
    pub network: RwSignal<NetworkView>,
    /// What can be shared of the run, as it was when it was asked for.
    pub share: RwSignal<ShareView>,
    /// What the reader is told, until it is put away.
    pub notice: RwSignal<NoticeView>,
    /// Counts the runs that were begun.
    pub run_number: RwSignal<u64>,
    /// The latest sentence for a screen reader.
    pub announcement: RwSignal<String>,
}

impl World {
    /// Signals that show nothing yet.
    pub fn new() -> World {
        World {
            clock: RwSignal::default(),
            scenario: RwSignal::default(),
            stage: RwSignal::default(),
            menu: RwSignal::default(),
            hint: RwSignal::default(),
            refusal: RwSignal::default(),
            message: RwSignal::default(),
            log: RwSignal::default(),
            state: RwSignal::default(),
            inspector: RwSignal::default(),
            dashboard: RwSignal::default(),
            checks: RwSignal::default(),
            diagram: RwSignal::default(),
            events: RwSignal::default(),
            causes: RwSignal::default(),
            what_if: RwSignal::default(),
            network: RwSignal::default(),
            share: RwSignal::default(),
            notice: RwSignal::default(),
            run_number: RwSignal::default(),
            announcement: RwSignal::default(),
        }
    }
}

impl Default for World {
    fn default() -> World {
        World::new()
    }
}

/// The world of this page.
pub fn use_world() -> World {
    expect_context::<World>()
}

/// Writes a view where it differs: `set` would notify always.
pub(crate) fn show<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, view: T) {
    if signal.with_untracked(|shown| *shown != view) {
        signal.set(view);
    }
}
