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

#[cfg(test)]
mod tests {
    use super::super::history::{History, append};

    /// A leader that deletes its entries breaks leader-append-only; one that has stepped down may.
    #[test]
    fn a_leader_deletes_entries() {
        let mut history = History::new();
        history.leads(0, 1).appends(0, &[(1, 1), (1, 2)]).follows(0, 2).truncates(0, 2);
        assert_eq!(history.broken(), [""; 0]);
        history.leads(0, 3).truncates(0, 1);
        assert_eq!(history.broken(), ["leader-append-only"]);
    }

    /// In the step in which it steps down, the news may come after what it does to its log.
    #[test]
    fn a_leader_that_is_just_stepping_down_may_delete() {
        let mut history = History::new();
        history.leads(0, 1).appends(0, &[(1, 1)]).in_term(0, 2).truncates(0, 1).follows(0, 2);
        assert_eq!(history.broken(), [""; 0]);
    }

    /// A leader that puts an entry in the place of another, or a snapshot in the place of its log, has deleted some.
    #[test]
    fn a_leader_overwrites_entries() {
        let mut history = History::new();
        history.leads(0, 1).appends(0, &[(1, 1)]).appends(0, &[(1, 1)]);
        assert_eq!(history.broken(), ["leader-append-only"]);

        let mut history = History::new();
        history.leads(0, 1).appends(0, &[(1, 1), (1, 2)]).installs(0, (1, 1));
        assert_eq!(history.broken(), [""; 0]);
        history.installs(0, (1, 3));
        assert_eq!(history.broken(), ["leader-append-only"]);
    }

    /// Entries of the same name that carry something else, or follow another entry, break log-matching.
    #[test]
    fn two_entries_of_one_name() {
        let mut history = History::new();
        history.appends(0, &[(1, 1), (2, 2), (2, 3)]).appends(1, &[(1, 1), (2, 2), (2, 3)]);
        assert_eq!(history.broken(), [""; 0]);
        history.appends_command(2, (1, 1), &append("c1", 1, "a"));
        assert_eq!(history.broken(), ["log-matching"]);

        let mut history = History::new();
        history.appends(0, &[(1, 1), (1, 2), (3, 3)]).appends(1, &[(1, 1), (2, 2)]);
        assert_eq!(history.broken(), [""; 0]);
        history.appends(1, &[(3, 3)]);
        assert_eq!(history.broken(), ["log-matching"]);
        assert_eq!(
            history.details(),
            ["In the log of node-1, entry 3@3 follows 2@2; elsewhere it follows 2@1."]
        );
    }

    /// After the entries in the way are gone, the same entry is no surprise.
    #[test]
    fn a_conflict_that_is_removed_first() {
        let mut history = History::new();
        history.appends(0, &[(1, 1), (1, 2), (3, 3)]).appends(1, &[(1, 1), (2, 2)]);
        history.truncates(1, 2).appends(1, &[(1, 2), (3, 3)]);
        assert_eq!(history.broken(), [""; 0]);
    }

    #[test]
    fn a_log_with_a_gap_or_a_falling_term() {
        let mut history = History::new();
        history.appends(0, &[(1, 1)]).appends(0, &[(1, 3)]);
        assert_eq!(history.broken(), ["log-matching"]);

        let mut history = History::new();
        history.appends(0, &[(2, 1)]).appends(0, &[(1, 2)]);
        assert_eq!(history.broken(), ["log-matching"]);
    }

    /// After a crash the log is what the disk held, also where memory had already removed it.
    #[test]
    fn a_crash_brings_back_what_was_removed_in_memory_only() {
        let mut history = History::new();
        history.stores(0, &[(1, 1), (1, 2)]).appends(1, &[(1, 1), (2, 2)]);
        history.truncates(0, 2).appends(0, &[(2, 2)]).crashes(0).restarts(0, 2, None, (1, 2));
        history.appends(0, &[(1, 3)]);
        assert_eq!(history.broken(), [""; 0]);
    }
}
