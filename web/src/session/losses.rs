//! Messages that were just lost: they are shown a moment longer, where they were lost.

use std::sync::Arc;

use mini_raft_core::sim::{DropReason, Endpoint, Event, EventKind, Payload, World};

use crate::model::{Face, Geometry, Motion, PlacedFlight, Point, ends, face};

/// How long a loss is shown, in milliseconds of the reader's time.
const SHOWN_MS: f64 = 900.0;
/// More losses than this at once are not shown one by one.
const LOSSES_MAX: usize = 40;

/// The losses that are shown.
#[derive(Default)]
pub(super) struct Losses {
    shown: Vec<Loss>,
}

struct Loss {
    id: u64,
    from: Endpoint,
    to: Endpoint,
    payload: Arc<Payload>,
    /// How far it came, where it was not seen on its way.
    part: f64,
    /// Where it was seen last.
    seen: Option<Point>,
    /// Set with the first look at the clock.
    until_ms: Option<f64>,
}

impl Losses {
    /// Takes note of an event, if it is a loss. `placed` is where the messages were seen last.
    pub(super) fn note(&mut self, event: &Event, placed: &[PlacedFlight]) {
        let EventKind::Drop { message, from, to, payload, why } = &event.kind else { return };
        if self.shown.len() == LOSSES_MAX {
            self.shown.remove(0);
        }
        let seen = placed
            .iter()
            .find(|flight| flight.id == *message)
            .map(|flight| Point { x: flight.x, y: flight.y });
        self.shown.push(Loss {
            id: *message,
            from: from.clone(),
            to: to.clone(),
            payload: payload.clone(),
            part: if *why == DropReason::Down { 1.0 } else { 0.5 },
            // At the door of a crashed node, and where a link is cut: it is known better than it was seen.
            seen: seen.filter(|_| matches!(why, DropReason::ByHand | DropReason::Lost)),
            until_ms: None,
        });
    }

    /// Forgets what has been shown long enough.
    pub(super) fn forget(&mut self, wall_ms: f64) {
        self.shown.retain_mut(|loss| wall_ms < *loss.until_ms.get_or_insert(wall_ms + SHOWN_MS));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    pub(super) fn place(&self, world: &World, geometry: &Geometry, placed: &mut Vec<PlacedFlight>) {
        for loss in &self.shown {
            let Some((from, to)) = ends(world, &loss.from, &loss.to) else { continue };
            let at = loss.seen.unwrap_or_else(|| geometry.lane(from, to).at(loss.part));
            placed.push(PlacedFlight { id: loss.id, x: at.x, y: at.y, motion: Motion::Lost });
        }
    }

    pub(super) fn face(&self, id: u64) -> Option<Face> {
        let loss = self.shown.iter().find(|loss| loss.id == id)?;
        Some(face(&loss.from, &loss.to, &loss.payload))
    }
}
