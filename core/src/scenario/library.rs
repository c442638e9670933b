//! The scenarios that come with the program: the files of `scenarios/`.

use super::Scenario;

/// A scenario of the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Builtin {
    /// The file's name without `.json`: what the command line and links call it.
    pub stem: &'static str,
    /// The whole file.
    pub json: &'static str,
}

impl Builtin {
    /// The scenario in the file.
    pub fn scenario(&self) -> Scenario {
        Scenario::from_json(self.json).unwrap_or_else(|mistakes| panic!("{}: {mistakes}", self.stem))
    }
}

/// Every scenario of the library; the first is the one that the page opens with.
pub fn library() -> &'static [Builtin] {
    LIBRARY
}

/// The scenario of this name, if there is one.
pub fn builtin(stem: &str) -> Option<&'static Builtin> {
    LIBRARY.iter().find(|builtin| builtin.stem == stem)
}

macro_rules! library {
    ($($stem:literal,)*) => {
        &[$(Builtin { stem: $stem, json: include_str!(concat!("../../../scenarios/", $stem, ".json")) },)*]
    };
}

const LIBRARY: &[Builtin] = library![
    "default",
    "initial_election",
    "reelection_after_leader_failure",
    "term_increases_on_election",
    "log_replication_to_followers",
    "commit_index_advances",
    "state_machine_application",
    "election_safety",
    "log_matching",
    "state_persists_across_restart",
    "snapshot_creation",
    "majority_partition_continues",
    "metrics_tracking",
    "replicate_figure7_logs_converge",
    "commit_figure8_old_term_not_counted",
    "without_commit_only_current_term",
    "election_split_vote_resolves",
    "election_candidate_behind_quorum_loses",
    "prevote_partitioned_node_keeps_term",
    "prevote_off_returning_node_disrupts",
    "checkquorum_isolated_leader_steps_down",
    "checkquorum_one_way_link",
    "transfer_to_up_to_date",
    "replicate_fast_backtrack",
    "snapshot_to_lagging_follower",
    "replicate_reordered_append_keeps_tail",
    "persist_unsynced_tail_lost",
    "persist_leader_own_disk_slow",
    "client_retry_applied_once",
    "read_index_isolated_leader_never_answers",
    "read_index_on_follower",
    "client_progress_in_majority",
    "fault_clock_skew",
    "fault_pause_resume",
    "fault_partial_partition_chain",
    "fault_churn_unreliable",
    "member_replacement_in_one_step",
    "member_remove_leader",
    "persist_empty_disk_is_new_node",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// No file of the library has a mistake, and each says what it shows and expects something.
    #[test]
    fn every_file_is_a_scenario() {
        for builtin in library() {
            let scenario = builtin.scenario();
            assert!(!scenario.name.is_empty(), "{} has no name", builtin.stem);
            assert!(scenario.about.len() > 40, "{} does not say what it shows", builtin.stem);
            assert!(!scenario.expect.is_empty(), "{} expects nothing", builtin.stem);
        }
    }

    #[test]
    fn each_is_found_by_its_name() {
        for builtin in library() {
            assert_eq!(super::builtin(builtin.stem), Some(builtin));
        }
        assert_eq!(super::builtin("no-such-scenario"), None);
    }
}
