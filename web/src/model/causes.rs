//! Why an event happened: what it rests on, step by step back to a timer, a client or a person; and what came of it.
//!
//! An event of the simulator names the one before it in time: the message that arrived, the write that was completed.
//! What a reader asks for is the rule between the two, so [`because`] puts the fact of the same step in between: a vote
//! is sent because it was granted, and granted because it was asked for. What a majority decides rests on every answer
//! that it counted: [`grounds`].
//!
//! [`CausesView`] is all that an event rests on, for every view that lights it up. It is less than what happened before
//! it (a few round trips back that is nearly everything), and it is bounded.

use mini_raft_core::raft::{Body, Fact, Message, NodeId, RoleName, RoleReason};
use mini_raft_core::sim::{Command, DropReason, Endpoint, Event, EventKind, Payload, Target};

use super::inspector::Past;

/// The most events that are looked at behind one.
const EVENTS_MAX: usize = 400;
/// The longest chain that is followed.
const CHAIN_MAX: usize = 200;

/// What an event rests on, to be lit up. Lists are sorted, and without doubles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CausesView {
    /// The event itself; nothing is lit up without one.
    pub event: Option<u64>,
    /// The numbers of the events that it rests on, without its own.
    pub events: Vec<u64>,
    /// The ids of the messages among them.
    pub messages: Vec<u64>,
    /// The nodes on which they happened, and where the event itself did.
    pub nodes: Vec<u32>,
    /// The ways that the messages took between nodes: sender, receiver.
    pub ways: Vec<(u32, u32)>,
    /// Whether it rests on something that is no longer remembered.
    pub is_cut_off: bool,
}

/// Where a chain of causes begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// A timer ran out: nothing but time caused it.
    Timer,
    /// A client wanted something.
    Client,
    /// A person, or a step of the scenario, did it.
    Person,
    /// The cause is an event that is no longer remembered.
    Forgotten(u64),
}

/// An event, its cause, the cause of that, and so on, the latest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain<'a> {
    /// The events, beginning with the one asked for.
    pub events: Vec<&'a Event>,
    /// What the last of them came of.
    pub root: Root,
}

impl CausesView {
    /// Whether an event is lit up: `self` for the one asked about, `cause` for what it rests on.
    pub fn mark(&self, event: u64) -> Option<&'static str> {
        if self.event == Some(event) {
            Some("self")
        } else {
            self.events.binary_search(&event).is_ok().then_some("cause")
        }
    }
}

/// The chain of causes of an event.
pub fn chain<'a>(past: Past<'a>, event: &'a Event) -> Chain<'a> {
    let mut events = vec![event];
    let mut last = event;
    while let Some(before) = because(past, last).filter(|_| events.len() < CHAIN_MAX) {
        events.push(before);
        last = before;
    }
    let root = match (&last.kind, last.cause) {
        (_, Some(cause)) => Root::Forgotten(cause),
        (EventKind::Invoke { .. } | EventKind::Return { .. }, None) => Root::Client,
        (EventKind::Send { from: Endpoint::Client(_), .. }, None) => Root::Client,
        (kind, None) if is_by_hand(kind) => Root::Person,
        (_, None) => Root::Timer,
    };
    Chain { events, root }
}

/// The event of this number with all that it rests on; nothing if it is no longer remembered.
pub fn causes_view(past: Past, seq: u64) -> CausesView {
    let Some(event) = past.event(seq) else { return CausesView::default() };
    let mut view = CausesView { event: Some(seq), ..CausesView::default() };
    let mut found = vec![event];
    let mut looked_at = 0;
    while let Some(event) = found.get(looked_at).copied() {
        looked_at += 1;
        let grounds = grounds(past, event);
        view.is_cut_off |= grounds.is_empty() && event.cause.is_some();
        for ground in grounds {
            let is_new = !found.iter().any(|other| other.seq == ground.seq);
            if is_new && found.len() < EVENTS_MAX {
                found.push(ground);
            }
        }
    }
    for event in found {
        if event.seq != seq {
            add(&mut view.events, event.seq);
        }
        if let Some(node) = event.node {
            add(&mut view.nodes, node.0);
        }
        if let EventKind::Send { message, from, to, .. }
        | EventKind::Deliver { message, from, to, .. }
        | EventKind::Drop { message, from, to, .. } = &event.kind
        {
            add(&mut view.messages, *message);
            if let (Endpoint::Node(from), Endpoint::Node(to)) = (from, to) {
                add(&mut view.ways, (from.0, to.0));
            }
        }
    }
    view
}

