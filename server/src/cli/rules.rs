//! `mini-raft rules`: what a scenario's `without` can leave out.

use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use mini_raft_core::raft::{Breaks, Rule};
use serde_json::json;

use super::text::{Style, pad};
use super::{Format, pipe};

/// List the rules of Raft that a scenario can leave out.
///
/// A scenario names them in its field "without". What goes wrong then is what the rule is for: two leaders or a lost
/// entry (safety), a wrong answer to a client (client), or no progress (liveness).
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  mini-raft rules --format json")]
pub(super) struct Args {
    /// How to print them.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let text = match args.format {
        Format::Json => as_json(),
        Format::Text => as_text(Style::of_stdout()),
    };
    pipe::to_stdout(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Reads the name of a rule on the command line.
pub(super) fn by_name() -> impl TypedValueParser<Value = Rule> {
    PossibleValuesParser::new(Rule::ALL.iter().map(|rule| rule.name())).try_map(|name| name.parse::<Rule>())
}

fn as_json() -> String {
    let rules: Vec<_> = Rule::ALL
        .iter()
        .map(|rule| {
            json!({
                "name": rule.name(),
                "kind": kind(rule.breaks()),
                "section": rule.section(),
                "about": rule.about(),
            })
        })
        .collect();
    format!("{:#}\n", json!(rules))
}

fn as_text(style: Style) -> String {
    let name_width = Rule::ALL.iter().map(|rule| rule.name().len()).max().unwrap_or_default();
    let mut text = String::new();
    for rule in Rule::ALL {
        let (name, kind) = (pad(rule.name(), name_width), pad(kind(rule.breaks()), "liveness".len()));
        let about = format!("{} ({})", rule.about(), rule.section());
        text.push_str(&format!("{}  {}  {about}\n", style.bold(&name), style.dim(&kind)));
    }
    text
}

fn kind(breaks: Breaks) -> &'static str {
    match breaks {
        Breaks::Safety => "safety",
        Breaks::Client => "client",
        Breaks::Liveness => "liveness",
    }
}
