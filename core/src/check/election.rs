//! election-safety, vote-once and term-monotonic.

use super::property::Property;
use super::report::Report;
use crate::raft::{Body, Fact, HardState, NodeId, RoleName, Term};
use crate::sim::event::{Endpoint, Event, EventKind, Payload};
use crate::sorted::SortedMap;

/// Who led, who voted for whom, and how far each server's term has come.
///
/// A vote is given when it is on disk, when it is told, and when a candidate that counts itself has won. It stays
/// given when the disk is wiped: the one who was told still counts on it. Once a later configuration has admitted the
/// server anew, it is a new voter: what it said before decides no election any more.
#[derive(Clone, Debug, Default)]
pub(super) struct Elections {
    leaders: SortedMap<Term, NodeId>,
    votes: SortedMap<(Term, NodeId), NodeId>,
    terms: SortedMap<NodeId, Terms>,
}

/// The terms of one server.
#[derive(Clone, Copy, Debug, Default)]
struct Terms {
    /// The last term that it was seen in since it started.
    current: Term,
    /// The last term in which it promised something that must outlive a crash: a vote or an acknowledgement.
    promised: Term,
}

/// So many terms are remembered; nothing said in an older one reaches anybody.
const TERMS_REMEMBERED: usize = 512;

impl Elections {
    pub(super) fn observe(&mut self, event: &Event, report: &mut Report<'_>) {
        let Some(node) = event.node else {
            return;
        };
        match &event.kind {
            EventKind::Fact(Fact::RoleChanged { to: RoleName::Leader, term, .. }) => {
                self.leads(node, *term, report);
                self.votes(node, *term, node, report);
            }
            EventKind::Vote { candidate, term } => {
                self.votes(node, *term, *candidate, report);
                self.promises(node, *term);
            }
            EventKind::Send { to: Endpoint::Node(to), payload, .. } => {
                let Payload::Peer(message) = &**payload else {
                    return;
                };
                match &message.body {
                    Body::RequestVoteReply(reply) if reply.vote_granted => {
                        self.votes(node, reply.campaign_term, *to, report);
                        self.promises(node, reply.campaign_term);
                    }
                    Body::AppendEntriesReply(_) | Body::InstallSnapshotReply(_)
                        if super::durability::acknowledged(&message.body).is_some() =>
                    {
                        self.promises(node, message.term);
                    }
                    _ => {}
                }
            }
            EventKind::Restart { hard_state, .. } => {
                self.restarts(node, *hard_state, report);
                return;
            }
            EventKind::Wipe => {
                self.terms.remove(&node);
                return;
            }
            EventKind::Fact(Fact::AdmittedAnew { .. }) => self.votes.retain(|(_, voter), _| *voter != node),
            EventKind::Fact(_)
            | EventKind::Append { .. }
            | EventKind::Truncate { .. }
            | EventKind::Sync { .. }
            | EventKind::Commit { .. }
            | EventKind::Apply { .. } => {}
            // Here the node may be down.
            _ => return,
        }
        self.is_in(node, event.term, report);
    }

    fn leads(&mut self, node: NodeId, term: Term, report: &mut Report<'_>) {
        let leader = *self.leaders.get_or_insert_with(term, || node);
        if leader != node {
            report.broken(
                Property::ElectionSafety,
                format!("{node} became leader of term {term}, which {leader} leads or led."),
                [],
                [leader, node],
            );
        }
        if self.leaders.len() > TERMS_REMEMBERED {
            self.leaders.pop_first();
        }
    }

    fn votes(&mut self, voter: NodeId, term: Term, candidate: NodeId, report: &mut Report<'_>) {
        let first = *self.votes.get_or_insert_with((term, voter), || candidate);
        if first != candidate {
            report.broken(
                Property::VoteOnce,
                format!("{voter} votes for {candidate} in term {term}, after voting for {first} in it."),
                [],
                [voter, first, candidate],
            );
        }
        let oldest = term.0.saturating_sub(TERMS_REMEMBERED as u64);
        while let Some(((term, _), _)) = self.votes.first()
            && term.0 < oldest
        {
            self.votes.pop_first();
        }
    }

    fn promises(&mut self, node: NodeId, term: Term) {
        let terms = self.terms.get_or_insert_with(node, Terms::default);
        terms.promised = terms.promised.max(term);
    }

