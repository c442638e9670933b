//! Every scenario of the library comes true, and every law that is too long or too dull to watch there: one test for
//! each file of `scenarios/` and `tests/scenarios/`, so that its name shows.

use std::collections::BTreeSet;

use mini_raft_core::check::Property;
use mini_raft_core::play::play;
use mini_raft_core::scenario::{self, Scenario};
use mini_raft_core::sim::Command;
use mini_raft_tests::files::files_below;

macro_rules! scenarios {
    ($list:ident, $folder:literal: $($name:ident,)*) => {
        const $list: &[(&str, &str)] = &[$(
            (stringify!($name), include_str!(concat!("../../", $folder, "/", stringify!($name), ".json"))),
        )*];

        $(#[test]
        fn $name() {
            let (_, json) = $list.iter().find(|(name, _)| *name == stringify!($name)).expect("it is listed");
            comes_true(stringify!($name), json);
        })*
    };
}

scenarios! { LIBRARY, "scenarios":
    default,
    initial_election,
    reelection_after_leader_failure,
    term_increases_on_election,
    log_replication_to_followers,
    commit_index_advances,
    state_machine_application,
    election_safety,
    log_matching,
    state_persists_across_restart,
    snapshot_creation,
    majority_partition_continues,
    metrics_tracking,
    replicate_figure7_logs_converge,
    commit_figure8_old_term_not_counted,
    without_commit_only_current_term,
    election_split_vote_resolves,
    election_candidate_behind_quorum_loses,
    prevote_partitioned_node_keeps_term,
    prevote_off_returning_node_disrupts,
    checkquorum_isolated_leader_steps_down,
    checkquorum_one_way_link,
    transfer_to_up_to_date,
    replicate_fast_backtrack,
    snapshot_to_lagging_follower,
    replicate_reordered_append_keeps_tail,
    persist_unsynced_tail_lost,
    persist_leader_own_disk_slow,
    client_retry_applied_once,
    read_index_isolated_leader_never_answers,
    read_index_on_follower,
    client_progress_in_majority,
    fault_clock_skew,
    fault_pause_resume,
    fault_partial_partition_chain,
    fault_churn_unreliable,
    member_replacement_in_one_step,
    member_remove_leader,
    persist_empty_disk_is_new_node,
}

scenarios! { LAWS, "tests/scenarios":
    election_single_leader_stable,
    election_after_leader_isolated,
    election_churn_seven_nodes,
    commit_figure8_unreliable,
    apply_total_order_once,
    snapshot_while_serving,
    snapshot_all_crash_and_init,
    client_linearizable_concurrent,
    client_session_survives_snapshot_and_restart,
    client_session_expiry_deterministic,
    client_timeout_is_unknown,
    client_redirect_no_loop,
    fault_churn_reliable,
    fault_heal_converges,
    fault_duplicate_reorder_everything,
}

fn comes_true(stem: &str, json: &str) {
    let scenario = Scenario::from_json(json).unwrap_or_else(|mistakes| panic!("{stem}: {mistakes}"));
    let report = play(&scenario, |_| {});
    assert!(report.ok(), "{stem}:\n{}", report.failures().join("\n"));
    // A step that is skipped tells the reader of something that does not happen, unless it only sees to it that
    // everybody runs.
    let is_meant = |step: usize| {
        matches!(scenario.steps[step].command, Command::Restart { .. } | Command::Resume { .. })
    };
    let skipped: Vec<_> = report.skipped.iter().filter(|(step, _)| !is_meant(*step)).collect();
    assert!(skipped.is_empty(), "{stem}: {skipped:?}");
}

/// No file of `scenarios/` is left out, neither here nor in the library.
#[test]
fn every_file_is_in_the_library_and_played() {
    let built_in: BTreeSet<String> =
        scenario::library().iter().map(|builtin| builtin.stem.to_owned()).collect();
    assert_eq!(stems_in("scenarios"), built_in);
    assert_eq!(built_in, played(LIBRARY));
}

/// No file of `tests/scenarios/` is left out, and each says what it shows and expects something.
#[test]
fn every_law_is_played_and_says_what_it_shows() {
    assert_eq!(stems_in("tests/scenarios"), played(LAWS));
    for (stem, json) in LAWS {
        let scenario = Scenario::from_json(json).unwrap_or_else(|mistakes| panic!("{stem}: {mistakes}"));
        assert!(scenario.about.len() > 60 && scenario.expect.len() > 1, "{stem}");
    }
}

fn stems_in(folder: &str) -> BTreeSet<String> {
    let stem = |path: &str| {
        path.trim_start_matches(folder).trim_start_matches('/').trim_end_matches(".json").to_owned()
    };
    files_below(folder, &[".json"]).iter().map(|file| stem(&file.path)).collect()
}

fn played(list: &[(&str, &str)]) -> BTreeSet<String> {
    list.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// A scenario may expect any law to be broken that a check can find broken.
#[test]
fn every_property_can_be_expected() {
    for property in Property::ALL {
        let text =
            format!(r#"{{"version":1,"nodes":1,"until_ms":1,"expect":[{{"violations":["{property}"]}}]}}"#);
        assert!(Scenario::from_json(&text).is_ok(), "{property}");
    }
}
