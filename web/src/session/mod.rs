//! The session: the world, outside the reactive graph, and what the page knows besides it.

mod acts;
mod annals;
mod follow;
mod history;
mod losses;
mod opening;
mod script;
#[cfg(test)]
mod tests;
mod travel;

use std::collections::VecDeque;

use mini_raft_core::check::Checks;
use mini_raft_core::metrics::Metrics;
use mini_raft_core::scenario::Scenario;
use mini_raft_core::sim::{Event, EventKind, World};
use mini_raft_core::time::Micros;
use mini_raft_core::timeline::{BranchId, Branches};

use self::history::History;
use self::losses::Losses;
use self::opening::{library, open};
use self::script::Script;
use crate::model::{
    Chronicle, Face, Geometry, Lesson, PlacedFlight, Strip, act_of_key, clamp_speed, face, menu_view,
    message_items, place_flights, stage_view,
};
use crate::text;
use crate::wish::{Act, DiagramWindow, EventFilter, Selection, Turn, Wish};

/// How far the world moves on between two looks at the clock.
const SLICE: Micros = Micros::from_millis(4);
/// The columns of the log strip until it has said how many fit.
const LOG_COLUMNS_AT_FIRST: u64 = 16;

/// A run, and how a person looks at it.
pub struct Session {
    /// The library, and behind it the one that was opened from outside.
    plays: Vec<Scenario>,
    library_count: usize,
    chosen: usize,
    seed: u64,
    branches: Branches,
    history: History,
    /// Events that have not been absorbed yet; kept for its memory.
    fresh: Vec<Event>,
    playing: bool,
    speed: f64,
    /// What is left of the last frame's time, less than a microsecond.
    remainder_us: f64,
    selection: Selection,
    /// What was selected before, on the way from event to event; the latest last.
    trail: Vec<Selection>,
    menu_open: bool,
    /// Time stands because a message was selected, and runs on when it no longer is.
    stands_for_message: bool,
    geometry: Geometry,
    stage_size: (f64, f64),
    placed: Vec<PlacedFlight>,
    losses: Losses,
    lesson: Lesson,
    refusal: Option<String>,
    announcements: Vec<String>,
    log_window: (Option<u64>, u64),
    event_filter: EventFilter,
    diagram_window: DiagramWindow,
    script: Script,
    /// How many events were past when they were absorbed last.
    event_count: u64,
    revision: u64,
}

impl Session {
    /// The first sight: free play, just before the first election, at this speed.
    pub fn new(speed: f64) -> Session {
        let plays = library();
        let seed = plays[0].setup.seed;
        let speed = clamp_speed(speed);
        let mut fresh = Vec::new();
        let branches = Branches::new(open(&plays[0], seed, speed, &mut fresh));
        let geometry = Geometry::default();
        let mut session = Session {
            library_count: plays.len(),
            plays,
            chosen: 0,
            seed,
            branches,
            history: History::default(),
            fresh,
            playing: true,
            speed,
            remainder_us: 0.0,
            selection: Selection::Nothing,
            trail: Vec::new(),
            menu_open: false,
            stands_for_message: false,
            stage_size: (geometry.width, geometry.height),
            geometry,
            placed: Vec::new(),
            losses: Losses::default(),
            lesson: Lesson::default(),
            refusal: None,
            announcements: Vec::new(),
            log_window: (None, LOG_COLUMNS_AT_FIRST),
            event_filter: EventFilter::default(),
            diagram_window: DiagramWindow::default(),
            script: Script::default(),
            event_count: 0,
            revision: 0,
        };
        session.absorb();
        session
    }

    /// Does what a person wants.
    pub fn grant(&mut self, wish: Wish) {
        self.revision += 1;
        match wish {
            Wish::Play => self.set_playing(true),
            Wish::Pause => self.set_playing(false),
            Wish::TogglePlay => self.set_playing(!self.playing),
            Wish::StepForward => self.step_forward(),
            Wish::StepBack => self.step_back(),
            Wish::Speed(speed) => self.speed = clamp_speed(speed),
            Wish::Restart { seed } => self.load(self.chosen, seed),
            Wish::LoadScenario(place) => {
                if let Some(play) = self.plays.get(place) {
                    self.load(place, play.setup.seed);
                }
            }
            Wish::Select(selection) => {
                self.leave_a_trail(selection);
                self.select(selection);
            }
            Wish::SelectMessage(turn) => self.select_message(turn),
            Wish::Follow(follow) => self.follow(follow),
            Wish::Letter { key, focused } => self.press(key, focused),
            Wish::CloseMenu => self.menu_open = false,
            Wish::Act(act) => self.act(&act),
            Wish::StageSize { width, height } => {
                self.stage_size = (width, height);
                self.measure();
            }
            Wish::LogWindow { first, columns } => self.log_window = (first, columns),
            Wish::DiagramWindow(window) => self.diagram_window = window,
            Wish::JumpTo { at_us, event } => {
                self.seek(Micros(at_us));
                self.select(Selection::Event(event));
            }
            Wish::Seek { at_us } => self.seek(Micros(at_us)),
            Wish::StepEvent(turn) => self.step_event(turn),
            Wish::Undo => self.undo(),
            Wish::Redo => self.redo(),
            Wish::SwitchBranch(id) => self.switch_branch(BranchId(id)),
            Wish::NameBranch { branch, name } => self.name_branch(BranchId(branch), &name),
            Wish::DeleteBranch(id) => self.delete_branch(BranchId(id)),
            Wish::FilterEvents(filter) => self.event_filter = filter,
            Wish::Share => self.look_at_share(),
            Wish::Save(form) => self.save(form),
            Wish::OpenFile { name, text } => self.open_file(&name, &text),
            Wish::OpenScript(text) => self.open_script(&text),
            Wish::OpenLink(fragment) => self.open_link(&fragment),
            Wish::DismissNotice => self.dismiss_notice(),
        }
    }

