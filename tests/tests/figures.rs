//! What scenarios of the library show, and their expectations cannot say: the figures of the paper, exactly, and how
//! often and how soon things happen.

use std::sync::Arc;

use mini_raft_core::kv::Outcome;
use mini_raft_core::raft::{Body, EntryId, Fact, NodeId, Term};
use mini_raft_core::sim::event::{MessageKind, SnapshotOrigin};
use mini_raft_core::sim::{Endpoint, EventKind, Payload};
use mini_raft_core::time::Micros;
use mini_raft_tests::played::Played;

/// Figure 7: the six logs (a) to (f) and the one of the leader at the top, then all like the leader's.
#[test]
fn figure_7_starts_with_the_logs_of_the_paper() {
    let mut played = Played::to("replicate_figure7_logs_converge", 309);
    let figure: [&[u64]; 7] = [
        &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6],
        &[1, 1, 1, 4, 4, 5, 5, 6, 6],
        &[1, 1, 1, 4],
        &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
        &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
        &[1, 1, 1, 4, 4, 4, 4],
        &[1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
    ];
    for (id, terms) in (0..).zip(figure) {
        assert_eq!(played.log_terms(id), terms, "node-{id}");
    }
    played.go_to(Micros::from_millis(450));
    for id in 0..7 {
        assert_eq!(played.log_terms(id), [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 8], "node-{id}");
    }
}

/// Figure 8: in (c) the entry of term 2 is on a majority and not committed; in (d) it is replaced.
#[test]
fn figure_8_does_not_count_the_old_term() {
    let played = Played::to("commit_figure8_old_term_not_counted", 109);
    assert_eq!(played.log_terms(0), [1, 2, 2, 4]);
    assert_eq!(played.log_terms(2), [1, 2, 2]);
    let not_counted = played.events_of(0).any(|event| {
        let entry = EntryId::new(2, 3);
        event.kind == EventKind::Fact(Fact::OldTermNotCounted { entry, current_term: Term(4) })
    });
    assert!(not_counted, "the leader of term 4 saw the entry of term 2 on a majority");
    let played = Played::to("commit_figure8_old_term_not_counted", 300);
    for id in 0..5 {
        assert_eq!(played.log_terms(id)[..4], [1, 3, 3, 5], "node-{id}");
    }
}

/// §5.3: a log with fifty wrong entries is put right in a few rejections, not in fifty.
#[test]
fn fast_backtrack_takes_few_rejections() {
    let played = Played::to_end("replicate_fast_backtrack");
    let mut rejections = 0;
    let mut removed = None;
    for event in played.events_of(0) {
        match event.kind {
            EventKind::Fact(Fact::AppendRefused { .. }) => rejections += 1,
            EventKind::Fact(Fact::ConflictRemoved { ours, last, .. }) => {
                removed = Some(last.0 - ours.index.0 + 1);
                break;
            }
            _ => {}
        }
    }
    assert!(removed.is_some_and(|count| count >= 50), "{removed:?} entries were wrong");
    assert!((1..=3).contains(&rejections), "{rejections} rejections");
}

/// §7: node-4 gets a snapshot, and the entries after it.
#[test]
fn lagging_follower_installs_a_snapshot() {
    let played = Played::to_end("snapshot_to_lagging_follower");
    let installed = played
        .events_of(4)
        .filter(|event| matches!(event.kind, EventKind::Snapshot { origin: SnapshotOrigin::Installed, .. }));
    assert!(installed.count() >= 1);
    assert!(played.node(4).last_applied() > played.node(4).log().snapshot_id().index);
}

/// Thesis 9.6: an isolated node asks and asks, and its term stays.
#[test]
fn pre_vote_keeps_the_term() {
    let played = Played::to_end("prevote_partitioned_node_keeps_term");
    let asked = played
        .events_of(4)
        .filter(|event| matches!(event.kind, EventKind::Fact(Fact::ElectionTimedOut { .. })));
    assert!(asked.count() > 10);
    assert_eq!(played.leaders(), [(NodeId(0), Term(1))]);
}

