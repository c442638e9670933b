//! What a run is mostly about: which kinds of faults go together, how fast they follow each other, and in what world.

use super::faults::Kind;
use crate::rng::Rng;
use crate::sim::{Mix, Setup};
use crate::time::Micros;

/// What a run is mostly about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Theme {
    /// Any kinds, with any weights.
    Anything,
    /// Elections without end, and messages of old terms that come late.
    Storm,
    /// Servers come and go while leaders are cut off and crash.
    Churn,
    /// Clients ask everywhere while leadership changes hands.
    Reads,
    /// Leaders rely on leases while they are cut off and clocks drift.
    Leases,
}

/// Of twelve runs so many are about each.
const THEMES: [(Theme, u64); 5] =
    [(Theme::Anything, 3), (Theme::Storm, 3), (Theme::Churn, 3), (Theme::Reads, 2), (Theme::Leases, 1)];

/// Spans between two steps, in milliseconds, from a storm to a calm.
const RHYTHMS: [(u64, u64); 5] = [(1, 30), (2, 80), (5, 150), (10, 500), (50, 1_200)];

/// Clocks that leases rely on drift by so much, in percent.
const DRIFTS: [u32; 4] = [0, 20, 40, 50];

impl Theme {
    pub(super) fn draw(rng: &mut Rng) -> Theme {
        pick(&THEMES, rng)
    }

    /// What happens, and how often.
    pub(super) fn kinds(self) -> &'static [(Kind, u64)] {
        match self {
            Theme::Anything => &[],
            Theme::Storm => &[
                (Kind::Crash, 1),
                (Kind::CrashLeader, 1),
                (Kind::Restart, 4),
                (Kind::Timeout, 4),
                (Kind::LeaderAway, 2),
                (Kind::Coup, 2),
                (Kind::Halves, 2),
                (Kind::Cut, 1),
                (Kind::Heal, 2),
                (Kind::Disk, 1),
                (Kind::Duplicate, 1),
                (Kind::Hold, 2),
                (Kind::Release, 1),
            ],
            Theme::Churn => &[
                (Kind::Members, 3),
                (Kind::Rift, 3),
                (Kind::LeaderAway, 2),
                (Kind::Coup, 3),
                (Kind::Halves, 2),
                (Kind::Heal, 3),
                (Kind::CrashLeader, 1),
                (Kind::Restart, 2),
                (Kind::Timeout, 2),
            ],
            Theme::Reads => &[
                (Kind::Ask, 8),
                (Kind::LeaderAway, 2),
                (Kind::Coup, 2),
                (Kind::Heal, 2),
                (Kind::Transfer, 1),
                (Kind::Clock, 1),
                (Kind::Hold, 1),
                (Kind::Release, 1),
                (Kind::Timeout, 1),
            ],
            Theme::Leases => &[
                (Kind::Ask, 6),
                (Kind::LeaderAway, 3),
                (Kind::Coup, 1),
                (Kind::Heal, 1),
                (Kind::Transfer, 1),
                (Kind::Clock, 2),
                (Kind::Hold, 1),
                (Kind::Release, 1),
            ],
        }
    }

    /// The least and the greatest span between two steps.
    pub(super) fn rhythm(self, rng: &mut Rng) -> (Micros, Micros) {
        let rhythms = match self {
            Theme::Anything => &RHYTHMS[1..],
            Theme::Storm => &RHYTHMS[..2],
            Theme::Churn => &RHYTHMS[1..4],
            Theme::Reads => &RHYTHMS[..3],
            Theme::Leases => &RHYTHMS[1..4],
        };
        let (shortest, longest) = rhythms[rng.below(rhythms.len() as u64) as usize];
        (Micros::from_millis(shortest), Micros::from_millis(longest))
    }

    /// Makes a world of the kind that this is about.
    pub(super) fn shape(self, setup: &mut Setup, rng: &mut Rng) {
        let config = &mut setup.config;
        match self {
            Theme::Anything => {}
            Theme::Storm => {
                setup.nodes = [3, 4, 5, 5, 5, 7][rng.below(6) as usize];
                config.max_entries_per_append = rng.between(1, 2) as u32;
                config.max_inflight = rng.between(1, 3) as u32;
                config.check_quorum = rng.chance(0.1);
                config.pre_vote = rng.chance(0.2);
                setup.clients.truncate(2);
            }
            Theme::Churn => {
                setup.nodes = [1, 2, 3, 3, 3, 4][rng.below(6) as usize];
                config.check_quorum = rng.chance(0.3);
                config.pre_vote = rng.chance(0.3);
                setup.network.latency.1 = setup.network.latency.1.min(Micros(30_000));
                setup.clients.truncate(2);
            }
            Theme::Reads => {
                setup.nodes = [2, 3, 3, 3, 5][rng.below(5) as usize];
                config.check_quorum = rng.chance(0.5);
                // The new leader comes soon, while the old one still answers.
                if rng.chance(0.5) {
                    quick(setup, rng);
                }
                read_often(setup);
            }
            Theme::Leases => {
                setup.nodes = [3, 3, 3, 5][rng.below(4) as usize];
                config.check_quorum = true;
                config.lease_drift_percent = Some(DRIFTS[rng.below(DRIFTS.len() as u64) as usize]);
                // A leader with a slow clock keeps followers with quick ones.
                config.heartbeat = Micros(config.election_timeout.0.0 / rng.between(4, 8));
                quick(setup, rng);
                read_often(setup);
            }
        }
        let config = &mut setup.config;
        if !config.check_quorum {
            config.lease_drift_percent = None;
        }
    }
}

/// Elections and commits take little time.
fn quick(setup: &mut Setup, rng: &mut Rng) {
    let timeout = &mut setup.config.election_timeout;
    timeout.1 = timeout.0 + Micros(rng.between(10_000, 60_000));
    setup.network.latency = (Micros(500), Micros(rng.between(1_000, 10_000)));
    setup.disk.sync.1 = setup.disk.sync.1.min(Micros(3_000));
}

/// Clients ask often, for few keys, and some only read: they do not wait for a write of a leader that cannot commit.
fn read_often(setup: &mut Setup) {
    for (number, client) in setup.clients.iter_mut().enumerate() {
        client.keys = client.keys.min(2);
        client.mix.get = client.mix.get.max(2);
        client.every = client.every.min(Micros::from_millis(80));
        if number % 2 == 1 {
            client.mix = Mix { set: 0, get: 1, cas: 0, delete: 0, append: 0 };
            client.every = client.every.min(Micros::from_millis(30));
        }
    }
}

/// One of these, as often as its weight says.
pub(super) fn pick<T: Copy>(choices: &[(T, u64)], rng: &mut Rng) -> T {
    let mut drawn = rng.below(choices.iter().map(|(_, weight)| weight).sum());
    let hit = choices.iter().find(|(_, weight)| {
        let hit = drawn < *weight;
        drawn = drawn.saturating_sub(*weight);
        hit
    });
    hit.expect("what is drawn is below the sum").0
}
