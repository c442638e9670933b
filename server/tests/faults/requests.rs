//! Requests as they should not be.

use super::harness::{TestCluster, put_once, without};
use super::raw::status_of;

use mini_raft_server::client::Request;

/// Whatever is sent, it is refused with a status of 4xx or by closing the connection, and the node goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_and_oversize_requests_are_refused_and_never_a_fault_of_the_server() {
    let test = TestCluster::start(1, &[]).await;
    let url = test.url("node-0");
    let before = test.status("node-0").await.expect("a status");
    let host = url.authority();
    let put = |path: &str, headers: &str, body: &[u8]| {
        let length = body.len();
        let head =
            format!("PUT {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n{headers}\r\n");
        [head.as_bytes(), body].concat()
    };
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes();
    let post = |path: &str, body: &str| {
        let length = body.len();
        let head = format!("POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n");
        (head + body).into_bytes()
    };
    let large = vec![b'x'; (1 << 20) + 1];
    let cases: Vec<(&str, Vec<u8>, &[u16])> = vec![
        ("no HTTP at all", b"\x00\xff\x16\x03\x01 nonsense\r\n\r\n".to_vec(), &[400, 0]),
        (
            "a method that nobody knows",
            b"BREW / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".to_vec(),
            &[400, 404, 405],
        ),
        ("no Host", b"GET /v1/status HTTP/1.1\r\n\r\n".to_vec(), &[400, 403]),
        ("headers too large", get(&format!("/v1/kv/a HTTP/1.1\r\nX: {}", "x".repeat(20 << 10))), &[400, 431]),
        ("too many headers", get(&format!("/ HTTP/1.1{}", "\r\nX: y".repeat(500))), &[400, 431]),
        ("a key too long", put(&format!("/v1/kv/{}", "k".repeat(1025)), "", b"v"), &[414]),
        ("an empty key", put("/v1/kv/", "", b"v"), &[400, 405]),
        ("a key that is not UTF-8", put("/v1/kv/%ff", "", b"v"), &[400]),
        ("a broken escape", put("/v1/kv/%4", "", b"v"), &[400]),
        ("a value too large", put("/v1/kv/a", "", &large), &[413]),
        ("an unknown option", put("/v1/kv/a?colour=red", "", b"v"), &[400]),
        ("a tag that is none", put("/v1/kv/a", "If-Match: nonsense\r\n", b"v"), &[400]),
        (
            "a key of a request too long",
            put("/v1/kv/a", &format!("Idempotency-Key: {}\r\n", "k".repeat(2000)), b"v"),
            &[400],
        ),
        ("an unknown consistency", get("/v1/kv/a?consistency=hopeful"), &[400]),
        ("a limit too large", get("/v1/kv?limit=1000000"), &[400]),
        ("a limit that is no number", get("/v1/kv?limit=many"), &[400]),
        ("a cursor of nobody", get("/v1/kv?cursor=%21%21"), &[400]),
        ("a number that overflows", get("/v1/watch?from=99999999999999999999"), &[400]),
        ("JSON cut off", post("/v1/members", "{\"add\":[\"node-0\""), &[400]),
        ("JSON of another type", post("/v1/members", "[1,2,3]"), &[400]),
        ("JSON too deep", post("/v1/members", &"[".repeat(60_000)), &[400]),
        ("JSON too large", post("/v1/transfer", &format!("{{\"to\":\"{}\"}}", "x".repeat(70_000))), &[413]),
        ("a node that cannot be", post("/v1/members", "{\"remove\":[\"node-4294967296\"]}"), &[400]),
        ("no frame", post("/raft/v1/append-entries", "nonsense"), &[401]),
        ("no frames", post("/raft/v1/stream", "nonsense, and more of it"), &[400, 401]),
        ("a frame of four gigabytes", post("/raft/v1/stream", "\u{7f}\u{7f}\u{7f}\u{7f}"), &[400, 413]),
        ("a path that is not there", get("/v2/kv/a"), &[404]),
        ("a path that climbs", get("/../../etc/passwd"), &[400, 404]),
        // None of it comes, and it is not waited for.
        (
            "a value that is announced as too large",
            format!("PUT /v1/kv/a HTTP/1.1\r\nHost: {host}\r\nContent-Length: 99999999999\r\n\r\n")
                .into_bytes(),
            &[413],
        ),
    ];
    for (what, bytes, expected) in cases {
        let status = status_of(&url, &bytes);
        assert!(expected.contains(&status), "{what}: {status}, not one of {expected:?}");
    }
    let after = test.status("node-0").await.expect("a status");
    assert_eq!(
        (after.term, after.last_index),
        (before.term, before.last_index),
        "nothing of it is in the log"
    );
    assert!(!test.log("node-0").contains("panicked"));
    test.put("a", "v").await;
}

