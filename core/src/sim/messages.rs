//! Messages: sent, lost, delivered, and what a person does to them by hand.

use std::sync::Arc;

use super::agenda::Item;
use super::event::{DropReason, Endpoint, Event, EventKind, MessageKind, Payload};
use super::machine::{Asked, Status, Waiting};
use super::network::Flight;
use super::world::{Place, World};
use crate::raft::{Input, NodeId};
use crate::time::Micros;

/// What is done to messages by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handling {
    Drop,
    Hold,
    Release,
    Duplicate,
}

/// Messages of this kind between these ends; `None` matches any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) kind: Option<MessageKind>,
    pub(super) from: Option<NodeId>,
    pub(super) to: Option<NodeId>,
}

/// To be done to the next messages that are sent.
#[derive(Clone, Debug)]
pub(super) struct Order {
    handling: Handling,
    pattern: Pattern,
    left: u32,
}

impl World {
    /// Puts a message on its way, and a copy of it if the network makes one. `place` is where it is sent from.
    pub(super) fn send(
        &mut self,
        from: Endpoint,
        to: Endpoint,
        payload: Payload,
        place: Place,
        events: &mut Vec<Event>,
    ) {
        let way = self.network.draw(&from, &to);
        let now = self.now;
        let flight = Flight {
            id: 0,
            from,
            to,
            bytes: payload.bytes(),
            payload: Arc::new(payload),
            sent_at: now,
            arrives_at: now + way.latency,
            lost: way.lost_after.map(|(span, why)| (now + span, why)),
            held_at: None,
            waiting: false,
            sent_by: 0,
            copy_latency: way.copy_latency,
            slot: None,
        };
        let message = self.launch(flight, place, events);
        if way.is_doubled {
            self.double(message, place, events);
        }
        let Some(handling) = self.next_order(message) else {
            return;
        };
        match handling {
            Handling::Drop => {
                if let Some(flight) = self.flights.get_mut(&message) {
                    // Half-way, so that it can be seen where it ends.
                    let half = Micros((flight.arrives_at - flight.sent_at).0 / 2);
                    flight.lost = Some((flight.sent_at + half, DropReason::ByHand));
                    self.schedule(message);
                }
            }
            Handling::Hold => self.hold(message),
            Handling::Duplicate => self.double(message, place, events),
            Handling::Release => {}
        }
    }

    /// A message's time has come: it is lost, or it arrives.
    pub(super) fn flight_ends(&mut self, message: u64, events: &mut Vec<Event>) {
        let Some(flight) = self.flights.get_mut(&message) else {
            return;
        };
        flight.slot = None;
        if let Some((_, why)) = flight.lost {
            let cause = flight.sent_by;
            return self.drop_flight(message, why, Some(cause), events);
        }
        let Endpoint::Node(to) = flight.to else {
            return self.deliver(message, events);
        };
        match self.machine_mut(to).status() {
            Status::Running => self.deliver(message, events),
            Status::Paused => self.wait_at(to, message),
            Status::Crashed => {
                let cause = self.flights.get(&message).map(|flight| flight.sent_by);
                self.drop_flight(message, DropReason::Down, cause, events);
            }
        }
    }

    /// A message is with its receiver, which sees it now.
    pub(super) fn deliver(&mut self, message: u64, events: &mut Vec<Event>) {
        let Some(flight) = self.flights.remove(&message) else {
            return;
        };
        self.network.put_down(&flight);
        let Flight { from, to, payload, sent_by, .. } = flight;
        let place = match to {
            Endpoint::Node(id) => self.on(id, Some(sent_by)),
            Endpoint::Client(_) => Place { cause: Some(sent_by), ..Place::default() },
        };
        let kind =
            EventKind::Deliver { message, from: from.clone(), to: to.clone(), payload: payload.clone() };
        let delivered = self.emit(place, kind, events);
        match (&*payload, &from, &to) {
            (Payload::Peer(message), _, Endpoint::Node(to)) => {
                self.drive(*to, Input::Message(message.clone()), Some(delivered), events);
            }
            (Payload::Request { client, request, op, since }, _, Endpoint::Node(to)) => {
                let (client, op) = (client.clone(), op.clone());
                let asked = Asked { client, request: *request, op, since: *since };
                self.ask(*to, asked, Some(delivered), events);
            }
            (Payload::Reply { request, answer, .. }, Endpoint::Node(from), Endpoint::Client(client)) => {
                self.client_hears(client, *from, *request, answer, delivered, events);
            }
            _ => unreachable!("a message for the wrong kind of receiver"),
        }
    }

    /// A message ends here.
    pub(super) fn drop_flight(
        &mut self,
        message: u64,
        why: DropReason,
        cause: Option<u64>,
        events: &mut Vec<Event>,
    ) {
        let Some(flight) = self.flights.remove(&message) else {
            return;
        };
        self.network.put_down(&flight);
        if let Some(slot) = flight.slot {
            self.agenda.remove(slot);
        }
        let place = Place { cause, ..Place::default() };
        let kind =
            EventKind::Drop { message, from: flight.from, to: flight.to, payload: flight.payload, why };
        self.emit(place, kind, events);
    }

