//! Messages in flight: where each is at this moment, and what it looks like.

use mini_raft_core::kv::{Op, Outcome};
use mini_raft_core::raft::{AppendOutcome, Body, Message};
use mini_raft_core::sim::event::ClientAnswer;
use mini_raft_core::sim::{Endpoint, Payload, World};

use super::geometry::{End, Geometry, Segment};
use super::hue;
use crate::text::message_name;

/// Boxes that an AppendEntries shows before it shows a number instead.
const BOXES_MAX: usize = 4;

/// Where a message is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlacedFlight {
    /// The message's id.
    pub id: u64,
    /// From the stage's left edge.
    pub x: f64,
    /// From the stage's top edge.
    pub y: f64,
    /// What it is doing.
    pub motion: Motion,
}

/// What a message in flight is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// It is on its way.
    Flying,
    /// It is kept back by hand.
    Held,
    /// It is lost, and falls off.
    Lost,
}

/// What a message looks like for as long as it flies.
#[derive(Clone, Debug, PartialEq)]
pub struct Face {
    /// The kind, as in the trace.
    pub kind: &'static str,
    /// The sender's name.
    pub from: String,
    /// The receiver's name.
    pub to: String,
    /// Its shape.
    pub shape: Shape,
    /// The hue of its term; none for a client's message.
    pub hue: Option<u8>,
    /// What a screen reader calls it.
    pub label: String,
}

/// One shape for each kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// RequestVote: a diamond; hollow for a PreVote.
    VoteRequest {
        /// Whether it is a PreVote.
        pre_vote: bool,
    },
    /// The answer: a diamond with a tick or a cross.
    VoteReply {
        /// Whether it is of a PreVote.
        pre_vote: bool,
        /// Whether the vote is given.
        granted: bool,
    },
    /// AppendEntries without entries: a ring.
    Heartbeat,
    /// AppendEntries: a box for each entry in the hue of its term, or a number if they are many.
    Entries {
        /// The hues of the first few.
        hues: Vec<u8>,
        /// How many there are.
        count: usize,
    },
    /// The answer: a circle with a tick or a cross.
    AppendReply {
        /// Whether the log matched.
        accepted: bool,
    },
    /// InstallSnapshot: a stack.
    Snapshot,
    /// The answer to it: a square with a tick.
    SnapshotReply,
    /// TimeoutNow: a flash.
    TimeoutNow,
    /// A client's request or its answer: a pill with words; dark for a request.
    Pill {
        /// The words.
        words: String,
        /// Whether it is a request.
        request: bool,
    },
}

/// So many messages are drawn, the oldest ones: more make no picture, and a page slow.
const PLACED_MAX: usize = 1_000;

/// Places the messages in flight at the world's moment.
pub fn place_flights(world: &World, geometry: &Geometry, placed: &mut Vec<PlacedFlight>) {
    let now = world.now();
    // Hundreds of messages share a few lanes: each lane is measured once.
    let mut lanes: Vec<((End, End), Segment)> = Vec::new();
    for flight in world.flights().take(PLACED_MAX) {
        let Some(ends) = ends(world, &flight.from, &flight.to) else {
            continue;
        };
        let lane = match lanes.iter().find(|(between, _)| *between == ends) {
            Some((_, lane)) => *lane,
            None => {
                let lane = geometry.lane(ends.0, ends.1);
                lanes.push((ends, lane));
                lane
            }
        };
        let at = lane.at(flight.progress(now));
        placed.push(PlacedFlight {
            id: flight.id,
            x: at.x,
            y: at.y,
            motion: if flight.held() { Motion::Held } else { Motion::Flying },
        });
    }
}

/// The ends of a message's way on the stage.
pub(crate) fn ends(world: &World, from: &Endpoint, to: &Endpoint) -> Option<(End, End)> {
    let end = |endpoint: &Endpoint| match endpoint {
        Endpoint::Node(id) => Some(End::Node(id.0)),
        Endpoint::Client(id) => {
            let place = world.clients().position(|client| client.id() == id)?;
            Some(End::Client(place as u32))
        }
    };
    Some((end(from)?, end(to)?))
}

/// What this message looks like.
pub fn face(from: &Endpoint, to: &Endpoint, payload: &Payload) -> Face {
    let (from, to) = (from.to_string(), to.to_string());
    let shape = shape(payload);
    Face {
        kind: payload.kind().as_str(),
        label: format!("{} from {from} to {to}", message_name(payload)),
        from,
        to,
        shape,
        hue: hue_of(payload),
    }
}

/// The hue of a message's term; none for a client's message.
pub fn hue_of(payload: &Payload) -> Option<u8> {
    match payload {
        Payload::Peer(message) => hue(shown_term(message)),
        Payload::Request { .. } | Payload::Reply { .. } => None,
    }
}

