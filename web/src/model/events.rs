//! The list of events.

use crate::session::Session;

/// The latest events.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventsView {}

/// Builds the view.
pub fn events_view(_session: &Session) -> EventsView {
    EventsView {}
}
