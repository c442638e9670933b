//! `mini-raft cas`: writes a key if its value is what one thinks it is.

use std::process::ExitCode;
use std::time::Instant;

use bytes::Bytes;
use serde_json::json;

use super::super::target::Asked;
use super::super::{FAILED, Format, exit, pipe, runtime};
use super::{print_written, value_of};
use crate::client::kv::{Condition, Consistency, Found, Written};
use crate::client::{Client, Failure};

/// Write a key if it has the value that is expected: compare and set.
///
/// The value is read and compared, and the write is done only if nobody has written the key meanwhile; if somebody
/// has, it is read and compared again.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("\
Examples:
  mini-raft cas counter 2 --expect 1
  mini-raft cas lock mine --expect-absent

{}", exit::HELP))]
pub(in super::super) struct Args {
    /// The key.
    key: String,

    /// The new value; without it, or as -, all bytes of standard input.
    #[arg(allow_negative_numbers = true)]
    value: Option<String>,

    /// The value that the key must have.
    #[arg(long, value_name = "VALUE", required_unless_present = "expect_absent", allow_hyphen_values = true)]
    expect: Option<String>,

    /// The key must not exist.
    #[arg(long, conflicts_with = "expect")]
    expect_absent: bool,

    #[command(flatten)]
    asked: Asked,

    /// How to print the result.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(in super::super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut client = args.asked.client()?;
    let value = value_of(args.value.as_deref())?;
    let written = runtime::block_on(async { Ok(compare_and_set(&mut client, args, value).await?) })?;
    match written {
        Some(written) => {
            print_written(args.format, &args.key, "set", &written)?;
            Ok(ExitCode::SUCCESS)
        }
        None => {
            let expected = match &args.expect {
                Some(_) => "does not have the expected value",
                None => "exists",
            };
            match args.format {
                Format::Json => {
                    pipe::to_stdout(&format!("{:#}\n", json!({ "key": args.key, "ok": false })))?;
                }
                Format::Text => pipe::to_stderr(&format!("error: the key {:?} {expected}\n", args.key))?,
            }
            Ok(ExitCode::from(FAILED))
        }
    }
}

async fn compare_and_set(client: &mut Client, args: &Args, value: Bytes) -> Result<Option<Written>, Failure> {
    let Some(expected) = &args.expect else {
        return client.set(&args.key, value, &Condition::Absent).await;
    };
    let began = Instant::now();
    while began.elapsed() < client.timeout() {
        let found = client.get(&args.key, Consistency::Linearizable).await?;
        let Some(Found { etag, .. }) = found.filter(|found| found.value == expected.as_bytes()) else {
            return Ok(None);
        };
        let written = client.set(&args.key, value.clone(), &Condition::Unchanged(etag)).await?;
        if written.is_some() {
            return Ok(written);
        }
    }
    Err(Failure::Unavailable(format!(
        "others wrote {:?} all the time, with the same value: it was not written here",
        args.key
    )))
}
