//! A run as a scenario: opened from a text or a link, saved, shared, and judged at its end.

use mini_raft_core::play::{judge, play};
use mini_raft_core::scenario::link::{LinkFault, from_link, to_link};
use mini_raft_core::scenario::{Check, Expect, Mistakes, Scenario, Step};
use mini_raft_core::time::Micros;
use mini_raft_core::timeline::Timeline;
use mini_raft_core::trace::TraceWriter;

use super::Session;
use crate::model::export::{rust_test, shiviz, slug};
use crate::model::fragment::{self, Fragment};
use crate::model::{Download, NoticeView, ShareView, Tone};
use crate::text;
use crate::wish::Form;

/// On the way to the moment of a link, the page looks whether it has had enough this often.
const STRIDE: Micros = Micros::from_millis(20);
/// No more than so many events happen before a link is open: a stranger's link must not stop the page.
const OPENING_EVENTS_MAX: u64 = 2_000_000;
/// A longer run is not written out event by event: the text would fill the memory.
const EXPORT_EVENTS_MAX: u64 = 500_000;

/// What is known of the run as something that came from outside, or goes there.
#[derive(Default)]
pub(super) struct Script {
    share: ShareView,
    notice: NoticeView,
    download: Option<Download>,
    /// Whether the end of the scenario was told.
    end_told: bool,
    run_number: u64,
}

impl Script {
    /// A run begins.
    pub(super) fn begin(&mut self) {
        let run_number = self.run_number + 1;
        *self = Script { run_number, ..Script::default() };
    }
}

/// The run as a scenario that does the same again, byte for byte: what it began with, and all that was done by the
/// scenario's steps and by hand. Where somebody changed the run, what the scenario expected of its own is left out.
fn scenario_of(play: &Scenario, timeline: &Timeline) -> Scenario {
    let run = timeline.present();
    let setup = run.world().setup().clone();
    if is_untouched(play, timeline) {
        let expect = if setup == play.setup { play.expect.clone() } else { Vec::new() };
        return Scenario { setup, expect, ..play.clone() };
    }
    let steps: Vec<Step> =
        timeline.journal().iter().map(|(at, command)| Step { at: *at, command: command.clone() }).collect();
    let until = steps.iter().map(|step| step.at).fold(timeline.end(), Micros::max);
    let mut broken: Vec<String> = Vec::new();
    for (_, violation) in run.checks().violations() {
        if !broken.iter().any(|name| name == violation.property) {
            broken.push(violation.property.to_owned());
        }
    }
    // What breaks later is not known yet.
    let is_known = run.now() >= until;
    let expect = is_known.then(|| Expect { at: None, checks: vec![Check::Violations(broken)] });
    let (name, about) = (play.name.clone(), play.about.clone());
    Scenario { name, about, setup, steps, until, expect: expect.into_iter().collect() }
}

/// Whether nothing was done by hand: a scenario's own steps are always there.
fn is_untouched(play: &Scenario, timeline: &Timeline) -> bool {
    timeline.journal().len() == play.steps.len()
}

/// What is wrong, a mistake a line.
fn lines(mistakes: &Mistakes) -> Vec<String> {
    mistakes.0.iter().map(ToString::to_string).collect()
}

impl Session {
    /// What can be shared, as of the last time that it was asked for.
    pub fn share(&self) -> &ShareView {
        &self.script.share
    }

    /// What the reader is told, until it is put away.
    pub fn notice(&self) -> &NoticeView {
        &self.script.notice
    }

    /// Counts the runs that were begun.
    pub fn run_number(&self) -> u64 {
        self.script.run_number
    }

    /// Takes the file that is to be saved.
    pub fn take_download(&mut self) -> Option<Download> {
        self.script.download.take()
    }

    /// Whether the run is one that came from outside the library.
    pub fn is_opened(&self) -> bool {
        self.chosen >= self.library_count
    }

    /// Looks what can be shared of the run as it is now.
    pub(super) fn look_at_share(&mut self) {
        let scenario = scenario_of(&self.plays[self.chosen], self.branches.timeline());
        let mut share = ShareView {
            script: scenario.to_file(),
            moment: text::moment(self.now()),
            ..ShareView::default()
        };
        // What is beyond the limits could not be opened again.
        match (Scenario::from_json(&share.script), to_link(&scenario)) {
            (Err(mistakes), _) => share.trouble = text::share::beyond_limits(&lines(&mistakes)),
            (_, Err(too_long)) => share.trouble = text::share::too_long(too_long),
            (Ok(_), Ok(link)) => share.fragment = fragment::link(&link, self.now()),
        }
        self.script.share = share;
    }

