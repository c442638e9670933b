//! Going back and forth in a run: a journal of what was done, and checkpoints to replay it from.
//!
//! A run is a function of its setup and its journal, so any moment of it can be reached from any earlier one. Checkpoints
//! (clones of the [`Run`], which share their logs) make that quick: they lie close together near the end, where a
//! person steps back, and further apart before, so that an hour of simulated time stays small in memory.

mod branches;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use self::branches::{Branch, BranchId, Branches, Origin, Parting, Place, parting};

use crate::run::{Deed, Run};
use crate::sim::{Command, Event, Setup};
use crate::time::Micros;

/// A checkpoint is taken when this many events have happened since the last one.
const INTERVAL_EVENTS: u64 = 512;

/// So many of the newest checkpoints are kept, all of them.
const RECENT_MAX: usize = 32;

/// Older ones are at least this many events apart: as many as can be replayed between two frames.
const OLD_INTERVAL_EVENTS: u64 = 4_096;

/// When there are more old ones, every second one goes.
const OLD_MAX: usize = 1_024;

/// A run that nobody looks at keeps so many.
const ASIDE_MAX: usize = 256;

/// A way forward that is no longer than this is played, so that one who follows is handed every event; a longer one
/// leads over a checkpoint.
const SHORT_WAY_ITEMS: u64 = 1_024;

/// A step forward gives up when nothing happens for this long.
const STEP_MAX: Micros = Micros::from_millis(60_000);

/// A run that one can go back in.
///
/// Events that were handed out once are not handed out again when the same part of the run is played a second time: the
/// caller keeps them, by their numbers, and [`Timeline::event_count`] says how many of them are past. One that has
/// not kept them asks for them with [`Timeline::recall`]; then a long way forward may leave some out again.
#[derive(Clone, Debug)]
pub struct Timeline {
    present: Run,
    /// The furthest that the run has been.
    end: Mark,
    /// At least the start, then by time.
    old: Vec<Arc<Run>>,
    old_interval: u64,
    recent: Vec<Arc<Run>>,
    /// The number of the next event to hand out.
    handed: u64,
    /// Reused: events that nobody wants again.
    scratch: Vec<Event>,
}

/// A place in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    at: Micros,
    items: u64,
    events: u64,
}

impl Timeline {
    /// A run at time 0; see [`Run::new`].
    pub fn new(setup: Setup, steps: Vec<(Micros, Command)>, events: &mut Vec<Event>) -> Timeline {
        let present = Run::new(setup, steps, events);
        Timeline {
            end: Mark::of(&present),
            old: vec![Arc::new(present.clone())],
            old_interval: OLD_INTERVAL_EVENTS,
            recent: Vec::new(),
            handed: present.world().event_count(),
            scratch: Vec::new(),
            present,
        }
    }

    /// The run as it is at this moment.
    pub fn present(&self) -> &Run {
        &self.present
    }

    /// How many events are past: those with a smaller number.
    pub fn event_count(&self) -> u64 {
        self.present.world().event_count()
    }

    /// All that is done in this run, with its moments: what was done so far, then what is known of later, the
    /// scenario's steps that are still to come among it. With the [`Setup`] of the world it makes the same run again.
    pub fn journal(&self) -> &[(Micros, Command)] {
        self.present.steps()
    }

    /// The latest moment that has been reached; after going back, the present is before it.
    pub fn end(&self) -> Micros {
        self.end.at
    }

    /// Whether nothing is known of what comes next.
    pub fn is_at_end(&self) -> bool {
        self.present.items() >= self.end.items && self.present.now() >= self.end.at
    }

    /// Goes to this moment, forth or back: everything up to and including it has happened, and nothing after it.
    /// Events that happen for the first time are added to `events`.
    pub fn seek(&mut self, t: Micros, events: &mut Vec<Event>) {
        let is_back = t < self.present.now();
        let nearest = self.last_checkpoint(|run| run.now() <= t);
        if is_back || nearest.items() > self.present.items() + SHORT_WAY_ITEMS {
            self.present = Run::clone(nearest).with_steps_of(&self.present);
        }
        while self.present.next_at().is_some_and(|at| at <= t) {
            self.step(events);
        }
        self.present.run_until(t, events);
        self.extend_end();
    }

    /// Goes on until something has happened. Returns false if nothing does for a simulated minute.
    pub fn step_forward(&mut self, events: &mut Vec<Event>) -> bool {
        let (count, limit) = (self.event_count(), self.present.now() + STEP_MAX);
        while self.present.next_at().is_some_and(|at| at <= limit) {
            self.step(events);
            if self.event_count() > count {
                return true;
            }
        }
        false
    }

    /// Goes back to just before the last thing that happened. Returns false at the start.
    pub fn step_back(&mut self) -> bool {
        let mut until = self.present.items();
        loop {
            let checkpoint = Run::clone(self.last_checkpoint(|run| run.items() < until));
            let checkpoint_items = checkpoint.items();
            let mut run = checkpoint.clone().with_steps_of(&self.present);
            let mut target = None;
            while run.items() < until {
                let (items, count) = (run.items(), run.world().event_count());
                self.replay_one(&mut run);
                if run.world().event_count() > count {
                    target = Some(items);
                }
            }
            if let Some(target) = target {
                let mut run = checkpoint.with_steps_of(&self.present);
                while run.items() < target {
                    self.replay_one(&mut run);
                }
                self.present = run;
                return true;
            }
            if checkpoint_items == 0 {
                return false;
            }
            until = checkpoint_items;
        }
    }

