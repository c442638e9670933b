//! Disks that are full, slow or broken, by the faults that a node injects into its own (`--inject-disk-faults`).

use std::fs;
use std::path::{Path, PathBuf};

use mini_raft_server::client::Request;

use super::harness::{TestCluster, eventually, problem, put_once, without};

/// Three nodes, of which the leader's disk does as the file says that is given back.
async fn cluster() -> (TestCluster, String, PathBuf) {
    let mut test = TestCluster::start(3, &[]).await;
    let id = test.leader().await.id;
    let faults = test.scratch("faults.json");
    inject(&faults, "[]");
    // Only this node looks at the file.
    test.cluster.kill(&id).await.expect("it ends");
    let flag = faults.to_str().expect("UTF-8").to_owned();
    test.restart_by_hand(&id, &["--inject-disk-faults", &flag]).await;
    test.client().transfer(Some(&id)).await.expect("it leads");
    assert_eq!(test.leader().await.id, id);
    (test, id, faults)
}

/// No room for a new segment of the log. What a node writes into is made in advance, so that this is how a full disk shows.
const FULL: &str = r#"[{ "operation": "create", "file": "log/", "error": "full" }]"#;

/// A few of these need a new segment.
fn large() -> String {
    "v".repeat(512 << 10)
}

/// It takes nothing more in, hands leadership over, and serves what needs no disk; and it goes on by itself when there is
/// room.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_acknowledges_nothing_and_hands_leadership_over() {
    let (test, id, faults) = cluster().await;
    test.put("before", "v").await;
    inject(&faults, FULL);
    let (large, others) = (large(), without(&test.ids(), &id));
    let mut acknowledged = Vec::new();
    eventually("another leader", async || {
        let key = format!("k{}", acknowledged.len());
        // A majority of others may have it on their disks: then it is acknowledged, and kept.
        match test.ask(&id, &put_once(&key, &large)).await.map(|reply| reply.status.as_u16()) {
            Ok(201) => acknowledged.push(key),
            Ok(307 | 503 | 504 | 507) | Err(_) => {}
            Ok(status) => panic!("{status}"),
        }
        let status = test.status(&others[0]).await.ok()?;
        (status.leader.is_some() && status.leader.as_deref() != Some(&id)).then_some(())
    })
    .await;
    let live = test.ask(&id, &Request::get("/livez".to_owned())).await.expect("an answer");
    assert_eq!(live.status, 200);
    let stale = Request::get("/v1/kv/before?consistency=stale".to_owned());
    assert_eq!(test.ask(&id, &stale).await.expect("an answer").status, 200, "reads go on");
    assert!(!test.status(&id).await.expect("a status").ready);
    test.leader_of(&others).await;
    test.put("meanwhile", "v").await;
    inject(&faults, "[]");
    test.all_equal().await;
    for key in &acknowledged {
        assert_eq!(test.get(key).await.as_ref(), Some(&large), "what was acknowledged is there");
    }
}

/// A node that has nobody to hand over to says 507, and that nothing was done; with room again it goes on by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_without_a_successor_refuses_with_507_and_goes_on_when_there_is_room() {
    let mut test = TestCluster::start(1, &[]).await;
    let faults = test.scratch("faults.json");
    inject(&faults, "[]");
    test.cluster.kill("node-0").await.expect("it ends");
    let flag = faults.to_str().expect("UTF-8").to_owned();
    test.restart_by_hand("node-0", &["--inject-disk-faults", &flag]).await;
    test.put("before", "v").await;
    inject(&faults, FULL);
    let large = large();
    let mut acknowledged = Vec::new();
    let refusal = eventually("a refusal", async || {
        let key = format!("k{}", acknowledged.len());
        let reply = test.ask("node-0", &put_once(&key, &large)).await.ok()?;
        match reply.status.as_u16() {
            201 => acknowledged.push(key),
            // The first one that found no room waits for it, and nobody knows what becomes of it.
            504 => assert_eq!(problem(&reply)["outcome"], "unknown"),
            507 => return Some(reply),
            status => panic!("{status}: {reply:?}"),
        }
        None
    })
    .await;
    assert_eq!(problem(&refusal)["outcome"], "not_applied");
    let live = test.ask("node-0", &Request::get("/livez".to_owned())).await.expect("an answer");
    assert_eq!(live.status, 200);
    inject(&faults, "[]");
    eventually("service", async || {
        let reply = test.ask("node-0", &put_once("afterwards", "v")).await.ok()?;
        reply.status.is_success().then_some(())
    })
    .await;
    assert_eq!(test.get("before").await.as_deref(), Some("v"));
    for key in &acknowledged {
        assert_eq!(test.get(key).await.as_ref(), Some(&large), "what was acknowledged is there");
    }
}

/// Nobody knows what is on the disk then. The process is gone at once, and what it acknowledged is with the others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_that_fails_ends_the_process_at_once_and_loses_nothing() {
    let (mut test, id, faults) = cluster().await;
    test.put("before", "v").await;
    inject(&faults, r#"[{ "operation": "sync", "error": "io" }]"#);
    // The others may have stored it: then it is acknowledged, and kept.
    let written = test.ask(&id, &put_once("in-doubt", "v")).await.is_ok_and(|reply| reply.status == 201);
    eventually("its end", async || test.ended_by_hand(&id)).await;
    test.leader_of(&without(&test.ids(), &id)).await;
    assert_eq!(test.get("before").await.as_deref(), Some("v"));
    if written {
        assert_eq!(test.get("in-doubt").await.as_deref(), Some("v"));
    }
    test.put("afterwards", "v").await;
    // The disk is exchanged for one that works; what is on it is checked, and it goes on.
    inject(&faults, "[]");
    test.cluster.spawn(&id).expect("it starts");
    test.leader().await;
    test.all_equal().await;
}

/// Heartbeats do not wait for the disk, and a leader that cannot write hands leadership over: once, not again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_disk_costs_the_leadership_and_starts_no_storm_of_elections() {
    let (test, id, faults) = cluster().await;
    let term = test.leader().await.term;
    inject(&faults, r#"[{ "operation": "sync", "delay_ms": 2500 }]"#);
    let _ = test.ask(&id, &put_once("slow", "v")).await;
    let next = eventually("another leader", async || {
        let leader = test.leader().await;
        (leader.id != id).then_some(leader)
    })
    .await;
    for number in 0..20 {
        test.put(&format!("k{number}"), "v").await;
    }
    let after = test.leader().await;
    assert_eq!((&after.id, after.term), (&next.id, next.term), "one change is enough");
    assert!(after.term <= term + 2, "{} after {term}", after.term);
    inject(&faults, "[]");
    test.all_equal().await;
}

/// Writes that are cut short or interrupted are completed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn short_and_interrupted_writes_are_completed() {
    let (test, id, faults) = cluster().await;
    let both = r#"[{ "operation": "write", "error": "short", "times": 50 },
                   { "operation": "write", "error": "interrupted", "skip": 60, "times": 3 }]"#;
    inject(&faults, both);
    for number in 0..100 {
        let reply = test.ask(&id, &put_once(&format!("k{number}"), "v")).await.expect("an answer");
        assert_eq!(reply.status, 201, "{reply:?}");
    }
    inject(&faults, "[]");
    test.all_equal().await;
}

/// From now on the disk fails so. The file is there as a whole or not at all: the node may read it at any moment.
fn inject(faults: &Path, text: &str) {
    let draft = faults.with_extension("new");
    fs::write(&draft, text).expect("it is written");
    fs::rename(&draft, faults).expect("it gets its name");
}
