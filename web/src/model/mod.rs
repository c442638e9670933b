//! View models: what the page shows, as plain values built by pure functions, so that they are tested natively.

pub mod checks;
pub mod chronicle;
pub mod clock;
pub mod dashboard;
pub mod events;
pub mod inspector;
pub mod kv;
pub mod log;
pub mod menu;
pub mod message;
pub mod network;
pub mod scenario;
pub mod stage;

pub use checks::{ChecksView, checks_view};
pub use chronicle::Chronicle;
pub use clock::{ClockView, clamp_speed};
pub use dashboard::{DashboardView, dashboard_view};
pub use events::{EventsView, events_view};
pub use inspector::{InspectorView, inspector_view};
pub use kv::{StateView, state_view};
pub use log::{LogView, log_view};
pub use menu::MenuView;
pub use message::MessageView;
pub use network::{NetworkView, network_view};
pub use scenario::ScenarioView;
pub use stage::StageView;

/// The hue of a term: one of five, for `data-hue`; the number is always printed too.
pub fn hue(term: u64) -> u8 {
    (term % 5) as u8
}
