//! leader-completeness, commit-monotonic, and that a committed entry is on the disks of a majority.

use std::sync::Arc;

use super::lineage::Lineage;
use super::property::Property;
use super::report::Report;
use super::server::{Server, Servers};
use crate::raft::{Configuration, EntryId, Fact, Index, NodeId, RoleName, Term};
use crate::sim::event::{Event, EventKind, SnapshotOrigin};
use crate::sorted::SortedMap;

/// What leaders have committed.
///
/// It is the leader that commits (§5.3); followers only learn of it, so what they believe is no evidence.
#[derive(Clone, Debug)]
pub(super) struct Commits {
    /// The cluster at its birth.
    configuration: Arc<Configuration>,
    /// The configuration in use on each server, and the one before it.
    in_use: SortedMap<NodeId, [Arc<Configuration>; 2]>,
    /// The last entry that was committed in each term.
    by_term: SortedMap<Term, EntryId>,
    /// The last entry that was committed in any term.
    committed: EntryId,
}

/// So many terms with commits are remembered; a leader of an older one comes too late to be elected.
const TERMS_REMEMBERED: usize = 256;

impl Commits {
    pub(super) fn new(configuration: Configuration) -> Commits {
        let (configuration, in_use) = (Arc::new(configuration), SortedMap::new());
        Commits { configuration, in_use, by_term: SortedMap::new(), committed: EntryId::ZERO }
    }

    /// The last entry that a leader has committed: the committed log is that which ends with it.
    pub(super) fn committed(&self) -> EntryId {
        self.committed
    }

    /// How much of the log with this end was committed in this term or before it.
    pub(super) fn committed_by(&self, term: Term, log_end: EntryId, lineage: &Lineage) -> Index {
        let commits = self.by_term.iter().filter(|(committed_in, _)| **committed_in <= term);
        commits.map(|(_, entry)| lineage.common(log_end, *entry)).max().unwrap_or_default()
    }

    pub(super) fn observe(
        &mut self,
        event: &Event,
        servers: &Servers,
        lineage: &Lineage,
        report: &mut Report<'_>,
    ) {
        let Some(node) = event.node else {
            return;
        };
        let server = servers.get(node);
        match &event.kind {
            EventKind::Fact(Fact::RoleChanged { to: RoleName::Leader, term, .. }) => {
                self.leads(node, *term, server.log_end, lineage, report)
            }
            EventKind::Fact(Fact::ConfigurationInUse { configuration, .. }) => {
                let before = self.in_use.get(&node).map_or(&self.configuration, |[now, _]| now).clone();
                self.in_use.insert(node, [configuration.clone(), before]);
            }
            EventKind::Crash { .. } => {
                self.in_use.remove(&node);
            }
            EventKind::Commit { index } => {
                never_back(node, "committed", server.commit_index, *index, report);
                if server.leads(event.term) {
                    self.commits(node, server, *index, servers, lineage, report);
                }
            }
            EventKind::Apply { entry, .. } => applies(node, server.last_applied, entry.index, report),
            EventKind::Snapshot { last_included, origin: SnapshotOrigin::Installed } => {
                let index = last_included.index;
                never_back(node, "applied", server.last_applied, index, report);
            }
            _ => {}
        }
    }

    /// A new leader must have what was committed in earlier terms.
    fn leads(
        &self,
        leader: NodeId,
        term: Term,
        log_end: EntryId,
        lineage: &Lineage,
        report: &mut Report<'_>,
    ) {
        let Some((earlier, committed)) = self.by_term.last_before(&term) else {
            return;
        };
        if !lineage.contains(log_end, *committed) {
            incomplete(leader, term, *earlier, *committed, lineage.common(log_end, *committed), report);
        }
    }

    fn commits(
        &mut self,
        leader: NodeId,
        server: Server,
        index: Index,
        servers: &Servers,
        lineage: &Lineage,
        report: &mut Report<'_>,
    ) {
        let term = server.role_term;
        let Some(entry) = lineage.at(server.log_end, index) else {
            let detail = format!("{leader} commits index {index}; its log ends with {}.", server.log_end);
            report.broken(Property::Durability, detail, [index], [leader]);
            return;
        };
        self.on_a_majority(leader, entry, servers, lineage, report);
        // A leader of a later term, elected before an old leader commits, must have the entry too.
        for (id, other) in servers.iter() {
            if other.role == RoleName::Leader
                && other.role_term > term
                && !lineage.contains(other.log_end, entry)
            {
                let common = lineage.common(other.log_end, entry);
                incomplete(id, other.role_term, term, entry, common, report);
            }
        }
        self.by_term.insert(term, entry);
        if self.by_term.len() > TERMS_REMEMBERED {
            self.by_term.pop_first();
        }
        // In a run that keeps the rules it extends what was committed before; in others the first one stays.
        if lineage.contains(entry, self.committed) {
            self.committed = entry;
        }
    }

