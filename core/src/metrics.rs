//! What the dashboard shows: numbers of the last minute of simulated time, fed by events.

use std::sync::Arc;

use crate::kv::ClientId;
use crate::raft::{Fact, Index, RoleName};
use crate::sim::event::{Event, EventKind, Payload};
use crate::sorted::SortedMap;
use crate::time::Micros;

/// So many seconds are looked back on, the current one included.
pub const WINDOW_SECONDS: u64 = 60;

/// Counts by second, for the window only; what is counted "in all" is counted from the start of the run.
///
/// Memory is bounded by the window and by the operations under way; a clone shares the seconds that are over.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    /// Seconds in which something happened, the oldest first.
    seconds: Vec<Arc<Second>>,
    elections_in_all: u64,
    committed_in_all: Index,
    /// When each operation under way began.
    under_way: SortedMap<(ClientId, u64), Micros>,
}

/// What happened in one second.
#[derive(Clone, Debug, Default)]
struct Second {
    /// Which one, from the start of the run.
    number: u64,
    counts: Counts,
    latencies: Histogram,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    operations: u64,
    failures: u64,
    elections: u64,
    committed: u64,
    delivered: u64,
    dropped: u64,
    latency_sum: Micros,
}

/// The numbers at one moment. Counts are those of the window unless they say otherwise.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetricsView {
    /// How long the window is: it begins with a whole second, at most 60 s ago, and not before the run.
    pub window: Micros,
    /// Client operations that ended with a result.
    pub operations: u64,
    /// Those in a second, on average over the window (over one second if it is shorter).
    pub operations_per_second: f64,
    /// Client operations that ended without a result: certainly or possibly not done.
    pub failures: u64,
    /// The average time from the beginning of an operation to its result.
    pub latency_average: Option<Micros>,
    /// 99 of 100 operations took no longer; at most 1/32 too high.
    pub latency_p99: Option<Micros>,
    /// Elections that were won.
    pub elections: u64,
    /// Elections that were won since the start of the run.
    pub elections_in_all: u64,
    /// Entries that were committed: by how much the greatest commit index of all servers has grown.
    pub committed: u64,
    /// Entries that were committed since the start of the run.
    pub committed_in_all: u64,
    /// Messages between servers that arrived.
    pub delivered: u64,
    /// Messages between servers that did not arrive.
    pub dropped: u64,
    /// The part of the messages between servers that arrived, 0.0 to 1.0; `None` if there were none.
    pub rpc_success: Option<f64>,
    /// Every second of the window, the oldest first; the last one is not over yet.
    pub seconds: Vec<SecondView>,
}

/// The numbers of one second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SecondView {
    /// When it began.
    pub start: Micros,
    /// As in [`MetricsView::operations`].
    pub operations: u64,
    /// As in [`MetricsView::latency_average`].
    pub latency_average: Option<Micros>,
    /// As in [`MetricsView::elections`].
    pub elections: u64,
    /// As in [`MetricsView::committed`].
    pub committed: u64,
    /// As in [`MetricsView::delivered`].
    pub delivered: u64,
    /// As in [`MetricsView::dropped`].
    pub dropped: u64,
}

impl Metrics {
    /// Nothing has happened yet.
    pub fn new() -> Metrics {
        Metrics::default()
    }

    /// Takes the next event.
    pub fn observe(&mut self, event: &Event) {
        match &event.kind {
            EventKind::Invoke { client, request, .. } => {
                self.under_way.insert((client.clone(), *request), event.at);
            }
            EventKind::Return { client, request, result, .. } => {
                let began = self.under_way.remove(&(client.clone(), *request));
                if result.is_err() {
                    self.second(event.at).counts.failures += 1;
                    return;
                }
                let latency = event.at - began.unwrap_or(event.at);
                let second = self.second(event.at);
                second.counts.operations += 1;
                second.counts.latency_sum += latency;
                second.latencies.add(latency);
            }
            EventKind::Fact(Fact::RoleChanged { to: RoleName::Leader, .. }) => {
                self.elections_in_all += 1;
                self.second(event.at).counts.elections += 1;
            }
            EventKind::Commit { index } if *index > self.committed_in_all => {
                let more = index.0 - self.committed_in_all.0;
                self.committed_in_all = *index;
                self.second(event.at).counts.committed += more;
            }
            EventKind::Deliver { payload, .. } if is_peer(payload) => {
                self.second(event.at).counts.delivered += 1;
            }
            EventKind::Drop { payload, .. } if is_peer(payload) => {
                self.second(event.at).counts.dropped += 1;
            }
            _ => {}
        }
    }

