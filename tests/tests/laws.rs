//! The catalogue of laws: each is shown by a golden script, a scenario or a test of its name, and `docs/laws.md` says
//! what it is and where, in the words of that file. `make golden` writes that page anew.

use std::collections::BTreeSet;
use std::fs;

use mini_raft_core::scenario::Scenario;
use mini_raft_tests::files::{SourceFile, files_below, root};

/// The names of all laws, by subject.
const CATALOGUE: &[(&str, &[&str])] = &[
    (
        "Election",
        &[
            "election_single_leader_stable",
            "election_after_leader_isolated",
            "election_churn_seven_nodes",
            "election_timeout_starts_candidacy",
            "election_timeouts_randomised",
            "election_one_vote_per_term",
            "election_log_up_to_date_grid",
            "election_candidate_behind_leader_wins",
            "election_candidate_behind_quorum_loses",
            "election_split_vote_resolves",
            "election_candidate_yields_to_leader",
            "election_higher_term_steps_down_every_role",
            "election_stale_term_rejected",
            "election_late_and_duplicate_votes_ignored",
            "election_new_leader_overwrites_longer_stale_log",
            "election_single_node_cluster",
        ],
    ),
    (
        "Replication",
        &[
            "replicate_basic_agreement",
            "replicate_noop_on_new_term",
            "replicate_each_payload_sent_once",
            "replicate_message_budget",
            "replicate_figure7_logs_converge",
            "replicate_fast_backtrack",
            "replicate_divergent_from_first_entry",
            "replicate_gap_rejected",
            "replicate_reordered_append_keeps_tail",
            "replicate_duplicate_append_idempotent",
            "replicate_stale_reject_ignored",
            "replicate_lost_append_recovered",
            "replicate_probe_returns_to_streaming",
            "replicate_pipeline_no_retransmit",
            "replicate_window_saturates_and_resumes",
            "replicate_message_size_limit",
            "replicate_uncommitted_limit",
        ],
    ),
    (
        "Commit and apply",
        &[
            "commit_needs_quorum_step_by_step",
            "commit_figure8_old_term_not_counted",
            "commit_own_term_commits_prefix",
            "commit_figure8_unreliable",
            "commit_follower_bounded_by_match",
            "commit_index_never_regresses",
            "commit_quorum_table",
            "commit_idle_follower_learns_within_heartbeat",
            "apply_total_order_once",
        ],
    ),
    (
        "PreVote",
        &[
            "prevote_partitioned_node_keeps_term",
            "prevote_behind_log_refused",
            "prevote_recent_leader_refused",
            "prevote_changes_nothing",
            "prevote_split_then_elects",
            "prevote_lower_term_node_unsticks",
            "prevote_mixed_cluster",
            "prevote_late_grants_after_win_ignored",
        ],
    ),
    (
        "CheckQuorum",
        &[
            "checkquorum_isolated_leader_steps_down",
            "checkquorum_active_leader_stays",
            "checkquorum_vote_withheld_then_granted",
            "checkquorum_stuck_high_term_node_freed",
            "checkquorum_one_way_link",
            "checkquorum_removed_server_not_disruptive",
        ],
    ),
    (
        "Transfer",
        &[
            "transfer_to_up_to_date",
            "transfer_to_slow_follower_catches_up_first",
            "transfer_refuses_proposals_and_times_out",
            "transfer_invalid_targets",
            "transfer_overrides_prevote_and_lease",
            "transfer_late_timeout_now_harmless",
        ],
    ),
    (
        "Reads",
        &[
            "read_index_isolated_leader_never_answers",
            "read_index_waits_for_own_term_commit",
            "read_index_on_follower",
            "read_index_ack_counts_only_later_rounds",
            "read_index_lost_message_retried",
            "read_lease_within_drift_bound",
            "read_lease_voided_by_transfer_and_stepdown",
            "read_quorum_shrinks_meanwhile",
        ],
    ),
    (
        "Membership",
        &[
            "member_add_learner_then_promote",
            "member_promoted_learner_must_vote",
            "member_learner_never_campaigns",
            "member_one_change_at_a_time",
            "member_change_needs_own_term_commit",
            "member_joint_needs_both_majorities",
            "member_joint_leader_crash_resumes",
            "member_remove_leader",
            "member_replace_leader_via_transfer",
            "member_uncommitted_config_rolls_back",
            "member_commit_lowers_after_removal",
            "member_rejoin_same_term_stale_ack",
            "member_unapplied_config_blocks_campaign",
        ],
    ),
    (
        "Snapshot and compaction",
        &[
            "snapshot_to_lagging_follower",
            "snapshot_at_leader_tip_resumes_streaming",
            "snapshot_stale_keeps_matching_suffix",
            "snapshot_conflicting_suffix_dropped",
            "snapshot_carries_config_and_sessions",
            "snapshot_chunks_lost_reordered_resumed",
            "snapshot_failure_falls_back_to_probe",
            "snapshot_while_serving",
            "snapshot_crash_between_save_and_truncate",
            "snapshot_all_crash_and_init",
            "compaction_learner_unreachable_empty_log",
        ],
    ),
    (
        "Persistence",
        &[
            "persist_term_and_vote",
            "persist_before_send",
            "persist_unsynced_tail_lost",
            "persist_leader_own_disk_slow",
            "persist_async_aba",
            "persist_commit_recovered",
            "persist_write_failure_stops_node",
            "persist_empty_disk_is_new_node",
        ],
    ),
    (
        "Clients",
        &[
            "client_linearizable_concurrent",
            "client_retry_applied_once",
            "client_session_survives_snapshot_and_restart",
            "client_session_expiry_deterministic",
            "client_timeout_is_unknown",
            "client_redirect_no_loop",
            "client_progress_in_majority",
        ],
    ),
    (
        "Faults and liveness",
        &[
            "fault_churn_reliable",
            "fault_churn_unreliable",
            "fault_heal_converges",
            "fault_duplicate_reorder_everything",
            "fault_partial_partition_chain",
            "fault_pause_resume",
            "fault_clock_skew",
            "sim_same_seed_same_trace",
        ],
    ),
    (
        "The guide's own twelve",
        &[
            "test_initial_election",
            "test_reelection_after_leader_failure",
            "test_term_increases_on_election",
            "test_log_replication_to_followers",
            "test_commit_index_advances",
            "test_state_machine_application",
            "test_election_safety",
            "test_log_matching",
            "test_state_persists_across_restart",
            "test_snapshot_creation",
            "test_majority_partition_continues",
            "test_metrics_tracking",
        ],
    ),
];

