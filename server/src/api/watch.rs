//! `GET /v1/watch`: changes of keys as they are applied, as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream, StreamExt};
use serde::{Deserialize, Serialize};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::error::RecvError;

use super::App;
use super::problem::Problem;
use super::request::options_of;
use crate::node::Watch;
use crate::store::{Change, ValueChange};

/// How often a quiet stream says that it is still there.
const QUIET_SPAN_MAX: Duration = Duration::from_secs(10);

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    #[serde(default)]
    prefix: String,
    /// The first index that matters.
    #[serde(default)]
    from: Option<u64>,
}

/// A change as JSON.
#[derive(Debug, Serialize)]
struct ChangeView<'a> {
    index: u64,
    key: &'a str,
    deleted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_base64: Option<String>,
}

pub(super) async fn watch(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    let Options { prefix, from } = options_of(&uri)?;
    // A browser that was cut off asks to go on after the last event that it has.
    let last_seen = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse::<u64>().ok());
    let from = last_seen.map(|index| index.saturating_add(1)).or(from);
    let Ok(place) = app.watchers.clone().try_acquire_owned() else {
        let detail = "as many watchers as may be are here already";
        return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "overloaded", detail).retry_after_ms(1000));
    };
    let watch = app.node.watch(prefix.clone(), from).await.map_err(|failure| app.problem(failure, &uri))?;
    let watch = watch.map_err(|compacted| {
        let detail = format!("{compacted}: list the keys, then watch from the index of that answer");
        Problem::new(StatusCode::GONE, "compacted", detail)
    })?;
    let mut stopping = app.stopping.clone();
    let stopped = async move { drop(stopping.wait_for(|stopping| *stopping).await) };
    let events = events(watch, prefix, place).take_until(Box::pin(stopped));
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(QUIET_SPAN_MAX)).into_response())
}

fn events(
    Watch { missed, to_come }: Watch,
    prefix: String,
    place: OwnedSemaphorePermit,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let missed = stream::iter(missed).map(|change| Ok(event_of(&change)));
    let to_come = stream::unfold(Some((to_come, prefix, place)), |following| async {
        let (mut to_come, prefix, place) = following?;
        loop {
            match to_come.recv().await {
                Ok(change) if !change.key.starts_with(&prefix) => {}
                Ok(change) => return Some((Ok(event_of(&change)), Some((to_come, prefix, place)))),
                // It reads too slowly: it is told that it has missed something, and that is the end.
                Err(RecvError::Lagged(missed)) => {
                    let lagged = Event::default().event("lagged").data(format!("{{\"missed\":{missed}}}"));
                    return Some((Ok(lagged), None));
                }
                Err(RecvError::Closed) => return None,
            }
        }
    });
    missed.chain(to_come)
}

fn event_of(change: &Arc<Change>) -> Event {
    let value = match &change.value {
        ValueChange::Put(value) => Some(value),
        ValueChange::Deleted => None,
    };
    let text = value.and_then(|value| std::str::from_utf8(value).ok());
    let view = ChangeView {
        index: change.index,
        key: &change.key,
        deleted: value.is_none(),
        value: text,
        value_base64: value.filter(|_| text.is_none()).map(|value| data_encoding::BASE64.encode(value)),
    };
    let json = serde_json::to_string(&view).expect("a change has texts and numbers alone");
    Event::default().event("change").id(change.index.to_string()).data(json)
}
