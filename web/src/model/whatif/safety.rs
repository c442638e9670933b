//! Which entries are safe: every leader that can ever be elected has them, whatever crashes and whatever is lost on the
//! way, as long as no disk is.
//!
//! That a majority holds an entry is not enough (Figure 8): a log without it may be more up-to-date than theirs, and win
//! their votes. That its leader knows it to be committed is more than enough: it is safe before.
//!
//! An entry `e` is called safe if there is an entry `a`, `e` itself or a later one of the same log, its *anchor*, so that
//!
//! 1. `a` is on so many disks that no majority can do without one of them, and stays there whatever of the writes under
//!    way is lost; and
//! 2. no log without `a` is as up-to-date as `a` itself: not one in memory or on a disk, or that a crash would leave;
//!    not the log of a leader, which may yet grow in its term; not that of a candidate that may still win its election;
//!    not what an old leader's message would make of a log.
//!
//! Then it stays so. A log that ends with `a` or goes on after it is more up-to-date than every log without it, so whoever
//! holds `a` votes for nobody who lacks it, and by 1 nobody who lacks it is elected (§5.4.1). So every new leader has `a`,
//! and a leader only ever makes logs like its own: what it sends leaves `a` where it is, or leaves a log that ends before
//! `a` and is less up-to-date (§5.3). A leader or message of an older term than that of `a` is refused by whoever holds `a`
//! (§5.1): a candidate whose votes come late may yet lead such a term without `e`, and nobody of them heeds it. And whoever
//! has `a` has `e`, by Log Matching.
//!
//! The rule is not exact: rarely an entry is safe for more intricate reasons. It errs to that side alone.

use mini_raft_core::raft::{
    Body, Configuration, EntryId, Index, Log, Message, Node, NodeId, RoleName, Switchable, Term,
};
use mini_raft_core::sim::{Machine, Payload, World};

use crate::model::log::{committed_up_to, running};

/// Up to where the log of each node is safe, by id. Of a crashed node, the log on its disk.
pub fn safe_up_to(world: &World) -> Vec<Index> {
    let keeps_all_rules = world.setup().without.is_empty();
    let proven = proven_safe(world);
    let logs = world.machines().iter().map(shown_log);
    // What is known to be committed is safe; a rule that is left out may break that.
    logs.zip(proven)
        .map(|(log, EntryId { index, .. })| match keeps_all_rules {
            true => index.max(committed_up_to(world, log)),
            false => index,
        })
        .collect()
}

/// For each node the last entry of its log that can be an anchor, without a look at what anybody knows to be committed;
/// zero if there is none.
pub fn proven_safe(world: &World) -> Vec<EntryId> {
    let stock = Stock::take(world);
    world.machines().iter().map(|machine| stock.anchor_of(shown_log(machine))).collect()
}

/// The log that is shown of a node.
fn shown_log(machine: &Machine) -> &Log {
    machine.node().map_or_else(|| machine.disk().log(), Node::log)
}

