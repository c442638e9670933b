//! Every golden script of `tests/golden/` comes true: one test for each file, so that its name shows.

use std::collections::BTreeSet;

use mini_raft_tests::files::{files_below, root};
use mini_raft_tests::golden;

macro_rules! scripts {
    ($($name:ident,)*) => {
        const PLAYED: &[&str] = &[$(stringify!($name),)*];

        $(#[test]
        fn $name() {
            golden::play(&root().join(concat!("tests/golden/", stringify!($name), ".txt")));
        })*
    };
}

scripts! {
    election_timeout_starts_candidacy,
    election_one_vote_per_term,
    election_log_up_to_date_grid,
    election_candidate_behind_leader_wins,
    election_candidate_behind_quorum_loses,
    election_split_vote_resolves,
    election_candidate_yields_to_leader,
    election_higher_term_steps_down_every_role,
    election_stale_term_rejected,
    election_late_and_duplicate_votes_ignored,
    election_new_leader_overwrites_longer_stale_log,
    election_single_node_cluster,
    replicate_basic_agreement,
    replicate_noop_on_new_term,
    replicate_each_payload_sent_once,
    replicate_message_budget,
    replicate_figure7_logs_converge,
    replicate_fast_backtrack,
    replicate_divergent_from_first_entry,
    replicate_gap_rejected,
    replicate_reordered_append_keeps_tail,
    replicate_duplicate_append_idempotent,
    replicate_stale_reject_ignored,
    replicate_lost_append_recovered,
    replicate_probe_returns_to_streaming,
    replicate_pipeline_no_retransmit,
    replicate_window_saturates_and_resumes,
    replicate_message_size_limit,
    replicate_uncommitted_limit,
    commit_needs_quorum_step_by_step,
    commit_figure8_old_term_not_counted,
    commit_own_term_commits_prefix,
    commit_follower_bounded_by_match,
    commit_index_never_regresses,
    commit_idle_follower_learns_within_heartbeat,
    prevote_partitioned_node_keeps_term,
    prevote_behind_log_refused,
    prevote_recent_leader_refused,
    prevote_changes_nothing,
    prevote_split_then_elects,
    prevote_lower_term_node_unsticks,
    prevote_mixed_cluster,
    prevote_late_grants_after_win_ignored,
    checkquorum_isolated_leader_steps_down,
    checkquorum_active_leader_stays,
    checkquorum_vote_withheld_then_granted,
    checkquorum_stuck_high_term_node_freed,
    checkquorum_one_way_link,
    checkquorum_removed_server_not_disruptive,
    transfer_to_up_to_date,
    transfer_to_slow_follower_catches_up_first,
    transfer_refuses_proposals_and_times_out,
    transfer_invalid_targets,
    transfer_overrides_prevote_and_lease,
    transfer_late_timeout_now_harmless,
    read_index_isolated_leader_never_answers,
    read_index_waits_for_own_term_commit,
    read_index_on_follower,
    read_index_ack_counts_only_later_rounds,
    read_index_lost_message_retried,
    read_lease_within_drift_bound,
    read_lease_voided_by_transfer_and_stepdown,
    read_quorum_shrinks_meanwhile,
    member_add_learner_then_promote,
    member_promoted_learner_must_vote,
    member_learner_never_campaigns,
    member_one_change_at_a_time,
    member_change_needs_own_term_commit,
    member_joint_needs_both_majorities,
    member_joint_leader_crash_resumes,
    member_remove_leader,
    member_replace_leader_via_transfer,
    member_uncommitted_config_rolls_back,
    member_commit_lowers_after_removal,
    member_rejoin_same_term_stale_ack,
    member_unapplied_config_blocks_campaign,
    snapshot_to_lagging_follower,
    snapshot_at_leader_tip_resumes_streaming,
    snapshot_stale_keeps_matching_suffix,
    snapshot_conflicting_suffix_dropped,
    snapshot_carries_config_and_sessions,
    snapshot_chunks_lost_reordered_resumed,
    snapshot_failure_falls_back_to_probe,
    snapshot_crash_between_save_and_truncate,
    compaction_learner_unreachable_empty_log,
    persist_term_and_vote,
    persist_before_send,
    persist_unsynced_tail_lost,
    persist_leader_own_disk_slow,
    persist_async_aba,
    persist_commit_recovered,
    persist_write_failure_stops_node,
}

/// No file is left out, and each begins with its law.
#[test]
fn every_script_is_played_and_begins_with_its_law() {
    let files = files_below("tests/golden", &[""]);
    let stem = |path: &str| path.trim_start_matches("tests/golden/").trim_end_matches(".txt").to_owned();
    let stems: BTreeSet<String> = files.iter().map(|file| stem(&file.path)).collect();
    assert_eq!(stems, PLAYED.iter().map(|name| (*name).to_owned()).collect());
    for file in &files {
        let law = file.text.lines().next().and_then(|line| line.strip_prefix("# ")).unwrap_or_default();
        let cites = ["§", "Figure ", "Thesis ", "raft-dev "].iter().any(|source| law.starts_with(source));
        assert!(cites && law.ends_with('.'), "{} does not begin with its law and where it stands", file.path);
    }
}
