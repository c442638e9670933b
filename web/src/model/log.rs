//! The logs, side by side.

use crate::session::Session;

/// The logs, side by side.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogView {}

/// Builds the view.
pub fn log_view(_session: &Session) -> LogView {
    LogView {}
}
