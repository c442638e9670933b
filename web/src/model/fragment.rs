//! What stands behind the `#` of a link to a run: `#s=1.…&t=2500000&embed=stage,logs&play`.
//!
//! `s` is the scenario ([`mini_raft_core::scenario::link`]), `t` the moment in microseconds. For a page within a page
//! there are `embed`, the panels that are shown, and `play`, with which it does not wait to be started.

use mini_raft_core::scenario::limits;
use mini_raft_core::time::Micros;

/// The panels that `embed` may name; the stage is always shown.
pub const PANELS: [&str; 4] = ["stage", "logs", "side", "top"];

/// A link to a run, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fragment<'f> {
    /// The scenario, still packed; `None` for the one that the page opens with.
    pub scenario: Option<&'f str>,
    /// The moment at which it opens.
    pub moment: Option<Micros>,
    /// Which panels are shown; `None` for all.
    pub panels: Option<Vec<&'f str>>,
    /// Whether time runs at once.
    pub plays: bool,
}

/// Takes a link apart; `None` if it is none of ours, and an error that names its fault if it is one that nobody wrote.
pub fn parse(fragment: &str) -> Option<Result<Fragment<'_>, String>> {
    let text = fragment.strip_prefix('#').unwrap_or(fragment);
    let is_ours =
        text.starts_with("s=") || text.split('&').any(|part| part == "embed" || part.starts_with("embed="));
    is_ours.then(|| parts(text))
}

fn parts(text: &str) -> Result<Fragment<'_>, String> {
    let mut fragment = Fragment::default();
    for part in text.split('&') {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        match name {
            "s" => fragment.scenario = Some(value),
            "t" => {
                let moment = value.parse().ok().filter(|us| *us <= limits::SPAN.0);
                let fault = || format!("t: expected whole microseconds, at most {}", limits::SPAN.0);
                fragment.moment = Some(Micros(moment.ok_or_else(fault)?));
            }
            "embed" => {
                let panels: Vec<&str> = value.split(',').filter(|panel| !panel.is_empty()).collect();
                if panels.iter().any(|panel| !PANELS.contains(panel)) {
                    return Err(format!("embed: expected some of {}", PANELS.join(", ")));
                }
                fragment.panels = Some(panels);
            }
            "play" => fragment.plays = true,
            _ => {
                return Err(
                    "it has a part that this page does not know, beside s, t, embed and play".to_owned()
                );
            }
        }
    }
    Ok(fragment)
}

/// The link to this moment of a packed scenario.
pub fn link(scenario: &str, moment: Micros) -> String {
    format!("#s={scenario}&t={}", moment.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let written = link("1.abc", Micros(2_500_000));
        assert_eq!(written, "#s=1.abc&t=2500000");
        let whole = format!("{written}&embed=stage,logs&play");
        let read = Fragment {
            scenario: Some("1.abc"),
            moment: Some(Micros(2_500_000)),
            panels: Some(vec!["stage", "logs"]),
            plays: true,
        };
        assert_eq!(parse(&whole), Some(Ok(read)));
        assert_eq!(parse("#embed"), Some(Ok(Fragment { panels: Some(vec![]), ..Fragment::default() })));
    }

    #[test]
    fn other_fragments_are_left_alone() {
        for other in ["", "#", "#help", "#/a/b", "#t=5"] {
            assert_eq!(parse(other), None);
        }
    }

    #[test]
    fn faults_are_named() {
        for (fragment, expected) in [
            ("#s=1.a&t=x", "t: expected whole microseconds, at most 3600000000"),
            ("#s=1.a&t=-1", "t: expected"),
            ("#s=1.a&t=3600000001", "t: expected"),
            ("#s=1.a&embed=all", "embed: expected some of stage, logs, side, top"),
            ("#s=1.a&script=x", "it has a part that this page does not know"),
        ] {
            let fault = parse(fragment).expect("it is ours").expect_err("it is wrong");
            assert!(fault.starts_with(expected), "{fragment}: {fault}");
        }
    }
}
