//! `?forward=true`: a node that does not lead asks the leader for its client.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::Full;

use super::App;
use super::problem::Problem;
use super::request::read_body;
use crate::store::command::VALUE_MAX;

/// A request that was forwarded once is not forwarded again.
const FORWARDED_BY: HeaderName = HeaderName::from_static("raft-forwarded-by");
/// How long the leader may take: a little longer than it gives itself.
const SPAN_MAX: Duration = Duration::from_secs(6);

/// Serves the request here, and if it must be served by the leader, and its client wants that, there.
pub(super) async fn if_wanted(State(app): State<App>, request: Request, next: Next) -> Response {
    if !is_wanted(request.uri()) || request.headers().contains_key(FORWARDED_BY) {
        return next.run(request).await;
    }
    let (head, body) = request.into_parts();
    let payload = match read_body(body, VALUE_MAX).await {
        Ok(payload) => payload,
        Err(problem) => return problem.into_response(),
    };
    let served = next.run(Request::from_parts(head.clone(), Body::from(payload.clone()))).await;
    if served.status() != StatusCode::TEMPORARY_REDIRECT {
        return served;
    }
    let Some(uri) = served
        .headers()
        .get(header::LOCATION)
        .and_then(|location| location.to_str().ok()?.parse::<Uri>().ok())
    else {
        return served;
    };
    let mut forwarded = hyper::Request::new(Full::new(payload));
    *forwarded.method_mut() = head.method;
    *forwarded.headers_mut() = head.headers;
    for hop in
        [header::HOST, header::CONNECTION, header::TRANSFER_ENCODING, header::CONTENT_LENGTH, header::ORIGIN]
    {
        forwarded.headers_mut().remove(hop);
    }
    forwarded.headers_mut().insert(FORWARDED_BY, app.served_by());
    *forwarded.uri_mut() = uri;
    match tokio::time::timeout(SPAN_MAX, app.http.request(forwarded)).await {
        Ok(Ok(response)) => response.map(Body::new).into_response(),
        // It was refused before it was sent.
        Ok(Err(error)) if error.is_connect() => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "no_leader",
            "the leader cannot be reached from here",
        )
        .retry_after_ms(300)
        .into_response(),
        Ok(Err(_)) | Err(_) => {
            Problem::new(StatusCode::GATEWAY_TIMEOUT, "timeout", "the leader did not answer")
                .unknown()
                .into_response()
        }
    }
}

/// Whether the client of this request wants it to be forwarded.
pub(super) fn is_wanted(uri: &Uri) -> bool {
    uri.query().is_some_and(|query| query.split('&').any(|part| part == "forward=true"))
}
