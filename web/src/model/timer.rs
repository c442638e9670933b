//! The rings of the election timers.

use mini_raft_core::sim::{Machine, Status, World};

/// What is left of each node's election timer: 1.0 just set, 0.0 run out or none.
pub fn timers(world: &World) -> impl Iterator<Item = (u32, f64)> {
    world.machines().iter().map(|machine| (machine.id().0, left(machine, world).unwrap_or(0.0)))
}

fn left(machine: &Machine, world: &World) -> Option<f64> {
    let timer = machine.node().filter(|_| machine.status() == Status::Running)?.election_timer()?;
    let span = (timer.deadline - timer.started_at).0.max(1) as f64;
    let rest = (timer.deadline - machine.to_local(world.now())).0 as f64;
    Some((rest / span).clamp(0.0, 1.0))
}
