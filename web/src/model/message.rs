//! The selected message on the stage; its fields are in the inspector.

use mini_raft_core::sim::{Flight, World};

use super::flight::{ends, hue_of};
use super::geometry::{Geometry, Point};
use super::menu::MenuItem;
use crate::text::message_name;
use crate::wish::Act;

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
    /// What can be done to it.
    pub items: Vec<MenuItem>,
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
        items: message_items(flight),
    })
}

/// What can be done to a message, each with its key. One that waits at a paused node has arrived: only one that is
/// kept back can still be let go on.
pub fn message_items(flight: &Flight) -> Vec<MenuItem> {
    let (id, held, under_way) = (flight.id, flight.held(), !flight.waiting);
    let hold = if held { Act::Release(id) } else { Act::Hold(id) };
    let item = |name, key, act, enabled| MenuItem { name, key, act, enabled };
    vec![
        item("Drop", 'D', Act::Drop(id), under_way),
        item(if held { "Release" } else { "Hold" }, 'H', hold, held || under_way),
        item("Duplicate", 'U', Act::Duplicate(id), under_way),
    ]
}
