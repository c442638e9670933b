//! Reading a request: its path, its query, its body, each within its limits.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Query, Request};
use axum::http::{StatusCode, Uri, header};
use bytes::{Bytes, BytesMut};
use data_encoding::HEXLOWER_PERMISSIVE;
use http_body_util::BodyExt;
use hyper::body::Body as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// How long a body may take to come in.
const BODY_SPAN_MAX: Duration = Duration::from_secs(10);

/// The whole body, if it has at most so many bytes and comes in time.
pub(super) async fn read_body(body: Body, bytes_max: usize) -> Result<Bytes, Problem> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let too_large = || {
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            format!("the body is larger than {bytes_max} bytes"),
        )
    };
    // Who announces too much is told so at once, and need not send it.
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(too_large());
    }
    let collect = async {
        let mut body = body;
        let mut first = Bytes::new();
        let mut rest = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Problem::bad_request("the body did not come whole"))?;
            let Ok(data) = frame.into_data() else { continue };
            if first.len() + rest.len() + data.len() > bytes_max {
                return Err(too_large());
            }
            // Most bodies come in one piece, which need not be copied.
            if first.is_empty() && rest.is_empty() {
                first = data;
            } else {
                rest.extend_from_slice(&std::mem::take(&mut first));
                rest.extend_from_slice(&data);
            }
        }
        Ok(if rest.is_empty() { first } else { rest.freeze() })
    };
    match tokio::time::timeout(BODY_SPAN_MAX, collect).await {
        Ok(body) => body,
        Err(_) => Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "body_too_slow",
            format!("the body did not come within {} s", BODY_SPAN_MAX.as_secs()),
        )),
    }
}

/// Nothing may be in the body.
pub(super) async fn without_body(body: Body) -> Result<(), Problem> {
    match read_body(body, 0).await {
        Ok(_) => Ok(()),
        Err(_) => Err(Problem::bad_request("this request takes no body")),
    }
}

/// What may stand after the `?` of a request that only a leader can serve, and that has no other options.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ForwardOnly {
    /// Read by [`forward`](super::forward).
    #[serde(default, rename = "forward")]
    _forward: bool,
}

/// What stands after the `?`.
pub(super) fn options_of<T: DeserializeOwned + Default>(uri: &Uri) -> Result<T, Problem> {
    if uri.query().is_none() {
        return Ok(T::default());
    }
    Query::try_from_uri(uri)
        .map(|Query(options)| options)
        .map_err(|error| Problem::bad_request(format!("the query after the ? is wrong: {}", cause(&error))))
}

fn cause(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}

/// A JSON body of at most 64 KiB; an empty one stands for `{}`.
pub(super) async fn json_of<T: DeserializeOwned>(request: Request) -> Result<T, Problem> {
    let (head, body) = request.into_parts();
    let kind = head.headers.get(header::CONTENT_TYPE).map(|kind| kind.to_str().unwrap_or_default());
    if kind.is_some_and(|kind| !kind.starts_with("application/json")) {
        let detail = "the body must be JSON, with Content-Type: application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong_type", detail));
    }
    let body = read_body(body, 64 << 10).await?;
    let body = if body.is_empty() { Bytes::from_static(b"{}") } else { body };
    serde_json::from_slice(&body).map_err(|error| Problem::bad_request(format!("the body is wrong: {error}")))
}

/// A part of a path with its `%xx` resolved; `None` if that is not UTF-8, or a `%` stands alone.
pub(super) fn percent_decoded(encoded: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let (digits, after) = after.split_at_checked(2)?;
            bytes.extend(HEXLOWER_PERMISSIVE.decode(digits).ok()?);
            rest = after;
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

/// The path and query of a request, to be put after the address of another node.
pub(super) fn path_and_query(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", |path| path.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_decoded_or_refused() {
        assert_eq!(percent_decoded("a%2Fb%20c").as_deref(), Some("a/b c"));
        assert_eq!(percent_decoded("%C3%A4").as_deref(), Some("ä"));
        assert_eq!(percent_decoded("%ff"), None);
        assert_eq!(percent_decoded("%4"), None);
        assert_eq!(percent_decoded("%+4"), None);
    }

    #[tokio::test]
    async fn a_body_of_many_pieces_comes_whole_and_within_its_limit() {
        let pieces = || {
            let pieces = ["ab", "cd", "e"].map(|piece| Ok::<_, std::io::Error>(Bytes::from(piece)));
            Body::from_stream(futures_util::stream::iter(pieces))
        };
        assert_eq!(read_body(pieces(), 5).await.ok().as_deref(), Some(&b"abcde"[..]));
        assert!(read_body(pieces(), 4).await.is_err());
    }

    #[tokio::test]
    async fn a_body_that_is_announced_as_too_large_is_refused_before_it_comes() {
        struct Announced(u64);
        impl hyper::body::Body for Announced {
            type Data = Bytes;
            type Error = std::io::Error;
            fn poll_frame(
                self: std::pin::Pin<&mut Self>,
                _: &mut std::task::Context<'_>,
            ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, std::io::Error>>> {
                panic!("it is waited for")
            }
            fn size_hint(&self) -> hyper::body::SizeHint {
                hyper::body::SizeHint::with_exact(self.0)
            }
        }
        assert!(read_body(Body::new(Announced(99_999_999_999)), 5).await.is_err());
    }
}
