//! Connections that are slow, idle, many, or given up.

use std::io::{Read, Write};
use std::net::TcpStream;

use mini_raft_server::client::Request;

use super::harness::{TestCluster, without};
use super::raw::{connect, status, until_closed};

/// More than a node takes in.
const CROWD: usize = 2_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_and_bodies_that_do_not_come_are_not_waited_for() {
    let test = TestCluster::start(1, &[]).await;
    let url = test.url("node-0");
    let mut nothing = connect(&url);
    let mut headers = connect(&url);
    headers.write_all(b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ").expect("it is sent");
    let mut body = connect(&url);
    body.write_all(b"PUT /v1/kv/a HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nx")
        .expect("it is sent");
    let mut cut_off = connect(&url);
    cut_off
        .write_all(b"PUT /v1/kv/b HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nx")
        .expect("it is sent");
    cut_off.shutdown(std::net::Shutdown::Write).expect("it is open");
    until_closed(&mut nothing);
    until_closed(&mut headers);
    until_closed(&mut cut_off);
    assert_eq!(status(&mut body), 408);
    assert_eq!(test.get("a").await, None);
    assert_eq!(test.get("b").await, None);
}

/// Peers and health checks have places of their own: an idle crowd neither makes the leader lose its followers nor an
/// orchestrator its patience.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_of_idle_connections_keeps_neither_peers_nor_health_checks_out() {
    let mut test = TestCluster::start(3, &[]).await;
    let leader = test.leader().await;
    let url = test.url(&leader.id);
    let mut crowd: Vec<TcpStream> = Vec::new();
    for _ in 0..CROWD {
        let mut stream = connect(&url);
        // A part of a request, so that it looks like one that goes on. It may be refused already.
        let _ = stream.write_all(b"GET /v1/status HTTP/1.1\r\n");
        crowd.push(stream);
    }
    let mut health = connect(&url);
    health.write_all(b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").expect("it is sent");
    assert_eq!(status(&mut health), 200);
    // A peer comes back while the crowd is there.
    let follower = without(&test.ids(), &leader.id)[0].clone();
    test.cluster.kill(&follower).await.expect("it ends");
    test.cluster.spawn(&follower).expect("it starts");
    let after = test.leader().await;
    assert_eq!((after.id, after.term), (leader.id.clone(), leader.term), "the leader stayed");
    for mut stream in crowd {
        until_closed(&mut stream);
    }
    test.put("afterwards", "v").await;
}

/// What was proposed is done or not, but its place is free again: otherwise a few impatient clients would fill a node.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_go_away_in_the_middle_leave_nothing_behind() {
    let test = TestCluster::start(3, &["--max-proposals", "8"]).await;
    let leader = test.leader().await;
    let url = test.url(&leader.id);
    for number in 0..200 {
        let mut stream = connect(&url);
        let head =
            format!("PUT /v1/kv/k{number} HTTP/1.1\r\nHost: 127.0.0.1\r\nIdempotency-Key: i{number}\r\n");
        stream.write_all(format!("{head}Content-Length: 1\r\n\r\nv").as_bytes()).expect("it is sent");
        drop(stream);
    }
    for number in 0..200 {
        let key = format!("k{number}");
        // Under the same key: if it was done it is not done again, and if not, it is done now.
        let request = super::harness::put_once(&key, "v").with("idempotency-key", format!("i{number}"));
        let reply = super::harness::eventually("an answer", async || {
            let reply = test.ask(&leader.id, &request).await.ok()?;
            (reply.status != 409 && reply.status != 429).then_some(reply)
        })
        .await;
        assert_eq!(reply.status, 201, "{reply:?}");
    }
    let read = test.ask(&leader.id, &Request::get("/v1/kv/k199".to_owned())).await.expect("an answer");
    assert_eq!(read.status, 200);
}

/// Who watches and does not read is told that it has missed something, and the connection ends: it costs the node no more
/// than a bounded number of changes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watcher_that_does_not_read_is_told_and_closed() {
    let test = TestCluster::start(1, &[]).await;
    let url = test.url("node-0");
    let mut watcher = connect(&url);
    watcher.write_all(b"GET /v1/watch HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").expect("it is sent");
    assert_eq!(status(&mut watcher), 200);
    // More than the system keeps for a connection, and than the node keeps for a watcher.
    let value = "v".repeat(16 << 10);
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let (http, url, value) = (test.http.clone(), url.clone(), value.clone());
            tokio::spawn(async move {
                for _ in 0..300 {
                    let request = super::harness::put_once(&format!("k{writer}"), &value);
                    let reply = http.ask(&url, &request, super::harness::PATIENCE).await.expect("an answer");
                    assert!(reply.status.is_success(), "{reply:?}");
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("it writes");
    }
    let mut seen = Vec::new();
    watcher.read_to_end(&mut seen).expect("the connection ends");
    let text = String::from_utf8_lossy(&seen);
    assert!(text.contains("event: lagged"), "{} bytes, and no word of it", text.len());
}
