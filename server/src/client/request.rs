//! What a client asks, and whether it may ask again.

use std::fmt::Write;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use hyper::Method;

/// One request to whichever node answers it.
#[derive(Clone, Debug)]
pub struct Request {
    /// What is to be done with `path`.
    pub method: Method,
    /// The path and the query, each part percent-encoded.
    pub path: String,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// What is sent with it.
    pub body: Bytes,
    /// When it may be sent a second time.
    pub repeat: Repeat,
}

/// When a request may be sent a second time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// At any time: it changes nothing.
    Read,
    /// At any time: the cluster knows it again by its idempotency key, and does it once.
    Keyed,
    /// Only when it is certain that the first one had no effect.
    IfNotApplied,
}

impl Request {
    /// Reads.
    pub fn get(path: String) -> Request {
        Request { method: Method::GET, path, headers: Vec::new(), body: Bytes::new(), repeat: Repeat::Read }
    }

    /// Writes, and is known again by a key of its own.
    pub fn write(method: Method, path: String, body: Bytes) -> Request {
        let headers = vec![("idempotency-key", random_key())];
        Request { method, path, headers, body, repeat: Repeat::Keyed }
    }

    /// Writes without a key: sent again only where it is certain that nothing was done.
    pub fn write_once(method: Method, path: String, body: Bytes) -> Request {
        Request { method, path, headers: Vec::new(), body, repeat: Repeat::IfNotApplied }
    }

    /// Asks for something that has no idempotency key.
    pub fn post(path: String, body: &serde_json::Value) -> Request {
        let headers = vec![("content-type", "application/json".to_owned())];
        let body = Bytes::from(body.to_string());
        Request { method: Method::POST, path, headers, body, repeat: Repeat::IfNotApplied }
    }

    /// The same with one more header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Request {
        self.headers.push((name, value.into()));
        self
    }
}

/// 128 random bits: two clients never take the same.
fn random_key() -> String {
    let mut bytes = [0; 16];
    // Without randomness no key can be made, and a write without one must not be retried: there is no way on.
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    HEXLOWER.encode(&bytes)
}

/// The text as one segment of a path, or one value of a query.
pub(super) fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte as char),
            _ => write!(encoded, "%{byte:02X}").expect("a string takes all"),
        }
    }
    // A client or a server on the way may take these two for steps through a tree.
    match encoded.as_str() {
        "." => "%2E".to_owned(),
        ".." => "%2E%2E".to_owned(),
        _ => encoded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_is_one_segment() {
        assert_eq!(percent_encoded("a-b_c.d~9"), "a-b_c.d~9");
        assert_eq!(percent_encoded("a/b?c#d é%"), "a%2Fb%3Fc%23d%20%C3%A9%25");
        assert_eq!(percent_encoded(".."), "%2E%2E");
    }

    #[test]
    fn two_writes_have_two_keys() {
        let key = |request: Request| request.headers[0].1.clone();
        let write = || Request::write(Method::PUT, "/".to_owned(), Bytes::new());
        assert_ne!(key(write()), key(write()));
    }
}
