//! What can be shared and saved of a run, and what is told of one that was opened or has ended.

use mini_raft_core::play::Verdict;

use crate::text;

/// The run as something to hand on; as it was when it was asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShareView {
    /// What stands behind the page's address in a link: `#s=1.…`; empty if the run is too long for one.
    pub fragment: String,
    /// Why there is no link, or why something could not be saved; empty if all went well.
    pub trouble: String,
    /// The moment to which the link leads, in words.
    pub moment: String,
    /// The run as a scenario file.
    pub script: String,
    /// What is wrong with the script that was to be run, a mistake each.
    pub faults: Vec<String>,
}

/// Something that a reader is told once, and may put away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoticeView {
    /// How it is meant.
    pub tone: Tone,
    /// What it is about; empty for no notice.
    pub title: String,
    /// The details.
    pub lines: Vec<String>,
}

/// How something is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// To be known.
    #[default]
    Plain,
    /// It went as it should.
    Good,
    /// Something is wrong.
    Bad,
}

/// A file that is to be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub kind: &'static str,
    /// What is in it.
    pub text: String,
}

/// The most lines of a notice.
const LINES_MAX: usize = 6;

impl NoticeView {
    /// A notice with these details, the first of them.
    pub fn new(tone: Tone, title: String, mut lines: Vec<String>) -> NoticeView {
        let count = lines.len();
        if count > LINES_MAX {
            lines.truncate(LINES_MAX - 1);
            lines.push(format!("… and {} more", count - lines.len()));
        }
        NoticeView { tone, title, lines }
    }

    /// What is told at the end of a scenario.
    pub fn of_end(end: String, verdicts: &[Verdict]) -> NoticeView {
        let unmet = verdicts.iter().filter(|verdict| verdict.result.is_err()).count();
        let (tone, title) = match (verdicts.len(), unmet) {
            (0, _) => (Tone::Plain, format!("The scenario ends here, at {end}.")),
            (_, 0) => (Tone::Good, format!("The scenario ends here, at {end}: all it expected came true.")),
            (all, unmet) => (
                Tone::Bad,
                format!("The scenario ends here, at {end}: {unmet} of {all} expectations did not come true."),
            ),
        };
        let line = |verdict: &Verdict| {
            let at = text::moment(verdict.at);
            match &verdict.result {
                Ok(()) => format!("✓ at {at}: {}", verdict.check.wanted()),
                Err(unmet) => format!("✕ at {at}: {unmet}"),
            }
        };
        // What failed comes first, since the rest may be cut.
        let (failed, met): (Vec<&Verdict>, Vec<&Verdict>) =
            verdicts.iter().partition(|verdict| verdict.result.is_err());
        NoticeView::new(tone, title, failed.into_iter().chain(met).map(line).collect())
    }
}
