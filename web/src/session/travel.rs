//! To any moment, to any event, from branch to branch; and what a person does, undone and done again.

#[cfg(test)]
mod tests;

use mini_raft_core::sim::{Command, Event};
use mini_raft_core::time::Micros;
use mini_raft_core::timeline::{BranchId, Place};

use super::{Losses, Session};
use crate::model::events::is_listed;
use crate::text;
use crate::wish::{Selection, Turn};

/// An event is looked for within this time.
const SEARCH_SPAN: Micros = Micros::from_millis(20_000);
/// Further on, it is looked for in steps of this length.
const SEARCH_STEP: Micros = Micros::from_millis(100);
/// The longest name of a branch, in letters.
const NAME_LETTERS_MAX: usize = 40;

impl Session {
    /// Goes to this moment and stands there; at most to the end of what is known.
    pub(super) fn seek(&mut self, at: Micros) {
        self.set_playing(false);
        self.go_to(at.min(self.branches.timeline().end()));
    }

    /// Goes to this moment. Nothing on the way is told to anybody, and no broken law stops it.
    pub(super) fn go_to(&mut self, at: Micros) {
        self.losses = Losses::default();
        self.remainder_us = 0.0;
        self.branches.timeline_mut().seek(at, &mut self.fresh);
        self.settle();
    }

    /// Goes to the next event that the list shows, or the one before, and selects it.
    pub(super) fn step_event(&mut self, turn: Turn) {
        self.refusal = None;
        self.set_playing(false);
        let started_at = self.now();
        let found = match turn {
            Turn::Next => self.next_listed(),
            Turn::Previous => self.previous_listed(),
        };
        match found {
            Some((at, event)) => {
                self.go_to(at);
                self.select(Selection::Event(event));
            }
            None => {
                self.go_to(started_at);
                self.refusal = Some(text::branches::no_such_event(turn).to_owned());
            }
        }
    }

    fn next_listed(&mut self) -> Option<(Micros, u64)> {
        let filter = self.event_filter;
        let after = match self.selected_event() {
            Some(event) => event + 1,
            None => self.event_count,
        };
        let until = self.now() + SEARCH_SPAN;
        loop {
            let known = self.history.past().iter().chain(self.history.future());
            let found = known.filter(|event| event.seq >= after).find(|event| is_listed(event, filter));
            if let Some(event) = found {
                return Some((event.at, event.seq));
            }
            if self.now() >= until {
                return None;
            }
            self.go_to(self.now() + SEARCH_STEP);
        }
    }

    fn previous_listed(&mut self) -> Option<(Micros, u64)> {
        let filter = self.event_filter;
        let before = self.selected_event().unwrap_or(self.event_count);
        let since = Micros(self.now().0.saturating_sub(SEARCH_SPAN.0));
        loop {
            let past = self.history.past();
            let found =
                past.iter().rev().filter(|event| event.seq < before).find(|event| is_listed(event, filter));
            if let Some(event) = found {
                return Some((event.at, event.seq));
            }
            // What came before these is filled in from there.
            let first = past.front().filter(|event| event.seq > 0 && event.at > since)?;
            self.go_to(first.at);
        }
    }

    /// The event that is selected, if it is past.
    fn selected_event(&self) -> Option<u64> {
        match self.selection {
            Selection::Event(event) if event < self.event_count => Some(event),
            _ => None,
        }
    }

    /// Does what a person wants, at one stroke. In the past it begins a branch.
    pub(super) fn do_together(&mut self, commands: &[Command]) {
        let here = self.branches.current().id;
        match self.branches.act(commands, &mut self.fresh) {
            Err(why) => self.refusal = Some(why),
            Ok(()) if self.branches.current().id == here => self.absorb(),
            Ok(()) => {
                for event in &self.fresh {
                    self.losses.note(event, &self.placed);
                    self.announcements.extend(text::announcement(event));
                }
                self.announcements.push(text::branches::BEGUN.to_owned());
                self.enter_branch(self.last_deed_at());
            }
        }
    }

    /// Undoes what was done last, and stands where it was done.
    pub(super) fn undo(&mut self) {
        self.refusal = None;
        self.set_playing(false);
        if self.branches.undo(&mut self.fresh) {
            self.after_a_change_of_the_past(self.now());
        } else {
            self.refusal = Some(text::branches::NOTHING_TO_UNDO.to_owned());
        }
    }

    /// Does again what was undone last.
    pub(super) fn redo(&mut self) {
        self.refusal = None;
        self.set_playing(false);
        if self.branches.redo(&mut self.fresh) {
            self.after_a_change_of_the_past(self.last_deed_at());
        } else {
            self.refusal = Some(text::branches::NOTHING_TO_REDO.to_owned());
        }
    }

    /// Goes to another branch, at the moment where one stands, or at its end.
    pub(super) fn switch_branch(&mut self, id: BranchId) {
        self.set_playing(false);
        if self.branches.switch(id, Place::Now, &mut self.fresh) {
            self.after_a_change_of_the_past(self.now());
        }
    }

    /// Names a branch.
    pub(super) fn name_branch(&mut self, id: BranchId, name: &str) {
        let name: String = name.trim().chars().take(NAME_LETTERS_MAX).collect();
        self.branches.rename(id, (!name.is_empty()).then_some(name));
    }

    /// Deletes a branch, unless it is the present one.
    pub(super) fn delete_branch(&mut self, id: BranchId) {
        self.branches.delete(id);
        self.forget_lost_branches();
    }

    fn after_a_change_of_the_past(&mut self, parted_at: Micros) {
        self.losses = Losses::default();
        self.remainder_us = 0.0;
        // Numbers of events and messages mean something else in another branch.
        if !matches!(self.selection, Selection::Node(_) | Selection::Link { .. }) {
            self.select(Selection::Nothing);
        }
        self.trail.clear();
        self.enter_branch(parted_at);
    }

    fn last_deed_at(&self) -> Micros {
        self.branches.timeline().present().last_deed().map_or(self.now(), |deed| deed.at)
    }

    /// Takes note of the branch that is the present one: another one, or this one, which goes on otherwise from this
    /// moment on.
    fn enter_branch(&mut self, parted_at: Micros) {
        let first = self.history.enter(self.branches.current().id, parted_at);
        self.forget_lost_branches();
        self.fresh.clear();
        self.fill(first);
    }

    fn forget_lost_branches(&mut self) {
        let others: Vec<BranchId> = self.branches.others().map(|(branch, _)| branch.id).collect();
        self.history.retain(|id| others.contains(&id));
    }

    /// Takes note of where the present is, and tells nobody.
    fn settle(&mut self) {
        let count = self.catch_up();
        self.history.move_to(count, |_| ());
        self.look_around(count);
    }

    /// Remembers the events that were handed out, and those that have to be asked for. Returns how many are past.
    pub(super) fn catch_up(&mut self) -> u64 {
        self.history.extend(self.fresh.drain(..));
        let count = self.branches.timeline().event_count();
        if let Some(first) = self.history.gap(count) {
            self.fill(first);
        }
        count
    }

    /// Replays the past from this event on at the latest.
    fn fill(&mut self, first: u64) {
        let count = self.branches.timeline().event_count();
        let first = first.min(self.history.first_wanted(count));
        let mut again: Vec<Event> = std::mem::take(&mut self.fresh);
        self.branches.timeline_mut().recall(first, &mut again);
        self.history.fill(count, again.drain(..));
        self.fresh = again;
        self.look_around(count);
    }
}
