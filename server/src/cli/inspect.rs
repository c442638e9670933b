//! `mini-raft inspect`: what a data directory holds, and what is wrong with it.

use std::path::PathBuf;
use std::process::ExitCode;

use data_encoding::BASE64;
use mini_raft_core::raft::{Configuration, Entry, EntryId, NodeId, Payload};
use serde_json::{Value, json};

use super::text::{Style, counted, harmless, thousands};
use super::{FAILED, Format, pipe};
use crate::storage::{Inspection, Problem};

/// How much of a command is shown to a person, in characters.
const COMMAND_SHOWN: usize = 60;

/// Show what the data directory of a node holds, and what is wrong with it.
///
/// It takes no lock and changes nothing, so it may look at the directory of a running node: what it shows is then a
/// moment of the past.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mini-raft inspect data/node-0
  mini-raft inspect data/node-0 --entries 20
  mini-raft inspect data/node-0 --format json --entries

Exit status:
  0  the directory is whole
  1  something is damaged, missing or of a later version
  2  it is no data directory, or cannot be read")]
pub(super) struct Args {
    /// The data directory of a node.
    #[arg(value_name = "DIR")]
    dir: PathBuf,

    /// Show the last N entries of the log; all of them without a number.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "18446744073709551615")]
    entries: Option<u64>,

    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let inspection = Inspection::of(&args.dir)?;
    let asked = args.entries.map(|count| {
        let count = usize::try_from(count).unwrap_or(usize::MAX).min(inspection.entries.len());
        &inspection.entries[inspection.entries.len() - count..]
    });
    let text = match args.format {
        Format::Json => format!("{:#}\n", as_json(args, &inspection, asked)),
        Format::Text => as_text(Style::of_stdout(), &inspection, asked),
    };
    pipe::to_stdout(&text)?;
    let is_whole = inspection.problems.is_empty() && inspection.survivable.is_empty();
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

fn as_text(style: Style, inspection: &Inspection, asked: Option<&[Entry]>) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        text.push_str(&format!("{}  {value}\n", style.bold(&format!("{name:13}"))));
    };
    match (&inspection.identity, inspection.disk_id) {
        (Some(identity), Some(disk_id)) => {
            let cluster = harmless(&identity.cluster);
            line("node", format!("{} of cluster \"{cluster}\", disk {disk_id:016x}", identity.node));
        }
        _ => line("node", "not known".to_owned()),
    }
    if let Some(process) = &inspection.used_by {
        line("process", format!("{}, running or ended without a clean stop", harmless(process)));
    }
    line(
        "term",
        inspection.hard_state.map_or("not known, nor the vote".to_owned(), |known| {
            let vote = known.voted_for.map_or("no vote".to_owned(), |vote| format!("vote for {vote}"));
            format!("{}, {vote}", known.current_term)
        }),
    );
    if let Some(incarnation) = inspection.hard_state.and_then(|known| known.forgetful) {
        line("lost disk", format!("does not vote until it is admitted, incarnation {incarnation}"));
    }
    for snapshot in &inspection.snapshots {
        let content = match snapshot.content {
            Some((last_included, bytes)) => {
                format!("up to entry {last_included}, {}", counted(bytes, "byte", "bytes"))
            }
            None => "damaged".to_owned(),
        };
        let used = if snapshot.is_used { "" } else { ", not used" };
        line("snapshot", format!("{}: {content}{used}", snapshot.name));
    }
    if let Some((since, configuration)) = &inspection.configuration {
        line("configuration", format!("{}, since entry {since}", members(configuration)));
    }
    let known = format!("{} known to state.json", thousands(inspection.records_known));
    line("log", format!("{}; {} in all, {known}", entries_in_words(inspection), records(inspection.records)));
    for segment in &inspection.segments {
        let (used, bytes) = (thousands(segment.used_bytes), thousands(segment.file_bytes));
        let entries = counted(segment.entries, "entry", "entries");
        line(
            "segment",
            format!("{}: {used} of {bytes} bytes, {}, {entries}", segment.name, records(segment.records)),
        );
    }
    for entry in asked.unwrap_or_default() {
        line("entry", format!("{:>12}  {}", entry.id().to_string(), payload_in_words(&entry.payload)));
    }
    inspection.notes.iter().for_each(|note| line("note", harmless(note)));
    for problem in &inspection.survivable {
        text.push_str(&format!("{}  {}\n", style.bad("damaged"), harmless(&problem.finding())));
        text.push_str("         A node can start without it: the rest of the directory says the same.\n");
    }
    for problem in &inspection.problems {
        text.push_str(&format!("{}  {}\n", style.bad("wrong"), harmless(&problem.to_string())));
    }
    if inspection.problems.is_empty() && inspection.survivable.is_empty() {
        text.push_str(&format!("{}\n", style.good("whole")));
    }
    text
}

