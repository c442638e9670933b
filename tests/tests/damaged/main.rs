//! What is read from files, links and peers, damaged: it is refused or it is sound, nothing panics, and no reader takes
//! more memory than the length of what it reads explains.
//!
//! True examples with something changed go deeper than noise does. `make fuzz` tries many more. The memory is that of the
//! whole process, so nothing else is tested here.

mod damage;
mod memory;

use mini_raft_core::kv::{self, ClientId, Command, Op};
use mini_raft_core::run::Run;
use mini_raft_core::scenario::{Scenario, library};
use mini_raft_core::time::Micros;
use proptest::prelude::*;

use damage::{Damage, damaged};

/// A scenario that is still one after the damage runs for so long: many do, and each is another world.
const RUN: Micros = Micros::from_millis(1_500);

proptest! {
    /// A damaged scenario is refused with its mistakes, or it is one that can be run.
    #[test]
    fn a_damaged_scenario_is_refused_or_runs(which: prop::sample::Index, damage in Damage::some()) {
        let _alone = memory::alone();
        let text = which.get(library()).json;
        let text = String::from_utf8_lossy(&damaged(text.as_bytes(), &damage)).into_owned();
        match memory::bounded_by(text.len(), || Scenario::from_json(&text)) {
            Ok(scenario) => {
                let mut events = Vec::new();
                let mut run = Run::new(scenario.setup.clone(), scenario.moments(), &mut events);
                run.run_until(scenario.until.min(RUN), &mut events);
            }
            Err(mistakes) => prop_assert!(!mistakes.to_string().is_empty()),
        }
    }

    /// A damaged snapshot is refused, or it is one that the state machine could have taken.
    #[test]
    fn a_damaged_snapshot_is_refused_or_sound(clients in 0u64..40, damage in Damage::some()) {
        let _alone = memory::alone();
        let bytes = damaged(&snapshot(clients), &damage);
        if let Ok(machine) = memory::bounded_by(bytes.len(), || kv::Machine::restore(&bytes)) {
            prop_assert_eq!(&*machine.snapshot(), &bytes[..]);
        }
    }
}

/// Of a machine that has heard from so many clients.
fn snapshot(clients: u64) -> Vec<u8> {
    let mut machine = kv::Machine::new();
    for client in 0..clients {
        let (key, value) = (format!("key-{}", client % 7).into(), format!("value {client}").into());
        let op = match client % 3 {
            0 => Op::Set { key, value },
            1 => Op::Append { key, value },
            _ => Op::Cas { key, expected: None, value },
        };
        let command =
            Command { client: ClientId::new(&format!("c{client}")), request: client, op, stamp: None };
        machine.apply(&command.encode());
    }
    machine.snapshot().to_vec()
}
