//! Data directories that are not what they should be: refused before anything is said to anybody, or made good.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use mini_raft_server::client::admin::MembersChange;

use super::harness::{TestCluster, eventually, without};

/// What a node says and does that must not run: it ends by itself.
async fn refused(command: &mut Command) -> (Option<i32>, String) {
    let mut child = command.spawn().expect("it starts");
    eventually("its end", async || child.try_wait().expect("it is this test's child")).await;
    let Output { status, stderr, .. } = child.wait_with_output().expect("it ended");
    (status.code(), String::from_utf8_lossy(&stderr).into_owned())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).expect("a new directory");
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(from, to).expect("a copy");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_of_another_node_or_cluster_or_in_use_is_refused() {
    let mut test = TestCluster::start(3, &[]).await;
    test.put("k", "v").await;
    test.cluster.kill("node-2").await.expect("it ends");
    let (own, other) = (test.data("node-2"), test.data("node-1"));

    let in_use = refused(test.node_command("node-2").arg("--data").arg(&other)).await;
    assert_eq!(in_use.0, Some(1), "{}", in_use.1);
    let manifest = fs::read_to_string(test.cluster.dir().join("cluster.json")).expect("a manifest");
    let lock = fs::read_to_string(other.join("LOCK")).expect("a lock");
    assert!(manifest.contains(lock.trim()), "the lock names the process");
    assert!(
        in_use.1.contains(lock.trim()) && in_use.1.contains(other.to_str().expect("UTF-8")),
        "{}",
        in_use.1
    );

    let foreign = test.scratch("foreign");
    copy(&other, &foreign);
    let foreign = refused(test.node_command("node-2").arg("--data").arg(&foreign)).await;
    assert_eq!(foreign.0, Some(1), "{}", foreign.1);
    assert!(foreign.1.contains("node-1") && foreign.1.contains("node-2"), "{}", foreign.1);

    let elsewhere = refused(test.node_command_of("node-2", "elsewhere").arg("--data").arg(&own)).await;
    assert_eq!(elsewhere.0, Some(1), "{}", elsewhere.1);
    assert!(elsewhere.1.contains("\"elsewhere\""), "{}", elsewhere.1);

    // As it was, it is fine.
    test.cluster.spawn("node-2").expect("it starts");
    test.leader().await;
    test.all_equal().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_in_use_is_named() {
    let mut test = TestCluster::start(3, &[]).await;
    test.cluster.kill("node-2").await.expect("it ends");
    let taken = test.url("node-1").authority().to_owned();
    let data = test.scratch("new");
    let (code, said) =
        refused(test.node_command("node-2").args(["--listen", &taken]).arg("--data").arg(&data)).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&taken) && said.contains("--listen"), "{said}");
    assert!(!data.exists(), "nothing is left behind");
}

/// Also where the file system lets nobody write.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_that_cannot_be_used_is_refused_with_its_path_and_the_reason() {
    let mut test = TestCluster::start(3, &[]).await;
    test.cluster.kill("node-2").await.expect("it ends");
    let file = test.scratch("file");
    fs::write(&file, "no directory").expect("a file");
    let (code, said) = refused(test.node_command("node-2").arg("--data").arg(&file)).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(file.to_str().expect("UTF-8")), "{said}");

    let faults = test.scratch("faults.json");
    fs::write(&faults, r#"[{ "operation": "create", "error": "read_only" }]"#).expect("a file");
    let data = test.scratch("read-only");
    let mut command = test.node_command("node-2");
    let (code, said) =
        refused(command.arg("--inject-disk-faults").arg(&faults).arg("--data").arg(&data)).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(data.to_str().expect("UTF-8")) && said.contains("ead-only file system"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_of_a_later_version_is_refused() {
    let mut test = TestCluster::start(3, &[]).await;
    test.cluster.kill("node-2").await.expect("it ends");
    let (data, state) = (test.data("node-2"), test.data("node-2").join("state.json"));
    let text = fs::read_to_string(&state).expect("a state");
    // Whole and well sealed, as a later version would leave it.
    let (body, _) = text.rsplit_once(",\n  \"checksum\"").expect("a seal");
    let body = body.replacen("\"format\": 1", "\"format\": 99", 1);
    let seal = format!(",\n  \"checksum\": \"crc32c:{:08x}\"\n}}\n", crc32c::crc32c(body.as_bytes()));
    fs::write(&state, body + &seal).expect("it is written");
    let (code, said) = refused(test.node_command("node-2").arg("--data").arg(&data)).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("format 99") && said.contains("state.json"), "{said}");
    fs::write(&state, text).expect("it is written");
    test.cluster.spawn("node-2").expect("it starts");
    test.leader().await;
}

/// It comes back under its old id, neither votes nor counts, and is admitted again by the leader.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_disk_was_wiped_comes_back_as_a_learner_and_is_admitted_anew() {
    let mut test = TestCluster::start(3, &[]).await;
    let id = test.leader().await.id;
    test.put("k", "v").await;
    test.cluster.kill(&id).await.expect("it ends");
    fs::remove_dir_all(test.data(&id)).expect("it is wiped");
    test.cluster.spawn(&id).expect("it starts");
    let others = without(&test.ids(), &id);
    test.leader_of(&others).await;
    test.all_equal().await;
    let status = test.status(&id).await.expect("a status");
    assert!(status.forgetful && !status.ready && !status.is_leader(), "{status:?}");
    assert!(test.log(&id).contains("has lost its disk"), "{}", test.log(&id));
    // One change of the membership admits it, and takes both steps: first without a vote, then with one.
    let change = MembersChange { add: vec![id.clone()], ..MembersChange::default() };
    let members = test.client().change_members(&change).await.expect("it is admitted");
    assert!(members.voters.contains(&id) && members.learners.is_empty(), "{members:?}");
    eventually("its admission", async || {
        let status = test.status(&id).await.ok()?;
        (status.ready && !status.forgetful && status.voters.contains(&status.id)).then_some(())
    })
    .await;
    test.all_equal().await;
    assert_eq!(test.get("k").await.as_deref(), Some("v"));
    // It counts again: with it alone, another one can be missing.
    test.cluster.kill(&others[0]).await.expect("it ends");
    test.put("afterwards", "v").await;
}

/// It does not remember what it promised since then: its peers will have nothing to do with it, and it ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_with_an_old_copy_of_its_directory_is_refused_by_its_peers() {
    let mut test = TestCluster::start(3, &[]).await;
    let leader = test.leader().await;
    let id = test.ids().into_iter().find(|id| *id != leader.id).expect("a follower");
    for number in 0..10 {
        test.put(&format!("early{number}"), "v").await;
    }
    test.cluster.kill(&id).await.expect("it ends");
    let copied = test.scratch("copy");
    copy(&test.data(&id), &copied);
    test.cluster.spawn(&id).expect("it starts");
    test.leader().await;
    for number in 0..10 {
        test.put(&format!("late{number}"), "v").await;
    }
    test.all_equal().await;
    test.cluster.kill(&id).await.expect("it ends");
    fs::rename(test.data(&id), test.scratch("new")).expect("it is moved");
    copy(&copied, &test.data(&id));
    let (code, said) = refused(test.node_command(&id).arg("--data").arg(test.data(&id))).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("old copy") && said.contains(&leader.id), "{said}");
    // With the newer one it is welcome.
    fs::remove_dir_all(test.data(&id)).expect("the copy goes");
    fs::rename(test.scratch("new"), test.data(&id)).expect("it is moved back");
    test.cluster.spawn(&id).expect("it starts");
    test.leader().await;
    test.all_equal().await;
}
