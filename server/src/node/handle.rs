//! The way to the actor for the rest of the process.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mini_raft_core::raft::{EntryId, MembershipChange, Message, NodeId, Term};
use tokio::sync::{Semaphore, oneshot};

use super::actor::{Event, Inbox};
use super::status::Status;
use super::wish::{Consistency, Declined, Query, Read, Watch, Wish, Written};
use crate::feed::{FrameId, View};
use crate::store::Compacted;

/// The most messages of peers that may wait at once; more are lost, as on a bad network.
const PEER_BACKLOG_MAX: usize = 8192;
/// How long a client's wish may take.
const WISH_SPAN_MAX: Duration = Duration::from_secs(5);
/// How long a change of the membership may take: a new server must catch up first.
const CHANGE_SPAN_MAX: Duration = Duration::from_secs(30);

/// Why a wish was not fulfilled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The actor said so.
    Declined(Declined),
    /// The node does not take part yet.
    Starting,
    /// Too much waits already.
    Overloaded,
    /// Nobody answered in time.
    TimedOut {
        /// Whether it may still be done.
        proposed: bool,
    },
}

/// The way to the actor. Clones are cheap.
#[derive(Clone, Debug)]
pub struct NodeHandle {
    inbox: Inbox,
    taking_part: Arc<AtomicBool>,
    waiting: Arc<Semaphore>,
    peer_backlog: Arc<Semaphore>,
    leadership: Leadership,
}

/// What the actor last said about who leads, in which term. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Leadership(Arc<Mutex<(Term, Option<NodeId>)>>);

impl Leadership {
    pub(super) fn tell(&self, term: Term, leader: Option<NodeId>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (term, leader);
    }

    fn told(&self) -> (Term, Option<NodeId>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl NodeHandle {
    pub(super) fn new(inbox: Inbox, waiting_max: usize) -> NodeHandle {
        NodeHandle {
            inbox,
            taking_part: Arc::default(),
            waiting: Arc::new(Semaphore::new(waiting_max)),
            peer_backlog: Arc::new(Semaphore::new(PEER_BACKLOG_MAX)),
            leadership: Leadership::default(),
        }
    }

    /// The term, and who leads as far as is known here, without asking the actor; term 0 before it runs.
    pub fn leadership(&self) -> (Term, Option<NodeId>) {
        self.leadership.told()
    }

    /// Where the actor says who leads.
    pub(super) fn leadership_board(&self) -> Leadership {
        self.leadership.clone()
    }

    /// From now on wishes are taken.
    pub(super) fn take_part(&self) {
        self.taking_part.store(true, Ordering::Release);
    }

    /// Whether the actor runs.
    pub fn takes_part(&self) -> bool {
        self.taking_part.load(Ordering::Acquire)
    }

    /// Puts a command through the log.
    pub async fn write(&self, command: Vec<u8>) -> Result<Written, Failure> {
        let _place = self.place()?;
        self.ask(WISH_SPAN_MAX, true, |answer| Wish::Write { command, answer })
            .await?
            .map_err(Failure::Declined)
    }

    /// Looks at the store.
    pub async fn read(&self, query: Query, consistency: Consistency) -> Result<Read, Failure> {
        let _place = self.place()?;
        let wish = |answer| Wish::Read { query, consistency, answer };
        self.ask(WISH_SPAN_MAX, false, wish).await?.map_err(Failure::Declined)
    }

    /// Changes the membership (§6).
    pub async fn change_members(&self, change: MembershipChange) -> Result<EntryId, Failure> {
        let wish = |answer| Wish::Members { change, answer };
        self.ask(CHANGE_SPAN_MAX, true, wish).await?.map_err(Failure::Declined)
    }

    /// Hands leadership over (thesis 3.10).
    pub async fn transfer(&self, to: Option<NodeId>) -> Result<(NodeId, Term), Failure> {
        let wish = |answer| Wish::Transfer { to, answer };
        self.ask(WISH_SPAN_MAX, true, wish).await?.map_err(Failure::Declined)
    }

    /// Takes a snapshot now (§7).
    pub async fn take_snapshot(&self) -> Result<EntryId, Failure> {
        self.ask(CHANGE_SPAN_MAX, true, |answer| Wish::Snapshot { answer }).await?.map_err(Failure::Declined)
    }

    /// The changes of keys that begin so, from this index on, or from now on; an error if they are forgotten.
    pub async fn watch(
        &self,
        prefix: String,
        from: Option<u64>,
    ) -> Result<Result<Watch, Compacted>, Failure> {
        self.ask(WISH_SPAN_MAX, false, |answer| Wish::Watch { prefix, from, answer }).await
    }

    /// The node as it is, for the feed, which records from now on.
    pub async fn view(&self) -> Result<View, Failure> {
        self.ask(WISH_SPAN_MAX, false, |answer| Wish::View { answer }).await
    }

    /// How the node is.
    pub async fn status(&self) -> Result<Status, Failure> {
        self.ask(WISH_SPAN_MAX, false, |answer| Wish::Status { answer }).await
    }

    /// For chaos: the actor does nothing for so long.
    pub fn pause(&self, duration: Duration) {
        self.put(Event::Wish(Wish::Pause(duration)));
    }

    /// A peer said something. It is lost if too much waits already.
    pub fn deliver(&self, message: Message, frame: FrameId) {
        if !self.takes_part() {
            return;
        }
        if let Ok(place) = self.peer_backlog.clone().try_acquire_owned() {
            self.put(Event::Peer { message, frame, place });
        }
    }

    /// Whether a peer that comes up has less than it acknowledged; then in words.
    pub async fn younger_than_acknowledged(&self, peer: NodeId, term: Term, last: EntryId) -> Option<String> {
        if !self.takes_part() {
            return None;
        }
        let (answer, said) = oneshot::channel();
        self.put(Event::Hello { peer, term, last, answer });
        said.await.unwrap_or(None)
    }

    /// The term, and the end of the log on stable storage; nothing before the actor runs.
    pub(super) async fn standing(&self) -> Option<(Term, EntryId)> {
        if !self.takes_part() {
            return None;
        }
        let (answer, said) = oneshot::channel();
        self.put(Event::Standing { answer });
        said.await.ok()
    }

    /// The process should end.
    pub(super) fn stop(&self) {
        self.put(Event::Stop);
    }

    fn place(&self) -> Result<tokio::sync::SemaphorePermit<'_>, Failure> {
        self.waiting.try_acquire().map_err(|_| Failure::Overloaded)
    }

    async fn ask<T>(
        &self,
        patience: Duration,
        proposes: bool,
        wish: impl FnOnce(oneshot::Sender<T>) -> Wish,
    ) -> Result<T, Failure> {
        if !self.takes_part() {
            return Err(Failure::Starting);
        }
        let (answer, said) = oneshot::channel();
        self.put(Event::Wish(wish(answer)));
        match tokio::time::timeout(patience, said).await {
            Ok(Ok(said)) => Ok(said),
            // The actor ended without an answer, or gives none in time.
            Ok(Err(_)) | Err(_) => Err(Failure::TimedOut { proposed: proposes }),
        }
    }

    fn put(&self, event: Event) {
        // Without an actor the process is ending.
        let _ = self.inbox.send(event);
    }
}
