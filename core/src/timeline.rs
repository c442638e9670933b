//! Going back and forth in a run: a journal of what was done, and checkpoints to replay it from.
//!
//! A run is a function of its setup and its journal, so any moment of it can be reached from any earlier one. Checkpoints
//! (clones of the [`Run`], which share their logs) make that quick: they lie close together near the end, where a
//! person steps back, and further apart before, so that an hour of simulated time stays small in memory.

use crate::run::Run;
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

/// A step forward gives up when nothing happens for this long.
const STEP_MAX: Micros = Micros::from_millis(60_000);

/// A run that one can go back in.
///
/// Events that were handed out once are not handed out again when the same part of the run is played a second time: the
/// caller keeps them, by their numbers, and [`Timeline::event_count`] says how many of them are past.
#[derive(Clone, Debug)]
pub struct Timeline {
    present: Run,
    /// The furthest that the run has been.
    end: Mark,
    /// At least the start, then by time.
    old: Vec<Run>,
    old_interval: u64,
    recent: Vec<Run>,
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
            old: vec![present.clone()],
            old_interval: OLD_INTERVAL_EVENTS,
            recent: Vec::new(),
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
        if is_back || nearest.items() > self.present.items() {
            self.present = nearest.clone().with_steps_of(&self.present);
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
            let checkpoint = self.last_checkpoint(|run| run.items() < until).clone();
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

    /// Does what a person wants, now; see [`Run::command`]. What was known of the future is given up: of the caller's
    /// events, those with numbers from that of the first one added to `events` are no longer true.
    ///
    /// # Errors
    /// Says why it cannot be done; then nothing changes, and the future stays.
    pub fn command(&mut self, command: Command, events: &mut Vec<Event>) -> Result<(), String> {
        let mut run = self.present.clone();
        run.forget_later_actions();
        let added = events.len();
        if let Err(why) = run.command(command, events) {
            events.truncate(added);
            return Err(why);
        }
        let items = self.present.items();
        self.old.retain(|run| run.items() <= items);
        self.recent.retain(|run| run.items() <= items);
        self.present = run;
        self.end = Mark::of(&self.present);
        Ok(())
    }

    /// How many checkpoints are kept.
    pub fn checkpoints(&self) -> usize {
        self.old.len() + self.recent.len()
    }

    /// One thing of the agenda, or one step.
    fn step(&mut self, events: &mut Vec<Event>) {
        let mut happened = std::mem::take(&mut self.scratch);
        self.present.step(&mut happened);
        let known = self.end.events;
        events.extend(happened.drain(..).filter(|event| event.seq >= known));
        self.scratch = happened;
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
        self.recent.push(self.present.clone());
        if self.recent.len() <= RECENT_MAX {
            return;
        }
        let aged = self.recent.remove(0);
        let last_old = self.old.last().map_or(0, |run| run.world().event_count());
        if aged.world().event_count() >= last_old + self.old_interval {
            self.old.push(aged);
        }
        if self.old.len() > OLD_MAX {
            self.old_interval *= 2;
            let mut place = 0;
            self.old.retain(|_| {
                place += 1;
                place % 2 == 1
            });
        }
    }

    /// The last checkpoint of which this is true; it must be true of those before it, and of the start.
    fn last_checkpoint(&self, is_early: impl Fn(&Run) -> bool) -> &Run {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kv::ClientId;
    use crate::rng::Rng;
    use crate::sim::{ClientSetup, EventKind, Mix, Target};

    fn timeline(events: &mut Vec<Event>) -> Timeline {
        let mut setup = Setup::default();
        setup.clients.push(ClientSetup {
            id: ClientId::new("c1"),
            every: Micros::from_millis(50),
            mix: Mix::default(),
            keys: 3,
        });
        let crash = (Micros::from_millis(2_000), Command::Crash { node: Target::Leader });
        Timeline::new(setup, vec![crash], events)
    }

    fn ms(millis: u64) -> Micros {
        Micros::from_millis(millis)
    }

    /// What can be seen of a moment: the time, the events so far, every log and every message under way.
    fn view(timeline: &Timeline) -> String {
        let world = timeline.present().world();
        let nodes =
            world.machines().iter().map(|machine| machine.node().map(|it| (it.role(), it.log().last())));
        let flights = world.flights().map(|flight| (flight.id, flight.arrives_at));
        format!(
            "{} {} {:?} {:?}",
            world.now(),
            timeline.event_count(),
            nodes.collect::<Vec<_>>(),
            flights.collect::<Vec<_>>()
        )
    }

    /// However a moment is reached, it is the same, and each event is handed out once.
    #[test]
    fn any_moment_from_any_other() {
        let mut events = Vec::new();
        let mut forward = timeline(&mut events);
        let mut views = Vec::new();
        for second in 0..20 {
            forward.seek(ms(second * 500 + 123), &mut events);
            views.push(view(&forward));
        }
        let mut rng = Rng::new(1);
        let mut again = Vec::new();
        let mut jumping = timeline(&mut again);
        for _ in 0..100 {
            let place = rng.below(20);
            jumping.seek(ms(place * 500 + 123), &mut again);
            assert_eq!(view(&jumping), views[place as usize]);
        }
        jumping.seek(ms(19 * 500 + 123), &mut again);
        assert!(again == events, "each once, in order, though parts were played many times");
        assert_eq!(jumping.end(), ms(19 * 500 + 123));
    }

    /// Steps back lead through the same moments as the steps that led there, to the start.
    #[test]
    fn steps_back_undo_steps() {
        let mut events = Vec::new();
        let mut timeline = timeline(&mut events);
        let mut counts = vec![timeline.event_count()];
        while timeline.event_count() < 1_500 {
            assert!(timeline.step_forward(&mut events));
            counts.push(timeline.event_count());
        }
        let end = view(&timeline);
        let known = events.len();
        while let Some(count) = counts.pop() {
            assert_eq!(timeline.event_count(), count);
            assert_eq!(timeline.step_back(), !counts.is_empty());
        }
        assert_eq!(timeline.present().items(), 0);
        while timeline.event_count() < known as u64 {
            assert!(timeline.step_forward(&mut events));
        }
        assert_eq!((view(&timeline), events.len()), (end, known));
    }

    /// A person's action is part of the run: going back before it and on again plays it again.
    #[test]
    fn actions_are_replayed() {
        let mut events = Vec::new();
        let mut timeline = timeline(&mut events);
        timeline.seek(ms(1_000), &mut events);
        timeline.command(Command::Pause { node: Target::Leader }, &mut events).expect("there is a leader");
        timeline.seek(ms(4_000), &mut events);
        let end = view(&timeline);
        for t in [0, 900, 1_100, 3_000] {
            timeline.seek(ms(t), &mut events);
            timeline.seek(ms(4_000), &mut events);
            assert_eq!(view(&timeline), end);
        }
    }

    /// What was done makes the same run again, wherever one stands when it is read.
    #[test]
    fn a_journal_makes_the_same_run_again() {
        let mut events = Vec::new();
        let mut first = timeline(&mut events);
        first.seek(ms(1_000), &mut events);
        first.command(Command::Pause { node: Target::Leader }, &mut events).expect("there is a leader");
        first.seek(ms(4_000), &mut events);
        let (end, journal) = (view(&first), first.journal().to_vec());
        first.seek(ms(500), &mut events);
        assert_eq!(first.journal(), journal);
        let setup = first.present().world().setup().clone();
        let mut again = Timeline::new(setup, journal, &mut Vec::new());
        again.seek(ms(4_000), &mut Vec::new());
        assert_eq!(view(&again), end);
    }

    /// An action after going back begins another future: of the old one only the scenario's steps are left.
    #[test]
    fn an_action_in_the_past_cuts_the_future() {
        let mut events = Vec::new();
        let mut timeline = timeline(&mut events);
        timeline.seek(ms(1_000), &mut events);
        timeline.command(Command::Pause { node: Target::Leader }, &mut events).expect("there is a leader");
        timeline.seek(ms(4_000), &mut events);
        timeline.seek(ms(800), &mut events);
        assert!(!timeline.is_at_end());
        let known = timeline.event_count();
        assert!(timeline.command(Command::Crash { node: Target::Candidate }, &mut events).is_err());
        assert!(!timeline.is_at_end(), "what is refused cuts nothing");
        events.truncate(known as usize);
        timeline.command(Command::Snapshot { node: Target::Leader }, &mut events).expect("there is a leader");
        assert!(timeline.is_at_end());
        timeline.seek(ms(4_000), &mut events);
        assert!(events.iter().enumerate().all(|(place, event)| event.seq == place as u64));
        let happened = |wanted: &dyn Fn(&EventKind) -> bool| events.iter().any(|event| wanted(&event.kind));
        assert!(!happened(&|kind| matches!(kind, EventKind::Pause)), "it never happened");
        assert!(happened(&|kind| matches!(kind, EventKind::Crash { .. })), "the scenario goes on");
    }

    /// Checkpoints lie close together near the end and further apart before, and are never many.
    #[test]
    fn checkpoints_are_bounded() {
        let mut events = Vec::new();
        let mut timeline = timeline(&mut events);
        timeline.old_interval = INTERVAL_EVENTS;
        for second in 1..=1_000 {
            timeline.seek(ms(second * 1_000), &mut events);
            events.clear();
            assert!(timeline.checkpoints() <= OLD_MAX + RECENT_MAX);
        }
        let gaps: Vec<u64> = timeline
            .old
            .windows(2)
            .map(|pair| pair[1].world().event_count() - pair[0].world().event_count())
            .collect();
        assert_eq!(timeline.old_interval, 2 * INTERVAL_EVENTS, "they became too many once");
        assert!(gaps.iter().all(|gap| *gap >= INTERVAL_EVENTS && *gap < 2 * timeline.old_interval));
    }
}
