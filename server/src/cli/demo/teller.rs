//! Telling: words for a reader at a pace of their own, or facts for a program.

use std::io::{BufRead, IsTerminal, stdin, stdout};

use anyhow::bail;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::super::text::{Style, wrap};
use super::super::{Format, pipe};

/// Lines are no longer, so that they can be read from the back of a room.
const WIDTH: usize = 78;

/// Who says when it goes on.
pub(super) enum Pace {
    /// Nobody: it goes on by itself.
    Auto,
    /// A reader, by a line; it has the lines that were typed, and ends with them.
    Reader(mpsc::UnboundedReceiver<()>),
}

impl Pace {
    /// That of a reader at the terminal; without one, it goes on by itself.
    pub(super) fn of_reader() -> Pace {
        if !stdin().is_terminal() || !stdout().is_terminal() {
            return Pace::Auto;
        }
        let (sender, receiver) = mpsc::unbounded_channel();
        // It ends with the program: reading a line cannot be given up.
        std::thread::spawn(move || {
            for line in stdin().lock().lines() {
                if line.is_err() || sender.send(()).is_err() {
                    return;
                }
            }
        });
        Pace::Reader(receiver)
    }
}

/// Tells the story.
pub(super) struct Teller {
    format: Format,
    pace: Pace,
    style: Style,
    acts: Vec<(&'static str, Vec<Value>)>,
}

impl Teller {
    pub(super) fn new(format: Format, pace: Pace) -> Teller {
        Teller { format, pace, style: Style::of_stdout(), acts: Vec::new() }
    }

    /// An act begins.
    pub(super) fn act(&mut self, name: &'static str) -> anyhow::Result<()> {
        self.acts.push((name, Vec::new()));
        let title = format!("Act {}: {name}", self.acts.len());
        let line = "━".repeat(title.chars().count());
        self.print(&format!("\n{}\n{}\n", self.style.bold(&title), self.style.dim(&line)))
    }

    /// Something that the reader should know.
    pub(super) fn say(&self, text: &str) -> anyhow::Result<()> {
        self.print(&format!("\n{}", wrap(text, "", WIDTH)))
    }

    /// What is being done right now.
    pub(super) fn now(&self, text: &str) -> anyhow::Result<()> {
        self.print(&format!("  {} {text}\n", self.style.dim("▸")))
    }

    /// Something that was measured, and whether it is as Raft says.
    ///
    /// # Errors
    /// When it is not: then the story is not true.
    pub(super) fn fact(&mut self, is_true: bool, text: &str, measured: Value) -> anyhow::Result<()> {
        let (_, facts) = self.acts.last_mut().expect("a fact is told in an act");
        facts.push(json!({ "ok": is_true, "text": text, "measured": measured }));
        let sign = if is_true { self.style.good("✓") } else { self.style.bad("✗") };
        let lines = wrap(text, "    ", WIDTH);
        self.print(&format!("  {sign} {}", &lines["    ".len()..]))?;
        if !is_true {
            bail!("this should not have happened: {text}");
        }
        Ok(())
    }

    /// Lines as they are.
    pub(super) fn show(&self, lines: &str) -> anyhow::Result<()> {
        self.print(lines)
    }

    /// Waits until the reader wants to go on.
    pub(super) async fn pause(&mut self) -> anyhow::Result<()> {
        let Pace::Reader(lines) = &mut self.pace else {
            return Ok(());
        };
        pipe::to_stdout(&self.style.dim("\n  Enter goes on "))?;
        if lines.recv().await.is_none() {
            self.pace = Pace::Auto;
        }
        Ok(())
    }

    /// The story is over.
    pub(super) fn end(&self, told: Result<(), &anyhow::Error>) -> anyhow::Result<()> {
        if self.format != Format::Json {
            return Ok(());
        }
        let acts: Vec<Value> =
            self.acts.iter().map(|(name, facts)| json!({ "name": name, "facts": facts })).collect();
        let why = told.err().map(|error| format!("{error:#}"));
        let value = json!({ "ok": why.is_none(), "why": why, "acts": acts });
        Ok(pipe::to_stdout(&format!("{value:#}\n"))?)
    }

    fn print(&self, text: &str) -> anyhow::Result<()> {
        match self.format {
            Format::Text => Ok(pipe::to_stdout(text)?),
            Format::Json => Ok(()),
        }
    }
}
