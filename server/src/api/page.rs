//! `/`: the visualizer, built into this binary.

use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use data_encoding::HEXLOWER;
use rust_embed::{EmbeddedFile, RustEmbed};

use super::problem::Problem;

/// The built page; empty in a binary that was built before the page was.
#[derive(RustEmbed)]
#[folder = "../dist/"]
#[allow_missing = true]
struct Dist;

/// What `/` says in a binary without the page.
const WITHOUT_PAGE: &str = "<!doctype html><html lang=\"en\"><title>Mini-Raft</title><p>This binary was built without the \
     visualizer. Build the page first, with <code>make build</code>, then the server again. Meanwhile: \
     <a href=\"/v1/status\">status</a>, <a href=\"/metrics\">metrics</a>, <a href=\"/v1/openapi.json\">API</a>.</html>";

/// A file of the page, or 404.
pub(super) async fn file(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let path = if path.is_empty() { "index.html" } else { path };
    let is_there = path == "index.html" || Dist::get(path).is_some();
    if is_there && request.method() != Method::GET && request.method() != Method::HEAD {
        let detail = "the page can only be read: use GET";
        return Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail).into_response();
    }
    let packed = accepts_brotli(request.headers()).then(|| Dist::get(&format!("{path}.br"))).flatten();
    let encoding = packed.is_some().then_some("br");
    match packed.or_else(|| Dist::get(path)) {
        Some(file) => respond(request.headers(), path, file, encoding),
        None if path == "index.html" => Html(WITHOUT_PAGE).into_response(),
        None => Problem::new(StatusCode::NOT_FOUND, "not_found", "there is nothing under this path")
            .into_response(),
    }
}

fn respond(asked: &HeaderMap, path: &str, file: EmbeddedFile, encoding: Option<&'static str>) -> Response {
    let etag = format!("\"{}\"", HEXLOWER.encode(&file.metadata.sha256_hash()));
    if asked.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response();
    }
    // Trunk puts a hash of the content into the names of all files but the page itself.
    let lasting = if path == "index.html" { "no-cache" } else { "public, max-age=31536000, immutable" };
    let headers = [
        (header::CONTENT_TYPE, kind_of(path).to_owned()),
        (header::CACHE_CONTROL, lasting.to_owned()),
        (header::ETAG, etag),
        (header::VARY, "accept-encoding".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    let mut response = (headers, file.data).into_response();
    if let Some(encoding) = encoding {
        let encoding = axum::http::HeaderValue::from_static(encoding);
        response.headers_mut().insert(header::CONTENT_ENCODING, encoding);
    }
    response
}

fn accepts_brotli(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|accepted| accepted.to_str().ok());
    let mut names = accepted.unwrap_or_default().split(',').map(str::trim);
    names.any(|name| name == "br" || (name.starts_with("br;") && !name.ends_with("q=0")))
}

fn kind_of(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        _ => "application/octet-stream",
    }
}
