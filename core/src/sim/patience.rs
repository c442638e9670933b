//! What clients do: begin operations, follow hints, wait, try again, and in the end give up.

use super::agenda::Item;
use super::client::{Client, ClientPlace, Finished, Operation, Wish};
use super::event::{ClientAnswer, ClientError, Endpoint, Event, EventKind, Payload};
use super::world::{Place, World};
use crate::kv::{ClientId, Op, Outcome};
use crate::raft::{Index, NodeId};
use crate::time::Micros;

/// An operation without an answer for this long is given up.
const GIVE_UP_AFTER: Micros = Micros::from_millis(10_000);

/// An attempt without an answer for this long is followed by another, elsewhere; longer where messages are slow.
const ATTEMPT_MIN: Micros = Micros::from_millis(500);

/// How often a client follows a hint at once; after that it rests, since two servers may name each other.
const REDIRECTS_MAX: u32 = 3;

impl World {
    /// A client sends an operation that somebody asks for by hand, or keeps it until the one before is over.
    pub(super) fn request(&mut self, id: &ClientId, op: &Op, to: NodeId, events: &mut Vec<Event>) {
        let client = match self.client_place(id) {
            Some(place) => place,
            None => self.add_client(Client::by_hand(self.setup.seed, id.clone())),
        };
        let wish = Wish { op: op.clone(), to };
        self.client_mut(client).queue.push(wish);
        self.begin_next(client, events);
    }

    /// The time of a client's next own operation has come.
    pub(super) fn next_operation(&mut self, client: ClientPlace, events: &mut Vec<Event>) {
        self.begin_next(client, events);
    }

    /// A rest is over, or an answer has not come.
    pub(super) fn retry(&mut self, client: ClientPlace, events: &mut Vec<Event>) {
        let (now, nodes) = (self.now, self.servers());
        let this = self.client_mut(client);
        this.retry = None;
        let Some(operation) = &mut this.operation else {
            return;
        };
        operation.may_be_done |= operation.awaiting;
        operation.redirects = 0;
        if now >= operation.started_at + GIVE_UP_AFTER {
            let error = if operation.may_be_done { ClientError::Unknown } else { ClientError::Rejected };
            let cause = operation.invoked_by;
            return self.finish(client, Err(error), None, cause, events);
        }
        let (last, invoked_by) = (operation.to, operation.invoked_by);
        if operation.awaiting {
            this.believed_leader = None;
        }
        let to = match this.believed_leader {
            Some(leader) => leader,
            None => this.another_than(last, nodes),
        };
        self.attempt(client, to, invoked_by, events);
    }

    /// A server's answer has come.
    pub(super) fn client_hears(
        &mut self,
        id: &ClientId,
        from: NodeId,
        request: u64,
        answer: &ClientAnswer,
        cause: u64,
        events: &mut Vec<Event>,
    ) {
        let Some(client) = self.client_place(id) else {
            return;
        };
        let this = self.client_mut(client);
        let Some(operation) = this.operation.as_mut().filter(|it| it.request == request) else {
            return;
        };
        // An answer to an earlier attempt says nothing about the one under way.
        let is_of_last_attempt = operation.awaiting && operation.to == from;
        match answer {
            // Its session is open now. Nothing was done of a request that came without one; of another, perhaps.
            ClientAnswer::Done { outcome: Outcome::Expired(now), index } if is_of_last_attempt => {
                match this.since.replace(*now) {
                    None => self.attempt(client, from, cause, events),
                    Some(_) => {
                        let served_by = Some((from, *index));
                        self.finish(client, Err(ClientError::Unknown), served_by, cause, events);
                    }
                }
            }
            ClientAnswer::Done { outcome: Outcome::Expired(_), .. } => {}
            ClientAnswer::Done { outcome, index } => {
                // Followers answer reads, too.
                if !matches!(operation.op, Op::Get { .. }) {
                    this.believed_leader = Some(from);
                }
                let served_by = Some((from, *index));
                self.finish(client, Ok(outcome.clone()), served_by, cause, events);
            }
            ClientAnswer::NotLeader { leader } if is_of_last_attempt => {
                this.believed_leader = leader.filter(|leader| *leader != from);
                match this.believed_leader {
                    Some(leader) if operation.redirects < REDIRECTS_MAX => {
                        operation.redirects += 1;
                        self.attempt(client, leader, cause, events);
                    }
                    _ => self.rest(client),
                }
            }
            ClientAnswer::Unknown if is_of_last_attempt => {
                operation.may_be_done = true;
                this.believed_leader = None;
                self.rest(client);
            }
            ClientAnswer::Unknown => operation.may_be_done = true,
            ClientAnswer::NotLeader { .. } => {}
        }
    }