    fn on_a_majority(
        &self,
        leader: NodeId,
        entry: EntryId,
        servers: &Servers,
        lineage: &Lineage,
        report: &mut Report<'_>,
    ) {
        // A disk that was wiped kept its promise until then.
        let holds = |id: NodeId| {
            let server = servers.get(id);
            lineage.contains(server.disk_end, entry) || lineage.contains(server.wiped_end, entry)
        };
        let born = [self.configuration.clone(), self.configuration.clone()];
        // A leader may have begun to use the next configuration in the step in which it committed.
        let configurations = self.in_use.get(&leader).unwrap_or(&born);
        if !configurations.iter().any(|configuration| configuration.decides(0, holds)) {
            let configuration = &configurations[0];
            let voters = configuration.members().into_iter().filter(|id| configuration.is_voter(*id));
            let (holders, others): (Vec<NodeId>, Vec<NodeId>) = voters.partition(|id| holds(*id));
            report.broken(
                Property::Durability,
                format!(
                    "{leader} commits {entry}, which is on {} of {} disks; {} are a majority.",
                    holders.len(),
                    holders.len() + others.len(),
                    configuration.quorum()
                ),
                [entry.index],
                std::iter::once(leader).chain(holders),
            );
        }
    }
}

fn incomplete(
    leader: NodeId,
    term: Term,
    earlier: Term,
    committed: EntryId,
    common: Index,
    report: &mut Report<'_>,
) {
    let first = common.next();
    let missing = if first == committed.index {
        committed.to_string()
    } else {
        format!("the entries from {first} on to {committed}")
    };
    report.broken(
        Property::LeaderCompleteness,
        format!("{leader} leads term {term} without {missing}, committed in term {earlier}."),
        [first, committed.index],
        [leader],
    );
}

fn never_back(node: NodeId, what: &str, before: Index, after: Index, report: &mut Report<'_>) {
    if after < before {
        report.broken(
            Property::CommitMonotonic,
            format!("{node} had {what} up to index {before}, and went back to {after}."),
            [after, before],
            [node],
        );
    }
}

