//! Peers: a task for each keeps one connection open, and everything for that peer goes through it in one long request.
//!
//! A message that cannot be sent now is lost, as the network loses messages: the core sends again what matters.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::{Bytes, BytesMut};
use http_body_util::channel::Channel;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use mini_raft_core::raft::{EntryId, Message, NodeId, Term};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};

use super::disk::Disk;
use super::handle::NodeHandle;
use super::links::{Links, Passage};
use crate::feed::FrameId;
use crate::settings::NodeSettings;
use crate::storage::{FORMAT, Recovered};
use crate::wire::{
    Answer, Body, BootId, Hello, HelloReply, Identity, MAX_FRAME, Nonce, Opened, Opener, Rejected, Sealed,
    Sealer,
};

/// The most messages that wait for one peer; more are lost.
const QUEUE_MAX: usize = 1024;
/// The most bytes that go out in one piece.
const PIECE_BYTES_MAX: usize = 256 << 10;
/// How long a peer may take to accept a connection or to answer a hello.
const ANSWER_SPAN_MAX: Duration = Duration::from_secs(1);
/// How long a piece may wait for room on a connection, and the network for the peer's acknowledgement: then the
/// connection is given up.
const SEND_SPAN_MAX: Duration = Duration::from_secs(2);
/// How long it waits before it tries again, at first and at most.
const PAUSE_MIN: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_millis(500);

/// What is common to all peers: proving who one is, and believing who the other is. Clones are the same door.
#[derive(Clone)]
pub struct PeerDoor(Arc<Door>);

struct Door {
    boot: BootId,
    opener: Opener,
    peers: BTreeMap<NodeId, PeerAddress>,
    node: NodeHandle,
    disk: Disk,
    links: Links,
    disk_id: u64,
    fresh: bool,
    standing_at_start: (Term, EntryId),
    refused: watch::Sender<Option<String>>,
}

struct PeerAddress {
    sealer: Sealer,
    /// `host:port`.
    authority: String,
}

/// What came of a frame.
#[derive(Debug)]
pub enum Received {
    /// It was a message, and the core gets it.
    Message,
    /// It was a hello, and this is the answer.
    Hello(Sealed),
}

impl PeerDoor {
    pub(super) fn new(
        settings: &NodeSettings,
        recovered: &Recovered,
        node: NodeHandle,
        disk: Disk,
        links: Links,
    ) -> Result<PeerDoor> {
        let identity = Identity {
            cluster: settings.cluster.clone(),
            id: settings.id,
            boot: BootId(random()?.max(1)),
            secret: settings.secret.clone(),
        };
        let mut peers = BTreeMap::new();
        for peer in settings.others() {
            let sealer = Sealer::new(identity.clone(), peer.id);
            peers.insert(peer.id, PeerAddress { sealer, authority: peer.url.authority() });
        }
        let persistent = &recovered.persistent;
        let snapshot = persistent.snapshot.as_ref().map(|snapshot| snapshot.last_included);
        let last = persistent.entries.last().map(|entry| entry.id()).or(snapshot).unwrap_or_default();
        Ok(PeerDoor(Arc::new(Door {
            boot: identity.boot,
            opener: Opener::new(identity),
            peers,
            node,
            disk,
            links,
            disk_id: recovered.disk_id,
            fresh: recovered.fresh,
            standing_at_start: (persistent.hard_state.current_term, last),
            refused: watch::channel(None).0,
        })))
    }

    /// This run of the node.
    pub fn boot(&self) -> BootId {
        self.0.boot
    }

    /// The faults of this node's links.
    pub fn links(&self) -> &Links {
        &self.0.links
    }

    /// The others.
    pub(super) fn others(&self) -> impl Iterator<Item = NodeId> {
        self.0.peers.keys().copied()
    }

    /// Ready when a peer says that it will have nothing to do with this node; then why.
    pub(super) async fn refused(&self) -> String {
        let mut refused = self.0.refused.subscribe();
        match refused.wait_for(Option::is_some).await {
            Ok(why) => why.clone().unwrap_or_default(),
            // The sender lives as long as `self`.
            Err(_) => std::future::pending().await,
        }
    }

    /// Takes in a frame of somebody who claims to be a peer.
    pub async fn receive(&self, frame: &[u8]) -> Result<Received, Rejected> {
        let opened = self.0.opener.open(frame)?;
        match &opened.body {
            Body::Message(_) => {
                self.deliver(opened);
                Ok(Received::Message)
            }
            Body::Hello(hello) => {
                let answer = self.answer(opened.from, hello).await;
                Ok(Received::Hello(self.0.opener.reply(&opened, hello, answer)))
            }
        }
    }

