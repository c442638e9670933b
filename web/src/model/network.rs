//! The network's settings.

use crate::session::Session;

/// The network's settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NetworkView {}

/// Builds the view.
pub fn network_view(_session: &Session) -> NetworkView {
    NetworkView {}
}
