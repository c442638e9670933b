//! Servers that need the snapshot, and retries of what was done.

use super::harness::{TestCluster, eventually, put_once, without};

/// It is killed while the snapshot comes in, again and again: it has the old state or the new one, and in the end the new.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_far_behind_gets_the_snapshot_though_it_crashes_while_it_comes() {
    let mut test = TestCluster::start(3, &["--snapshot-every", "20"]).await;
    let leader = test.leader().await;
    let behind = without(&test.ids(), &leader.id)[0].clone();
    test.put("first", "x").await;
    test.all_equal().await;
    test.cluster.kill(&behind).await.expect("it ends");
    let large = "v".repeat(200_000);
    for number in 0..60 {
        test.put(&format!("k{number}"), &large).await;
    }
    let last_index = test.status(&leader.id).await.expect("a status").last_index;
    eventually("a snapshot that the log has given way to", async || {
        (test.status(&leader.id).await.ok()?.snapshot_index > 20).then_some(())
    })
    .await;
    for pause_ms in [0, 40, 80, 160, 320] {
        test.cluster.spawn(&behind).expect("it starts");
        tokio::time::sleep(std::time::Duration::from_millis(pause_ms)).await;
        test.cluster.kill(&behind).await.expect("it did not end by itself");
    }
    test.cluster.spawn(&behind).expect("it starts");
    test.all_equal().await;
    let status = test.status(&behind).await.expect("a status");
    assert!(status.snapshot_index > 20 && status.last_index >= last_index, "{status:?}");
    assert!(!test.log(&behind).contains("ERROR"), "{}", test.log(&behind));
}

/// A request with a key of its own is done once, whoever leads when it comes again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_repeated_after_the_leaders_death_is_done_once() {
    let mut test = TestCluster::start(3, &[]).await;
    let leader = test.leader().await;
    let request = put_once("k", "first").with("idempotency-key", "only-once");
    let first = test.ask(&leader.id, &request).await.expect("an answer");
    assert_eq!(first.status, 201);
    test.put("k", "second").await;
    test.cluster.kill(&leader.id).await.expect("it ends");
    let others = without(&test.ids(), &leader.id);
    let next = test.leader_of(&others).await;
    let again = test.ask(&next.id, &request).await.expect("an answer");
    assert_eq!((again.status, again.headers.get("etag")), (first.status, first.headers.get("etag")));
    assert_eq!(test.get("k").await.as_deref(), Some("second"), "what came later stays");
    let other = put_once("k", "third").with("idempotency-key", "only-once");
    assert_eq!(test.ask(&next.id, &other).await.expect("an answer").status, 422);
    assert_eq!(test.get("k").await.as_deref(), Some("second"));
}
