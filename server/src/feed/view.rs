//! The node as it is: what a reader of the feed begins with.

use mini_raft_core::raft::{Entry, EntryId, HardState, Index, Node, NodeId, Paper, ProgressState, Term};
use serde::Serialize;

use super::command::Value;
use super::line::Line;
use crate::store::Store;
use crate::wire::BootId;

/// The most entries at the end of the log, and about the most bytes of their commands.
const ENTRIES_MAX: u64 = 256;
const ENTRIES_BYTES_MAX: u64 = 4 << 20;
/// The most keys of the store.
const KEYS_MAX: usize = 1000;

#[derive(Serialize)]
struct Vote {
    term: Term,
    #[serde(rename = "for")]
    candidate: NodeId,
}

#[derive(Serialize)]
struct Timer {
    started_us: u64,
    deadline_us: u64,
}

#[derive(Serialize)]
struct Follower {
    id: NodeId,
    match_index: Index,
    next_index: Index,
    state: &'static str,
}

#[derive(Serialize)]
struct Key<'a> {
    key: &'a str,
    #[serde(flatten)]
    value: Value<'a>,
    mod_index: u64,
}

/// Adds all of it to a line. `durable` is what the disk holds of term and vote.
pub(super) fn describe(
    line: Line,
    boot: BootId,
    node: &Node<Paper>,
    store: &Store,
    durable: HardState,
) -> Line {
    let log = node.log();
    let entries = last_entries(node);
    let before = entries.first().map_or(log.last(), |first| {
        let index = first.index.prev();
        EntryId { term: log.term_at(index).unwrap_or(Term::ZERO), index }
    });
    let vote = durable.voted_for.map(|candidate| Vote { term: durable.current_term, candidate });
    let timer = node
        .election_timer()
        .map(|timer| Timer { started_us: timer.started_at.0, deadline_us: timer.deadline.0 });
    let progress: Vec<Follower> = node
        .progress()
        .map(|(id, progress)| Follower {
            id,
            match_index: progress.match_index,
            next_index: progress.next_index,
            state: match progress.state {
                ProgressState::Probe { .. } => "probe",
                ProgressState::Replicate { .. } => "replicate",
                ProgressState::Snapshot { .. } => "snapshot",
            },
        })
        .collect();
    let page = store.list("", None, KEYS_MAX);
    let keys: Vec<Key<'_>> = page
        .items
        .iter()
        .map(|(key, record)| Key { key, value: Value(&record.value), mod_index: record.mod_index })
        .collect();
    line.with("boot", format!("{:016x}", boot.0))
        .with("role", node.role())
        .with("voted_for", node.voted_for())
        .with("durable_vote", vote)
        .with("leader", node.leader())
        .with("commit_index", node.commit_index())
        .with("last_applied", node.last_applied())
        .with("durable_index", node.durable_index())
        .with("snapshot_index", log.snapshot_id().index)
        .with("snapshot_term", log.snapshot_id().term)
        .with("last_index", log.last().index)
        .with("last_term", log.last().term)
        .with("before_index", before.index)
        .with("before_term", before.term)
        .with_entries(entries)
        .with_configuration(node.configuration())
        .with("configuration_index", node.configuration_index())
        .with("forgetful", node.forgets().is_some())
        .with("election_timer", timer)
        .with("votes_granted", node.votes_granted().collect::<Vec<_>>())
        .with("progress", progress)
        .with("keys", keys)
        .with("keys_in_all", store.len())
        .with("digest", format!("{:016x}", store.digest()))
}

/// The last entries of the log, the oldest first.
fn last_entries(node: &Node<Paper>) -> Vec<&Entry> {
    let log = node.log();
    let from = log.first_index().max(Index(log.last().index.0.saturating_sub(ENTRIES_MAX - 1)));
    let entries: Vec<&Entry> = log.iter_from(from).collect();
    let mut bytes = 0;
    let fits = |entry: &&&Entry| {
        bytes += entry.command_bytes();
        bytes <= ENTRIES_BYTES_MAX
    };
    let kept = entries.iter().rev().take_while(fits).count();
    entries[entries.len() - kept..].to_vec()
}
