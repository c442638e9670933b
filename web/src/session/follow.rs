//! From one event to another: to its cause, to what came of it, and back.

use mini_raft_core::sim::EventKind;

use super::Session;
use crate::model::inspector::{Past, answer_of};
use crate::model::inspector_view;
use crate::text;
use crate::wish::{Follow, Selection};

/// How far back one can go.
const TRAIL_MAX: usize = 100;

impl Session {
    /// What is remembered of the run.
    pub fn past(&self) -> Past<'_> {
        Past { events: self.history.past(), chronicle: self.history.chronicle() }
    }

    pub(super) fn follow(&mut self, follow: Follow) {
        self.refusal = None;
        let found = match follow {
            Follow::Cause => inspector_view(self).cause().ok_or(text::why::NO_CAUSE),
            Follow::Effect => inspector_view(self).effect().ok_or(text::why::NO_EFFECT),
            Follow::Field(asked) => {
                answer_of(self.world(), self.past(), asked).ok_or(text::why::FORGOTTEN_FIELD)
            }
            Follow::Back => {
                if let Some(before) = self.trail.pop() {
                    self.select(before);
                }
                return;
            }
        };
        match found {
            Ok(event) => {
                let selection = Selection::Event(event);
                self.leave_a_trail(selection);
                self.select(selection);
            }
            Err(why) => self.refusal = Some(why.to_owned()),
        }
    }

    /// Remembers what is selected now, where an event is looked at next.
    pub(super) fn leave_a_trail(&mut self, next: Selection) {
        match next {
            Selection::Event(_) if next != self.selection => {
                if self.trail.len() == TRAIL_MAX {
                    self.trail.remove(0);
                }
                self.trail.push(self.selection);
            }
            Selection::Event(_) => {}
            // Something else is looked at: that way is at its end.
            _ => self.trail.clear(),
        }
    }

    /// How the way of a message ended, if it did and that is remembered.
    pub(super) fn end_of_message(&self, id: u64) -> Option<Selection> {
        let ended = self.history.past().iter().rev().find(|event| match event.kind {
            EventKind::Deliver { message, .. } | EventKind::Drop { message, .. } => message == id,
            _ => false,
        })?;
        Some(Selection::Event(ended.seq))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::causes::{Root, chain};
    use crate::wish::{Act, Asked, AskedField, Wish};

    fn playing_with_leader() -> (Session, u32) {
        let mut session = Session::new(1.0);
        session.advance(800.0, || false);
        session.grant(Wish::Pause);
        let leader = session.world().leader().expect("an election takes less").0;
        (session, leader)
    }

    fn selected_event(session: &Session) -> u64 {
        match session.selection() {
            Selection::Event(seq) => seq,
            other => panic!("no event is selected, but {other:?}"),
        }
    }

    /// One key leads from a node back to what began it, and another one the whole way to where one was.
    #[test]
    fn a_key_follows_the_causes_back_and_another_returns() {
        let (mut session, leader) = playing_with_leader();
        session.grant(Wish::Select(Selection::Node(leader)));
        let mut way = Vec::new();
        for _ in 0..60 {
            session.grant(Wish::Follow(Follow::Cause));
            if session.refusal().is_some() {
                break;
            }
            way.push(selected_event(&session));
        }
        assert_eq!(session.refusal(), Some(text::why::NO_CAUSE));
        assert!(way.len() > 10 && way.windows(2).all(|pair| pair[1] < pair[0]), "{way:?}");
        let first = session.past().event(selected_event(&session)).expect("it is remembered");
        assert_eq!(chain(session.past(), first).root, Root::Timer);
        for event in way.iter().rev().skip(1) {
            session.grant(Wish::Follow(Follow::Back));
            assert_eq!(selected_event(&session), *event);
        }
        session.grant(Wish::Follow(Follow::Back));
        assert_eq!(session.selection(), Selection::Node(leader));
        session.grant(Wish::Follow(Follow::Back));
        assert_eq!(session.selection(), Selection::Node(leader), "there is nothing before it");
    }

    /// To an effect and back to the cause leads where one was.
    #[test]
    fn an_effect_leads_back_to_its_cause() {
        let (mut session, leader) = playing_with_leader();
        let asked = Asked { node: leader, what: AskedField::CurrentTerm };
        session.grant(Wish::Follow(Follow::Field(asked)));
        let stood = selected_event(&session);
        session.grant(Wish::Follow(Follow::Effect));
        assert!(selected_event(&session) > stood);
        session.grant(Wish::Follow(Follow::Cause));
        assert_eq!(selected_event(&session), stood);
        session.grant(Wish::Select(Selection::Nothing));
        session.grant(Wish::Follow(Follow::Back));
        assert_eq!(session.selection(), Selection::Nothing, "another choice ends the way");
    }

    /// What never changed, or so long ago that it is forgotten, is told as such.
    #[test]
    fn a_field_that_never_changed_says_so() {
        let (mut session, _) = playing_with_leader();
        session.grant(Wish::Restart { seed: 7 });
        session.grant(Wish::Follow(Follow::Field(Asked { node: 0, what: AskedField::Log })));
        assert_eq!(session.refusal(), Some(text::why::FORGOTTEN_FIELD));
        assert_eq!(session.selection(), Selection::Nothing);
    }

    /// A message that was lost is shown a moment longer; who selects it there is told how it ended.
    #[test]
    fn a_lost_message_leads_to_its_end() {
        let (mut session, _) = playing_with_leader();
        while session.world().flights().next().is_none() {
            session.grant(Wish::StepForward);
        }
        let id = session.world().flights().next().expect("it has just been found").id;
        session.grant(Wish::Act(Act::Drop(id)));
        session.grant(Wish::Select(Selection::Message(id)));
        let ended = session.past().event(selected_event(&session)).expect("it is remembered");
        assert!(matches!(ended.kind, EventKind::Drop { message, .. } if message == id));
    }
}
