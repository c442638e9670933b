//! `/v1/kv`: keys and raw values.

use std::time::Instant;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use mini_raft_core::raft::{Index, Term};
use serde::{Deserialize, Serialize};

use super::App;
use super::etag::{self, condition_of};
use super::idempotency;
use super::problem::Problem;
use super::request::{self, ForwardOnly, options_of, read_body, without_body};
use crate::node::{Consistency, Found, Query, Read};
use crate::store::command::{KEY_MAX, VALUE_MAX};
use crate::store::{Command, Fingerprint, Op, Outcome, Page, RequestKey};

/// The most keys of one page of a list, and how many it has if nobody says.
const PAGE_MAX: usize = 1000;

/// What the path of a key begins with.
pub(super) const PATH_OF_KEYS: &str = "/v1/kv/";
/// The route of a key.
pub(super) const ROUTE_OF_A_KEY: &str = "/v1/kv/{*key}";

const RAFT_INDEX: HeaderName = HeaderName::from_static("raft-index");
const RAFT_TERM: HeaderName = HeaderName::from_static("raft-term");
const SERVED_BY: HeaderName = HeaderName::from_static("served-by");

/// What may stand after the `?` of a read.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadOptions {
    #[serde(default)]
    consistency: Option<String>,
    #[serde(default, rename = "forward")]
    _forward: bool,
}

/// What may stand after the `?` of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListOptions {
    #[serde(default)]
    prefix: String,
    #[serde(default)]
    limit: Option<usize>,
    #[serde(default)]
    cursor: Option<String>,
    #[serde(default)]
    consistency: Option<String>,
    #[serde(default, rename = "forward")]
    _forward: bool,
}

/// `PUT /v1/kv/{key}`: the body becomes the value.
pub(super) async fn put(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let key = key_of(&head.uri)?;
    options_of::<ForwardOnly>(&head.uri)?;
    let condition = condition_of(&head.headers)?;
    let value = read_body(body, VALUE_MAX).await?;
    write(&app, &head, Op::Put { key: &key, value: &value, condition }).await
}

/// `DELETE /v1/kv/{key}`.
pub(super) async fn delete(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let key = key_of(&head.uri)?;
    options_of::<ForwardOnly>(&head.uri)?;
    let condition = condition_of(&head.headers)?;
    without_body(body).await?;
    write(&app, &head, Op::Delete { key: &key, condition }).await
}

async fn write(app: &App, head: &Parts, op: Op<'_>) -> Result<Response, Problem> {
    let key = idempotency::key_of(&head.headers)?;
    let _under_way = key.map(|key| app.under_way.begin(key)).transpose()?;
    let request = key.map(|key| RequestKey { key, fingerprint: Fingerprint::of(&op) });
    // The leader's actor puts the time in.
    let command = Command { at_ms: 0, request, op }.encode();
    let began = Instant::now();
    let written = app.node.write(command).await.map_err(|failure| app.problem(failure, &head.uri))?;
    app.counters.wrote(began.elapsed());
    let mut response = match written.outcome {
        Outcome::Created { mod_index } => etag::put_on(StatusCode::CREATED.into_response(), mod_index),
        Outcome::Replaced { mod_index } => etag::put_on(StatusCode::OK.into_response(), mod_index),
        Outcome::Deleted { existed: true } => StatusCode::NO_CONTENT.into_response(),
        Outcome::Deleted { existed: false } => not_found().into_response(),
        Outcome::PreconditionFailed { current: None } => {
            precondition_failed("there is no such key".to_owned()).into_response()
        }
        Outcome::PreconditionFailed { current: Some(index) } => {
            let problem = precondition_failed(format!("the key has the ETag \"{index}\""));
            etag::put_on(problem.into_response(), index)
        }
        Outcome::IdempotencyConflict => Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency_conflict",
            "this Idempotency-Key was used for another request: use a new one for each request",
        )
        .into_response(),
        Outcome::Malformed => Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "malformed_entry",
            "the entry in the log is no command: nothing was done",
        )
        .into_response(),
    };
    describe(app, response.headers_mut(), written.entry.index, written.entry.term);
    Ok(response)
}

/// `GET /v1/kv/{key}`.
pub(super) async fn get(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let query = Query::Key(key_of(&head.uri)?);
    let options: ReadOptions = options_of(&head.uri)?;
    without_body(body).await?;
    let Read { applied, term, found } = read(&app, &head.uri, query, options.consistency.as_deref()).await?;
    let mut response = match found {
        Found::Key(Some(record)) if etag::none_match_names(&head.headers, record.mod_index)? => {
            etag::put_on(StatusCode::NOT_MODIFIED.into_response(), record.mod_index)
        }
        Found::Key(Some(record)) => {
            let kind = [(header::CONTENT_TYPE, "application/octet-stream")];
            etag::put_on((kind, Body::from(record.value)).into_response(), record.mod_index)
        }
        Found::Key(None) | Found::Page(_) => not_found().into_response(),
    };
    describe(&app, response.headers_mut(), applied, term);
    Ok(response)
}

