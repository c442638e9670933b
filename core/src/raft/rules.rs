//! Every rule by its clause, so that a laboratory can leave one out and see what it was for.
//!
//! A node takes its rules as a type. [`Paper`] has all of them, decided at compile time: a server is built with it,
//! and no value at run time can take a rule away. [`Switchable`] carries a set and is for the simulator alone.

use std::fmt;
use std::str::FromStr;

/// The rules that a node keeps.
pub trait Rules: Clone + fmt::Debug {
    /// Whether this rule is kept.
    fn keeps(&self, rule: Rule) -> bool;
}

/// All rules of the paper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paper;

impl Rules for Paper {
    #[inline(always)]
    fn keeps(&self, _rule: Rule) -> bool {
        true
    }
}

/// All rules but those left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Switchable {
    without: u64,
}

impl Switchable {
    /// All rules but these.
    pub fn without(rules: impl IntoIterator<Item = Rule>) -> Switchable {
        Switchable { without: rules.into_iter().fold(0, |set, rule| set | 1 << rule as u32) }
    }
}

impl Rules for Switchable {
    fn keeps(&self, rule: Rule) -> bool {
        self.without & (1 << rule as u32) == 0
    }
}

/// What leaving a rule out breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breaks {
    /// Two leaders, a lost entry, state machines that differ.
    Safety,
    /// What a client is told.
    Client,
    /// Progress.
    Liveness,
}

macro_rules! rules {
    ($($variant:ident, $name:literal, $breaks:ident, $section:literal, $about:literal;)*) => {
        /// A rule that a run may leave out.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Rule {
            $(#[doc = concat!($about, " (", $section, ")")] $variant,)*
        }

        impl Rule {
            /// Every rule, in the order of the paper.
            pub const ALL: &'static [Rule] = &[$(Rule::$variant,)*];

            /// The name in a scenario's `without`.
            pub fn name(self) -> &'static str {
                match self { $(Rule::$variant => $name,)* }
            }

            /// Where the rule is stated.
            pub fn section(self) -> &'static str {
                match self { $(Rule::$variant => $section,)* }
            }

            /// What the rule says.
            pub fn about(self) -> &'static str {
                match self { $(Rule::$variant => $about,)* }
            }

            /// What breaks without it.
            pub fn breaks(self) -> Breaks {
                match self { $(Rule::$variant => Breaks::$breaks,)* }
            }
        }
    };
}

