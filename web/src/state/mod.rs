//! Signals, and what stands between them and the session. There are three contexts: [`Wishes`], [`World`] and
//! [`Choices`].

pub mod choices;
pub mod wishes;
pub mod world;

pub use choices::{Choices, Tab, Theme, is_small_window, use_choices};
pub use wishes::{Wishes, use_wishes};
pub(crate) use world::show;
pub use world::{World, use_world};
