//! A node's own clock: it may run fast or slow, and never goes back.

use crate::time::Micros;

/// The rate of a clock that is right, in parts per million.
const TRUE_RATE: u64 = 1_000_000;

/// Local time as a function of simulated time, in whole numbers so that it is the same everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    /// Simulated and local time when the rate was set.
    world_base: Micros,
    local_base: Micros,
    rate_ppm: u64,
}

impl Clock {
    /// A clock that shows simulated time.
    pub(super) fn new() -> Clock {
        Clock { world_base: Micros::ZERO, local_base: Micros::ZERO, rate_ppm: TRUE_RATE }
    }

    /// What the clock shows at this moment.
    pub(super) fn local(&self, world: Micros) -> Micros {
        let elapsed = (world - self.world_base).0;
        self.local_base + Micros(scale(elapsed, self.rate_ppm, TRUE_RATE, Rounding::Down))
    }

    /// The first moment at which the clock shows `local` or more.
    pub(super) fn world(&self, local: Micros) -> Micros {
        let elapsed = (local - self.local_base).0;
        self.world_base + Micros(scale(elapsed, TRUE_RATE, self.rate_ppm, Rounding::Up))
    }

    /// Local seconds in a simulated second.
    pub(super) fn rate(&self) -> f64 {
        self.rate_ppm as f64 / TRUE_RATE as f64
    }

    /// From `now` on the clock runs at this rate, which is rounded to parts per million and is at least one of them.
    pub(super) fn set_rate(&mut self, now: Micros, rate: f64) {
        self.local_base = self.local(now);
        self.world_base = now;
        self.rate_ppm = ((rate * TRUE_RATE as f64).round() as u64).max(1);
    }
}

#[derive(Clone, Copy)]
enum Rounding {
    Down,
    Up,
}

/// `span · numerator / denominator`, saturating.
fn scale(span: u64, numerator: u64, denominator: u64, rounding: Rounding) -> u64 {
    let product = u128::from(span) * u128::from(numerator);
    let denominator = u128::from(denominator);
    let scaled = match rounding {
        Rounding::Down => product / denominator,
        Rounding::Up => product.div_ceil(denominator),
    };
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_true_clock_shows_simulated_time() {
        let clock = Clock::new();
        assert_eq!(clock.local(Micros(123)), Micros(123));
        assert_eq!(clock.world(Micros(123)), Micros(123));
        assert_eq!(clock.world(Micros::MAX), Micros::MAX);
    }

    /// Whatever the rate, at the moment that is computed for a local time the clock shows it, and not before.
    #[test]
    fn a_deadline_is_reached_at_its_moment_and_not_earlier() {
        for rate in [0.01, 0.8, 0.999_999, 1.0, 1.25, 3.7] {
            let mut clock = Clock::new();
            clock.set_rate(Micros(1_000), rate);
            for local in (1_001..5_000).step_by(7).map(Micros) {
                let moment = clock.world(local);
                assert!(clock.local(moment) >= local, "{rate} {local:?}");
                assert!(clock.local(moment - Micros(1)) < local, "{rate} {local:?}");
            }
        }
    }

    #[test]
    fn a_change_of_rate_never_sets_the_clock_back() {
        let mut clock = Clock::new();
        let mut shown = Micros::ZERO;
        for (moment, rate) in [(10, 1.25), (1_000, 0.8), (1_200, 0.000_001), (50_000, 2.0)] {
            clock.set_rate(Micros(moment), rate);
            for later in 0..100 {
                let local = clock.local(Micros(moment + later));
                assert!(local >= shown);
                shown = local;
            }
        }
        assert_eq!(clock.rate(), 2.0);
    }
}
