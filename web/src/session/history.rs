//! The events of a run, on both sides of the present: after going back, what is known of the future is kept.

use std::collections::VecDeque;

use mini_raft_core::sim::Event;

use crate::model::Chronicle;

/// How many past events are remembered for the inspector and the list of events.
const PAST_MAX: usize = 2_000;

/// What has happened, and what is known to happen.
#[derive(Default)]
pub(super) struct History {
    past: VecDeque<Event>,
    future: VecDeque<Event>,
    chronicle: Chronicle,
    /// Where the present is: so many events are past.
    count: u64,
}

impl History {
    /// The latest events before the present, the oldest first.
    pub(super) fn past(&self) -> &VecDeque<Event> {
        &self.past
    }

    /// What is remembered of the past for longer.
    pub(super) fn chronicle(&self) -> &Chronicle {
        &self.chronicle
    }

    /// Adds events that happened for the first time, in their order, each after all that are known.
    pub(super) fn extend(&mut self, events: impl Iterator<Item = Event>) {
        self.future.extend(events);
    }

    /// What was known of the future is no longer true.
    pub(super) fn forget_future(&mut self) {
        self.future.clear();
    }

    /// The present is where `count` events are past. `passed` is called with each event that becomes past.
    pub(super) fn move_to(&mut self, count: u64, mut passed: impl FnMut(&Event)) {
        if count < self.count {
            self.chronicle.rewind(count);
        }
        self.count = count;
        while let Some(event) = self.past.pop_back_if(|event| event.seq >= count) {
            self.future.push_front(event);
        }
        while let Some(event) = self.future.pop_front_if(|event| event.seq < count) {
            passed(&event);
            self.chronicle.observe(&event);
            if self.past.len() == PAST_MAX {
                self.past.pop_front();
            }
            self.past.push_back(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use mini_raft_core::raft::Term;
    use mini_raft_core::sim::EventKind;
    use mini_raft_core::time::Micros;

    use super::*;

    fn events(numbers: std::ops::Range<u64>) -> impl Iterator<Item = Event> {
        numbers.map(|seq| Event {
            seq,
            at: Micros(seq),
            cause: None,
            node: None,
            term: Term::ZERO,
            kind: EventKind::Wipe,
        })
    }

    fn past(history: &History) -> Vec<u64> {
        history.past().iter().map(|event| event.seq).collect()
    }

    #[test]
    fn going_back_and_forth_loses_nothing() {
        let mut history = History::default();
        history.extend(events(0..6));
        history.move_to(6, |_| ());
        history.move_to(2, |_| ());
        assert_eq!(past(&history), [0, 1]);
        let mut passed = Vec::new();
        history.move_to(5, |event| passed.push(event.seq));
        assert_eq!(passed, [2, 3, 4]);
        assert_eq!(past(&history), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn a_new_future_replaces_the_old_one() {
        let mut history = History::default();
        history.extend(events(0..6));
        history.move_to(6, |_| ());
        history.move_to(2, |_| ());
        history.forget_future();
        history.extend(events(2..4));
        history.move_to(4, |_| ());
        assert_eq!(past(&history), [0, 1, 2, 3]);
    }

    #[test]
    fn going_back_further_than_the_past_is_remembered_forgets_what_is_not_true_yet() {
        let mut history = History::default();
        history.extend(events(0..5_000));
        history.move_to(5_000, |_| ());
        let remembered = |history: &History| history.chronicle().milestones().count();
        assert!(remembered(&history) > 0);
        history.move_to(1_000, |_| ());
        assert_eq!((past(&history).len(), remembered(&history)), (0, 0));
    }

    #[test]
    fn the_past_is_bounded() {
        let mut history = History::default();
        history.extend(events(0..5_000));
        history.move_to(5_000, |_| ());
        assert_eq!(history.past().len(), PAST_MAX);
        assert_eq!(history.past().back().map(|event| event.seq), Some(4_999));
    }
}
