//! Following the feed of one node (`GET /v1/events`).

use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::url::NodeUrl;

/// How long a node may take to begin.
const BEGIN_MAX: Duration = Duration::from_secs(2);
/// A node that is there says so more often; its machine or the network is gone.
const QUIET_MAX: Duration = Duration::from_secs(30);
/// No line is longer: one with the longest message.
const LINE_BYTES_MAX: usize = 64 << 20;

/// The feed of a node, from some line on.
#[derive(Debug)]
pub struct Feed {
    body: Incoming,
    waiting: BytesMut,
    /// Up to there `waiting` has no end of a line.
    searched: usize,
    event: Event,
}

/// What a feed says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Something happened.
    Line {
        /// Where to go on after this line.
        id: String,
        /// A JSON object.
        line: String,
    },
    /// Lines are missing here; the next one is a view.
    Lagged,
    /// The node stops, and that was all.
    End,
}

/// Why there is no feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoFeed {
    /// Nobody listens there: the process does not run.
    NobodyThere(String),
    /// Anything else.
    Failed(String),
}

/// A server-sent event that is being read.
#[derive(Clone, Debug, Default)]
struct Event {
    id: String,
    name: String,
    data: String,
}

impl Feed {
    /// Follows the node after the event of this id, from `start`, or from a view of it on.
    ///
    /// # Errors
    /// Says why there is none.
    pub async fn open(node: &NodeUrl, from: Option<&str>) -> Result<Feed, NoFeed> {
        let begun = timeout(BEGIN_MAX, Feed::begin(node, from)).await;
        begun.unwrap_or_else(|_| {
            Err(NoFeed::Failed(format!("{node} did not begin within {} s", BEGIN_MAX.as_secs())))
        })
    }

    async fn begin(node: &NodeUrl, from: Option<&str>) -> Result<Feed, NoFeed> {
        let failed = |error: &dyn std::fmt::Display| NoFeed::Failed(format!("{node}: {error}"));
        let stream = TcpStream::connect(node.authority()).await.map_err(|error| match error.kind() {
            std::io::ErrorKind::ConnectionRefused => NoFeed::NobodyThere(format!("{node}: {error}")),
            _ => failed(&error),
        })?;
        let (mut sender, connection) =
            handshake(TokioIo::new(stream)).await.map_err(|error| failed(&error))?;
        // Its end shows in the body that it carries.
        tokio::spawn(async move { drop(connection.await) });
        let query = from.map(|from| format!("?from={from}")).unwrap_or_default();
        let request = hyper::Request::get(format!("/v1/events{query}"))
            .header("host", node.authority())
            .body(Empty::<Bytes>::new())
            .map_err(|error| failed(&error))?;
        let response = sender.send_request(request).await.map_err(|error| failed(&error))?;
        if !response.status().is_success() {
            return Err(failed(&format!("it answers {} when asked for its feed", response.status())));
        }
        let body = response.into_body();
        Ok(Feed { body, waiting: BytesMut::new(), searched: 0, event: Event::default() })
    }

    /// The next thing that it says. May be dropped before it is ready: nothing is lost.
    ///
    /// # Errors
    /// Says how it broke off.
    pub async fn next(&mut self) -> Result<Told, String> {
        loop {
            while let Some(line) = self.line()? {
                if let Some(told) = self.event.add(&line) {
                    return Ok(told);
                }
            }
            let frame = timeout(QUIET_MAX, self.body.frame()).await;
            let frame = frame.map_err(|_| format!("it said nothing for {} s", QUIET_MAX.as_secs()))?;
            let frame = frame.ok_or("the connection was closed")?.map_err(|error| error.to_string())?;
            if let Ok(data) = frame.into_data() {
                self.waiting.extend_from_slice(&data);
            }
        }
    }

    /// The next whole line, without its end.
    fn line(&mut self) -> Result<Option<String>, String> {
        let Some(found) = self.waiting[self.searched..].iter().position(|byte| *byte == b'\n') else {
            self.searched = self.waiting.len();
            if self.searched > LINE_BYTES_MAX {
                return Err("a line has no end".to_owned());
            }
            return Ok(None);
        };
        let line = self.waiting.split_to(self.searched + found);
        self.waiting.advance(1);
        self.searched = 0;
        String::from_utf8(line.to_vec()).map(Some).map_err(|_| "what it says is not UTF-8".to_owned())
    }
}

impl Event {
    /// Takes in a line; what the event says if that was its last one.
    fn add(&mut self, line: &str) -> Option<Told> {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => self.id = value.to_owned(),
            "event" => self.name = value.to_owned(),
            "data" => self.data.push_str(value),
            _ => {}
        }
        if !line.is_empty() || self.data.is_empty() {
            return None;
        }
        let Event { id, name, data } = std::mem::take(self);
        Some(match name.as_str() {
            "lagged" => Told::Lagged,
            "end" => Told::End,
            _ => Told::Line { id, line: data },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_ends_with_an_empty_line_and_a_comment_is_none() {
        let mut event = Event::default();
        let said = ": still here\n\nid: ab.3\ndata: {\"a\":\"b: c\"}\n\nevent: lagged\ndata: {}\n\n:\n\nevent: end\ndata: {}\n\n";
        let told: Vec<Told> = said.lines().filter_map(|line| event.add(line)).collect();
        let line = Told::Line { id: "ab.3".to_owned(), line: "{\"a\":\"b: c\"}".to_owned() };
        assert_eq!(told, [line, Told::Lagged, Told::End]);
    }
}