    /// Goes back to just before something was done: everything before its moment has happened, and of that moment
    /// the steps before `place` in the journal.
    fn seek_before(&mut self, place: usize, at: Micros, events: &mut Vec<Event>) {
        let nearest = self.last_checkpoint(|run| run.done() <= place && run.now() < at);
        self.present = Run::clone(nearest).with_steps_of(&self.present);
        while self.present.done() < place || self.present.next_at().is_some_and(|next| next < at) {
            self.step(events);
        }
        self.present.wait_until(at);
        self.extend_end();
    }

    /// Goes to just after this was done.
    fn seek_after(&mut self, deed: &Deed, events: &mut Vec<Event>) {
        self.seek_before(deed.place, deed.at, events);
        while self.present.done() < deed.place + deed.commands.len() {
            self.step(events);
        }
    }

    /// Does what a person wants, now; see [`Run::command`]. What was known of the future is given up: of the caller's
    /// events, those with numbers from that of the first one added to `events` are no longer true.
    ///
    /// # Errors
    /// Says why it cannot be done; then nothing changes, and the future stays.
    pub fn command(&mut self, command: Command, events: &mut Vec<Event>) -> Result<(), String> {
        self.act(&[command], events)
    }

    /// Does what a person wants, now and at one stroke; as [`Timeline::command`], all of it or nothing.
    ///
    /// # Errors
    /// Says why a part of it cannot be done; then nothing changes, and the future stays.
    pub fn act(&mut self, commands: &[Command], events: &mut Vec<Event>) -> Result<(), String> {
        let mut run = self.present.clone();
        run.forget_later_actions();
        let added = events.len();
        if let Err(why) = run.act(commands, events) {
            events.truncate(added);
            return Err(why);
        }
        self.give_up_future();
        self.present = run;
        self.end = Mark::of(&self.present);
        self.handed = self.end.events;
        Ok(())
    }

    /// Gives up what was known of the future: the run goes on as if nothing had been done later.
    fn give_up_future(&mut self) {
        let items = self.present.items();
        self.old.retain(|run| run.items() <= items);
        self.recent.retain(|run| run.items() <= items);
        self.present.forget_later_actions();
        self.end = Mark::of(&self.present);
        self.handed = self.end.events;
    }

    /// Adds the past events with numbers from `first` on to `events`, though they were handed out before; the next
    /// to be handed out is the one after the present.
    pub fn recall(&mut self, first: u64, events: &mut Vec<Event>) {
        let checkpoint = self.last_checkpoint(|run| run.world().event_count() <= first);
        let mut run = Run::clone(checkpoint).with_steps_of(&self.present);
        let first = first.max(run.world().event_count());
        let mut happened = std::mem::take(&mut self.scratch);
        while run.items() < self.present.items() {
            run.step(&mut happened);
            events.extend(happened.drain(..).filter(|event| event.seq >= first));
        }
        self.scratch = happened;
        self.handed = self.event_count();
    }

    /// Keeps fewer checkpoints: nobody looks at this run for now.
    fn rest(&mut self) {
        while self.old.len() > ASIDE_MAX {
            self.thin();
        }
    }

    /// How many checkpoints are kept.
    pub fn checkpoints(&self) -> usize {
        self.old.len() + self.recent.len()
    }

    /// One thing of the agenda, or one step.
    fn step(&mut self, events: &mut Vec<Event>) {
        let mut happened = std::mem::take(&mut self.scratch);
        self.present.step(&mut happened);
        let known = self.handed;
        events.extend(happened.drain(..).filter(|event| event.seq >= known));
        self.scratch = happened;
        self.handed = known.max(self.event_count());
        self.extend_end();
        self.take_checkpoint_if_due();
    }

    fn replay_one(&mut self, run: &mut Run) {
        run.step(&mut self.scratch);
        self.scratch.clear();
    }

    fn extend_end(&mut self) {
        let Mark { at, items, events } = Mark::of(&self.present);
        self.end = Mark {
            at: self.end.at.max(at),
            items: self.end.items.max(items),
            events: self.end.events.max(events),
        };
    }

    fn take_checkpoint_if_due(&mut self) {
        let count = self.event_count();
        let newest = self.recent.last().or(self.old.last());
        if newest.is_some_and(|newest| count < newest.world().event_count() + INTERVAL_EVENTS) {
            return;
        }
        self.recent.push(Arc::new(self.present.clone()));
        if self.recent.len() <= RECENT_MAX {
            return;
        }
        let aged = self.recent.remove(0);
        let last_old = self.old.last().map_or(0, |run| run.world().event_count());
        if aged.world().event_count() >= last_old + self.old_interval {
            self.old.push(aged);
        }
        if self.old.len() > OLD_MAX {
            self.thin();
        }
    }

    fn thin(&mut self) {
        self.old_interval *= 2;
        let mut place = 0;
        self.old.retain(|_| {
            place += 1;
            place % 2 == 1
        });
    }

    /// The last checkpoint of which this is true; it must be true of those before it, and of the start.
    fn last_checkpoint(&self, is_early: impl Fn(&Run) -> bool) -> &Arc<Run> {
        if let Some(run) = self.recent.iter().rev().find(|run| is_early(run)) {
            return run;
        }
        let count = self.old.partition_point(|run| is_early(run));
        &self.old[count.saturating_sub(1)]
    }
}

impl Mark {
    fn of(run: &Run) -> Mark {
        Mark { at: run.now(), items: run.items(), events: run.world().event_count() }
    }
}