fn entries_in_words(inspection: &Inspection) -> String {
    match (inspection.entries.first(), inspection.entries.last()) {
        (Some(first), Some(last)) => {
            let count = counted(inspection.entries.len() as u64, "entry", "entries");
            format!("{count}, {} to {}", first.id(), last.id())
        }
        _ => "no entry after the snapshot".to_owned(),
    }
}

fn records(count: u64) -> String {
    counted(count, "record", "records")
}

fn members(configuration: &Configuration) -> String {
    let list = |ids: &[NodeId]| ids.iter().map(NodeId::to_string).collect::<Vec<_>>().join(" ");
    let mut text = format!("voters {}", list(configuration.voters()));
    for (name, ids) in [("outgoing", configuration.outgoing()), ("learners", configuration.learners())] {
        if !ids.is_empty() {
            text.push_str(&format!("; {name} {}", list(ids)));
        }
    }
    text
}

fn payload_in_words(payload: &Payload) -> String {
    match payload {
        Payload::Noop => "empty, the first of its term".to_owned(),
        Payload::Configuration(configuration) => members(configuration),
        Payload::Command(command) => {
            let shown: String = String::from_utf8_lossy(command).chars().take(COMMAND_SHOWN).collect();
            format!("{}: {}", counted(command.len() as u64, "byte", "bytes"), harmless(&shown))
        }
    }
}

fn as_json(args: &Args, inspection: &Inspection, asked: Option<&[Entry]>) -> Value {
    let known = inspection.hard_state;
    let snapshots = inspection.snapshots.iter().map(|snapshot| {
        json!({
            "file": snapshot.name,
            "file_bytes": snapshot.file_bytes,
            "last_included": snapshot.content.map(|(id, _)| id_json(id)),
            "bytes": snapshot.content.map(|(_, bytes)| bytes),
            "used": snapshot.is_used,
        })
    });
    let segments = inspection.segments.iter().map(|segment| {
        json!({
            "file": segment.name,
            "file_bytes": segment.file_bytes,
            "used_bytes": segment.used_bytes,
            "records": segment.records,
            "entries": segment.entries,
        })
    });
    let mut value = json!({
        "directory": args.dir.display().to_string(),
        "cluster": inspection.identity.as_ref().map(|identity| &identity.cluster),
        "node": inspection.identity.as_ref().map(|identity| identity.node),
        "disk": inspection.disk_id.map(hex),
        "born": inspection.born,
        "process": inspection.used_by,
        "term": known.map(|known| known.current_term),
        "voted_for": known.and_then(|known| known.voted_for),
        "lost_disk": known.and_then(|known| known.forgetful).map(|incarnation| hex(incarnation.0)),
        "peer_disks": inspection.peer_disks.iter().map(|(peer, disk)| (peer.to_string(), json!(hex(*disk))))
            .collect::<serde_json::Map<_, _>>(),
        "configuration": inspection.configuration.as_ref().map(|(since, configuration)| {
            let mut value = configuration_json(configuration);
            value["since"] = id_json(*since);
            value
        }),
        "snapshots": snapshots.collect::<Vec<_>>(),
        "log": {
            "first": inspection.entries.first().map(|entry| id_json(entry.id())),
            "last": inspection.entries.last().map(|entry| id_json(entry.id())),
            "entries": inspection.entries.len(),
            "records": inspection.records,
            "records_known": inspection.records_known,
            "segments": segments.collect::<Vec<_>>(),
        },
        "notes": inspection.notes,
        "survivable": inspection.survivable.iter().map(problem_json).collect::<Vec<_>>(),
        "problems": inspection.problems.iter().map(problem_json).collect::<Vec<_>>(),
        "whole": inspection.problems.is_empty() && inspection.survivable.is_empty(),
    });
    if let Some(entries) = asked {
        value["entries"] = entries.iter().map(entry_json).collect();
    }
    value
}

fn entry_json(entry: &Entry) -> Value {
    let mut value = id_json(entry.id());
    match &entry.payload {
        Payload::Noop => value["kind"] = json!("noop"),
        Payload::Command(command) => {
            value["kind"] = json!("command");
            value["bytes"] = json!(command.len());
            value["base64"] = json!(BASE64.encode(command));
        }
        Payload::Configuration(configuration) => {
            value["kind"] = json!("configuration");
            value["configuration"] = configuration_json(configuration);
        }
    }
    value
}

fn configuration_json(configuration: &Configuration) -> Value {
    json!({
        "voters": configuration.voters(),
        "outgoing": configuration.outgoing(),
        "learners": configuration.learners(),
    })
}

fn problem_json(problem: &Problem) -> Value {
    json!({
        "kind": problem.kind.name(),
        "file": problem.file.display().to_string(),
        "offset": problem.offset,
        "expected": problem.expected,
        "found": problem.found,
        "advice": problem.advice,
    })
}

fn id_json(id: EntryId) -> Value {
    json!({ "index": id.index, "term": id.term })
}

/// A number of 64 bits as a text: many readers of JSON keep only 53 of them.
fn hex(number: u64) -> String {
    format!("{number:016x}")
}
