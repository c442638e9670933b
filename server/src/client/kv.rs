//! The operations on keys.

use bytes::Bytes;
use data_encoding::BASE64;
use hyper::Method;
use hyper::header::{ETAG, HeaderMap};
use serde::Deserialize;

use super::Client;
use super::http::Reply;
use super::request::{Request, percent_encoded};
use super::retry::Failure;

/// How much a read may miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consistency {
    /// Nothing: it sees every write that ended before it began.
    Linearizable,
    /// Nothing as long as clocks run at nearly the same rate; it asks no other node.
    Lease,
    /// Anything that the node that answers has not applied yet.
    Stale,
}

/// What must be true of a key for a write to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing.
    Always,
    /// There is no such key.
    Absent,
    /// It was last changed by the entry that this tag stands for.
    Unchanged(String),
}

/// What a read found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The value.
    pub value: Bytes,
    /// Stands for the entry that wrote it, with its quotes.
    pub etag: String,
    /// How the read was served.
    pub served: Served,
}

/// What a write did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Whether the key did not exist before.
    pub created: bool,
    /// The entry that did it, if the node said so.
    pub mod_index: Option<u64>,
    /// How the write was served.
    pub served: Served,
}

/// Who answered, and from which state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Served {
    /// The node.
    pub by: Option<String>,
    /// The last entry that its state had applied.
    pub index: Option<u64>,
    /// Its term.
    pub term: Option<u64>,
}

/// A part of all keys, in their order.
#[derive(Clone, Debug, Deserialize)]
pub struct Page {
    /// The keys of this part.
    pub items: Vec<Item>,
    /// Where the next part begins.
    #[serde(default)]
    pub next_cursor: Option<String>,
}

/// A key with its value.
#[derive(Clone, Debug, Deserialize)]
pub struct Item {
    /// The key.
    pub key: String,
    /// The value, where it is text.
    #[serde(default)]
    pub value: Option<String>,
    /// The value, where it is not.
    #[serde(default)]
    pub value_base64: Option<String>,
    /// The entry that wrote it.
    pub mod_index: u64,
}

impl Consistency {
    fn name(self) -> &'static str {
        match self {
            Consistency::Linearizable => "linearizable",
            Consistency::Lease => "lease",
            Consistency::Stale => "stale",
        }
    }
}

impl Item {
    /// The value as it was written; `None` when the answer holds neither form of it.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        match (&self.value, &self.value_base64) {
            (Some(text), _) => Some(text.clone().into_bytes()),
            (None, Some(encoded)) => BASE64.decode(encoded.as_bytes()).ok(),
            (None, None) => None,
        }
    }
}

impl Client {
    /// Reads a key; `None` if there is none.
    ///
    /// # Errors
    /// When nobody answers in time, or the cluster refuses.
    pub async fn get(&mut self, key: &str, consistency: Consistency) -> Result<Option<Found>, Failure> {
        let path = format!("{}?consistency={}", path_of(key), consistency.name());
        let reply = match self.call(&Request::get(path)).await {
            Ok(reply) => reply,
            Err(Failure::Refused(problem)) if problem.status == 404 => return Ok(None),
            Err(failure) => return Err(failure),
        };
        let (etag, served) = (etag(&reply.headers).unwrap_or_default(), Served::of(&reply));
        Ok(Some(Found { value: reply.body, etag, served }))
    }

    /// Writes a key; `None` if the condition is not true.
    ///
    /// # Errors
    /// Whether it was refused, certainly not done, or may have been done.
    pub async fn set(
        &mut self,
        key: &str,
        value: Bytes,
        condition: &Condition,
    ) -> Result<Option<Written>, Failure> {
        let request = condition.on(Request::write(Method::PUT, path_of(key), value));
        self.write(&request, condition).await
    }

    /// Removes a key; `None` if there is none, or the condition is not true.
    ///
    /// # Errors
    /// Whether it was refused, certainly not done, or may have been done.
    pub async fn delete(&mut self, key: &str, condition: &Condition) -> Result<Option<Written>, Failure> {
        let request = condition.on(Request::write(Method::DELETE, path_of(key), Bytes::new()));
        match self.write(&request, condition).await {
            Err(Failure::Refused(problem)) if problem.status == 404 => Ok(None),
            result => result,
        }
    }

    /// Reads up to `limit` keys that begin with `prefix`, from `cursor` on.
    ///
    /// # Errors
    /// When nobody answers in time, the cluster refuses, or the answer is not understood.
    pub async fn list(&mut self, prefix: &str, limit: u64, cursor: Option<&str>) -> Result<Page, Failure> {
        let mut path = format!("/v1/kv?limit={limit}&prefix={}", percent_encoded(prefix));
        if let Some(cursor) = cursor {
            path.push_str(&format!("&cursor={}", percent_encoded(cursor)));
        }
        self.call(&Request::get(path)).await?.json()
    }

    async fn write(&mut self, request: &Request, condition: &Condition) -> Result<Option<Written>, Failure> {
        match self.call(request).await {
            Ok(reply) => Ok(Some(Written::of(&reply))),
            Err(Failure::Refused(problem)) if problem.status == 412 && *condition != Condition::Always => {
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }
}

impl Condition {
    /// The request under this condition.
    pub(crate) fn on(&self, request: Request) -> Request {
        match self {
            Condition::Always => request,
            Condition::Absent => request.with("if-none-match", "*"),
            Condition::Unchanged(etag) => request.with("if-match", etag.as_str()),
        }
    }
}

impl Found {
    /// The entry that wrote it, if the tag says so.
    pub fn mod_index(&self) -> Option<u64> {
        index_of(&self.etag)
    }
}

impl Written {
    fn of(reply: &Reply) -> Written {
        let mod_index = etag(&reply.headers).and_then(|tag| index_of(&tag));
        Written { created: reply.status == hyper::StatusCode::CREATED, mod_index, served: Served::of(reply) }
    }
}

impl Served {
    fn of(reply: &Reply) -> Served {
        let text = |name: &str| reply.headers.get(name).and_then(|value| value.to_str().ok());
        let number = |name: &str| text(name).and_then(|text| text.parse().ok());
        Served {
            by: text("served-by").map(str::to_owned),
            index: number("raft-index"),
            term: number("raft-term"),
        }
    }
}

impl Reply {
    /// The body as JSON.
    ///
    /// # Errors
    /// When it is something else: then the node is not what it seems.
    pub(super) fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, Failure> {
        let unclear = |error| Failure::Unknown(format!("the answer is not understood: {error}"));
        serde_json::from_slice(&self.body).map_err(unclear)
    }
}

/// The path of a key.
pub(crate) fn path_of(key: &str) -> String {
    format!("/v1/kv/{}", percent_encoded(key))
}

fn etag(headers: &HeaderMap) -> Option<String> {
    headers.get(ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned)
}

fn index_of(etag: &str) -> Option<u64> {
    etag.trim_matches('"').parse().ok()
}
