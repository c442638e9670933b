//! The receiving end: whether a frame is what it says, and is new.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use data_encoding::BASE64URL_NOPAD;
use mini_raft_core::raft::{Message, NodeId};

use super::codec::{BadMessage, decode, decode_json};
use super::frame::{Header, Kind, NoFrame, Parts, WIRE_VERSION, parse};
use super::hello::{Hello, HelloReply};
use super::seal::{BootId, Identity, Sealed, seal_reply};
use super::window::Window;

/// Sessions have numbers from 1.
const NO_SESSION: u64 = 0;

/// Opens the frames that are sent to this node, by anyone and over any number of connections.
#[derive(Debug)]
pub struct Opener {
    identity: Identity,
    peers: Mutex<Peers>,
}

/// What a frame was found to be.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The node that made it.
    pub from: NodeId,
    /// The run of that node.
    pub boot: BootId,
    /// The frame's number among those of that run to this node; 0 for a hello.
    pub counter: u64,
    /// What the frame carries.
    pub body: Body,
}

/// What an opened frame carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// The beginning of a session: answer with [`Opener::reply`].
    Hello(Hello),
    /// A message of the core.
    Message(Message),
}

/// Why a frame is refused. Nothing that it says was looked at, but for [`Rejected::Malformed`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// It is of another version of the wire.
    #[error("wire version {found}, this binary speaks {WIRE_VERSION}")]
    OtherVersion {
        /// The version found.
        found: u8,
    },
    /// It is meant for another cluster.
    #[error("a frame of cluster {found:?}, this is {own:?}")]
    OtherCluster {
        /// The cluster that it names.
        found: String,
        /// This one.
        own: String,
    },
    /// Its code is wrong, or it is no frame at all.
    #[error("not authentic: no frame, or of somebody who does not know the secret of this cluster")]
    NotAuthentic,
    /// It is authentic, and for another node.
    #[error("a frame for {found}, this is {own}")]
    OtherNode {
        /// The node it is for.
        found: NodeId,
        /// This one.
        own: NodeId,
    },
    /// It is made for an earlier run of this node, or for a session that another has followed: its sender has to
    /// say hello.
    #[error("of a session that is over: say hello first")]
    Stale,
    /// It was seen before, or is so old that nobody can tell.
    #[error("replayed: counter {counter} was seen before, or is too far back")]
    Replayed {
        /// Its counter.
        counter: u64,
    },
    /// It is authentic and new, and what it carries is no message.
    #[error("{0}")]
    Malformed(#[from] BadMessage),
}

impl Rejected {
    /// The HTTP status that says so.
    pub fn status(&self) -> u16 {
        match self {
            Rejected::OtherVersion { .. } | Rejected::OtherCluster { .. } | Rejected::OtherNode { .. } => 412,
            Rejected::NotAuthentic => 401,
            Rejected::Stale | Rejected::Replayed { .. } => 409,
            Rejected::Malformed(_) => 400,
        }
    }

    /// A word for programs and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Rejected::OtherVersion { .. } => "other_version",
            Rejected::OtherCluster { .. } => "other_cluster",
            Rejected::OtherNode { .. } => "other_node",
            Rejected::NotAuthentic => "not_authentic",
            Rejected::Stale => "stale_session",
            Rejected::Replayed { .. } => "replayed",
            Rejected::Malformed(_) => "malformed",
        }
    }
}

/// The sessions of all peers.
#[derive(Debug, Default)]
struct Peers {
    sessions_given: u64,
    by_id: BTreeMap<NodeId, Peer>,
}

/// A peer whose frames are taken.
#[derive(Debug)]
struct Peer {
    /// Its session; later ones may follow.
    session: u64,
    boot: BootId,
    counters: Window,
}

impl Opener {
    /// Opens frames for this node.
    pub fn new(identity: Identity) -> Opener {
        Opener { identity, peers: Mutex::default() }
    }

    /// Opens a frame.
    pub fn open(&self, frame: &[u8]) -> Result<Opened, Rejected> {
        let parts = taken_apart(frame)?;
        verify(&self.identity, &parts, &[parts.signed])?;
        self.read(&parts.header, &parts.signed[parts.body_at..])
    }

    /// Opens a message that came as JSON with its seal beside it.
    pub fn open_json(&self, seal: &str, body: &[u8]) -> Result<Opened, Rejected> {
        let seal = BASE64URL_NOPAD.decode(seal.as_bytes()).map_err(|_| Rejected::NotAuthentic)?;
        let parts = taken_apart(&seal)?;
        verify(&self.identity, &parts, &[parts.signed, body])?;
        // A frame whose body stands in the seal would be two messages at once.
        if parts.body_at != parts.signed.len() || Kind::of_code(parts.header.kind) != Some(Kind::MessageJson)
        {
            return Err(BadMessage::Form("this is not the seal of a message as JSON".to_owned()).into());
        }
        self.read(&parts.header, body)
    }

