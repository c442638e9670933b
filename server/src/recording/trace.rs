//! What was gathered, as a trace.

use std::io::{self, Write};

use serde_json::json;

use super::gather::{Gathering, LINES_MAX};
use super::merge::{Placed, What, merge};

/// What no recording can say.
const UNKNOWN: &[&str] = &[
    "t_us is when something happened by the recorder's clock, as late as it can have been; node_us is the node's own time",
    "what happened on a node before its first line is known only from its view",
    "a message that is not delivered was lost, or was under way at the end, or arrived where nobody listened",
    "what a process did last before it was killed may be missing",
    "clients are not seen: there is no invoke and no return",
];

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How many lines come before `end`.
    pub events: u64,
    /// How many nodes told something.
    pub nodes: u64,
    /// How often a process ended.
    pub ends: u64,
    /// How many messages arrived whose sending was not heard.
    pub unseen: u64,
}

/// Writes all of it.
///
/// # Errors
/// When it cannot be written.
pub fn write(gathering: Gathering, out: impl Write) -> io::Result<Summary> {
    let heard = |story: &&super::gather::NodeStory| !story.heard.is_empty();
    let lines: usize = gathering.stories.iter().map(|story| story.heard.len()).sum();
    let mut summary = Summary {
        events: 0,
        nodes: gathering.stories.iter().filter(heard).count() as u64,
        ends: 0,
        unseen: 0,
    };
    let nodes: Vec<serde_json::Value> = gathering
        .stories
        .iter()
        .map(|story| json!({ "id": story.node.id, "url": story.node.url, "lines": story.heard.len() }))
        .collect();
    let recorded = json!({ "nodes": nodes, "span_us": gathering.span_us, "cut_short": lines as u64 > LINES_MAX, "unknown": UNKNOWN });
    let end_us = gathering.span_us;
    let mut file = Lines { out, hash: 0xcbf2_9ce4_8422_2325, lines: 0 };
    file.line(&format!(r#"{{"t_us":0,"ev":"start","version":1,"recorded":{recorded}}}"#))?;
    let mut last_us = 0;
    for placed in merge(gathering) {
        last_us = placed.t_us;
        match &placed.what {
            What::Crash { .. } => summary.ends += 1,
            What::Line { message: Some((_, false)), .. } => summary.unseen += 1,
            What::Line { .. } => {}
        }
        file.line(&text_of(placed))?;
    }
    summary.events = file.lines;
    let end = json!({ "t_us": end_us.max(last_us), "ev": "end", "events": file.lines, "hash": format!("{:016x}", file.hash) });
    file.line(&end.to_string())?;
    file.out.flush()?;
    Ok(summary)
}

/// The line as it stands in a trace: at its own time, with the node's time and number at its end.
fn text_of(placed: Placed) -> String {
    let Placed { t_us, node, what } = placed;
    let (brief, line, message) = match what {
        What::Crash { term } => {
            return format!(r#"{{"t_us":{t_us},"ev":"crash","node":"{node}","term":{term}}}"#);
        }
        What::Line { brief, line, message } => (brief, line, message),
    };
    // Every line of a feed begins with its time and its number.
    let own = format!(r#"{{"t_us":{},"seq":{},"#, brief.t_us, brief.seq);
    let rest = line.strip_prefix(&own).and_then(|rest| rest.strip_suffix('}')).unwrap_or_default();
    let rest = match (&brief.id, message) {
        (Some(id), Some((number, _))) => {
            rest.replacen(&format!(r#""id":"{id}""#), &format!(r#""id":{number}"#), 1)
        }
        _ => rest.to_owned(),
    };
    let unseen = if matches!(message, Some((_, false))) { r#","unseen":true"# } else { "" };
    format!(r#"{{"t_us":{t_us},{rest}{unseen},"node_us":{},"seq":{}}}"#, brief.t_us, brief.seq)
}

/// A file of lines with the hash of what was written.
struct Lines<W> {
    out: W,
    /// FNV-1a of 64 bits.
    hash: u64,
    lines: u64,
}

impl<W: Write> Lines<W> {
    fn line(&mut self, line: &str) -> io::Result<()> {
        for byte in line.bytes().chain([b'\n']) {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        self.lines += 1;
        self.out.write_all(line.as_bytes())?;
        self.out.write_all(b"\n")
    }
}
