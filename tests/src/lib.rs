//! Shared helpers of the tests that look at the whole project.

pub mod client_history;
pub mod files;
pub mod golden;
pub mod outsider;
pub mod played;
pub mod search;
pub mod source;
pub mod tla;
