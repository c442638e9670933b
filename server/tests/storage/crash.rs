//! Power failures and killed processes, at every operation of a life.

use super::disk::{Disk, Failure, Loss};
use super::work::{Model, Step, apply, command, life, open};

/// Lives in which every kind of step happens, at the seams of segments too.
const LIVES: std::ops::Range<u64> = 0..6;
const STEPS: usize = 40;

/// Lives a life until the disk is gone; what was acknowledged then, and what was under way.
fn live(disk: &Disk, life: &[Step]) -> (Model, Option<Step>) {
    let mut model = Model::default();
    let Ok((mut storage, _)) = open(disk) else { return (model, None) };
    for step in life {
        if apply(&mut storage, step).is_err() {
            return (model, Some(step.clone()));
        }
        model.take(step);
    }
    (model, None)
}

/// What may be there: what was acknowledged, and that with the step under way.
fn allowed(model: &Model, under_way: Option<&Step>) -> Vec<Model> {
    let mut allowed = vec![model.clone()];
    if let Some(step) = under_way {
        let mut after = model.clone();
        after.take(step);
        allowed.push(after);
    }
    allowed
}

fn losses(seed: u64) -> Vec<Loss> {
    let tails = [1, 5, 9, 13, 15].map(Loss::TailOfLastWrite);
    let by_chance = (0..4).map(|part| Loss::Some(seed * 4 + part));
    [Loss::Nothing, Loss::All, Loss::Names, Loss::Bytes].into_iter().chain(tails).chain(by_chance).collect()
}

/// Reads a disk back, writes one more entry, reads it again: both times it is what it must be.
fn comes_back(disk: &Disk, allowed: &[Model], circumstance: &str) {
    let (mut storage, recovered) = open(disk).unwrap_or_else(|refusal| panic!("{circumstance}: {refusal}"));
    let found = Model::of(&storage, &recovered);
    let Some(expected) = allowed.iter().find(|model| **model == found) else {
        panic!("{circumstance}: found {found:?}\nallowed {allowed:?}");
    };
    let last = expected.persistent.entries.last().map(|entry| entry.id());
    let covered = expected.persistent.snapshot.as_ref().map(|snapshot| snapshot.last_included);
    let last = last.or(covered).unwrap_or_default();
    let step = Step::Write(vec![command(last.term.0.max(1), last.index.0 + 1, b"after the crash")]);
    let mut expected = expected.clone();
    apply(&mut storage, &step).unwrap_or_else(|error| panic!("{circumstance}: {error}"));
    expected.take(&step);
    let (storage, recovered) = open(&disk.after_power_failure(Loss::All))
        .unwrap_or_else(|refusal| panic!("{circumstance}, and again: {refusal}"));
    assert_eq!(Model::of(&storage, &recovered), expected, "{circumstance}, and again");
}

/// Faults 1, 2, 9 and 16: whatever operation a power failure interrupts, and whatever it leaves of what was not
/// synced, all that was acknowledged is there, the write under way is there as a whole or not at all, and nothing
/// that was cut comes back.
#[test]
fn every_crash_point_leaves_what_was_acknowledged() {
    let mut crashes = 0;
    for seed in LIVES {
        let life = life(seed, STEPS);
        let whole = Disk::new();
        live(&whole, &life);
        for operation in 0..whole.operations() {
            let disk = Disk::new();
            disk.fail_at(operation, Failure::Death);
            let (model, under_way) = live(&disk, &life);
            let allowed = allowed(&model, under_way.as_ref());
            for loss in losses(seed * 10_000 + operation as u64) {
                let what = &whole.log()[operation];
                let circumstance = format!("life {seed}, operation {operation} ({what}), {loss:?}");
                comes_back(&disk.after_power_failure(loss), &allowed, &circumstance);
                crashes += 1;
            }
        }
    }
    assert!(crashes > 10_000, "only {crashes}: are lives still long enough?");
}

/// Fault 1: what a killed process left in memory alone, and the next one relied on, survives a power failure.
#[test]
fn what_was_read_after_a_kill_is_durable() {
    for seed in LIVES {
        let life = life(seed, STEPS);
        let whole = Disk::new();
        live(&whole, &life);
        for operation in 0..whole.operations() {
            let disk = Disk::new();
            disk.fail_at(operation, Failure::Death);
            let (model, under_way) = live(&disk, &life);
            let circumstance = format!("life {seed}, operation {operation} ({})", whole.log()[operation]);
            let disk = disk.after_kill();
            let (storage, recovered) = open(&disk).unwrap_or_else(|it| panic!("{circumstance}: {it}"));
            let found = Model::of(&storage, &recovered);
            assert!(allowed(&model, under_way.as_ref()).contains(&found), "{circumstance}: {found:?}");
            for loss in [Loss::All, Loss::Names, Loss::Bytes, Loss::Some(operation as u64)] {
                comes_back(&disk.after_power_failure(loss), std::slice::from_ref(&found), &circumstance);
            }
        }
    }
}
