//! durability: what a server has told is on its disk, and what is committed stays there.

use super::commit::Commits;
use super::lineage::Lineage;
use super::property::Property;
use super::report::Report;
use super::server::{Server, Servers};
use crate::raft::{AppendOutcome, Body, EntryId, HardState, Index, Message, NodeId, Term};
use crate::sim::event::{Endpoint, Event, EventKind, Payload};
use crate::sorted::SortedMap;

/// What is known of each server's disk, beyond its end.
#[derive(Clone, Debug, Default)]
pub(super) struct Durability {
    votes: SortedMap<NodeId, Votes>,
    /// By server whose disk has not cut off yet what was cut off in memory.
    may_lose: SortedMap<NodeId, Cuts>,
}

/// The cuts in a log that its disk may still have before it.
#[derive(Clone, Copy, Debug)]
struct Cuts {
    /// What comes after this entry may be lost.
    kept: Index,
    /// A disk that holds an entry of the present log from here on has all the cuts behind it.
    behind: Index,
}

/// The votes that were on one server's disk, the later ones.
#[derive(Clone, Debug, Default)]
struct Votes {
    by_term: SortedMap<Term, NodeId>,
    /// Votes up to this term are forgotten.
    forgotten: Term,
}

/// So many votes of each server are remembered: a server that was paused tells its grants of long ago.
const VOTES_REMEMBERED: usize = 128;

impl Durability {
    pub(super) fn observe(
        &mut self,
        event: &Event,
        servers: &Servers,
        lineage: &Lineage,
        commits: &Commits,
        report: &mut Report<'_>,
    ) {
        let Some(node) = event.node else {
            return;
        };
        let server = servers.get(node);
        match &event.kind {
            EventKind::Vote { candidate, term } => self.voted(node, *term, *candidate),
            EventKind::Send { to: Endpoint::Node(to), payload, .. } => {
                let Payload::Peer(message) = &**payload else {
                    return;
                };
                self.tells(node, *to, message, report);
                // An answer of an earlier term was held back too long: nobody leads that term for this server.
                if let Some(index) = acknowledged(&message.body)
                    && message.term == event.term
                {
                    acknowledges(node, server, index, lineage, report);
                }
            }
            // An old leader's word that comes late may cut off what was committed in a later term: this server had no
            // part in that yet.
            EventKind::Truncate { from }
                if commits.committed_by(event.term, server.log_end, lineage) < *from =>
            {
                let first = Cuts { kept: from.prev(), behind: *from };
                let cuts = self.may_lose.get_or_insert_with(node, || first);
                cuts.kept = cuts.kept.min(from.prev());
                cuts.behind = cuts.behind.max(*from);
            }
            EventKind::Sync { last } => {
                let cuts = self.may_lose.get(&node).copied();
                loses(node, server, *last, cuts.map(|cuts| cuts.kept), lineage, commits.committed(), report);
                let is_of_present_log = lineage.common(*last, server.log_end) == last.index;
                let is_behind = cuts.is_some_and(|cuts| is_of_present_log && last.index >= cuts.behind);
                if is_behind || *last == server.log_end {
                    self.may_lose.remove(&node);
                }
            }
            EventKind::Restart { hard_state, last, .. } => {
                self.may_lose.remove(&node);
                self.finds_vote(node, *hard_state, report);
                finds_log(node, server, *last, lineage, report);
            }
            EventKind::Wipe => {
                self.votes.remove(&node);
            }
            _ => {}
        }
    }

    fn voted(&mut self, voter: NodeId, term: Term, candidate: NodeId) {
        let votes = self.votes.get_or_insert_with(voter, Votes::default);
        votes.by_term.insert(term, candidate);
        if votes.by_term.len() > VOTES_REMEMBERED
            && let Some((term, _)) = votes.by_term.pop_first()
        {
            votes.forgotten = term;
        }
    }

    fn tells(&self, voter: NodeId, candidate: NodeId, message: &Message, report: &mut Report<'_>) {
        let Body::RequestVoteReply(reply) = &message.body else {
            return;
        };
        let term = reply.campaign_term;
        let votes = self.votes.get(&voter);
        let is_forgotten = votes.is_some_and(|votes| term <= votes.forgotten);
        let on_disk = votes.and_then(|votes| votes.by_term.get(&term));
        if reply.vote_granted && on_disk != Some(&candidate) && !is_forgotten {
            report.broken(
                Property::Durability,
                format!(
                    "{voter} tells {candidate} that it has its vote in term {term}; that is not on disk."
                ),
                [],
                [voter, candidate],
            );
        }
    }

