//! An entry: what it does, who holds it, and whether it is committed, or why not yet.

use std::collections::BTreeMap;

use mini_raft_core::kv::Command;
use mini_raft_core::raft::{
    AppendOutcome, Body, Entry, EntryId, Fact, Index, Message, Node, NodeId, Payload, Rule, Switchable,
};
use mini_raft_core::sim::{self, Event, EventKind, Machine, Status, World};

use super::{Field, InspectorView, Past, Related, RuleView, Section, Why, what_if};
use crate::model::log::{is_committed, running};
use crate::text;

/// The most events of an entry that are listed.
const STORY_MAX: usize = 12;

const MAJORITY: RuleView = RuleView {
    section: "§5.3, §5.4.2",
    rule: "An entry of the leader's own term is committed once a majority holds it, and with it all before it.",
};
const OWN_TERM: RuleView = RuleView {
    section: "§5.4.2, Figure 8",
    rule: "Only entries of the leader's current term are committed by counting replicas.",
};
const FORCED: RuleView = RuleView {
    section: "§5.3",
    rule: "A leader forces the followers' logs to duplicate its own: conflicting entries are overwritten.",
};
const STAYS: RuleView = RuleView {
    section: "§5.4",
    rule: "A committed entry is in the log of every later leader (Leader Completeness).",
};
const COMPACTED: RuleView = RuleView {
    section: "§7",
    rule: "Once a snapshot is written, the log up to its last included index is discarded.",
};

/// The entry at `index` of this node's log, or nothing if there is none.
pub(super) fn view(world: &World, past: Past, node: NodeId, index: Index) -> Option<InspectorView> {
    let machine = world.machine(node)?;
    let log = machine.node().map_or_else(|| machine.disk().log(), Node::log);
    let Some(entry) = log.get(index) else {
        return (index <= log.snapshot_id().index && index > Index::ZERO)
            .then(|| compacted(world, node, index));
    };
    let id = entry.id();
    Some(InspectorView {
        title: format!("entry {index}"),
        heading: format!("On {node}, made in term {}", entry.term),
        term: Some(entry.term.0),
        why: Some(if is_committed(world, id) {
            why_committed(world, id)
        } else {
            why_not_committed(world, id)
        }),
        sections: vec![about(entry), holders(world, id)],
        more: vec![what_if::can_be_lost(world, node, index)],
        related: story(past, id),
        ..InspectorView::default()
    })
}

/// Why a leader does not count an entry of its own as committed yet, though others may know that it is.
pub(super) fn why_not_committed_by(world: &World, leader: &Node<Switchable>, id: EntryId) -> Why {
    if !is_committed(world, id) {
        return why_not_committed(world, id);
    }
    let know: Vec<NodeId> =
        running(world).filter(|node| node.commit_index() >= id.index).map(Node::id).collect();
    Why {
        question: format!("Why does {} not know yet that entry {} is committed?", leader.id(), id.index),
        answer: format!(
            "It is: {} {}. {}",
            text::names(&know),
            if know.len() == 1 { "knows" } else { "know" },
            if id.term == leader.current_term() {
                "Another leader has committed it since, of which this one has not heard."
            } else {
                "A new leader has the entry, and finds out with the first entry of its own term."
            },
        ),
        rule: Some(OWN_TERM),
        event: None,
    }
}

