//! A progress bar: on standard error, on a terminal only, and only for what takes a while.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use mini_raft_core::time::Micros;

/// What is done sooner needs no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often the time is looked at: that costs more than most events.
const EVENTS_A_LOOK: u32 = 4_096;

/// How far a run has come.
pub(super) struct Progress {
    until: Micros,
    started_at: Instant,
    events: u32,
    /// `None` where nobody looks.
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Of a run that ends at `until`.
    pub(super) fn new(until: Micros) -> Progress {
        let bar = stderr().is_terminal().then(ProgressBar::hidden);
        Progress { until, started_at: Instant::now(), events: 0, bar }
    }

    /// The run has come to this moment.
    pub(super) fn reached(&mut self, at: Micros) {
        let Some(bar) = &mut self.bar else {
            return;
        };
        self.events += 1;
        if !self.events.is_multiple_of(EVENTS_A_LOOK) || self.started_at.elapsed() < PATIENCE {
            return;
        }
        if bar.is_hidden() {
            *bar = visible(self.until).with_elapsed(self.started_at.elapsed());
        }
        bar.set_position(at.0);
    }

    /// The run is over: the bar goes away.
    pub(super) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

/// The bar of so many runs.
pub(super) fn of_runs(runs: u64) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{human_pos} of {human_len} runs {wide_bar} {per_sec}, {eta} left");
    bar(ProgressBar::new(runs)).with_style(style.expect("the template is right"))
}

/// The sign that something is being done whose end is not known.
pub(super) fn of_waiting(what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {msg}, {elapsed}");
    let bar =
        bar(ProgressBar::new_spinner()).with_style(style.expect("the template is right")).with_message(what);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

fn bar(bar: ProgressBar) -> ProgressBar {
    if stderr().is_terminal() { bar } else { ProgressBar::hidden() }
}

fn visible(until: Micros) -> ProgressBar {
    let style = ProgressStyle::with_template("simulating {wide_bar} {percent:>3} %, {eta} left");
    ProgressBar::new(until.0).with_style(style.expect("the template is right"))
}
