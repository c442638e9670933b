//! Following the feeds of all nodes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use serde::Deserialize;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::client::PeerUrl;
use crate::client::feed::{Feed, NoFeed, Told};

/// How long to wait before a node that gives no feed is asked again.
const PAUSE: Duration = Duration::from_millis(100);
/// The most lines in all: they are kept in memory until they can be put in order.
pub(super) const LINES_MAX: u64 = 2_000_000;

/// What one node told, in the order in which it happened there.
#[derive(Clone, Debug)]
pub(super) struct NodeStory {
    pub(super) node: PeerUrl,
    pub(super) heard: Vec<Heard>,
    /// Nobody listens at its address any more.
    pub(super) is_gone: bool,
    /// Why it was not heard, the last time that it was not.
    pub(super) trouble: Option<String>,
}

/// A line, and when it was heard, in microseconds after the recording began.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    pub(super) at_us: u64,
    pub(super) brief: Brief,
    pub(super) line: String,
}

/// What has to be known of a line to put it in its place.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Brief {
    pub(super) t_us: u64,
    pub(super) seq: u64,
    pub(super) ev: String,
    pub(super) term: u64,
    /// Of a message: a name that is used once between its two nodes.
    #[serde(default)]
    pub(super) id: Option<String>,
    #[serde(default)]
    from: serde_json::Value,
    #[serde(default)]
    to: serde_json::Value,
    /// Of the first two lines of a run, and of each view.
    #[serde(default)]
    pub(super) boot: Option<String>,
}

impl Brief {
    /// What names a message among all messages.
    pub(super) fn message(&self) -> Option<(String, String, String)> {
        let (from, to) = (self.from.as_str()?, self.to.as_str()?);
        Some((from.to_owned(), to.to_owned(), self.id.clone()?))
    }
}

/// All that was heard.
#[derive(Clone, Debug)]
pub struct Gathering {
    pub(super) stories: Vec<NodeStory>,
    /// From the beginning to the end of the recording.
    pub(super) span_us: u64,
}

impl Gathering {
    /// How many nodes it was to be of.
    pub fn nodes(&self) -> usize {
        self.stories.len()
    }

    /// The nodes of which nothing was heard, with the reason.
    pub fn silent(&self) -> impl Iterator<Item = (&PeerUrl, &str)> {
        let silent = self.stories.iter().filter(|story| story.heard.is_empty());
        silent.map(|story| (&story.node, story.trouble.as_deref().unwrap_or("it told nothing")))
    }
}

/// How much was heard so far.
#[derive(Debug, Default)]
pub struct Count {
    /// Of all nodes.
    pub lines: AtomicU64,
    /// The nodes that have told something.
    pub nodes: AtomicU64,
}

/// Follows the feeds of these nodes until it is told to stop, or cannot keep more.
pub async fn gather(nodes: Vec<PeerUrl>, stop: watch::Receiver<bool>, count: Arc<Count>) -> Gathering {
    let began = Instant::now();
    let follow = |node| {
        let story = NodeStory { node, heard: Vec::new(), is_gone: false, trouble: None };
        Follower { story, began, count: count.clone() }.run(stop.clone())
    };
    let stories = join_all(nodes.into_iter().map(follow)).await;
    Gathering { stories, span_us: began.elapsed().as_micros() as u64 }
}

struct Follower {
    story: NodeStory,
    began: Instant,
    count: Arc<Count>,
}

impl Follower {
    async fn run(mut self, mut stop: watch::Receiver<bool>) -> NodeStory {
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => {}
            () = self.follow() => {}
        }
        self.story
    }

    /// Ends only when there is no room for more.
    async fn follow(&mut self) {
        let mut last_id: Option<String> = None;
        loop {
            match Feed::open(&self.story.node.url, last_id.as_deref()).await {
                Ok(mut feed) => {
                    self.story.is_gone = false;
                    let end = loop {
                        match feed.next().await {
                            Ok(Told::Line { id, line }) => {
                                last_id = Some(id);
                                if !self.hear(line) {
                                    return;
                                }
                            }
                            // A view follows, which says what is to be known.
                            Ok(Told::Lagged) => {}
                            Ok(Told::End) => break "it stopped".to_owned(),
                            Err(why) => break why,
                        }
                    };
                    self.story.trouble = Some(end);
                }
                Err(NoFeed::NobodyThere(why)) => {
                    (self.story.is_gone, self.story.trouble) = (true, Some(why));
                }
                Err(NoFeed::Failed(why)) => self.story.trouble = Some(why),
            }
            sleep(PAUSE).await;
        }
    }

    /// Keeps the line. Says whether there is room for more.
    fn hear(&mut self, line: String) -> bool {
        match serde_json::from_str(&line) {
            Ok(brief) => {
                let at_us = self.began.elapsed().as_micros() as u64;
                if self.story.heard.is_empty() {
                    self.count.nodes.fetch_add(1, Ordering::Relaxed);
                }
                self.story.heard.push(Heard { at_us, brief, line });
                self.count.lines.fetch_add(1, Ordering::Relaxed) < LINES_MAX
            }
            Err(error) => {
                self.story.trouble = Some(format!("a line that is not understood: {error}"));
                true
            }
        }
    }
}
