//! What the timeline is painted with: a run in a few thousand numbers, however long it is.

use mini_raft_core::raft::{Fact, NodeId, RoleName};
use mini_raft_core::sim::{Command, Event, EventKind};
use mini_raft_core::time::Micros;

/// A bin is so long at first.
const BIN_AT_FIRST: Micros = Micros::from_millis(10);
/// When there are more bins, every two become one.
const BINS_MAX: usize = 8_192;
/// Reigns that are remembered: the latest.
const REIGNS_MAX: usize = 4_096;

/// The summary of a run from its start to the furthest moment that it has reached, whatever the present is.
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    bin: Micros,
    bins: Vec<Bin>,
    reigns: Vec<Reign>,
    marks: Vec<StripMark>,
    /// The number of the next event.
    next: u64,
    /// Changes whenever anything else does, so that a picture of it is drawn once.
    revision: u64,
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bin {
    /// The number of the first event in it or after it.
    first: u64,
    /// How many times a leader's commit index advanced.
    commits: u32,
}

/// The reign of a leader, or a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reign {
    /// Who leads.
    pub node: u32,
    /// In which term.
    pub term: u64,
    /// Since when.
    pub from: Micros,
    /// Until when; `None` if it lasts.
    pub to: Option<Micros>,
    /// Whether it ended because the leader was paused.
    paused: bool,
}

/// Things of one kind that happened so close together that a picture shows one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StripMark {
    /// What.
    pub kind: StripKind,
    /// When the first of them happened.
    pub at: Micros,
    /// Its event's number.
    pub event: u64,
    /// Where it happened, if on a node.
    pub node: Option<u32>,
    /// How many there are.
    pub count: u32,
}

/// What is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StripKind {
    /// An election timer ran out.
    Election,
    /// A node crashed, or lost its disk.
    Crash,
    /// A node started again.
    Restart,
    /// A node was paused.
    Pause,
    /// Links were cut.
    Cut,
    /// Links work again.
    Heal,
    /// A law was broken.
    Violation,
}

impl Default for Strip {
    fn default() -> Strip {
        Strip {
            bin: BIN_AT_FIRST,
            bins: Vec::new(),
            reigns: Vec::new(),
            marks: Vec::new(),
            next: 0,
            revision: 0,
        }
    }
}

impl Strip {
    /// Takes note of this event, unless it did before. Events come in their order.
    pub fn observe(&mut self, event: &Event) {
        if event.seq < self.next {
            return;
        }
        self.next = event.seq + 1;
        self.reach(event);
        self.reign(event);
        if let EventKind::Fact(Fact::Committed { .. }) = event.kind
            && let Some(bin) = self.bins.last_mut()
        {
            bin.commits += 1;
            self.revision += 1;
        }
        if let Some(kind) = kind_of(&event.kind) {
            self.mark(kind, event);
        }
    }

    /// Forgets what happened from this moment on, and a little before it: the run goes on otherwise. Returns the number
    /// of the first event that it has to be told again.
    pub fn cut(&mut self, at: Micros) -> u64 {
        let place = (at.0 / self.bin.0) as usize;
        let Some(bin) = self.bins.get(place) else { return self.next };
        let (first, begin) = (bin.first, Micros(place as u64 * self.bin.0));
        self.bins.truncate(place);
        self.marks.retain(|mark| mark.at < begin);
        self.reigns.retain(|reign| reign.from < begin);
        for reign in &mut self.reigns {
            if reign.to.is_some_and(|to| to >= begin) {
                (reign.to, reign.paused) = (None, false);
            }
        }
        self.next = first;
        self.revision += 1;
        first
    }

    /// The reigns, in their order; none begins before the one before it ends.
    pub fn reigns(&self) -> &[Reign] {
        &self.reigns
    }

    /// The marks, in their order.
    pub fn marks(&self) -> &[StripMark] {
        &self.marks
    }

    /// How many times a leader's commit index advanced in each stretch of time: where it begins, and how often.
    pub fn commits(&self) -> impl Iterator<Item = (Micros, u32)> {
        let begins = (0..).map(|place| Micros(place * self.bin.0));
        begins.zip(self.bins.iter().map(|bin| bin.commits)).filter(|(_, count)| *count > 0)
    }