    fn finds_vote(&self, node: NodeId, found: HardState, report: &mut Report<'_>) {
        let last = self.votes.get(&node).and_then(|votes| votes.by_term.last());
        let Some((term, candidate)) = last else {
            return;
        };
        let kept = found.current_term > *term
            || (found.current_term == *term && found.voted_for == Some(*candidate));
        if !kept {
            report.broken(
                Property::Durability,
                format!("The vote of {node} for {candidate} in term {term} was on its disk, and is not now."),
                [],
                [node, *candidate],
            );
        }
    }
}

/// The index up to which this message acknowledges that entries are on disk.
pub(super) fn acknowledged(body: &Body) -> Option<Index> {
    match body {
        Body::AppendEntriesReply(reply) => match reply.outcome {
            AppendOutcome::Success { match_index } => Some(match_index),
            AppendOutcome::Failure { .. } => None,
        },
        Body::InstallSnapshotReply(reply) => Some(reply.match_index).filter(|index| *index > Index::ZERO),
        _ => None,
    }
}

fn acknowledges(node: NodeId, server: Server, index: Index, lineage: &Lineage, report: &mut Report<'_>) {
    let durable = lineage.common(server.log_end, server.disk_end);
    if durable < index {
        report.broken(
            Property::Durability,
            format!("{node} acknowledges entries up to {index}; on its disk they are up to {durable}."),
            [durable.next(), index],
            [node],
        );
    }
}

/// What was committed does not leave a disk, unless it was cut off before.
fn loses(
    node: NodeId,
    server: Server,
    last: EntryId,
    kept: Option<Index>,
    lineage: &Lineage,
    committed: EntryId,
    report: &mut Report<'_>,
) {
    let before = lineage.common(server.disk_end, committed);
    let before = kept.map_or(before, |kept| kept.min(before));
    let after = lineage.common(last, committed);
    if after < before {
        report.broken(
            Property::Durability,
            format!(
                "{node} had committed entries up to {before} on its disk, and has them up to {after} now."
            ),
            [after.next(), before],
            [node],
        );
    }
}