    fn is_in(&mut self, node: NodeId, term: Term, report: &mut Report<'_>) {
        let terms = self.terms.get_or_insert_with(node, Terms::default);
        if term < terms.current {
            report.broken(
                Property::TermMonotonic,
                format!("{node} went from term {} back to term {term}.", terms.current),
                [],
                [node],
            );
        }
        terms.current = term;
    }

    fn restarts(&mut self, node: NodeId, found: HardState, report: &mut Report<'_>) {
        let terms = self.terms.get_or_insert_with(node, Terms::default);
        if found.current_term < terms.promised {
            report.broken(
                Property::TermMonotonic,
                format!(
                    "{node} found term {} on its disk, though it made a promise in term {}.",
                    found.current_term, terms.promised
                ),
                [],
                [node],
            );
        }
        terms.current = found.current_term;
    }
}

#[cfg(test)]
mod tests {
    use super::super::history::History;

    /// Two leaders in one term break election-safety; one in each of two terms does not, nor one that comes again.
    #[test]
    fn two_leaders_in_a_term() {
        let mut history = History::new();
        history.leads(0, 1).leads(1, 2).leads(1, 2);
        assert_eq!(history.broken(), [""; 0]);
        history.leads(2, 2);
        assert_eq!(history.broken(), ["election-safety"]);
        assert_eq!(history.details(), ["node-2 became leader of term 2, which node-1 leads or led."]);
    }

    /// A second vote in a term breaks vote-once, whether it is told or on disk; the same vote again does not.
    #[test]
    fn two_votes_in_a_term() {
        let mut history = History::new();
        history.in_term(0, 3).votes(0, 3, 1).grants(0, 3, 1).grants(0, 3, 1);
        history.in_term(0, 4).votes(0, 4, 2);
        assert_eq!(history.broken(), [""; 0]);
        history.votes(0, 4, 1);
        assert_eq!(history.broken(), ["vote-once"]);
    }

    /// A candidate that votes for another in its own term, and wins, has voted twice.
    #[test]
    fn a_candidate_that_gives_its_own_vote_away() {
        let mut history = History::new();
        history.in_term(0, 1).votes(0, 1, 2);
        assert_eq!(history.broken(), [""; 0]);
        history.leads(0, 1);
        assert_eq!(history.broken(), ["vote-once"]);
    }

    /// A vote stays given when the disk that held it is wiped.
    #[test]
    fn a_wiped_server_votes_again() {
        let mut history = History::new();
        history.in_term(0, 3).votes(0, 3, 1).grants(0, 3, 1).crashes(0).wipes(0).restarts(0, 0, None, (0, 0));
        assert_eq!(history.broken(), [""; 0]);
        history.in_term(0, 3).votes(0, 3, 2);
        assert_eq!(history.broken(), ["vote-once"]);
    }

    /// A server that lost its disk and was admitted anew is a new voter.
    #[test]
    fn a_wiped_server_votes_again_after_it_was_admitted() {
        let mut history = History::new();
        history.in_term(0, 3).votes(0, 3, 1).votes(1, 3, 1).crashes(0).wipes(0).restarts(0, 0, None, (0, 0));
        history.in_term(0, 2).is_admitted_anew(0).in_term(0, 3).votes(0, 3, 2);
        assert_eq!(history.broken(), [""; 0]);
        history.votes(0, 3, 1);
        assert_eq!(history.broken(), ["vote-once"]);
    }

    /// A term that goes back breaks term-monotonic.
    #[test]
    fn a_term_goes_back() {
        let mut history = History::new();
        history.follows(0, 4).follows(0, 4).follows(0, 5);
        assert_eq!(history.broken(), [""; 0]);
        history.follows(0, 4);
        assert_eq!(history.broken(), ["term-monotonic"]);
    }

    /// A term in which nothing was promised may be lost in a crash; one in which a vote was told may not.
    #[test]
    fn a_promised_term_is_lost() {
        let mut history = History::new();
        history.follows(0, 4).crashes(0).restarts(0, 3, None, (0, 0));
        assert_eq!(history.broken(), [""; 0]);
        history.follows(0, 5).acknowledges(0, 1, 0).crashes(0).restarts(0, 4, None, (0, 0));
        assert_eq!(history.broken(), ["term-monotonic"]);
    }
}
