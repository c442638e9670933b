//! Where a scenario comes from: a file, standard input, or the library.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, bail};
use mini_raft_core::scenario::{self, Scenario, limits};

/// Reads the scenario that `name` stands for: `-` is standard input, then a file of that name, then the library.
///
/// # Errors
/// Says what is wrong with it, and where.
pub(super) fn scenario(name: &str) -> anyhow::Result<Scenario> {
    let text = if name == "-" {
        read_text(io::stdin().lock()).context("cannot read the scenario from standard input")?
    } else if Path::new(name).exists() {
        let file = File::open(name).with_context(|| format!("cannot open {name}"))?;
        read_text(file).with_context(|| format!("cannot read {name}"))?
    } else if let Some(builtin) = scenario::builtin(name) {
        builtin.json.to_owned()
    } else {
        bail!(
            "there is no file {name}, and no built-in scenario of that name\n\
             `mini-raft sim --list` lists the built-in ones; a scenario from standard input is called -"
        );
    };
    let source = if name == "-" { "standard input" } else { name };
    Scenario::from_json(&text).map_err(|mistakes| anyhow::anyhow!("{}", complaint(source, &mistakes)))
}

/// All mistakes, each on a line that begins with where the text came from.
fn complaint(source: &str, mistakes: &scenario::Mistakes) -> String {
    const SHOWN_MAX: usize = 20;
    let count = mistakes.0.len();
    let mut text = match count {
        1 => format!("{source} is no scenario that can be run:"),
        _ => format!("{source} is no scenario that can be run, for {count} reasons:"),
    };
    for mistake in mistakes.0.iter().take(SHOWN_MAX) {
        text.push_str(&format!("\n  {mistake}"));
    }
    if count > SHOWN_MAX {
        text.push_str(&format!("\n  … and {} more", count - SHOWN_MAX));
    }
    text
}

/// A file of any size costs no more memory than a scenario may have.
fn read_text(source: impl Read) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    source.take(limits::TEXT_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > limits::TEXT_BYTES {
        bail!("it is longer than {} bytes", limits::TEXT_BYTES);
    }
    String::from_utf8(bytes).context("it is not UTF-8 text")
}