fn finds_log(node: NodeId, server: Server, last: EntryId, lineage: &Lineage, report: &mut Report<'_>) {
    let found = lineage.common(last, server.disk_end);
    // What was cut off in memory may be cut off on the disk, too, or not yet.
    let kept = server.disk_end.index.min(server.uncut);
    if found < kept {
        report.broken(
            Property::Durability,
            format!(
                "The log on the disk of {node} ended with {}; it found it up to {found}.",
                server.disk_end
            ),
            [found.next(), kept],
            [node],
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::history::History;

    /// A crash may come before or after a disk has cut off what was cut off in memory; what was not stays.
    #[test]
    fn a_crash_while_a_disk_cuts_its_log() {
        for found in [(1, 3), (2, 2), (1, 1)] {
            let mut history = History::new();
            history.stores(0, &[(1, 1), (1, 2), (1, 3)]).truncates(0, 2).appends(0, &[(2, 2)]).crashes(0);
            history.restarts(0, 2, None, found);
            assert_eq!(history.broken(), [""; 0], "{found:?}");
        }
        let mut history = History::new();
        history.stores(0, &[(1, 1), (1, 2), (1, 3)]).truncates(0, 3).crashes(0).restarts(0, 2, None, (1, 1));
        assert_eq!(history.broken(), ["durability"]);
    }

    /// A vote that is told before it is on disk breaks durability.
    #[test]
    fn a_vote_is_told_too_early() {
        let mut history = History::new();
        history.in_term(0, 2).votes(0, 2, 1).grants(0, 2, 1);
        // Held back by a slow network card, and told after the next vote: it is still on record.
        history.in_term(0, 3).votes(0, 3, 2).grants(0, 2, 1);
        assert_eq!(history.broken(), [""; 0]);
        history.in_term(0, 4).grants(0, 4, 1);
        assert_eq!(history.broken(), ["durability"]);
    }

    /// An entry that is acknowledged before it is on disk breaks durability.
    #[test]
    fn an_entry_is_acknowledged_too_early() {
        let mut history = History::new();
        history.stores(0, &[(1, 1)]).appends(0, &[(1, 2)]).acknowledges(0, 1, 1);
        assert_eq!(history.broken(), [""; 0]);
        history.acknowledges(0, 1, 2);
        assert_eq!(history.broken(), ["durability"]);
        let told = "node-0 acknowledges entries up to 2; on its disk they are up to 1.";
        assert_eq!(history.details(), [told]);
    }

    /// That some entry is on disk at that index is not enough: it must be the one in the log.
    #[test]
    fn another_entry_is_on_disk_at_that_index() {
        let mut history = History::new();
        history.appends(1, &[(1, 1), (2, 2)]).stores(0, &[(1, 1), (1, 2)]);
        history.in_term(0, 2).truncates(0, 2).appends(0, &[(2, 2)]).acknowledges(0, 1, 1);
        assert_eq!(history.broken(), [""; 0]);
        history.acknowledges(0, 1, 2);
        assert_eq!(history.broken(), ["durability"]);
    }

    #[test]
    fn a_snapshot_is_acknowledged_too_early() {
        let mut history = History::new();
        history
            .installs(0, (1, 5))
            .acknowledges_snapshot(0, 1, 0)
            .syncs(0, (1, 5))
            .acknowledges_snapshot(0, 1, 5);
        assert_eq!(history.broken(), [""; 0]);
        history.installs(2, (1, 5)).acknowledges_snapshot(2, 1, 5);
        assert_eq!(history.broken(), ["durability"]);
    }

    /// A disk that lost what was synced, entries or a vote, breaks durability; what was not synced may be lost.
    #[test]
    fn what_was_on_disk_is_gone_after_a_restart() {
        let mut history = History::new();
        history.stores(0, &[(1, 1)]).appends(0, &[(1, 2)]).in_term(0, 1).votes(0, 1, 2);
        history.crashes(0).restarts(0, 1, Some(2), (1, 1));
        assert_eq!(history.broken(), [""; 0]);
        history.stores(0, &[(1, 2)]).crashes(0).restarts(0, 1, Some(2), (1, 1));
        assert_eq!(history.broken(), ["durability"]);

        let mut history = History::new();
        history.in_term(0, 1).votes(0, 1, 2).crashes(0).restarts(0, 1, None, (0, 0));
        assert_eq!(history.broken(), ["durability"]);
    }

    /// A committed entry that leaves a disk breaks durability; one that is not committed may go.
    #[test]
    fn a_committed_entry_leaves_a_disk() {
        let mut history = History::new();
        history.leads(0, 1).stores(0, &[(1, 1), (1, 2)]).stores(1, &[(1, 1), (1, 2)]).commits(0, 1);
        history.in_term(1, 1).truncates(1, 2).syncs(1, (1, 1));
        assert_eq!(history.broken(), [""; 0]);
        history.truncates(1, 1).syncs(1, (0, 0));
        assert_eq!(history.broken(), ["durability"]);
    }

    /// A word of an old leader that comes late may cut off what was committed in a later term; of that term it may not.
    #[test]
    fn a_late_word_cuts_off_what_was_committed_since() {
        let mut history = History::new();
        for node in 0..3 {
            history.stores(node, &[(1, 1), (1, 2)]);
        }
        history.leads(0, 3).commits(0, 2).in_term(2, 2).truncates(2, 2).syncs(2, (1, 1));
        assert_eq!(history.broken(), [""; 0]);
        history.stores(2, &[(1, 2)]).in_term(2, 3).truncates(2, 2).syncs(2, (1, 1));
        assert_eq!(history.broken(), ["durability"]);
    }

    /// Once a disk has the cut behind it, what was committed stays on it again, however far it is behind the log.
    #[test]
    fn a_slow_disk_that_has_been_cut_loses_nothing_more() {
        let mut history = History::new();
        for node in 0..3 {
            history.stores(node, &[(1, 1), (1, 2)]);
        }
        history.leads(0, 3).commits(0, 2).in_term(2, 2).truncates(2, 2).appends(2, &[(2, 2), (2, 3)]);
        history.in_term(2, 3).truncates(2, 2).appends(2, &[(1, 2), (3, 3), (3, 4)]);
        // The disk comes to each of them in turn.
        history.syncs(2, (1, 1)).syncs(2, (2, 2)).syncs(2, (1, 1)).syncs(2, (3, 3));
        assert_eq!(history.broken(), [""; 0]);
        history.syncs(2, (1, 1));
        assert_eq!(history.broken(), ["durability"]);
    }

    /// A snapshot in the place of the log loses nothing.
    #[test]
    fn a_snapshot_takes_the_place_of_committed_entries() {
        let mut history = History::new();
        history.leads(0, 1).stores(0, &[(1, 1), (1, 2)]).stores(1, &[(1, 1), (1, 2)]).commits(0, 2);
        history.stores(2, &[(1, 1)]).installs(2, (1, 2)).syncs(2, (1, 2)).acknowledges_snapshot(2, 0, 2);
        assert_eq!(history.broken(), [""; 0]);
    }

    /// A server that has voted in very many terms since may tell an old vote: nothing is known against it.
    #[test]
    fn a_vote_of_long_ago() {
        let mut history = History::new();
        for term in 1..=500 {
            history.in_term(0, term).votes(0, term, 1);
        }
        history.grants(0, 2, 1).grants(0, 500, 1);
        assert_eq!(history.broken(), [""; 0]);
        history.grants(0, 501, 1);
        assert_eq!(history.broken(), ["durability"]);
    }
}
