//! The network: links with latency, loss, duplication and cuts, each direction by itself, and the messages under way.

use std::sync::Arc;

use super::agenda::Slot;
use super::command::NetworkChange;
use super::event::{DropReason, Endpoint, Payload};
use super::setup::NetworkSetup;
use super::streams::{self, Purpose};
use crate::kv::ClientId;
use crate::raft::NodeId;
use crate::rng::Rng;
use crate::sorted::SortedMap;
use crate::time::Micros;

/// So many messages are on their way from one server to another, or wait for it there, at most; the same holds for all
/// those of one client. What is sent beyond is dropped, as by a real network whose buffers are full.
pub const LINK_MESSAGES_MAX: u32 = 1_024;

/// So many bytes of them, about, at most; a single larger message still goes.
pub const LINK_BYTES_MAX: u64 = 4 << 20;

/// One direction between two servers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// Whether it drops everything.
    pub cut: bool,
    /// See [`NetworkSetup::latency`].
    pub latency: (Micros, Micros),
    /// See [`NetworkSetup::loss`].
    pub loss: f64,
    /// See [`NetworkSetup::duplicate`].
    pub duplicate: f64,
}

/// A message under way, kept back, or waiting at a paused server.
#[derive(Clone, Debug)]
pub struct Flight {
    /// Used once in a run.
    pub id: u64,
    /// The sender.
    pub from: Endpoint,
    /// The receiver.
    pub to: Endpoint,
    /// What it says.
    pub payload: Arc<Payload>,
    /// When it began its way. Moves on while the message is kept back, so that the way takes as long as it would have.
    pub sent_at: Micros,
    /// When it arrives, if nothing happens to it.
    pub arrives_at: Micros,
    /// When and why it will be lost on the way.
    pub lost: Option<(Micros, DropReason)>,
    /// Since when it is kept back by hand; it then stands still.
    pub held_at: Option<Micros>,
    /// It has arrived at a paused server, which will see it when it goes on.
    pub waiting: bool,
    /// The number of the event [`EventKind::Send`](super::EventKind::Send) with which it began.
    pub sent_by: u64,
    /// About how much memory it takes.
    pub(super) bytes: u64,
    /// How long a copy of it travels, if there is one.
    pub(super) copy_latency: Micros,
    /// Its arrival or loss on the agenda.
    pub(super) slot: Option<Slot>,
}

impl Flight {
    /// Whether it is kept back by hand.
    pub fn held(&self) -> bool {
        self.held_at.is_some()
    }

    /// How far it has come at this moment: 0.0 at the sender, 1.0 at the receiver.
    pub fn progress(&self, now: Micros) -> f64 {
        let way = (self.arrives_at - self.sent_at).0.max(1) as f64;
        let done = (self.held_at.unwrap_or(now) - self.sent_at).0 as f64;
        (done / way).min(1.0)
    }

    /// Whether it is on its way, and so can be dropped, kept back or doubled.
    pub(super) fn under_way(&self) -> bool {
        !self.waiting
    }

    /// Its next moment: the loss or the arrival.
    pub(super) fn ends_at(&self) -> Micros {
        self.lost.map_or(self.arrives_at, |(at, _)| at)
    }

    /// It was kept back until now and goes on.
    pub(super) fn go_on(&mut self, now: Micros) {
        if let Some(held_at) = self.held_at.take() {
            let pause = now - held_at;
            self.sent_at += pause;
            self.arrives_at += pause;
            if let Some((at, _)) = &mut self.lost {
                *at += pause;
            }
        }
    }
}

/// The links between all servers.
#[derive(Clone, Debug)]
pub struct Network {
    seed: u64,
    nodes: u32,
    /// By sender, then receiver.
    links: Vec<Lane>,
    /// How messages to and from clients travel: as set for the whole network.
    default: NetworkSetup,
    clients: SortedMap<ClientId, Connection>,
}

/// A link and its chance.
#[derive(Clone, Debug)]
struct Lane {
    link: Link,
    streams: Streams,
    load: Load,
}

