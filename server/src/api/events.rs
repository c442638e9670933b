//! `GET /v1/events`: the feed of this node, as server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use tokio::sync::watch;

use super::App;
use super::problem::Problem;
use super::request::options_of;
use crate::feed::{Missed, Reader};
use crate::node::NodeHandle;
use crate::wire::BootId;

/// How often a quiet stream says that it is still there.
const QUIET_SPAN_MAX: Duration = Duration::from_secs(10);
/// The most lines that are taken out of the ring at once.
const LINES_AT_ONCE: usize = 64;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    #[serde(default)]
    from: Option<String>,
}

/// Where a reader begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    /// With the node as it is now.
    View,
    /// With the first line of this run of the process.
    Start,
    /// After the last line that it has, of this run or of the one that it names.
    After(Option<BootId>, u64),
}

impl From {
    fn parse(text: &str) -> Option<From> {
        if text == "start" {
            return Some(From::Start);
        }
        let (boot, seq) = match text.split_once('.') {
            Some((boot, seq)) => (Some(BootId(u64::from_str_radix(boot, 16).ok()?)), seq),
            None => (None, text),
        };
        Some(From::After(boot, seq.parse().ok()?))
    }

    /// The number of the first line that it wants; `None` if it begins with a view.
    fn seq(self, boot: BootId) -> Option<u64> {
        match self {
            From::View => None,
            From::Start => Some(1),
            // Of another run: this one began with all that is to be known of it.
            From::After(Some(of), _) if of != boot => Some(1),
            From::After(_, seq) => Some(seq.saturating_add(1)),
        }
    }
}

pub(super) async fn events(
    State(app): State<App>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Options { from } = options_of(&uri)?;
    // A browser that was cut off asks to go on after the last event that it has.
    let last_seen = headers.get("last-event-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let from = match last_seen.or(from) {
        None => From::View,
        Some(text) => From::parse(&text).ok_or_else(|| {
            Problem::bad_request(format!("from={text:?} is neither \"start\" nor the id of an event"))
        })?,
    };
    let Some(reader) = app.feed.reader() else {
        let detail = "as many readers of the feed as may be are here already";
        return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "overloaded", detail).retry_after_ms(1000));
    };
    let mut follower = Follower {
        next: from.seq(app.feed.boot()),
        reader,
        node: app.node.clone(),
        stopping: app.stopping.clone(),
        ready: VecDeque::new(),
        ended: false,
    };
    if follower.next.is_none() {
        follower.take_view().await.map_err(|failure| app.problem(failure, &uri))?;
    }
    Ok(Sse::new(follower.events()).keep_alive(KeepAlive::new().interval(QUIET_SPAN_MAX)).into_response())
}

/// A reader on its way through the feed.
struct Follower {
    reader: Reader,
    node: NodeHandle,
    stopping: watch::Receiver<bool>,
    /// The number of the line that it wants next; `None` before it has a view.
    next: Option<u64>,
    ready: VecDeque<Event>,
    ended: bool,
}

impl Follower {
    fn events(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(self, |mut follower| async {
            while follower.ready.is_empty() {
                if follower.ended {
                    return None;
                }
                follower.go_on().await;
            }
            let event = follower.ready.pop_front()?;
            Some((Ok(event), follower))
        })
    }

    /// Waits for what comes next, and makes it ready.
    async fn go_on(&mut self) {
        let Some(next) = self.next else {
            // Without an actor the process is ending.
            self.ended = self.take_view().await.is_err();
            return;
        };
        match self.reader.lines(next, LINES_AT_ONCE) {
            Ok(lines) if lines.is_empty() => {
                let stopped = async { drop(self.stopping.wait_for(|stopping| *stopping).await) };
                tokio::select! {
                    biased;
                    () = self.reader.wait_for(next) => {}
                    () = stopped => {
                        let end = format!(r#"{{"last_seq":{}}}"#, next - 1);
                        self.ready.push_back(Event::default().event("end").data(end));
                        self.ended = true;
                    }
                }
            }
            Ok(lines) => {
                for (seq, line) in lines {
                    self.ready.push_back(self.event(seq, &line));
                    self.next = Some(seq + 1);
                }
            }
            // It reads too slowly, or comes too late: it is told what it has missed, and begins anew.
            Err(Missed { first }) => {
                let lagged = format!(r#"{{"from_seq":{next},"first_seq":{first}}}"#);
                self.ready.push_back(Event::default().event("lagged").data(lagged));
                self.next = None;
            }
        }
    }

    async fn take_view(&mut self) -> Result<(), crate::node::Failure> {
        let view = self.node.view().await?;
        self.ready.push_back(self.event(view.seq, &view.line));
        self.next = Some(view.seq + 1);
        Ok(())
    }

    fn event(&self, seq: u64, line: &str) -> Event {
        Event::default().id(format!("{:016x}.{seq}", self.reader.feed().boot().0)).data(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_goes_on_where_it_was_unless_the_process_is_another() {
        let seq = |text: &str| From::parse(text).map(|from| from.seq(BootId(0xab)));
        assert_eq!(seq("start"), Some(Some(1)));
        assert_eq!(seq("17"), Some(Some(18)));
        assert_eq!(seq("00000000000000ab.17"), Some(Some(18)));
        assert_eq!(seq("00000000000000ac.17"), Some(Some(1)), "of another run: from the start of this one");
        for wrong in ["", "x", "ab.", ".4", "ab.4.5", "-1"] {
            assert_eq!(seq(wrong), None, "{wrong:?}");
        }
        assert_eq!(From::View.seq(BootId(1)), None);
    }
}
