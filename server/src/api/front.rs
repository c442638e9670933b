//! What a request meets first: a request for one key is served at once, and all others go to the table of endpoints.
//!
//! Nearly all requests are for one key, and the way through the table, and through all that is laid around an endpoint
//! there, would take such a request half as long again. The same functions serve it in both ways.

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;

use super::{App, forward, guard, kv, problem};

/// The way in for all requests. Clones are cheap.
#[derive(Clone)]
pub(super) struct Front {
    app: App,
    table: TowerToHyperService<Router>,
}

impl Front {
    /// For all endpoints of this node.
    pub(super) fn new(app: App) -> Front {
        Front { table: TowerToHyperService::new(super::router(app.clone())), app }
    }

    /// Answers a request.
    pub(super) async fn serve(self, request: hyper::Request<Incoming>) -> Result<Response, Infallible> {
        let request = request.map(Body::new);
        if is_for_one_key(&request) {
            Ok(serve_key(self.app, request).await)
        } else {
            self.table.call(request).await
        }
    }
}

/// Whether it is one of the requests for a key that the table would send to [`kv`], and that is not forwarded.
fn is_for_one_key(request: &Request) -> bool {
    let (method, uri) = (request.method(), request.uri());
    let key = uri.path().strip_prefix(kv::PATH_OF_KEYS);
    key.is_some_and(|key| !key.is_empty())
        && [Method::GET, Method::PUT, Method::DELETE].contains(method)
        && !forward::is_wanted(uri)
}

/// What the table lays around the endpoint of a key, in the same order.
async fn serve_key(app: App, request: Request) -> Response {
    if let Some(problem) = guard::refused(&app, request.headers()) {
        return problem.into_response();
    }
    let method = request.method().clone();
    let served = async {
        let state = State(app.clone());
        let served = match method {
            Method::PUT => kv::put(state, request).await,
            Method::DELETE => kv::delete(state, request).await,
            _ => kv::get(state, request).await,
        };
        served.into_response()
    };
    let response = app.requests.counted(&method, kv::ROUTE_OF_A_KEY.into(), served).await;
    problem::completed(&app, response)
}