/// Why an entry is not committed yet: who holds it, by its leader's count, and what keeps the others.
pub(super) fn why_not_committed(world: &World, id: EntryId) -> Why {
    let question = format!("Why is entry {} not committed yet?", id.index);
    let leader = world
        .leader()
        .and_then(|leader| world.machine(leader))
        .and_then(|machine| Some((machine, machine.node()?)));
    let Some((machine, leader)) = leader else {
        return Why {
            question,
            answer: "There is no leader at the moment, and only a leader can commit.".to_owned(),
            rule: Some(MAJORITY),
            event: None,
        };
    };
    if !leader.log().holds(id) {
        return Why {
            question,
            answer: format!(
                "The leader of term {}, {}, does not have it: unless another one is elected, it will be removed.",
                leader.current_term(),
                leader.id(),
            ),
            rule: Some(FORCED),
            event: None,
        };
    }
    if machine.status() == Status::Paused {
        return Why {
            question,
            answer: format!("Its leader, {}, stands still and counts no answers.", leader.id()),
            rule: Some(MAJORITY),
            event: None,
        };
    }
    let configuration = leader.configuration();
    let voters = configuration.voters();
    let counted = |voter: &NodeId| counts(leader, *voter, id.index);
    let holders: Vec<NodeId> = voters.iter().copied().filter(counted).collect();
    let needed = configuration.quorum();
    // Where the entry is of an earlier term, how many hold it is not what matters.
    let is_of_old_term =
        id.term < leader.current_term() && !world.setup().without.contains(&Rule::CommitOnlyCurrentTerm);
    let (mut answer, rule) = if is_of_old_term {
        let answer = format!(
            "It is of term {}, and {} leads term {}: however many hold it, it becomes committed together with the \
             first entry of the leader's own term. ",
            id.term,
            leader.id(),
            leader.current_term(),
        );
        (answer, OWN_TERM)
    } else {
        (String::new(), MAJORITY)
    };
    answer += &format!(
        "Its leader counts it on {} of {} nodes ({}); a majority is {needed}.",
        holders.len(),
        voters.len(),
        text::names(&holders),
    );
    if configuration.is_joint() {
        let outgoing = configuration.outgoing();
        answer += &format!(
            " The cluster is changing: a majority of the old voters ({}) is needed too, and {} of them hold it.",
            text::names(outgoing),
            outgoing.iter().filter(|voter| counted(voter)).count(),
        );
    }
    let mut missing: BTreeMap<Lack, Vec<NodeId>> = BTreeMap::new();
    let members = configuration.members();
    let is_missing = |member: &&NodeId| configuration.is_voter(**member) && !counted(member);
    for voter in members.iter().filter(is_missing) {
        missing.entry(lack(world, leader, *voter, id)).or_default().push(*voter);
    }
    for (lack, nodes) in missing {
        answer += &format!(" {}.", lack.told(&nodes));
    }
    Why { question, answer, rule: Some(rule), event: None }
}

fn why_committed(world: &World, id: EntryId) -> Why {
    let know: Vec<NodeId> =
        running(world).filter(|node| node.commit_index() >= id.index).map(Node::id).collect();
    let holders = world
        .machines()
        .iter()
        .filter(|machine| {
            machine.disk().log().holds(id) || machine.disk().log().snapshot_id().index >= id.index
        })
        .count();
    Why {
        question: format!("Is entry {} safe?", id.index),
        answer: format!(
            "It is committed: {} know it, and it is on the disk of {} of {} nodes. Whoever leads next has it.",
            text::names(&know),
            holders,
            world.machines().len(),
        ),
        rule: Some(STAYS),
        event: None,
    }
}

fn compacted(world: &World, node: NodeId, index: Index) -> InspectorView {
    InspectorView {
        title: format!("entry {index}"),
        heading: format!("In the snapshot of {node}"),
        why: Some(Why {
            question: format!("Where is entry {index}?"),
            answer: "It is committed and applied; a snapshot of the state machine stands for it now."
                .to_owned(),
            rule: Some(COMPACTED),
            event: None,
        }),
        sections: vec![places(world, index, None)],
        ..InspectorView::default()
    }
}

/// What happened to an entry: how it came to be, was committed, and perhaps removed.
fn story(past: Past, id: EntryId) -> Vec<Related> {
    let is_in = |first: Index, last: Index| (first..=last).contains(&id.index);
    let how = |event: &Event| match &event.kind {
        EventKind::Append { entries } => {
            entries.iter().any(|entry| entry.id() == id).then_some("Put into a log")
        }
        EventKind::Fact(Fact::Proposed { first, count }) if event.term == id.term => {
            is_in(*first, Index(first.0 + count.saturating_sub(1))).then_some("Proposed")
        }
        // What is committed at this index in an earlier term than its own is another entry.
        EventKind::Fact(Fact::Committed { from, to, .. }) if event.term >= id.term => {
            is_in(from.next(), *to).then_some("Committed")
        }
        EventKind::Fact(Fact::ConflictRemoved { ours, last, .. }) if ours.term <= id.term => {
            is_in(ours.index, *last).then_some("Removed")
        }
        _ => None,
    };
    let told = past
        .story()
        .filter_map(|event| Some(Related { event: event.seq, how: how(event)?, text: text::event(event) }));
    told.take(STORY_MAX).collect()
}

fn about(entry: &Entry) -> Section {
    let mut fields = vec![
        Field::new("index", entry.index),
        Field::of_term("term", entry.term, entry.term.0),
        Field::new("command", text::payload(&entry.payload)),
    ];
    if let Payload::Command(bytes) = &entry.payload
        && let Ok(command) = Command::decode(bytes)
    {
        fields.push(Field::new("client", &command.client));
        fields.push(Field::new("request", command.request));
    }
    Section { title: "Entry", note: "the same wherever index and term are", fields }
}

