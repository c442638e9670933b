//! Bytes to and from a node, where a well-behaved client would be in the way.

use std::io::{Read, Write};
use std::net::TcpStream;

use mini_raft_server::client::NodeUrl;

use super::harness::PATIENCE;

/// A connection to this node. What does not come is waited for in vain, but not for ever.
pub(crate) fn connect(url: &NodeUrl) -> TcpStream {
    let stream = TcpStream::connect(url.authority()).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    stream
}

/// Sends these bytes and reads the answer up to the end of its head; the status of it, or 0 if the connection ends.
pub(crate) fn status_of(url: &NodeUrl, bytes: &[u8]) -> u16 {
    let mut stream = connect(url);
    // It may be refused before all of it is sent.
    let _ = stream.write_all(bytes);
    status(&mut stream)
}

/// The status of the answer that comes; 0 if the connection ends without one.
pub(crate) fn status(stream: &mut TcpStream) -> u16 {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(0) => return 0,
            Ok(_) => head.push(byte[0]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return 0,
            Err(error) => panic!("no answer and no end of the connection: {error}"),
        }
    }
    let text = String::from_utf8_lossy(&head);
    text.split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or_else(|| panic!("no answer: {text}"))
}

/// Reads until the other end closes the connection.
pub(crate) fn until_closed(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
        Err(error) => panic!("the connection stays open: {error}"),
    }
}
