//! The safety properties.

use crate::session::Session;

/// The safety properties.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChecksView {}

/// Builds the view.
pub fn checks_view(_session: &Session) -> ChecksView {
    ChecksView {}
}
