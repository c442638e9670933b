//! Why a node did not win its last election, and why a follower does not lead.

use mini_raft_core::raft::{Body, Fact, Message, Node, NodeId, RoleName, RoleReason, Switchable, Term};
use mini_raft_core::sim::{Endpoint, Event, EventKind, Payload, World};

use super::{Past, RuleView, Why};
use crate::text;
use crate::text::why::{Answer, Campaign};

/// Why the last campaign of this node came to nothing; nothing if it won, or never stood.
pub(super) fn why_not_won(world: &World, past: Past, node: &Node<Switchable>) -> Option<Why> {
    let id = node.id();
    let changes = || past.chronicle.changes(id).filter_map(|event| Some((event, role_change(event)?)));
    let (began, pre_vote, term) = changes().find_map(|(event, change)| match change {
        (RoleName::Candidate, term) => Some((event, false, term)),
        (RoleName::PreCandidate, term) => Some((event, true, term.next())),
        _ => None,
    })?;
    // The next change of role; a campaign that goes on has none.
    let ended = changes().take_while(|(event, _)| event.seq > began.seq).last();
    if matches!(ended, Some((_, (RoleName::Leader, _)))) {
        return None;
    }
    let stand = Stand { world, past, id, pre_vote, term, began: began.seq };
    let is_remembered = past.events.front().is_some_and(|first| first.seq <= began.seq);
    let configuration = node.configuration();
    let voters = configuration.members().into_iter().filter(|voter| configuration.is_voter(*voter));
    let answers: Vec<(NodeId, Answer)> = voters
        .filter(|voter| is_remembered && (*voter != id))
        .map(|voter| (voter, stand.answer_of(voter)))
        .collect();
    let campaign = Campaign {
        node: id,
        pre_vote,
        term,
        at: began.at,
        needed: configuration.quorum() as u64,
        answers: &answers,
        is_remembered,
    };
    let mut answer = text::why::campaign(&campaign);
    if let Some((event, _)) = ended {
        answer = format!("{answer} Then {}", text::event(event));
    }
    let won = match pre_vote {
        true => RoleReason::PreVoteWon { votes: 0, needed: 0 },
        false => RoleReason::ElectionWon { votes: 0, needed: 0 },
    };
    Some(Why {
        question: text::why::not_won(id, pre_vote, term, ended.is_some()),
        answer,
        rule: Some(won.clause().into()),
        event: Some(began.seq),
    })
}

/// Why a follower does not lead, while it hears from a leader.
pub(super) fn why_follower(node: &Node<Switchable>) -> Option<Why> {
    let leader = node.leader().filter(|leader| *leader != node.id())?;
    let timer = node.election_timer()?;
    Some(Why {
        question: text::why::not_leader(node.id()),
        answer: text::why::follows(leader, node.current_term(), timer.deadline - timer.started_at),
        rule: Some(RuleView {
            section: "§5.2",
            rule: "A server remains in follower state as long as it receives valid RPCs from a leader or candidate.",
        }),
        event: None,
    })
}

/// A change of role: to which, in which term.
fn role_change(event: &Event) -> Option<(RoleName, Term)> {
    match event.kind {
        EventKind::Fact(Fact::RoleChanged { to, term, .. }) => Some((to, term)),
        _ => None,
    }
}

/// A campaign that was begun.
struct Stand<'a> {
    world: &'a World,
    past: Past<'a>,
    id: NodeId,
    pre_vote: bool,
    term: Term,
    began: u64,
}

impl Stand<'_> {
    /// What became of the request to this voter: the last that is known of it.
    fn answer_of(&self, voter: NodeId) -> Answer {
        let first = self.past.events.partition_point(|event| event.seq < self.began);
        let mut answer = Answer::NotAsked;
        for event in self.past.events.range(first..) {
            if let Some(next) = self.told_by(event, voter) {
                answer = next;
            }
            if matches!(answer, Answer::Granted) {
                return answer;
            }
        }
        if matches!(answer, Answer::UnderWay)
            && self.world.machine(voter).is_none_or(|machine| machine.node().is_none())
        {
            return Answer::Down;
        }
        answer
    }

    /// What this event tells of the voter's answer.
    fn told_by(&self, event: &Event, voter: NodeId) -> Option<Answer> {
        match &event.kind {
            EventKind::Fact(fact) if event.node == Some(self.id) => match fact {
                Fact::VoteCounted { voter: of, pre_vote, .. }
                    if (*of, *pre_vote) == (voter, self.pre_vote) =>
                {
                    Some(Answer::Granted)
                }
                _ => None,
            },
            EventKind::Fact(Fact::VoteRefused { candidate, campaign_term, pre_vote, why })
                if event.node == Some(voter) =>
            {
                let is_this = (*candidate, *campaign_term, *pre_vote) == (self.id, self.term, self.pre_vote);
                is_this.then_some(Answer::Refused(*why))
            }
            EventKind::Send { from, to, payload, .. } => {
                self.asks(from, to, payload, voter).then_some(Answer::UnderWay)
            }
            EventKind::Drop { from, to, payload, why, .. } => {
                if self.asks(from, to, payload, voter) {
                    Some(Answer::Lost(*why))
                } else {
                    self.answers(from, to, payload, voter).then_some(Answer::ReplyLost(*why))
                }
            }
            _ => None,
        }
    }

    fn asks(&self, from: &Endpoint, to: &Endpoint, payload: &Payload, voter: NodeId) -> bool {
        let Payload::Peer(Message { body, .. }) = payload else { return false };
        let request = match body {
            Body::RequestVote(request) if !self.pre_vote => request,
            Body::PreVote(request) if self.pre_vote => request,
            _ => return false,
        };
        *from == Endpoint::Node(self.id) && *to == Endpoint::Node(voter) && request.campaign_term == self.term
    }

    fn answers(&self, from: &Endpoint, to: &Endpoint, payload: &Payload, voter: NodeId) -> bool {
        let Payload::Peer(Message { body, .. }) = payload else { return false };
        let reply = match body {
            Body::RequestVoteReply(reply) if !self.pre_vote => reply,
            Body::PreVoteReply(reply) if self.pre_vote => reply,
            _ => return false,
        };
        *from == Endpoint::Node(voter)
            && *to == Endpoint::Node(self.id)
            && reply.campaign_term == self.term
            && reply.vote_granted
    }
}
