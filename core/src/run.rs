//! A run: a world, the steps of its scenario, a person's actions among them, and the checks that watch it all.

use std::sync::Arc;

use crate::check::Checks;
use crate::metrics::Metrics;
use crate::sim::{Command, Event, EventKind, Setup, World};
use crate::sorted::SortedMap;
use crate::time::Micros;

/// Everything of a run, to be cloned for a checkpoint.
#[derive(Clone, Debug)]
pub struct Run {
    world: World,
    checks: Checks,
    metrics: Metrics,
    /// What has been done, then what is still to come, in order.
    steps: Arc<Vec<(Micros, Command)>>,
    /// Where each of them comes from.
    origins: Arc<Vec<Origin>>,
    /// How many are done.
    done: usize,
    /// How many items of the agenda and steps are done.
    items: u64,
    /// When the agenda's last item was done.
    last_item_at: Option<Micros>,
}

/// Where a step comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// It has this place in the scenario.
    Scenario(usize),
    /// It belongs to this one of a person's acts, counted from 1.
    Person(u64),
}

/// What a person did at one stroke.
#[derive(Clone, Debug, PartialEq)]
pub struct Deed {
    /// The place of the first of its commands in the journal.
    pub place: usize,
    /// When.
    pub at: Micros,
    /// What; at least one.
    pub commands: Vec<Command>,
}

impl Run {
    /// A run at time 0 with the steps of a scenario; steps of one moment keep their order.
    pub fn new(setup: Setup, steps: Vec<(Micros, Command)>, events: &mut Vec<Event>) -> Run {
        let mut in_order = SortedMap::new();
        for (place, (at, command)) in steps.into_iter().enumerate() {
            in_order.insert((at, place), command);
        }
        let checks = Checks::new(&setup);
        let (origins, steps) = in_order
            .into_iter()
            .map(|((at, place), command)| (Origin::Scenario(place), (at, command)))
            .unzip();
        let first = events.len();
        let mut run = Run {
            world: World::new(&setup, events),
            checks,
            metrics: Metrics::new(),
            steps: Arc::new(steps),
            origins: Arc::new(origins),
            done: 0,
            items: 0,
            last_item_at: None,
        };
        run.check(first, events);
        run
    }

    /// The world.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The checks, and what they have found so far.
    pub fn checks(&self) -> &Checks {
        &self.checks
    }

    /// The numbers of the last minute.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The simulated time.
    pub fn now(&self) -> Micros {
        self.world.now()
    }

    /// When the next thing happens; `None` if nothing ever will.
    pub fn next_at(&self) -> Option<Micros> {
        let step = self.steps.get(self.done).map(|(at, _)| *at);
        step.into_iter().chain(self.world.next_at()).min()
    }

    /// How many things [`step`](Run::step) has done so far, a person's actions included.
    pub fn items(&self) -> u64 {
        self.items
    }

    /// What was done to the world so far: the scenario's steps and a person's actions, in order.
    pub fn journal(&self) -> &[(Micros, Command)] {
        &self.steps[..self.done]
    }

    /// What was done, then what is known to be done later, in order.
    pub(crate) fn steps(&self) -> &[(Micros, Command)] {
        &self.steps
    }

    /// Does the next step of the scenario or thing on the agenda, at its time; of one moment the step comes first.
    /// Returns false if there is none.
    pub fn step(&mut self, events: &mut Vec<Event>) -> bool {
        let Some(next_at) = self.next_at() else {
            return false;
        };
        let first = events.len();
        self.items += 1;
        match self.steps.get(self.done) {
            Some((at, _)) if *at == next_at => self.do_step(events),
            _ => {
                self.world.step(events);
                self.last_item_at = Some(next_at);
            }
        }
        self.check(first, events);
        true
    }

    /// Does everything up to and including `t`; afterwards it is `t`, unless it was later before.
    pub fn run_until(&mut self, t: Micros, events: &mut Vec<Event>) {
        while self.next_at().is_some_and(|at| at <= t) {
            self.step(events);
        }
        self.world.advance_to(t);
    }

