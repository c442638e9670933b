//! The laws of Figure 3, watched in every golden script that leaves out no rule.

use std::collections::BTreeMap;

use mini_raft_core::raft::{Entry, EntryId, Index, NodeId, Term};

use super::notation;

/// What has been seen so far.
#[derive(Default)]
pub(super) struct Laws {
    leaders: BTreeMap<Term, NodeId>,
    /// What stands for an entry, and the entry before it.
    entries: BTreeMap<EntryId, (String, EntryId)>,
    applied: BTreeMap<Index, String>,
    broken: Vec<String>,
}

impl Laws {
    /// Election Safety (§5.2): at most one leader in a term.
    pub(super) fn leads(&mut self, id: NodeId, term: Term) {
        let first = *self.leaders.entry(term).or_insert(id);
        if first != id {
            let (first, second) = (notation::node(first), notation::node(id));
            self.broken.push(format!("election safety: {first} and {second} lead in term {term}"));
        }
    }

    /// Log Matching (§5.3): an entry is named by index and term, and so are all before it.
    pub(super) fn holds(&mut self, entry: &Entry, before: EntryId) {
        let text = notation::entry(entry);
        let first = self.entries.entry(entry.id()).or_insert_with(|| (text.clone(), before));
        if *first != (text.clone(), before) {
            let ((was, after), id) = (first.clone(), entry.id());
            self.broken
                .push(format!("log matching: {id} is `{was}` after {after} and `{text}` after {before}"));
        }
    }

    /// State Machine Safety (§5.4.3): nobody applies another entry at an index.
    pub(super) fn applies(&mut self, id: NodeId, entry: &Entry) {
        let text = notation::entry(entry);
        let first = self.applied.entry(entry.index).or_insert_with(|| text.clone());
        if *first != text {
            let (who, was) = (notation::node(id), first.clone());
            self.broken
                .push(format!("state machine safety: {who} applies `{text}` where `{was}` was applied"));
        }
    }

    /// What was broken since the last time somebody asked.
    pub(super) fn take_broken(&mut self) -> Vec<String> {
        std::mem::take(&mut self.broken)
    }
}
