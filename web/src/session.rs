//! The session: the world, outside the reactive graph, and what the page knows besides it.

use std::collections::VecDeque;

use mini_raft_core::sim::{Event, Setup};

use crate::wish::{Selection, Wish};

/// How many events are remembered for the inspector and the answers to the form.
const EVENTS_MAX: usize = 2_000;

/// A run, and how a person looks at it.
pub struct Session {
    setup: Setup,
    playing: bool,
    speed: f64,
    selection: Selection,
    events: VecDeque<Event>,
}

impl Session {
    /// A session of this world, from its start.
    pub fn new(setup: Setup, speed: f64) -> Session {
        Session {
            setup,
            playing: true,
            speed,
            selection: Selection::Nothing,
            events: VecDeque::with_capacity(EVENTS_MAX),
        }
    }

    /// Does what a person wants.
    pub fn grant(&mut self, wish: Wish) {
        match wish {
            Wish::Play => self.playing = true,
            Wish::Pause => self.playing = false,
            Wish::TogglePlay => self.playing = !self.playing,
            Wish::Speed(speed) => self.speed = speed,
            Wish::Select(selection) => self.selection = selection,
            _ => {}
        }
    }

    /// What the world was made of.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// What is selected.
    pub fn selection(&self) -> Selection {
        self.selection
    }

    /// The latest events, the oldest first; at most a few thousand.
    pub fn events(&self) -> &VecDeque<Event> {
        &self.events
    }
}