    /// Some server may take this request without the client hearing of it.
    pub(super) fn doubt(&mut self, id: &ClientId, request: u64) {
        if let Some(client) = self.client_place(id) {
            let operation = self.client_mut(client).operation.as_mut();
            if let Some(operation) = operation.filter(|operation| operation.request == request) {
                operation.may_be_done = true;
            }
        }
    }

    /// Begins what was asked for by hand, else an own operation that is due, unless one is under way.
    fn begin_next(&mut self, client: ClientPlace, events: &mut Vec<Event>) {
        let (now, nodes) = (self.now, self.servers());
        let this = self.client_mut(client);
        if this.operation.is_some() {
            return;
        }
        if !this.queue.is_empty() {
            let Wish { op, to } = this.queue.remove(0);
            return self.begin(client, op, to, events);
        }
        if this.next_own_at.is_none_or(|at| at > now) {
            return;
        }
        this.next_own_at = None;
        if let Some((every, op)) = this.draw_op() {
            let to = this.whom_to_ask(nodes);
            let next = now + every.max(Micros(1));
            this.next_own_at = Some(next);
            self.agenda.add(next, Item::NextOperation(client));
            self.begin(client, op, to, events);
        }
    }

    fn begin(&mut self, client: ClientPlace, op: Op, to: NodeId, events: &mut Vec<Event>) {
        let this = self.client_mut(client);
        let request = this.next_request();
        let kind = EventKind::Invoke { client: this.id().clone(), request, op: op.clone() };
        let invoked_by = self.emit(Place::default(), kind, events);
        let started_at = self.now;
        self.client_mut(client).operation = Some(Operation {
            request,
            op,
            attempts: 0,
            started_at,
            to,
            awaiting: false,
            may_be_done: false,
            redirects: 0,
            invoked_by,
        });
        self.attempt(client, to, invoked_by, events);
    }

    /// Sends the request of the operation under way.
    fn attempt(&mut self, client: ClientPlace, to: NodeId, cause: u64, events: &mut Vec<Event>) {
        let this = self.client_mut(client);
        let id = this.id().clone();
        let Some(operation) = &mut this.operation else {
            return;
        };
        operation.attempts += 1;
        operation.to = to;
        operation.awaiting = true;
        let (request, op, since) = (operation.request, operation.op.clone(), this.since);
        let payload = Payload::Request { client: id.clone(), request, op, since };
        let place = Place { cause: Some(cause), ..Place::default() };
        self.send(Endpoint::Client(id), Endpoint::Node(to), payload, place, events);
        let slowest = self.network.default_setup().latency.1;
        self.retry_in(client, ATTEMPT_MIN.max(Micros(slowest.0.saturating_mul(6))));
    }

    fn rest(&mut self, client: ClientPlace) {
        let this = self.client_mut(client);
        let span = this.backoff();
        if let Some(operation) = &mut this.operation {
            operation.awaiting = false;
        }
        self.retry_in(client, span);
    }

    /// The operation under way is looked at again after this span, or when it is to be given up.
    fn retry_in(&mut self, client: ClientPlace, span: Micros) {
        let now = self.now;
        let this = self.client_mut(client);
        let before = this.retry.take();
        let give_up_at =
            this.operation.as_ref().map_or(now, |operation| operation.started_at + GIVE_UP_AFTER);
        if let Some(slot) = before {
            self.agenda.remove(slot);
        }
        let at = (now + span).min(give_up_at).max(now);
        self.client_mut(client).retry = Some(self.agenda.add(at, Item::Retry(client)));
    }

    fn finish(
        &mut self,
        client: ClientPlace,
        result: Result<Outcome, ClientError>,
        served_by: Option<(NodeId, Index)>,
        cause: u64,
        events: &mut Vec<Event>,
    ) {
        let ended_at = self.now;
        let this = self.client_mut(client);
        let Some(operation) = this.operation.take() else {
            return;
        };
        let retry = this.retry.take();
        let finished = Finished {
            request: operation.request,
            op: operation.op,
            started_at: operation.started_at,
            ended_at,
            result,
            served_by,
        };
        let kind = EventKind::Return {
            client: this.id().clone(),
            request: finished.request,
            op: finished.op.clone(),
            result: finished.result.clone(),
            served_by,
        };
        this.finish(finished);
        if let Some(slot) = retry {
            self.agenda.remove(slot);
        }
        let place = Place { cause: Some(cause), ..Place::default() };
        self.emit(place, kind, events);
        self.begin_next(client, events);
    }

    /// How many servers there are to ask, those included that came later.
    fn servers(&self) -> u32 {
        self.machines.len() as u32
    }

    fn client_place(&self, id: &ClientId) -> Option<ClientPlace> {
        self.clients.iter().position(|client| client.id() == id).map(ClientPlace)
    }

    fn client_mut(&mut self, place: ClientPlace) -> &mut Client {
        &mut self.clients[place.0]
    }
}
