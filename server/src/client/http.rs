//! One request to one node, over connections that stay open.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{HeaderMap, Method, StatusCode};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::request::Request;
use super::url::NodeUrl;

/// A node on the same network answers this fast, or its machine is not there.
const CONNECT_MAX: Duration = Duration::from_secs(1);
/// A connection that nobody used for so long is closed: sooner than a node closes it (3 s), or a request could meet its
/// end.
const IDLE_MAX: Duration = Duration::from_secs(2);
/// No answer is longer: a full page of the largest values is.
const BODY_BYTES_MAX: usize = 64 << 20;

/// The connections of one client. Clones share them.
#[derive(Clone, Debug)]
pub struct Http {
    inner: Client<HttpConnector, Full<Bytes>>,
}

/// What a node answered, whatever it says.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: StatusCode,
    /// All headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Silence {
    /// The request certainly did not reach the node.
    NotSent(String),
    /// It may have reached it, and may have been done.
    MaybeSent(String),
}

impl Silence {
    pub(super) fn why(&self) -> &str {
        match self {
            Silence::NotSent(why) | Silence::MaybeSent(why) => why,
        }
    }
}

impl Http {
    /// Without a connection yet.
    pub fn new() -> Http {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_MAX));
        let inner = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_MAX)
            .build(connector);
        Http { inner }
    }

    /// Asks this node, once, and follows nothing.
    ///
    /// # Errors
    /// Says why there is no answer `within` this time.
    pub async fn ask(&self, node: &NodeUrl, request: &Request, within: Duration) -> Result<Reply, String> {
        self.exchange(node, request, within).await.map_err(|silence| silence.why().to_owned())
    }

    pub(super) async fn exchange(
        &self,
        node: &NodeUrl,
        request: &Request,
        within: Duration,
    ) -> Result<Reply, Silence> {
        let answer = tokio::time::timeout(within, self.exchange_unbounded(node, request)).await;
        let late = || Silence::MaybeSent(format!("{node} did not answer within {} ms", within.as_millis()));
        answer.unwrap_or_else(|_| Err(late()))
    }

    async fn exchange_unbounded(&self, node: &NodeUrl, request: &Request) -> Result<Reply, Silence> {
        let mut message = hyper::Request::builder()
            .method(request.method.clone())
            .uri(format!("{node}{}", request.path))
            .header("user-agent", concat!("mini-raft/", env!("CARGO_PKG_VERSION")));
        if request.body.is_empty() && request.method != Method::GET {
            // hyper says nothing about an empty body, and what stands between may insist on it (RFC 9110, 8.6).
            message = message.header("content-length", 0);
        }
        for (name, value) in &request.headers {
            message = message.header(*name, value);
        }
        let message = message
            .body(Full::new(request.body.clone()))
            .map_err(|error| Silence::NotSent(format!("the request cannot be sent: {error}")))?;
        let answer = self.inner.request(message).await.map_err(|error| silence(node, &error))?;
        let (head, body) = answer.into_parts();
        let broken = |error| Silence::MaybeSent(format!("the answer of {node} broke off: {error}"));
        let body = Limited::new(body, BODY_BYTES_MAX).collect().await.map_err(broken)?.to_bytes();
        Ok(Reply { status: head.status, headers: head.headers, body })
    }
}

impl Default for Http {
    fn default() -> Http {
        Http::new()
    }
}

fn silence(node: &NodeUrl, error: &legacy::Error) -> Silence {
    if error.is_connect() {
        Silence::NotSent(format!("cannot connect to {node}: {}", innermost(error)))
    } else {
        Silence::MaybeSent(format!("the connection to {node} broke: {}", innermost(error)))
    }
}

/// The cause of all causes: the outer ones only say that something failed.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
