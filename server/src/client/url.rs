//! Where a node is reached.

use std::fmt;
use std::str::FromStr;

use hyper::Uri;
use serde::{Deserialize, Serialize};

/// The URL of a node: `http://host:port`, without a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NodeUrl(String);

/// Why a text is not the URL of a node.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no URL of a node: {why}; one looks like http://127.0.0.1:8000")]
pub struct NotAUrl {
    text: String,
    why: &'static str,
}

impl NodeUrl {
    /// Of a port of this machine.
    pub fn local(port: u16) -> NodeUrl {
        NodeUrl(format!("http://127.0.0.1:{port}"))
    }

    /// The URL itself, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `host:port`.
    pub fn authority(&self) -> &str {
        &self.0["http://".len()..]
    }

    /// The node that a URL with any path belongs to, as in a `Location`.
    ///
    /// # Errors
    /// As for a URL without a path.
    pub fn of_location(location: &str) -> Result<NodeUrl, NotAUrl> {
        let not = |why| NotAUrl { text: location.to_owned(), why };
        let uri: Uri = location.parse().map_err(|_| not("it is not well formed"))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some(_) => return Err(not("only http is spoken")),
            None => return Err(not("it does not begin with http://")),
        }
        match uri.authority() {
            Some(authority) if authority.as_str().contains('@') => Err(not("a user name has no meaning")),
            Some(authority) if authority.host().is_empty() => Err(not("it names no host")),
            Some(authority) if authority.port_u16().is_none() => Err(not("it names no port")),
            Some(authority) => Ok(NodeUrl(format!("http://{authority}"))),
            None => Err(not("it names no host")),
        }
    }
}

impl FromStr for NodeUrl {
    type Err = NotAUrl;

    fn from_str(text: &str) -> Result<NodeUrl, NotAUrl> {
        let url = NodeUrl::of_location(text)?;
        match text.strip_prefix(url.as_str()) {
            Some("" | "/") => Ok(url),
            _ => Err(NotAUrl { text: text.to_owned(), why: "it goes on after the host and the port" }),
        }
    }
}

impl TryFrom<String> for NodeUrl {
    type Error = NotAUrl;

    fn try_from(text: String) -> Result<NodeUrl, NotAUrl> {
        text.parse()
    }
}

impl From<NodeUrl> for String {
    fn from(url: NodeUrl) -> String {
        url.0
    }
}

impl fmt::Display for NodeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_a_scheme_a_host_and_a_port() {
        let url: NodeUrl = "http://127.0.0.1:8000/".parse().expect("a URL");
        assert_eq!((url.as_str(), url.authority()), ("http://127.0.0.1:8000", "127.0.0.1:8000"));
        assert_eq!("http://[::1]:8000".parse::<NodeUrl>().expect("a URL").authority(), "[::1]:8000");
        for wrong in [
            "",
            "127.0.0.1:8000",
            "localhost",
            "https://a:1",
            "http://",
            "http://u@h:1",
            "http://h",
            "http://h:",
            "http://h:65536",
            "http://[::1]",
            "http://h:1/v1",
            "http://h:1/?q",
            "http://h:1 ",
        ] {
            assert!(wrong.parse::<NodeUrl>().is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn a_location_names_a_node_and_a_path() {
        let url = NodeUrl::of_location("http://node-1:8000/v1/kv/a?x=1").expect("a URL");
        assert_eq!(url.as_str(), "http://node-1:8000");
    }
}
