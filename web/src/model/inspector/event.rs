//! An event: what happened, by which rule, what it rests on, back to what began it, and what it led to.

use mini_raft_core::raft::Fact;
use mini_raft_core::sim::{Event, EventKind};

use super::{BECAUSE, ChainView, Field, InspectorView, LED_TO, Past, Related, RuleView, Section, Why};
use crate::model::causes::{because, chain, effects, grounds};
use crate::text;

/// Consequences that are listed.
const LED_TO_MAX: usize = 12;
/// Steps of a chain that are listed: the nearest ones, and the first ones.
const NEAR_MAX: usize = 6;
const FAR_MAX: usize = 2;

const LOSSES: RuleView = RuleView {
    section: "§2",
    rule: "Safety never depends on the network: messages may be delayed, lost, duplicated and reordered.",
};
const STABLE: RuleView = RuleView {
    section: "Figure 2, State",
    rule: "Persistent state is updated on stable storage before responding to RPCs.",
};
const APPLIES: RuleView = RuleView {
    section: "Figure 2, All Servers",
    rule: "If commitIndex > lastApplied: increment lastApplied, apply log[lastApplied] to the state machine.",
};
const LOST_IN_A_CRASH: RuleView = RuleView {
    section: "Figure 2, State",
    rule: "currentTerm, votedFor and log[] are on stable storage; all else is lost and learnt again.",
};
const STARTS: RuleView =
    RuleView { section: "§5.2", rule: "When servers start up, they begin as followers." };

/// The event, or nothing if it is no longer remembered.
pub(super) fn view(past: Past, seq: u64) -> Option<InspectorView> {
    let event = past.event(seq)?;
    let mut fields = vec![Field::new("time", text::moment(event.at))];
    if let Some(node) = event.node {
        fields.push(Field::new("node", node));
        fields.push(Field::of_term("current_term", event.term, event.term.0));
    }
    fields.push(Field::new("number", event.seq));
    let mut sections = vec![Section { title: "Event", note: "", fields }];
    sections.extend(message(&event.kind));
    Some(InspectorView {
        title: format!("event {seq}"),
        heading: match event.node {
            Some(node) => format!("{node}, at {}", text::moment(event.at)),
            None => format!("At {}", text::moment(event.at)),
        },
        term: event.node.map(|_| event.term.0),
        why: Some(Why {
            question: text::event(event),
            answer: String::new(),
            rule: rule(past, event),
            event: None,
        }),
        sections,
        related: related(past, event),
        chain: Some(chain_view(past, event)),
        ..InspectorView::default()
    })
}

/// The rule behind an event: that of its fact, or of the fact of the same step that explains it.
pub(super) fn rule(past: Past, event: &Event) -> Option<RuleView> {
    match &event.kind {
        EventKind::Fact(fact) => Some(fact.clause().into()),
        EventKind::Drop { .. } => Some(LOSSES),
        EventKind::Sync { .. } | EventKind::Vote { .. } => Some(STABLE),
        EventKind::Apply { .. } => Some(APPLIES),
        EventKind::Crash { .. } | EventKind::Wipe => Some(LOST_IN_A_CRASH),
        EventKind::Restart { .. } => Some(STARTS),
        EventKind::Send { .. }
        | EventKind::Append { .. }
        | EventKind::Truncate { .. }
        | EventKind::Commit { .. }
        | EventKind::Snapshot { .. } => because(past, event).and_then(|fact| match &fact.kind {
            EventKind::Fact(fact) => Some(fact.clause().into()),
            _ => None,
        }),
        _ => None,
    }
}

/// The fields of the message that an event is about.
fn message(kind: &EventKind) -> Option<Section> {
    let (EventKind::Send { payload, .. }
    | EventKind::Deliver { payload, .. }
    | EventKind::Drop { payload, .. }) = kind
    else {
        return None;
    };
    let fields = text::message_fields(payload).into_iter().map(|(name, value)| Field::new(name, value));
    Some(Section { title: "Message", note: "in the paper's words", fields: fields.collect() })
}

fn related(past: Past, event: &Event) -> Vec<Related> {
    let causes = grounds(past, event).into_iter().map(|ground| to(ground, BECAUSE));
    let led_to = effects(past, event, LED_TO_MAX).into_iter().map(|effect| to(effect, LED_TO));
    causes.chain(led_to).collect()
}

fn chain_view(past: Past, event: &Event) -> ChainView {
    // The event itself is on top already.
    let chain = chain(past, event);
    let told: Vec<&Event> =
        chain.events.into_iter().skip(1).filter(|event| tells_something(&event.kind)).collect();
    let left_out = told.len().saturating_sub(NEAR_MAX + FAR_MAX);
    let is_shown = |place: &usize| *place < NEAR_MAX || *place >= NEAR_MAX + left_out;
    let steps = (0..told.len()).filter(is_shown).map(|place| Related {
        event: told[place].seq,
        how: BECAUSE,
        text: text::why::brief(told[place]),
    });
    ChainView {
        steps: steps.collect(),
        left_out: (left_out > 0).then_some((NEAR_MAX, left_out)),
        root: text::why::root(chain.root),
    }
}

/// Whether it says more than that something went its way: the steps of a message, and those of a write, are those of
/// the rules between which they stand.
fn tells_something(kind: &EventKind) -> bool {
    match kind {
        EventKind::Fact(fact) => !matches!(fact, Fact::MatchAdvanced { .. }),
        EventKind::Send { .. }
        | EventKind::Deliver { .. }
        | EventKind::Append { .. }
        | EventKind::Sync { .. }
        | EventKind::Vote { .. }
        | EventKind::Commit { .. } => false,
        _ => true,
    }
}

fn to(event: &Event, how: &'static str) -> Related {
    Related { event: event.seq, how, text: text::event(event) }
}