/// `GET /v1/kv`: keys in order, a page at a time.
pub(super) async fn list(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let options: ListOptions = options_of(&head.uri)?;
    without_body(body).await?;
    let limit = options.limit.unwrap_or(PAGE_MAX);
    if !(1..=PAGE_MAX).contains(&limit) {
        return Err(Problem::bad_request(format!("limit is {limit}, and must be from 1 to {PAGE_MAX}")));
    }
    let after = options.cursor.as_deref().map(cursor::read).transpose()?;
    let query = Query::Prefix { prefix: options.prefix, after, limit };
    let Read { applied, term, found } = read(&app, &head.uri, query, options.consistency.as_deref()).await?;
    let page = match found {
        Found::Page(page) => PageView::of(&page),
        Found::Key(_) => PageView::default(),
    };
    let mut response = Json(page).into_response();
    describe(&app, response.headers_mut(), applied, term);
    Ok(response)
}

async fn read(app: &App, uri: &Uri, query: Query, consistency: Option<&str>) -> Result<Read, Problem> {
    let consistency = match consistency {
        None | Some("linearizable") => Consistency::Linearizable,
        Some("lease") => Consistency::Lease,
        Some("stale") => Consistency::Stale,
        Some(other) => {
            return Err(Problem::bad_request(format!(
                "consistency is {other:?}, and must be one of linearizable, lease, stale"
            )));
        }
    };
    let read = app.node.read(query, consistency).await.map_err(|failure| app.problem(failure, uri))?;
    app.counters.read();
    Ok(read)
}

/// A page of keys as JSON.
#[derive(Debug, Default, Serialize)]
struct PageView {
    items: Vec<ItemView>,
    next_cursor: Option<String>,
}

/// A key and its value as JSON: a text if it is one, else base64.
#[derive(Debug, Serialize)]
struct ItemView {
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_base64: Option<String>,
    mod_index: u64,
}

impl PageView {
    fn of(page: &Page) -> PageView {
        let items = page.items.iter().map(|(key, record)| {
            let text = std::str::from_utf8(&record.value).ok().map(str::to_owned);
            let base64 = text.is_none().then(|| data_encoding::BASE64.encode(&record.value));
            ItemView { key: key.to_string(), value: text, value_base64: base64, mod_index: record.mod_index }
        });
        PageView { items: items.collect(), next_cursor: page.next.as_deref().map(cursor::write) }
    }
}

/// Where a list goes on: the last key, so that a change of the store between two pages loses nothing that stayed.
mod cursor {
    use data_encoding::BASE64URL_NOPAD;

    use super::Problem;

    pub(super) fn write(last: &str) -> String {
        BASE64URL_NOPAD.encode(last.as_bytes())
    }

    pub(super) fn read(cursor: &str) -> Result<String, Problem> {
        let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).ok();
        bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| {
            Problem::bad_request("cursor is not one that this API gave out: leave it away to begin anew")
        })
    }
}

fn key_of(uri: &Uri) -> Result<String, Problem> {
    let encoded = uri.path().strip_prefix(PATH_OF_KEYS).unwrap_or_default();
    let key = request::percent_decoded(encoded)
        .ok_or_else(|| Problem::bad_request("the key is not UTF-8, percent-encoded"))?;
    if key.is_empty() {
        return Err(Problem::bad_request("the key is empty: use /v1/kv/{key}, with at least one byte"));
    }
    if key.len() > KEY_MAX {
        return Err(Problem::new(
            StatusCode::URI_TOO_LONG,
            "key_too_long",
            format!("the key has {} bytes, and may have {KEY_MAX}", key.len()),
        ));
    }
    Ok(key)
}

fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not_found", "there is no such key")
}

fn precondition_failed(detail: String) -> Problem {
    Problem::new(StatusCode::PRECONDITION_FAILED, "precondition_failed", detail)
}

fn describe(app: &App, headers: &mut HeaderMap, index: Index, term: Term) {
    headers.insert(RAFT_INDEX, HeaderValue::from(index.0));
    headers.insert(RAFT_TERM, HeaderValue::from(term.0));
    headers.insert(SERVED_BY, app.served_by());
}
