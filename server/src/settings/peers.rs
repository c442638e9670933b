//! The nodes of a cluster and their addresses.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use mini_raft_core::raft::NodeId;
use sha2::{Digest, Sha256};

use super::mistakes::Wrong;
use crate::wire::ClusterId;

/// The most nodes of a cluster: more of them make every write slower and few clusters safer.
pub const PEERS_MAX: usize = 9;

/// A node and where it is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The node.
    pub id: NodeId,
    /// Where it is found, by its peers and by clients that are sent to it.
    pub url: PeerUrl,
}

/// The address of a node: `http://HOST:PORT`, and nothing behind it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerUrl {
    /// A name, or an IP address; one of version 6 in brackets.
    host: String,
    port: u16,
}

/// A text that is no address of a node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no address of a node: {why}")]
pub struct BadPeerUrl {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl FromStr for PeerUrl {
    type Err = BadPeerUrl;

    fn from_str(text: &str) -> Result<PeerUrl, BadPeerUrl> {
        let bad = |why| move || BadPeerUrl { text: text.to_owned(), why };
        let authority = text.strip_prefix("http://").ok_or_else(bad("it does not begin with http://"))?;
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        if authority.contains('/') {
            return Err(bad("it goes on after the host and the port")());
        }
        let (host, port) = authority.rsplit_once(':').ok_or_else(bad("it names no port"))?;
        let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port.parse().ok().filter(|port| digits && *port > 0);
        let port = port.ok_or_else(bad("its port is no number from 1 to 65535"))?;
        if !is_host(host) {
            return Err(bad("its host is no name and no IP address")());
        }
        Ok(PeerUrl { host: host.to_ascii_lowercase(), port })
    }
}

fn is_host(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inner.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !host.is_empty() && host.len() <= 253 && host.bytes().all(known)
}

impl PeerUrl {
    /// The host, as it stands in the URL.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What follows `http://`.
    pub fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The IP address if it is one, or `localhost`.
    pub(super) fn ip(&self) -> Option<IpAddr> {
        let host = if self.host == "localhost" { "127.0.0.1" } else { &self.host };
        host.trim_start_matches('[').trim_end_matches(']').parse().ok()
    }

    /// Whether it is of the machine alone that asks.
    pub fn is_loopback(&self) -> bool {
        self.ip().is_some_and(|ip| ip.is_loopback())
    }
}

impl fmt::Display for PeerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}:{}", self.host, self.port)
    }
}

/// The list of all nodes: `node-0=http://127.0.0.1:8000,node-1=…`, in any order; all that is wrong with it.
pub(super) fn list(text: &str) -> Result<Vec<Peer>, Vec<Wrong>> {
    let (mut peers, mut wrong) = (Vec::<Peer>::new(), Vec::new());
    for part in text.split(',').map(str::trim) {
        match one(part) {
            Ok(peer) => peers.push(peer),
            Err(why) => wrong.push(why),
        }
    }
    peers.sort_by_key(|peer| peer.id);
    if wrong.is_empty() {
        wrong = about_all(&peers);
    }
    if wrong.is_empty() { Ok(peers) } else { Err(wrong) }
}

fn one(part: &str) -> Result<Peer, Wrong> {
    let mend = "write each node as in node-0=http://127.0.0.1:8000";
    let (id, url) = part.split_once('=').ok_or_else(|| Wrong::new(format!("{part:?} is no node"), mend))?;
    let id = id.trim().parse().map_err(|_| Wrong::new(format!("no node is called {id:?}"), mend))?;
    let url = url.trim().parse().map_err(|bad: BadPeerUrl| Wrong::new(bad.to_string(), mend))?;
    Ok(Peer { id, url })
}

/// What is wrong with the list as a whole, in the order of the ids.
fn about_all(peers: &[Peer]) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    if peers.len() > PEERS_MAX {
        let what = format!("there are {} nodes", peers.len());
        wrong.push(Wrong::new(what, format!("a cluster has 1 to {PEERS_MAX}")));
    }
    for (at, peer) in peers.iter().enumerate() {
        let before = &peers[..at];
        if before.iter().any(|other| other.id == peer.id) {
            wrong.push(Wrong::new(format!("{} is there twice", peer.id), "give each node once"));
        }
        if let Some(other) = before.iter().find(|other| other.url == peer.url && other.id != peer.id) {
            let what = format!("{} and {} have one address, {}", other.id, peer.id, peer.url);
            wrong.push(Wrong::new(what, "give each node an address of its own"));
        }
    }
    let expected = (0..).map(NodeId).take(peers.len());
    let gap = expected.zip(peers).find(|(expected, peer)| *expected < peer.id);
    if let (true, Some((expected, _))) = (wrong.is_empty(), gap) {
        let mend = format!("call the {} nodes node-0 to node-{}", peers.len(), peers.len() - 1);
        wrong.push(Wrong::new(format!("{expected} is missing"), mend));
    }
    wrong
}