    /// Moves the world on by what this much of the reader's time is worth; stops early when `out_of_time` says so.
    pub fn advance(&mut self, wall_ms: f64, mut out_of_time: impl FnMut() -> bool) {
        if !self.playing {
            return;
        }
        let span_us = wall_ms * 1_000.0 * self.speed + self.remainder_us;
        let whole_us = span_us.floor().max(0.0);
        self.remainder_us = span_us - whole_us;
        let target = self.now() + Micros(whole_us as u64);
        while self.playing && self.now() < target {
            let slice_end = (self.now() + SLICE).min(target);
            self.branches.timeline_mut().seek(slice_end, &mut self.fresh);
            self.absorb();
            if out_of_time() {
                return;
            }
        }
    }

    /// Forgets the losses that have been shown long enough at this moment of the reader's time, in milliseconds.
    pub fn forget_losses(&mut self, wall_ms: f64) {
        self.losses.forget(wall_ms);
    }

    /// Looks where every message is now, those just lost among them.
    pub fn place_flights(&mut self) {
        self.placed.clear();
        let world = self.branches.timeline().present().world();
        place_flights(world, &self.geometry, &mut self.placed);
        self.losses.place(world, &self.geometry, &mut self.placed);
    }

    /// Where every message was at the last look.
    pub fn placed(&self) -> &[PlacedFlight] {
        &self.placed
    }

    /// What a message looks like, in flight or just lost.
    pub fn face(&self, id: u64) -> Option<Face> {
        match self.world().flight(id) {
            Some(flight) => Some(face(&flight.from, &flight.to, &flight.payload)),
            None => self.losses.face(id),
        }
    }

    /// The world as it is now.
    pub fn world(&self) -> &World {
        self.branches.timeline().present().world()
    }

    /// The latest events, the oldest first; at most a few thousand.
    pub fn events(&self) -> &VecDeque<Event> {
        self.history.past()
    }

    /// What is remembered for longer than the latest events.
    pub fn chronicle(&self) -> &Chronicle {
        self.history.chronicle()
    }

    /// The run, and what it could have been.
    pub fn branches(&self) -> &Branches {
        &self.branches
    }

    /// The summary of the present branch.
    pub fn strip(&self) -> &Strip {
        self.history.strip()
    }

    /// The safety properties, as far as the run has come.
    pub fn checks(&self) -> &Checks {
        self.branches.timeline().present().checks()
    }

    /// The numbers of the last minute.
    pub fn metrics(&self) -> &Metrics {
        self.branches.timeline().present().metrics()
    }

    /// What is selected.
    pub fn selection(&self) -> Selection {
        self.selection
    }

    /// Whether the menu of the selected node is open.
    pub fn menu_open(&self) -> bool {
        self.menu_open
    }

    /// The measures of the stage.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Whether time runs.
    pub fn playing(&self) -> bool {
        self.playing
    }

    /// Whether there is anything to go back to.
    pub fn can_step_back(&self) -> bool {
        self.branches.timeline().present().items() > 0
    }

    /// Whether something moves that is not the world's time.
    pub fn shows_losses(&self) -> bool {
        !self.losses.is_empty()
    }

    /// The scenarios of the menu, and the place of the one that runs.
    pub fn scenarios(&self) -> (&[Scenario], usize) {
        (&self.plays, self.chosen)
    }

    /// What the running scenario is about.
    pub fn about(&self) -> &str {
        &self.plays[self.chosen].about
    }

    /// The seed of the run.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How far the visitor has come.
    pub fn lesson(&self) -> Lesson {
        self.lesson
    }

    /// Why the last act was refused, if it was.
    pub fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    /// The columns of the log strip: the first index in view (`None` follows the end), and how many fit.
    pub fn log_window(&self) -> (Option<u64>, u64) {
        self.log_window
    }

    /// Which events are listed.
    pub fn event_filter(&self) -> EventFilter {
        self.event_filter
    }

    /// The span of the space-time diagram.
    pub fn diagram_window(&self) -> DiagramWindow {
        self.diagram_window
    }

    /// Changes whenever anything but the moment may have changed.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Takes the sentences that a screen reader has not heard yet.
    pub fn take_announcements(&mut self) -> Vec<String> {
        std::mem::take(&mut self.announcements)
    }

