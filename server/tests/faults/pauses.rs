//! Processes that stop and go on as if nothing had been.

use bytes::Bytes;
use mini_raft_server::client::Request;
use mini_raft_server::client::kv::Condition;
use mini_raft_server::cluster::process::Signal;

use super::harness::{TestCluster, eventually, without};

/// How many reads wait at a stopped leader.
const READS: usize = 20;

/// A leader that was stopped while another was elected does not know it when it goes on. The reads that wait at it were
/// sent after the other had acknowledged a write: whatever they are answered, it is not what was before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_was_stopped_gives_no_stale_read_and_steps_down() {
    let mut test = TestCluster::start(5, &[]).await;
    for round in 0..3 {
        let old = test.leader().await;
        test.put("k", &format!("before {round}")).await;
        // Connections that are open before it stops, and reads that confirm its leadership.
        reads(&test, &old.id).await;
        test.cluster.signal(&old.id, Signal::Stop).expect("it stops");
        let others = without(&test.ids(), &old.id);
        let next = test.leader_of(&others).await;
        assert!(next.term > old.term);
        let after = format!("after {round}");
        let mut client = test.client();
        client.prefer(&test.url(&next.id));
        client.set("k", Bytes::from(after.clone()), &Condition::Always).await.expect("it is written");
        let (http, url) = (test.http.clone(), test.url(&old.id));
        let waiting: Vec<_> = (0..READS)
            .map(|_| {
                let (http, url) = (http.clone(), url.clone());
                tokio::spawn(async move {
                    let request = Request::get("/v1/kv/k".to_owned());
                    http.ask(&url, &request, super::harness::PATIENCE).await
                })
            })
            .collect();
        // The requests have to be under way when it goes on.
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        test.cluster.signal(&old.id, Signal::Continue).expect("it goes on");
        for read in waiting {
            let reply = read.await.expect("the task ends").expect("an answer");
            let fresh = reply.status.is_success() && reply.body == after.as_bytes();
            let refused = reply.status == 503 || reply.status == 504 || reply.status == 307;
            assert!(fresh || refused, "{reply:?}");
        }
        eventually("its new term", async || {
            let status = test.status(&old.id).await.ok()?;
            (status.role == "follower" && status.term >= next.term).then_some(())
        })
        .await;
        test.all_equal().await;
    }
}

async fn reads(test: &TestCluster, id: &str) {
    for _ in 0..READS {
        let reply = test.ask(id, &Request::get("/v1/kv/k".to_owned())).await.expect("an answer");
        assert!(reply.status.is_success(), "{reply:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_follower_that_stopped_the_cluster_goes_on_and_it_catches_up() {
    let mut test = TestCluster::start(5, &[]).await;
    let leader = test.leader().await;
    let stopped = without(&test.ids(), &leader.id)[0].clone();
    test.cluster.signal(&stopped, Signal::Stop).expect("it stops");
    for number in 0..50 {
        let request = super::harness::put_once(&format!("k{number}"), "x");
        let reply = test.ask(&leader.id, &request).await.expect("an answer");
        assert_eq!(reply.status, 201, "{reply:?}");
    }
    test.cluster.signal(&stopped, Signal::Continue).expect("it goes on");
    test.all_equal().await;
    let after = test.leader().await;
    assert_eq!((after.id, after.term), (leader.id, leader.term), "who comes back deposes nobody");
}

/// What it was sent while it stood still waits for it: first entries, then a snapshot that covers them. It takes them in
/// that order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_that_stopped_takes_the_entries_and_then_the_snapshot_that_waited_for_it() {
    let mut test = TestCluster::start(3, &["--snapshot-every", "20"]).await;
    let leader = test.leader().await;
    let stopped = without(&test.ids(), &leader.id)[0].clone();
    for round in 0..10 {
        test.cluster.signal(&stopped, Signal::Stop).expect("it stops");
        for number in 0..60 {
            let request = super::harness::put_once(&format!("k{round}-{number}"), "x");
            let reply = test.ask(&leader.id, &request).await.expect("an answer");
            assert_eq!(reply.status, 201, "{reply:?}");
        }
        test.cluster.signal(&stopped, Signal::Continue).expect("it goes on");
        test.all_equal().await;
        assert!(test.cluster.runs(&stopped));
    }
}