/// Adds to a sorted list what is not in it yet. Sorting it in the end would cost the page more.
fn add<T: Ord>(list: &mut Vec<T>, value: T) {
    if let Err(place) = list.binary_search(&value) {
        list.insert(place, value);
    }
}

/// The one event that led to this one: the fact of the same step that explains it, or else its cause; `None` where
/// nothing did, or it is no longer remembered.
pub fn because<'a>(past: Past<'a>, event: &Event) -> Option<&'a Event> {
    let fact = match (&event.kind, event.node) {
        // It was decided before the disk had it.
        (EventKind::Vote { candidate, term }, Some(node)) => {
            let voted = |fact: &Fact| match fact {
                Fact::VoteGranted { candidate: for_whom, campaign_term, pre_vote: false, .. } => {
                    (for_whom, campaign_term) == (candidate, term)
                }
                Fact::RoleChanged { to: RoleName::Candidate, term: of, .. } => {
                    node == *candidate && of == term
                }
                _ => false,
            };
            past.last_fact(node, event.seq, voted)
        }
        // A heartbeat may bring the news: what matters is that its sender committed.
        (EventKind::Fact(Fact::CommitLearnt { to, .. }), _) => sender(past, event).and_then(|leader| {
            past.last_fact(
                leader,
                event.seq,
                |fact| matches!(fact, Fact::Committed { to: up_to, .. } if up_to >= to),
            )
        }),
        _ => step_before(past, event).find(|sibling| explains(&sibling.kind, &event.kind)),
    };
    fact.or_else(|| past.event(event.cause?))
}

/// All that this event rests on: what led to it first, then what else it counted, or what stood in its way.
pub fn grounds<'a>(past: Past<'a>, event: &Event) -> Vec<&'a Event> {
    let mut grounds: Vec<&Event> = because(past, event).into_iter().collect();
    let before = |ground: &&Event| ground.seq < event.seq;
    let further: Vec<&Event> = match (&event.kind, event.node) {
        (EventKind::Fact(Fact::RoleChanged { why, .. }), Some(node)) => match why {
            RoleReason::PreVoteWon { .. } => votes(past, node, event.seq, true),
            RoleReason::ElectionWon { .. } => votes(past, node, event.seq, false),
            _ => Vec::new(),
        },
        (EventKind::Fact(Fact::Committed { to, holders, .. }), Some(node)) => {
            let holds = |holder: &NodeId| {
                if *holder == node {
                    let is_synced =
                        |event: &&Event| matches!(event.kind, EventKind::Sync { last } if last.index >= *to);
                    return past.on_node(node).filter(before).find(is_synced);
                }
                past.last_fact(node, event.seq, |fact| {
                    matches!(fact, Fact::MatchAdvanced { follower, from, to: now }
                        if follower == holder && from < to && now >= to)
                })
            };
            holders.iter().filter_map(holds).collect()
        }
        (EventKind::Fact(Fact::CommitLearnt { .. }), _) => {
            event.cause.and_then(|brought_by| past.event(brought_by)).into_iter().collect()
        }
        (EventKind::Drop { .. }, _) => blame(past, event).into_iter().collect(),
        _ => Vec::new(),
    };
    for ground in further {
        if !grounds.iter().any(|other| other.seq == ground.seq) {
            grounds.push(ground);
        }
    }
    grounds
}

