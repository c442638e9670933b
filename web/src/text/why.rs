//! Answers to "why": chains of causes, and elections that were not won.

use mini_raft_core::raft::{NodeId, Term, VoteRefusal};
use mini_raft_core::sim::{DropReason, Event};
use mini_raft_core::time::Micros;

use super::event::drop_reason;
use super::fact::refusal;
use super::{moment, names, plural, span};
use crate::model::causes::Root;

/// What a voter answered to a candidate, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was not asked: it is no voter, or was none then.
    NotAsked,
    /// Yes.
    Granted,
    /// No, and why.
    Refused(VoteRefusal),
    /// The request, or the answer, is on its way, or waits for a disk.
    UnderWay,
    /// The request was lost.
    Lost(DropReason),
    /// The answer was lost.
    ReplyLost(DropReason),
    /// It crashed before it answered.
    Down,
}

/// A campaign that did not win, or has not yet.
pub struct Campaign<'a> {
    /// Who stood.
    pub node: NodeId,
    /// Whether it only asked whether it would win.
    pub pre_vote: bool,
    /// For the leadership of which term.
    pub term: Term,
    /// When.
    pub at: Micros,
    /// Votes that win.
    pub needed: u64,
    /// What the others answered.
    pub answers: &'a [(NodeId, Answer)],
    /// Whether the answers are still remembered.
    pub is_remembered: bool,
}

/// The question to [`campaign`].
pub fn not_won(node: NodeId, pre_vote: bool, term: Term, is_over: bool) -> String {
    match (pre_vote, is_over) {
        (false, true) => format!("Why did {node} not win the election of term {term}?"),
        (false, false) => format!("Why has {node} not won the election of term {term} yet?"),
        (true, true) => format!("Why did {node} not stand in term {term}?"),
        (true, false) => format!("Why does {node} not stand in term {term} yet?"),
    }
}

/// Who voted, who refused and why, who could not be reached.
pub fn campaign(campaign: &Campaign) -> String {
    let Campaign { node, pre_vote, at, needed, answers, is_remembered, .. } = campaign;
    let asked = if *pre_vote { "It asked whether it would win" } else { "It stood" };
    let at = moment(*at);
    if !is_remembered {
        return format!("{asked} at {at}; who answered what is no longer remembered.");
    }
    let mut granted: Vec<NodeId> =
        answers.iter().filter(|(_, answer)| *answer == Answer::Granted).map(|(voter, _)| *voter).collect();
    granted.insert(granted.partition_point(|voter| voter < node), *node);
    let (one, many) = if *pre_vote { ("pre-vote", "pre-votes") } else { ("vote", "votes") };
    let mut text = format!(
        "{asked} at {at}, and got {} ({}); {needed} are a majority.",
        plural(granted.len() as u64, one, many),
        names(&granted),
    );
    for (voter, answer) in *answers {
        text += &match answer {
            Answer::Granted | Answer::NotAsked => continue,
            Answer::Refused(why) => format!(" {voter} refused: {}.", refusal(why)),
            Answer::UnderWay => format!(" {voter} has not answered yet."),
            Answer::Lost(why) => format!(" The request did not reach {voter}, {}.", drop_reason(*why)),
            Answer::ReplyLost(DropReason::Down) => format!(" The answer of {voter} found it down."),
            Answer::ReplyLost(why) => {
                format!(" The answer of {voter} did not arrive, {}.", drop_reason(*why))
            }
            Answer::Down => format!(" {voter} went down before it answered."),
        };
    }
    text
}

/// The question to [`follows`].
pub fn not_leader(node: NodeId) -> String {
    format!("Why does {node} not lead?")
}

/// Why a node is content to follow.
pub fn follows(leader: NodeId, term: Term, timeout: Micros) -> String {
    format!(
        "{leader} leads term {term}, and each of its messages starts the election timer anew: only after {} without \
         one is the next election called for.",
        span(timeout),
    )
}

/// What began a chain of causes.
pub fn root(root: Root) -> String {
    match root {
        Root::Timer => "It began with time alone: a timer ran out.".to_owned(),
        Root::Client => "It began with a client.".to_owned(),
        Root::Person => "It began by hand, or with a step of the scenario.".to_owned(),
        Root::Forgotten(event) => {
            format!("What came before is too long ago: event {event} is no longer remembered.")
        }
    }
}

/// What happened without the values that it rests on: a sentence up to its colon.
pub fn brief(event: &Event) -> String {
    let whole = super::event(event);
    let end = whole.find(": ").unwrap_or(whole.trim_end_matches('.').len());
    whole[..end].to_owned()
}

/// There is nothing to go back to.
pub const NO_CAUSE: &str = "Nothing that is remembered led to it: it begins here.";

/// There is nothing to go on to.
pub const NO_EFFECT: &str = "Nothing has come of it yet.";

/// A field was asked that changed longer ago than is remembered.
pub const FORGOTTEN_FIELD: &str =
    "This changed last longer ago than is remembered, or has not changed since the beginning.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_election_names_each_voter_and_its_reason() {
        let answers = [
            (NodeId(0), Answer::Refused(VoteRefusal::AlreadyVoted { voted_for: NodeId(1) })),
            (NodeId(1), Answer::Lost(DropReason::Cut)),
            (NodeId(3), Answer::Granted),
            (NodeId(4), Answer::ReplyLost(DropReason::Lost)),
        ];
        let told = campaign(&Campaign {
            node: NodeId(2),
            pre_vote: false,
            term: Term(4),
            at: Micros::from_millis(3_482),
            needed: 3,
            answers: &answers,
            is_remembered: true,
        });
        assert_eq!(
            told,
            "It stood at 3.482 s, and got 2 votes (node-2 and node-3); 3 are a majority. \
             node-0 refused: it gave its vote of this term to node-1. \
             The request did not reach node-1, since the link is cut. \
             The answer of node-4 did not arrive, lost by chance."
        );
    }
}
