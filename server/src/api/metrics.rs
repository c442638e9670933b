//! `GET /metrics`: what the node does, as Prometheus reads it (OpenMetrics text).

use std::borrow::Cow;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use mini_raft_core::raft::RoleName;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use super::App;
use super::problem::Problem;

/// What is counted while requests are served.
#[derive(Clone, Debug)]
pub(super) struct Requests {
    served: Family<RequestLabels, Counter>,
    duration: Family<RouteLabels, Histogram>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: Cow<'static, str>,
    path: Cow<'static, str>,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    method: Cow<'static, str>,
    path: Cow<'static, str>,
}

impl Default for Requests {
    fn default() -> Requests {
        // From a tenth of a millisecond to three seconds.
        let histogram: fn() -> Histogram = || Histogram::new(exponential_buckets(0.0001, 2.0, 16));
        Requests { served: Family::default(), duration: Family::new_with_constructor(histogram) }
    }
}

impl Requests {
    /// Counts a request, and how long it takes to serve it, by its route and never by its key: keys are without number.
    pub(super) async fn counted(
        &self,
        method: &Method,
        path: Cow<'static, str>,
        served: impl Future<Output = Response>,
    ) -> Response {
        let method = name_of(method);
        let began = Instant::now();
        let response = served.await;
        let took = began.elapsed().as_secs_f64();
        let route = RouteLabels { method, path };
        self.duration.get_or_create(&route).observe(took);
        let RouteLabels { method, path } = route;
        let labels = RequestLabels { method, path, status: response.status().as_u16() };
        self.served.get_or_create(&labels).inc();
        response
    }
}

fn name_of(method: &Method) -> Cow<'static, str> {
    match *method {
        Method::GET => "GET".into(),
        Method::PUT => "PUT".into(),
        Method::DELETE => "DELETE".into(),
        _ => method.to_string().into(),
    }
}

/// Counts a request by the route that it has taken.
pub(super) async fn count(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let path = path.map_or("unmatched".into(), |path| path.as_str().to_owned().into());
    let method = request.method().clone();
    app.requests.counted(&method, path, next.run(request)).await
}

/// `GET /metrics`.
pub(super) async fn metrics(State(app): State<App>) -> Result<Response, Problem> {
    let mut registry = Registry::default();
    let Requests { served, duration } = &app.requests;
    registry.register("http_requests", "Requests served", served.clone());
    let about = "How long requests took";
    registry.register_with_unit("http_request_duration", about, Unit::Seconds, duration.clone());
    let (syncs, sync_us) = app.gauge.syncs();
    let raft = registry.sub_registry_with_prefix("raft");
    let count = |value: u64| ConstCounter::new(value);
    raft.register("disk_syncs", "Groups of writes synced to disk", count(syncs));
    let seconds = ConstCounter::new(sync_us as f64 / 1e6);
    raft.register_with_unit("disk_sync_time", "Time spent in syncs", Unit::Seconds, seconds);
    let gauge = |value: u64| ConstGauge::new(value as i64);
    raft.register("uptime_seconds", "Since the process started", gauge(app.uptime().as_secs()));
    // While the node does not take part yet, there is no more to tell.
    if let Ok(status) = app.node.status().await {
        raft.register("term", "current_term", gauge(status.term.0));
        raft.register("commit_index", "commit_index", gauge(status.commit_index.0));
        raft.register("last_applied", "last_applied", gauge(status.last_applied.0));
        raft.register("last_log_index", "The last entry of the log", gauge(status.last_index.0));
        raft.register("durable_index", "The last entry on stable storage", gauge(status.durable_index.0));
        raft.register("snapshot_index", "What the newest snapshot covers", gauge(status.snapshot_index.0));
        raft.register("is_leader", "1 if this node leads", gauge(u64::from(status.role == RoleName::Leader)));
        raft.register("has_leader", "1 if it knows a leader", gauge(u64::from(status.leader.is_some())));
        let elections = count(status.elections);
        raft.register("elections", "Elections in which this node stood", elections);
        let changes = count(status.leader_changes);
        raft.register("leader_changes", "How often another leader became known", changes);
        raft.register("voters", "Servers whose votes count", gauge(status.voters.len() as u64));
        raft.register("learners", "Servers that only get the log", gauge(status.learners.len() as u64));
        raft.register("disk_full", "1 while a write waits for room", gauge(u64::from(status.disk_full)));
        raft.register("keys", "Keys in the store", gauge(status.keys));
    }
    let mut text = String::new();
    encode(&mut text, &registry).expect("a text takes whatever is written into it");
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}
