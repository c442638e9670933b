//! Acts in the past, and what becomes of the future.

use super::super::tests::{busy_until_a_crash, ms};
use super::*;
use crate::rng::Rng;
use crate::sim::Target;
use crate::sim::command::TimerMove;

fn branches(events: &mut Vec<Event>) -> Branches {
    Branches::new(busy_until_a_crash(1_500, events))
}

const CRASH: Command = Command::Crash { node: Target::Leader };
const PAUSE: Command = Command::Pause { node: Target::Leader };
const SPREAD: Command = Command::Timers { how: TimerMove::Spread };

/// All events of the present branch up to now, as its setup and its journal make them.
fn replayed(branches: &Branches) -> Vec<Event> {
    let timeline = branches.timeline();
    let mut events = Vec::new();
    let setup = timeline.present().world().setup().clone();
    Timeline::new(setup, timeline.journal().to_vec(), &mut events)
        .seek(timeline.present().now(), &mut events);
    events
}

/// All events of the present branch up to now, as it recalls them.
fn recalled(branches: &mut Branches) -> Vec<Event> {
    let mut events = Vec::new();
    branches.timeline_mut().recall(0, &mut events);
    events
}

/// The old future stays, and is the same whenever one returns to it.
#[test]
fn an_act_in_the_past_keeps_the_old_future() {
    let mut events = Vec::new();
    let mut branches = branches(&mut events);
    branches.timeline_mut().seek(ms(1_000), &mut events);
    branches.act(&[PAUSE], &mut events).expect("there is a leader");
    branches.timeline_mut().seek(ms(4_000), &mut events);
    let first = (branches.current().id, recalled(&mut branches));
    branches.timeline_mut().seek(ms(800), &mut events);
    branches.act(&[CRASH], &mut events).expect("there is a leader");
    branches.timeline_mut().seek(ms(3_000), &mut events);
    let second = (branches.current().id, recalled(&mut branches));
    assert!(first.1[..second.1.len()] != second.1);
    for _ in 0..2 {
        assert!(branches.switch(first.0, Place::End, &mut events));
        assert!(recalled(&mut branches) == first.1);
        assert!(branches.switch(second.0, Place::End, &mut events));
        assert!(recalled(&mut branches) == second.1);
    }
    let (branch, other) = branches.others().next().expect("the first");
    assert_eq!(branch.id, first.0);
    let parting = parting(branches.timeline(), other).expect("they differ");
    assert_eq!((parting.at, parting.did), (ms(800), None), "the crash is ours");
}

/// One who switches stands at the same moment, or at the end of a shorter branch.
#[test]
fn one_switches_at_the_same_moment() {
    let mut events = Vec::new();
    let mut branches = branches(&mut events);
    branches.timeline_mut().seek(ms(2_000), &mut events);
    branches.timeline_mut().seek(ms(800), &mut events);
    branches.act(&[CRASH], &mut events).expect("there is a leader");
    for (here, there) in [(1_700, 1_700), (3_000, 2_000)] {
        branches.timeline_mut().seek(ms(here), &mut events);
        let own = branches.current().id;
        assert!(branches.switch(BranchId(0), Place::Now, &mut events));
        assert_eq!(branches.timeline().present().now(), ms(there));
        assert!(branches.switch(own, Place::End, &mut events));
    }
    assert!(!branches.switch(BranchId(99), Place::End, &mut events));
}

/// What is refused leaves everything as it was, though a part of it could be done.
#[test]
fn a_refused_act_changes_nothing() {
    let mut events = Vec::new();
    let mut branches = branches(&mut events);
    branches.timeline_mut().seek(ms(1_000), &mut events);
    let before = recalled(&mut branches);
    let no_candidate = Command::Crash { node: Target::Candidate };
    assert!(branches.act(&[CRASH, no_candidate], &mut Vec::new()).is_err());
    assert!(recalled(&mut branches) == before);
    assert!(!branches.can_undo());
}

