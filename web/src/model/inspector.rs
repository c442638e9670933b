//! What is selected, as the guide draws it: its fields in groups, and why it is as it is.

mod ask;
mod campaign;
mod entry;
mod event;
mod leaderless;
mod link;
mod message;
mod node;
mod what_if;

use mini_raft_core::raft::{Clause, Index, NodeId};
use mini_raft_core::sim::World;

pub use super::past::Past;
use crate::session::Session;
use crate::wish::{Asked, AskedField, Selection};

/// The title of the section in whose place [`InspectorView::peers`] are shown.
pub const LEADER_STATE: &str = "Leader state";

/// How a cause of an event is related to it.
pub const BECAUSE: &str = "Because";
/// How something that an event caused is related to it.
pub const LED_TO: &str = "Led to";

/// What is selected.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InspectorView {
    /// What this is about; with another one, all is drawn anew.
    pub subject: Subject,
    /// Its name: `node-1`, `entry 14`.
    pub title: String,
    /// What it is, in a few words: `Leader of term 4`.
    pub heading: String,
    /// The term whose colour it has.
    pub term: Option<u64>,
    /// Why it is so.
    pub why: Option<Why>,
    /// Further questions that it raises.
    pub more: Vec<Why>,
    /// Its fields, in groups.
    pub sections: Vec<Section>,
    /// What a leader knows of the others.
    pub peers: Vec<PeerRow>,
    /// The settings of a link.
    pub link: Option<LinkSettings>,
    /// What led to it, and what it led to.
    pub related: Vec<Related>,
    /// How an event came about, step by step.
    pub chain: Option<ChainView>,
}

/// What an inspector is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Nothing.
    #[default]
    Nothing,
    /// What is selected.
    Selected(Selection),
    /// Nothing is selected: the leader is shown.
    Leader(u32),
    /// What was selected is gone: a message that has arrived, an event long past.
    Gone(Selection),
}

/// A question about what is seen, and its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Why {
    /// The question.
    pub question: String,
    /// The answer, with the values that it rests on.
    pub answer: String,
    /// The rule behind it.
    pub rule: Option<RuleView>,
    /// The number of the event that answers it, if one does that is remembered.
    pub event: Option<u64>,
}

/// A rule of the paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleView {
    /// Where it is stated.
    pub section: &'static str,
    /// The rule in a sentence.
    pub rule: &'static str,
}

/// Fields that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What they are: `Persistent state`.
    pub title: &'static str,
    /// Where they are kept, in a few words: `on disk`.
    pub note: &'static str,
    /// The fields.
    pub fields: Vec<Field>,
}

/// A name and a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name, as the paper has it.
    pub name: String,
    /// The value.
    pub value: String,
    /// The term whose colour the value has.
    pub term: Option<u64>,
    /// What is asked for when a reader wants to know since when it is so, and why.
    pub asks: Option<Asked>,
}

/// What a leader knows of one other node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerRow {
    /// The node.
    pub node: u32,
    /// `next_index` of Figure 2.
    pub next_index: u64,
    /// `match_index` of Figure 2.
    pub match_index: u64,
    /// How the leader sends: `replicate`, `probe`, `snapshot`.
    pub mode: &'static str,
    /// Messages with entries that are under way to it.
    pub inflight: u64,
    /// The leader's last index, to compare with.
    pub last_index: u64,
}

/// The settings of one direction of a link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinkSettings {
    /// The sender.
    pub from: u32,
    /// The receiver.
    pub to: u32,
    /// Whether it drops everything.
    pub cut: bool,
    /// The range of the latency, in milliseconds.
    pub latency_ms: (f64, f64),
    /// The probability that a message is lost, 0 to 1.
    pub loss: f64,
    /// The probability that a message arrives twice, 0 to 1.
    pub duplicate: f64,
}

/// Another event, to go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// Its number.
    pub event: u64,
    /// How it is related: [`BECAUSE`], [`LED_TO`], `Cut by`.
    pub how: &'static str,
    /// What happened, in a sentence.
    pub text: String,
}

