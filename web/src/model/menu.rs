//! The menu of a node.

/// The menu of a node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MenuView {}
