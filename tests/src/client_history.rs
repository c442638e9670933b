//! Histories of clients made up or read from elsewhere, for the check of linearizability and for an outside judge.

use std::sync::Arc;

use mini_raft_core::check::{Checks, Property};
use mini_raft_core::kv::{ClientId, Op, Outcome};
use mini_raft_core::raft::Term;
use mini_raft_core::rng::Rng;
use mini_raft_core::sim::event::ClientError;
use mini_raft_core::sim::{Event, EventKind, Setup};
use mini_raft_core::time::Micros;

/// What clients did and saw, in the order of time. A client does one thing at a time, and nothing more after an
/// operation that was never answered.
pub type ClientHistory = Vec<Happening>;

/// An operation begins or ends.
#[derive(Clone, Debug)]
pub enum Happening {
    /// This client begins an operation.
    Begins(u32, Op),
    /// The operation of this client ends.
    Ends(u32, Result<Outcome, ClientError>),
}

/// What is said of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Some order explains it.
    Linearizable,
    /// No order does.
    Broken,
    /// The search was given up.
    Undecided,
}

/// An operation with its beginning, and its end if it has one.
#[derive(Clone, Debug)]
pub struct Whole {
    /// Whose.
    pub client: u32,
    /// What.
    pub op: Op,
    /// The place of its beginning in the history.
    pub begins: usize,
    /// The place of its end, and how it ended.
    pub ends: Option<(usize, Result<Outcome, ClientError>)>,
}

/// What the core's check says.
pub fn verdict(history: &[Happening]) -> Verdict {
    let mut checks = Checks::new(&Setup::default());
    let mut under_way: Vec<(u32, u64, Op)> = Vec::new();
    for (seq, happening) in (0..).zip(history) {
        let kind = match happening {
            Happening::Begins(client, op) => {
                under_way.push((*client, seq, op.clone()));
                EventKind::Invoke { client: id(*client), request: seq, op: op.clone() }
            }
            Happening::Ends(client, result) => {
                let place = under_way.iter().position(|(other, ..)| other == client).expect("it has begun");
                let (_, request, op) = under_way.remove(place);
                EventKind::Return {
                    client: id(*client),
                    request,
                    op,
                    result: result.clone(),
                    served_by: None,
                }
            }
        };
        checks.observe(&Event { seq, at: Micros(seq), cause: None, node: None, term: Term::ZERO, kind });
    }
    match checks.status(Property::Linearizability).holds() {
        false => Verdict::Broken,
        true if checks.undecided() > 0 => Verdict::Undecided,
        true => Verdict::Linearizable,
    }
}

/// The operations of a history, in the order of their beginnings.
pub fn operations(history: &[Happening]) -> Vec<Whole> {
    let mut operations: Vec<Whole> = Vec::new();
    for (place, happening) in history.iter().enumerate() {
        match happening {
            Happening::Begins(client, op) => {
                operations.push(Whole { client: *client, op: op.clone(), begins: place, ends: None });
            }
            Happening::Ends(client, result) => {
                let operation = operations.iter_mut().rev().find(|it| it.client == *client);
                operation.expect("it has begun").ends = Some((place, result.clone()));
            }
        }
    }
    operations
}

/// Where one client sits, and another one after it has given up.
struct Seat {
    client: u32,
    /// Its operation, and what it came to once it has taken effect.
    under_way: Option<(Op, Option<Outcome>)>,
}

/// Clients that work on one key, whose operations take effect at a moment between their beginning and their end. A few
/// are never answered, and take effect later or not at all; a few are rejected.
pub fn made_up(rng: &mut Rng) -> ClientHistory {
    let clients = rng.between(2, 5);
    let length = rng.between(10, 120);
    let never_answered = if rng.chance(0.5) { 0.05 } else { 0.0 };
    let mut value: Option<Arc<str>> = None;
    let mut history = Vec::new();
    let mut next_client = clients as u32;
    let mut seats: Vec<Seat> = (0..next_client).map(|client| Seat { client, under_way: None }).collect();
    let mut late: Vec<Op> = Vec::new();
    while (history.len() as u64) < length {
        if !late.is_empty() && rng.chance(0.2) {
            apply(&mut value, &late.swap_remove(rng.below(late.len() as u64) as usize));
        }
        let Seat { client, under_way } = &mut seats[rng.below(clients) as usize];
        match under_way.take() {
            None => {
                let op = some_op(&value, history.len(), rng);
                history.push(Happening::Begins(*client, op.clone()));
                *under_way = Some((op, None));
            }
            Some((op, None)) if rng.chance(never_answered) => {
                history.push(Happening::Ends(*client, Err(ClientError::Unknown)));
                if rng.chance(0.5) {
                    late.push(op);
                }
                *client = next_client;
                next_client += 1;
            }
            Some((_, None)) if rng.chance(0.02) => {
                history.push(Happening::Ends(*client, Err(ClientError::Rejected)));
            }
            Some((op, None)) => {
                let outcome = apply(&mut value, &op);
                *under_way = Some((op, Some(outcome)));
            }
            Some((_, Some(outcome))) => history.push(Happening::Ends(*client, Ok(outcome))),
        }
    }
    history
}

/// Something is wrong with the history, perhaps so that no order explains it: an outcome is another one, or two
/// neighbours change places.
pub fn spoil(history: &mut [Happening], rng: &mut Rng) {
    for _ in 0..100 {
        let place = rng.below(history.len() as u64) as usize;
        let value = history[rng.below(place as u64 + 1) as usize..].iter().find_map(|it| match it {
            Happening::Begins(_, Op::Set { value, .. }) => Some(value.clone()),
            Happening::Ends(_, Ok(Outcome::Value(value))) => value.clone(),
            _ => None,
        });
        match &mut history[place] {
            Happening::Ends(_, Ok(Outcome::Value(found))) if *found != value => {
                *found = value;
                return;
            }
            Happening::Ends(_, Ok(Outcome::Swapped(swapped))) => {
                *swapped = !*swapped;
                return;
            }
            Happening::Ends(_, result) if rng.chance(0.1) => {
                *result = Err(ClientError::Rejected);
                return;
            }
            _ => {}
        }
    }
}

fn some_op(value: &Option<Arc<str>>, number: usize, rng: &mut Rng) -> Op {
    let key = "k".into();
    let new = Arc::from(format!("{number} "));
    match rng.below(10) {
        0..=3 => Op::Get { key },
        4 | 5 => Op::Set { key, value: new },
        6 => Op::Delete { key },
        7 => Op::Cas { key, expected: if rng.chance(0.8) { value.clone() } else { None }, value: new },
        _ => Op::Append { key, value: new },
    }
}

/// What the operation comes to where the key holds this, and what the key holds then.
pub fn apply(value: &mut Option<Arc<str>>, op: &Op) -> Outcome {
    match op {
        Op::Get { .. } => return Outcome::Value(value.clone()),
        Op::Set { value: new, .. } => *value = Some(new.clone()),
        Op::Delete { .. } => *value = None,
        Op::Cas { expected, value: new, .. } => {
            let swapped = value == expected;
            if swapped {
                *value = Some(new.clone());
            }
            return Outcome::Swapped(swapped);
        }
        Op::Append { value: more, .. } => {
            *value = Some(Arc::from(format!("{}{more}", value.as_deref().unwrap_or_default())));
        }
    }
    Outcome::Done
}

fn id(client: u32) -> ClientId {
    ClientId::new(&format!("c{client}"))
}