/// The run goes on as if it had never been done; done again, it is what it was, and there are no more branches.
#[test]
fn undone_and_done_again() {
    let mut events = Vec::new();
    let mut branches = branches(&mut events);
    branches.timeline_mut().seek(ms(2_500), &mut events);
    let untouched = recalled(&mut branches);
    branches.timeline_mut().seek(ms(800), &mut events);
    branches.act(&[PAUSE, SPREAD], &mut events).expect("there is a leader");
    branches.timeline_mut().seek(ms(1_200), &mut events);
    branches.act(&[SPREAD], &mut events).expect("it can always be done");
    branches.timeline_mut().seek(ms(2_500), &mut events);
    let touched = (branches.current().id, recalled(&mut branches));
    assert!(branches.undo(&mut events));
    assert_eq!(branches.timeline().present().now(), ms(1_200));
    assert!(branches.undo(&mut events), "both commands at one stroke");
    assert!(!branches.can_undo());
    assert_eq!((branches.current().id, branches.timeline().present().now()), (BranchId(0), ms(800)));
    branches.timeline_mut().seek(ms(2_500), &mut events);
    assert!(recalled(&mut branches) == untouched);
    assert!(branches.redo(&mut events) && branches.redo(&mut events) && !branches.can_redo());
    branches.timeline_mut().seek(ms(2_500), &mut events);
    assert_eq!(branches.current().id, touched.0);
    assert!(recalled(&mut branches) == touched.1);
    assert_eq!(branches.others().count(), 1);
}

/// At the end of the only branch there is no past to return to: what was undone stays as a branch until it is redone.
#[test]
fn what_was_done_last_is_undone() {
    let mut events = Vec::new();
    let mut branches = branches(&mut events);
    branches.timeline_mut().seek(ms(1_000), &mut events);
    branches.act(&[CRASH], &mut events).expect("there is a leader");
    let crashed = recalled(&mut branches);
    assert!(branches.undo(&mut events));
    assert!(matches!(branches.current().origin, Origin::Undid { from: BranchId(0), .. }));
    assert!(branches.timeline().is_at_end() && branches.timeline().present().world().leader().is_some());
    assert!(branches.redo(&mut events));
    assert_eq!((branches.current().id, branches.others().count()), (BranchId(0), 0));
    assert!(recalled(&mut branches) == crashed);
}

/// Nameless branches make room for new ones, the oldest first.
#[test]
fn branches_are_bounded_and_names_protect() {
    let mut events = Vec::new();
    let mut branches = branches(&mut events);
    assert!(branches.rename(BranchId(0), Some("kept".to_owned())));
    for _ in 0..2 * BRANCHES_MAX as u64 {
        branches.timeline_mut().seek(ms(900), &mut events);
        branches.timeline_mut().seek(ms(800), &mut events);
        branches.act(&[SPREAD], &mut events).expect("it can always be done");
    }
    assert_eq!(branches.others().count(), BRANCHES_MAX - 1);
    let names: Vec<_> = branches.others().filter_map(|(branch, _)| branch.name.clone()).collect();
    assert_eq!(names, ["kept"]);
    assert!(!branches.delete(branches.current().id));
    assert!(branches.delete(BranchId(0)) && !branches.delete(BranchId(0)));
}

/// However one goes back and forth, acts, undoes and switches: the present is what its journal makes of the setup.
#[test]
fn every_branch_is_what_its_journal_makes() {
    for seed in 0..12 {
        let mut rng = Rng::new(seed);
        let mut events = Vec::new();
        let mut branches = branches(&mut events);
        for _ in 0..25 {
            let now = branches.timeline().present().now();
            match rng.below(8) {
                0..3 => branches.timeline_mut().seek(ms(rng.below(3_000)), &mut events),
                3 => {
                    branches.timeline_mut().seek(now + ms(rng.below(200)), &mut events);
                    while rng.chance(0.7) && branches.timeline_mut().step_forward(&mut events) {}
                }
                4 | 5 => {
                    let command = [CRASH, PAUSE, SPREAD][rng.below(3) as usize].clone();
                    // There may be no leader.
                    let _ = branches.act(&[command], &mut events);
                }
                6 if rng.chance(0.5) => _ = branches.undo(&mut events),
                6 => _ = branches.redo(&mut events),
                _ => {
                    let others: Vec<BranchId> = branches.others().map(|(branch, _)| branch.id).collect();
                    if !others.is_empty() {
                        let id = others[rng.below(others.len() as u64) as usize];
                        let place = if rng.chance(0.5) { Place::Now } else { Place::End };
                        branches.switch(id, place, &mut events);
                    }
                }
            }
            let whole = replayed(&branches);
            let count = branches.timeline().event_count() as usize;
            // In the midst of a moment, not all of it has happened.
            assert!(whole.len() >= count, "seed {seed}");
            let kinds = |events: &[Event]| {
                let kinds = events.iter().map(|event| (event.seq, event.at, event.node, event.kind.clone()));
                kinds
                    .filter(|(.., kind)| !matches!(kind, crate::sim::EventKind::Skipped { .. }))
                    .collect::<Vec<_>>()
            };
            assert!(kinds(&recalled(&mut branches)) == kinds(&whole[..count]), "seed {seed}");
        }
    }
}
