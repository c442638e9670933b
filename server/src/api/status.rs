//! How the node is: for people, programs and orchestrators.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use mini_raft_core::raft::NodeId;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::problem::Problem;
use super::request::options_of;
use super::{App, CountersView};
use crate::node::Status;

/// `GET /v1/status`.
#[derive(Debug, Serialize)]
struct StatusView {
    #[serde(flatten)]
    status: Status,
    cluster: String,
    leader_url: Option<String>,
    peers: Vec<PeerView>,
    uptime_ms: u64,
    version: &'static str,
    counters: CountersView,
}

#[derive(Debug, Serialize)]
struct PeerView {
    id: NodeId,
    url: String,
}

pub(super) async fn status(State(app): State<App>, uri: Uri) -> Result<Response, Problem> {
    let status = app.node.status().await.map_err(|failure| app.problem(failure, &uri))?;
    let view = StatusView {
        leader_url: status.leader.and_then(|leader| app.url_of(leader)).map(str::to_owned),
        counters: app.counters.view(&status, app.gauge.syncs()),
        status,
        cluster: app.cluster().to_owned(),
        peers: app.peers().map(|(id, url)| PeerView { id, url: url.to_owned() }).collect(),
        uptime_ms: app.uptime().as_millis() as u64,
        version: env!("CARGO_PKG_VERSION"),
    };
    Ok(Json(view).into_response())
}

/// `GET /livez`: the process is there, and serves.
pub(super) async fn livez() -> &'static str {
    "ok\n"
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadyOptions {
    /// `?verbose` as well as `?verbose=true`.
    #[serde(default)]
    verbose: Option<String>,
}

/// `GET /readyz`: requests can be served here, or be sent on to a leader from here.
pub(super) async fn readyz(State(app): State<App>, uri: Uri) -> Result<Response, Problem> {
    let options: ReadyOptions = options_of(&uri)?;
    let status = app.node.status().await.map_err(|failure| app.problem(failure, &uri))?;
    let code = if status.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    if options.verbose.is_none() {
        return Ok((code, if status.ready { "ok\n" } else { "not ready\n" }).into_response());
    }
    let line = |good: bool, name: &str| format!("[{}] {name}\n", if good { '+' } else { '-' });
    let text = [
        line(status.leader.is_some(), "a leader is known"),
        line(!status.forgetful, "the disk was never lost, or the loss is made good"),
        line(!status.disk_full, "there is room on the disk"),
    ];
    Ok((code, text.concat()).into_response())
}

/// `GET /version`.
pub(super) async fn version(State(app): State<App>) -> Json<serde_json::Value> {
    Json(json!({ "name": "mini-raft", "version": env!("CARGO_PKG_VERSION"), "node": app.id() }))
}
