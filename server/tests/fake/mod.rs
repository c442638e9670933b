//! Nodes that answer as they are told.

// Each test file that has this module uses some of it.
#![allow(dead_code)]

use std::collections::VecDeque;
use std::future::pending;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use mini_raft_server::client::NodeUrl;
use tokio::net::TcpListener;

/// What a fake node does with one request.
#[derive(Clone)]
pub(crate) enum Act {
    /// Answers with this status, these headers, this body.
    Answer(u16, Vec<(&'static str, String)>, String),
    /// Says nothing for ever, like a stopped process.
    Hang,
}

/// What a fake node was asked: the method, the path with its query, the idempotency key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Asked {
    pub(crate) what: String,
    pub(crate) key: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
}

#[derive(Clone, Default)]
pub(crate) struct Fake {
    acts: Arc<Mutex<VecDeque<Act>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Fake {
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no panic").clone()
    }

    /// From now on it does nothing else.
    pub(crate) fn only(&self, act: Act) {
        *self.acts.lock().expect("no panic") = VecDeque::from([act]);
    }
}

/// A node that does these acts, one a request, and the last for all that follow.
pub(crate) async fn fake(acts: Vec<Act>) -> (NodeUrl, Fake) {
    let fake = Fake { acts: Arc::new(Mutex::new(acts.into())), ..Fake::default() };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let app = Router::new().fallback(answer).with_state(fake.clone());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (NodeUrl::local(port), fake)
}

async fn answer(State(fake): State<Fake>, request: Request) -> Response {
    let headers: Vec<(String, String)> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().expect("text").to_owned()))
        .collect();
    let key = headers.iter().find(|(name, _)| name == "idempotency-key").map(|(_, key)| key.clone());
    let what = format!("{} {}", request.method(), request.uri());
    fake.asked.lock().expect("no panic").push(Asked { what, key, headers });
    let act = {
        let mut acts = fake.acts.lock().expect("no panic");
        if acts.len() > 1 { acts.pop_front() } else { acts.front().cloned() }
    };
    match act.expect("an act is left") {
        Act::Hang => pending().await,
        Act::Answer(status, headers, body) => {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            response.body(Body::from(body)).expect("a response")
        }
    }
}

pub(crate) fn ok(body: &str) -> Act {
    Act::Answer(200, vec![("etag", "\"7\"".to_owned()), ("raft-index", "9".to_owned())], body.to_owned())
}

pub(crate) fn problem(status: u16, code: &str, outcome: &str) -> Act {
    let body = format!(r#"{{"code":"{code}","outcome":"{outcome}","detail":"told to","retry_after_ms":1}}"#);
    Act::Answer(status, vec![], body)
}

pub(crate) fn redirect(to: &NodeUrl) -> Act {
    Act::Answer(307, vec![("location", format!("{to}/v1/kv/a"))], String::new())
}