/// All ways to and from one client.
#[derive(Clone, Debug)]
struct Connection {
    streams: Streams,
    load: Load,
}

/// What is on its way, or waits at its end.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Load {
    messages: u32,
    bytes: u64,
}

/// What chance decides of messages on one way.
#[derive(Clone, Debug)]
struct Streams {
    latency: Rng,
    loss: Rng,
    duplication: Rng,
}

/// What becomes of a message that is sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// From sender to receiver.
    pub(super) latency: Micros,
    /// It is lost this long after it was sent.
    pub(super) lost_after: Option<(Micros, DropReason)>,
    /// The network makes a copy of it.
    pub(super) is_doubled: bool,
    /// How long a copy travels, whoever makes it.
    pub(super) copy_latency: Micros,
}

impl Network {
    /// All links alike and whole.
    pub(super) fn new(seed: u64, nodes: u32, setup: &NetworkSetup) -> Network {
        let (links, default, clients) = (Vec::new(), setup.clone(), SortedMap::new());
        let mut network = Network { seed, nodes: 0, links, default, clients };
        (0..nodes).for_each(|_| network.add_node());
        network
    }

    /// A further server, whose links are as was set for the network as a whole.
    pub(super) fn add_node(&mut self) {
        let (seed, before, nodes) = (self.seed, self.nodes, self.nodes + 1);
        let NetworkSetup { latency, loss, duplicate } = self.default;
        let link = Link { cut: false, latency, loss, duplicate };
        let mut known = std::mem::take(&mut self.links).into_iter();
        for from in 0..nodes {
            for to in 0..nodes {
                let lane = if from < before && to < before { known.next() } else { None };
                self.links.push(lane.unwrap_or_else(|| Lane {
                    link,
                    streams: Streams::new(|purpose| streams::link(seed, purpose, NodeId(from), NodeId(to))),
                    load: Load::default(),
                }));
            }
        }
        self.nodes = nodes;
    }

    /// The link from one server to another; `None` if there is no such pair.
    pub fn link(&self, from: NodeId, to: NodeId) -> Option<&Link> {
        self.place(from, to).map(|place| &self.links[place].link)
    }

    /// Every link with its ends, by sender, then receiver.
    pub fn links(&self) -> impl Iterator<Item = (NodeId, NodeId, &Link)> {
        self.links.iter().enumerate().filter_map(|(place, lane)| {
            let place = place as u32;
            let (from, to) = (NodeId(place / self.nodes), NodeId(place % self.nodes));
            (from != to).then_some((from, to, &lane.link))
        })
    }

    /// What was set for the network as a whole; messages to and from clients travel so, but are never cut nor doubled.
    pub fn default_setup(&self) -> &NetworkSetup {
        &self.default
    }

    /// Cuts or heals one direction.
    pub(super) fn set_cut(&mut self, from: NodeId, to: NodeId, cut: bool) {
        if let Some(place) = self.place(from, to) {
            self.links[place].link.cut = cut;
        }
    }

    /// Changes every link with these ends; if any end will do, also what holds for clients.
    pub(super) fn change(&mut self, from: Option<NodeId>, to: Option<NodeId>, change: &NetworkChange) {
        let nodes = self.nodes;
        for (place, lane) in self.links.iter_mut().enumerate() {
            let ends = (NodeId(place as u32 / nodes), NodeId(place as u32 % nodes));
            if from.is_none_or(|from| from == ends.0) && to.is_none_or(|to| to == ends.1) {
                let link = &mut lane.link;
                link.latency = change.latency.unwrap_or(link.latency);
                link.loss = change.loss.unwrap_or(link.loss);
                link.duplicate = change.duplicate.unwrap_or(link.duplicate);
            }
        }
        if from.is_none() && to.is_none() {
            let default = &mut self.default;
            default.latency = change.latency.unwrap_or(default.latency);
            default.loss = change.loss.unwrap_or(default.loss);
            default.duplicate = change.duplicate.unwrap_or(default.duplicate);
        }
    }