/// How an event came about: the rules that fired one after another, from the event back to what began it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainView {
    /// The latest first; the event itself is not among them.
    pub steps: Vec<Related>,
    /// After how many of the steps some are left out, and how many.
    pub left_out: Option<(usize, usize)>,
    /// What began it.
    pub root: String,
}

impl InspectorView {
    /// The node that this is about.
    pub fn node(&self) -> Option<u32> {
        match self.subject {
            Subject::Leader(node) | Subject::Selected(Selection::Node(node)) => Some(node),
            _ => None,
        }
    }

    /// The event to go to for the cause of what is shown.
    pub fn cause(&self) -> Option<u64> {
        let related = self.related.iter().find(|line| line.how != LED_TO);
        related.map(|line| line.event).or_else(|| self.why.as_ref()?.event)
    }

    /// The first event that came of what is shown.
    pub fn effect(&self) -> Option<u64> {
        self.related.iter().find(|line| line.how == LED_TO).map(|line| line.event)
    }

    /// The value of a field, by its group and its place there.
    pub fn field(&self, section: &str, place: usize) -> Option<&Field> {
        self.sections.iter().find(|candidate| candidate.title == section)?.fields.get(place)
    }
}

impl From<Clause> for RuleView {
    fn from(clause: Clause) -> RuleView {
        RuleView { section: clause.section, rule: clause.rule }
    }
}

impl Field {
    fn new(name: impl Into<String>, value: impl ToString) -> Field {
        Field { name: name.into(), value: value.to_string(), term: None, asks: None }
    }

    fn of_term(name: impl Into<String>, value: impl ToString, term: u64) -> Field {
        Field { term: Some(term), ..Field::new(name, value) }
    }

    /// This field of a node, which can be asked.
    fn asking(self, node: NodeId, what: AskedField) -> Field {
        Field { asks: Some(Asked { node: node.0, what }), ..self }
    }
}

/// Builds the view of what the session shows.
pub fn inspector_view(session: &Session) -> InspectorView {
    inspector_view_of(session.world(), session.past(), session.selection())
}

/// What is selected in a world; the leader where nothing is.
pub fn inspector_view_of(world: &World, past: Past, selection: Selection) -> InspectorView {
    let view = match selection {
        Selection::Nothing => {
            let leader = world.leader();
            let view = leader.and_then(|leader| node::view(world, past, leader));
            return match (leader, view) {
                (Some(leader), Some(view)) => InspectorView { subject: Subject::Leader(leader.0), ..view },
                _ => leaderless::view(world),
            };
        }
        Selection::Node(id) => node::view(world, past, NodeId(id)),
        Selection::Message(id) => message::view(world, past, id),
        Selection::Link { from, to } => link::view(world, past, NodeId(from), NodeId(to)),
        Selection::Event(seq) => event::view(past, seq),
        Selection::Entry { node, index } => entry::view(world, past, NodeId(node), Index(index)),
    };
    match view {
        Some(view) => InspectorView { subject: Subject::Selected(selection), ..view },
        None => gone(selection),
    }
}

/// The event that last changed a field of a node, if one did that is remembered.
pub fn answer_of(world: &World, past: Past, asked: Asked) -> Option<u64> {
    ask::last_change(world, past, asked).map(|event| event.seq)
}

fn gone(selection: Selection) -> InspectorView {
    let (title, heading) = match selection {
        Selection::Message(id) => (format!("message {id}"), "It has arrived, or is lost"),
        Selection::Event(seq) => (format!("event {seq}"), "It is too long ago: no longer remembered"),
        Selection::Entry { index, .. } => (format!("entry {index}"), "It is not in this log any more"),
        Selection::Node(_) | Selection::Link { .. } | Selection::Nothing => {
            ("Nothing".to_owned(), "There is no such thing in this world")
        }
    };
    InspectorView {
        subject: Subject::Gone(selection),
        title,
        heading: heading.to_owned(),
        ..InspectorView::default()
    }
}

#[cfg(test)]
mod tests;
