//! Who is in the cluster, and what a majority of it is (§6; thesis 4.2.1, 4.3).

use serde::Serialize;

use super::ids::{Incarnation, NodeId};
use crate::sorted::{SortedMap, SortedSet};

/// The servers of a cluster: a simple configuration, or, while it changes, a joint one.
///
/// Every decision that needs a majority asks this type. In a joint configuration it needs a majority of the new
/// voters and one of the old ones (§6).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Configuration {
    voters: Vec<NodeId>,
    outgoing: Vec<NodeId>,
    learners: Vec<NodeId>,
    admitted: Vec<(NodeId, Incarnation)>,
}

/// A change that somebody wants made to a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MembershipChange {
    /// Become voters.
    pub add: Vec<NodeId>,
    /// Leave the cluster.
    pub remove: Vec<NodeId>,
    /// Become learners, who get the log but do not count (thesis 4.2.1).
    pub learners: Vec<NodeId>,
}

impl Configuration {
    /// The cluster of these voters, in the order of their ids, each once.
    pub fn new(voters: impl IntoIterator<Item = NodeId>) -> Configuration {
        Configuration { voters: sorted(voters), ..Configuration::default() }
    }

    /// The cluster `node-0` … `node-(count-1)`.
    pub fn of_size(count: u32) -> Configuration {
        Configuration::new((0..count).map(NodeId))
    }

    /// A configuration as somebody wrote it down: `outgoing` is empty unless it is joint.
    pub fn from_parts(voters: Vec<NodeId>, outgoing: Vec<NodeId>, learners: Vec<NodeId>) -> Configuration {
        Configuration {
            voters: sorted(voters),
            outgoing: sorted(outgoing),
            learners: sorted(learners),
            ..Configuration::default()
        }
    }

    /// Those whose votes and acknowledgements count, by id; in a joint configuration the new ones.
    pub fn voters(&self) -> &[NodeId] {
        &self.voters
    }

    /// The old voters of a joint configuration, by id; empty otherwise.
    pub fn outgoing(&self) -> &[NodeId] {
        &self.outgoing
    }

    /// Those who get the log but do not count, by id. One that is also in `outgoing` becomes a learner when the
    /// joint configuration is left.
    pub fn learners(&self) -> &[NodeId] {
        &self.learners
    }

    /// The servers that had lost their disks when they were admitted anew, by id, and the incarnations that were meant.
    pub fn admitted(&self) -> &[(NodeId, Incarnation)] {
        &self.admitted
    }

    /// Whether this server was admitted in this incarnation: after it had lost its disk, and not before.
    pub fn admits(&self, id: NodeId, incarnation: Incarnation) -> bool {
        self.admitted.contains(&(id, incarnation))
    }