/// Laws of things that are not there yet, with what is missing.
const NOT_YET: &[(&str, &str)] = &[(
    "persist_torn_tail_vs_corrupt_middle",
    "There is no log in files yet; the simulated disk keeps whole writes.",
)];

const PAGE: &str = "docs/laws.md";

const INTRODUCTION: &str = "# The laws, and where they are shown

Each law of the catalogue has a name, by which it is found as a golden script (`tests/golden/`), as a scenario of the library (`scenarios/`) or of the tests (`tests/scenarios/`), or as a test.
A golden script is a few commands to real nodes and under them what the nodes do, line by line; [its form](../tests/src/golden/mod.rs) is read in a minute.
A scenario is a whole run, which `mini-raft sim FILE` plays and the page shows.
This page is written by a test (`tests/tests/laws.rs`) from the first line of a script, the `about` of a scenario or the remark above a test; `make golden` writes it anew.
";

/// All that shows laws.
struct Shown {
    scripts: Vec<SourceFile>,
    scenarios: Vec<SourceFile>,
    sources: Vec<SourceFile>,
}

/// A law as it is found.
struct Found {
    law: String,
    /// What it is, and the path of its file.
    places: Vec<(&'static str, String)>,
}

impl Shown {
    fn all() -> Shown {
        let below = |folders: &[&str], ending| -> Vec<SourceFile> {
            folders.iter().flat_map(|folder| files_below(folder, &[ending])).collect()
        };
        Shown {
            scripts: below(&["tests/golden"], ".txt"),
            scenarios: below(&["scenarios", "tests/scenarios"], ".json"),
            sources: below(&["core/src", "tests/tests"], ".rs"),
        }
    }

