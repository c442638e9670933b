//! leader-append-only and log-matching.

use super::lineage::{Lineage, Mismatch};
use super::property::Property;
use super::report::Report;
use super::server::{Server, Servers};
use crate::raft::{Entry, EntryId, Index, NodeId};
use crate::sim::event::{Event, EventKind, SnapshotOrigin};

/// Checks what is done to a log, and takes note of new entries.
pub(super) fn observe(event: &Event, servers: &Servers, lineage: &mut Lineage, report: &mut Report<'_>) {
    let Some(node) = event.node else {
        return;
    };
    let server = servers.get(node);
    match &event.kind {
        EventKind::Append { entries } => append(node, server, entries, lineage, report),
        EventKind::Truncate { .. } | EventKind::Snapshot { .. } => {}
        _ => return,
    }
    // The term tells whether it is still a leader where the news of its stepping down comes later in the step.
    if server.leads(event.term)
        && let Some((index, how)) = loss(server, &event.kind, lineage)
    {
        report.broken(
            Property::LeaderAppendOnly,
            format!("{node}, the leader of term {}, {how}.", event.term),
            [index],
            [node],
        );
    }
}

/// What this takes away from the log, from which index on.
fn loss(server: Server, kind: &EventKind, lineage: &Lineage) -> Option<(Index, String)> {
    let end = server.log_end;
    match kind {
        EventKind::Truncate { from } if *from <= end.index => {
            Some((*from, format!("deleted its entries from index {from} on")))
        }
        EventKind::Append { entries } => {
            let index = entries.first()?.index;
            (index <= end.index).then(|| (index, format!("overwrote its entries from index {index} on")))
        }
        EventKind::Snapshot { last_included, origin: SnapshotOrigin::Installed }
            if !lineage.contains(end, *last_included) =>
        {
            let how = format!("replaced its log, which ends with {end}, by a snapshot up to {last_included}");
            Some((last_included.index, how))
        }
        _ => None,
    }
}

fn append(node: NodeId, server: Server, entries: &[Entry], lineage: &mut Lineage, report: &mut Report<'_>) {
    let Some(first) = entries.first() else {
        return;
    };
    let mut before = match lineage.at(server.log_end, first.index.prev()) {
        Some(before) => before,
        None => server.log_end,
    };
    for entry in entries {
        if let Err(mismatch) = lineage.add(before, entry) {
            let detail = describe(node, before, entry.id(), mismatch);
            report.broken(Property::LogMatching, detail, [entry.index], [node]);
        }
        before = entry.id();
    }
}

fn describe(node: NodeId, before: EntryId, entry: EntryId, mismatch: Mismatch) -> String {
    match mismatch {
        Mismatch::OutOfOrder => format!("In the log of {node}, entry {entry} comes right after {before}."),
        Mismatch::Predecessor { elsewhere: Some(elsewhere) } => {
            format!("In the log of {node}, entry {entry} follows {before}; elsewhere it follows {elsewhere}.")
        }
        Mismatch::Predecessor { elsewhere: None } => format!(
            "{node} has an entry {entry} after {before}; elsewhere term {} starts at a later index.",
            entry.term
        ),
        Mismatch::Content => {
            format!("Entry {entry} of {node} carries something else than in another log.")
        }
    }
}
