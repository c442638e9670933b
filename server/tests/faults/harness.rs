//! A cluster of real processes for one test.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use mini_raft_server::client::kv::{Condition, Consistency};
use mini_raft_server::client::view::{ClusterView, status_of};
use mini_raft_server::client::{Client, Http, NodeStatus, NodeUrl, Reply, Request};
use mini_raft_server::cluster::manifest::Manifest;
use mini_raft_server::cluster::{Cluster, Shape, Started};
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

/// How long anything may take that is waited for: far longer than it takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long one node may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// How much of each log is shown when a test fails.
const LOG_LINES: usize = 25;

/// One cluster at a time.
static TURN: Mutex<()> = Mutex::new(());

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_mini-raft");

/// A cluster whose processes end with it. When its test fails, the ends of their logs are shown.
pub(crate) struct TestCluster {
    pub(crate) cluster: Cluster,
    pub(crate) http: Http,
    dir: TempDir,
    by_hand: Vec<(String, Child)>,
    _turn: Turn,
}

/// The right to use the machine, for as long as this lives. It stays with the thread of its test.
pub(crate) struct Turn {
    _guard: MutexGuard<'static, ()>,
}

/// Waits for the right to use the machine.
pub(crate) fn turn() -> Turn {
    Turn { _guard: TURN.lock().unwrap_or_else(PoisonError::into_inner) }
}

impl TestCluster {
    /// So many nodes, ready, started with these arguments besides the usual ones.
    pub(crate) async fn start(nodes: u16, arguments: &[&str]) -> TestCluster {
        let turn = turn();
        let dir = tempfile::tempdir().expect("a directory");
        let flags = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let shape = Shape { nodes: Some(nodes), base_port: Some(0), flags };
        let mut cluster =
            Cluster::open_or_create(&dir.path().join("c"), &shape, Path::new(PROGRAM)).expect("a cluster");
        cluster.start(PATIENCE, &mut |_| {}).await.and_then(Started::complete).expect("the nodes start");
        TestCluster { cluster, http: Http::new(), dir, by_hand: Vec::new(), _turn: turn }
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        self.cluster.nodes().into_iter().map(|node| node.id).collect()
    }

    pub(crate) fn url(&self, id: &str) -> NodeUrl {
        self.cluster.nodes().into_iter().find(|node| node.id == id).expect("a node").url
    }