rules! {
    VoteIsDurable, "vote-is-durable", Safety, "§5.1, Figure 2", "A vote is on stable storage before it is told.";
    VoteKeptForTerm, "vote-kept-for-term", Safety, "§5.2", "A vote is forgotten only when the term changes.";
    OneVotePerTerm, "one-vote-per-term", Safety, "Figure 2, RequestVote 2", "A server votes for one candidate in a term.";
    VotesOfCurrentTerm, "votes-of-current-term", Safety, "§5.2", "Only votes of the current term, one of each voter, are counted.";
    PreVoteIsNoVote, "pre-vote-is-no-vote", Safety, "thesis 9.6", "A pre-vote does not count as a vote.";
    StalePreVoteAnswered, "stale-pre-vote-answered", Liveness, "thesis 9.6", "Who asks for a pre-vote in an old term is told the current one.";
    VotesWithheld, "votes-withheld", Liveness, "thesis 4.2.3", "A server that hears from a leader does not even look at the term of who asks for its vote.";
    LogUpToDateTerm, "log-up-to-date-term", Safety, "§5.4.1", "The later last term is more up-to-date, whatever the lengths.";
    LogUpToDate, "log-up-to-date", Safety, "§5.4.1", "A candidate needs a log at least as up-to-date as the voter's.";
    ElectionMajority, "election-majority", Safety, "§5.2", "A candidate needs more than half of the votes.";
    StaleTermRejected, "stale-term-rejected", Safety, "§5.1", "A request of an old term is rejected.";
    HigherTermAdopted, "higher-term-adopted", Liveness, "§5.1", "A reply with a higher term makes a leader or candidate step down.";
    StaleLeaderAnswered, "stale-leader-answered", Liveness, "§5.1", "A leader of an old term is told the current one.";
    PrevLogChecked, "prev-log-checked", Safety, "Figure 2, AppendEntries 2", "Entries are accepted only where the entry before them matches.";
    ConflictRemoved, "conflict-removed", Safety, "Figure 2, AppendEntries 3", "Entries that conflict with the leader's are removed.";
    MatchingKept, "matching-kept", Safety, "Figure 2, AppendEntries 3", "Entries that match the leader's are kept, also those after them.";
    FollowerCommitBounded, "follower-commit-bounded-by-match", Safety, "Figure 2, AppendEntries 5", "A follower commits no further than its log is known to match.";
    MatchIsProven, "match-is-proven", Safety, "Figure 2, Leaders", "match_index starts at 0 and grows only by what a follower confirmed.";
    CommitMajority, "commit-majority", Safety, "§5.3", "An entry is committed once more than half of the servers hold it.";
    CommitOnlyCurrentTerm, "commit-only-current-term", Safety, "§5.4.2, Figure 8", "A leader counts replicas only of entries of its own term.";
    AckAfterSync, "ack-after-sync", Safety, "§5.1, Figure 2", "A follower acknowledges entries once they are on stable storage.";
    LeaderCountsAfterSync, "leader-counts-after-sync", Safety, "thesis 10.2.1", "A leader counts itself once its own write is on stable storage.";
    LostAppendNoticed, "lost-append-noticed", Liveness, "§5.3, thesis 10.2.1", "A heartbeat stands at the end of what was sent, so that its refusal tells of a loss.";
    ReadNeedsQuorum, "read-needs-quorum", Client, "§8, thesis 6.4", "A leader confirms that it still leads before it answers a read.";
    ReadNeedsOwnTermCommit, "read-needs-own-term-commit", Client, "§8, thesis 6.4", "A leader commits an entry of its own term before it answers a read.";
    ReadNeedsLaterRound, "read-needs-later-round", Client, "thesis 6.4", "Only a round that began after the read confirms it.";
    SnapshotKeepsMatching, "snapshot-keeps-matching", Safety, "Figure 13, rule 6", "Entries after a snapshot that matches the log are kept.";
    SnapshotDropsConflict, "snapshot-drops-conflict", Safety, "Figure 13, rule 7", "A snapshot that does not match the log replaces all of it.";
    SnapshotNeverGoesBack, "snapshot-never-goes-back", Safety, "Figure 13, rule 5", "An older snapshot does not replace newer state.";
    TransferSkipsPreVote, "transfer-skips-pre-vote", Liveness, "thesis 3.10", "A server told to take over starts a real election, and voters do not withhold their votes.";
    JointNeedsBoth, "joint-needs-both-majorities", Safety, "§6", "In a joint configuration a decision needs a majority of the old voters and one of the new.";
    OneChangeAtATime, "one-change-at-a-time", Safety, "thesis 4.1", "A configuration is changed only when the one before it is committed.";
    ChangeAfterOwnTermCommit, "change-after-own-term-commit", Safety, "raft-dev 2015", "A leader changes the configuration only after committing an entry of its own term.";
    ConfigurationRollsBack, "configuration-rolls-back", Safety, "§6", "A configuration that is cut off the log is not in use any more.";
    RemovedLeaderNotCounted, "removed-leader-not-counted", Safety, "§6", "A leader that is not in the new configuration does not count itself.";
    LearnersNotCounted, "learners-not-counted", Safety, "thesis 4.2.1", "Only voters count; learners just receive the log.";
    SnapshotCarriesConfiguration, "snapshot-carries-configuration", Safety, "Figure 12", "A snapshot holds the configuration of its last entry.";
    ForgetfulNotCounted, "forgetful-not-counted", Safety, "§5.1, Figure 2", "A server that lost its stable storage neither votes nor counts until it is admitted anew.";
    WriteFailureStops, "write-failure-stops", Safety, "Figure 2", "A server whose write failed stops.";
    WriteMatchedById, "write-matched-by-id", Safety, "thesis 10.2.1", "A completed write is matched by its id, not by an index.";
    LeaseWithinDrift, "lease-within-drift", Client, "thesis 6.4.1", "A lease is shorter than the least election timeout by the bound of the clocks' drift.";
    LeaseEndsWithTransfer, "lease-ends-with-transfer", Client, "thesis 6.4.1", "A leader that told another to take over has no lease any more.";
    SessionsExpireByLog, "sessions-expire-by-log", Safety, "thesis 6.3", "Sessions of clients expire by the times that leaders put into the log, not by a replica's own clock.";
    ExpiredRequestRefused, "expired-request-refused", Client, "thesis 6.3", "A request that may have been applied before its session expired is refused.";
    RequestAppliedOnce, "request-applied-once", Client, "§8, thesis 6.3", "A request that was applied is not applied again; its result is remembered.";
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Rule {
    type Err = UnknownRule;

    fn from_str(name: &str) -> Result<Rule, UnknownRule> {
        Rule::ALL.iter().copied().find(|rule| rule.name() == name).ok_or_else(|| UnknownRule(name.to_owned()))
    }
}

/// A name that no rule has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown rule {0:?}")]
pub struct UnknownRule(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_leaves_out_its_rules_and_no_other() {
        let rules = Switchable::without([Rule::VoteIsDurable, Rule::RequestAppliedOnce]);
        for rule in Rule::ALL {
            let left_out = matches!(rule, Rule::VoteIsDurable | Rule::RequestAppliedOnce);
            assert_eq!(rules.keeps(*rule), !left_out, "{rule}");
            assert!(Paper.keeps(*rule));
        }
    }

    #[test]
    fn names_are_read_back() {
        for rule in Rule::ALL {
            assert_eq!(rule.name().parse(), Ok(*rule));
        }
        assert!("no-such-rule".parse::<Rule>().is_err());
    }

    /// A reader who leaves a rule out is told what it says, where that stands, and what then breaks.
    #[test]
    fn every_rule_is_a_sentence_with_its_place() {
        for rule in Rule::ALL {
            assert!(rule.about().ends_with('.') && !rule.section().is_empty(), "{rule}");
        }
        assert_eq!(Rule::CommitOnlyCurrentTerm.section(), "§5.4.2, Figure 8");
        assert_eq!(Rule::OneVotePerTerm.breaks(), Breaks::Safety);
        assert_eq!(Rule::HigherTermAdopted.breaks(), Breaks::Liveness);
        assert_eq!(Rule::ReadNeedsQuorum.breaks(), Breaks::Client);
    }
}
