//! A recording of a real cluster is a trace: somebody who knows only its form finds nothing wrong with it, and finds what
//! is wrong when a line is changed.

mod program;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mini_raft_server::client::kv::{Condition, Consistency};
use mini_raft_server::client::view::ClusterView;
use mini_raft_server::client::{Client, Http};
use mini_raft_server::cluster::process::Signal;
use mini_raft_server::cluster::{Cluster, Shape, Started};
use mini_raft_tests::outsider;

/// Longer than any of this takes.
const LONG: Duration = Duration::from_secs(60);

struct Scene {
    cluster: Cluster,
    recorder: Option<Child>,
    dir: tempfile::TempDir,
}

impl Scene {
    async fn started() -> Scene {
        let dir = tempfile::tempdir().expect("a directory");
        let shape = Shape { nodes: Some(5), base_port: Some(0), ..Shape::default() };
        let program = Path::new(env!("CARGO_BIN_EXE_mini-raft"));
        let mut cluster = Cluster::open_or_create(&dir.path().join("c"), &shape, program).expect("a cluster");
        cluster.start(LONG, &mut |_| {}).await.and_then(Started::complete).expect("it starts");
        Scene { cluster, recorder: None, dir }
    }

    fn client(&self) -> Client {
        Client::new(self.cluster.urls(), LONG)
    }

    /// Waits until the nodes are read.
    fn record(&mut self) {
        let child = Command::new(env!("CARGO_BIN_EXE_mini-raft"))
            .args(["record", "--output"])
            .arg(self.dir.path().join("trace.jsonl"))
            .arg("--dir")
            .arg(self.cluster.dir())
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.expect("it is started");
        let mut said = BufReader::new(child.stderr.take().expect("a pipe"));
        self.recorder = Some(child);
        let mut line = String::new();
        said.read_line(&mut line).expect("it says that it has begun");
        assert_eq!(line, "recording 5 nodes\n");
        // What it says in the end goes nowhere, but somebody must take it.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
    }

    /// Ends the recorder as Ctrl-C does, and reads what it wrote.
    fn recorded(&mut self) -> String {
        let mut child = self.recorder.take().expect("it runs");
        let process = mini_raft_server::cluster::process::Process::of_pid(child.id()).expect("it runs");
        let pid = rustix::process::Pid::from_raw(process.pid as i32).expect("a pid");
        rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it may be told");
        assert!(child.wait().expect("it ends").success());
        std::fs::read_to_string(self.dir.path().join("trace.jsonl")).expect("it wrote a file")
    }

    async fn leader(&self) -> String {
        loop {
            let view = ClusterView::of(&Http::new(), &self.cluster.nodes(), LONG).await;
            if let Some(leader) = view.leader() {
                return leader.id.clone();
            }
        }
    }

