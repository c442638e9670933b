//! Links cut between processes that all run.

use std::time::Duration;

use mini_raft_server::chaos::nemesis::{Fault, Shape};
use mini_raft_server::client::{NodeStatus, Request};

use super::harness::{TestCluster, eventually, problem, put_once, without};

/// Long enough for several elections, if there were any.
const HELD: Duration = Duration::from_secs(3);

/// The cluster, its leader, and all nodes with the leader first.
async fn cluster() -> (TestCluster, NodeStatus, Vec<String>) {
    let test = TestCluster::start(5, &["--enable-chaos"]).await;
    let leader = test.leader().await;
    let mut order = without(&test.ids(), &leader.id);
    order.insert(0, leader.id.clone());
    (test, leader, order)
}

/// Heals, and shows that all is well: one leader that all follow, a write, and the same on all nodes.
async fn heal(test: &mut TestCluster, fault: &Fault) -> NodeStatus {
    let http = test.http.clone();
    fault.undo(&mut test.cluster, &http).await.expect("links heal");
    let leader = test.leader().await;
    test.put("after", "healing").await;
    test.all_equal().await;
    leader
}

/// A leader with a minority steps down, says 503 and that nothing was done; the others go on without it; and it comes back
/// without disturbing them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_cut_off_with_a_minority_refuses_and_the_others_go_on() {
    let (mut test, leader, order) = cluster().await;
    let fault = Fault::partition(Shape::Halves, &order, HELD);
    let http = test.http.clone();
    fault.strike(&mut test.cluster, &http).await.expect("links are cut");
    let (few, many) = order.split_at(2);
    let next = test.leader_of(many).await;
    assert!(next.term > leader.term);
    for id in few {
        let refusal = eventually("a refusal of the minority", async || {
            let reply = test.ask(id, &put_once("lost", "x")).await.ok()?;
            (reply.status == 503).then_some(reply)
        })
        .await;
        assert_eq!(problem(&refusal)["outcome"], "not_applied");
        let read = test.ask(id, &Request::get("/v1/kv/any".to_owned())).await.expect("an answer");
        assert!(read.status.is_server_error(), "no read without a majority: {read:?}");
        let stale = Request::get("/v1/kv/any?consistency=stale".to_owned());
        assert_eq!(test.ask(id, &stale).await.expect("an answer").status, 404, "stale reads go on");
    }
    let written = test.ask(&next.id, &put_once("kept", "y")).await.expect("an answer");
    assert_eq!(written.status, 201);
    let after = heal(&mut test, &fault).await;
    assert_eq!((after.id, after.term), (next.id, next.term), "who comes back deposes nobody");
    assert_eq!(test.get("kept").await.as_deref(), Some("y"));
}

/// PreVote: whoever hears nobody asks for votes in vain, and raises no term (thesis 9.6).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_minority_that_is_cut_off_raises_no_term() {
    let (mut test, leader, mut order) = cluster().await;
    order.rotate_left(1);
    let fault = Fault::partition(Shape::Halves, &order, HELD);
    let http = test.http.clone();
    fault.strike(&mut test.cluster, &http).await.expect("links are cut");
    for id in &order[..2] {
        eventually("a node that knows no leader", async || {
            test.status(id).await.ok()?.leader.is_none().then_some(())
        })
        .await;
    }
    tokio::time::sleep(fault.lasts).await;
    for id in &order[..2] {
        assert_eq!(test.status(id).await.expect("a status").term, leader.term, "{id}");
    }
    let after = heal(&mut test, &fault).await;
    assert_eq!((after.id, after.term), (leader.id, leader.term), "who comes back deposes nobody");
}

/// CheckQuorum: a leader that hears nobody steps down, though all hear it (thesis 6.2).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_hears_nobody_steps_down() {
    one_way(Shape::Deaf).await;
}

/// The others elect another leader, and the old one notices.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_nobody_hears_is_replaced() {
    one_way(Shape::Mute).await;
}

async fn one_way(shape: Shape) {
    let (mut test, leader, order) = cluster().await;
    let fault = Fault::partition(shape, &order, HELD);
    let http = test.http.clone();
    fault.strike(&mut test.cluster, &http).await.expect("links are cut");
    let next = test.leader_of(&order[1..]).await;
    assert_ne!(next.id, leader.id);
    eventually("the old leader's end", async || {
        (!test.status(&leader.id).await.ok()?.is_leader()).then_some(())
    })
    .await;
    test.put("meanwhile", "x").await;
    heal(&mut test, &fault).await;
    assert_eq!(test.get("meanwhile").await.as_deref(), Some("x"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ring_goes_on_and_keeps_its_terms() {
    goes_on(Shape::Ring, 0).await;
}

/// The leader is the one that both sides hear.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bridge_goes_on_and_keeps_its_terms() {
    goes_on(Shape::Bridge, 2).await;
}

/// The leader, at this place of the order, still hears a majority: it stays, and nobody deposes it, though some do not hear
/// it any more.
async fn goes_on(shape: Shape, place: usize) {
    let (mut test, leader, mut order) = cluster().await;
    order.swap(0, place);
    let fault = Fault::partition(shape, &order, HELD);
    let http = test.http.clone();
    fault.strike(&mut test.cluster, &http).await.expect("links are cut");
    for number in 0..20 {
        let reply = test.ask(&leader.id, &put_once(&format!("k{number}"), "x")).await.expect("an answer");
        assert!(reply.status.is_success(), "{reply:?}");
    }
    tokio::time::sleep(fault.lasts).await;
    let status = test.status(&leader.id).await.expect("a status");
    assert!(status.is_leader() && status.term == leader.term, "{status:?}");
    let after = heal(&mut test, &fault).await;
    assert_eq!((after.id, after.term), (leader.id, leader.term), "who comes back deposes nobody");
}

/// Late messages change nothing but the time that things take.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_links_delay_and_lose_nothing() {
    let (test, _, order) = cluster().await;
    for id in &order {
        let slow = Request::post("/v1/chaos/delay".to_owned(), &serde_json::json!({ "ms": 30 }));
        assert_eq!(test.ask(id, &slow).await.expect("an answer").status, 204);
    }
    for number in 0..10 {
        test.put(&format!("k{number}"), "x").await;
    }
    test.all_equal().await;
    assert_eq!(test.client().list("k", 100, None).await.expect("a list").items.len(), 10);
}
