//! The playback clock and its speed.

/// The slowest speed: simulated seconds in a second of the reader's.
pub const SPEED_MIN: f64 = 1.0 / 500.0;
/// The fastest speed.
pub const SPEED_MAX: f64 = 10.0;

/// Where time stands, and whether it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ClockView {
    /// Simulated time since the start, in microseconds.
    pub time_us: u64,
    /// Whether it runs.
    pub playing: bool,
    /// Simulated seconds in a second of the reader's.
    pub speed: f64,
}

/// This speed, or the nearest one that the slider can show.
pub fn clamp_speed(speed: f64) -> f64 {
    speed.clamp(SPEED_MIN, SPEED_MAX)
}
