//! What to try first, step by step; gone once it is done.

use mini_raft_core::raft::NodeId;
use mini_raft_core::sim::{Status, World};

use super::election::can_elect;
use crate::session::Session;
use crate::wish::Act;

/// How far a visitor has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lesson {
    /// Nothing was tried.
    #[default]
    Crash,
    /// A node was crashed.
    Restart {
        /// The node.
        node: u32,
        /// Whether it was the leader.
        led: bool,
    },
    /// It was restarted.
    Disturb {
        /// The node.
        node: u32,
    },
    /// A link was cut, or a message dropped: all was tried.
    Done,
}

/// What to try next, and what is seen meanwhile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HintView {
    /// Crash the leader.
    #[default]
    Crash,
    /// The leader is down; watch the election, then restart it.
    LeaderFell,
    /// Another one leads; restart the one that is down.
    LeaderReplaced,
    /// A follower is down and the leader goes on; restart it.
    FollowerFell,
    /// A follower is down while nobody leads.
    FellMeanwhile,
    /// Nobody can be elected: restart one.
    NoMajority,
    /// The restarted node waits for a leader.
    WaitsForLeader,
    /// The leader brings the restarted node up to date; cut a line, or drop a message.
    CatchesUp,
    /// Cut a line, or drop a message.
    Disturb,
    /// All was tried.
    Nothing,
}

impl Lesson {
    /// Where a visitor is who does this to this world.
    pub fn after(self, act: &Act, world: &World) -> Lesson {
        match (self, act) {
            (Lesson::Crash | Lesson::Restart { .. }, Act::Crash(node)) => {
                Lesson::Restart { node: *node, led: world.leader() == Some(NodeId(*node)) }
            }
            (Lesson::Restart { .. }, Act::Restart(node)) => Lesson::Disturb { node: *node },
            (Lesson::Disturb { .. }, Act::Cut { .. } | Act::Isolate(_) | Act::Drop(_)) => Lesson::Done,
            (lesson, _) => lesson,
        }
    }
}

/// Builds the view.
pub fn hint_view(session: &Session) -> HintView {
    hint_view_of(session.lesson(), session.world())
}

/// What to try in this world after this lesson.
pub fn hint_view_of(lesson: Lesson, world: &World) -> HintView {
    let is_down =
        |node| world.machine(NodeId(node)).is_some_and(|machine| machine.status() == Status::Crashed);
    let is_led = world.leader().is_some();
    match lesson {
        Lesson::Done => HintView::Nothing,
        Lesson::Crash => HintView::Crash,
        // Its crash was undone: time went back.
        Lesson::Restart { node, .. } if !is_down(node) => HintView::Crash,
        Lesson::Disturb { node } if is_down(node) => HintView::Disturb,
        // It may still lead for a moment: so does whoever has not noticed yet that no majority answers.
        Lesson::Restart { .. } | Lesson::Disturb { .. } if !can_elect(world) => HintView::NoMajority,
        Lesson::Restart { led: true, .. } if is_led => HintView::LeaderReplaced,
        Lesson::Restart { led: true, .. } => HintView::LeaderFell,
        Lesson::Restart { led: false, .. } if is_led => HintView::FollowerFell,
        Lesson::Restart { led: false, .. } => HintView::FellMeanwhile,
        Lesson::Disturb { .. } if is_led => HintView::CatchesUp,
        Lesson::Disturb { .. } => HintView::WaitsForLeader,
    }
}

#[cfg(test)]
mod tests {
    use mini_raft_core::sim::{Command, Target};

    use super::*;
    use crate::model::sample::Sample;

    fn crash(sample: &mut Sample, lesson: Lesson, node: u32) -> Lesson {
        let lesson = lesson.after(&Act::Crash(node), sample.world());
        sample.command(Command::Crash { node: Target::Node(NodeId(node)) });
        lesson
    }

    fn restart(sample: &mut Sample, lesson: Lesson, node: u32) -> Lesson {
        let lesson = lesson.after(&Act::Restart(node), sample.world());
        sample.command(Command::Restart { node: Target::Node(NodeId(node)) });
        lesson
    }

    fn other_than(leader: NodeId, step: u32) -> u32 {
        (leader.0 + step) % 5
    }

    #[test]
    fn each_hint_goes_once_it_is_done() {
        let (mut sample, leader) = Sample::with_leader();
        let hint = |lesson, sample: &Sample| hint_view_of(lesson, sample.world());
        let lesson = Lesson::default().after(&Act::HealAll, sample.world());
        assert_eq!(hint(lesson, &sample), HintView::Crash);
        let lesson = crash(&mut sample, lesson, leader.0);
        assert_eq!(hint(lesson, &sample), HintView::LeaderFell);
        sample.run_until(|world| world.leader().is_some());
        assert_eq!(hint(lesson, &sample), HintView::LeaderReplaced);
        let lesson = restart(&mut sample, lesson, leader.0);
        assert_eq!(hint(lesson, &sample), HintView::CatchesUp);
        let lesson = lesson.after(&Act::Cut { from: 0, to: 1 }, sample.world());
        assert_eq!(hint(lesson, &sample), HintView::Nothing);
    }

    /// Nobody misses a follower, and too few elect nobody.
    #[test]
    fn what_is_said_of_a_crash_depends_on_who_fell_and_who_is_left() {
        let (mut sample, leader) = Sample::with_leader();
        let mut lesson = crash(&mut sample, Lesson::default(), other_than(leader, 1));
        assert_eq!(hint_view_of(lesson, sample.world()), HintView::FollowerFell);
        for fallen in [other_than(leader, 2), other_than(leader, 3)] {
            lesson = crash(&mut sample, lesson, fallen);
        }
        assert_eq!(sample.world().leader(), Some(leader), "it does not know yet that it leads nobody");
        assert_eq!(hint_view_of(lesson, sample.world()), HintView::NoMajority);
        lesson = restart(&mut sample, lesson, other_than(leader, 3));
        lesson = crash(&mut sample, lesson, leader.0);
        assert_eq!(hint_view_of(lesson, sample.world()), HintView::NoMajority);
        lesson = restart(&mut sample, lesson, leader.0);
        assert_eq!(hint_view_of(lesson, sample.world()), HintView::WaitsForLeader);
        sample.run_until(|world| world.leader().is_some());
        assert_eq!(hint_view_of(lesson, sample.world()), HintView::CatchesUp);
    }

    #[test]
    fn a_crash_that_was_undone_is_not_spoken_of() {
        let (sample, leader) = Sample::with_leader();
        let lesson = Lesson::default().after(&Act::Crash(leader.0), sample.world());
        assert_eq!(hint_view_of(lesson, sample.world()), HintView::Crash);
    }
}
