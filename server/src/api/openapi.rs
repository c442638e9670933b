//! `GET /v1/openapi.json`: the description of this API for programs. Tests hold it against the running server.

use axum::http::header;
use axum::response::IntoResponse;

pub(super) async fn document() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], include_str!("openapi.json"))
}