/// The name of a cluster to which nobody gave one: two clusters have different addresses, and so different names.
pub(super) fn derived_name(peers: &[Peer]) -> ClusterId {
    let listed: String = peers.iter().map(|peer| format!("{}={}\n", peer.id, peer.url)).collect();
    let digest = HEXLOWER.encode(&Sha256::digest(listed)[..6]);
    format!("mini-raft-{digest}").parse().expect("letters, digits and dashes")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(text: &str) -> Vec<String> {
        let wrong = list(text).expect_err("something is wrong");
        wrong.into_iter().map(|wrong| wrong.what).collect()
    }

    #[test]
    fn an_address_is_http_with_a_host_and_a_port() {
        for good in
            ["http://127.0.0.1:8000", "http://node-0:80", "http://[::1]:8000", "http://a.example:65535"]
        {
            let url: PeerUrl = good.parse().expect(good);
            assert_eq!(url.to_string(), good);
        }
        let url: PeerUrl = "http://Node-0.Example:80/".parse().expect("a slash is nothing");
        assert_eq!(url.to_string(), "http://node-0.example:80");
        for bad in [
            "https://127.0.0.1:8000",
            "127.0.0.1:8000",
            "http://127.0.0.1",
            "http://127.0.0.1:0",
            "http://127.0.0.1:65536",
            "http://127.0.0.1:+80",
            "http://127.0.0.1:8000/raft",
            "http://user@host:8000",
            "http://:8000",
            "http://::1:8000",
            "http://a b:80",
            "",
        ] {
            assert!(bad.parse::<PeerUrl>().is_err(), "{bad}");
        }
        let without_port = "http://a".parse::<PeerUrl>().expect_err("there is no port");
        assert_eq!(without_port.to_string(), "\"http://a\" is no address of a node: it names no port");
    }

    #[test]
    fn loopback_is_known_by_its_address() {
        let loopback = |url: &str| url.parse::<PeerUrl>().expect(url).is_loopback();
        assert!(
            loopback("http://127.0.0.7:1") && loopback("http://[::1]:1") && loopback("http://localhost:1")
        );
        assert!(!loopback("http://10.0.0.1:1") && !loopback("http://localhost.example:1"));
    }

    #[test]
    fn a_list_is_sorted_and_whole() {
        let peers = list("node-1=http://a:2, node-0=http://a:1").expect("two nodes");
        assert_eq!(peers.iter().map(|peer| peer.id.0).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(complaints("node-0=http://a:1,node-2=http://a:3"), ["node-1 is missing"]);
        assert_eq!(complaints("node-1=http://a:1"), ["node-0 is missing"]);
        assert_eq!(
            complaints("node-0=http://a:1,node-0=http://a:2,node-1=http://a:2"),
            ["node-0 is there twice", "node-0 and node-1 have one address, http://a:2"]
        );
        assert_eq!(
            complaints("node-00=http://a:1,b,node-1=ftp://a"),
            [
                "no node is called \"node-00\"",
                "\"b\" is no node",
                "\"ftp://a\" is no address of a node: it does not begin with http://"
            ]
        );
        let ten: Vec<_> = (0..10).map(|id| format!("node-{id}=http://a:{}", id + 1)).collect();
        assert_eq!(complaints(&ten.join(",")), ["there are 10 nodes"]);
    }

    #[test]
    fn a_cluster_without_a_name_is_named_after_its_nodes() {
        let name = |text: &str| derived_name(&list(text).expect("a list"));
        assert_eq!(
            name("node-1=http://a:2,node-0=http://a:1"),
            name("node-0=http://A:1/, node-1=http://a:2")
        );
        assert_ne!(name("node-0=http://a:1"), name("node-0=http://a:2"));
    }
}
