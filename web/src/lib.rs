//! The Mini-Raft visualizer: five Raft nodes in the browser, running the real core on a simulated network.
//!
//! Data goes down as view models, wishes go up; nothing else crosses. A component sends a [`wish::Wish`]; the
//! [`driver`] gives it to the [`session::Session`], which holds the world outside the reactive graph; once a frame
//! the driver builds the [`model`]s and writes those that changed into the signals of [`state`], and places what
//! moves directly on its elements.

pub mod app;
pub mod components;
pub mod dom;
pub mod driver;
pub mod model;
pub mod outside;
pub mod session;
pub mod state;
pub mod text;
pub mod wish;
