//! `/raft/v1/*`: what peers send. Nothing of it is believed, or changes anything, before its seal is verified.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http_body_util::BodyExt;

use super::App;
use super::problem::Problem;
use super::request::read_body;
use crate::node::Received;
use crate::wire::{Deframer, MAX_FRAME, Rejected};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/raft/v1/hello", post(one))
        .route("/raft/v1/stream", post(stream))
        .route("/raft/v1/request-vote", post(one))
        .route("/raft/v1/append-entries", post(one))
        .route("/raft/v1/install-snapshot", post(one))
        .route("/raft/v1/timeout-now", post(one))
}

/// One frame, or one message as JSON with its seal in the header `Raft-Seal`.
async fn one(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let kind = head.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let body = read_body(body, MAX_FRAME).await?;
    if kind.starts_with("application/json") {
        let seal = head.headers.get("raft-seal").and_then(|seal| seal.to_str().ok()).unwrap_or_default();
        app.door.receive_json(seal, &body).map_err(rejected)?;
        return Ok(StatusCode::ACCEPTED.into_response());
    }
    match app.door.receive(&body).await.map_err(rejected)? {
        Received::Message => Ok(StatusCode::ACCEPTED.into_response()),
        Received::Hello(reply) => Ok(Body::from(reply.frame()).into_response()),
    }
}

/// Frames one after the other, for as long as the peer has something to say.
async fn stream(State(app): State<App>, request: Request) -> Result<StatusCode, Problem> {
    let mut body = request.into_body();
    let mut frames = Deframer::new();
    let mut stopping = app.stopping.clone();
    let stopped = async move { drop(stopping.wait_for(|stopping| *stopping).await) };
    tokio::pin!(stopped);
    loop {
        let piece = tokio::select! {
            piece = body.frame() => piece,
            // It would go on for as long as the peer runs.
            () = &mut stopped => return Ok(StatusCode::NO_CONTENT),
        };
        let Some(piece) = piece else { return Ok(StatusCode::NO_CONTENT) };
        let piece = piece.map_err(|_| Problem::bad_request("the stream broke"))?;
        let Ok(data) = piece.into_data() else { continue };
        frames.push(&data);
        while let Some(frame) = frames.pop().map_err(|error| Problem::bad_request(error.to_string()))? {
            app.door.receive(&frame).await.map_err(rejected)?;
        }
    }
}

fn rejected(rejected: Rejected) -> Problem {
    let status = StatusCode::from_u16(rejected.status()).unwrap_or(StatusCode::BAD_REQUEST);
    tracing::debug!(code = rejected.code(), "a frame was rejected: {rejected}");
    Problem::new(status, rejected.code(), rejected.to_string())
}
