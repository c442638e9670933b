//! The state machines, side by side.

use crate::session::Session;

/// The state machines, side by side.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateView {}

/// Builds the view.
pub fn state_view(_session: &Session) -> StateView {
    StateView {}
}
