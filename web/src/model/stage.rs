//! The ring.

/// The ring.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StageView {}