    /// Whether the cluster is on its way from one set of voters to another.
    pub fn is_joint(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// Whether this server's vote counts, in either set.
    pub fn is_voter(&self, id: NodeId) -> bool {
        self.voters.binary_search(&id).is_ok() || self.outgoing.binary_search(&id).is_ok()
    }

    /// Everybody who gets the log, by id, each once.
    pub fn members(&self) -> Vec<NodeId> {
        sorted(self.voters.iter().chain(&self.outgoing).chain(&self.learners).copied())
    }

    /// How many voters make a majority; in a joint configuration, of the new ones.
    pub fn quorum(&self) -> usize {
        majority(&self.voters)
    }

    /// Whether the servers for which `holds` is true decide: a majority, or both of them. `short` is how many are
    /// enough below a majority; it is 0 but where a laboratory leaves out the rule.
    pub fn decides(&self, short: usize, mut holds: impl FnMut(NodeId) -> bool) -> bool {
        let mut decide = |set: &[NodeId]| set.iter().filter(|id| holds(**id)).count() >= needed(set, short);
        !self.voters.is_empty() && decide(&self.voters) && (!self.is_joint() || decide(&self.outgoing))
    }

    /// The greatest value that a majority has reached, or both of them; `none` if there are no voters.
    ///
    /// With `match_index` this is the rule of Figure 2: "a majority of `match_index[i] ≥ N`". For `short` see
    /// [`decides`](Self::decides).
    pub fn reached<T: Ord + Copy>(&self, short: usize, mut value: impl FnMut(NodeId) -> T, none: T) -> T {
        let mut reached_in = |set: &[NodeId]| {
            let values: Vec<T> = set.iter().map(|id| value(*id)).collect();
            let enough =
                |least: &&T| values.iter().filter(|value| value >= least).count() >= needed(set, short);
            values.iter().filter(enough).max().copied().unwrap_or(none)
        };
        let reached = reached_in(&self.voters);
        if self.is_joint() { reached.min(reached_in(&self.outgoing)) } else { reached }
    }

    /// This configuration after a change; `None` if nobody would be left to vote, or nothing would change.
    pub fn changed_by(&self, change: &MembershipChange) -> Option<Configuration> {
        let without = |set: &[NodeId], gone: &[&[NodeId]]| -> Vec<NodeId> {
            set.iter().copied().filter(|id| !gone.iter().any(|gone| gone.contains(id))).collect()
        };
        let mut voters = without(&self.voters, &[&change.remove, &change.learners]);
        voters.extend(&change.add);
        let mut learners = without(&self.learners, &[&change.remove, &change.add]);
        learners.extend(&change.learners);
        let target =
            Configuration::from_parts(voters, Vec::new(), learners).with_admitted(self.admitted.clone());
        (!target.voters.is_empty() && target != *self).then_some(target)
    }

    /// The joint configuration on the way from this one to `target` (§6).
    pub fn joint_with(&self, target: &Configuration) -> Configuration {
        Configuration { outgoing: self.voters.clone(), ..target.clone() }
    }

    /// What a joint configuration leads to.
    pub fn left(&self) -> Configuration {
        Configuration { outgoing: Vec::new(), ..self.clone() }
    }

    /// This configuration with these incarnations too, of those that are voters or learners in it.
    pub fn with_admitted(&self, more: impl IntoIterator<Item = (NodeId, Incarnation)>) -> Configuration {
        let mut admitted = SortedMap::new();
        for (id, incarnation) in self.admitted.iter().copied().chain(more) {
            if self.voters.contains(&id) || self.learners.contains(&id) {
                admitted.insert(id, incarnation);
            }
        }
        Configuration { admitted: admitted.into_iter().collect(), ..self.clone() }
    }

    /// This configuration with more learners.
    pub fn with_learners(&self, more: impl IntoIterator<Item = NodeId>) -> Configuration {
        Configuration { learners: sorted(self.learners.iter().copied().chain(more)), ..self.clone() }
    }
}

fn sorted(ids: impl IntoIterator<Item = NodeId>) -> Vec<NodeId> {
    SortedSet::from_iter(ids).into_vec()
}

fn majority(set: &[NodeId]) -> usize {
    set.len() / 2 + 1
}

fn needed(set: &[NodeId], short: usize) -> usize {
    majority(set).saturating_sub(short).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(numbers: &[u32]) -> Vec<NodeId> {
        numbers.iter().copied().map(NodeId).collect()
    }

    fn joint(voters: &[u32], outgoing: &[u32]) -> Configuration {
        Configuration::from_parts(ids(voters), ids(outgoing), Vec::new())
    }

    /// What a majority, or both majorities, have reached is what a brute-force count says, for every vector of small
    /// values and many pairs of sets.
    #[test]
    fn commit_quorum_table() {
        let sets: [&[u32]; 7] =
            [&[0], &[0, 1], &[0, 1, 2], &[1, 2, 3], &[0, 1, 2, 3], &[3, 4], &[0, 1, 2, 3, 4]];
        for voters in sets {
            for outgoing in sets.into_iter().chain([&[][..]]) {
                let configuration = joint(voters, outgoing);
                for code in 0..3u32.pow(5) {
                    let value = |id: NodeId| code / 3u32.pow(id.0) % 3;
                    let holds = |set: &[u32], n: u32| {
                        let count = set.iter().filter(|id| value(NodeId(**id)) >= n).count();
                        count * 2 > set.len() || set.is_empty()
                    };
                    let decided = |n: u32| holds(voters, n) && holds(outgoing, n);
                    let expected = (0..3).rev().find(|n| decided(*n)).unwrap_or(0);
                    assert_eq!(configuration.reached(0, value, 0), expected, "{configuration:?} {code}");
                    assert_eq!(
                        configuration.decides(0, |id| value(id) >= 1),
                        decided(1),
                        "{configuration:?} {code}"
                    );
                }
            }
        }
    }

    #[test]
    fn no_voters_decide_nothing() {
        let nobody = Configuration::new([]);
        assert_eq!(nobody.reached(0, |_| 7, 0), 0);
        assert!(!nobody.decides(0, |_| true));
    }

    #[test]
    fn a_change_goes_through_a_joint_configuration() {
        let before = Configuration::of_size(3);
        let change = MembershipChange { add: ids(&[3]), remove: ids(&[0]), learners: ids(&[1]) };
        let target = before.changed_by(&change).expect("something changes");
        assert_eq!((target.voters(), target.learners()), (&ids(&[2, 3])[..], &ids(&[1])[..]));
        let joint = before.joint_with(&target);
        assert!(joint.is_joint() && joint.is_voter(NodeId(0)) && joint.is_voter(NodeId(3)));
        assert_eq!(joint.members(), ids(&[0, 1, 2, 3]));
        assert_eq!(joint.left(), target);
    }

    #[test]
    fn a_change_that_leaves_nobody_or_changes_nothing_is_none() {
        let before = Configuration::of_size(2);
        let nobody = MembershipChange { remove: ids(&[0, 1]), ..MembershipChange::default() };
        let nothing = MembershipChange { add: ids(&[1]), remove: ids(&[7]), ..MembershipChange::default() };
        assert_eq!(before.changed_by(&nobody), None);
        assert_eq!(before.changed_by(&nothing), None);
    }
}
