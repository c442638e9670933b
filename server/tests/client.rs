//! The client against nodes that answer as they are told: what it asks again, whom, and what it says in the end.

mod fake;

use std::time::Duration;

use bytes::Bytes;
use mini_raft_server::client::admin::MembersChange;
use mini_raft_server::client::kv::{Condition, Consistency};
use mini_raft_server::client::{Client, Failure, NodeUrl};
use tokio::net::TcpListener;

use fake::{Act, fake, ok, problem, redirect};

/// A port where nobody listens.
async fn nobody() -> NodeUrl {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    NodeUrl::local(listener.local_addr().expect("an address").port())
}

fn client(nodes: &[&NodeUrl], timeout_ms: u64) -> Client {
    Client::new(nodes.iter().map(|&url| url.clone()).collect(), Duration::from_millis(timeout_ms))
}

const LONG: u64 = 20_000;

#[tokio::test]
async fn a_redirect_is_followed_to_the_leader_and_remembered() {
    let (leader, of_leader) = fake(vec![ok("v")]).await;
    let (follower, of_follower) = fake(vec![redirect(&leader)]).await;
    let mut client = client(&[&follower], LONG);
    for _ in 0..2 {
        let found = client.get("a/b", Consistency::Linearizable).await.expect("an answer").expect("a value");
        assert_eq!(found.value, "v");
        assert_eq!((found.etag.as_str(), found.served.index), ("\"7\"", Some(9)));
    }
    assert_eq!(of_follower.asked().len(), 1);
    let asked: Vec<String> = of_leader.asked().into_iter().map(|asked| asked.what).collect();
    assert_eq!(asked, ["GET /v1/kv/a%2Fb?consistency=linearizable"; 2]);
}

#[tokio::test]
async fn a_node_that_is_gone_is_passed_over() {
    let (alive, _) = fake(vec![ok("v")]).await;
    let mut client = client(&[&nobody().await, &alive], LONG);
    assert!(client.get("a", Consistency::Stale).await.expect("an answer").is_some());
}

#[tokio::test]
async fn a_write_that_was_not_answered_is_sent_again_with_the_same_key() {
    let (stopped, of_stopped) = fake(vec![Act::Hang]).await;
    let (late, of_late) = fake(vec![problem(504, "timeout", "unknown"), ok("")]).await;
    let mut client = client(&[&stopped, &late], 2_000);
    let written = client.set("a", Bytes::from("1"), &Condition::Always).await.expect("an answer");
    assert_eq!(written.expect("no condition").mod_index, Some(7));
    let keys: Vec<Option<String>> =
        of_stopped.asked().into_iter().chain(of_late.asked()).map(|asked| asked.key).collect();
    assert!(keys.len() >= 3 && keys[0].is_some(), "{keys:?}");
    assert!(keys.iter().all(|key| *key == keys[0]), "one request, one key: {keys:?}");
}

#[tokio::test]
async fn what_has_no_key_is_sent_again_only_when_it_was_not_done() {
    let (node, of_node) =
        fake(vec![problem(503, "no_leader", "not_applied"), problem(504, "timeout", "unknown")]).await;
    let failure = client(&[&node], LONG).transfer(None).await.expect_err("nobody knows");
    assert!(matches!(failure, Failure::Unknown(_)), "{failure:?}");
    assert_eq!(of_node.asked().len(), 2, "after an unknown outcome it is not asked again");
}

#[tokio::test]
async fn when_all_refuse_for_the_whole_time_it_is_certain_that_nothing_was_done() {
    let (node, of_node) = fake(vec![problem(503, "no_leader", "not_applied")]).await;
    let failure = client(&[&node, &nobody().await], 300)
        .set("a", Bytes::new(), &Condition::Always)
        .await
        .expect_err("there is no leader");
    assert!(matches!(failure, Failure::Unavailable(_)), "{failure:?}");
    assert!(of_node.asked().len() > 1);
}

