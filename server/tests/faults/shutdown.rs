//! SIGTERM: leadership is handed over, what is under way is answered, the process ends well.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Pid, Signal, kill_process};

use super::harness::{PATIENCE, TestCluster, eventually, put_once, without};

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
