//! The dashboard.

use crate::session::Session;

/// The dashboard.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DashboardView {}

/// Builds the view.
pub fn dashboard_view(_session: &Session) -> DashboardView {
    DashboardView {}
}
