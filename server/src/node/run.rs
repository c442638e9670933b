//! A node from its start to its end.

use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result};
use mini_raft_core::raft::{Config, Configuration, Incarnation, Node, Output, Paper};
use mini_raft_core::time::Micros;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::unbounded_channel;
use tokio::sync::{broadcast, watch};

use super::actor::{Actor, Event, Waiting};
use super::birth::{self, Birth};
use super::disk::Disk;
use super::handle::NodeHandle;
use super::links::Links;
use super::peers::{PeerDoor, Peers, random};
use crate::api;
use crate::feed::{Feed, Recorder};
use crate::settings::NodeSettings;
use crate::storage::{self, Faults, Recovered, Storage};
use crate::store::Store;

/// The most changes that a watcher may be behind; then it is told so, and closed.
const WATCH_BACKLOG_MAX: usize = 1024;

/// The most entries of one message: what one sync makes durable may go out in one.
const ENTRIES_PER_APPEND_MAX: u32 = 1024;

/// Runs a node until it is told to stop (SIGTERM, SIGINT).
///
/// # Errors
/// What keeps it from starting: a directory that must not be used, an address in use. Nothing was changed then.
pub fn run(settings: NodeSettings) -> Result<ExitCode> {
    end_with_a_panic();
    // Found out before anything is made: a node that cannot serve leaves no directory behind.
    std::net::TcpListener::bind(settings.listen).map_err(|error| cannot_listen(settings.listen, error))?;
    let identity = storage::Identity { cluster: settings.cluster.to_string(), node: settings.id };
    let faults = settings.inject_disk_faults.as_deref().map(Faults::from_file).transpose()?.map(Arc::new);
    let options = storage::Options { faults, ..storage::Options::default() };
    let (storage, recovered) = Storage::open(&settings.data, &identity, options)?;
    for note in &recovered.notes {
        tracing::warn!("{note}");
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve(settings, storage, recovered))
}

async fn serve(settings: NodeSettings, storage: Storage, recovered: Recovered) -> Result<ExitCode> {
    let listener = TcpListener::bind(settings.listen).await;
    let listener = listener.map_err(|error| cannot_listen(settings.listen, error))?;
    let (inbox, events) = unbounded_channel();
    let handle = NodeHandle::new(inbox.clone(), settings.limits.proposals);
    let done = {
        let inbox = inbox.clone();
        // Without an actor the process is ending.
        move |id| drop(inbox.send(Event::WriteDone(id)))
    };
    let (disk, disk_thread) = Disk::start(storage, done).context("no thread for the disk")?;
    let door = PeerDoor::new(&settings, &recovered, handle.clone(), disk.clone(), Links::default())?;
    let (streams_end, stopping) = watch::channel(false);
    let feed = Feed::new(door.boot());
    let app = api::App::new(
        &settings,
        api::Parts {
            node: handle.clone(),
            door: door.clone(),
            gauge: disk.gauge().clone(),
            feed: feed.clone(),
            stopping,
        },
    );
    let server = api::serve(listener, app, settings.limits.connections);
    tracing::info!(id = %settings.id, listen = %settings.listen, cluster = %settings.cluster, "listening");

    let stop = stop_wanted()?;
    tokio::pin!(stop);
    let birth = tokio::select! {
        birth = birth::settle(&settings, &recovered, &door, &disk) => birth,
        () = &mut stop => {
            server.stop().await;
            return Ok(ExitCode::SUCCESS);
        }
    };
    let peers = Peers::start(&door);
    let config = config_of(&settings, &recovered, birth)?;
    let (mut out, epoch, found) = (Output::default(), Instant::now(), recovered.persistent.hard_state);
    let node = Node::new(config, Paper, recovered.persistent, Micros::ZERO, &mut out);
    let recorder = Recorder::start(feed, epoch, found, &node, &out);
    let told = (node.role(), node.current_term(), node.leader());
    let leadership = handle.leadership_board();
    leadership.tell(told.1, told.2);
    let actor = Actor {
        node,
        store: Store::default(),
        disk,
        peers,
        events,
        inbox,
        epoch,
        snapshot_every: settings.snapshot_every,
        out,
        waiting: Waiting::default(),
        stopping: None,
        pause: None,
        cluster_clock: None,
        leadership,
        told,
        elections: 0,
        leader_changes: 0,
        changes: broadcast::Sender::new(WATCH_BACKLOG_MAX),
        recorder,
    };
    let actor = tokio::spawn(actor.run());
    handle.take_part();

    let refused = tokio::select! {
        () = &mut stop => None,
        why = door.refused() => Some(why),
    };
    if let Some(why) = refused {
        anyhow::bail!(
            "{why}. Restore a newer copy, or empty the directory: the node then comes back as a learner"
        );
    }
    tracing::info!("stopping");
    handle.stop();
    // It ends by itself, or the process ends with it.
    let _ = actor.await;
    streams_end.send_replace(true);
    server.stop().await;
    let _ = tokio::task::spawn_blocking(move || disk_thread.join()).await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

fn cannot_listen(address: SocketAddr, error: io::Error) -> anyhow::Error {
    let mend = match error.kind() {
        io::ErrorKind::AddrInUse => "end the process that uses it, or choose another --listen address",
        _ => "choose an address of this machine with --listen",
    };
    anyhow::anyhow!("{address} cannot be listened on ({error}): {mend}")
}

/// Ready when the process is asked to end.
fn stop_wanted() -> Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be waited for")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT cannot be waited for")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

fn config_of(settings: &NodeSettings, recovered: &Recovered, birth: Birth) -> Result<Config> {
    let (first_voters, lost_disk) = match birth {
        Birth::TakesPart { first_voters } => (first_voters, None),
        // It wrote so already, or was admitted since: the core goes on from there.
        Birth::Lost if !recovered.fresh => (settings.first_voters(), None),
        Birth::Lost => (settings.first_voters(), Some(Incarnation(recovered.disk_id))),
    };
    Ok(Config {
        configuration: Configuration::new(first_voters),
        lost_disk,
        max_entries_per_append: ENTRIES_PER_APPEND_MAX,
        // The feed begins with the process.
        facts: true,
        ..settings.raft_config(random()?)
    })
}

/// A panic in any thread means that something believed here is not true: the process ends, not the thread alone.
fn end_with_a_panic() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        usual(panic);
        std::process::abort()
    }));
}

#[cfg(test)]
mod tests {
    use super::end_with_a_panic;
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;

    /// Set in the process that panics.
    const PANIC: &str = "MINI_RAFT_TEST_PANIC";

    /// This test is started a second time, as a process that panics in a thread of its own.
    #[test]
    fn a_panic_in_any_thread_ends_the_process() {
        if std::env::var_os(PANIC).is_some() {
            end_with_a_panic();
            let thread = std::thread::spawn(|| panic!("on purpose"));
            assert!(thread.join().is_err());
            std::process::exit(0);
        }
        let program = std::env::current_exe().expect("this program");
        let mut again = Command::new(program);
        again.args(["--exact", "node::run::tests::a_panic_in_any_thread_ends_the_process"]);
        let output = again.env(PANIC, "1").output().expect("it can be run again");
        assert_eq!(output.status.signal(), Some(6), "SIGABRT: {output:?}");
    }
}
