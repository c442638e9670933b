//! The session: the world, outside the reactive graph, and what the page knows besides it.

use std::collections::VecDeque;

use mini_raft_core::check::Checks;
use mini_raft_core::run::Run;
use mini_raft_core::sim::{Event, Setup, World};

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
    run: Run,
    checks: Checks,
    chronicle: crate::model::Chronicle,
}

impl Session {
    /// A session of this world, from its start.
    pub fn new(setup: Setup, speed: f64) -> Session {
        Session {
            run: Run::new(setup.clone(), Vec::new(), &mut Vec::new()),
            checks: Checks::new(&setup),
            chronicle: Default::default(),
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

    /// The world as it is now.
    pub fn world(&self) -> &World {
        self.run.world()
    }
    /// The safety properties, as far as the run has come.
    pub fn checks(&self) -> &Checks {
        &self.checks
    }
    /// What is remembered for longer than the latest events.
    pub fn chronicle(&self) -> &crate::model::Chronicle {
        &self.chronicle
    }
    /// Which events are listed.
    pub fn event_filter(&self) -> crate::wish::EventFilter {
        Default::default()
    }
    /// The columns that the log strip shows: the first one, or `None` for the last ones; and how many.
    pub fn log_window(&self) -> (Option<u64>, u64) {
        (None, 20)
    }
}