    /// Changes whenever anything else does.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Makes bins up to this event.
    fn reach(&mut self, event: &Event) {
        while event.at.0 / self.bin.0 >= BINS_MAX as u64 {
            self.widen();
        }
        let count = (event.at.0 / self.bin.0) as usize + 1;
        if self.bins.len() < count {
            self.bins.resize(count, Bin { first: event.seq, commits: 0 });
        }
    }

    fn widen(&mut self) {
        self.bin = Micros(2 * self.bin.0);
        self.bins = self
            .bins
            .chunks(2)
            .map(|pair| Bin { first: pair[0].first, commits: pair.iter().map(|bin| bin.commits).sum() })
            .collect();
        let bin = self.bin.0;
        self.marks.dedup_by(|later, earlier| {
            let same = is_one_mark(earlier, later, bin);
            if same {
                earlier.count += later.count;
            }
            same
        });
    }

    fn mark(&mut self, kind: StripKind, event: &Event) {
        self.revision += 1;
        let node = event.node.map(|node| node.0);
        let mark = StripMark { kind, at: event.at, event: event.seq, node, count: 1 };
        match self.marks.last_mut() {
            Some(last) if is_one_mark(last, &mark, self.bin.0) => last.count += 1,
            _ => self.marks.push(mark),
        }
    }

    fn reign(&mut self, event: &Event) {
        let Some(NodeId(node)) = event.node else { return };
        match event.kind {
            EventKind::Fact(Fact::RoleChanged { to: RoleName::Leader, .. }) => {
                self.end_reign(None, event.at, false);
                self.begin_reign(node, event.term.0, event.at);
            }
            EventKind::Fact(Fact::RoleChanged { .. }) | EventKind::Crash { .. } => {
                self.end_reign(Some(node), event.at, false);
            }
            EventKind::Pause => self.end_reign(Some(node), event.at, true),
            EventKind::Resume => {
                let last = self.reigns.last().copied();
                if let Some(last) = last.filter(|last| last.node == node && last.paused) {
                    self.begin_reign(node, last.term, event.at);
                }
            }
            _ => {}
        }
    }

    fn begin_reign(&mut self, node: u32, term: u64, from: Micros) {
        if self.reigns.len() == REIGNS_MAX {
            self.reigns.remove(0);
        }
        self.reigns.push(Reign { node, term, from, to: None, paused: false });
        self.revision += 1;
    }

    fn end_reign(&mut self, of: Option<u32>, at: Micros, paused: bool) {
        let Some(last) = self.reigns.last_mut() else { return };
        if of.is_some_and(|node| node != last.node) {
            return;
        }
        if last.to.is_none() {
            (last.to, last.paused) = (Some(at), paused);
            self.revision += 1;
        } else {
            // It crashed or was deposed while it was paused.
            last.paused &= paused;
        }
    }
}

/// Whether two neighbours are shown as one.
fn is_one_mark(earlier: &StripMark, later: &StripMark, bin: u64) -> bool {
    let is_same = (earlier.kind, earlier.at.0 / bin) == (later.kind, later.at.0 / bin);
    is_same && (earlier.node == later.node || earlier.kind == StripKind::Election)
}