    fn find(&self, name: &str) -> Found {
        let mut found = Found { law: String::new(), places: Vec::new() };
        let ends = |file: &&SourceFile, ending: &str| file.path.ends_with(&format!("/{name}{ending}"));
        if let Some(script) = self.scripts.iter().find(|file| ends(file, ".txt")) {
            found.add("script", script, first_line(&script.text));
        }
        for scenario in self.scenarios.iter().filter(|file| ends(file, ".json")) {
            let law = Scenario::from_json(&scenario.text).expect("a scenario without mistakes").about;
            found.add("scenario", scenario, law.to_string());
        }
        for source in &self.sources {
            if let Some(law) = remark_above_test(&source.text, name) {
                found.add("test", source, law);
            }
        }
        found
    }
}

impl Found {
    fn add(&mut self, what: &'static str, file: &SourceFile, law: String) {
        if self.law.is_empty() {
            self.law = law;
        }
        self.places.push((what, file.path.clone()));
    }

    fn row(&self, name: &str) -> String {
        let link = |(what, path): &(&str, String)| format!("[{what}](../{path})");
        let places: Vec<String> = self.places.iter().map(link).collect();
        format!("| `{name}` | {} | {} |\n", self.law.replace('|', "\\|"), places.join(", "))
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim_start_matches("# ").to_owned()
}

/// The remark above the test of this name, if the source has that test; empty if it has no remark.
fn remark_above_test(source: &str, name: &str) -> Option<String> {
    let at =
        ["", "    "].iter().find_map(|indent| source.find(&format!("#[test]\n{indent}fn {name}() {{\n")))?;
    let above = source[..at].lines().rev().skip_while(|line| line.trim().is_empty());
    let mut remark: Vec<&str> =
        above.map_while(|line| line.trim().strip_prefix("///")).map(str::trim).collect();
    remark.reverse();
    Some(remark.join(" "))
}

#[test]
fn every_law_is_shown_and_the_page_says_where() {
    let shown = Shown::all();
    let mut page = INTRODUCTION.to_owned();
    let mut missing = Vec::new();
    for (subject, names) in CATALOGUE {
        page += &format!("\n## {subject}\n\n| Name | Law | Shown by |\n|---|---|---|\n");
        for name in *names {
            let found = shown.find(name);
            page += &found.row(name);
            if found.places.is_empty() || found.law.is_empty() {
                missing.push(*name);
            }
        }
    }
    page += "\n## Not shown yet\n\n";
    for (name, why) in NOT_YET {
        page += &format!("- `{name}`: {why}\n");
        assert!(shown.find(name).places.is_empty(), "{name} is shown: take it off the list of what is not");
    }
    assert!(missing.is_empty(), "nothing shows {missing:?}");
    if std::env::var_os("UPDATE_GOLDENFILES").is_some() {
        fs::write(root().join(PAGE), &page).expect("the page can be written");
    }
    let written = fs::read_to_string(root().join(PAGE)).unwrap_or_default();
    assert!(written == page, "{PAGE} is not as the files say: `make golden` writes it anew");
}

/// No script and no scenario of the tests is outside the catalogue.
#[test]
fn every_script_is_of_the_catalogue() {
    let names: BTreeSet<&str> = CATALOGUE.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    let shown = Shown::all();
    let own = shown.scenarios.iter().filter(|file| file.path.starts_with("tests/"));
    for file in shown.scripts.iter().chain(own) {
        let stem = file.path.rsplit('/').next().and_then(|file| file.split('.').next()).unwrap_or_default();
        assert!(names.contains(stem), "the catalogue does not name {}", file.path);
    }
}