    /// Takes in a message as JSON, with its seal beside it.
    pub fn receive_json(&self, seal: &str, body: &[u8]) -> Result<(), Rejected> {
        self.deliver(self.0.opener.open_json(seal, body)?);
        Ok(())
    }

    fn deliver(&self, opened: Opened) {
        let Opened { from, boot, counter, body } = opened;
        if let Body::Message(message) = body
            && !self.0.links.loses_from(from)
        {
            self.0.node.deliver(message, FrameId { boot, counter });
        }
    }

    /// What a hello of `peer` is answered.
    ///
    /// The disk of a peer that is met for the first time is remembered before the answer: whoever comes later with
    /// another disk under this id has lost one. Somebody who says an old hello again can only make this node remember
    /// a disk that the peer really had.
    async fn answer(&self, peer: NodeId, hello: &Hello) -> Answer {
        let known_disk = self.0.disk.remember_peer(peer, hello.disk_id).await;
        let refusal = match hello.fresh {
            true => None,
            false => self.0.node.younger_than_acknowledged(peer, hello.term, hello.last_log).await,
        };
        Answer { known_disk, refusal }
    }

    /// A connection to a peer, with an answered hello: what is sealed from now on belongs to its session.
    pub(super) async fn connect(&self, peer: NodeId) -> Result<(Connection, HelloReply)> {
        let PeerAddress { sealer, authority } = self.0.peers.get(&peer).context("no such peer")?;
        let mut connection = Connection::open(authority).await?;
        let hello = self.hello().await?;
        let request = connection.request("hello", full(sealer.hello(&hello).frame()));
        let response = timeout(ANSWER_SPAN_MAX, request).await.context("no answer to a hello")??;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, MAX_FRAME).collect();
        let body = timeout(ANSWER_SPAN_MAX, body).await.context("no end of the answer to a hello")?;
        let body =
            body.map_err(|error| anyhow::anyhow!("the answer to a hello is broken: {error}"))?.to_bytes();
        if head.status != StatusCode::OK {
            bail!("{peer} answers {} to a hello: {}", head.status, String::from_utf8_lossy(&body));
        }
        let reply = sealer.accept(&hello, &body).context("the answer to a hello is not to be believed")?;
        if let Some(why) = &reply.refusal {
            self.0.refused.send_replace(Some(format!("{peer} refuses this node: {why}")));
        }
        Ok((connection, reply))
    }

    async fn hello(&self) -> Result<Hello> {
        let (term, last_log) = self.0.node.standing().await.unwrap_or(self.0.standing_at_start);
        let Door { disk_id, fresh, .. } = *self.0;
        Ok(Hello { nonce: Nonce(random_bytes()?), disk_id, fresh, format: FORMAT, term, last_log })
    }
}

/// A number drawn at random.
pub(super) fn random() -> Result<u64> {
    random_bytes().map(u64::from_le_bytes)
}

fn random_bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).context("the system gives no random bytes")?;
    Ok(bytes)
}

/// A connection to a peer.
pub(super) struct Connection {
    sender: SendRequest<BoxBody<Bytes, std::convert::Infallible>>,
    authority: String,
}

impl Connection {
    async fn open(authority: &str) -> Result<Connection> {
        let stream =
            timeout(ANSWER_SPAN_MAX, TcpStream::connect(authority)).await.context("no connection")??;
        stream.set_nodelay(true)?;
        // A peer that is cut off acknowledges nothing: without this the network would wait for minutes, and what is
        // sent after it heals would wait for the next of ever rarer attempts.
        #[cfg(target_os = "linux")]
        rustix::net::sockopt::set_tcp_user_timeout(&stream, SEND_SPAN_MAX.as_millis() as u32)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // Its end shows in the requests that it carries.
        tokio::spawn(async move { drop(connection.await) });
        Ok(Connection { sender, authority: authority.to_owned() })
    }

    async fn request(
        &mut self,
        endpoint: &str,
        body: BoxBody<Bytes, std::convert::Infallible>,
    ) -> Result<hyper::Response<hyper::body::Incoming>> {
        self.sender.ready().await?;
        let request = Request::post(format!("/raft/v1/{endpoint}"))
            .header(header::HOST, &self.authority)
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .body(body)?;
        Ok(self.sender.send_request(request).await?)
    }
}

