//! What a text must be to be a value.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use mini_raft_core::raft::ClockDrift;
use tracing_subscriber::EnvFilter;

use super::mistakes::Wrong;

/// The spans that are settings, in milliseconds: what is shorter no operating system keeps, what is longer nobody
/// waits for.
pub(super) const SPAN_MS: RangeInclusive<u64> = 5..=60_000;

/// The form of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: a JSON object a line.
    Json,
}

/// A whole number in a range.
pub(super) fn number(range: RangeInclusive<u64>) -> impl Fn(&str) -> Result<u64, Wrong> {
    move |text| {
        let whole = text.trim().replace('_', "");
        whole.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
            let mend = format!("give a whole number from {} to {}", range.start(), range.end());
            Wrong::new(format!("{text:?} is not such a number"), mend)
        })
    }
}

/// A number of things that go on at once.
pub(super) fn count(text: &str) -> Result<usize, Wrong> {
    let number = number(1..=100_000)(text)?;
    Ok(usize::try_from(number).expect("it is at most 100,000"))
}

/// Two spans, the first one shorter: `500,1000`.
pub(super) fn range_ms(text: &str) -> Result<(u64, u64), Wrong> {
    let mend = "give the least and the greatest in milliseconds, as in 500,1000";
    let (min, max) = text
        .split_once(',')
        .ok_or_else(|| Wrong::new(format!("{text:?} is not two numbers with a comma between them"), mend))?;
    let (min, max) = (number(SPAN_MS)(min)?, number(SPAN_MS)(max)?);
    if min >= max {
        // All servers would time out together, and split the vote again and again (§5.2).
        return Err(Wrong::new(format!("{min} is not below {max}"), mend));
    }
    Ok((min, max))
}

/// Yes or no.
pub(super) fn truth(text: &str) -> Result<bool, Wrong> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Wrong::new(format!("{text:?} is neither true nor false"), "give true or false")),
    }
}

/// A path; an empty one is none.
pub(super) fn path(text: &str) -> Result<PathBuf, Wrong> {
    if text.is_empty() {
        return Err(Wrong::new("it is empty", "give a path"));
    }
    Ok(PathBuf::from(text))
}

/// An address of this machine with a port. A name other than `localhost` could mean several.
pub(super) fn address(text: &str) -> Result<SocketAddr, Wrong> {
    let mend = "give an IP address and a port, as in 127.0.0.1:8000";
    let numeric = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    let address = SocketAddr::from_str(numeric.as_deref().unwrap_or(text))
        .map_err(|_| Wrong::new(format!("{text:?} is no address to listen on"), mend))?;
    if address.port() == 0 {
        return Err(Wrong::new("port 0 is any port, and nobody would find this node", mend));
    }
    Ok(address)
}

/// A bound of the drift of clocks, or `off`.
pub(super) fn drift(text: &str) -> Result<Option<ClockDrift>, Wrong> {
    if text == "off" {
        return Ok(None);
    }
    let percent = number(1..=50)(text)
        .map_err(|wrong| Wrong::new(wrong.what, "give a whole number of percent from 1 to 50, or off"))?;
    Ok(Some(ClockDrift { percent: u32::try_from(percent).expect("it is at most 50") }))
}

/// The form of log lines.
pub(super) fn log_format(text: &str) -> Result<LogFormat, Wrong> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err(Wrong::new(format!("{text:?} is no form of log lines"), "give text or json")),
    }
}

/// Which log lines there are, in the form of `tracing`.
pub(super) fn log_filter(text: &str) -> Result<String, Wrong> {
    match EnvFilter::try_new(text) {
        Ok(_) if !text.trim().is_empty() => Ok(text.to_owned()),
        _ => {
            let mend =
                "give a level (error, warn, info, debug, trace), or as in info,mini_raft_server::node=debug";
            Err(Wrong::new(format!("{text:?} is no filter"), mend))
        }
    }
}

/// Anything with a form of its own.
pub(super) fn parsed<T>(mend: &str) -> impl Fn(&str) -> Result<T, Wrong>
where
    T: FromStr<Err: std::fmt::Display>,
{
    move |text| text.parse().map_err(|wrong: T::Err| Wrong::new(wrong.to_string(), mend))
}
