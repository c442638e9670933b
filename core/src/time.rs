//! Simulated or local time: whole microseconds since some start.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

use serde::{Deserialize, Serialize};

/// A moment or a span in whole microseconds.
///
/// The core never reads a clock: every moment comes in with [`Node::step`](crate::raft::Node::step).
/// Arithmetic saturates, so that no time from outside can make the core panic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Micros(pub u64);

impl Micros {
    /// The start of a run.
    pub const ZERO: Micros = Micros(0);
    /// Later than anything: "never".
    pub const MAX: Micros = Micros(u64::MAX);

    /// A span of whole milliseconds.
    pub const fn from_millis(millis: u64) -> Micros {
        Micros(millis.saturating_mul(1_000))
    }

    /// A span of fractional milliseconds, rounded to a microsecond; negative and not-a-number become 0.
    pub fn from_millis_f64(millis: f64) -> Micros {
        Micros((millis * 1_000.0).round().max(0.0) as u64)
    }

    /// This span in milliseconds.
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1_000.0
    }
}

impl Add for Micros {
    type Output = Micros;

    fn add(self, span: Micros) -> Micros {
        Micros(self.0.saturating_add(span.0))
    }
}

impl AddAssign for Micros {
    fn add_assign(&mut self, span: Micros) {
        *self = *self + span;
    }
}

impl Sub for Micros {
    type Output = Micros;

    /// The span from `earlier` to `self`, 0 if `earlier` is later.
    fn sub(self, earlier: Micros) -> Micros {
        Micros(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03} ms", self.0 / 1_000, self.0 % 1_000)
    }
}
