//! The popover of a message.

/// The popover of a message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MessageView {}
