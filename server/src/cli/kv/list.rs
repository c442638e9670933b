//! `mini-raft list`: the keys of a cluster with their values.

use std::process::ExitCode;

use anyhow::Context;
use serde_json::{Map, Value, json};

use super::super::target::Asked;
use super::super::text::harmless;
use super::super::{Format, exit, pipe, runtime};
use super::insert_value;
use crate::client::Client;
use crate::client::kv::Item;

/// A cluster gives no more at once.
const PAGE_ITEMS_MAX: u64 = 1_000;

/// List keys with their values, in the order of the keys.
///
/// As text, a line has a key, a tab and its value; control characters in them are shown as \u{..}, and a value that is
/// no text in base64, after "base64:". More than 1,000 keys are read in several steps: a write in between may be seen in one part and not in
/// another.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("\
Examples:
  mini-raft list
  mini-raft list user/ --limit 10
  mini-raft list --format json

{}", exit::HELP))]
pub(in super::super) struct Args {
    /// Only keys that begin with this.
    #[arg(default_value = "")]
    prefix: String,

    /// At most so many keys.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,

    #[command(flatten)]
    asked: Asked,

    /// How to print them.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(in super::super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut client = args.asked.client()?;
    let items = runtime::block_on(read(&mut client, &args.prefix, args.limit.unwrap_or(u64::MAX)))?;
    pipe::to_stdout(&match args.format {
        Format::Json => as_json(&items)?,
        Format::Text => as_text(&items)?,
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn read(client: &mut Client, prefix: &str, limit: u64) -> anyhow::Result<Vec<Item>> {
    let mut items: Vec<Item> = Vec::new();
    let mut cursor = None;
    loop {
        let left = limit - items.len() as u64;
        let page = client.list(prefix, left.min(PAGE_ITEMS_MAX), cursor.as_deref()).await?;
        items.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() || items.len() as u64 >= limit {
            items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            return Ok(items);
        }
    }
}

fn bytes_of(item: &Item) -> anyhow::Result<Vec<u8>> {
    item.bytes().with_context(|| format!("the answer holds no value for the key {:?}", item.key))
}

fn as_json(items: &[Item]) -> anyhow::Result<String> {
    let of = |item: &Item| -> anyhow::Result<Value> {
        let mut object = Map::new();
        object.insert("key".to_owned(), json!(item.key));
        insert_value(&mut object, &bytes_of(item)?);
        object.insert("mod_index".to_owned(), json!(item.mod_index));
        Ok(Value::Object(object))
    };
    let items: Vec<Value> = items.iter().map(of).collect::<anyhow::Result<_>>()?;
    Ok(format!("{:#}\n", json!(items)))
}

fn as_text(items: &[Item]) -> anyhow::Result<String> {
    let mut text = String::new();
    for item in items {
        let value = match String::from_utf8(bytes_of(item)?) {
            Ok(value) => harmless(&value),
            Err(error) => format!("base64:{}", data_encoding::BASE64.encode(error.as_bytes())),
        };
        text.push_str(&format!("{}\t{value}\n", harmless(&item.key)));
    }
    Ok(text)
}
