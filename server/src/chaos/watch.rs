//! Who leads, as all nodes say while a run goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::client::view::ClusterView;
use crate::client::{Http, PeerUrl};

/// How often all nodes are asked, and how long one may take to answer.
const LOOK_EVERY: Duration = Duration::from_millis(100);
const ANSWER_MAX: Duration = Duration::from_millis(500);

/// Looks at a cluster until it is dropped.
#[derive(Debug)]
pub(super) struct Watch {
    seen: Arc<Mutex<Seen>>,
    task: JoinHandle<()>,
}

/// What was seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// Who took itself for the leader of which term.
    pub(super) leaders: BTreeMap<u64, BTreeSet<String>>,
    /// The leader at the last look.
    pub(super) leader: Option<String>,
}

impl Watch {
    pub(super) fn start(nodes: Vec<PeerUrl>) -> Watch {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let task = tokio::spawn(look(nodes, seen.clone()));
        Watch { seen, task }
    }

    pub(super) fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn look(nodes: Vec<PeerUrl>, seen: Arc<Mutex<Seen>>) {
    let http = Http::new();
    loop {
        let view = ClusterView::of(&http, &nodes, ANSWER_MAX).await;
        {
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            for status in view.answers().filter(|status| status.is_leader()) {
                seen.leaders.entry(status.term).or_default().insert(status.id.clone());
            }
            seen.leader = view.leader().map(|leader| leader.id.clone());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

impl Seen {
    /// How often another term began to have a leader.
    pub(super) fn leader_changes(&self) -> u64 {
        self.leaders.len().saturating_sub(1) as u64
    }

    /// The terms in which more than one node led (§5.2: there must be none).
    pub(super) fn split_terms(&self) -> Vec<u64> {
        let split = self.leaders.iter().filter(|(_, leaders)| leaders.len() > 1);
        split.map(|(term, _)| *term).collect()
    }
}