#[tokio::test]
async fn one_attempt_without_an_answer_makes_the_outcome_unknown() {
    let (node, _) = fake(vec![Act::Hang, problem(503, "no_leader", "not_applied")]).await;
    let failure = client(&[&node], 400)
        .set("a", Bytes::new(), &Condition::Always)
        .await
        .expect_err("there is no leader");
    assert!(matches!(failure, Failure::Unknown(_)), "{failure:?}");
}

#[tokio::test]
async fn a_read_that_fails_changed_nothing() {
    let (node, _) = fake(vec![Act::Hang]).await;
    let failure = client(&[&node], 100).get("a", Consistency::Lease).await.expect_err("nobody answers");
    assert!(matches!(failure, Failure::Unavailable(_)), "{failure:?}");
}

#[tokio::test]
async fn a_refusal_is_final() {
    for (status, code) in
        [(400, "bad_request"), (413, "too_large"), (422, "idempotency_conflict"), (507, "disk_full")]
    {
        let (node, of_node) = fake(vec![problem(status, code, "not_applied")]).await;
        let failure = client(&[&node], LONG)
            .set("a", Bytes::new(), &Condition::Always)
            .await
            .expect_err("it is refused");
        assert!(matches!(&failure, Failure::Refused(problem) if problem.code == code), "{failure:?}");
        assert_eq!(failure.to_string(), "told to");
        assert_eq!(of_node.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_condition_that_is_not_true_and_a_missing_key_are_no_failures() {
    let (node, of_node) = fake(vec![problem(412, "precondition_failed", "not_applied")]).await;
    let mut client = client(&[&node], LONG);
    let unchanged = Condition::Unchanged("\"3\"".to_owned());
    assert_eq!(client.set("a", Bytes::new(), &unchanged).await.expect("an answer"), None);
    assert_eq!(client.set("a", Bytes::new(), &Condition::Absent).await.expect("an answer"), None);
    let has = |place: usize, name: &str, value: &str| {
        of_node.asked()[place].headers.contains(&(name.to_owned(), value.to_owned()))
    };
    assert!(has(0, "if-match", "\"3\"") && has(1, "if-none-match", "*"));
    of_node.only(problem(404, "not_found", "not_applied"));
    assert_eq!(client.get("a", Consistency::Stale).await.expect("an answer"), None);
    assert_eq!(client.delete("a", &Condition::Always).await.expect("an answer"), None);
}

#[tokio::test]
async fn a_retry_that_meets_its_first_attempt_under_way_waits_for_it() {
    let (node, of_node) = fake(vec![problem(409, "request_under_way", "unknown"), ok("")]).await;
    let written = client(&[&node], LONG).set("a", Bytes::new(), &Condition::Always).await;
    assert!(written.expect("an answer").is_some());
    assert_eq!(of_node.asked().len(), 2);
}

/// It will be over, and nothing was done: nobody else can do it sooner.
#[tokio::test]
async fn a_change_of_the_members_waits_for_the_one_before() {
    let members = r#"{"voters":["node-0"],"learners":[],"index":9}"#;
    let (node, of_node) = fake(vec![problem(409, "change_under_way", "not_applied"), ok(members)]).await;
    let changed = client(&[&node, &nobody().await], LONG).change_members(&MembersChange::default()).await;
    assert_eq!(changed.expect("an answer").index, 9);
    assert_eq!(of_node.asked().len(), 2);
}

#[tokio::test]
async fn values_that_are_no_text_come_back_as_they_were() {
    let items = r#"{"items":[{"key":"a","value":"é","mod_index":1},{"key":"b","value_base64":"/wA=","mod_index":2}],"next_cursor":"b"}"#;
    let (node, of_node) = fake(vec![ok(items)]).await;
    let page = client(&[&node], LONG).list("p/", 2, Some("x y")).await.expect("an answer");
    let values: Vec<_> = page.items.iter().map(|item| item.bytes().expect("a value")).collect();
    assert_eq!(values, ["é".as_bytes().to_vec(), vec![0xff, 0]]);
    assert_eq!(page.next_cursor.as_deref(), Some("b"));
    assert_eq!(of_node.asked()[0].what, "GET /v1/kv?limit=2&prefix=p%2F&cursor=x%20y");
}
