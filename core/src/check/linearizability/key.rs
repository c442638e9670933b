//! The search for an order of the operations on one key, which goes on with every operation.
//!
//! Wing and Gong's search, remembering where it has been, in the just-in-time form of Lowe (2017): all that may be so at
//! this moment is kept, and an operation is put into the order no sooner than its end, or the end of another one that
//! it may have come before, asks for it. When an operation ends, only what explains its outcome is left; when nothing
//! is left, no order explains what the clients saw.

use std::fmt;
use std::sync::Arc;

use crate::kv::{ClientId, Op, Outcome, Quoted};

/// So many operations on one key can be under way, those that were never answered included.
const UNDER_WAY_MAX: usize = u64::BITS as usize;

/// So many possibilities are looked at for one end of an operation.
const POSSIBILITIES_MAX: usize = 1_000;

/// So many of the last changes are told as evidence.
const TOLD: usize = 3;

/// What an event says of a history.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// Some order explains all so far, or the search was given up before.
    Explained,
    /// No order does; this tells why.
    Impossible(String),
    /// The search is given up here: too much is possible.
    Undecided,
}

/// An operation of a client.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) client: ClientId,
    pub(super) request: u64,
    pub(super) op: Op,
}

/// The history of one key.
#[derive(Clone, Debug)]
pub(super) struct Key {
    /// The operations under way; each keeps its place.
    under_way: Vec<Option<UnderWay>>,
    /// All that may be so now. Empty if that is not known: after an outcome that nothing explains, and after giving
    /// up.
    possible: Vec<Possibility>,
    /// How many operations have ended.
    ended: u64,
    /// Too many operations were under way to follow them all: nothing will be said of this key any more.
    blind: bool,
}

#[derive(Clone, Debug)]
struct UnderWay {
    operation: Arc<Operation>,
    /// How many had ended before it began.
    began_after: u64,
    /// Its client has given up waiting.
    never_answered: bool,
}

/// What may be so: some order of operations explains all outcomes so far and leads here.
#[derive(Clone, Debug)]
struct Possibility {
    /// What the key holds.
    value: Option<Arc<str>>,
    /// The changes under way that have taken effect: bits by place.
    done: u64,
    /// By place, what a read under way may have seen since it began; for a compare-and-set, `None` if it may have
    /// failed.
    seen: Vec<(usize, Option<Arc<str>>)>,
    /// The last changes of the order, the newest last.
    last: [Option<Arc<Operation>>; TOLD],
}

/// What is asked of an order when an operation ends.
#[derive(Clone, Copy)]
enum End<'a> {
    /// It came to this.
    Answered(&'a Outcome),
    /// It was not done.
    Rejected,
    /// It was done by now, or never will be.
    Over,
}

impl Default for Key {
    fn default() -> Key {
        Key { under_way: Vec::new(), possible: vec![Possibility::of(None)], ended: 0, blind: false }
    }
}

impl Key {
    pub(super) fn begins(&mut self, operation: Operation) -> Judgement {
        let place = self.under_way.iter().position(Option::is_none).unwrap_or(self.under_way.len());
        if self.blind || place == UNDER_WAY_MAX {
            self.possible.clear();
            return if std::mem::replace(&mut self.blind, true) {
                Judgement::Explained
            } else {
                Judgement::Undecided
            };
        }
        if place == self.under_way.len() {
            self.under_way.push(None);
        }
        for possibility in &mut self.possible {
            possibility.look(place, &operation.op);
        }
        let operation = Arc::new(operation);
        self.under_way[place] = Some(UnderWay { operation, began_after: self.ended, never_answered: false });
        Judgement::Explained
    }

    /// The client has given up waiting. Returns whether the operation may still change something.
    pub(super) fn never_answered(&mut self, client: &ClientId, request: u64) -> bool {
        let Some(place) = self.place(client, request) else { return false };
        for possibility in &mut self.possible {
            possibility.seen.retain(|(of, _)| *of != place);
        }
        match &mut self.under_way[place] {
            Some(UnderWay { operation, never_answered, .. }) if !matches!(operation.op, Op::Get { .. }) => {
                *never_answered = true;
                self.forget_dominated();
                true
            }
            read => {
                *read = None;
                false
            }
        }
    }

    pub(super) fn answered(&mut self, client: &ClientId, request: u64, outcome: &Outcome) -> Judgement {
        match outcome {
            Outcome::Done | Outcome::Value(_) | Outcome::Swapped(_) => {
                self.ends(client, request, End::Answered(outcome))
            }
            // What came of it is forgotten: it was done before, or it was not.
            Outcome::Stale | Outcome::Malformed | Outcome::Expired(_) => self.over(client, request),
        }
    }

