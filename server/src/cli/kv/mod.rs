//! `mini-raft set`, `get`, `delete`, `cas`, `list`: the operations on keys.

pub(super) mod cas;
pub(super) mod list;

use std::io::{IsTerminal, Read, stdin, stdout};
use std::process::ExitCode;

use anyhow::{Context, bail};
use bytes::Bytes;
use clap::ValueEnum;
use data_encoding::BASE64;
use serde_json::{Map, Value, json};

use super::target::Asked;
use super::{FAILED, Format, exit, pipe, runtime};
use crate::client::kv::{Condition, Consistency, Found, Written};

/// The largest value that a cluster takes.
const VALUE_BYTES_MAX: u64 = 1 << 20;

/// Write a key.
///
/// The write has an idempotency key: where an answer is lost, it is sent again, and done once.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("\
Examples:
  mini-raft set name Alice
  mini-raft set picture < picture.png

{}", exit::HELP))]
pub(super) struct SetArgs {
    /// The key.
    key: String,

    /// The value; without it, or as -, all bytes of standard input.
    #[arg(allow_negative_numbers = true)]
    value: Option<String>,

    #[command(flatten)]
    asked: Asked,

    /// How to print the result.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Read a key, and print its value as it is.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("\
Examples:
  mini-raft get name
  mini-raft get picture > picture.png
  mini-raft get name --consistency stale --url http://127.0.0.1:8003

{}", exit::HELP))]
pub(super) struct GetArgs {
    /// The key.
    key: String,

    /// How much the answer may miss.
    #[arg(long, value_enum, default_value_t = Level::Linearizable)]
    consistency: Level,

    #[command(flatten)]
    asked: Asked,

    /// How to print the value.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Remove a key.
///
/// The removal has an idempotency key: where an answer is lost, it is sent again, and done once.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("\
Example:
  mini-raft delete name

{}", exit::HELP))]
pub(super) struct DeleteArgs {
    /// The key.
    key: String,

    #[command(flatten)]
    asked: Asked,

    /// How to print the result.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How much a read may miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Level {
    /// Nothing: it sees every write that ended before it began.
    Linearizable,
    /// Nothing, while clocks run at nearly the same rate; the leader asks nobody else.
    Lease,
    /// What the node that answers has not applied yet.
    Stale,
}

impl From<Level> for Consistency {
    fn from(level: Level) -> Consistency {
        match level {
            Level::Linearizable => Consistency::Linearizable,
            Level::Lease => Consistency::Lease,
            Level::Stale => Consistency::Stale,
        }
    }
}

pub(super) fn set(args: &SetArgs) -> anyhow::Result<ExitCode> {
    let mut client = args.asked.client()?;
    let value = value_of(args.value.as_deref())?;
    let written = runtime::block_on(async { Ok(client.set(&args.key, value, &Condition::Always).await?) })?
        .expect("a write without a condition is done or fails");
    let how = if written.created { "created" } else { "replaced" };
    print_written(args.format, &args.key, how, &written)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn get(args: &GetArgs) -> anyhow::Result<ExitCode> {
    let mut client = args.asked.client()?;
    let found = runtime::block_on(async { Ok(client.get(&args.key, args.consistency.into()).await?) })?;
    let Some(found) = found else {
        return no_such_key(args.format, &args.key);
    };
    match args.format {
        Format::Json => pipe::to_stdout(&format!("{:#}\n", found_as_json(&args.key, &found)))?,
        Format::Text => {
            pipe::bytes_to_stdout(&found.value)?;
            // For the eyes only: a program gets the value and nothing else.
            if stdout().is_terminal() && !found.value.ends_with(b"\n") {
                pipe::to_stdout("\n")?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn delete(args: &DeleteArgs) -> anyhow::Result<ExitCode> {
    let mut client = args.asked.client()?;
    let deleted = runtime::block_on(async { Ok(client.delete(&args.key, &Condition::Always).await?) })?;
    match deleted {
        Some(written) => {
            print_written(args.format, &args.key, "deleted", &written)?;
            Ok(ExitCode::SUCCESS)
        }
        None => no_such_key(args.format, &args.key),
    }
}

/// The value from the command line, or from standard input.
fn value_of(argument: Option<&str>) -> anyhow::Result<Bytes> {
    let mut value = Vec::new();
    match argument {
        Some(text) if text != "-" => value.extend_from_slice(text.as_bytes()),
        _ => {
            // One byte more than it may have is enough to know that it is too long.
            let input = stdin().lock().take(VALUE_BYTES_MAX + 1);
            { input }.read_to_end(&mut value).context("cannot read the value from standard input")?;
        }
    }
    if value.len() as u64 > VALUE_BYTES_MAX {
        bail!("the value is longer than the {VALUE_BYTES_MAX} bytes that a cluster takes");
    }
    Ok(value.into())
}

fn no_such_key(format: Format, key: &str) -> anyhow::Result<ExitCode> {
    match format {
        Format::Json => pipe::to_stdout(&format!("{:#}\n", json!({ "key": key, "found": false })))?,
        Format::Text => pipe::to_stderr(&format!("error: there is no key {key:?}\n"))?,
    }
    Ok(ExitCode::from(FAILED))
}

fn print_written(format: Format, key: &str, how: &str, written: &Written) -> anyhow::Result<()> {
    let index = written.mod_index.or(written.served.index);
    let text = match format {
        Format::Json => {
            let value = json!({
                "key": key,
                "ok": true,
                "how": how,
                "index": index,
                "term": written.served.term,
                "served_by": written.served.by,
            });
            format!("{value:#}\n")
        }
        Format::Text => match index {
            Some(index) => format!("{how} by entry {index}\n"),
            None => format!("{how}\n"),
        },
    };
    Ok(pipe::to_stdout(&text)?)
}

fn found_as_json(key: &str, found: &Found) -> Value {
    let mut object = Map::new();
    object.insert("key".to_owned(), json!(key));
    object.insert("found".to_owned(), json!(true));
    insert_value(&mut object, &found.value);
    object.insert("mod_index".to_owned(), json!(found.mod_index()));
    object.insert("served_by".to_owned(), json!(found.served.by));
    object.insert("index".to_owned(), json!(found.served.index));
    object.insert("term".to_owned(), json!(found.served.term));
    Value::Object(object)
}

/// JSON holds text only: a value that is none is told in base64.
fn insert_value(object: &mut Map<String, Value>, value: &[u8]) {
    match std::str::from_utf8(value) {
        Ok(text) => object.insert("value".to_owned(), json!(text)),
        Err(_) => object.insert("value_base64".to_owned(), json!(BASE64.encode(value))),
    };
}