/// The first events that this one led to, at most `most`.
pub fn effects<'a>(past: Past<'a>, event: &Event, most: usize) -> Vec<&'a Event> {
    let is_fault = is_by_hand(&event.kind);
    let later = past.events.iter().skip(past.events.partition_point(|other| other.seq <= event.seq));
    let came_of_it = |later: &&Event| {
        let led = because(past, later);
        let led = match led {
            // A message that was lost on a link that was cut before was sent, and cut off.
            Some(led) if is_fault && matches!(later.kind, EventKind::Drop { .. }) && led.seq != event.seq => {
                blame(past, later)
            }
            led => led,
        };
        let is_brought = later.cause == Some(event.seq) && is_learnt(&later.kind);
        is_brought || led.is_some_and(|led| led.seq == event.seq)
    };
    later.filter(came_of_it).take(most).collect()
}

fn is_learnt(kind: &EventKind) -> bool {
    matches!(kind, EventKind::Fact(Fact::CommitLearnt { .. }))
}

/// The node whose message led to this event.
fn sender(past: Past, event: &Event) -> Option<NodeId> {
    match past.event(event.cause?)?.kind {
        EventKind::Deliver { from: Endpoint::Node(from), .. } => Some(from),
        _ => None,
    }
}

/// What is to blame for a message that was lost: what cut its link, ended its receiver or took it away.
fn blame<'a>(past: Past<'a>, lost: &Event) -> Option<&'a Event> {
    let EventKind::Drop { from, to, why, .. } = &lost.kind else { return None };
    let mut faults = past.chronicle.milestones().rev().filter(|event| event.seq < lost.seq);
    match (why, from, to) {
        (DropReason::Cut, Endpoint::Node(from), Endpoint::Node(to)) => {
            faults.find(|event| matches!(&event.kind, EventKind::Fault(done) if cuts(done, *from, *to)))
        }
        (DropReason::Down, _, Endpoint::Node(to)) => faults
            .find(|event| event.node == Some(*to) && matches!(event.kind, EventKind::Crash { .. })),
        (DropReason::ByHand, ..) => {
            faults.find(|event| matches!(event.kind, EventKind::Fault(Command::Drop(_))))
        }
        (DropReason::Lost, ..) => faults.find(|event| {
            matches!(&event.kind, EventKind::Fault(Command::Network { change, .. }) if change.loss.is_some())
        }),
        _ => None,
    }
}

/// The event that cut this direction of a link, if it was cut in a past that is remembered.
pub fn cut_of<'a>(past: Past<'a>, from: NodeId, to: NodeId) -> Option<&'a Event> {
    past.chronicle
        .milestones()
        .rev()
        .find(|event| matches!(&event.kind, EventKind::Fault(done) if cuts(done, from, to)))
}

/// Whether a command cuts this direction of a link.
fn cuts(done: &Command, from: NodeId, to: NodeId) -> bool {
    let ends = (Target::Node(from), Target::Node(to));
    match done {
        Command::Cut { from, to, both } => (*from, *to) == ends || (*both && (*to, *from) == ends),
        Command::Partition { groups } => {
            !groups.iter().any(|group| group.contains(&ends.0) && group.contains(&ends.1))
        }
        _ => false,
    }
}

/// The votes that a node counted for this campaign, the latest first.
fn votes(past: Past<'_>, node: NodeId, seq: u64, pre: bool) -> Vec<&Event> {
    let before = past.on_node(node).rev().skip_while(|event| event.seq >= seq);
    let began = if pre { RoleName::PreCandidate } else { RoleName::Candidate };
    before
        .take_while(|event| {
            !matches!(&event.kind, EventKind::Fact(Fact::RoleChanged { to, .. }) if *to == began)
        })
        .filter(|event| {
            matches!(&event.kind, EventKind::Fact(Fact::VoteCounted { pre_vote, .. }) if *pre_vote == pre)
        })
        .collect()
}

/// The events of the step that this one is of which came before it, the latest first.
fn step_before<'a>(past: Past<'a>, event: &Event) -> impl Iterator<Item = &'a Event> {
    let (cause, node) = (event.cause, event.node);
    // A step follows at once on what caused it.
    let (at, first) = match cause.map(|cause| past.event(cause)) {
        Some(Some(cause)) => (cause.at, cause.seq + 1),
        Some(None) => (event.at, event.seq),
        None => (event.at, 0),
    };
    let end = past.events.partition_point(|other| other.seq < event.seq && other.at <= at);
    past.events
        .range(..end)
        .rev()
        .take_while(move |other| other.at == at && other.seq >= first)
        .filter(move |other| other.cause == cause && other.node == node)
}