    /// The operation was certainly not done.
    pub(super) fn rejected(&mut self, client: &ClientId, request: u64) -> Judgement {
        self.ends(client, request, End::Rejected)
    }

    /// If the operation was not done by now, it never will be.
    pub(super) fn over(&mut self, client: &ClientId, request: u64) -> Judgement {
        self.ends(client, request, End::Over)
    }

    fn ends(&mut self, client: &ClientId, request: u64, end: End<'_>) -> Judgement {
        let Some(place) = self.place(client, request) else { return Judgement::Explained };
        let ended = self.ended;
        self.ended += 1;
        if self.possible.is_empty() {
            if let Some(UnderWay { began_after, .. }) = self.under_way[place].take()
                && let End::Answered(Outcome::Value(value)) = end
                && began_after == ended
                && !self.blind
                && self.under_way.iter().flatten().all(|it| it.never_answered)
            {
                // Nothing else happened while this was read: it is known again what the key holds.
                self.possible = vec![Possibility::of(value.clone())];
            }
            return Judgement::Explained;
        }
        let judgement = self.search(place, end);
        self.under_way[place] = None;
        if judgement != Judgement::Explained {
            self.possible.clear();
        }
        judgement
    }

    /// Leaves all that explains the end of the operation at this place, and no more.
    fn search(&mut self, place: usize, end: End<'_>) -> Judgement {
        let mut to_try = std::mem::take(&mut self.possible);
        if let End::Over = end {
            // That it never will be done needs no other operation to have been done.
            to_try.iter().filter(|it| it.done & 1 << place == 0).for_each(|it| self.add(it.clone()));
        }
        let mut tried = 0;
        while let Some(possibility) = to_try.get(tried) {
            let before = possibility.clone();
            tried += 1;
            let (explains, go_on) = self.explains(&before, place, end);
            if let Some(mut after) = explains {
                after.done &= !(1 << place);
                after.seen.retain(|(of, _)| *of != place);
                self.add(after);
            }
            if go_on {
                for other in (0..self.under_way.len()).filter(|other| *other != place) {
                    if let Some(next) = self.change(&before, other)
                        && !to_try.iter().any(|known| self.dominates(known, &next))
                    {
                        to_try.push(next);
                    }
                }
            }
            if to_try.len() > POSSIBILITIES_MAX {
                return Judgement::Undecided;
            }
        }
        if self.possible.is_empty() {
            return Judgement::Impossible(self.why(place, end, &to_try));
        }
        Judgement::Explained
    }

    /// What may be so after this end if `before` was so before it, if anything; and whether other operations that
    /// took effect before this end may explain it too.
    fn explains(&self, before: &Possibility, place: usize, end: End<'_>) -> (Option<Possibility>, bool) {
        let is_done = before.done & 1 << place != 0;
        let saw =
            |value: &Option<Arc<str>>| before.seen.iter().any(|(of, seen)| *of == place && seen == value);
        let as_it_is = |explains: bool| explains.then(|| before.clone());
        match end {
            End::Rejected => (as_it_is(!is_done), false),
            End::Over if is_done => (as_it_is(true), false),
            End::Over => (self.change(before, place), true),
            End::Answered(Outcome::Value(value)) => (as_it_is(saw(value)), !saw(value)),
            End::Answered(Outcome::Swapped(false)) => {
                (as_it_is(!is_done && saw(&None)), !is_done && !saw(&None))
            }
            End::Answered(_) if is_done => (as_it_is(true), false),
            End::Answered(_) => (self.change(before, place), true),
        }
    }

    /// What is so after the change at this place, if it has not taken effect yet and can.
    fn change(&self, before: &Possibility, place: usize) -> Option<Possibility> {
        let UnderWay { operation, .. } = self.under_way[place].as_ref()?;
        if before.done & 1 << place != 0 || self.is_too_late(before, operation) {
            return None;
        }
        let value = match &operation.op {
            Op::Get { .. } => return None,
            Op::Set { value, .. } => Some(value.clone()),
            Op::Delete { .. } => None,
            Op::Cas { expected, value, .. } => {
                if *expected != before.value {
                    return None;
                }
                Some(value.clone())
            }
            Op::Append { value, .. } => match &before.value {
                Some(longer) => Some(Arc::from([longer, &**value].concat())),
                None => Some(value.clone()),
            },
        };
        let mut after = Possibility { value, ..before.clone() };
        after.done |= 1 << place;
        after.last.rotate_left(1);
        after.last[TOLD - 1] = Some(operation.clone());
        for (other, under_way) in self.under_way.iter().enumerate() {
            if let Some(UnderWay { operation, never_answered: false, .. }) = under_way {
                after.look(other, &operation.op);
            }
        }
        Some(after)
    }