fn full(bytes: Bytes) -> BoxBody<Bytes, std::convert::Infallible> {
    Full::new(bytes).boxed()
}

/// The ways to all peers.
pub(super) struct Peers {
    door: PeerDoor,
    queues: BTreeMap<NodeId, mpsc::Sender<Numbered>>,
}

/// A message, and the counter of the frame that it will be in.
struct Numbered {
    message: Message,
    counter: u64,
}

impl Peers {
    /// Starts a task for each.
    pub(super) fn start(door: &PeerDoor) -> Peers {
        let link = |peer| {
            let (queue, messages) = mpsc::channel(QUEUE_MAX);
            tokio::spawn(Link { peer, door: door.clone(), messages }.run());
            (peer, queue)
        };
        Peers { door: door.clone(), queues: door.others().map(link).collect() }
    }

    /// Sends a message, or loses it. Before that, `told` hears under which name it goes.
    pub(super) fn send(&self, message: Message, told: impl FnOnce(&Message, FrameId)) {
        let (Some(queue), Some(peer)) = (self.queues.get(&message.to), self.door.0.peers.get(&message.to))
        else {
            return;
        };
        let counter = peer.sealer.next_counter();
        told(&message, FrameId { boot: self.door.boot(), counter });
        // A full queue is a peer that does not listen.
        let _ = queue.try_send(Numbered { message, counter });
    }
}

struct Link {
    peer: NodeId,
    door: PeerDoor,
    messages: mpsc::Receiver<Numbered>,
}

impl Link {
    async fn run(mut self) {
        let mut pause = PAUSE_MIN;
        let mut told = false;
        loop {
            let began = tokio::time::Instant::now();
            match self.connected().await {
                Ok(()) => return,
                Err(error) if !told => tracing::info!(peer = %self.peer, "no connection: {error:#}"),
                Err(_) => {}
            }
            // A connection that lasted was a good one: its end is told, and it is tried again at once.
            let lasted = began.elapsed() > Duration::from_secs(1);
            (told, pause) = if lasted { (false, PAUSE_MIN) } else { (true, (pause * 2).min(PAUSE_MAX)) };
            sleep(pause).await;
            // What was meant for a moment that is over.
            while self.messages.try_recv().is_ok() {}
        }
    }

    /// Sends until the connection breaks; ends well only with the process.
    async fn connected(&mut self) -> Result<()> {
        let (mut connection, _) = self.door.connect(self.peer).await?;
        let (mut pieces, body) = Channel::<Bytes>::new(4);
        let response = connection.request("stream", body.boxed());
        tokio::pin!(response);
        tracing::debug!(peer = %self.peer, "connected");
        loop {
            let message = tokio::select! {
                message = self.messages.recv() => message,
                response = &mut response => {
                    let status = response?.status();
                    bail!("{} ended the stream with {status}", self.peer);
                }
            };
            let Some(message) = message else { return Ok(()) };
            let Some(piece) = self.piece(message).await else { continue };
            let sent = tokio::select! {
                sent = timeout(SEND_SPAN_MAX, pieces.send_data(piece)) => sent.context("the peer takes nothing in")?,
                response = &mut response => {
                    let status = response?.status();
                    bail!("{} ended the stream with {status}", self.peer);
                }
            };
            if sent.is_err() {
                bail!("the connection is broken");
            }
        }
    }

    /// The message and those that wait behind it, as one piece for the wire; nothing if the link loses them.
    async fn piece(&mut self, first: Numbered) -> Option<Bytes> {
        match self.door.links().to(self.peer) {
            Passage::Now => {}
            Passage::After(delay) => sleep(delay).await,
            Passage::Lost => return None,
        }
        let sealer = &self.door.0.peers.get(&self.peer)?.sealer;
        let sealed = |it: &Numbered| sealer.message_numbered(&it.message, it.counter).prefixed();
        let first = sealed(&first);
        let Ok(second) = self.messages.try_recv() else { return Some(first) };
        let mut piece = BytesMut::from(first);
        piece.extend_from_slice(&sealed(&second));
        while piece.len() < PIECE_BYTES_MAX
            && let Ok(next) = self.messages.try_recv()
        {
            piece.extend_from_slice(&sealed(&next));
        }
        Some(piece.freeze())
    }
}
