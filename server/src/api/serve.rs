//! Accepting connections, within limits: slow headers, idle connections and a crowd must not keep peers and health checks
//! out.

use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::App;
use super::front::Front;

/// So many of the connections are kept for connections whose first bytes ask for a peer's path or a health check.
const CONNECTIONS_RESERVED: usize = 64;
/// How long the headers of a request may take.
const HEADER_SPAN_MAX: Duration = Duration::from_secs(3);
/// The most bytes of headers.
const HEADER_BYTES_MAX: usize = 16 << 10;
/// What the reserved places are for.
const RESERVED_FOR: [&str; 3] = ["POST /raft/", "GET /livez", "GET /readyz"];
/// How long the first bytes may take when only reserved places are left.
const FIRST_BYTES_SPAN_MAX: Duration = Duration::from_millis(500);
/// How long open requests may take when the node stops.
const FAREWELL_SPAN_MAX: Duration = Duration::from_secs(3);

/// A server that accepts connections.
#[derive(Debug)]
pub struct Server {
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    /// Answers what is under way, accepts nothing more, and ends.
    pub async fn stop(self) {
        // The task holds the other end until it ends.
        let _ = self.stop.send(true);
        let _ = self.task.await;
    }
}

/// Serves all endpoints on this listener until it is stopped, with so many connections at once.
pub fn serve(listener: TcpListener, app: App, connections_max: usize) -> Server {
    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(accept(listener, Front::new(app), Places::new(connections_max), stopped));
    Server { stop, task }
}

async fn accept(listener: TcpListener, front: Front, places: Places, mut stopped: watch::Receiver<bool>) {
    let graceful = GracefulShutdown::new();
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADER_SPAN_MAX).max_buf_size(HEADER_BYTES_MAX);
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Too many open files, most likely: others end, and then there is room.
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = async { drop(stopped.wait_for(|stopped| *stopped).await) } => break,
        };
        // Small answers must not wait for more to come; where that cannot be had, they wait.
        let _ = stream.set_nodelay(true);
        let (places, builder, front, watcher) =
            (places.clone(), builder.clone(), front.clone(), graceful.watcher());
        tokio::spawn(async move {
            let Some(_place) = places.take(&stream).await else { return };
            let service = service_fn(|request| front.clone().serve(request));
            // A client that goes away in the middle is its own affair.
            let _ = watcher.watch(builder.serve_connection(TokioIo::new(stream), service)).await;
        });
    }
    let _ = tokio::time::timeout(FAREWELL_SPAN_MAX, graceful.shutdown()).await;
}

/// The places for connections.
#[derive(Clone, Debug)]
struct Places {
    common: Arc<Semaphore>,
    reserved: Arc<Semaphore>,
    undecided: Arc<Semaphore>,
}

impl Places {
    fn new(connections_max: usize) -> Places {
        Places {
            common: Arc::new(Semaphore::new(connections_max.saturating_sub(CONNECTIONS_RESERVED).max(1))),
            reserved: Arc::new(Semaphore::new(CONNECTIONS_RESERVED)),
            undecided: Arc::new(Semaphore::new(CONNECTIONS_RESERVED)),
        }
    }

    /// A place, if there is one. When only reserved ones are left, the first bytes must ask for what they are kept for.
    async fn take(&self, stream: &TcpStream) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = self.common.clone().try_acquire_owned() {
            return Some(place);
        }
        let _undecided = self.undecided.clone().try_acquire_owned().ok()?;
        let mut first = [0; 16];
        let peeked = tokio::time::timeout(FIRST_BYTES_SPAN_MAX, stream.peek(&mut first)).await;
        let count = peeked.ok()?.ok()?;
        let asked = &first[..count];
        let reserved = RESERVED_FOR.iter().any(|prefix| asked.starts_with(prefix.as_bytes()));
        if reserved { self.reserved.clone().try_acquire_owned().ok() } else { None }
    }
}
