//! The events of a run, on both sides of the present: after going back, what is known of the future is kept.
//!
//! Only a window of them around the present is kept one by one. One who goes far has it filled anew, by replaying; what
//! is remembered of the whole branch ([`Annals`]) stays, also while another branch is the present one.

use std::collections::VecDeque;

use mini_raft_core::sim::Event;
use mini_raft_core::time::Micros;
use mini_raft_core::timeline::BranchId;

use super::annals::Annals;
use crate::model::{Chronicle, Strip};

/// How many past events are remembered for the inspector and the list of events.
const PAST_MAX: usize = 2_000;
/// With fewer than this, they are replayed.
const PAST_MIN: usize = 200;

/// What has happened, and what is known to happen.
#[derive(Default)]
pub(super) struct History {
    past: VecDeque<Event>,
    future: VecDeque<Event>,
    chronicle: Chronicle,
    /// Where the present is: so many events are past.
    count: u64,
    /// Whether something is left out between the past and what is known of later.
    has_gap: bool,
    branch: u32,
    annals: Annals,
    /// Those of the other branches.
    aside: Vec<(BranchId, Annals)>,
}

impl History {
    /// The latest events before the present, the oldest first.
    pub(super) fn past(&self) -> &VecDeque<Event> {
        &self.past
    }

    /// What is known of what comes next, as far as it is remembered.
    pub(super) fn future(&self) -> &VecDeque<Event> {
        &self.future
    }

    /// What is remembered of the past for longer.
    pub(super) fn chronicle(&self) -> &Chronicle {
        &self.chronicle
    }

    /// The summary of the present branch.
    pub(super) fn strip(&self) -> &Strip {
        self.annals.strip()
    }

    /// Adds events in their order: those that happened for the first time, or that follow those that were replayed.
    pub(super) fn extend(&mut self, events: impl Iterator<Item = Event>) {
        for event in events {
            self.annals.observe(&event);
            if event.seq != self.end() {
                self.past.clear();
                self.future.clear();
                self.has_gap = true;
            }
            self.future.push_back(event);
        }
    }

    /// From which event on the past has to be replayed, and filled in again, before the present is where `count` events
    /// are past; `None` if enough of it is known.
    pub(super) fn gap(&self, count: u64) -> Option<u64> {
        let first = self.past.front().or(self.future.front()).map_or(0, |event| event.seq);
        let is_enough = first + PAST_MIN as u64 <= count || first == 0;
        (self.has_gap || !is_enough || self.end() < count).then(|| self.first_wanted(count))
    }

    /// The number of the first event that is remembered one by one where `count` events are past.
    pub(super) fn first_wanted(&self, count: u64) -> u64 {
        count.saturating_sub(PAST_MAX as u64)
    }

    /// Fills in the past: these are the last events before the present, where `count` events are past.
    pub(super) fn fill(&mut self, count: u64, events: impl Iterator<Item = Event>) {
        self.count = count;
        self.has_gap = false;
        self.past = events.collect();
        self.future.clear();
        self.chronicle = Chronicle::default();
        for event in self.annals.before(self.past.front().map_or(count, |event| event.seq)) {
            self.chronicle.observe(event);
        }
        for event in &self.past {
            self.annals.observe(event);
            self.chronicle.observe(event);
        }
        while self.past.len() > PAST_MAX {
            self.past.pop_front();
        }
    }

    /// Another branch is the present one, or this one goes on otherwise from this moment on. Returns the number of the
    /// first event that has to be filled in at least.
    pub(super) fn enter(&mut self, branch: BranchId, parted_at: Micros) -> u64 {
        let known = self.aside.iter().position(|(other, _)| *other == branch);
        let own = BranchId(self.branch);
        self.branch = branch.0;
        match known {
            Some(place) => {
                let (_, annals) = self.aside.remove(place);
                self.aside.push((own, std::mem::replace(&mut self.annals, annals)));
                u64::MAX
            }
            None => {
                if own != branch {
                    self.aside.push((own, self.annals.clone()));
                }
                self.annals.cut(parted_at)
            }
        }
    }

    /// Forgets the branches that are not kept.
    pub(super) fn retain(&mut self, is_kept: impl Fn(BranchId) -> bool) {
        self.aside.retain(|(branch, _)| is_kept(*branch));
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

    /// The number of the first event that is not known.
    fn end(&self) -> u64 {
        self.future.back().or(self.past.back()).map_or(self.count, |event| event.seq + 1)
    }
}

#[cfg(test)]
mod tests {
    use mini_raft_core::raft::Term;
    use mini_raft_core::sim::EventKind;

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
        assert_eq!(history.gap(5), None);
    }

    #[test]
    fn a_new_future_replaces_the_old_one() {
        let mut history = History::default();
        history.extend(events(0..6));
        history.move_to(2, |_| ());
        assert_eq!(history.enter(BranchId(1), Micros(2)), 0);
        history.fill(4, events(0..4));
        assert_eq!(past(&history), [0, 1, 2, 3]);
        assert!(history.future().is_empty());
    }

    #[test]
    fn one_who_goes_far_is_told_the_past_again_and_what_lasts_is_remembered() {
        let mut history = History::default();
        history.extend(events(0..9_000));
        history.move_to(9_000, |_| ());
        history.move_to(8_000, |_| ());
        assert_eq!(history.gap(8_000), None);
        assert_eq!(history.gap(7_050), Some(5_050));
        history.fill(7_050, events(5_050..7_050));
        history.move_to(7_050, |_| ());
        assert_eq!((history.past().len(), history.gap(7_050)), (PAST_MAX, None));
        let remembered = history.chronicle().milestones().next_back();
        assert_eq!(remembered.map(|event| event.seq), Some(7_049));
        // Those after them follow when time goes on, and then others that do not.
        history.extend(events(7_050..7_100));
        history.move_to(7_100, |_| ());
        assert_eq!(history.gap(7_100), None);
        history.extend(events(8_600..8_700));
        assert_eq!(history.gap(8_700), Some(6_700));
    }

    #[test]
    fn going_back_forgets_what_is_not_true_yet() {
        let mut history = History::default();
        history.extend(events(0..5_000));
        history.move_to(5_000, |_| ());
        history.move_to(4_000, |_| ());
        let latest = history.chronicle().milestones().next_back();
        assert!(latest.is_none_or(|event| event.seq < 4_000));
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
