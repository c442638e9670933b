//! The disk thread: it alone touches the storage, and groups whatever waits into one sync.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mini_raft_core::raft::{NodeId, Write, WriteId};
use tokio::sync::oneshot;

use crate::storage::{Storage, WriteError};

/// How long a full disk is left alone before the write is tried again.
const FULL_DISK_PAUSE: Duration = Duration::from_millis(250);

/// Something for the disk thread.
#[derive(Debug)]
enum Job {
    /// Make these durable, with whatever else waits.
    Write(Vec<Write>),
    /// Remember with which disk a peer has joined; the answer is the one that was known before, if any.
    RememberPeer { peer: NodeId, disk_id: u64, answer: oneshot::Sender<Option<u64>> },
    /// From now on this disk takes part in the cluster.
    Born { first_voters: Vec<NodeId>, answer: oneshot::Sender<()> },
    /// All before this are done; the thread ends.
    Close,
}

/// The way to the disk thread.
#[derive(Clone, Debug)]
pub(super) struct Disk {
    jobs: Sender<Job>,
    gauge: Arc<DiskGauge>,
}

/// What the disk thread tells about itself while it works.
#[derive(Debug)]
pub struct DiskGauge {
    epoch: Instant,
    /// Microseconds after `epoch` at which the sync under way began; 0 if there is none.
    busy_since_us: AtomicU64,
    full: AtomicBool,
    syncs: AtomicU64,
    sync_us: AtomicU64,
}

impl DiskGauge {
    /// How long the sync under way takes already.
    pub fn busy_for(&self) -> Duration {
        match self.busy_since_us.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            since => self.epoch.elapsed().saturating_sub(Duration::from_micros(since)),
        }
    }

    /// Whether a write waits for room.
    pub fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    /// How many syncs there were, and how long they took together, in microseconds.
    pub fn syncs(&self) -> (u64, u64) {
        (self.syncs.load(Ordering::Relaxed), self.sync_us.load(Ordering::Relaxed))
    }

    fn begin(&self) -> Instant {
        let since = self.epoch.elapsed().as_micros() as u64;
        self.busy_since_us.store(since.max(1), Ordering::Relaxed);
        Instant::now()
    }

    fn end(&self, began: Instant) {
        self.busy_since_us.store(0, Ordering::Relaxed);
        self.syncs.fetch_add(1, Ordering::Relaxed);
        self.sync_us.fetch_add(began.elapsed().as_micros() as u64, Ordering::Relaxed);
    }
}

impl Disk {
    /// Starts the thread. `done` is called on it with the last write of each group that is durable.
    pub(super) fn start(
        storage: Storage,
        done: impl Fn(WriteId) + Send + 'static,
    ) -> std::io::Result<(Disk, JoinHandle<()>)> {
        let (jobs, queue) = channel();
        let gauge = Arc::new(DiskGauge {
            epoch: Instant::now(),
            busy_since_us: AtomicU64::new(0),
            full: AtomicBool::new(false),
            syncs: AtomicU64::new(0),
            sync_us: AtomicU64::new(0),
        });
        let worker = Worker { storage, queue, gauge: gauge.clone(), done };
        let thread = std::thread::Builder::new().name("disk".into()).spawn(move || worker.run())?;
        Ok((Disk { jobs, gauge }, thread))
    }

    /// What the thread tells about itself.
    pub(super) fn gauge(&self) -> &Arc<DiskGauge> {
        &self.gauge
    }

    /// Has these written, after all that were given before.
    pub(super) fn write(&self, writes: Vec<Write>) {
        self.send(Job::Write(writes));
    }

    /// Remembers with which disk a peer has joined, and says which one was known before.
    pub(super) async fn remember_peer(&self, peer: NodeId, disk_id: u64) -> Option<u64> {
        let (answer, known) = oneshot::channel();
        self.send(Job::RememberPeer { peer, disk_id, answer });
        known.await.unwrap_or(None)
    }

    /// Makes durable that this disk takes part in the cluster of these voters.
    pub(super) async fn born(&self, first_voters: Vec<NodeId>) {
        let (answer, done) = oneshot::channel();
        self.send(Job::Born { first_voters, answer });
        // The thread ends only with the process.
        let _ = done.await;
    }

    /// Lets the thread end when all is written.
    pub(super) fn close(&self) {
        self.send(Job::Close);
    }

    fn send(&self, job: Job) {
        // The thread ends when it was told to, or with the process: nothing is lost that anybody waits for.
        let _ = self.jobs.send(job);
    }
}

struct Worker<F> {
    storage: Storage,
    queue: Receiver<Job>,
    gauge: Arc<DiskGauge>,
    done: F,
}

impl<F: Fn(WriteId)> Worker<F> {
    fn run(mut self) {
        let mut group: Vec<Write> = Vec::new();
        while let Ok(job) = self.queue.recv() {
            let mut next = Some(job);
            while let Some(Job::Write(writes)) = next {
                group.extend(writes);
                next = self.queue.try_recv().ok();
            }
            if let Some(last) = group.last().map(|write| write.id) {
                self.durably(|storage| storage.write(&group));
                group.clear();
                (self.done)(last);
            }
            match next {
                // Nothing waits: a good moment for what can be done at any time.
                None | Some(Job::Write(_)) => self.tidy(),
                Some(Job::RememberPeer { peer, disk_id, answer }) => {
                    let known = self.storage.peer_disks().get(&peer).copied();
                    if known.is_none() {
                        self.durably(|storage| storage.remember_peer_disk(peer, disk_id));
                    }
                    let _ = answer.send(known);
                }
                Some(Job::Born { first_voters, answer }) => {
                    self.durably(|storage| storage.born(&first_voters));
                    let _ = answer.send(());
                }
                Some(Job::Close) => {
                    if let Err(error) = self.storage.close() {
                        tracing::warn!("the directory was not tidied up at the end: {error}");
                    }
                    return;
                }
            }
        }
    }

    /// A full disk keeps it from being done now, and nothing else from being done.
    fn tidy(&mut self) {
        match self.storage.tidy() {
            Ok(()) | Err(WriteError::Full { .. }) => {}
            Err(error) => give_up(&error),
        }
    }

    /// Does it until it is done. A full disk is waited for: nothing was written, so nothing is in doubt. After any other
    /// failure nobody knows what is on stable storage, and no sync may be tried again (the kernel may have thrown the
    /// pages away): the process ends at once.
    fn durably(&mut self, mut write: impl FnMut(&mut Storage) -> Result<(), WriteError>) {
        loop {
            let began = self.gauge.begin();
            let result = write(&mut self.storage);
            self.gauge.end(began);
            match result {
                Ok(()) => {
                    if self.gauge.full.swap(false, Ordering::Relaxed) {
                        tracing::info!("there is room on the disk again");
                    }
                    return;
                }
                Err(error @ WriteError::Full { .. }) => {
                    if !self.gauge.full.swap(true, Ordering::Relaxed) {
                        tracing::error!(%error, "the disk is full: nothing new is taken in until there is room");
                    }
                    #[expect(
                        clippy::disallowed_methods,
                        reason = "nothing tells when there is room on a disk"
                    )]
                    std::thread::sleep(FULL_DISK_PAUSE);
                }
                Err(error) => give_up(&error),
            }
        }
    }
}

fn give_up(error: &WriteError) -> ! {
    super::abort(&format!("a write failed, and what is on disk is not known: {error}"))
}