    /// The numbers at this moment, which is not before the last event.
    pub fn view(&self, now: Micros) -> MetricsView {
        let last = second_of(now);
        let first = (last + 1).saturating_sub(WINDOW_SECONDS);
        let window = now - start_of(first);
        let mut total = Counts::default();
        let mut latencies = Histogram::default();
        let mut seconds: Vec<SecondView> = (first..=last)
            .map(|number| SecondView { start: start_of(number), ..SecondView::default() })
            .collect();
        for second in &self.seconds {
            let place = second.number.checked_sub(first).and_then(|place| usize::try_from(place).ok());
            let Some(view) = place.and_then(|place| seconds.get_mut(place)) else {
                continue;
            };
            *view = second.counts.view(view.start);
            total.add(&second.counts);
            latencies.add_all(&second.latencies);
        }
        let messages = total.delivered + total.dropped;
        MetricsView {
            window,
            operations: total.operations,
            operations_per_second: total.operations as f64 * 1e6 / window.max(SECOND).0 as f64,
            failures: total.failures,
            latency_average: total.latency_average(),
            latency_p99: latencies.percentile(99),
            elections: total.elections,
            elections_in_all: self.elections_in_all,
            committed: total.committed,
            committed_in_all: self.committed_in_all.0,
            delivered: total.delivered,
            dropped: total.dropped,
            rpc_success: (messages > 0).then(|| total.delivered as f64 / messages as f64),
            seconds,
        }
    }

    /// The second of this moment; those that have left the window are forgotten.
    fn second(&mut self, at: Micros) -> &mut Second {
        let number = second_of(at);
        while self.seconds.first().is_some_and(|second| second.number + WINDOW_SECONDS <= number) {
            self.seconds.remove(0);
        }
        if self.seconds.last().is_none_or(|second| second.number < number) {
            self.seconds.push(Arc::new(Second { number, ..Second::default() }));
        }
        let last = self.seconds.len() - 1;
        Arc::make_mut(&mut self.seconds[last])
    }
}

const SECOND: Micros = Micros::from_millis(1_000);

fn second_of(at: Micros) -> u64 {
    at.0 / SECOND.0
}

fn start_of(second: u64) -> Micros {
    Micros(second.saturating_mul(SECOND.0))
}

fn is_peer(payload: &Payload) -> bool {
    matches!(payload, Payload::Peer(_))
}

impl Counts {
    fn add(&mut self, other: &Counts) {
        self.operations += other.operations;
        self.failures += other.failures;
        self.elections += other.elections;
        self.committed += other.committed;
        self.delivered += other.delivered;
        self.dropped += other.dropped;
        self.latency_sum += other.latency_sum;
    }

    fn latency_average(&self) -> Option<Micros> {
        self.latency_sum.0.checked_div(self.operations).map(Micros)
    }

    fn view(&self, start: Micros) -> SecondView {
        SecondView {
            start,
            operations: self.operations,
            latency_average: self.latency_average(),
            elections: self.elections,
            committed: self.committed,
            delivered: self.delivered,
            dropped: self.dropped,
        }
    }
}

/// How many spans fell between which bounds: 32 steps for each doubling, so that a bound is at most 1/32 too high.
#[derive(Clone, Debug, Default)]
struct Histogram {
    counts: SortedMap<u32, u64>,
}

/// The logarithm of the number of steps for each doubling.
const STEPS_LOG: u32 = 5;

