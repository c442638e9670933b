//! A client of a cluster: finds the leader, retries only what is safe.
//!
//! A [`Client`] knows the URLs of some nodes and asks one of them. It learns who leads from the answers (a redirect,
//! a problem that names the leader) and goes on until there is an answer or its time is over. What it may repeat is
//! a property of the [`Request`]: a read always; a write with an idempotency key always, because the cluster does
//! it once; any other write only while it is certain that nothing was done. When it gives up, [`Failure`] says which
//! of the two it is: certainly not done, or unknown.
//!
//! [`kv`] has the operations on keys, [`admin`] those on the cluster, [`view`] asks all nodes how they are, [`feed`]
//! follows what happens on one.

pub mod admin;
pub mod feed;
pub mod kv;
pub mod view;

mod http;
mod problem;
mod request;
mod retry;
mod status;
mod troubles;
mod url;

use std::time::Duration;

pub use http::{Http, Reply};
pub use problem::{Outcome, Problem};
pub use request::{Repeat, Request};
pub use retry::Failure;
pub use status::{Counters, NodeStatus, PeerUrl, Progress};
pub use url::{NodeUrl, NotAUrl};

/// Asks a cluster, one request after another. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Client {
    http: Http,
    nodes: Vec<NodeUrl>,
    /// Whom to ask next: the place of a node in `nodes`; the leader, as far as this client knows.
    at: usize,
    timeout: Duration,
}

impl Client {
    /// Of the cluster that has a node at each of these URLs. A call takes at most `timeout`, with all its attempts.
    ///
    /// # Panics
    /// Without a single URL.
    pub fn new(nodes: Vec<NodeUrl>, timeout: Duration) -> Client {
        assert!(!nodes.is_empty(), "a client has no node to ask");
        Client { http: Http::new(), nodes, at: 0, timeout }
    }

    /// The nodes that it knows: those it was given, and those it was sent to.
    pub fn nodes(&self) -> &[NodeUrl] {
        &self.nodes
    }

    /// Asks this node next, as if an answer had named it as the leader.
    pub fn prefer(&mut self, node: &NodeUrl) {
        self.at = match self.nodes.iter().position(|known| known == node) {
            Some(place) => place,
            None => {
                self.nodes.push(node.clone());
                self.nodes.len() - 1
            }
        };
    }

    /// The connections, to ask one node alone.
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// How long a call may take, with all its attempts.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }
}
