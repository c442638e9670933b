//! What went wrong with each node while a request was tried: what a client says when it gives up.

use super::url::NodeUrl;

/// The last trouble with each node that was asked, the newest at the end.
#[derive(Clone, Debug, Default)]
pub(super) struct Troubles(Vec<(NodeUrl, Trouble)>);

#[derive(Clone, Debug)]
enum Trouble {
    /// It answered, and did not do it.
    Said(String),
    /// It did not answer.
    Silent(String),
}

impl Troubles {
    /// The node answered so.
    pub(super) fn said(&mut self, node: &NodeUrl, what: String) {
        self.put(node, Trouble::Said(what));
    }

    /// The node did not answer, for this reason.
    pub(super) fn silent(&mut self, node: &NodeUrl, why: String) {
        self.put(node, Trouble::Silent(why));
    }

    fn put(&mut self, node: &NodeUrl, trouble: Trouble) {
        self.0.retain(|(other, _)| other != node);
        self.0.push((node.clone(), trouble));
    }

    /// All of it in one line, of a client that knows so many nodes: without a majority nothing can be done, and that
    /// comes first.
    pub(super) fn in_words(&self, nodes: usize) -> String {
        let silent: Vec<&String> = self.0.iter().filter_map(|(_, trouble)| trouble.silence()).collect();
        let said = self.0.iter().rev().find_map(|(_, trouble)| trouble.said());
        let answering = nodes.saturating_sub(silent.len());
        let no_majority = (nodes > 1 && answering * 2 <= nodes)
            .then(|| format!("of {nodes} nodes {answering} can be reached, and a majority is needed"));
        let parts = no_majority.iter().chain(said).chain(silent);
        parts.map(String::as_str).collect::<Vec<_>>().join("; ")
    }
}

impl Trouble {
    fn said(&self) -> Option<&String> {
        match self {
            Trouble::Said(what) => Some(what),
            Trouble::Silent(_) => None,
        }
    }

    fn silence(&self) -> Option<&String> {
        match self {
            Trouble::Said(_) => None,
            Trouble::Silent(why) => Some(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_majority_is_told_before_the_single_troubles() {
        let mut troubles = Troubles::default();
        troubles.said(&NodeUrl::local(1), "node-0: no leader is known".to_owned());
        troubles.silent(&NodeUrl::local(2), "cannot connect to the second".to_owned());
        let one_of_three = "node-0: no leader is known; cannot connect to the second";
        assert_eq!(troubles.in_words(3), one_of_three);
        troubles.silent(&NodeUrl::local(3), "cannot connect to the third".to_owned());
        assert_eq!(
            troubles.in_words(3),
            "of 3 nodes 1 can be reached, and a majority is needed; node-0: no leader is known; cannot connect to the \
             second; cannot connect to the third"
        );
        // Who answers again is not silent any more.
        troubles.said(&NodeUrl::local(3), "node-2: too much waits".to_owned());
        assert_eq!(troubles.in_words(3), "node-2: too much waits; cannot connect to the second");
    }

    #[test]
    fn a_single_node_is_no_majority_to_be_missed() {
        let mut troubles = Troubles::default();
        troubles.silent(&NodeUrl::local(1), "cannot connect to it".to_owned());
        assert_eq!(troubles.in_words(1), "cannot connect to it");
    }
}
