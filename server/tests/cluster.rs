//! A cluster of processes on this machine, as a person or a script uses it.

mod program;

use std::net::TcpListener;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use mini_raft_server::cluster::process::{Process, Signal};
use serde_json::Value;
use tempfile::TempDir;

use program::{mini_raft, run, stderr, stdout};

/// A cluster of three in a directory of its own, ended with the test.
struct Scene {
    dir: TempDir,
}

impl Scene {
    fn new() -> Scene {
        Scene { dir: tempfile::tempdir().expect("a directory") }
    }

    fn started() -> Scene {
        let scene = Scene::new();
        let output = scene.run(&["start", "--nodes", "3", "--base-port", "0"]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        scene
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("the program can be run")
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = mini_raft(args);
        command.env("MINI_RAFT_DIR", self.dir.path().join("cluster"));
        command
    }

    fn json(&self, args: &[&str]) -> Value {
        let output = self.run(&[args, &["--format", "json"]].concat());
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{args:?}: {error}: {}{}", stdout(&output), stderr(&output)))
    }

    fn status(&self) -> Value {
        self.json(&["status"])
    }

    /// The node's process, as `status` tells it.
    fn process(&self, number: usize) -> Option<Process> {
        let pid = self.status()["nodes"][number]["pid"].as_u64()?;
        Process::of_pid(u32::try_from(pid).expect("a pid")).ok()
    }

    /// Waits until the node has applied what the first client wrote: a follower hears with the next message only that
    /// an entry is committed.
    fn until_applied(&self, number: usize) {
        until("the node has applied the first write", || {
            self.status()["nodes"][number]["last_applied"].as_u64() >= Some(2)
        });
    }

    fn processes(&self) -> Vec<Process> {
        (0..3).filter_map(|number| self.process(number)).collect()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        // Where the test ended it, or none was started, nothing is to be ended.
        let _ = self.run(&["stop", "--timeout", "1"]);
    }
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("it ended by itself")
}

/// Waits for what must come; gives up only when it has not come for so long that it never will.
fn until(what: &str, mut is_true: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_true() {
        assert!(began.elapsed() < Duration::from_secs(60), "this never came true: {what}");
        std::thread::yield_now();
    }
}

#[test]
fn starting_twice_starts_once_and_brings_back_what_was_killed() {
    let scene = Scene::started();
    let status = scene.status();
    assert_eq!(status["healthy"], true);
    let leader = status["leader"].as_str().expect("a leader");
    for node in status["nodes"].as_array().expect("nodes") {
        assert_eq!(node["reachable"], true);
        assert_eq!(node["role"], if node["id"] == leader { "leader" } else { "follower" });
        assert_eq!(node["term"], status["term"]);
        for number in ["pid", "commit_index", "last_applied", "last_index", "snapshot_index"] {
            assert!(node[number].is_u64(), "{number}");
        }
    }
    assert_eq!(scene.json(&["start"])["started"], serde_json::json!([]));
    let before = scene.processes();
    assert!(before[1].signal(Signal::Kill).expect("it may be signalled"));
    until("the process has ended", || !before[1].is_running());
    let status = scene.status();
    assert_eq!((&status["healthy"], &status["nodes"][1]["pid"]), (&Value::Bool(false), &Value::Null));
    assert_eq!(status["nodes"][1]["reachable"], false);
    assert_eq!(scene.json(&["start"])["started"], serde_json::json!(["node-1"]));
    let after = scene.processes();
    assert_eq!((&after[0], &after[2]), (&before[0], &before[2]), "the others went on");
    assert_ne!(after[1], before[1]);
    let stopped = scene.json(&["stop"]);
    assert_eq!(stopped["stopped"].as_array().expect("a list").len(), 3, "{stopped}");
    assert!(after.iter().all(|process| !process.is_running()));
    assert_eq!(scene.json(&["stop"])["not_running"].as_array().expect("a list").len(), 3);
}

#[test]
fn stopping_ends_a_node_that_is_paused_and_minds_none_that_is_dead() {
    let scene = Scene::started();
    let processes = scene.processes();
    assert!(processes[0].signal(Signal::Stop).expect("it may be signalled"));
    assert!(processes[1].signal(Signal::Kill).expect("it may be signalled"));
    until("the process has ended", || !processes[1].is_running());
    assert_eq!(code(&scene.run(&["stop"])), 0);
    assert!(processes.iter().all(|process| !process.is_running()));
}

#[test]
fn a_cluster_keeps_its_data_and_its_shape_over_a_stop() {
    let scene = Scene::started();
    assert_eq!(code(&scene.run(&["set", "name", "Alice"])), 0);
    assert_eq!(code(&scene.run(&["stop"])), 0);
    let other_shape = scene.run(&["start", "--nodes", "5"]);
    assert_eq!(code(&other_shape), 1);
    assert!(stderr(&other_shape).contains("has 3 nodes from port"), "{}", stderr(&other_shape));
    assert_eq!(code(&scene.run(&["start"])), 0);
    assert_eq!(stdout(&scene.run(&["get", "name"])), "Alice");
}

#[test]
fn a_port_that_is_in_use_is_named_and_nothing_is_left_running() {
    // Two free ports in a row, of which the second is taken.
    let (base, _taken) = (0..)
        .find_map(|_| {
            let first = TcpListener::bind("127.0.0.1:0").expect("a free port");
            let base = first.local_addr().expect("an address").port();
            Some((base, TcpListener::bind(("127.0.0.1", base.checked_add(1)?)).ok()?))
        })
        .expect("there are free ports");
    let scene = Scene::new();
    let output = scene.run(&["start", "--nodes", "2", "--base-port", &base.to_string()]);
    assert_eq!(code(&output), 1);
    let text = stderr(&output);
    assert!(text.contains(&format!("port {} of node-1 is in use", base + 1)), "{text}");
    assert!(!scene.dir.path().join("cluster").exists(), "nothing is left behind");
}

/// Who stops a node by hand and starts the cluster again need not wait for its end.
#[test]
fn starting_waits_for_a_node_that_is_about_to_end_and_starts_it_again() {
    let scene = Scene::started();
    let before = scene.processes();
    for process in &before {
        assert!(process.signal(Signal::Terminate).expect("it may be signalled"));
    }
    let output = scene.run(&["start"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let after = scene.processes();
    assert_eq!(after.len(), 3);
    assert!(before.iter().all(|process| !process.is_running() && !after.contains(process)));
    assert_eq!(scene.status()["healthy"], true);
}

#[test]
fn a_node_with_a_damaged_disk_is_left_out_while_the_others_are_a_majority() {
    let scene = Scene::started();
    assert_eq!(code(&scene.run(&["set", "name", "Alice"])), 0);
    assert_eq!(code(&scene.run(&["stop"])), 0);
    let damage = |id: &str| {
        let state = scene.dir.path().join("cluster").join(id).join("state.json");
        std::fs::write(state, "{}").expect("it is damaged");
    };
    damage("node-1");
    let output = scene.run(&["start", "--format", "json"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let started: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(started["failed"][0]["id"], "node-1");
    assert!(started["failed"][0]["why"].as_str().is_some_and(|why| why.contains("state.json")), "{started}");
    let again = scene.run(&["start"]);
    assert_eq!(code(&again), 0, "{}", stderr(&again));
    assert!(stderr(&again).contains("warning: node-1 is left out"), "{}", stderr(&again));
    assert_eq!(stdout(&scene.run(&["get", "name"])), "Alice");
    assert_eq!(code(&scene.run(&["stop"])), 0);
    damage("node-2");
    let output = scene.run(&["start"]);
    assert_eq!(code(&output), 1);
    assert!(
        stderr(&output).contains("node-1: ") && stderr(&output).contains("node-2: "),
        "{}",
        stderr(&output)
    );
    assert!(scene.processes().is_empty(), "nothing is left running");
    let status = scene.status();
    assert!(status["term"].is_null() && status["nodes"][0]["member"].is_null(), "nobody tells: {status}");
}

#[test]
fn a_node_that_dies_while_it_starts_is_named_with_the_end_of_its_log() {
    let scene = Scene::new();
    let args = ["start", "--nodes", "3", "--base-port", "0", "--", "--heartbeat-ms", "never"];
    let output = scene.run(&args);
    assert_eq!(code(&output), 1);
    let text = stderr(&output);
    assert!(text.contains("has ended; the end of its log") && text.contains("heartbeat"), "{text}");
    assert!(scene.processes().is_empty());
}

#[test]
fn the_secret_and_the_data_are_of_this_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let scene = Scene::started();
    let mode = |path: &str| {
        let path = scene.dir.path().join("cluster").join(path);
        path.metadata().expect("it is there").permissions().mode() & 0o777
    };
    assert_eq!((mode("secret"), mode("")), (0o600, 0o700));
    // A node that is started by hand makes its files so, too.
    for (dir, file) in [("node-0", "node-0/state.json"), ("node-0/log", "node-0/LOCK")] {
        assert_eq!((mode(dir), mode(file)), (0o700, 0o600), "{dir}, {file}");
    }
    assert_eq!(mode("node-0/log/0000000000000001.log"), 0o600);
}

#[test]
fn one_url_is_enough_to_find_all_nodes() {
    let scene = Scene::started();
    let url = scene.status()["nodes"][2]["url"].as_str().expect("a URL").to_owned();
    let status = scene.json(&["status", "--url", &url]);
    assert_eq!(status["nodes"].as_array().expect("nodes").len(), 3);
    assert!(status["nodes"][0]["pid"].is_null() && status["healthy"] == true, "{status}");
    assert_eq!(code(&scene.run(&["set", "a", "1", "--url", &url])), 0);
    assert_eq!(stdout(&scene.run(&["get", "a", "--url", &url])), "1");
    assert_eq!(code(&scene.run(&["health", "--url", &url])), 0);
}

#[test]
fn keys_are_written_read_compared_listed_and_deleted() {
    let scene = Scene::started();
    let text = |args: &[&str]| stdout(&scene.run(args));
    assert!(text(&["set", "a b/ä", "1"]).starts_with("created by entry "));
    assert!(text(&["set", "a b/ä", "2"]).starts_with("replaced by entry "));
    assert_eq!(code(&scene.run(&["cas", "a b/ä", "3", "--expect", "1"])), 1);
    assert_eq!(code(&scene.run(&["cas", "a b/ä", "3", "--expect", "2"])), 0);
    assert_eq!(code(&scene.run(&["cas", "a b/ä", "4", "--expect-absent"])), 1);
    assert_eq!(code(&scene.run(&["cas", "new", "1", "--expect-absent"])), 0);
    assert_eq!(text(&["list", "a"]), "a b/ä\t3\n");
    assert_eq!(scene.json(&["list"])[1]["key"], "new");
    assert!(text(&["delete", "new"]).starts_with("deleted by entry "));
    assert_eq!(code(&scene.run(&["delete", "new"])), 1);
    assert_eq!(code(&scene.run(&["get", "new"])), 1);
    assert_eq!(code(&scene.run(&["set", &"k".repeat(5_000), "1"])), 2, "the key is too long");
}

#[test]
fn without_a_majority_the_exit_code_says_that_nothing_was_done_or_that_nobody_knows() {
    let scene = Scene::started();
    assert_eq!(code(&scene.run(&["set", "a", "1"])), 0);
    scene.until_applied(2);
    for process in &scene.processes()[..2] {
        assert!(process.signal(Signal::Kill).expect("it may be signalled"));
    }
    let output = scene.run(&["set", "a", "2", "--timeout", "1"]);
    assert!(matches!(code(&output), 3 | 4), "{}", stderr(&output));
    let output = scene.run(&["get", "a", "--timeout", "1"]);
    assert_eq!(code(&output), 3);
    let text = stderr(&output);
    assert!(text.contains("of 3 nodes 1 can be reached, and a majority is needed"), "{text}");
    let output = scene.run(&["get", "a", "--timeout", "1", "--format", "json"]);
    let error: Value = serde_json::from_str(&stderr(&output)).expect("one JSON object");
    assert_eq!((code(&output), &error["exit"], &error["outcome"]), (3, &3.into(), &"not_applied".into()));
    let url = scene.status()["nodes"][2]["url"].as_str().expect("a URL").to_owned();
    assert_eq!(stdout(&scene.run(&["get", "a", "--consistency", "stale", "--url", &url])), "1");
}

#[test]
fn the_leadership_is_handed_over_and_a_snapshot_is_taken() {
    let scene = Scene::started();
    let leader = scene.status()["leader"].as_str().expect("a leader").to_owned();
    let to = if leader == "node-0" { "node-1" } else { "node-0" };
    assert_eq!(scene.json(&["transfer", to])["leader"], to);
    assert_eq!(code(&scene.run(&["set", "a", "1"])), 0);
    let snapshot = scene.json(&["snapshot"]);
    assert!(snapshot["node"] == to && snapshot["index"].as_u64() >= Some(2), "{snapshot}");
    scene.until_applied(2);
    assert_eq!(scene.json(&["snapshot", "node-2"])["node"], "node-2");
    assert_eq!(code(&scene.run(&["snapshot", "node-7"])), 2);
}

#[test]
fn a_member_is_removed_and_comes_back() {
    let scene = Scene::started();
    let voters = scene.json(&["members"])["voters"].clone();
    assert_eq!(voters, serde_json::json!(["node-0", "node-1", "node-2"]));
    let leader = scene.status()["leader"].as_str().expect("a leader").to_owned();
    let other = if leader == "node-2" { "node-1" } else { "node-2" };
    let left = scene.json(&["members", "--remove", other])["voters"].clone();
    assert_eq!(left.as_array().expect("voters").len(), 2, "{left}");
    let membership = || {
        let status = scene.status();
        let mut nodes = status["nodes"].as_array().expect("nodes").clone();
        nodes.retain(|node| node["id"] == other);
        nodes[0]["member"].clone()
    };
    assert_eq!(membership(), "removed");
    assert_eq!(scene.json(&["members", "--learner", other])["learners"][0], other);
    assert_eq!(membership(), "learner");
    // At once: it does not matter whether the change before is over.
    assert_eq!(scene.json(&["members", "--add", other])["voters"], voters);
    let nothing = scene.run(&["members", "--add", other]);
    assert_eq!(code(&nothing), 2, "{}", stderr(&nothing));
}

#[test]
fn a_member_that_does_not_run_or_that_nobody_knows_is_not_added() {
    let scene = Scene::started();
    let leader = scene.status()["leader"].as_str().expect("a leader").to_owned();
    let number = if leader == "node-2" { 1 } else { 2 };
    let other = format!("node-{number}");
    assert_eq!(code(&scene.run(&["members", "--remove", &other])), 0);
    let process = scene.process(number).expect("it runs");
    assert!(process.signal(Signal::Kill).expect("it may be signalled"));
    until("the process has ended", || !process.is_running());
    let down = scene.run(&["members", "--add", &other]);
    assert_eq!(code(&down), 3, "{}", stderr(&down));
    let text = stderr(&down);
    assert!(text.contains(&format!("{other} is at http://")) && text.contains("does not answer"), "{text}");
    for unknown in [
        &["members", "--add", "node-7"][..],
        &["members", "--learner", "node-7"],
        &["members", "--remove", "node-7"],
        &["transfer", "node-7"],
    ] {
        let output = scene.run(unknown);
        assert_eq!(code(&output), 2, "{unknown:?}: {}", stderr(&output));
        assert!(stderr(&output).contains("no node node-7"), "{}", stderr(&output));
    }
}

#[test]
fn one_frame_of_the_dashboard_is_text() {
    let scene = Scene::started();
    let output = scene
        .command(&["watch", "--once", "--interval", "100ms"])
        .env("LC_ALL", "C.UTF-8")
        .output()
        .expect("the program can be run");
    let text = stdout(&output);
    for part in ["Total Nodes:        3", "✓ HEALTHY", "👑 LEADER", "👤 FOLLOWER", "leads in term"] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    assert!(!text.contains('\u{1b}'), "no colour");
    let without_terminal = scene.run(&["watch"]);
    assert_eq!(code(&without_terminal), 2);
    assert!(stderr(&without_terminal).contains("--once"));
}

#[test]
fn the_demo_tells_a_true_story() {
    let output = run(&["demo", "--auto", "--format", "json"]);
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
    let story: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    let acts: Vec<&str> =
        story["acts"].as_array().expect("acts").iter().filter_map(|act| act["name"].as_str()).collect();
    assert_eq!(acts, ["Leader election", "Log replication", "Fault tolerance"]);
    let facts = story["acts"][2]["facts"].as_array().expect("facts");
    assert!(facts.iter().any(|fact| fact["measured"]["ms_without_leader"].is_u64()), "{story:#}");
    assert!(facts.iter().any(|fact| fact["measured"]["kept"].as_u64() >= Some(100)), "{story:#}");
}

#[test]
fn a_demo_that_is_ended_leaves_nothing_behind() {
    let temporary = tempfile::tempdir().expect("a directory");
    let child = mini_raft(&["demo", "--auto"])
        .env("TMPDIR", temporary.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be run");
    let of_nodes = || -> Vec<Process> {
        let manifest = std::fs::read_dir(temporary.path())
            .expect("the directory")
            .filter_map(|entry| std::fs::read(entry.ok()?.path().join("cluster/cluster.json")).ok())
            .find_map(|text| serde_json::from_slice::<Value>(&text).ok());
        let nodes = manifest.as_ref().and_then(|manifest| manifest["nodes"].as_array());
        let processes = nodes.into_iter().flatten();
        processes.filter_map(|node| serde_json::from_value(node["process"].clone()).ok()).collect()
    };
    until("all nodes have been started", || of_nodes().len() == 5);
    let nodes = of_nodes();
    let demo = Process::of_pid(child.id()).expect("it runs");
    assert!(demo.signal(Signal::Terminate).expect("it may be signalled"));
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(code(&output), 130, "{}", stderr(&output));
    assert!(nodes.iter().all(|process| !process.is_running()));
    let left = std::fs::read_dir(temporary.path()).expect("the directory").count();
    assert_eq!(left, 0, "files were left");
}