    /// Waits until the node has applied a write.
    async fn until_it_has(&self, node: &str, key: &str) {
        let nodes = self.cluster.nodes();
        let url = nodes.iter().find(|known| known.id == node).expect("a node").url.clone();
        let mut client = Client::new(vec![url], LONG);
        while !matches!(client.get(key, Consistency::Stale).await, Ok(Some(_))) {
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if let Some(mut recorder) = self.recorder.take() {
            // It may have ended by itself.
            let _ = recorder.kill();
            let _ = recorder.wait();
        }
        for node in self.cluster.nodes() {
            // Not all of them need run.
            let _ = self.cluster.signal(&node.id, Signal::Kill);
        }
    }
}

async fn write(client: &mut Client, keys: std::ops::Range<u32>) {
    for number in keys {
        let (key, value) = (format!("k{}", number % 7), format!("v{number}"));
        client.set(&key, value.into(), &Condition::Always).await.expect("it is written");
        let condition = if number % 3 == 0 { Condition::Absent } else { Condition::Always };
        client.set(&format!("n{number}"), "x".into(), &condition).await.expect("it is written");
        if number % 5 == 0 {
            client.delete(&key, &Condition::Always).await.expect("it is deleted");
            // There is one already.
            let failed = client.set(&format!("n{number}"), "y".into(), &Condition::Absent).await;
            assert_eq!(failed.expect("an answer"), None);
        }
    }
}

/// What to replace, and by what; without it the line goes.
type Change<'a> = Option<(&'a str, &'a str)>;

/// What an outsider says after the last line that has all these parts was changed, or the first one went: of the last
/// one nobody can tell that it is missing.
fn doctored(trace: &str, parts: &[&str], change: Change) -> String {
    let mut lines: Vec<String> = trace.lines().map(str::to_owned).collect();
    let has_parts = |line: &String| parts.iter().all(|part| line.contains(part));
    let place =
        if change.is_none() { lines.iter().position(has_parts) } else { lines.iter().rposition(has_parts) };
    let place = place.unwrap_or_else(|| panic!("no line has {parts:?}"));
    match change {
        None => drop(lines.remove(place)),
        Some((from, to)) => {
            assert!(lines[place].contains(from), "{from} is in {}", lines[place]);
            lines[place] = lines[place].replacen(from, to, 1);
        }
    }
    outsider::complaints(&outsider::with_right_end(&lines)).join("\n")
}

#[tokio::test]
async fn a_recording_in_which_a_leader_is_killed_passes_for_what_it_is_and_a_doctored_one_does_not() {
    let mut scene = Scene::started().await;
    let mut client = scene.client();
    write(&mut client, 0..10).await;
    scene.record();
    write(&mut client, 10..30).await;
    let leader = scene.leader().await;
    scene.cluster.kill(&leader).await.expect("it is killed");
    write(&mut client, 30..45).await;
    scene.cluster.spawn(&leader).expect("it is started");
    write(&mut client, 45..60).await;
    scene.until_it_has(&leader, "n59").await;
    let trace = scene.recorded();

    let complaints = outsider::complaints(&trace);
    assert!(complaints.is_empty(), "{:#?}", &complaints[..complaints.len().min(8)]);
    let has = |parts: &[&str]| trace.lines().any(|line| parts.iter().all(|part| line.contains(part)));
    let of_leader = format!(r#""node":"{leader}""#);
    for ev in ["view", "crash", "restart", "apply"] {
        assert!(has(&[&format!(r#""ev":"{ev}""#), &of_leader]), "there is no {ev} of {leader}");
    }
    assert!(has(&[r#""ev":"role""#, r#""role":"leader""#]), "another one is elected");
    assert!(has(&[r#""ev":"apply""#, r#""op":"set-if""#, r#""result":false"#]), "a condition failed");

    let cases: &[(&[&str], Change, &str)] = &[
        (&[r#""ev":"commit""#], None, "follows its line"),
        (&[r#""ev":"apply""#, r#""key":"n52""#], Some((r#""index":"#, r#""index":1"#)), "applies 1"),
        (&[r#""ev":"apply""#, r#""key":"n52""#], Some((r#""value":"x""#, r#""value":"z""#)), "another one"),
        (
            &[r#""ev":"send""#, r#""match_index":"#],
            Some((r#""match_index":"#, r#""match_index":9"#)),
            "acknowledges more",
        ),
        (&[r#""ev":"role""#, r#""role":"leader""#], Some((r#""term":"#, r#""term":1"#)), "went back"),
        (&[r#""ev":"append""#, r#""key":"n52""#], Some((r#""value":"x""#, r#""value":"z""#)), "differs"),
        (
            &[r#""ev":"deliver""#, r#""leader_commit":"#],
            Some((r#""leader_commit":"#, r#""leader_commit":1"#)),
            "on its way",
        ),
        (&[r#""ev":"restart""#], Some((r#""term":"#, r#""term":0,"was":"#)), "comes back in term 0"),
    ];
    for (parts, change, expected) in cases {
        let complaints = doctored(&trace, parts, *change);
        assert!(complaints.contains(expected), "{parts:?} {change:?}: {complaints}");
    }
}

#[tokio::test]
async fn a_cluster_that_does_not_run_tells_nothing() {
    let mut scene = Scene::started().await;
    for node in scene.cluster.nodes() {
        scene.cluster.kill(&node.id).await.expect("it runs");
    }
    let dir = scene.cluster.dir().to_str().expect("UTF-8").to_owned();
    let output = program::run(&["record", "--for", "300ms", "--dir", &dir]);
    let said = program::stderr(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("node-3 told nothing") && said.contains("nobody told anything"), "{said}");
}
