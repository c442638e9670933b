//! An event: what happened, why, what led to it and what it led to.

use mini_raft_core::sim::{Event, EventKind};

use super::{Field, InspectorView, Past, Related, Section, Why};
use crate::text;

/// Consequences that are listed.
const LED_TO_MAX: usize = 12;

/// The event, or nothing if it is no longer remembered.
pub(super) fn view(past: Past, seq: u64) -> Option<InspectorView> {
    let event = past.event(seq)?;
    let why = match &event.kind {
        EventKind::Fact(fact) => {
            Why { question: text::event(event), answer: String::new(), rule: Some(fact.clause().into()) }
        }
        _ => Why { question: text::event(event), answer: String::new(), rule: None },
    };
    let mut fields = vec![Field::new("time", text::moment(event.at))];
    if let Some(node) = event.node {
        fields.push(Field::new("node", node));
        fields.push(Field::of_term("current_term", event.term, event.term.0));
    }
    fields.push(Field::new("number", event.seq));
    Some(InspectorView {
        title: format!("event {seq}"),
        heading: match event.node {
            Some(node) => format!("{node}, at {}", text::moment(event.at)),
            None => format!("At {}", text::moment(event.at)),
        },
        term: event.node.map(|_| event.term.0),
        why: Some(why),
        sections: vec![Section { title: "Event", note: "", fields }],
        related: related(past, event),
        ..InspectorView::default()
    })
}

fn related(past: Past, event: &Event) -> Vec<Related> {
    let cause = event.cause.and_then(|cause| past.event(cause));
    let causes = cause.into_iter().map(|cause| to(cause, "Caused by"));
    let led_to = past
        .events
        .iter()
        .filter(|later| later.cause == Some(event.seq))
        .take(LED_TO_MAX)
        .map(|later| to(later, "Led to"));
    causes.chain(led_to).collect()
}

fn to(event: &Event, how: &'static str) -> Related {
    Related { event: event.seq, how, text: text::event(event) }
}