    /// A place for files, which goes away with the cluster.
    pub(crate) fn scratch(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn data(&self, id: &str) -> PathBuf {
        self.cluster.dir().join(id)
    }

    /// The whole log of a node.
    pub(crate) fn log(&self, id: &str) -> String {
        std::fs::read_to_string(self.cluster.log_file(id)).expect("a log")
    }

    /// `mini-raft node` as the cluster starts it, but for `--data`, with what it prints given back.
    pub(crate) fn node_command(&self, id: &str) -> Command {
        self.node_command_of(id, &Manifest::load(self.cluster.dir()).expect("a manifest").cluster)
    }

    /// The same as a node of a cluster of this name.
    pub(crate) fn node_command_of(&self, id: &str, cluster: &str) -> Command {
        let manifest = Manifest::load(self.cluster.dir()).expect("a manifest");
        let peers: Vec<String> =
            manifest.nodes.iter().map(|member| format!("{}={}", member.id, member.url())).collect();
        let mut command = Command::new(PROGRAM);
        command.args(["node", "--id", id, "--peers", &peers.join(","), "--cluster", cluster]);
        command.arg("--peer-secret-file").arg(self.cluster.dir().join("secret"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    /// Starts a node that does not run as a child of this test, with further flags, and waits until all are well.
    pub(crate) async fn restart_by_hand(&mut self, id: &str, flags: &[&str]) {
        let log = OpenOptions::new().append(true).open(self.cluster.log_file(id)).expect("a log");
        let mut command = self.node_command(id);
        command.args(flags).arg("--data").arg(self.data(id)).stderr(log);
        self.by_hand.push((id.to_owned(), command.spawn().expect("it starts")));
        self.leader().await;
    }

    /// Whether a node that was started by hand has ended; how, if so.
    pub(crate) fn ended_by_hand(&mut self, id: &str) -> Option<ExitStatus> {
        let (_, child) =
            self.by_hand.iter_mut().find(|(other, _)| other == id).expect("it was started by hand");
        child.try_wait().expect("it is this test's child")
    }

    /// The process of a node that was started by hand.
    pub(crate) fn pid_by_hand(&self, id: &str) -> u32 {
        self.by_hand.iter().find(|(other, _)| other == id).expect("it was started by hand").1.id()
    }

    /// A client that gives up late.
    pub(crate) fn client(&self) -> Client {
        Client::new(self.cluster.urls(), PATIENCE)
    }

    pub(crate) async fn put(&self, key: &str, value: &str) {
        let value = Bytes::copy_from_slice(value.as_bytes());
        let written = self.client().set(key, value, &Condition::Always).await;
        written.unwrap_or_else(|error| panic!("{key} was not written: {error}"));
    }

    pub(crate) async fn get(&self, key: &str) -> Option<String> {
        let found = self.client().get(key, Consistency::Linearizable).await;
        let found = found.unwrap_or_else(|error| panic!("{key} was not read: {error}"));
        found.map(|found| String::from_utf8(found.value.to_vec()).expect("UTF-8"))
    }

    /// One node's answer to one request, whatever it is.
    pub(crate) async fn ask(&self, id: &str, request: &Request) -> Result<Reply, String> {
        self.http.ask(&self.url(id), request, ANSWER_MAX).await
    }

    pub(crate) async fn status(&self, id: &str) -> Result<NodeStatus, String> {
        status_of(&self.http, &self.url(id), ANSWER_MAX).await
    }

    /// The leader that these nodes agree on, one of themselves.
    pub(crate) async fn leader_of(&self, ids: &[String]) -> NodeStatus {
        eventually("a leader", async || {
            let mut statuses = Vec::new();
            for id in ids {
                statuses.push(self.status(id).await.ok()?);
            }
            let leader = statuses.iter().find(|status| status.is_leader() && status.ready)?;
            let agreed = |status: &NodeStatus| {
                status.term == leader.term && status.leader.as_ref() == Some(&leader.id)
            };
            statuses.iter().all(agreed).then(|| leader.clone())
        })
        .await
    }

    /// The leader that all agree on.
    pub(crate) async fn leader(&self) -> NodeStatus {
        self.leader_of(&self.ids()).await
    }

    /// Waits until all nodes have applied the same and hold the same.
    pub(crate) async fn all_equal(&self) {
        let nodes = self.cluster.nodes();
        eventually("equal stores on all nodes", async || {
            let view = ClusterView::of(&self.http, &nodes, ANSWER_MAX).await;
            let states: Vec<_> = view.answers().map(|it| (it.last_applied, it.digest.clone())).collect();
            let equal = states.len() == nodes.len() && states.iter().all(|state| *state == states[0]);
            equal.then_some(())
        })
        .await;
    }
}

impl Drop for TestCluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for id in self.ids() {
                eprintln!("--- the end of the log of {id}:\n{}", self.cluster.end_of_log(&id, LOG_LINES));
            }
        }
        for (_, child) in &mut self.by_hand {
            // One that has ended already is what is wanted.
            let _ = child.kill();
            let _ = child.wait();
        }
        self.cluster.kill_own();
    }
}

/// What is found, as soon as it is.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} did not come within {} s", PATIENCE.as_secs());
        sleep(LOOK_EVERY).await;
    }
}

/// The other nodes.
pub(crate) fn without(ids: &[String], id: &str) -> Vec<String> {
    ids.iter().filter(|other| *other != id).cloned().collect()
}

/// The fields of a problem document.
pub(crate) fn problem(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap_or_else(|_| panic!("no problem document: {reply:?}"))
}

/// A write to one node, without a key of its own.
pub(crate) fn put_once(key: &str, value: &str) -> Request {
    let value = Bytes::copy_from_slice(value.as_bytes());
    Request::write_once(hyper::Method::PUT, format!("/v1/kv/{key}"), value)
}
