//! The playback clock and its speed.

use crate::session::Session;

/// The slowest speed: simulated seconds in a second of the reader's.
pub const SPEED_MIN: f64 = 1.0 / 500.0;
/// The fastest speed.
pub const SPEED_MAX: f64 = 10.0;
/// The speed at which a page opens: a message takes about half a second to cross, an election about two.
pub const SPEED_AT_FIRST: f64 = 1.0 / 50.0;
/// Steps of the slider from the slowest to the fastest.
pub const SLIDER_STEPS: u32 = 100;
/// What each step multiplies the speed by: the whole slider is a factor of 5,000.
const STEP_FACTOR: f64 = 1.088_904_268_000_135_3;

/// Where time stands, and whether it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ClockView {
    /// Simulated time since the start, in microseconds.
    pub time_us: u64,
    /// Whether it runs.
    pub playing: bool,
    /// Whether there is anything to go back to.
    pub can_step_back: bool,
}

impl ClockView {
    /// The time in seconds, to the millisecond.
    pub fn seconds(&self) -> String {
        let millis = self.time_us / 1_000;
        format!("{}.{:03} s", millis / 1_000, millis % 1_000)
    }
}

/// Builds the view.
pub fn clock_view(session: &Session) -> ClockView {
    ClockView {
        time_us: session.world().now().0,
        playing: session.playing(),
        can_step_back: session.can_step_back(),
    }
}

/// This speed, or the nearest one that the slider can show.
pub fn clamp_speed(speed: f64) -> f64 {
    if speed.is_finite() { speed.clamp(SPEED_MIN, SPEED_MAX) } else { SPEED_AT_FIRST }
}

/// The speed at a place of the slider: each step is the same factor.
pub fn speed_at(step: u32) -> f64 {
    SPEED_MIN * STEP_FACTOR.powi(step.min(SLIDER_STEPS) as i32)
}

/// The place of the slider for a speed.
pub fn step_of(speed: f64) -> u32 {
    let speed = clamp_speed(speed);
    let halfway = STEP_FACTOR.sqrt();
    (0..SLIDER_STEPS).find(|step| speed <= speed_at(*step) * halfway).unwrap_or(SLIDER_STEPS)
}

/// The speed for a reader: `1/50`, `1/2`, `0.8×`, `2.5×`.
pub fn speed_words(speed: f64) -> String {
    // Between a half and one there is no fraction of this form.
    if speed < 0.55 {
        let slower = 1.0 / speed;
        let unit = if slower >= 100.0 {
            10.0
        } else if slower >= 20.0 {
            5.0
        } else {
            1.0
        };
        format!("1/{}", ((slower / unit).round() * unit) as u64)
    } else if speed < 9.5 {
        let tenths = (speed * 10.0).round() as u64;
        match tenths % 10 {
            0 => format!("{}×", tenths / 10),
            rest => format!("{}.{rest}×", tenths / 10),
        }
    } else {
        format!("{}×", speed.round() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slider_is_logarithmic_and_reads_back() {
        assert!((speed_at(0) - SPEED_MIN).abs() < 1e-9);
        assert!((speed_at(SLIDER_STEPS) - SPEED_MAX).abs() < 1e-9);
        for step in 0..=SLIDER_STEPS {
            assert_eq!(step_of(speed_at(step)), step);
        }
        let factor = speed_at(1) / speed_at(0);
        assert!((speed_at(60) / speed_at(59) - factor).abs() < 1e-9);
    }

    #[test]
    fn speeds_read_well() {
        assert_eq!(speed_words(SPEED_MIN), "1/500");
        assert_eq!(speed_words(SPEED_AT_FIRST), "1/50");
        assert_eq!(speed_words(0.5), "1/2");
        assert_eq!(speed_words(0.67), "0.7×");
        assert_eq!(speed_words(0.94), "0.9×");
        assert_eq!(speed_words(1.0), "1×");
        assert_eq!(speed_words(2.54), "2.5×");
        assert_eq!(speed_words(SPEED_MAX), "10×");
    }

    /// A faster place of the slider never reads slower, and nothing reads `1/1`.
    #[test]
    fn speeds_read_in_their_order() {
        let value = |words: &str| match words.strip_prefix("1/") {
            Some(slower) => 1.0 / slower.parse::<f64>().expect("a number"),
            None => words.trim_end_matches('×').parse().expect("a number"),
        };
        let read: Vec<f64> = (0..=SLIDER_STEPS).map(|step| value(&speed_words(speed_at(step)))).collect();
        assert!(read.is_sorted(), "{read:?}");
        for (step, read) in (0..).zip(read) {
            let error = read / speed_at(step);
            assert!((0.74..1.35).contains(&error), "{} reads {read}", speed_at(step));
        }
    }

    #[test]
    fn a_remembered_speed_from_outside_does_no_harm() {
        assert_eq!(clamp_speed(f64::NAN), SPEED_AT_FIRST);
        assert_eq!(clamp_speed(-3.0), SPEED_MIN);
        assert_eq!(clamp_speed(1e9), SPEED_MAX);
    }

    #[test]
    fn the_clock_reads_to_the_millisecond() {
        let clock = ClockView { time_us: 3_482_900, ..ClockView::default() };
        assert_eq!(clock.seconds(), "3.482 s");
    }
}
