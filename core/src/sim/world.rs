//! The world: an agenda, servers, a network and clients, and the one loop that makes time pass.

use std::sync::Arc;

use super::agenda::{Agenda, Item};
use super::client::{Client, ClientPlace};
use super::command::Command;
use super::event::{Event, EventKind};
use super::machine::{Machine, Status};
use super::messages::Order;
use super::network::{Flight, Network};
use super::setup::Setup;
use super::streams::{self, Purpose};
use crate::raft::{NodeId, Output, RoleName, Term};
use crate::rng::Rng;
use crate::sorted::LongMap;
use crate::time::Micros;

/// A deterministic world: the same setup and the same commands at the same moments give the same events.
///
/// Cloning one is cheap: logs and payloads are shared. That is what checkpoints are made of.
#[derive(Clone, Debug)]
pub struct World {
    pub(super) setup: Arc<Setup>,
    pub(super) now: Micros,
    pub(super) agenda: Agenda,
    pub(super) machines: Vec<Machine>,
    pub(super) network: Network,
    pub(super) flights: LongMap<u64, Flight>,
    pub(super) next_message: u64,
    /// What is to be done to messages that are not sent yet.
    pub(super) orders: Vec<Order>,
    pub(super) clients: Vec<Client>,
    /// Draws for [`Command::Timers`].
    pub(super) timers: Rng,
    next_event: u64,
    /// Reused from step to step.
    pub(super) output: Output,
}

/// Where an event belongs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub(super) cause: Option<u64>,
    pub(super) node: Option<NodeId>,
    pub(super) term: Term,
}

impl World {
    /// A world at time 0: every server starts with an empty disk, and the clients begin.
    pub fn new(setup: &Setup, events: &mut Vec<Event>) -> World {
        let ids = (0..setup.nodes).map(NodeId);
        let mut world = World {
            now: Micros::ZERO,
            agenda: Agenda::default(),
            machines: ids.map(|id| Machine::new(setup, id)).collect(),
            network: Network::new(setup.seed, setup.nodes, &setup.network),
            flights: LongMap::default(),
            next_message: 0,
            orders: Vec::new(),
            clients: Vec::new(),
            timers: streams::world(setup.seed, Purpose::Timers),
            next_event: 0,
            output: Output::default(),
            setup: Arc::new(setup.clone()),
        };
        for id in (0..setup.nodes).map(NodeId) {
            world.start(id, None, events);
        }
        for client in &setup.clients {
            world.add_client(Client::automatic(setup.seed, client));
        }
        world
    }

    /// What the world was made of.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The simulated time.
    pub fn now(&self) -> Micros {
        self.now
    }

    /// When the next thing happens by itself; `None` if nothing ever will.
    pub fn next_at(&self) -> Option<Micros> {
        self.agenda.next_at()
    }

    /// Does the next thing on the agenda, at its time. Returns false if there is none.
    pub fn step(&mut self, events: &mut Vec<Event>) -> bool {
        let Some((at, item)) = self.agenda.pop() else {
            return false;
        };
        assert!(at >= self.now, "the agenda holds something from the past");
        self.now = at;
        match item {
            Item::Timer(id) => self.timer_is_due(id, events),
            Item::Sync(id) => self.sync_is_done(id, events),
            Item::Flight(message) => self.flight_ends(message, events),
            Item::NextOperation(client) => self.next_operation(client, events),
            Item::Retry(client) => self.retry(client, events),
        }
        true
    }

    /// Moves the time on to `t`, but not past the next thing on the agenda, and never back.
    pub fn advance_to(&mut self, t: Micros) {
        let limit = self.next_at().unwrap_or(Micros::MAX);
        self.now = self.now.max(t.min(limit));
    }

    /// Does what a person or a scenario wants, now.
    ///
    /// # Errors
    /// Says why it cannot be done, for example that there is no leader; then nothing has changed.
    pub fn command(&mut self, command: &Command, events: &mut Vec<Event>) -> Result<(), String> {
        self.obey(command, events)
    }

    /// The servers, by id.
    pub fn machines(&self) -> &[Machine] {
        &self.machines
    }

    /// One server.
    pub fn machine(&self, id: NodeId) -> Option<&Machine> {
        self.machines.get(id.0 as usize)
    }

    /// Messages under way, kept back, or waiting at a paused server, in the order in which they were sent.
    pub fn flights(&self) -> impl Iterator<Item = &Flight> {
        self.flights.values()
    }

    /// One of them.
    pub fn flight(&self, message: u64) -> Option<&Flight> {
        self.flights.get(&message)
    }

    /// The links between servers.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The clients: those of the setup first, then those that came by hand.
    pub fn clients(&self) -> impl Iterator<Item = &Client> {
        self.clients.iter()
    }

    /// The leader with the highest term; the lowest id among equals. It may be paused or cut off.
    pub fn leader(&self) -> Option<NodeId> {
        let mut best: Option<(Term, NodeId)> = None;
        for node in self.machines.iter().filter_map(Machine::node) {
            let is_better = best.is_none_or(|(term, _)| node.current_term() > term);
            if node.role() == RoleName::Leader && is_better {
                best = Some((node.current_term(), node.id()));
            }
        }
        best.map(|(_, id)| id)
    }

    /// How many events there have been: the number of the next one.
    pub fn event_count(&self) -> u64 {
        self.next_event
    }

    /// Adds an event of somebody else's, with the next number: of a check, or of a run.
    pub fn add_event(&mut self, cause: Option<u64>, kind: EventKind, events: &mut Vec<Event>) -> u64 {
        let place = Place { cause, ..Place::default() };
        self.emit(place, kind, events)
    }

    pub(super) fn emit(&mut self, place: Place, kind: EventKind, events: &mut Vec<Event>) -> u64 {
        let seq = self.next_event;
        self.next_event += 1;
        events.push(Event {
            seq,
            at: self.now,
            cause: place.cause,
            node: place.node,
            term: place.term,
            kind,
        });
        seq
    }

    pub(super) fn machine_mut(&mut self, id: NodeId) -> &mut Machine {
        &mut self.machines[id.0 as usize]
    }

    /// Where an event on this server belongs, with its term as it is now.
    pub(super) fn on(&self, id: NodeId, cause: Option<u64>) -> Place {
        let machine = &self.machines[id.0 as usize];
        let term = match machine.node() {
            Some(node) => node.current_term(),
            None => machine.disk().hard_state().current_term,
        };
        Place { cause, node: Some(id), term }
    }

    pub(super) fn runs(&self, id: NodeId) -> bool {
        self.machine(id).is_some_and(|machine| machine.status() == Status::Running)
    }

    pub(super) fn add_client(&mut self, client: Client) -> ClientPlace {
        let place = ClientPlace(self.clients.len());
        if let Some(at) = client.next_own_at {
            self.agenda.add(at, Item::NextOperation(place));
        }
        self.clients.push(client);
        place
    }
}