/// Whether `why`, in the same step, is the rule behind `what`.
fn explains(why: &EventKind, what: &EventKind) -> bool {
    let EventKind::Fact(why) = why else { return false };
    let leads = |fact: &Fact| matches!(fact, Fact::RoleChanged { to: RoleName::Leader, .. });
    match what {
        EventKind::Send { payload, .. } => match &**payload {
            Payload::Peer(Message { body, to, .. }) => match body {
                Body::PreVote(_) => {
                    matches!(why, Fact::RoleChanged { .. } | Fact::ElectionTimedOut { .. })
                }
                Body::RequestVote(_) => matches!(why, Fact::RoleChanged { .. }),
                Body::RequestVoteReply(_) | Body::PreVoteReply(_) => {
                    matches!(why, Fact::VoteGranted { .. } | Fact::VoteRefused { .. })
                }
                Body::AppendEntries(_) => match why {
                    Fact::NextIndexBacked { follower, .. } | Fact::MatchAdvanced { follower, .. } => {
                        follower == to
                    }
                    Fact::Proposed { .. } => true,
                    why => leads(why),
                },
                Body::AppendEntriesReply(_) => matches!(
                    why,
                    Fact::AppendAccepted { .. } | Fact::AppendRefused { .. } | Fact::StaleTermIgnored { .. }
                ),
                Body::InstallSnapshot(_) => matches!(why, Fact::SnapshotSent { .. }),
                Body::InstallSnapshotReply(_) => {
                    matches!(why, Fact::SnapshotInstalled { .. } | Fact::SnapshotIgnored { .. })
                }
                Body::TimeoutNow => matches!(why, Fact::TimeoutNowSent { .. }),
                Body::ReadIndex(_) | Body::ReadIndexReply(_) => false,
            },
            Payload::Reply { .. } => matches!(why, Fact::ReadConfirmed { .. } | Fact::ReadByLease { .. }),
            Payload::Request { .. } => false,
        },
        EventKind::Append { .. } => {
            matches!(why, Fact::Proposed { .. } | Fact::AppendAccepted { .. }) || leads(why)
        }
        EventKind::Truncate { .. } => matches!(why, Fact::ConflictRemoved { .. }),
        EventKind::Commit { .. } => matches!(why, Fact::Committed { .. } | Fact::CommitLearnt { .. }),
        EventKind::Snapshot { .. } => {
            matches!(why, Fact::Compacted { .. } | Fact::SnapshotInstalled { .. })
        }
        EventKind::Fact(what) => match what {
            Fact::RoleChanged { why: RoleReason::ElectionTimeout, .. } => {
                matches!(why, Fact::ElectionTimedOut { .. })
            }
            Fact::RoleChanged { why: RoleReason::PreVoteWon { .. }, .. } => {
                matches!(why, Fact::VoteCounted { pre_vote: true, .. })
            }
            Fact::RoleChanged { why: RoleReason::ElectionWon { .. }, .. } => {
                matches!(why, Fact::VoteCounted { pre_vote: false, .. })
            }
            // Its own pre-vote.
            Fact::VoteCounted { pre_vote: true, .. } => {
                matches!(why, Fact::RoleChanged { to: RoleName::PreCandidate, .. })
            }
            Fact::Committed { .. } => matches!(why, Fact::MatchAdvanced { .. }),
            _ => false,
        },
        _ => false,
    }
}

/// Whether a person or the scenario does this.
fn is_by_hand(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::Fault(_)
            | EventKind::Crash { .. }
            | EventKind::Restart { .. }
            | EventKind::Wipe
            | EventKind::Pause
            | EventKind::Resume
            | EventKind::Skipped { .. }
    )
}

#[cfg(test)]
mod tests;