    /// The last thing that a person did so far.
    pub fn last_deed(&self) -> Option<Deed> {
        let past = &self.origins[..self.done];
        let last = past.iter().rposition(|origin| matches!(origin, Origin::Person(_)))?;
        let place =
            past[..last].iter().rposition(|origin| *origin != past[last]).map_or(0, |before| before + 1);
        let commands = self.steps[place..=last].iter().map(|(_, command)| command.clone()).collect();
        Some(Deed { place, at: self.steps[place].0, commands })
    }

    /// Does what a person wants, now and at one stroke, and keeps it in the journal.
    ///
    /// A journal names moments, and of one moment steps come before the agenda. So that the journal replays to the
    /// same run, what remains of a moment that has begun is done first, and the act takes the next microsecond.
    ///
    /// # Errors
    /// Says why a command cannot be done; then those before it are done, and in the journal.
    pub fn act(&mut self, commands: &[Command], events: &mut Vec<Event>) -> Result<(), String> {
        let number = self.origins[..self.done].iter().fold(0, |most, origin| match origin {
            Origin::Person(number) => most.max(*number),
            Origin::Scenario(_) => most,
        });
        commands.iter().try_for_each(|command| self.obey(command, number + 1, events))
    }

    /// Does one thing that a person wants; see [`Run::act`].
    ///
    /// # Errors
    /// Says why it cannot be done; then it is not in the journal.
    pub fn command(&mut self, command: Command, events: &mut Vec<Event>) -> Result<(), String> {
        self.act(&[command], events)
    }

    fn obey(&mut self, command: &Command, number: u64, events: &mut Vec<Event>) -> Result<(), String> {
        let mut at = self.now();
        if self.last_item_at == Some(at) {
            self.run_until(at, events);
            at += Micros(1);
        }
        // Of one moment, a scenario's steps come before a person's.
        while self.steps.get(self.done).is_some_and(|(due, _)| *due <= at) {
            self.step(events);
        }
        self.world.advance_to(at);
        let first = events.len();
        self.world.command(command, events)?;
        Arc::make_mut(&mut self.steps).insert(self.done, (at, command.clone()));
        Arc::make_mut(&mut self.origins).insert(self.done, Origin::Person(number));
        self.done += 1;
        self.items += 1;
        self.check(first, events);
        Ok(())
    }

    /// How many steps are done.
    pub(crate) fn done(&self) -> usize {
        self.done
    }

    /// Lets time pass until `t`; nothing may be due before.
    pub(crate) fn wait_until(&mut self, t: Micros) {
        self.world.advance_to(t);
    }

    /// This run with the steps that `later`, which went on from it, knows: what a person did after it included.
    pub(crate) fn with_steps_of(mut self, later: &Run) -> Run {
        assert!(self.done <= later.steps.len(), "the later run went on from the earlier one");
        self.steps = later.steps.clone();
        self.origins = later.origins.clone();
        self
    }

    /// Forgets what a person does after now; the scenario's steps stay.
    pub(crate) fn forget_later_actions(&mut self) {
        let is_kept = |place: usize| place < self.done || matches!(self.origins[place], Origin::Scenario(_));
        let kept: Vec<usize> = (0..self.steps.len()).filter(|place| is_kept(*place)).collect();
        if kept.len() < self.steps.len() {
            let steps = kept.iter().map(|place| self.steps[*place].clone()).collect();
            let origins = kept.iter().map(|place| self.origins[*place]).collect();
            (self.steps, self.origins) = (Arc::new(steps), Arc::new(origins));
        }
    }

    fn do_step(&mut self, events: &mut Vec<Event>) {
        let steps = self.steps.clone();
        let (at, command) = &steps[self.done];
        self.world.advance_to(*at);
        let origin = self.origins[self.done];
        self.done += 1;
        let done = self.world.command(command, events);
        if let (Err(why), Origin::Scenario(step)) = (done, origin) {
            self.world.add_event(None, EventKind::Skipped { step, why }, events);
        }
    }

