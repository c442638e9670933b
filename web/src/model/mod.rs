//! View models: what the page shows, as plain values built by pure functions, so that they are tested natively.

pub mod causes;
pub mod checks;
pub mod chronicle;
pub mod clock;
pub mod dashboard;
pub mod diagram;
pub mod election;
pub mod events;
pub mod export;
pub mod flight;
pub mod fragment;
pub mod geometry;
pub mod hint;
pub mod inspector;
pub mod keys;
pub mod kv;
pub mod log;
pub mod log_axis;
pub mod menu;
pub mod message;
pub mod network;
pub mod past;
#[cfg(test)]
mod sample;
pub mod scenario;
pub mod share;
pub mod stage;
pub mod strip;
pub mod timer;
pub mod weave;
pub mod whatif;

pub use causes::{CausesView, causes_view};
pub use checks::{ChecksView, checks_view};
pub use chronicle::{Chronicle, is_lasting};
pub use clock::{
    ClockView, SLIDER_STEPS, SPEED_AT_FIRST, clamp_speed, clock_view, speed_at, speed_words, step_of,
};
pub use dashboard::{DashboardView, dashboard_view, dashboard_view_of};
pub use diagram::{DiagramView, diagram_view};
pub use events::{EventsView, events_view};
pub(crate) use flight::ends;
pub use flight::{Face, Motion, PlacedFlight, Shape, face, place_flights};
pub use geometry::{End, Geometry, Point, Segment};
pub use hint::{HintView, Lesson, hint_view};
pub use inspector::{InspectorView, inspector_view};
pub use keys::{KeyWish, wish_of_key};
pub use kv::{StateView, state_view};
pub use log::{LogView, log_view};
pub use menu::{MenuItem, MenuView, act_of_key, menu_view};
pub use message::{MessageView, message_items, message_view};
pub use network::{NetworkView, network_view};
pub use scenario::{CardView, Glyph, ScenarioView, scenario_view};
pub use share::{Download, NoticeView, ShareView, Tone};
pub use stage::{ClientView, LaneView, NodeView, RoleView, StageView, Vote, stage_view};
pub use strip::Strip;
pub use timer::timers;
pub use whatif::{Overlay, Overlays, WhatIfView, what_if_view};

/// The hue of a term: one of five, for `data-hue`; the number is always printed too. Before the first term there is
/// none.
pub fn hue(term: u64) -> Option<u8> {
    (term > 0).then_some((term % 5) as u8)
}

/// How much `part` is of `whole`, from 0 to 1; 0 of nothing.
pub fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { (part as f64 / whole as f64).clamp(0.0, 1.0) }
}