fn applies(node: NodeId, before: Index, index: Index, report: &mut Report<'_>) {
    if index != before.next() {
        report.broken(
            Property::CommitMonotonic,
            format!("{node} applied index {index} right after index {before}."),
            [before, index],
            [node],
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::history::History;

    /// Node 0 leads term 1, and has committed index 1 with node 1.
    fn committed_once() -> History {
        let mut history = History::new();
        history.leads(0, 1).stores(0, &[(1, 1)]).stores(1, &[(1, 1)]).commits(0, 1);
        assert_eq!(history.broken(), [""; 0]);
        history
    }

    /// A leader without an entry that was committed in an earlier term breaks leader-completeness.
    #[test]
    fn a_leader_without_a_committed_entry() {
        let mut history = committed_once();
        history.leads(1, 2);
        assert_eq!(history.broken(), [""; 0]);
        history.leads(2, 3);
        assert_eq!(history.broken(), ["leader-completeness"]);
        assert_eq!(history.details(), ["node-2 leads term 3 without 1@1, committed in term 1."]);
    }

    /// An election of an earlier term that is won late owes nothing to what was committed meanwhile.
    #[test]
    fn a_late_leader_of_an_earlier_term_needs_nothing_of_later_ones() {
        let mut history = History::new();
        history.leads(0, 5).stores(0, &[(5, 1)]).stores(1, &[(5, 1)]).commits(0, 1).leads(2, 4);
        assert_eq!(history.broken(), [""; 0]);
    }

    /// What an old leader commits after a new one was elected must be in the new one's log as well.
    #[test]
    fn an_old_leader_commits_what_the_new_one_lacks() {
        let mut history = History::new();
        history.leads(0, 1).stores(0, &[(1, 1)]).stores(1, &[(1, 1)]).leads(2, 2).commits(0, 1);
        assert_eq!(history.broken(), ["leader-completeness"]);

        let mut history = History::new();
        history.leads(0, 1).stores(0, &[(1, 1)]).stores(1, &[(1, 1)]).leads(1, 2).commits(0, 1);
        assert_eq!(history.broken(), [""; 0]);
    }

    /// What only a follower believes to be committed binds no leader.
    #[test]
    fn a_follower_commits_nothing() {
        let mut history = History::new();
        history.appends(0, &[(1, 1)]).commits(0, 1).leads(2, 2);
        assert_eq!(history.broken(), [""; 0]);
    }

    /// A commit index that goes back breaks commit-monotonic; after a crash it starts at the snapshot.
    #[test]
    fn a_commit_index_goes_back() {
        let mut history = History::new();
        history.appends(1, &[(1, 1), (1, 2)]).syncs(1, (1, 2)).commits(1, 2).crashes(1);
        history.restarts(1, 1, None, (1, 2)).commits(1, 1).commits(1, 2);
        assert_eq!(history.broken(), [""; 0]);
        history.commits(1, 1);
        assert_eq!(history.broken(), ["commit-monotonic"]);
    }

    /// Entries are applied one after the other: none twice, none left out, and no snapshot goes back.
    #[test]
    fn entries_are_applied_out_of_order() {
        for wrong in [(1, 2), (1, 4)] {
            let mut history = History::new();
            history.applies_noop(0, (1, 1)).applies_noop(0, (1, 2));
            assert_eq!(history.broken(), [""; 0]);
            history.applies_noop(0, wrong);
            assert_eq!(history.broken(), ["commit-monotonic"]);
        }
        let mut history = History::new();
        history.applies_noop(0, (1, 1)).installs(0, (1, 4)).applies_noop(0, (1, 5));
        assert_eq!(history.broken(), [""; 0]);
        history.installs(0, (1, 4));
        assert_eq!(history.broken(), ["commit-monotonic"]);
    }

    /// A leader that commits what is on its own disk alone breaks durability.
    #[test]
    fn a_commit_without_a_majority() {
        let mut history = History::new();
        history.leads(0, 1).stores(0, &[(1, 1)]).appends(1, &[(1, 1)]).commits(0, 1);
        assert_eq!(history.broken(), ["durability"]);
        assert_eq!(history.details(), ["node-0 commits 1@1, which is on 1 of 3 disks; 2 are a majority."]);
    }

    /// The leader's own disk need not be among the majority (thesis 10.2.1), and a disk that was wiped
    /// counted, also when it is wiped again.
    #[test]
    fn a_commit_on_the_disks_of_others() {
        let mut history = History::new();
        history.leads(0, 1).appends(0, &[(1, 1)]).stores(1, &[(1, 1)]).stores(2, &[(1, 1)]);
        history.crashes(2).wipes(2).wipes(2).commits(0, 1);
        assert_eq!(history.broken(), [""; 0]);
    }

    #[test]
    fn a_commit_beyond_the_log() {
        let mut history = committed_once();
        history.commits(0, 2);
        assert_eq!(history.broken(), ["durability"]);
    }

    /// After compaction, what was forgotten is still known to be there.
    #[test]
    fn commits_after_everybody_has_compacted() {
        let mut history = committed_once();
        history.stores(2, &[(1, 1)]);
        for node in [0, 1, 2, 0, 1, 2] {
            history.compacts(node, (1, 1));
        }
        history.leads(1, 2).stores(1, &[(2, 2)]).stores(2, &[(2, 2)]).commits(1, 2);
        history.stores(0, &[(2, 2)]).leads(0, 3);
        assert_eq!(history.broken(), [""; 0]);
        history.leads(2, 4).truncates(1, 2).syncs(1, (1, 1)).follows(1, 4).leads(1, 5);
        assert!(history.broken().contains(&"leader-completeness"));
    }

    /// A disk that is behind when its server installs a snapshot is still known for what it is.
    #[test]
    fn a_snapshot_that_is_not_on_disk_yet() {
        let mut history = committed_once();
        history.stores(2, &[(1, 1)]).leads(1, 2).stores(1, &[(2, 2)]).stores(0, &[(2, 2)]).commits(1, 2);
        for node in [0, 1, 2, 0, 1] {
            history.compacts(node, (2, 2));
        }
        history.installs(2, (2, 2)).acknowledges_snapshot(2, 1, 1).crashes(2).restarts(2, 2, None, (1, 1));
        assert_eq!(history.broken(), [""; 0]);
    }
}
