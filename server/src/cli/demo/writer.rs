//! A client that writes one key after another while things break, and remembers what it was promised.

use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::client::Client;
use crate::client::kv::Condition;

/// All its keys begin with this.
pub(super) const PREFIX: &str = "ledger/";

/// What a writer was promised.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// When each acknowledged write began and ended; its number is its place among all writes.
    pub(super) acknowledged: Vec<Acknowledged>,
    /// The numbers of those writes whose outcome it never learnt.
    pub(super) unknown: Vec<u64>,
}

/// A write that the cluster said it had done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Acknowledged {
    pub(super) number: u64,
    pub(super) began: Instant,
    pub(super) ended: Instant,
}

impl Acknowledged {
    pub(super) fn took(&self) -> Duration {
        self.ended - self.began
    }
}

/// A writer at work.
pub(super) struct Writer {
    stop: oneshot::Sender<()>,
    progress: watch::Receiver<u64>,
    task: JoinHandle<Ledger>,
}

impl Writer {
    pub(super) fn start(client: Client) -> Writer {
        let (stop, stopped) = oneshot::channel();
        let (told, progress) = watch::channel(0);
        let task = tokio::spawn(write(client, stopped, told));
        Writer { stop, progress, task }
    }

    /// How many writes have been acknowledged.
    pub(super) fn acknowledged(&self) -> u64 {
        *self.progress.borrow()
    }

    /// Waits until so many have been acknowledged.
    pub(super) async fn until(&mut self, acknowledged: u64) -> anyhow::Result<()> {
        self.progress.wait_for(|now| *now >= acknowledged).await.context("the writer has ended")?;
        Ok(())
    }

    /// Lets it finish the write it is at, and takes its ledger.
    pub(super) async fn stop(self) -> anyhow::Result<Ledger> {
        // If it has ended by itself, its ledger is there all the same.
        let _ = self.stop.send(());
        self.task.await.context("the writer has failed")
    }
}

/// The key and the value of a write.
pub(super) fn entry(number: u64) -> (String, String) {
    (format!("{PREFIX}{number:06}"), format!("promise {number}"))
}

async fn write(mut client: Client, mut stopped: oneshot::Receiver<()>, told: watch::Sender<u64>) -> Ledger {
    let mut ledger = Ledger::default();
    let mut number = 0;
    while stopped.try_recv().is_err_and(|error| error == oneshot::error::TryRecvError::Empty) {
        number += 1;
        let (key, value) = entry(number);
        let began = Instant::now();
        match client.set(&key, Bytes::from(value), &Condition::Always).await {
            Ok(_) => {
                ledger.acknowledged.push(Acknowledged { number, began, ended: Instant::now() });
                told.send_replace(ledger.acknowledged.len() as u64);
            }
            Err(_) => ledger.unknown.push(number),
        }
    }
    ledger
}