fn kind_of(kind: &EventKind) -> Option<StripKind> {
    Some(match kind {
        EventKind::Fact(Fact::ElectionTimedOut { .. }) => StripKind::Election,
        EventKind::Crash { .. } | EventKind::Wipe => StripKind::Crash,
        EventKind::Restart { .. } => StripKind::Restart,
        EventKind::Pause => StripKind::Pause,
        EventKind::Fault(Command::Cut { .. } | Command::Partition { .. }) => StripKind::Cut,
        EventKind::Fault(Command::Heal { .. }) => StripKind::Heal,
        EventKind::Violation(_) => StripKind::Violation,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use mini_raft_core::kv::ClientId;
    use mini_raft_core::rng::Rng;
    use mini_raft_core::run::Run;
    use mini_raft_core::sim::command::TimerMove;
    use mini_raft_core::sim::{ClientSetup, Mix, Setup, Target};

    use super::*;

    fn summary(events: &[Event]) -> Strip {
        let mut strip = Strip::default();
        events.iter().for_each(|event| strip.observe(event));
        strip
    }

    /// A run of so many seconds in which a person does what the seed says.
    fn run(seed: u64, seconds: u64) -> Vec<Event> {
        let every = Micros::from_millis(40);
        let client = ClientSetup { id: ClientId::new("c1"), every, mix: Mix::default(), keys: 3 };
        let mut events = Vec::new();
        let setup = Setup { clients: vec![client], seed, ..Setup::default() };
        let mut run = Run::new(setup, Vec::new(), &mut events);
        let mut rng = Rng::new(seed);
        for half in 1..=2 * seconds {
            run.run_until(Micros::from_millis(half * 500), &mut events);
            let (to, node) = (Target::Node(NodeId(rng.below(5) as u32)), Target::Leader);
            let command = match rng.below(7) {
                0 => Command::Crash { node },
                1 => Command::Restart { node: to },
                2 => Command::Pause { node },
                3 => Command::Resume { node: to },
                4 => Command::Cut { from: node, to, both: true },
                5 => Command::Heal { link: None },
                _ => Command::Timers { how: TimerMove::Align },
            };
            // It may make no sense now.
            let _ = run.command(command, &mut events);
        }
        events
    }

    #[test]
    fn a_reign_lasts_from_election_to_fall() {
        for seed in 0..6 {
            let strip = summary(&run(seed, 40));
            assert!(strip.reigns.len() > 2 && strip.marks.len() > 5, "seed {seed}");
            for pair in strip.reigns.windows(2) {
                assert!(pair[0].to.is_some_and(|to| to <= pair[1].from), "seed {seed}: {pair:?}");
                assert!(pair[0].term <= pair[1].term, "seed {seed}: {pair:?}");
            }
        }
    }

    #[test]
    fn every_commit_and_every_fault_is_counted_once() {
        let events = run(3, 200);
        let strip = summary(&events);
        assert!(strip.bin > BIN_AT_FIRST, "it was widened");
        assert!(strip.bins.len() <= BINS_MAX);
        let count = |is_it: &dyn Fn(&EventKind) -> bool| events.iter().filter(|it| is_it(&it.kind)).count();
        let commits: u32 = strip.commits().map(|(_, count)| count).sum();
        assert_eq!(commits as usize, count(&|kind| matches!(kind, EventKind::Fact(Fact::Committed { .. }))));
        let marked: u32 = strip.marks.iter().map(|mark| mark.count).sum();
        assert_eq!(marked as usize, count(&|kind| kind_of(kind).is_some()));
        assert!(strip.marks.is_sorted_by_key(|mark| mark.event));
    }

    /// Wherever a run is cut and continued, the summary is the one of what happened in the end.
    #[test]
    fn cut_and_told_again_it_is_what_it_would_be_from_the_start() {
        for seed in 0..4 {
            let (events, other) = (run(seed, 100), run(seed + 100, 100));
            let mut rng = Rng::new(seed);
            let mut strip = summary(&events);
            for _ in 0..20 {
                let at = Micros::from_millis(rng.below(100_000));
                let first = strip.cut(at) as usize;
                assert!(events[..first].last().is_none_or(|event| event.at < at));
                events[first..].iter().for_each(|event| strip.observe(event));
                assert_eq!(Strip { revision: 0, ..strip.clone() }, Strip { revision: 0, ..summary(&events) });
            }
            // A journal cut and continued: the past of the one, the rest of the other.
            let at = Micros::from_millis(30_000 + rng.below(20_000));
            let past = events.partition_point(|event| event.at < at);
            let future = other.partition_point(|event| event.at < at);
            let mut spliced = events[..past].to_vec();
            let rest = other[future..].iter().cloned().zip(past as u64..);
            spliced.extend(rest.map(|(event, seq)| Event { seq, ..event }));
            let first = strip.cut(at) as usize;
            spliced[first..].iter().for_each(|event| strip.observe(event));
            assert_eq!(Strip { revision: 0, ..strip }, Strip { revision: 0, ..summary(&spliced) });
        }
    }
}
