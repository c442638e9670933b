//! The feed of a real node: whoever reads it gets every line, in order, or is told what it has missed.

mod program;

use std::time::Duration;

use mini_raft_server::client::feed::{Feed, Told};
use mini_raft_server::client::kv::Condition;
use mini_raft_server::client::{Client, NodeUrl};
use mini_raft_server::cluster::process::Signal;
use mini_raft_server::cluster::{Cluster, Shape, Started};
use serde_json::Value;

/// Longer than any of this takes: who waits so long waits in vain.
const LONG: Duration = Duration::from_secs(60);

struct Scene {
    cluster: Cluster,
    client: Client,
    _dir: tempfile::TempDir,
}

impl Scene {
    async fn started(nodes: u16) -> Scene {
        let dir = tempfile::tempdir().expect("a directory");
        let shape = Shape { nodes: Some(nodes), base_port: Some(0), ..Shape::default() };
        let program = env!("CARGO_BIN_EXE_mini-raft").as_ref();
        let mut cluster = Cluster::open_or_create(dir.path(), &shape, program).expect("a cluster");
        cluster.start(LONG, &mut |_| {}).await.and_then(Started::complete).expect("it starts");
        let client = Client::new(cluster.urls(), LONG);
        Scene { cluster, client, _dir: dir }
    }

    fn url(&self) -> NodeUrl {
        self.cluster.urls()[0].clone()
    }

    async fn feed(&self, from: Option<&str>) -> Feed {
        Feed::open(&self.url(), from).await.expect("a feed")
    }

    async fn set(&mut self, key: &str, value: &str) {
        let value = value.to_owned().into();
        self.client.set(key, value, &Condition::Always).await.expect("it is written");
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        for node in self.cluster.nodes() {
            // One that the test has ended does not run.
            let _ = self.cluster.signal(&node.id, Signal::Kill);
        }
    }
}

async fn told(feed: &mut Feed) -> Told {
    tokio::time::timeout(LONG, feed.next()).await.expect("it says something").expect("it goes on")
}

/// The next line, with the id to go on after it.
async fn line(feed: &mut Feed) -> (String, Value) {
    match told(feed).await {
        Told::Line { id, line } => (id, serde_json::from_str(&line).expect("JSON")),
        other => panic!("{other:?} is no line"),
    }
}

/// All lines up to the first that is wanted, that one included.
async fn until(feed: &mut Feed, wanted: impl Fn(&Value) -> bool) -> Vec<(String, Value)> {
    let mut lines = Vec::new();
    loop {
        let next = line(feed).await;
        let found = wanted(&next.1);
        lines.push(next);
        if found {
            return lines;
        }
    }
}

fn is_apply_of(key: &'static str) -> impl Fn(&Value) -> bool {
    move |line| line["ev"] == "apply" && line["command"]["key"] == key
}

fn number(line: &Value, field: &str) -> u64 {
    line[field].as_u64().unwrap_or_else(|| panic!("{field} of {line}"))
}

#[tokio::test]
async fn a_reader_begins_with_the_node_as_it_is_and_then_misses_nothing() {
    let mut scene = Scene::started(1).await;
    scene.set("a", "1").await;
    let mut feed = scene.feed(None).await;
    let (_, view) = line(&mut feed).await;
    assert_eq!((view["ev"].as_str(), view["role"].as_str()), (Some("view"), Some("leader")));
    assert_eq!(view["keys"][0]["value"], "1");
    scene.set("b", "2").await;
    let lines = until(&mut feed, is_apply_of("b")).await;
    let numbers: Vec<u64> = lines.iter().map(|(_, line)| number(line, "seq")).collect();
    let first = number(&view, "seq") + 1;
    assert_eq!(numbers, (first..first + lines.len() as u64).collect::<Vec<_>>());
    let times: Vec<u64> = lines.iter().map(|(_, line)| number(line, "t_us")).collect();
    assert!(times.is_sorted());
    let of_the_write: Vec<&str> = lines
        .iter()
        .filter_map(|(_, line)| line["ev"].as_str())
        .filter(|ev| ["append", "sync", "commit", "apply"].contains(ev))
        .collect();
    assert_eq!(of_the_write, ["append", "sync", "commit", "apply"]);
}

#[tokio::test]
async fn a_reader_that_was_cut_off_goes_on_where_it_was() {
    let mut scene = Scene::started(1).await;
    let mut feed = scene.feed(None).await;
    scene.set("a", "1").await;
    let before = until(&mut feed, is_apply_of("a")).await;
    drop(feed);
    scene.set("b", "2").await;
    let (id, last) = before.last().expect("a line");
    let mut feed = scene.feed(Some(id)).await;
    let missed = until(&mut feed, is_apply_of("b")).await;
    assert_eq!(number(&missed[0].1, "seq"), number(last, "seq") + 1);
    let mut beyond = scene.feed(Some("999999999")).await;
    assert_eq!(told(&mut beyond).await, Told::Lagged, "no line of that number was ever there");
    assert_eq!(line(&mut beyond).await.1["ev"], "view");
}

#[tokio::test]
async fn a_reader_of_a_node_that_comes_back_sees_how_it_starts_and_is_told_of_its_end() {
    let mut scene = Scene::started(1).await;
    scene.set("a", "1").await;
    let mut feed = scene.feed(None).await;
    let (id, _) = line(&mut feed).await;
    scene.cluster.kill("node-0").await.expect("it is killed");
    scene.cluster.spawn("node-0").expect("it is started");
    let mut feed = loop {
        match Feed::open(&scene.url(), Some(&id)).await {
            Ok(feed) => break feed,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    let (_, restart) = line(&mut feed).await;
    assert_eq!((restart["ev"].as_str(), number(&restart, "seq")), (Some("restart"), 1));
    let (_, view) = line(&mut feed).await;
    assert_eq!((view["ev"].as_str(), number(&view, "last_applied")), (Some("view"), 0));
    until(&mut feed, is_apply_of("a")).await;
    scene.cluster.signal("node-0", Signal::Terminate).expect("it runs");
    loop {
        if told(&mut feed).await == Told::End {
            break;
        }
    }
}

#[tokio::test]
async fn a_place_that_makes_no_sense_is_refused() {
    let scene = Scene::started(1).await;
    let refused = Feed::open(&scene.url(), Some("yesterday")).await.expect_err("no place");
    assert!(format!("{refused:?}").contains("400"), "{refused:?}");
}