    /// Whether a later request of the same client has taken effect: servers then ignore this one (thesis 6.3).
    fn is_too_late(&self, before: &Possibility, operation: &Operation) -> bool {
        self.under_way.iter().enumerate().any(|(other, it)| {
            before.done & 1 << other != 0
                && it.as_ref().is_some_and(|it| {
                    it.operation.client == operation.client && it.operation.request > operation.request
                })
        })
    }

    fn add(&mut self, new: Possibility) {
        if !self.possible.iter().any(|known| self.dominates(known, &new)) {
            let mut possible = std::mem::take(&mut self.possible);
            possible.retain(|known| !self.dominates(&new, known));
            possible.push(new);
            self.possible = possible;
        }
    }

    fn forget_dominated(&mut self) {
        for possibility in std::mem::take(&mut self.possible) {
            self.add(possibility);
        }
    }

    /// Whether whatever `other` can explain later, `one` can explain as well: it holds the same, and has used up no more
    /// of the changes that need not be done at all.
    fn dominates(&self, one: &Possibility, other: &Possibility) -> bool {
        let more = other.done & !one.done;
        let need_not = |(place, it): (usize, &Option<UnderWay>)| {
            more & 1 << place == 0 || it.as_ref().is_some_and(|it| it.never_answered)
        };
        one.done & !other.done == 0
            && one.value == other.value
            && (more == 0 || self.under_way.iter().enumerate().all(need_not))
            && other.seen.iter().all(|seen| one.seen.contains(seen))
    }

    fn place(&self, client: &ClientId, request: u64) -> Option<usize> {
        self.under_way.iter().position(|it| {
            it.as_ref().is_some_and(|it| it.operation.client == *client && it.operation.request == request)
        })
    }

    /// The evidence: what this came to, what it could have come to, and an order that explains all before it.
    fn why(&self, place: usize, end: End<'_>, tried: &[Possibility]) -> String {
        let Some(UnderWay { operation, .. }) = &self.under_way[place] else { return String::new() };
        let mut values: Vec<String> = Vec::new();
        for possibility in tried {
            let seen = possibility.seen.iter().filter(|(of, _)| *of == place).map(|(_, seen)| seen);
            let is_read = matches!(operation.op, Op::Get { .. });
            for value in seen.filter(|_| is_read).chain([&possibility.value]) {
                let value = shown(value);
                if !values.contains(&value) {
                    values.push(value);
                }
            }
        }
        values.truncate(TOLD);
        let came_to = match end {
            End::Answered(outcome) => format!("came to {outcome}"),
            End::Rejected | End::Over => "was rejected".to_owned(),
        };
        let others = self.under_way.iter().flatten().count() - 1;
        let mut why = format!(
            "{operation} {came_to}; in whatever order the {others} other operations under way took effect, the key \
             held {}",
            values.join(" or ")
        );
        let order: Vec<String> = tried[0].last.iter().flatten().map(|change| change.to_string()).collect();
        if !order.is_empty() {
            why.push_str(". The order that explains all before it ends with ");
            why.push_str(&order.join(", "));
        }
        why.push('.');
        why
    }
}

impl Possibility {
    /// The key holds this, and nothing under way has taken effect.
    fn of(value: Option<Arc<str>>) -> Possibility {
        Possibility { value, done: 0, seen: Vec::new(), last: [const { None }; TOLD] }
    }

    /// A read or compare-and-set under way may take place now.
    fn look(&mut self, place: usize, op: &Op) {
        let seen = match op {
            Op::Get { .. } => (place, self.value.clone()),
            Op::Cas { expected, .. } if *expected != self.value => (place, None),
            _ => return,
        };
        if !self.seen.contains(&seen) {
            self.seen.push(seen);
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}'s request {} ", self.client, self.request)?;
        match &self.op {
            Op::Get { .. } => f.write_str("(get)"),
            Op::Set { value, .. } => write!(f, "(set {})", Quoted(value)),
            Op::Delete { .. } => f.write_str("(delete)"),
            Op::Cas { expected, value, .. } => write!(f, "(from {} to {})", shown(expected), Quoted(value)),
            Op::Append { value, .. } => write!(f, "(append {})", Quoted(value)),
        }
    }
}

fn shown(value: &Option<Arc<str>>) -> String {
    match value {
        Some(value) => Quoted(value).to_string(),
        None => "nothing".to_owned(),
    }
}
