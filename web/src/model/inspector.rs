//! What is selected.

use crate::session::Session;

/// What is selected.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InspectorView {}

/// Builds the view.
pub fn inspector_view(_session: &Session) -> InspectorView {
    InspectorView {}
}
