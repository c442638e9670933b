//! `mini-raft watch`: a cluster on a screen, as it changes.
//!
//! [`history`] makes rates of what the nodes count, [`events`] says what changed from one look to the next, [`draw`]
//! puts all of it on the screen. Here is what goes on in time: looking, keys, the end.

mod draw;
mod events;
mod history;
mod look;
mod panels;

use std::io::{IsTerminal, stdout};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, bail};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::crossterm::terminal;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::target::{STATUS_MAX, Target, duration};
use super::{pipe, runtime};
use crate::client::view::ClusterView;
use crate::client::{Http, PeerUrl};
use events::Events;
use history::History;
use look::Look;

/// A frame as text is this large, where there is no terminal that says how large it is.
const USUAL_SIZE: (u16, u16) = (100, 30);

/// Watch a cluster: who leads, how far each node is, how much is done, what happened.
///
/// Looks at all nodes again and again, and draws. q, Esc or Ctrl-C ends it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mini-raft watch
  mini-raft watch --url http://127.0.0.1:8000 --interval 2s
  NO_COLOR=1 mini-raft watch --ascii
  mini-raft watch --once

Exit status:
  0  it was ended
  2  the command line is wrong, there is no cluster in that directory, or no terminal
  3  of the nodes at --url none answers")]
pub(super) struct Args {
    #[command(flatten)]
    target: Target,

    /// The time from one look to the next: seconds, or 500ms, 2m.
    #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = duration)]
    interval: Duration,

    /// Print one frame as text, after two looks, and end.
    #[arg(long)]
    once: bool,

    /// Draw with ASCII only; otherwise where the locale is not UTF-8.
    #[arg(long)]
    ascii: bool,
}

/// All that is drawn.
struct Board {
    /// What is watched.
    name: String,
    /// The last look; none before the first.
    view: Option<ClusterView>,
    /// When that was.
    looked_at: SystemTime,
    history: History,
    events: Events,
    look: Look,
}

impl Board {
    fn new(args: &Args, look: Look) -> Board {
        Board {
            name: args.target.name(),
            view: None,
            looked_at: SystemTime::now(),
            history: History::default(),
            events: Events::default(),
            look,
        }
    }

    fn take(&mut self, seen: Seen) {
        self.events.compare(self.view.as_ref(), &seen.view, seen.wall);
        self.history.add(&seen.view, seen.at);
        self.looked_at = seen.wall;
        self.view = Some(seen.view);
    }
}

/// One look at all nodes.
struct Seen {
    view: ClusterView,
    /// When they were asked. Those that answer do so at once: what they counted is of this moment, even if another
    /// node made the look last longer.
    at: Instant,
    wall: SystemTime,
}

impl Seen {
    async fn now(http: &Http, nodes: &[PeerUrl], within: Duration) -> Seen {
        let (at, wall) = (Instant::now(), SystemTime::now());
        Seen { view: ClusterView::of(http, nodes, within).await, at, wall }
    }
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if args.once {
        return once(args);
    }
    if !stdout().is_terminal() {
        bail!("there is no terminal to draw on: --once prints one frame as text");
    }
    runtime::block_on(watch(args))?;
    Ok(ExitCode::SUCCESS)
}

fn once(args: &Args) -> anyhow::Result<ExitCode> {
    let mut board = Board::new(args, Look::without_colour(args.ascii));
    runtime::block_on(async {
        let (http, nodes) = find(args).await?;
        board.take(Seen::now(&http, &nodes, STATUS_MAX).await);
        // Rates are of two looks.
        tokio::time::sleep(args.interval).await;
        board.take(Seen::now(&http, &nodes, STATUS_MAX).await);
        Ok(())
    })?;
    let (width, height) = terminal::size().unwrap_or(USUAL_SIZE);
    pipe::to_stdout(&as_text(&board, width, height))?;
    Ok(ExitCode::SUCCESS)
}

/// The frame as lines of text, without spaces at their ends.
fn as_text(board: &Board, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("it draws in memory");
    terminal.draw(|frame| draw::draw(frame, board)).expect("it draws in memory");
    let buffer = terminal.backend().buffer();
    let mut text = String::new();
    for y in 0..height {
        let mut line = String::new();
        let mut x = 0;
        while x < width {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            // A wide character stands in two cells, of which the second is empty.
            x += ratatui::text::Span::raw(symbol).width().max(1) as u16;
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.trim_end().to_owned() + "\n"
}

async fn find(args: &Args) -> anyhow::Result<(Http, Vec<PeerUrl>)> {
    let http = Http::new();
    let nodes = args.target.nodes(&http).await?;
    Ok((http, nodes))
}

async fn watch(args: &Args) -> anyhow::Result<()> {
    let (http, nodes) = find(args).await?;
    let mut looks = look_again_and_again(http, nodes, args.interval);
    let mut board = Board::new(args, Look::of_terminal(args.ascii));
    let mut terminated = signal(SignalKind::terminate()).context("cannot listen to signals")?;
    let mut hung_up = signal(SignalKind::hangup()).context("cannot listen to signals")?;
    // Also after a panic: `try_init` sees to that.
    let mut terminal = ratatui::try_init().context("cannot draw on this terminal")?;
    let mut keys = keys();
    let result = loop {
        if let Err(error) = terminal.draw(|frame| draw::draw(frame, &board)) {
            break Err(error).context("cannot draw on this terminal");
        }
        tokio::select! {
            Some(seen) = looks.recv() => board.take(seen),
            key = keys.recv() => match key {
                Some(Ok(Event::Key(key))) if ends(key) => break Ok(()),
                // Any other key, or another size: it is drawn again.
                Some(Ok(_)) => {}
                Some(Err(error)) => break Err(error).context("cannot read keys"),
                None => break Ok(()),
            },
            _ = terminated.recv() => break Ok(()),
            _ = hung_up.recv() => break Ok(()),
        }
    };
    ratatui::restore();
    result
}

fn ends(key: KeyEvent) -> bool {
    let is_ctrl_c = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
    key.kind == KeyEventKind::Press && (is_ctrl_c || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc))
}

fn look_again_and_again(http: Http, nodes: Vec<PeerUrl>, interval: Duration) -> mpsc::Receiver<Seen> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(interval);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            // One that does not answer must not hold up the picture of the others.
            let seen = Seen::now(&http, &nodes, interval.min(STATUS_MAX)).await;
            if sender.send(seen).await.is_err() {
                return;
            }
        }
    });
    receiver
}

/// Keys and changes of size, from a thread that ends with the program: reading them cannot be given up.
fn keys() -> mpsc::UnboundedReceiver<std::io::Result<Event>> {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        loop {
            let event = event::read();
            let is_last = event.is_err();
            if sender.send(event).is_err() || is_last {
                return;
            }
        }
    });
    receiver
}

#[cfg(test)]
mod tests;
