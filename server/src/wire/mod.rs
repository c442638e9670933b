//! What peers say to each other: messages as bytes, in frames under a message authentication code.
//!
//! - [`codec`]: a message of the core as compact bytes or as JSON. What cannot be a message is an error.
//! - [`frame`]: the form of a frame: a clear header, what kind it is, its body, and HMAC-SHA-256 over all of it.
//! - [`seal`] and [`open`]: the sending and the receiving end. A frame that was seen before, that was made for an
//!   earlier life of its receiver, or that comes from an earlier session of its sender, is refused.
//! - [`hello`]: the exchange with which two nodes begin.
//! - [`deframer`]: frames one after the other in the long body of an HTTP request.
//! - [`secret`]: what the members of a cluster share.
//!
//! # Why a frame cannot be replayed
//! A node draws a *boot id* at random when it starts, and numbers the hellos that it answers: the number is a
//! *session*. A frame names the boot id of its receiver and the session, so what was recorded before the receiver
//! started anew, or before its sender said its last hello, is stale. Within a session each frame has a *counter* of
//! its own, and the receiver remembers which of the last 1,024 it has seen.
//!
//! A hello cannot be protected in this way, as its sender knows nothing yet. So it changes nothing of the sessions:
//! the first frame of the next one does, and only its true sender can make that one, as it needs the answer, which
//! names the hello's own nonce. What is done about the rest that a hello says must bear its being said again later.

pub mod codec;
pub mod deframer;
pub mod frame;
pub mod hello;
pub mod open;
pub mod seal;
pub mod secret;

mod forms;
mod validity;
mod window;

pub use codec::BadMessage;
pub use deframer::{Deframer, TooLong};
pub use frame::{ClusterId, Kind, MAX_BODY, MAX_FRAME, WIRE_VERSION};
pub use hello::{Hello, HelloReply, Nonce};
pub use open::{Answer, Body, Opened, Opener, Rejected};
pub use seal::{BootId, Identity, Sealed, SealedJson, Sealer};
pub use secret::Secret;

#[cfg(test)]
mod tests;
