//! The cluster's own time.

use std::time::Duration;

/// What a leader stamps commands with: milliseconds for which the cluster has had leaders.
///
/// It goes on from the time that the state machine has reached, at the pace of the leader's monotonic clock. No wall
/// clock is in it: one that jumps by hours would make the cluster forget requests that their clients still retry.
#[derive(Clone, Copy, Debug)]
pub struct ClusterClock {
    reached_ms: u64,
    since: Duration,
}

impl ClusterClock {
    /// A leader begins: the state machine has reached [`Store::time_ms`](super::Store::time_ms), and the leader's
    /// monotonic clock stands at `now`.
    pub fn begin(reached_ms: u64, now: Duration) -> ClusterClock {
        ClusterClock { reached_ms, since: now }
    }

    /// The time when the leader's monotonic clock stands at `now`.
    pub fn read_ms(&self, now: Duration) -> u64 {
        let passed = now.saturating_sub(self.since).as_millis();
        self.reached_ms.saturating_add(u64::try_from(passed).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leader_goes_on_from_what_the_state_machine_has_reached() {
        let clock = ClusterClock::begin(5000, Duration::from_secs(77));
        assert_eq!(clock.read_ms(Duration::from_millis(77_250)), 5250);
        assert_eq!(clock.read_ms(Duration::ZERO), 5000, "it never goes back");
    }
}
