//! Ending all nodes: asked first, and after a while not asked any more.

use std::time::Duration;

use anyhow::bail;
use tokio::time::{Instant, sleep};

use super::Cluster;
use super::process::Signal;

/// How often it is looked whether a process has ended.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// The system ends a killed process within this time, or something is wrong with the system.
const KILL_MAX: Duration = Duration::from_secs(10);

/// How each node ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stopped {
    /// These ended when they were asked to.
    pub stopped: Vec<String>,
    /// These did not, and were killed.
    pub killed: Vec<String>,
    /// These did not run.
    pub not_running: Vec<String>,
}

impl Cluster {
    /// Ends every node: with SIGTERM, and with SIGKILL those that are still there after `grace`.
    ///
    /// # Errors
    /// When a process cannot be signalled, or is there even after SIGKILL.
    pub async fn stop(&mut self, grace: Duration) -> anyhow::Result<Stopped> {
        let mut stopped = Stopped::default();
        let ids: Vec<String> = self.manifest.nodes.iter().map(|member| member.id.clone()).collect();
        for id in ids {
            if self.runs(&id) && self.signal(&id, Signal::Terminate).is_ok() {
                // One that is stopped would hear of it only when it runs again. It may have ended already.
                let _ = self.signal(&id, Signal::Continue);
                stopped.stopped.push(id);
            } else {
                stopped.not_running.push(id);
            }
        }
        let deadline = Instant::now() + grace;
        while Instant::now() < deadline && stopped.stopped.iter().any(|id| self.runs(id)) {
            sleep(LOOK_EVERY).await;
        }
        for id in stopped.stopped.clone() {
            if self.runs(&id) && self.signal(&id, Signal::Kill).is_ok() {
                self.ended(&id).await?;
                stopped.stopped.retain(|other| *other != id);
                stopped.killed.push(id);
            }
        }
        Ok(stopped)
    }

    /// Waits for the end of a process that has been killed.
    pub(super) async fn ended(&mut self, id: &str) -> anyhow::Result<()> {
        let deadline = Instant::now() + KILL_MAX;
        while self.runs(id) {
            if Instant::now() >= deadline {
                bail!("{id} was killed and does not end: the system holds it, probably in a write to a disk");
            }
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }
}