    /// Answers a hello. Who is refused gets no session, and so can send nothing.
    pub fn reply(&self, opened: &Opened, hello: &Hello, answer: Answer) -> Sealed {
        let Answer { known_disk, refusal } = answer;
        let session = if refusal.is_some() { NO_SESSION } else { self.next_session() };
        let reply = HelloReply { nonce: hello.nonce, boot: self.identity.boot, session, known_disk, refusal };
        seal_reply(&self.identity, opened, &reply)
    }

    fn next_session(&self) -> u64 {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        peers.sessions_given += 1;
        peers.sessions_given
    }

    /// Reads an authentic frame for this node.
    fn read(&self, header: &Header, body: &[u8]) -> Result<Opened, Rejected> {
        let opened = |body| Opened { from: header.from, boot: header.boot, counter: header.counter, body };
        let decoded = match Kind::of_code(header.kind) {
            Some(Kind::Hello) => return Ok(opened(Body::Hello(Hello::decode(body)?))),
            Some(Kind::Message) => decode,
            Some(Kind::MessageJson) => decode_json,
            Some(Kind::HelloReply) | None => {
                return Err(BadMessage::Form(format!("a frame of kind {}", header.kind)).into());
            }
        };
        let message = decoded(body)?;
        if (message.from, message.to) != (header.from, header.to) {
            return Err(
                BadMessage::Impossible("the message and its frame name other nodes".to_owned()).into()
            );
        }
        self.admit(header)?;
        Ok(opened(Body::Message(message)))
    }

    /// Takes note of a frame that belongs to the session of its sender, or begins a later one, and is new.
    fn admit(&self, header: &Header) -> Result<(), Rejected> {
        let Header { from, boot, session, counter, .. } = *header;
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        // Only who got the answer to its hello can name this run and a session of it.
        if header.receiver != self.identity.boot || session > peers.sessions_given {
            return Err(Rejected::Stale);
        }
        let begun = Peer { session: NO_SESSION, boot: BootId::NONE, counters: Window::new() };
        let peer = peers.by_id.entry(from).or_insert(begun);
        if session > peer.session {
            *peer = Peer { session, boot, counters: Window::new() };
        }
        if session != peer.session || boot != peer.boot {
            return Err(Rejected::Stale);
        }
        if peer.counters.admit(counter) { Ok(()) } else { Err(Rejected::Replayed { counter }) }
    }
}

/// What a node answers to a hello.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// As in [`HelloReply::known_disk`].
    pub known_disk: Option<u64>,
    /// As in [`HelloReply::refusal`].
    pub refusal: Option<String>,
}

fn taken_apart(bytes: &[u8]) -> Result<Parts<'_>, Rejected> {
    parse(bytes).map_err(|no_frame| match no_frame {
        NoFrame::Version(found) => Rejected::OtherVersion { found },
        NoFrame::Form => Rejected::NotAuthentic,
    })
}

/// Opens what `from` answered to `hello`.
pub(super) fn open_reply(
    own: &Identity,
    from: NodeId,
    hello: &Hello,
    frame: &[u8],
) -> Result<HelloReply, Rejected> {
    let parts = taken_apart(frame)?;
    verify(own, &parts, &[parts.signed])?;
    if Kind::of_code(parts.header.kind) != Some(Kind::HelloReply) || parts.header.from != from {
        return Err(BadMessage::Form(format!("this is not the answer of {from} to a hello")).into());
    }
    let reply = HelloReply::decode(&parts.signed[parts.body_at..])?;
    if parts.header.receiver != own.boot || reply.nonce != hello.nonce {
        return Err(Rejected::Stale);
    }
    if reply.boot != parts.header.boot || reply.boot == BootId::NONE {
        return Err(BadMessage::Impossible("the answer names another boot id".to_owned()).into());
    }
    Ok(reply)
}

/// Whether the frame is authentic and for this node. The cluster is asked first: who is wrong there cannot know the
/// secret either, and is told what is really wrong.
fn verify(own: &Identity, parts: &Parts<'_>, signed: &[&[u8]]) -> Result<(), Rejected> {
    if parts.cluster != own.cluster.as_str() {
        let (found, own) = (parts.cluster.to_owned(), own.cluster.to_string());
        return Err(Rejected::OtherCluster { found, own });
    }
    if !own.secret.verifies(signed, parts.code) {
        return Err(Rejected::NotAuthentic);
    }
    if parts.header.to != own.id {
        return Err(Rejected::OtherNode { found: parts.header.to, own: own.id });
    }
    if parts.header.from == own.id {
        return Err(BadMessage::Impossible(format!("{} speaks to itself", own.id)).into());
    }
    Ok(())
}