    /// Makes a file of the run.
    pub(super) fn save(&mut self, form: Form) {
        let mut scenario = scenario_of(&self.plays[self.chosen], self.branches.timeline());
        let is_long = self.branches.timeline().event_count() > EXPORT_EVENTS_MAX;
        if is_long && matches!(form, Form::ShiViz | Form::Trace) {
            self.script.share.trouble = text::share::TOO_MANY_EVENTS.to_owned();
            return;
        }
        let (ending, kind, text) = match form {
            Form::Scenario => (".json", "application/json", scenario.to_file()),
            Form::RustTest => (".rs", "text/plain", rust_test(&scenario)),
            Form::ShiViz => {
                scenario.end_at(self.now());
                (".shiviz.log", "text/plain", shiviz(&scenario))
            }
            Form::Trace => {
                scenario.end_at(self.now());
                (".jsonl", "application/jsonl", trace(&scenario))
            }
        };
        let name = Some(slug(&scenario.name, '-')).filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| "run".to_owned()) + ending;
        self.script.download = Some(Download { name, kind, text });
    }

    /// Opens the text of a file. What is wrong is told, and the run goes on.
    pub(super) fn open_file(&mut self, name: &str, text: &str) {
        match Scenario::from_json(text) {
            Ok(scenario) => {
                self.load_scenario(scenario);
                let told = text::share::file_opened(name);
                self.script.notice = NoticeView::new(Tone::Plain, told, Vec::new());
            }
            Err(mistakes) => {
                self.script.notice =
                    NoticeView::new(Tone::Bad, text::share::file_refused(name), lines(&mistakes));
            }
        }
    }

    /// Runs an edited script. What is wrong is told where it was written, and the run goes on.
    pub(super) fn open_script(&mut self, text: &str) {
        match Scenario::from_json(text) {
            Ok(scenario) => self.load_scenario(scenario),
            Err(mistakes) => self.script.share.faults = lines(&mistakes),
        }
    }

    /// Opens what stands behind the `#` of the page's address, if it is a link to a run.
    pub(super) fn open_link(&mut self, fragment: &str) {
        let Some(parsed) = fragment::parse(fragment) else { return };
        if let Err((title, lines)) = self.try_link(parsed) {
            self.load(0, self.plays[0].setup.seed);
            self.script.notice = NoticeView::new(Tone::Bad, title, lines);
        }
    }

    fn try_link(&mut self, parsed: Result<Fragment<'_>, String>) -> Result<(), (String, Vec<String>)> {
        let refused = |fault: String| (text::share::link_refused(&fault), Vec::new());
        let parsed = parsed.map_err(refused)?;
        let Some(packed) = parsed.scenario else {
            self.set_playing(parsed.plays);
            return Ok(());
        };
        let scenario = from_link(packed).map_err(|fault| match fault {
            LinkFault::Scenario(mistakes) => {
                (text::share::link_refused("its scenario is wrong"), lines(&mistakes))
            }
            other => refused(other.to_string()),
        })?;
        let steps = scenario.steps.len();
        self.load_scenario(scenario);
        self.set_playing(false);
        let reached = parsed.moment.is_none_or(|moment| self.run_to(moment));
        self.set_playing(parsed.plays);
        let title = text::share::link_opened(&self.plays[self.chosen].name);
        let mut lines = vec![text::share::link_stands(self.now(), steps, parsed.plays)];
        if !reached {
            lines.push(text::share::LINK_TOO_FAR.to_owned());
        }
        self.script.notice = NoticeView::new(Tone::Plain, title, lines);
        Ok(())
    }

    /// Goes on to this moment whatever happens on the way; false if that is too much.
    fn run_to(&mut self, moment: Micros) -> bool {
        // The play opens a little later than its start.
        self.go_to(self.now().min(moment));
        while self.now() < moment && self.branches.timeline().event_count() < OPENING_EVENTS_MAX {
            self.go_to(moment.min(self.now() + STRIDE));
        }
        self.now() >= moment
    }

    /// Puts the notice away.
    pub(super) fn dismiss_notice(&mut self) {
        self.script.notice = NoticeView::default();
    }

    /// Begins the run of a scenario from outside.
    fn load_scenario(&mut self, scenario: Scenario) {
        self.plays.truncate(self.library_count);
        let seed = scenario.setup.seed;
        self.plays.push(scenario);
        self.load(self.library_count, seed);
    }

    /// Tells once what came of a scenario, when its end is reached. The first is for free play, and has no end.
    pub(super) fn tell_end(&mut self) {
        let play = &self.plays[self.chosen];
        if self.script.end_told || self.chosen == 0 || self.now() < play.until {
            return;
        }
        self.script.end_told = true;
        let is_its_own = self.branches.timeline().present().world().setup() == &play.setup
            && is_untouched(play, self.branches.timeline());
        let end = text::moment(play.until);
        self.script.notice = match is_its_own {
            true => NoticeView::of_end(end, &judge(play, self.branches.timeline())),
            false => NoticeView::new(Tone::Plain, text::share::changed_run_ends(&end), Vec::new()),
        };
    }
}

/// The whole trace of a run.
fn trace(scenario: &Scenario) -> String {
    let mut lines = String::new();
    let mut writer = TraceWriter::start(scenario, &mut lines);
    play(scenario, |event| writer.event(event, &mut lines));
    writer.end(scenario.until, &mut lines);
    lines
}

#[cfg(test)]
mod tests;
