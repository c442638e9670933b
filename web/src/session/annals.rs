//! What is remembered of a whole branch, however long it is, and whatever the present is.

use std::collections::VecDeque;

use mini_raft_core::sim::Event;
use mini_raft_core::time::Micros;

use crate::model::{Strip, is_lasting};

/// Events that are remembered one by one: changes of roles, votes, crashes, the form's requests.
const LASTING_MAX: usize = 4_000;

/// What is remembered of a branch from its start to the furthest moment that it has reached.
#[derive(Clone, Default)]
pub(super) struct Annals {
    lasting: VecDeque<Event>,
    strip: Strip,
}

impl Annals {
    /// Takes note of this event, unless it did before. Events come in their order.
    pub(super) fn observe(&mut self, event: &Event) {
        self.strip.observe(event);
        if is_lasting(&event.kind) && self.lasting.back().is_none_or(|last| last.seq < event.seq) {
            if self.lasting.len() == LASTING_MAX {
                self.lasting.pop_front();
            }
            self.lasting.push_back(event.clone());
        }
    }

    /// The remembered events before this one.
    pub(super) fn before(&self, seq: u64) -> impl Iterator<Item = &Event> {
        self.lasting.iter().take_while(move |event| event.seq < seq)
    }

    /// The summary that the timeline is painted with.
    pub(super) fn strip(&self) -> &Strip {
        &self.strip
    }

    /// Forgets what happened from this moment on: the run goes on otherwise. Returns the number of the first event that
    /// has to be told again.
    pub(super) fn cut(&mut self, at: Micros) -> u64 {
        while self.lasting.pop_back_if(|event| event.at >= at).is_some() {}
        self.strip.cut(at)
    }
}
