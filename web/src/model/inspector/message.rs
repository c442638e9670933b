//! A message: every field, in the paper's words, and why it was sent.

use mini_raft_core::raft::Term;
use mini_raft_core::sim::{Endpoint, Event, EventKind, Payload, World};
use mini_raft_core::time::Micros;

use super::{BECAUSE, Field, InspectorView, Past, Related, Section, Why};
use crate::model::causes::because;
use crate::text;

/// The message, under way or not long ago; else nothing.
pub(super) fn view(world: &World, past: Past, id: u64) -> Option<InspectorView> {
    if let Some(flight) = world.flight(id) {
        let state = if flight.held() {
            "kept back by hand".to_owned()
        } else if flight.waiting {
            format!("waits at {}, which stands still", flight.to)
        } else {
            format!("arrives at {}", text::moment(flight.arrives_at))
        };
        let sent = past.event(flight.sent_by);
        return Some(view_of(
            Told { id, from: &flight.from, to: &flight.to, payload: &flight.payload, state },
            past,
            sent,
        ));
    }
    past.events.iter().rev().find_map(|event| match &event.kind {
        EventKind::Deliver { message, from, to, payload } if *message == id => {
            let state = format!("arrived at {}", text::moment(event.at));
            Some(view_of(Told { id, from, to, payload, state }, past, sending(past, event)))
        }
        EventKind::Drop { message, from, to, payload, .. } if *message == id => {
            let state = format!("lost at {}: {}", text::moment(event.at), text::event(event));
            Some(view_of(Told { id, from, to, payload, state }, past, sending(past, event)))
        }
        _ => None,
    })
}

/// What is told of a message, wherever it is.
struct Told<'a> {
    id: u64,
    from: &'a Endpoint,
    to: &'a Endpoint,
    payload: &'a Payload,
    state: String,
}

fn view_of(told: Told, past: Past, sent: Option<&Event>) -> InspectorView {
    let Told { id, from, to, payload, state } = told;
    let mut way = vec![Field::new("from", from), Field::new("to", to)];
    way.extend(sent.map(|event| Field::new("sent", format!("at {}", text::moment(event.at)))));
    way.push(Field::new("now", state));
    let term = term_of(payload);
    let fields = text::message_fields(payload)
        .into_iter()
        .map(|(name, value)| Field { term: term.filter(|_| name == "term"), ..Field::new(name, value) })
        .collect();
    InspectorView {
        title: format!("message {id}"),
        heading: text::message_name(payload),
        term,
        why: Some(Why {
            question: text::message(payload),
            answer: sent.and_then(|event| reason(past, event)).unwrap_or_default(),
            rule: None,
            event: sent.map(|event| event.seq),
        }),
        related: sent.into_iter().flat_map(|event| reasons(past, event)).collect(),
        sections: vec![
            Section { title: "Fields", note: "in the paper's words", fields },
            Section { title: "On its way", note: "", fields: way },
        ],
        ..InspectorView::default()
    }
}

/// What led to its sending, to go to.
fn reasons(past: Past, sent: &Event) -> Vec<Related> {
    let line = |event: &Event, how| Related { event: event.seq, how, text: text::event(event) };
    let because = because(past, sent).map(|event| line(event, BECAUSE));
    because.into_iter().chain([line(sent, "Sent")]).collect()
}

/// Why it was sent.
fn reason(past: Past, sent: &Event) -> Option<String> {
    let cause = because(past, sent)?;
    let ago: Micros = sent.at - cause.at;
    let when = if ago == Micros::ZERO { String::new() } else { format!(" ({} before)", text::span(ago)) };
    Some(format!("It was sent because of this{when}: {}", text::event(cause)))
}

/// The event with which a message that has ended began.
fn sending<'a>(past: Past<'a>, ended: &Event) -> Option<&'a Event> {
    past.event(ended.cause?).filter(|event| matches!(event.kind, EventKind::Send { .. }))
}

fn term_of(payload: &Payload) -> Option<u64> {
    match payload {
        Payload::Peer(message) => Some(message.term).filter(|term| *term > Term::ZERO).map(|term| term.0),
        Payload::Request { .. } | Payload::Reply { .. } => None,
    }
}