    fn set_playing(&mut self, playing: bool) {
        self.playing = playing;
        self.stands_for_message = false;
    }

    fn step_forward(&mut self) {
        self.set_playing(false);
        self.branches.timeline_mut().step_forward(&mut self.fresh);
        self.absorb();
    }

    fn step_back(&mut self) {
        self.set_playing(false);
        self.losses = Losses::default();
        self.branches.timeline_mut().step_back();
        self.absorb();
    }

    fn load(&mut self, place: usize, seed: u64) {
        self.chosen = place;
        if place < self.library_count {
            self.plays.truncate(self.library_count);
        }
        self.script.begin();
        self.seed = seed;
        self.history = History::default();
        self.losses = Losses::default();
        self.event_filter.node = None;
        self.diagram_window.end_us = None;
        self.refusal = None;
        self.select(Selection::Nothing);
        self.trail.clear();
        self.fresh.clear();
        self.branches = Branches::new(open(&self.plays[place], seed, self.speed, &mut self.fresh));
        self.measure();
        self.set_playing(true);
        self.absorb();
        self.announcements.clear();
    }

    fn select(&mut self, selection: Selection) {
        // One that was lost is shown a moment longer: what is told of it is its end.
        let selection = match selection {
            Selection::Message(id) if self.world().flight(id).is_none() => {
                self.end_of_message(id).unwrap_or(selection)
            }
            selection => selection,
        };
        self.menu_open = matches!(selection, Selection::Node(_));
        self.selection = selection;
        match selection {
            Selection::Message(_) if self.playing => {
                self.playing = false;
                self.stands_for_message = true;
            }
            Selection::Message(_) => {}
            _ if self.stands_for_message => self.set_playing(true),
            _ => {}
        }
    }

    /// The message in flight after this one or before it, round and round; the first if this one is not in flight.
    fn message_beside(&self, id: Option<u64>, turn: Turn) -> Option<u64> {
        let ids: Vec<u64> = self.world().flights().map(|flight| flight.id).collect();
        let here = ids.iter().position(|other| Some(*other) == id);
        let count = ids.len();
        let beside = match (here, turn) {
            (None, _) => 0,
            (Some(here), Turn::Next) => (here + 1) % count,
            (Some(here), Turn::Previous) => (here + count - 1) % count,
        };
        ids.get(beside).copied()
    }

    fn select_message(&mut self, turn: Turn) {
        let here = match self.selection {
            Selection::Message(id) => Some(id),
            _ => None,
        };
        if let Some(id) = self.message_beside(here, turn) {
            self.select(Selection::Message(id));
        }
    }

    /// A letter: it acts on what has the focus, or else on what is selected.
    fn press(&mut self, key: char, focused: Option<u32>) {
        let selection = focused.map_or(self.selection, Selection::Node);
        let items = match selection {
            Selection::Node(node) => menu_view(&stage_view(self), node).map(|menu| menu.items),
            Selection::Message(id) => self.world().flight(id).map(message_items),
            _ => None,
        };
        let Some(act) = act_of_key(&items.unwrap_or_default(), key) else { return };
        let next = match act {
            Act::Drop(id) => self.message_beside(Some(id), Turn::Next).filter(|next| *next != id),
            _ => None,
        };
        self.act(&act);
        // After one message is dropped, the next one can be.
        if let Some(next) = next {
            self.select(Selection::Message(next));
        }
    }

    fn act(&mut self, act: &Act) {
        self.refusal = acts::beyond_limits(act);
        if self.refusal.is_some() {
            return;
        }
        self.lesson = self.lesson.after(act, self.world());
        let commands = acts::commands(act, self.world());
        self.do_together(&commands);
    }

    fn measure(&mut self) {
        let (width, height) = self.stage_size;
        self.geometry = Geometry::new(width, height, self.world().machines().len() as u32);
    }

    fn now(&self) -> Micros {
        self.branches.timeline().present().now()
    }

    /// Takes note of what has just happened, and of where the present is.
    fn absorb(&mut self) {
        let mut broken_at = None;
        let count = self.catch_up();
        self.history.move_to(count, |event| {
            self.losses.note(event, &self.placed);
            self.announcements.extend(text::announcement(event));
            if matches!(event.kind, EventKind::Violation(_)) {
                broken_at.get_or_insert(event.at);
            }
        });
        self.look_around(count);
        if let Some(at) = broken_at {
            // A law is broken: the run stands at that moment.
            self.set_playing(false);
            if at < self.now() {
                self.go_to(at);
            }
        }
    }

    /// Takes note of where the present is, however it came there.
    fn look_around(&mut self, count: u64) {
        if self.event_count != count {
            self.event_count = count;
            self.revision += 1;
        }
        // A change of the membership brings new servers.
        if self.geometry.nodes as usize != self.world().machines().len() {
            self.measure();
            self.revision += 1;
        }
        if let Selection::Message(id) = self.selection
            && self.world().flight(id).is_none()
        {
            self.select(Selection::Nothing);
        }
        self.tell_end();
    }
}