    /// Draws what becomes of a message that is sent now.
    ///
    /// Each stream is drawn from once for every message, whatever the probabilities are, so that a change of one
    /// probability shifts no other draw.
    pub(super) fn draw(&mut self, from: &Endpoint, to: &Endpoint) -> Way {
        match (from, to) {
            (Endpoint::Node(from), Endpoint::Node(to)) => {
                let place = self.place(*from, *to).expect("a message between servers that exist");
                let Lane { link, streams, .. } = &mut self.links[place];
                streams.draw(link)
            }
            (Endpoint::Client(client), _) | (_, Endpoint::Client(client)) => {
                let link = Link {
                    cut: false,
                    latency: self.default.latency,
                    loss: self.default.loss,
                    // A client's connection may break, but it does not say things twice by itself.
                    duplicate: 0.0,
                };
                self.connection(client).streams.draw(&link)
            }
        }
    }

    /// A message begins its way. Returns whether there is room for it.
    pub(super) fn take_up(&mut self, flight: &Flight) -> bool {
        self.load(&flight.from, &flight.to).take_up(flight.bytes)
    }

    /// A message for which there was room, or was none, is gone.
    pub(super) fn put_down(&mut self, flight: &Flight) {
        self.load(&flight.from, &flight.to).put_down(flight.bytes);
    }

    fn load(&mut self, from: &Endpoint, to: &Endpoint) -> &mut Load {
        match (from, to) {
            (Endpoint::Node(from), Endpoint::Node(to)) => {
                let place = self.place(*from, *to).expect("a message between servers that exist");
                &mut self.links[place].load
            }
            (Endpoint::Client(client), _) | (_, Endpoint::Client(client)) => {
                &mut self.connection(client).load
            }
        }
    }

    fn connection(&mut self, client: &ClientId) -> &mut Connection {
        let seed = self.seed;
        self.clients.get_or_insert_with(client.clone(), || Connection {
            streams: Streams::new(|purpose| streams::client(seed, purpose, client)),
            load: Load::default(),
        })
    }

    fn place(&self, from: NodeId, to: NodeId) -> Option<usize> {
        (from.0 < self.nodes && to.0 < self.nodes).then_some((from.0 * self.nodes + to.0) as usize)
    }
}

impl Load {
    pub(super) fn take_up(&mut self, bytes: u64) -> bool {
        let is_first = self.messages == 0;
        self.messages += 1;
        self.bytes += bytes;
        is_first || (self.messages <= LINK_MESSAGES_MAX && self.bytes <= LINK_BYTES_MAX)
    }

    pub(super) fn put_down(&mut self, bytes: u64) {
        self.messages -= 1;
        self.bytes -= bytes;
    }
}

impl Streams {
    fn new(stream: impl Fn(Purpose) -> Rng) -> Streams {
        Streams {
            latency: stream(Purpose::Latency),
            loss: stream(Purpose::Loss),
            duplication: stream(Purpose::Duplication),
        }
    }

    fn draw(&mut self, link: &Link) -> Way {
        // At least a microsecond, so that no world spins in one moment.
        let latency = self.latency.span(link.latency.0, link.latency.1).max(Micros(1));
        let is_lost = self.loss.chance(link.loss);
        let lost_part = Micros(latency.0.saturating_mul(self.loss.between(300, 700)) / 1_000);
        let is_doubled = self.duplication.chance(link.duplicate);
        let copy = self.duplication.span(link.latency.0, link.latency.1).max(Micros(1));
        Way {
            latency,
            lost_after: if link.cut {
                // Half-way, so that it can be seen where it ends.
                Some((Micros(latency.0 / 2), DropReason::Cut))
            } else {
                is_lost.then_some((lost_part, DropReason::Lost))
            },
            is_doubled: is_doubled && !link.cut,
            copy_latency: copy,
        }
    }
}
