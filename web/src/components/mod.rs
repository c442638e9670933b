//! What is on the screen: a file for each region. Components read view models and send wishes.

pub mod app;
pub mod checks;
pub mod dashboard;
pub mod events_panel;
mod field_row;
pub mod help;
pub mod hint;
pub mod icon;
pub mod inspector;
pub mod keyboard;
pub mod log_strip;
pub mod network_panel;
pub mod playback;
pub mod request_form;
pub mod resize;
pub mod shapes;
pub mod side_tabs;
pub mod slider;
pub mod stage;
pub mod state_strip;
pub mod top_strip;

pub use app::App;
pub use checks::{ChecksBadge, ChecksPanel};
pub use dashboard::Dashboard;
pub use events_panel::EventsPanel;
pub use help::Help;
pub use inspector::Inspector;
pub use log_strip::LogStrip;
pub use network_panel::NetworkPanel;
pub use playback::Playback;
pub use request_form::RequestForm;
pub use side_tabs::SideTabs;
pub use slider::{Scale, Slider};
pub use stage::{Movers, Stage};
pub use state_strip::StateStrip;
pub use top_strip::TopStrip;