/// A page of somebody else's that a browser has open reaches nothing (DNS rebinding, cross-site requests).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hosts_and_origins_of_others_are_refused() {
    let test = TestCluster::start(1, &[]).await;
    let url = test.url("node-0");
    let put = |headers: &str| {
        format!("PUT /v1/kv/a HTTP/1.1\r\n{headers}\r\nContent-Length: 1\r\n\r\nv").into_bytes()
    };
    let own = url.authority();
    assert_eq!(status_of(&url, &put("Host: evil.example")), 403);
    assert_eq!(status_of(&url, &put(&format!("Host: 127.0.0.1.evil.example:{}", 80))), 403);
    assert_eq!(status_of(&url, &put(&format!("Host: {own}\r\nOrigin: http://evil.example"))), 403);
    assert_eq!(status_of(&url, &put(&format!("Host: {own}\r\nOrigin: null"))), 403);
    assert_eq!(test.get("a").await, None, "none of them was done");
    assert_eq!(status_of(&url, &put(&format!("Host: {own}\r\nOrigin: http://{own}"))), 201);
    let page = |host: &str| format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes();
    assert_eq!((status_of(&url, &page("evil.example")), status_of(&url, &page(own))), (403, 200));
}

/// Also where it is not the leader's business that is wrong: a client goes on from there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_problem_names_the_leader_and_where_it_is() {
    let test = TestCluster::start(3, &["--enable-chaos"]).await;
    let leader = test.leader().await;
    let follower = without(&test.ids(), &leader.id)[0].clone();
    for (status, request) in [
        (404, Request::get("/v1/kv/nothing?consistency=stale".to_owned())),
        (404, Request::get("/nowhere".to_owned())),
        (400, Request::get("/v1/kv/a?colour=red".to_owned())),
        (405, Request::post("/v1/status".to_owned(), &serde_json::json!({}))),
        (307, put_once("a", "v")),
        (400, Request::post("/v1/chaos/crash".to_owned(), &serde_json::json!({ "when": "never" }))),
    ] {
        let reply = test.ask(&follower, &request).await.expect("an answer");
        assert_eq!(reply.status, status, "{reply:?}");
        let problem = super::harness::problem(&reply);
        assert_eq!(problem["leader"], leader.id, "{problem}");
        assert_eq!(problem["leader_url"], test.url(&leader.id).as_str(), "{problem}");
        assert_eq!((&problem["node"], &problem["term"]), (&follower.clone().into(), &leader.term.into()));
    }
    // It keeps the headers that it has.
    test.put("a", "v").await;
    let again = put_once("a", "w").with("if-none-match", "*");
    let reply = test.ask(&leader.id, &again).await.expect("an answer");
    assert!(reply.status == 412 && reply.headers.contains_key("etag"), "{reply:?}");
    assert_eq!(super::harness::problem(&reply)["leader"], leader.id, "{reply:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chaos_is_not_there_unless_it_is_wanted() {
    let test = TestCluster::start(1, &[]).await;
    for what in ["cut", "heal", "delay", "pause", "crash"] {
        let request = Request::post(format!("/v1/chaos/{what}"), &serde_json::json!({ "ms": 1 }));
        assert_eq!(test.ask("node-0", &request).await.expect("an answer").status, 404, "{what}");
    }
    test.put("a", "v").await;
}

/// A node takes in only so many writes that wait for their outcome, and tells the others to come later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_writes_at_once_are_told_to_come_later() {
    let test = TestCluster::start(3, &["--enable-chaos", "--max-proposals", "4"]).await;
    let leader = test.leader().await;
    // Nobody answers the leader for so long: what it takes in has to wait.
    let pause = Request::post("/v1/chaos/pause".to_owned(), &serde_json::json!({ "ms": 300 }));
    assert_eq!(test.ask(&leader.id, &pause).await.expect("an answer").status, 204);
    let writes: Vec<_> = (0..40)
        .map(|number| {
            let (http, url) = (test.http.clone(), test.url(&leader.id));
            let request = put_once(&format!("k{number}"), "v");
            tokio::spawn(async move { http.ask(&url, &request, super::harness::PATIENCE).await })
        })
        .collect();
    let mut refused = 0;
    for write in writes {
        let reply = write.await.expect("it ends").expect("an answer");
        if reply.status == 429 {
            refused += 1;
            assert!(reply.headers.contains_key("retry-after"), "{reply:?}");
            assert_eq!(super::harness::problem(&reply)["outcome"], "not_applied");
        }
    }
    assert!(refused > 0, "all were taken in");
    test.put("afterwards", "v").await;
}
