//! Disks that are full, fail, or do less than they were asked.

use std::io::ErrorKind;

use mini_raft_server::storage::WriteError;

use super::disk::{Disk, Failure, Loss};
use super::work::{Model, Step, apply, life, open};

const STEPS: usize = 60;

/// Lives a life on a disk where one operation goes wrong; the first error, at which step, and what was acknowledged.
fn live(disk: &Disk, life: &[Step]) -> (Model, Option<(usize, WriteError)>) {
    let (mut storage, _) = open(disk).expect("the disk is new");
    let mut model = Model::default();
    for (place, step) in life.iter().enumerate() {
        match apply(&mut storage, step) {
            Ok(()) => model.take(step),
            Err(error @ WriteError::Failed { .. }) => {
                let operations = disk.operations();
                assert!(apply(&mut storage, &life[0]).is_err(), "it goes on after {error}");
                assert_eq!(disk.operations(), operations, "it touches the disk after {error}");
                return (model, Some((place, error)));
            }
            Err(full) => return (model, Some((place, full))),
        }
    }
    (model, None)
}

/// How many operations the making of a directory is, and a life with it.
fn operations(life: &[Step]) -> std::ops::Range<usize> {
    let made = Disk::new();
    open(&made).expect("the disk is new");
    let whole = Disk::new();
    live(&whole, life);
    made.operations()..whole.operations()
}

/// Fault 7: whichever operation fails, the storage says so, and never touches the disk again.
#[test]
fn after_a_failed_operation_nothing_is_done_any_more() {
    let life = life(11, STEPS);
    let mut failed = 0;
    for operation in operations(&life) {
        let disk = Disk::new();
        disk.fail_at(operation, Failure::Error(ErrorKind::Other));
        // What is only cleaning up may fail without harm.
        let Some((place, error)) = live(&disk, &life).1 else { continue };
        assert!(matches!(error, WriteError::Failed { .. }), "operation {operation}, step {place}: {error}");
        failed += 1;
    }
    assert!(failed > 100, "only {failed} operations failed");
}

/// Fault 6: whenever the disk becomes full, what was acknowledged stays, nothing else was done, and the same step
/// succeeds when there is room again.
#[test]
fn a_full_disk_refuses_and_goes_on_when_there_is_room() {
    let life = life(12, STEPS);
    let mut refused = 0;
    for operation in operations(&life) {
        let disk = Disk::new();
        disk.fail_at(operation, Failure::Full);
        let (mut storage, _) = open(&disk).expect("the disk is new");
        let mut model = Model::default();
        for (place, step) in life.iter().enumerate() {
            let circumstance = format!("operation {operation}, step {place}");
            match apply(&mut storage, step) {
                Ok(()) => {}
                Err(WriteError::Full { .. }) => {
                    refused += 1;
                    for loss in [Loss::Nothing, Loss::All] {
                        let (storage, recovered) =
                            open(&disk.after_power_failure(loss)).expect("it comes back");
                        assert_eq!(Model::of(&storage, &recovered), model, "{circumstance}");
                    }
                    // What can wait is not tried again and again.
                    let again = apply(&mut storage, step);
                    assert!(again.is_err() || matches!(step, Step::Tidy), "{circumstance}: there is no room");
                    disk.make_room();
                    apply(&mut storage, step).unwrap_or_else(|error| panic!("{circumstance}: {error}"));
                }
                Err(error) => panic!("{circumstance}: {error}"),
            }
            model.take(step);
        }
        let (storage, recovered) = open(&disk.after_power_failure(Loss::All)).expect("it comes back");
        assert_eq!(Model::of(&storage, &recovered), model, "operation {operation}");
    }
    assert!(refused > 100, "only {refused} steps were refused");
}

/// Fault 8: a write that takes only half of its bytes is completed, and one that is interrupted is done again.
#[test]
fn short_and_interrupted_writes_are_completed() {
    let life = life(13, STEPS);
    for failure in [Failure::Short, Failure::Error(ErrorKind::Interrupted)] {
        for operation in operations(&life) {
            let disk = Disk::new();
            disk.fail_at(operation, failure);
            let (model, error) = live(&disk, &life);
            if !disk.log()[operation].starts_with("write") {
                continue;
            }
            assert!(error.is_none(), "operation {operation}: {error:?}");
            let (storage, recovered) = open(&disk.after_power_failure(Loss::All)).expect("it comes back");
            assert_eq!(Model::of(&storage, &recovered), model, "operation {operation}");
        }
    }
}
