//! The sending end: frames that only a member of the cluster can make, each once.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use mini_raft_core::raft::{Message, NodeId};
use serde::{Deserialize, Serialize};

use super::codec::{encode_json, encode_onto, room_for};
use super::deframer::PREFIX;
use super::frame::{ClusterId, Header, Kind};
use super::hello::{Hello, HelloReply};
use super::open::{Opened, Rejected, open_reply};
use super::secret::Secret;

/// One run of one node, drawn at random when it starts and never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BootId(pub u64);

impl BootId {
    /// Nobody's: what a frame names that knows no run of its receiver.
    pub const NONE: BootId = BootId(0);
}

/// Who a node is to its peers.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Its cluster.
    pub cluster: ClusterId,
    /// Its own id.
    pub id: NodeId,
    /// This run of it.
    pub boot: BootId,
    /// What the cluster shares.
    pub secret: Secret,
}

/// A sealed frame, with its length before it.
#[derive(Clone, Debug)]
pub struct Sealed(Bytes);

impl Sealed {
    /// The frame as the body of a request of its own.
    pub fn frame(&self) -> Bytes {
        self.0.slice(PREFIX..)
    }

    /// The frame with its length before it, as a piece of a stream.
    pub fn prefixed(&self) -> Bytes {
        self.0.clone()
    }
}

/// A message as JSON, and what proves it, for a request that people can read.
#[derive(Clone, Debug)]
pub struct SealedJson {
    /// The header and the code, base64url: goes into the HTTP header `Raft-Seal`.
    pub seal: String,
    /// The message, the body of the request.
    pub body: String,
}

/// Makes the frames from this node to one peer. Shared by all connections to it.
#[derive(Debug)]
pub struct Sealer {
    identity: Identity,
    to: NodeId,
    ticket: Mutex<Ticket>,
    counter: AtomicU64,
}

/// What the peer's answer to the last hello gave.
#[derive(Clone, Copy, Debug)]
struct Ticket {
    receiver: BootId,
    session: u64,
}

impl Sealer {
    /// Frames to `to`. Only hellos are of use before the peer has answered one.
    pub fn new(identity: Identity, to: NodeId) -> Sealer {
        let ticket = Mutex::new(Ticket { receiver: BootId::NONE, session: 0 });
        Sealer { identity, to, ticket, counter: AtomicU64::new(0) }
    }

    /// The hello that begins a session. Say it at the start, and again when the peer answers
    /// [`Rejected::Stale`].
    pub fn hello(&self, hello: &Hello) -> Sealed {
        let header = self.header(Kind::Hello, Ticket { receiver: BootId::NONE, session: 0 }, 0);
        seal(&self.identity, &header, 0, |bytes| [bytes, hello.encode()].concat())
    }

    /// Takes the peer's answer to `hello`, as a frame: from now on frames belong to that session. A refusal is
    /// taken too; who sent the hello decides what to do about it.
    pub fn accept(&self, hello: &Hello, reply: &[u8]) -> Result<HelloReply, Rejected> {
        let reply = open_reply(&self.identity, self.to, hello, reply)?;
        let mut ticket = self.ticket.lock().unwrap_or_else(PoisonError::into_inner);
        // Two hellos may be under way: the later session is the one that the peer will take.
        if ticket.receiver != reply.boot || ticket.session < reply.session {
            *ticket = Ticket { receiver: reply.boot, session: reply.session };
        }
        Ok(reply)
    }

    /// The counter of the next frame, which nobody else gets: whoever tells of a frame before it is made names it so.
    pub fn next_counter(&self) -> u64 {
        self.counter.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// A frame with a message in compact form.
    pub fn message(&self, message: &Message) -> Sealed {
        self.message_numbered(message, self.next_counter())
    }

    /// As [`message`](Self::message), with a counter that [`next_counter`](Self::next_counter) gave, used once.
    pub fn message_numbered(&self, message: &Message, counter: u64) -> Sealed {
        seal(&self.identity, &self.header_of(Kind::Message, counter), room_for(message), |bytes| {
            encode_onto(bytes, message)
        })
    }

    /// A message as JSON, with what proves it beside it.
    pub fn message_json(&self, message: &Message) -> SealedJson {
        let (body, mut seal) = (encode_json(message), Vec::new());
        self.header_of(Kind::MessageJson, self.next_counter()).write(&self.identity.cluster, &mut seal);
        let code = self.identity.secret.code(&[&seal, body.as_bytes()]);
        seal.extend_from_slice(&code);
        SealedJson { seal: BASE64URL_NOPAD.encode(&seal), body }
    }

    fn header_of(&self, kind: Kind, counter: u64) -> Header {
        let ticket = *self.ticket.lock().unwrap_or_else(PoisonError::into_inner);
        self.header(kind, ticket, counter)
    }

    fn header(&self, kind: Kind, ticket: Ticket, counter: u64) -> Header {
        Header {
            from: self.identity.id,
            to: self.to,
            boot: self.identity.boot,
            session: ticket.session,
            receiver: ticket.receiver,
            counter,
            kind: Header::kind(kind),
        }
    }
}

/// The answer to a hello that was opened, for the node that said it.
pub(super) fn seal_reply(identity: &Identity, hello: &Opened, reply: &HelloReply) -> Sealed {
    let header = Header {
        from: identity.id,
        to: hello.from,
        boot: identity.boot,
        session: reply.session,
        receiver: hello.boot,
        counter: 0,
        kind: Header::kind(Kind::HelloReply),
    };
    seal(identity, &header, 0, |bytes| [bytes, reply.encode()].concat())
}

/// `room` is about how many bytes the body takes.
fn seal(identity: &Identity, header: &Header, room: usize, body: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Sealed {
    let mut bytes = Vec::with_capacity(256 + room);
    bytes.extend_from_slice(&[0; PREFIX]);
    header.write(&identity.cluster, &mut bytes);
    let mut bytes = body(bytes);
    let code = identity.secret.code(&[&bytes[PREFIX..]]);
    bytes.extend_from_slice(&code);
    let length = u32::try_from(bytes.len() - PREFIX).expect("a frame has far less than 4 GiB");
    bytes[..PREFIX].copy_from_slice(&length.to_be_bytes());
    Sealed(bytes.into())
}
