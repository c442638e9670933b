//! Who may speak to this node at all: a page of somebody else's that a browser has open may not (DNS rebinding,
//! cross-site requests).

use std::net::{IpAddr, SocketAddr};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header, uri::Authority};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::App;
use super::problem::{self, Problem};

/// Lets a request through whose `Host` is one of ours, and whose `Origin`, if it has one, is that host; and completes
/// the answer, if that is a problem.
pub(super) async fn check(State(app): State<App>, request: Request, next: Next) -> Response {
    match refused(&app, request.headers()) {
        None => problem::completed(&app, next.run(request).await),
        Some(problem) => problem.into_response(),
    }
}

/// Why a request with these headers is not let through.
pub(super) fn refused(app: &App, headers: &HeaderMap) -> Option<Problem> {
    let detail = refusal(headers, |host| app.is_own_host(host))?;
    Some(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail))
}

fn refusal(headers: &HeaderMap, is_own: impl Fn(&str) -> bool) -> Option<String> {
    let Some(host) = headers.get(header::HOST) else { return Some("there is no Host header".to_owned()) };
    let host = host.to_str().unwrap_or_default();
    if !is_address(host) && !is_own_name(host, is_own) {
        return Some(format!("the Host {host:?} is not this node"));
    }
    match headers.get(header::ORIGIN) {
        None => None,
        Some(origin) if origin.as_bytes() == format!("http://{host}").as_bytes() => None,
        Some(origin) => {
            Some(format!("the Origin {origin:?} is not this node's: it serves its own pages alone"))
        }
    }
}

/// A name that somebody made point here is not an address: only a browser that was tricked sends it.
fn is_address(host: &str) -> bool {
    host.parse::<SocketAddr>().is_ok()
}

fn is_own_name(host: &str, is_own: impl Fn(&str) -> bool) -> bool {
    let name = host.parse::<Authority>().map(|authority| authority.host().to_owned()).unwrap_or_default();
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>().is_ok() || bare == "localhost" || is_own(bare)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn refused(host: Option<&str>, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        let mut put = |name, value: Option<&str>| {
            if let Some(value) = value {
                headers.insert(name, HeaderValue::from_str(value).unwrap());
            }
        };
        put(header::HOST, host);
        put(header::ORIGIN, origin);
        refusal(&headers, |host| host == "raft-0.raft").is_some()
    }

    #[test]
    fn own_names_and_addresses_are_let_through() {
        for host in ["127.0.0.1:8000", "localhost:8000", "[::1]:8000", "raft-0.raft:8000", "10.0.0.7"] {
            assert!(!refused(Some(host), None), "{host}");
        }
        assert!(!refused(Some("127.0.0.1:8000"), Some("http://127.0.0.1:8000")));
    }

    #[test]
    fn names_and_origins_of_others_are_refused() {
        assert!(refused(None, None));
        assert!(refused(Some("evil.example"), None));
        assert!(refused(Some("127.0.0.1.evil.example:8000"), None));
        assert!(refused(Some("127.0.0.1:8000"), Some("http://evil.example")));
        assert!(refused(Some("127.0.0.1:8000"), Some("null")));
    }
}