fn shape(payload: &Payload) -> Shape {
    let message = match payload {
        Payload::Peer(message) => message,
        Payload::Request { op, .. } => {
            return Shape::Pill { words: op_words(op), request: true };
        }
        Payload::Reply { answer, .. } => {
            return Shape::Pill { words: answer_words(answer), request: false };
        }
    };
    match &message.body {
        Body::RequestVote(_) => Shape::VoteRequest { pre_vote: false },
        Body::PreVote(_) => Shape::VoteRequest { pre_vote: true },
        Body::RequestVoteReply(reply) => Shape::VoteReply { pre_vote: false, granted: reply.vote_granted },
        Body::PreVoteReply(reply) => Shape::VoteReply { pre_vote: true, granted: reply.vote_granted },
        Body::AppendEntries(append) if append.entries.is_empty() => Shape::Heartbeat,
        Body::AppendEntries(append) => Shape::Entries {
            hues: append.entries.iter().take(BOXES_MAX).filter_map(|entry| hue(entry.term.0)).collect(),
            count: append.entries.len(),
        },
        Body::AppendEntriesReply(reply) => {
            Shape::AppendReply { accepted: matches!(reply.outcome, AppendOutcome::Success { .. }) }
        }
        Body::InstallSnapshot(_) => Shape::Snapshot,
        Body::InstallSnapshotReply(_) => Shape::SnapshotReply,
        Body::TimeoutNow => Shape::TimeoutNow,
        Body::ReadIndex(_) => Shape::Pill { words: "read at?".to_owned(), request: true },
        Body::ReadIndexReply(reply) => {
            let words = reply.read_index.map_or("not leader".to_owned(), |index| format!("read at {index}"));
            Shape::Pill { words, request: false }
        }
    }
}

/// The term whose colour a message has: for an election, the term that the candidate wants to lead.
fn shown_term(message: &Message) -> u64 {
    match &message.body {
        Body::RequestVote(request) | Body::PreVote(request) => request.campaign_term.0,
        Body::RequestVoteReply(reply) | Body::PreVoteReply(reply) => reply.campaign_term.0,
        _ => message.term.0,
    }
}

fn op_words(op: &Op) -> String {
    match op {
        Op::Get { key } => format!("get {key}"),
        Op::Set { key, .. } => format!("set {key}"),
        Op::Delete { key } => format!("delete {key}"),
        Op::Cas { key, .. } => format!("cas {key}"),
        Op::Append { key, .. } => format!("append {key}"),
    }
}

fn answer_words(answer: &ClientAnswer) -> String {
    match answer {
        ClientAnswer::Done { outcome, .. } => match outcome {
            Outcome::Value(Some(value)) => format!("= {value}"),
            Outcome::Value(None) => "= nothing".to_owned(),
            Outcome::Swapped(false) => "not swapped".to_owned(),
            Outcome::Malformed => "malformed".to_owned(),
            Outcome::Expired(_) => "session expired".to_owned(),
            Outcome::Done | Outcome::Swapped(true) | Outcome::Stale => "done".to_owned(),
        },
        ClientAnswer::NotLeader { leader: Some(leader) } => format!("ask {leader}"),
        ClientAnswer::NotLeader { leader: None } => "no leader".to_owned(),
        ClientAnswer::Unknown => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use mini_raft_core::sim::command::MessageFilter;
    use mini_raft_core::sim::{Command, Setup};

    use super::*;
    use crate::model::sample::Sample;

    fn placed(sample: &Sample) -> Vec<PlacedFlight> {
        let mut placed = Vec::new();
        place_flights(sample.world(), &Geometry::default(), &mut placed);
        placed
    }

    /// Every message is on the lane from its sender to its receiver, as far along as it has come.
    #[test]
    fn each_message_is_on_its_own_lane() {
        let (mut sample, _) = Sample::with_leader();
        sample.set("city", "Oslo");
        sample.run_until(|world| world.flights().count() >= 4);
        sample.run_for(2);
        let (world, geometry) = (sample.world(), Geometry::default());
        let placed = placed(&sample);
        assert_eq!(placed.len(), world.flights().count());
        let mut lanes = Vec::new();
        for (flight, placed) in world.flights().zip(&placed) {
            let (from, to) = ends(world, &flight.from, &flight.to).expect("both ends are on the stage");
            let at = geometry.lane(from, to).at(flight.progress(world.now()));
            assert_eq!((placed.id, placed.x, placed.y), (flight.id, at.x, at.y));
            lanes.push((from, to));
        }
        lanes.dedup();
        assert!(lanes.len() >= 2, "messages to one node only prove little: {lanes:?}");
    }

    /// A message that is kept back stands still while time goes on.
    #[test]
    fn a_message_that_is_kept_back_stays_where_it_is() {
        let (mut sample, _) = Sample::with_leader();
        sample.run_until(|world| world.flights().next().is_some());
        let id = sample.world().flights().next().expect("one is under way").id;
        sample.command(Command::Hold(MessageFilter {
            kind: None,
            from: None,
            to: None,
            count: 1,
            id: Some(id),
        }));
        let of_it = |sample: &Sample| placed(sample).into_iter().find(|flight| flight.id == id);
        let before = of_it(&sample).expect("it is shown");
        sample.run_for(100);
        assert_eq!(before.motion, Motion::Held);
        assert_eq!(of_it(&sample), Some(before));
    }

    /// A message before the first leader is of an election, and has the colour of the term that is asked for.
    #[test]
    fn a_request_for_votes_has_the_colour_of_the_term_it_is_about() {
        let mut sample = Sample::new(Setup::default());
        sample.run_until(|world| world.flights().next().is_some());
        let flight = sample.world().flights().next().expect("one is under way");
        let face = face(&flight.from, &flight.to, &flight.payload);
        assert_eq!((face.shape, face.hue), (Shape::VoteRequest { pre_vote: true }, hue(1)));
    }
}