    /// Does this to messages under way, the oldest first, and the rest of `count` to the next ones that are sent.
    pub(super) fn handle(
        &mut self,
        handling: Handling,
        pattern: Pattern,
        count: u32,
        cause: u64,
        events: &mut Vec<Event>,
    ) {
        let matching: Vec<u64> = self
            .flights
            .values()
            .filter(|flight| handling.concerns(flight) && pattern.matches(flight))
            .map(|flight| flight.id)
            .take(count as usize)
            .collect();
        for message in &matching {
            self.handle_one(handling, *message, cause, events);
        }
        let mut left = count - matching.len() as u32;
        if handling == Handling::Release {
            // What was to be kept back is not, after all.
            for order in &mut self.orders {
                if order.handling == Handling::Hold && order.pattern == pattern {
                    let spared = order.left.min(left);
                    order.left -= spared;
                    left -= spared;
                }
            }
            self.orders.retain(|order| order.left > 0);
        } else if left > 0 {
            self.orders.push(Order { handling, pattern, left });
        }
    }

    /// Does this to one message under way.
    pub(super) fn handle_one(
        &mut self,
        handling: Handling,
        message: u64,
        cause: u64,
        events: &mut Vec<Event>,
    ) {
        match handling {
            Handling::Drop => self.drop_flight(message, DropReason::ByHand, Some(cause), events),
            Handling::Hold => self.hold(message),
            Handling::Release => self.release(message),
            Handling::Duplicate => {
                let place = Place { cause: Some(cause), ..Place::default() };
                self.double(message, place, events);
            }
        }
    }

    /// A message begins its way, or ends at once where no more fit.
    fn launch(&mut self, flight: Flight, place: Place, events: &mut Vec<Event>) -> u64 {
        let id = self.next_message;
        self.next_message += 1;
        let kind = EventKind::Send {
            message: id,
            from: flight.from.clone(),
            to: flight.to.clone(),
            payload: flight.payload.clone(),
        };
        let sent_by = self.emit(place, kind, events);
        let flight = Flight { id, sent_by, ..flight };
        let fits = self.network.take_up(&flight);
        self.flights.insert(id, flight);
        if fits {
            self.schedule(id);
        } else {
            self.drop_flight(id, DropReason::Full, Some(sent_by), events);
        }
        id
    }

    /// Puts the next moment of a message on the agenda, or takes it off while the message stands still.
    fn schedule(&mut self, message: u64) {
        let Some(flight) = self.flights.get_mut(&message) else {
            return;
        };
        if let Some(slot) = flight.slot.take() {
            self.agenda.remove(slot);
        }
        if !flight.held() && !flight.waiting {
            let at = flight.ends_at().max(self.now);
            flight.slot = Some(self.agenda.add(at, Item::Flight(message)));
        }
    }

    fn hold(&mut self, message: u64) {
        let now = self.now;
        if let Some(flight) = self.flights.get_mut(&message) {
            flight.held_at.get_or_insert(now);
        }
        self.schedule(message);
    }

    fn release(&mut self, message: u64) {
        let now = self.now;
        if let Some(flight) = self.flights.get_mut(&message) {
            flight.go_on(now);
        }
        self.schedule(message);
    }

    /// A second message with the same words begins its way behind this one.
    fn double(&mut self, message: u64, place: Place, events: &mut Vec<Event>) {
        let Some(flight) = self.flights.get(&message) else {
            return;
        };
        let copy = Flight {
            arrives_at: self.now + flight.copy_latency,
            lost: None,
            held_at: None,
            slot: None,
            ..flight.clone()
        };
        if let Payload::Request { client, request, .. } | Payload::Reply { client, request, .. } =
            &*flight.payload
        {
            // Of two requests one may be refused and the other taken; a second refusal may be heard when the same
            // server has meanwhile taken another attempt.
            let client = client.clone();
            self.doubt(&client, *request);
        }
        let place = Place { cause: place.cause.or(Some(copy.sent_by)), ..place };
        self.launch(copy, place, events);
    }

    fn wait_at(&mut self, id: NodeId, message: u64) {
        if let Some(flight) = self.flights.get_mut(&message) {
            flight.waiting = true;
        }
        let process = self.machine_mut(id).process.as_mut();
        if let Some(waiting) = process.and_then(|process| process.waiting.as_mut()) {
            waiting.push(Waiting::Message(message));
        }
    }

    /// What was ordered to be done to a message like this one, the oldest order first.
    fn next_order(&mut self, message: u64) -> Option<Handling> {
        let flight = self.flights.get(&message)?;
        let place = self.orders.iter().position(|order| order.pattern.matches(flight))?;
        let order = &mut self.orders[place];
        let handling = order.handling;
        order.left -= 1;
        if order.left == 0 {
            self.orders.remove(place);
        }
        Some(handling)
    }
}

impl Handling {
    /// Whether it can be done to this message.
    pub(super) fn concerns(self, flight: &Flight) -> bool {
        flight.under_way()
            && match self {
                Handling::Drop | Handling::Duplicate => true,
                Handling::Hold => !flight.held(),
                Handling::Release => flight.held(),
            }
    }
}

impl Pattern {
    fn matches(&self, flight: &Flight) -> bool {
        let is = |wanted: Option<NodeId>, end: &Endpoint| {
            wanted.is_none_or(|wanted| *end == Endpoint::Node(wanted))
        };
        self.kind.is_none_or(|kind| kind == flight.payload.kind())
            && is(self.from, &flight.from)
            && is(self.to, &flight.to)
    }
}