impl Histogram {
    fn add(&mut self, span: Micros) {
        *self.counts.get_or_insert_with(step_of(span.0), u64::default) += 1;
    }

    fn add_all(&mut self, other: &Histogram) {
        for (step, count) in other.counts.iter() {
            *self.counts.get_or_insert_with(*step, u64::default) += count;
        }
    }

    /// The span that so many of 100 did not exceed (nearest rank), rounded up to the end of its step.
    fn percentile(&self, percent: u64) -> Option<Micros> {
        let total: u64 = self.counts.values().sum();
        let rank = (total * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let step = self.counts.iter().find(|(_, count)| {
            seen += **count;
            seen >= rank
        });
        step.map(|(step, _)| Micros(end_of(*step)))
    }
}

/// The step of a span: spans below 64 have one each, then each doubling has 32.
fn step_of(span: u64) -> u32 {
    let doublings = (64 - span.leading_zeros()).saturating_sub(STEPS_LOG + 1);
    // Above the first 32, a span shifted down to six bits starts with a one: that bit counts as a step of 32.
    (doublings << STEPS_LOG) + (span >> doublings) as u32
}

/// The greatest span of a step.
fn end_of(step: u32) -> u64 {
    let doublings = (step >> STEPS_LOG).saturating_sub(1);
    let leading = u64::from(step - (doublings << STEPS_LOG));
    (leading << doublings) + ((1u64 << doublings) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kv::{Op, Outcome};
    use crate::raft::{Body, Message, NodeId, RoleReason, Term};
    use crate::sim::event::{ClientError, DropReason, Endpoint};

    struct Feed {
        metrics: Metrics,
        seq: u64,
    }

    impl Feed {
        fn new() -> Feed {
            Feed { metrics: Metrics::new(), seq: 0 }
        }

        fn at(&mut self, millis: u64, kind: EventKind) {
            let at = Micros::from_millis(millis);
            let event = Event { seq: self.seq, at, cause: None, node: Some(NodeId(0)), term: Term(1), kind };
            self.seq += 1;
            self.metrics.observe(&event);
        }

        fn operation(&mut self, from_millis: u64, to_millis: u64, result: Result<Outcome, ClientError>) {
            let client = ClientId::new("c1");
            let op = Op::Get { key: "k".into() };
            let request = self.seq;
            self.at(from_millis, EventKind::Invoke { client: client.clone(), request, op: op.clone() });
            self.at(to_millis, EventKind::Return { client, request, op, result, served_by: None });
        }

        fn elected(&mut self, millis: u64) {
            let why = RoleReason::ElectionWon { votes: 3, needed: 3 };
            let (from, to) = (RoleName::Candidate, RoleName::Leader);
            self.at(millis, EventKind::Fact(Fact::RoleChanged { from, to, term: Term(1), why }));
        }

        fn message(&mut self, millis: u64, dropped: bool) {
            let message = Message { from: NodeId(0), to: NodeId(1), term: Term(1), body: Body::TimeoutNow };
            let payload = Arc::new(Payload::Peer(message));
            let (from, to) = (Endpoint::Node(NodeId(0)), Endpoint::Node(NodeId(1)));
            let kind = if dropped {
                EventKind::Drop { message: 0, from, to, payload, why: DropReason::Lost }
            } else {
                EventKind::Deliver { message: 0, from, to, payload }
            };
            self.at(millis, kind);
        }

        fn view(&self, millis: u64) -> MetricsView {
            self.metrics.view(Micros::from_millis(millis))
        }
    }

    /// Each number of the dashboard is that of the last minute, or of the whole run where it says so.
    #[test]
    fn test_metrics_tracking() {
        let mut feed = Feed::new();
        feed.elected(200);
        feed.at(300, EventKind::Commit { index: Index(3) });
        // Another server learns of it later: the entries are not counted twice.
        feed.at(400, EventKind::Commit { index: Index(2) });
        feed.operation(1_000, 1_010, Ok(Outcome::Done));
        feed.operation(1_100, 1_130, Ok(Outcome::Value(None)));
        feed.operation(1_200, 1_900, Err(ClientError::Unknown));
        (0..3).for_each(|_| feed.message(1_950, false));
        feed.message(1_950, true);
        feed.at(1_990, EventKind::Commit { index: Index(5) });

        let view = feed.view(4_000);
        assert_eq!((view.operations, view.failures), (2, 1));
        assert_eq!(view.window, Micros::from_millis(4_000));
        assert_eq!(view.operations_per_second, 0.5);
        assert_eq!(view.latency_average, Some(Micros::from_millis(20)));
        let p99 = view.latency_p99.unwrap().0;
        assert!((30_000..=30_000 + 30_000 / 32).contains(&p99), "{p99}");
        assert_eq!((view.elections, view.elections_in_all), (1, 1));
        assert_eq!((view.committed, view.committed_in_all), (5, 5));
        assert_eq!((view.delivered, view.dropped, view.rpc_success), (3, 1, Some(0.75)));
        let by_second = |count: fn(&SecondView) -> u64| view.seconds.iter().map(count).collect::<Vec<u64>>();
        assert_eq!(by_second(|second| second.committed), [3, 2, 0, 0, 0]);
        assert_eq!(by_second(|second| second.operations), [0, 2, 0, 0, 0]);
        assert_eq!(by_second(|second| second.delivered), [0, 3, 0, 0, 0]);

        // A minute later what is counted in all is left.
        let view = feed.view(62_000);
        assert_eq!((view.operations, view.elections, view.committed), (0, 0, 0));
        assert_eq!((view.elections_in_all, view.committed_in_all), (1, 5));
        assert_eq!((view.latency_average, view.latency_p99, view.rpc_success), (None, None, None));
        assert_eq!(view.seconds.len(), 60);
    }

    #[test]
    fn a_second_leaves_the_window_as_a_whole() {
        let mut feed = Feed::new();
        feed.elected(999);
        feed.elected(1_000);
        assert_eq!(feed.view(59_999).elections, 2);
        assert_eq!(feed.view(60_000).elections, 1);
        assert_eq!(feed.view(60_999).elections, 1);
        assert_eq!(feed.view(61_000).elections, 0);
    }

    #[test]
    fn at_the_start_there_is_nothing() {
        let view = Feed::new().view(0);
        let expected = MetricsView { seconds: vec![SecondView::default()], ..MetricsView::default() };
        assert_eq!(view, expected);
    }

    /// Only the window is kept, and of the operations only those under way.
    #[test]
    fn memory_is_bounded() {
        let mut feed = Feed::new();
        for second in 0..1_000 {
            feed.operation(second * 1_000, second * 1_000 + 5, Ok(Outcome::Done));
        }
        assert_eq!(feed.metrics.seconds.len() as u64, WINDOW_SECONDS);
        assert!(feed.metrics.under_way.is_empty());
        assert_eq!(feed.view(999_500).operations, 60);
    }

    #[test]
    fn the_slowest_of_a_hundred_is_not_the_99th() {
        let mut feed = Feed::new();
        (0..99).for_each(|_| feed.operation(100, 110, Ok(Outcome::Done)));
        feed.operation(100, 900, Ok(Outcome::Done));
        let p99 = feed.view(950).latency_p99.unwrap();
        assert!(p99 < Micros::from_millis(11), "{p99}");
        feed.operation(100, 900, Ok(Outcome::Done));
        assert!(feed.view(950).latency_p99.unwrap() >= Micros::from_millis(800));
    }

    /// Every span is in a step whose end is not below it and at most 1/32 above it.
    #[test]
    fn steps_are_narrow() {
        let spans = (0..5_000).chain((0..64).map(|bit| 1u64 << bit)).chain([u64::MAX, u64::MAX / 3]);
        for span in spans {
            let end = end_of(step_of(span));
            assert!(end >= span && end - span <= span / 32, "{span}: {end}");
            assert_eq!(step_of(end), step_of(span), "{span}");
        }
    }
}