    /// Shows the events from `first` on to the checks, and adds what these find.
    fn check(&mut self, first: usize, events: &mut Vec<Event>) {
        for place in first..events.len() {
            let cause = events[place].seq;
            self.metrics.observe(&events[place]);
            for violation in self.checks.observe(&events[place]) {
                self.world.add_event(Some(cause), EventKind::Violation(violation), events);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kv::ClientId;
    use crate::rng::Rng;
    use crate::sim::command::{MessageFilter, TimerMove};
    use crate::sim::{ClientSetup, Mix, Target};

    fn setup() -> Setup {
        let mut setup = Setup::default();
        setup.network.loss = 0.02;
        setup.clients.push(ClientSetup {
            id: ClientId::new("c1"),
            every: Micros::from_millis(50),
            mix: Mix::default(),
            keys: 3,
        });
        setup
    }

    fn some_command(rng: &mut Rng) -> Command {
        match rng.below(6) {
            0 => Command::Crash { node: Target::Leader },
            1 => Command::Restart { node: Target::Node(crate::raft::NodeId(rng.below(5) as u32)) },
            2 => Command::Timers { how: TimerMove::Align },
            3 => Command::Timeout { node: Target::Follower },
            4 => Command::Snapshot { node: Target::Leader },
            _ => Command::Drop(MessageFilter { kind: None, from: None, to: None, count: 3, id: None }),
        }
    }

    /// The journal of a run replays to the same events, though a person acted between two things of one moment.
    #[test]
    fn a_journal_replays_to_the_same_events() {
        for seed in 0..20 {
            let mut rng = Rng::new(seed);
            let mut events = Vec::new();
            let steps: Vec<_> =
                (1..5).map(|second| (Micros::from_millis(second * 700), some_command(&mut rng))).collect();
            let mut run = Run::new(setup(), steps, &mut events);
            for _ in 0..40 {
                for _ in 0..rng.below(60) {
                    run.step(&mut events);
                }
                if rng.chance(0.5) {
                    let t = run.now() + Micros(rng.below(20_000));
                    run.run_until(t, &mut events);
                }
                for _ in 0..rng.below(3) {
                    let _ = run.command(some_command(&mut rng), &mut events);
                }
            }
            let end = run.now() + Micros::from_millis(1_000);
            run.run_until(end, &mut events);
            let mut replayed = Vec::new();
            let mut replay = Run::new(setup(), run.journal().to_vec(), &mut replayed);
            replay.run_until(end, &mut replayed);
            let but_places = |events: &[Event]| {
                let is_step = |event: &&Event| !matches!(event.kind, EventKind::Skipped { .. });
                let kinds = events.iter().filter(is_step).map(|event| (event.at, event.kind.clone()));
                kinds.collect::<Vec<_>>()
            };
            assert!(but_places(&replayed) == but_places(&events), "seed {seed}");
            assert_eq!(replay.journal(), run.journal());
        }
    }

    /// A step without a target is skipped, with its place in the scenario as it was written.
    #[test]
    fn a_step_without_a_target_is_skipped() {
        let crash = |node| Command::Crash { node };
        let steps = vec![(Micros(20), crash(Target::Leader)), (Micros(10), crash(Target::Candidate))];
        let mut events = Vec::new();
        let mut run = Run::new(Setup::default(), steps, &mut events);
        run.run_until(Micros(30), &mut events);
        let skipped: Vec<_> = events
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::Skipped { step, why } => Some((event.at, *step, why.as_str())),
                _ => None,
            })
            .collect();
        assert_eq!(
            skipped,
            [(Micros(10), 1, "there is no running candidate"), (Micros(20), 0, "there is no leader")]
        );
        assert_eq!(run.now(), Micros(30));
    }

    /// What a person cannot do is not in the journal.
    #[test]
    fn a_refused_action_leaves_no_trace() {
        let mut events = Vec::new();
        let mut run = Run::new(Setup::default(), Vec::new(), &mut events);
        assert_eq!(
            run.command(Command::Crash { node: Target::Leader }, &mut events),
            Err("there is no leader".to_owned())
        );
        assert!(run.journal().is_empty() && events.is_empty());
    }
}
