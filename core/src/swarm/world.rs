//! Worlds at random: their sizes, timeouts, networks, disks and clients.

use crate::kv::ClientId;
use crate::rng::Rng;
use crate::sim::{ClientSetup, Mix, Setup};
use crate::time::Micros;

/// Mostly the usual sizes, but the odd ones too.
const SIZES: [u32; 10] = [1, 2, 3, 3, 3, 4, 5, 5, 5, 7];

/// The stream of random numbers that sessions are drawn from.
const SESSIONS: u64 = 0x5e55;

/// The world of this seed.
pub(super) fn draw(seed: u64, rng: &mut Rng) -> Setup {
    let mut setup = Setup { nodes: SIZES[rng.below(SIZES.len() as u64) as usize], seed, ..Setup::default() };
    // On the edge: few entries in a message, few messages under way, and nothing that holds elections off.
    let on_the_edge = rng.chance(0.5);
    let config = &mut setup.config;
    let shortest = rng.between(100, 300);
    config.election_timeout =
        (Micros::from_millis(shortest), Micros::from_millis(shortest + rng.between(50, 300)));
    config.heartbeat = Micros::from_millis(shortest / rng.between(2, 5));
    config.pre_vote = rng.chance(if on_the_edge { 0.2 } else { 0.7 });
    config.check_quorum = rng.chance(if on_the_edge { 0.2 } else { 0.7 });
    config.max_entries_per_append = rng.between(1, if on_the_edge { 2 } else { 8 }) as u32;
    config.max_inflight = rng.between(1, if on_the_edge { 3 } else { 8 }) as u32;
    if config.check_quorum && rng.chance(0.5) {
        config.lease_drift_percent = Some(rng.between(0, 30) as u32);
    }
    config.snapshot_every = match rng.below(4) {
        0 => 0,
        1 | 2 => rng.between(3, 15),
        _ => rng.between(15, 60),
    };
    let slowest = [2_000, 10_000, 40_000, 120_000][rng.below(4) as usize];
    setup.network.latency = (Micros(1_000), Micros(rng.between(2_000, slowest.max(2_001))));
    setup.network.loss = if rng.chance(0.4) { 0.05 } else { 0.0 };
    setup.network.duplicate = if rng.chance(0.4) { 0.1 } else { 0.0 };
    let slowest = if rng.chance(0.2) { 50_000 } else { 10_000 };
    setup.disk.sync = (Micros(200), Micros(rng.between(500, slowest)));
    // Some disks lose all that was not synced, others keep a part of it.
    setup.disk.keep = [0.0, 0.0, 0.5, 0.9][rng.below(4) as usize];
    let keys = rng.between(1, 4) as u32;
    for number in 1..=[1, 2, 2, 3, 3, 4][rng.below(6) as usize] {
        setup.clients.push(client(number, keys, rng));
    }
    setup.config.session_timeout = session_timeout(&mut Rng::stream(seed, SESSIONS));
    setup
}

/// Some forget clients that were cut off for a while, but nobody who is answered at the usual speed.
fn session_timeout(rng: &mut Rng) -> Option<Micros> {
    rng.chance(0.25).then(|| Micros::from_millis(rng.between(1_000, 3_000)))
}

fn client(number: u64, keys: u32, rng: &mut Rng) -> ClientSetup {
    let mut weight = || if rng.chance(0.6) { rng.between(1, 4) as u32 } else { 0 };
    let mut mix = Mix { set: weight(), get: weight(), cas: weight(), delete: weight(), append: weight() };
    if mix.set + mix.cas + mix.append == 0 {
        mix.set = 1;
    }
    ClientSetup {
        id: ClientId::new(&format!("c{number}")),
        every: Micros::from_millis(rng.between(20, 200)),
        mix,
        keys,
    }
}
