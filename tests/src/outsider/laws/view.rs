//! A recording of a real cluster begins in the middle: what a node is said to be must agree with all that is known.

use serde_json::Value;

use super::super::{number, text};
use super::{Node, Run};

impl Run {
    /// From now on the node is as it says; what it had on disk or had committed it still has.
    pub(super) fn view(&mut self, line: &Value, wrong: &mut Vec<String>) {
        let name = text(line, "node").to_owned();
        if text(line, "role") == "leader" {
            let term = number(line, "term");
            let leader = self.leaders.entry(term).or_insert_with(|| name.clone());
            if *leader != name {
                wrong.push(format!("{leader} and {name} both lead term {term}"));
            }
        }
        let vote = &line["durable_vote"];
        if vote.is_object() {
            self.same_vote(&name, number(vote, "term"), text(vote, "for"), wrong);
        }
        let base = (number(line, "before_index"), number(line, "before_term"));
        let mut seen = Node { base, term: number(line, "term"), ..Node::default() };
        for entry in line["entries"].as_array().into_iter().flatten() {
            let (index, term) = (number(entry, "index"), number(entry, "term"));
            let (last_index, last_term) = seen.last();
            if index != last_index + 1 {
                wrong.push(format!("{name} has entry {index} after entry {last_index}"));
            }
            let told = (last_term, entry.clone());
            let known = self.entries.entry((index, term)).or_insert_with(|| told.clone());
            if *known != told {
                wrong.push(format!("entry {index} of term {term} differs: {known:?} and {told:?}"));
            }
            seen.log.insert(index, term);
        }
        let last = number(line, "last_index");
        if seen.last().0 != last {
            wrong.push(format!("{name} says that its log ends at {last}, and shows {}", seen.last().0));
        }
        seen.durable = number(line, "durable_index");
        seen.commit = number(line, "commit_index");
        seen.last_applied = number(line, "last_applied");
        if seen.last_applied > seen.commit || seen.commit > last.max(base.0) {
            wrong.push(format!("{name} says that it has applied or committed what it does not have"));
        }
        if let Some(term) = seen.log.get(&seen.commit).filter(|_| seen.commit > self.committed.0) {
            self.committed = (seen.commit, *term);
        }
        for (index, term) in &self.nodes.get(&name).map(|before| before.kept.clone()).unwrap_or_default() {
            if !seen.holds((*index, *term)) {
                wrong.push(format!("{name} does not have the committed entry {index} any more"));
            }
        }
        if let Some(before) = self.nodes.get_mut(&name) {
            seen.kept = std::mem::take(&mut before.kept);
            seen.is_paused = before.is_paused;
        }
        wrong.extend(self.store.view(line));
        self.nodes.insert(name, seen);
    }

    /// What was on the disk of a process that starts: a vote that is known to be there is, and no term before it.
    pub(super) fn restarted(&mut self, line: &Value, wrong: &mut Vec<String>) {
        let (name, term) = (text(line, "node").to_owned(), number(line, "term"));
        let newest = self.votes.keys().filter(|(voter, _)| *voter == name).map(|(_, term)| *term).max();
        if newest > Some(term) {
            wrong.push(format!("{name} comes back in term {term}, after it voted in {newest:?}"));
        }
        match line["voted_for"].as_str() {
            Some(candidate) => self.same_vote(&name, term, candidate, wrong),
            None if self.votes.contains_key(&(name.clone(), term)) => {
                wrong.push(format!("{name} does not know any more that it voted in term {term}"));
            }
            None => {}
        }
        if let Some(node) = self.nodes.get_mut(&name) {
            // What it had heard of and had not written is gone.
            node.term = term;
            let committed = node.log.range(..=node.commit).map(|(index, term)| (*index, *term));
            let durable = node.durable;
            node.kept = committed.filter(|(index, _)| *index <= durable).collect();
        }
    }

    fn same_vote(&mut self, voter: &str, term: u64, candidate: &str, wrong: &mut Vec<String>) {
        let known = self.votes.entry((voter.to_owned(), term)).or_insert_with(|| candidate.to_owned());
        if known != candidate {
            wrong.push(format!("{voter} votes for {known} and {candidate} in term {term}"));
        }
    }
}
