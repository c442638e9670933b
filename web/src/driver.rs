//! The one animation loop.
