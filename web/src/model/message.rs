//! The selected message on the stage; its fields are in the inspector.

use mini_raft_core::sim::World;

use super::flight::{ends, hue_of};
use super::geometry::{Geometry, Point};
use crate::text::message_name;

/// A message in flight.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MessageView {
    /// Its id.
    pub id: u64,
    /// What it is.
    pub title: String,
    /// The hue of its term; none for a client's message.
    pub hue: Option<u8>,
    /// The sender's name.
    pub from: String,
    /// The receiver's name.
    pub to: String,
    /// Where it is on the stage.
    pub at: Point,
    /// Whether it is kept back.
    pub held: bool,
    /// Whether it can be dropped, kept back and doubled: one that waits at a paused node has arrived.
    pub under_way: bool,
}

/// Builds the view of a message in flight; `None` if it is not in flight.
pub fn message_view(world: &World, geometry: &Geometry, id: u64) -> Option<MessageView> {
    let flight = world.flight(id)?;
    let (from, to) = ends(world, &flight.from, &flight.to)?;
    Some(MessageView {
        id,
        title: message_name(&flight.payload),
        hue: hue_of(&flight.payload),
        from: flight.from.to_string(),
        to: flight.to.to_string(),
        at: geometry.lane(from, to).at(flight.progress(world.now())),
        held: flight.held(),
        under_way: !flight.waiting,
    })
}
