//! SIGTERM: leadership is handed over, what is under way is answered, the process ends well.

use std::io::Write;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Pid, Signal, kill_process};

use mini_raft_server::client::feed::{Feed, Told};
use mini_raft_server::cluster::process;

use super::harness::{PATIENCE, TestCluster, eventually, put_once, without};
use super::raw;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_told_to_end_hands_over_and_answers_and_exits_0() {
    let mut test = TestCluster::start(5, &[]).await;
    // One of the processes is this test's own child, so that it can see how it ends.
    let id = test.leader().await.id;
    test.cluster.kill(&id).await.expect("it ends");
    test.restart_by_hand(&id, &[]).await;
    test.client().transfer(Some(&id)).await.expect("it leads");
    let leader = test.leader().await;
    assert_eq!(leader.id, id);

    let written = Arc::new(Mutex::new(Vec::new()));
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let (http, url) = (test.http.clone(), test.url(&id));
            let (written, stop) = (written.clone(), stop.clone());
            tokio::spawn(async move {
                for number in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let key = format!("w{writer}-{number}");
                    // Once it is gone there is no answer, and nothing more to be asked.
                    let Ok(reply) = http.ask(&url, &put_once(&key, &key), PATIENCE).await else { return };
                    let status = reply.status.as_u16();
                    assert!([201, 307, 503, 504].contains(&status), "{reply:?}");
                    if status == 201 {
                        written.lock().expect("no writer fails").push(key);
                    }
                }
            })
        })
        .collect();
    eventually("some writes", async || (written.lock().expect("no writer fails").len() > 50).then_some(()))
        .await;
    let pid = i32::try_from(test.pid_by_hand(&id)).ok().and_then(Pid::from_raw).expect("a pid");
    kill_process(pid, Signal::TERM).expect("it can be told");
    let status = eventually("its end", async || test.ended_by_hand(&id)).await;
    assert_eq!(status.code(), Some(0));
    let next = test.leader_of(&without(&test.ids(), &id)).await;
    assert_eq!(next.term, leader.term + 1, "leadership was handed over: no election went before");
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.expect("no writer fails");
    }
    let written = written.lock().expect("no writer fails").clone();
    for key in &written {
        assert_eq!(test.get(key).await.as_ref(), Some(key), "what was acknowledged is there");
    }
}

/// Streams without an end would keep it from ending: each is told of the end, or closed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_told_to_end_ends_its_streams_and_hands_over() {
    let mut test = TestCluster::start(3, &[]).await;
    let leader = test.leader().await;
    let url = test.url(&leader.id);
    let mut feed = Feed::open(&url, None).await.expect("a feed");
    let mut watch = raw::connect(&url);
    let request = format!("GET /v1/watch HTTP/1.1\r\nHost: {}\r\n\r\n", url.authority());
    watch.write_all(request.as_bytes()).expect("it is sent");
    assert_eq!(raw::status(&mut watch), 200);
    let mut idle = raw::connect(&url);
    test.cluster.signal(&leader.id, process::Signal::Terminate).expect("it can be told");
    while feed.next().await.expect("it says that it ends, and does not break off") != Told::End {}
    raw::until_closed(&mut watch);
    raw::until_closed(&mut idle);
    let id = leader.id.clone();
    eventually("its end", async || (!test.cluster.runs(&id)).then_some(())).await;
    let next = test.leader_of(&without(&test.ids(), &leader.id)).await;
    assert_eq!(next.term, leader.term + 1, "leadership was handed over: no election went before");
}
