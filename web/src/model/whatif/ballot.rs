//! Who could win an election now.
//!
//! The question is put to the nodes themselves: each voter that a candidate reaches is cloned, and the clone is asked for
//! its vote in a term that is new to all, as if the leader had asked for the election (thesis 3.10), so that nobody
//! withholds its vote because it has just heard one. What it answers, with its reason, is what the voter would answer.

use mini_raft_core::raft::{
    Body, Fact, Input, Message, Node, NodeId, Output, RequestVote, RoleName, Rule, Rules, Switchable, Term,
    VoteRefusal,
};
use mini_raft_core::sim::{Machine, Status, World};

/// What would come of a node's candidacy, if it asked for votes now and nothing else changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ballot {
    /// The node.
    pub node: NodeId,
    /// Whether it can stand at all.
    pub standing: Standing,
    /// What each voter of its configuration would answer, by id, itself included; empty where it cannot stand.
    pub votes: Vec<(NodeId, Vote)>,
    /// How many votes win.
    pub needed: usize,
    /// Whether it would win.
    pub could_win: bool,
}

/// Whether a node can stand for election.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It can.
    Stands,
    /// It leads already.
    Leads,
    /// It is down.
    Down,
    /// It stands still.
    Paused,
    /// It has no vote in its configuration.
    NoVoter,
    /// It lost its disk.
    LostDisk,
}

/// What a voter would answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vote {
    /// Yes.
    Granted,
    /// No, and why.
    Refused(VoteRefusal),
    /// It is down.
    Down,
    /// It stands still.
    Paused,
    /// The link to it or from it is cut.
    Unreachable,
}

/// The ballot of a node.
pub fn ballot(world: &World, machine: &Machine) -> Ballot {
    let mut ballot = Ballot {
        node: machine.id(),
        standing: standing(machine),
        votes: Vec::new(),
        needed: 0,
        could_win: false,
    };
    let Some(node) = machine.node().filter(|_| matches!(ballot.standing, Standing::Stands | Standing::Leads))
    else {
        return ballot;
    };
    let term = next_term(world);
    let configuration = node.configuration();
    let voters = configuration.members().into_iter().filter(|id| configuration.is_voter(*id));
    ballot.votes = voters.map(|voter| (voter, vote(world, node, voter, term))).collect();
    ballot.needed = configuration.quorum();
    let short = usize::from(!node.rules().keeps(Rule::ElectionMajority));
    ballot.could_win = configuration.decides(short, |voter| ballot.votes.contains(&(voter, Vote::Granted)));
    ballot
}

fn standing(machine: &Machine) -> Standing {
    match (machine.status(), machine.node()) {
        (Status::Crashed, _) | (_, None) => Standing::Down,
        (Status::Paused, _) => Standing::Paused,
        (_, Some(node)) if node.role() == RoleName::Leader => Standing::Leads,
        (_, Some(node)) if node.forgets().is_some() => Standing::LostDisk,
        (_, Some(node)) if !node.configuration().is_voter(node.id()) => Standing::NoVoter,
        (_, Some(_)) => Standing::Stands,
    }
}

/// A term that nobody has seen.
fn next_term(world: &World) -> Term {
    let terms = world.machines().iter().map(|machine| match machine.node() {
        Some(node) => node.current_term(),
        None => machine.disk().hard_state().current_term,
    });
    terms.max().unwrap_or(Term::ZERO).next()
}

fn vote(world: &World, candidate: &Node<Switchable>, voter: NodeId, term: Term) -> Vote {
    let own = candidate.id();
    let Some(machine) = world.machine(voter) else { return Vote::Down };
    let is_cut = |from, to| world.network().link(from, to).is_some_and(|link| link.cut);
    let node = match (machine.status(), machine.node()) {
        _ if voter == own => return Vote::Granted,
        (Status::Crashed, _) | (_, None) => return Vote::Down,
        (Status::Paused, _) => return Vote::Paused,
        _ if is_cut(own, voter) || is_cut(voter, own) => return Vote::Unreachable,
        (Status::Running, Some(node)) => node,
    };
    let request =
        RequestVote { campaign_term: term, last_log: candidate.log().last(), leadership_transfer: true };
    let message = Message { from: own, to: voter, term, body: Body::RequestVote(request) };
    let mut out = Output::default();
    node.clone().step(machine.to_local(world.now()), Input::Message(message), &mut out);
    let answer = out.facts.iter().find_map(|fact| match fact {
        Fact::VoteGranted { .. } => Some(Vote::Granted),
        Fact::VoteRefused { why, .. } => Some(Vote::Refused(*why)),
        _ => None,
    });
    // One whose write failed says nothing more.
    answer.unwrap_or(Vote::Down)
}