/// All that matters for whether an entry is safe.
struct Stock<'a> {
    /// For each server, every log that it has or might have after a crash.
    logs: Vec<(NodeId, Vec<Log>)>,
    /// Logs that may yet grow, each with the term in which: those of leaders, and of candidates that may become one.
    growing: Vec<(Term, &'a Log)>,
    /// Messages of leaders that lead no more, each with its term.
    messages: Vec<(Term, &'a Body)>,
    /// The configurations in use.
    configurations: Vec<&'a Configuration>,
}

impl<'a> Stock<'a> {
    fn take(world: &'a World) -> Stock<'a> {
        let leads = |id: NodeId, term: Term| {
            let node = world.machine(id).and_then(Machine::node);
            node.is_some_and(|node| node.role() == RoleName::Leader && node.current_term() == term)
        };
        let mut configurations: Vec<&Configuration> = Vec::new();
        for node in running(world) {
            if !configurations.contains(&node.configuration()) {
                configurations.push(node.configuration());
            }
        }
        let logs: Vec<(NodeId, Vec<Log>)> = world.machines().iter().map(logs_of).collect();
        Stock {
            growing: running(world)
                .filter(|node| match node.role() {
                    RoleName::Leader => true,
                    RoleName::Candidate => may_win(world, &logs, node),
                    RoleName::Follower | RoleName::PreCandidate => false,
                })
                .map(|node| (node.current_term(), node.log()))
                .collect(),
            messages: world
                .flights()
                .filter_map(|flight| match &*flight.payload {
                    Payload::Peer(Message { from, term, body, .. }) if !leads(*from, *term) => {
                        Some((*term, body))
                    }
                    _ => None,
                })
                .filter(|(_, body)| matches!(body, Body::AppendEntries(_) | Body::InstallSnapshot(_)))
                .collect(),
            configurations,
            logs,
        }
    }

    /// The last entry of this log that can be an anchor; zero if there is none.
    fn anchor_of(&self, log: &Log) -> EntryId {
        // Up to where each server surely holds what this log holds, and each log that lacks what comes after that.
        let mut held: Vec<(NodeId, Index)> = Vec::new();
        let mut rivals: Vec<(Index, EntryId)> = Vec::new();
        for (server, logs) in &self.logs {
            let mut surely = log.last().index;
            for other in logs {
                let common = common_prefix(log, other);
                surely = surely.min(common);
                rivals.push((common, other.last()));
            }
            held.push((*server, surely));
        }
        let without_end = |term| EntryId { term, index: Index(u64::MAX) };
        for (term, other) in &self.growing {
            rivals.push((common_prefix(log, other), without_end(*term)));
        }
        for (term, body) in &self.messages {
            if !is_like(log, body) {
                rivals.push((Index::ZERO, without_end(*term)));
            }
        }
        // Between two of these places the same servers hold the entry and the same logs lack it: the last is the best.
        let places = rivals.iter().map(|(common, _)| *common).filter(|index| *index > Index::ZERO);
        let entries = places.filter_map(|index| Some(EntryId { term: log.term_at(index)?, index }));
        let is_anchor = |anchor: &EntryId| {
            let lack = rivals.iter().filter(|(common, _)| *common < anchor.index);
            let strongest = lack.map(|(_, last)| *last).max();
            let holds =
                |id: NodeId| held.iter().any(|(server, common)| *server == id && *common >= anchor.index);
            strongest.is_none_or(|rival| rival < *anchor)
                && !self.configurations.is_empty()
                && self.configurations.iter().all(|configuration| !configuration.decides(0, |id| !holds(id)))
        };
        entries.filter(is_anchor).max().unwrap_or(EntryId::ZERO)
    }
}

/// Every log that a server has, or would have after a crash.
fn logs_of(machine: &Machine) -> (NodeId, Vec<Log>) {
    let mut logs = machine.disk().logs_after_crash();
    logs.extend(machine.node().map(|node| node.log().clone()));
    (machine.id(), logs)
}

/// The last index up to which both logs hold the same; where a snapshot hides it, less.
fn common_prefix(one: &Log, other: &Log) -> Index {
    let mut low = one.snapshot_id().index.max(other.snapshot_id().index);
    let mut high = one.last().index.min(other.last().index);
    let agree = |index: Index| one.term_at(index) == other.term_at(index);
    if high < low {
        // One ends where the other has only a snapshot. The end of a snapshot is committed, so the shorter one may lack it.
        return if one.snapshot_id().index > high { high } else { Index::ZERO };
    }
    if !agree(low) {
        return Index::ZERO;
    }
    // By Log Matching, what agrees in one place agrees in all before it.
    while low < high {
        let middle = Index(low.0 + (high.0 - low.0).div_ceil(2));
        if agree(middle) {
            low = middle;
        } else {
            high = middle.prev();
        }
    }
    low
}

/// Whether a message puts nothing into a log that is not in this one.
fn is_like(log: &Log, body: &Body) -> bool {
    let holds = |id: EntryId| id.index <= log.snapshot_id().index || log.holds(id);
    match body {
        Body::AppendEntries(append) => {
            let beyond = |index: Index| index > log.last().index;
            holds(append.prev_log)
                && append.entries.iter().all(|entry| beyond(entry.index) || holds(entry.id()))
        }
        Body::InstallSnapshot(install) => holds(install.last_included),
        _ => true,
    }
}

/// Whether a candidate may still become the leader of its term.
fn may_win(world: &World, logs: &[(NodeId, Vec<Log>)], candidate: &Node<Switchable>) -> bool {
    let (id, term, last) = (candidate.id(), candidate.current_term(), candidate.log().last());
    let is_on_its_way = |voter: NodeId| {
        world.flights().any(|flight| match &*flight.payload {
            Payload::Peer(Message { from, to, body: Body::RequestVoteReply(reply), .. }) => {
                (*from, *to, reply.campaign_term, reply.vote_granted) == (voter, id, term, true)
            }
            _ => false,
        })
    };
    let may_vote = |voter: NodeId| {
        let Some(machine) = world.machine(voter) else { return false };
        let kept = machine.disk().hard_state();
        let has_voted =
            machine.node().is_some_and(|node| node.current_term() == term && node.voted_for() == Some(id));
        // After a crash it knows only what is on its disk.
        let is_free = kept.current_term < term
            || (kept.current_term == term && kept.voted_for.is_none_or(|vote| vote == id));
        let mut its_logs = logs.iter().filter(|(server, _)| *server == voter).flat_map(|(_, logs)| logs);
        let is_up_to_date = its_logs.any(|log| log.last() <= last);
        voter == id
            || candidate.votes_granted().any(|granted| granted == voter)
            || has_voted
            || is_on_its_way(voter)
            || (is_free && is_up_to_date)
    };
    candidate.configuration().decides(0, may_vote)
}

#[cfg(test)]
mod tests;