fn holders(world: &World, id: EntryId) -> Section {
    places(world, id.index, Some(id))
}

/// What each node has at this index.
fn places(world: &World, index: Index, id: Option<EntryId>) -> Section {
    let is_safe = id.is_none_or(|id| is_committed(world, id));
    let fields = world
        .machines()
        .iter()
        .map(|machine| {
            let (log, what) = match machine.node() {
                None => (machine.disk().log(), "on disk, while it is down"),
                Some(node) if index <= node.last_applied() => (node.log(), "applied"),
                Some(node) if index <= node.durable_index() && is_safe => {
                    (node.log(), "on disk; committed, which it has not heard yet")
                }
                Some(node) if index <= node.durable_index() => (node.log(), "on disk"),
                Some(node) => (node.log(), "in memory only"),
            };
            let value = if index <= log.snapshot_id().index {
                "in its snapshot".to_owned()
            } else {
                match log.get(index) {
                    None => "not there".to_owned(),
                    Some(entry) if id.is_none_or(|id| id == entry.id()) => what.to_owned(),
                    Some(entry) => format!("another entry, of term {}", entry.term),
                }
            };
            Field::new(machine.id().to_string(), value)
        })
        .collect();
    Section { title: "Where it is", note: "node by node", fields }
}

/// Whether the leader counts this voter as a holder.
fn counts(leader: &Node<Switchable>, voter: NodeId, index: Index) -> bool {
    if voter == leader.id() {
        return leader.durable_index() >= index;
    }
    leader.progress().any(|(id, progress)| id == voter && progress.match_index >= index)
}

/// Why a leader does not count a voter as a holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Lack {
    Down,
    Paused,
    LinkCut,
    NotReached,
    InMemory,
    LinkBackCut,
    AnswerUnderWay,
    Unheard,
}

impl Lack {
    /// In a sentence without its stop.
    fn told(self, nodes: &[NodeId]) -> String {
        let names = text::names(nodes);
        let one = nodes.len() == 1;
        let (has, is) = if one { ("has", "is") } else { ("have", "are") };
        match self {
            Lack::Down => format!("{names} {is} down"),
            Lack::Paused => format!("{names} {}", if one { "stands still" } else { "stand still" }),
            Lack::LinkCut if one => format!("The link to {names} is cut"),
            Lack::LinkCut => format!("The links to {names} are cut"),
            Lack::NotReached => format!("It has not reached {names} yet"),
            Lack::InMemory => format!("{names} {has} it in memory, not yet on disk"),
            Lack::LinkBackCut => format!("{names} {has} it, but the link back is cut"),
            Lack::AnswerUnderWay => format!("{names} {has} it on disk, and the answer is on its way"),
            Lack::Unheard => format!(
                "{names} {has} it on disk, which the leader learns once {} its AppendEntries",
                if one { "it answers" } else { "they answer" },
            ),
        }
    }
}

fn lack(world: &World, leader: &Node<Switchable>, voter: NodeId, id: EntryId) -> Lack {
    if voter == leader.id() {
        return Lack::InMemory;
    }
    let cut = |from, to| world.network().link(from, to).is_some_and(|link| link.cut);
    let machine = world.machine(voter);
    match machine.map_or(Status::Crashed, Machine::status) {
        Status::Crashed => return Lack::Down,
        Status::Paused => return Lack::Paused,
        Status::Running => {}
    }
    let holds = machine.and_then(Machine::node).filter(|node| node.log().holds(id));
    match holds {
        _ if cut(leader.id(), voter) => Lack::LinkCut,
        None => Lack::NotReached,
        Some(node) if node.durable_index() < id.index => Lack::InMemory,
        Some(_) if cut(voter, leader.id()) => Lack::LinkBackCut,
        Some(_) if answers(world, voter, leader, id.index) => Lack::AnswerUnderWay,
        Some(_) => Lack::Unheard,
    }
}

/// Whether a message is on its way in which `voter` tells its leader that it holds the entry at `index`.
fn answers(world: &World, voter: NodeId, leader: &Node<Switchable>, index: Index) -> bool {
    world.flights().any(|flight| match &*flight.payload {
        sim::Payload::Peer(Message { from, to, term, body: Body::AppendEntriesReply(reply) }) => {
            let ends = (*from, *to, *term) == (voter, leader.id(), leader.current_term());
            ends && matches!(reply.outcome, AppendOutcome::Success { match_index } if match_index >= index)
        }
        _ => false,
    })
}
