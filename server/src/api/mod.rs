//! HTTP: what clients, operators and peers ask of a node.
//!
//! `router` is the table of all endpoints; each file has one group of them. [`serve`] accepts connections within
//! limits, and `front` is what their requests meet first. Every error is a `problem::Problem`.

mod admin;
mod chaos;
mod counters;
mod etag;
mod events;
mod forward;
mod front;
mod guard;
mod idempotency;
mod kv;
mod metrics;
mod newcomers;
mod openapi;
mod page;
mod peer;
mod problem;
mod request;
mod serve;
mod status;
mod watch;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::middleware;
use axum::routing::{get, post};
use bytes::Bytes;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use mini_raft_core::raft::NodeId;
use tokio::sync::{Semaphore, watch as watch_channel};

use self::counters::{Counters, CountersView};
use self::idempotency::UnderWay;
use self::problem::Problem;
use crate::feed::Feed;
use crate::node::{DiskGauge, Failure, NodeHandle, PeerDoor};
use crate::settings::NodeSettings;

pub use serve::{Server, serve};

/// What all handlers share. Clones are cheap.
#[derive(Clone)]
pub struct App(Arc<Shared>);

impl std::ops::Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// See [`App`].
pub struct Shared {
    identity: Identity,
    served_by: HeaderValue,
    node: NodeHandle,
    door: PeerDoor,
    gauge: Arc<DiskGauge>,
    counters: Counters,
    requests: metrics::Requests,
    under_way: UnderWay,
    watchers: Arc<Semaphore>,
    feed: Arc<Feed>,
    stopping: watch_channel::Receiver<bool>,
    http: Client<HttpConnector, Full<Bytes>>,
    started: Instant,
}

/// What the handlers use of the rest of the process.
pub struct Parts {
    /// The way to the actor.
    pub node: NodeHandle,
    /// The door to the peers.
    pub door: PeerDoor,
    /// What the disk thread tells.
    pub gauge: Arc<DiskGauge>,
    /// What happens on the node.
    pub feed: Arc<Feed>,
    /// Streams end when it becomes true.
    pub stopping: watch_channel::Receiver<bool>,
}

/// Who this node is, and who the others are.
#[derive(Clone, Debug)]
struct Identity {
    /// This node.
    id: NodeId,
    /// The cluster's name.
    cluster: String,
    /// The configured address of every node, without a slash at the end.
    urls: BTreeMap<NodeId, String>,
    /// The hosts of those addresses.
    hosts: Vec<String>,
    /// Whether `/v1/chaos` is there.
    chaos: bool,
}

impl App {
    /// For this node.
    pub fn new(settings: &NodeSettings, parts: Parts) -> App {
        let Parts { node, door, gauge, feed, stopping } = parts;
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(Duration::from_secs(1)));
        App(Arc::new(Shared {
            identity: Identity {
                id: settings.id,
                cluster: settings.cluster.to_string(),
                urls: settings.peers.iter().map(|peer| (peer.id, peer.url.to_string())).collect(),
                hosts: settings.peers.iter().map(|peer| peer.url.host().to_owned()).collect(),
                chaos: settings.enable_chaos,
            },
            served_by: HeaderValue::try_from(settings.id.to_string())
                .expect("a node's name is a header's value"),
            node,
            door,
            gauge,
            counters: Counters::default(),
            requests: metrics::Requests::default(),
            under_way: UnderWay::default(),
            watchers: Arc::new(Semaphore::new(settings.limits.watchers)),
            feed,
            stopping,
            http: Client::builder(TokioExecutor::new()).build(connector),
            started: Instant::now(),
        }))
    }

    fn id(&self) -> NodeId {
        self.identity.id
    }

    fn cluster(&self) -> &str {
        &self.identity.cluster
    }

    fn peers(&self) -> impl Iterator<Item = (NodeId, &str)> {
        self.identity.urls.iter().map(|(id, url)| (*id, url.as_str()))
    }

    fn url_of(&self, id: NodeId) -> Option<&str> {
        self.identity.urls.get(&id).map(String::as_str)
    }

    /// Whether a host is that of a configured address.
    fn is_own_host(&self, host: &str) -> bool {
        self.identity.hosts.iter().any(|own| own.eq_ignore_ascii_case(host))
    }

    fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    fn served_by(&self) -> HeaderValue {
        self.served_by.clone()
    }

    fn problem(&self, failure: Failure, uri: &Uri) -> Problem {
        Problem::of(failure, self, request::path_and_query(uri))
    }
}

/// All endpoints.
fn router(app: App) -> Router {
    let mut clients = Router::new()
        .route("/v1/kv", get(kv::list))
        .route("/v1/kv/", get(kv::list))
        .route(kv::ROUTE_OF_A_KEY, get(kv::get).put(kv::put).delete(kv::delete))
        .route("/v1/members", post(admin::members))
        .route("/v1/transfer", post(admin::transfer))
        .route("/v1/snapshot", post(admin::snapshot))
        .layer(middleware::from_fn_with_state(app.clone(), forward::if_wanted))
        .route("/v1/watch", get(watch::watch))
        .route("/v1/events", get(events::events))
        .route("/v1/status", get(status::status))
        .route("/livez", get(status::livez))
        .route("/readyz", get(status::readyz))
        .route("/version", get(status::version))
        .route("/metrics", get(metrics::metrics))
        .route("/v1/openapi.json", get(openapi::document));
    if app.identity.chaos {
        clients = clients.merge(chaos::router());
    }
    let clients = clients
        .route_layer(middleware::from_fn_with_state(app.clone(), metrics::count))
        .method_not_allowed_fallback(other_methods)
        .fallback(page::file)
        // All but peers, who are believed by their seals.
        .layer(middleware::from_fn_with_state(app.clone(), guard::check));
    let peers = peer::router().method_not_allowed_fallback(other_methods);
    clients.merge(peers).with_state(app)
}

async fn other_methods() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this path has other methods")
}