/// Thesis 3.10: the new leader leads a few messages after the wish, long before any election timeout.
#[test]
fn transfer_does_not_wait_for_a_timeout() {
    let played = Played::to_end("transfer_to_up_to_date");
    let wished_at = Micros::from_millis(2_000);
    let won = played.events_of(3).find(|event| {
        matches!(
            event.kind,
            EventKind::Fact(Fact::RoleChanged { to: mini_raft_core::raft::RoleName::Leader, .. })
        )
    });
    let span = won.expect("node-3 leads").at - wished_at;
    // Up to date, TimeoutNow, RequestVote, its reply: four messages of 15 ms at most and two syncs of 2 ms.
    assert!(span <= Micros::from_millis(75), "{span}");
}

/// §8, thesis 6.3: the retried command stands in the log twice, and was applied once.
#[test]
fn retried_command_is_in_the_log_twice() {
    let played = Played::to_end("client_retry_applied_once");
    let attempts = played.events.iter().filter(|event| match &event.kind {
        EventKind::Deliver { payload, .. } => matches!(&**payload, Payload::Request { request: 1, .. }),
        _ => false,
    });
    assert!(attempts.count() >= 2);
    let outcomes: Vec<_> = played
        .events_of(1)
        .filter_map(|event| match &event.kind {
            EventKind::Apply { outcome: Some(outcome), digest, .. } => Some((outcome.clone(), *digest)),
            _ => None,
        })
        .collect();
    assert_eq!(outcomes.len(), 2);
    assert_eq!(outcomes[0], outcomes[1], "the second changes nothing and has the first one's result");
}

/// §8, thesis 6.4: the isolated leader tells the reader nothing; it hears the new value elsewhere.
#[test]
fn isolated_leader_does_not_answer_reads() {
    let played = Played::to_end("read_index_isolated_leader_never_answers");
    let (value, served_by, _) = read_by(&played, "c3");
    assert_eq!(value.as_deref(), Some("new"));
    assert_ne!(served_by, NodeId(0));
}

/// Thesis 6.4: a follower that is behind answers a read itself, with the new value, once it has applied it.
#[test]
fn follower_answers_a_read_when_it_has_applied_so_far() {
    let played = Played::to_end("read_index_on_follower");
    let (value, served_by, at) = read_by(&played, "c2");
    assert_eq!((value.as_deref(), served_by), (Some("new"), NodeId(2)));
    let asked = played.events.iter().find(|event| match &event.kind {
        EventKind::Send { payload, .. } => payload.kind() == MessageKind::ReadIndex,
        _ => false,
    });
    let asked = asked.expect("node-2 asks its leader");
    assert!(asked.at < Micros::from_millis(740) && at > Micros::from_millis(740), "it waits for the entry");
}

/// What this client's read found, who answered, and when the client heard.
fn read_by(played: &Played, reader: &str) -> (Option<Arc<str>>, NodeId, Micros) {
    let answer = played.events.iter().find_map(|event| match &event.kind {
        EventKind::Return {
            client, result: Ok(Outcome::Value(value)), served_by: Some((node, _)), ..
        } if *client.0 == *reader => Some((value.clone(), *node, event.at)),
        _ => None,
    });
    answer.expect("the reader gets an answer")
}

/// Thesis 10.2.1: the leader commits with its own write still under way.
#[test]
fn leader_commits_before_its_own_disk_is_done() {
    let played = Played::to("persist_leader_own_disk_slow", 560);
    let leader = played.node(0);
    assert!(leader.commit_index() > leader.durable_index());
}

/// §5.2: with all timers at one moment, several stand in the same term and nobody wins it.
#[test]
fn aligned_timers_split_the_vote() {
    let played = Played::to_end("election_split_vote_resolves");
    let candidates = played.events.iter().filter(|event| match &event.kind {
        EventKind::Send { payload, to: Endpoint::Node(NodeId(0)), .. } => {
            matches!(&**payload, Payload::Peer(message)
                if matches!(message.body, Body::RequestVote(_)) && message.term == Term(1))
        }
        _ => false,
    });
    assert!(candidates.count() >= 2, "several ask node-0 for its vote in term 1");
    let leaders = played.leaders();
    assert!(leaders.iter().all(|(_, term)| *term > Term(1)), "{leaders:?}");
}

/// Power fails with the second entry in memory on every node and on no disk: it is lost, and nobody was promised it.
#[test]
fn unsynced_entry_is_lost_in_a_crash() {
    let played = Played::to_end("persist_unsynced_tail_lost");
    let lost = played.events.iter().filter(|event| matches!(event.kind, EventKind::Crash { lost: Some(_) }));
    assert_eq!(lost.count(), 5);
}
