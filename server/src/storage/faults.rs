//! A disk that fails on purpose, so that tests of whole processes can see what becomes of them.
//!
//! What fails is said in JSON, in a file that is looked at before each operation: it may be written, changed and
//! removed while the process runs. It holds a list of faults:
//!
//! ```json
//! [{ "operation": "sync", "file": "log/", "skip": 10, "times": 1, "delay_ms": 2000, "error": "io" }]
//! ```
//!
//! All members but `operation` can be left out: then any file is meant, from the first operation on, always, without
//! a delay, and with success.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;

use super::files::{FileHandle, Files};

/// One way in which a disk fails.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What fails.
    pub operation: Operation,
    /// Only files whose path below the data directory begins so.
    #[serde(default)]
    pub file: String,
    /// This many of these operations go well first.
    #[serde(default)]
    pub skip: u64,
    /// Then this many fail; all, if it is not said.
    #[serde(default)]
    pub times: Option<u64>,
    /// How long the operation takes, in milliseconds, beside its own time.
    #[serde(default)]
    pub delay_ms: u64,
    /// With what it fails; with nothing, if it is not said. Nothing of it is done then.
    #[serde(default)]
    pub error: Option<Failure>,
}

/// What is done to a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// A file is made or emptied.
    Create,
    /// Bytes are written.
    Write,
    /// A file or a directory is synced.
    Sync,
    /// A file or a directory gets another name.
    Rename,
    /// A file is removed.
    Remove,
}

/// With what an operation fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The device failed (EIO).
    Io,
    /// No space is left (ENOSPC).
    Full,
    /// The file system is read-only (EROFS).
    ReadOnly,
    /// A signal came in between (EINTR).
    Interrupted,
    /// No error, but only half of the bytes are written; other operations are done.
    Short,
}

/// The faults of a disk, shared with whoever makes them.
#[derive(Debug, Default)]
pub struct Faults {
    source: Option<PathBuf>,
    armed: Mutex<Armed>,
}

#[derive(Debug, Default)]
struct Armed {
    text: Vec<u8>,
    /// Each with how many operations it has met.
    faults: Vec<(Fault, u64)>,
}

impl Faults {
    /// These faults.
    pub fn new(faults: Vec<Fault>) -> Faults {
        Faults { source: None, armed: Mutex::new(Armed::of(faults)) }
    }

    /// The faults in this file, from now on; none while there is no such file.
    pub fn from_file(path: &Path) -> io::Result<Faults> {
        let faults = Faults { source: Some(path.to_owned()), armed: Mutex::default() };
        faults.look_again()?;
        Ok(faults)
    }

    /// Replaces them.
    pub fn set(&self, faults: Vec<Fault>) {
        *self.armed.lock().unwrap_or_else(PoisonError::into_inner) = Armed::of(faults);
    }

    fn look_again(&self) -> io::Result<()> {
        let Some(path) = &self.source else { return Ok(()) };
        let text = match fs::read(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => b"[]".to_vec(),
            read => read?,
        };
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        if armed.text != text {
            let faults = serde_json::from_slice(&text)
                .map_err(|error| io::Error::other(format!("{}: {error}", path.display())))?;
            *armed = Armed { text, ..Armed::of(faults) };
        }
        Ok(())
    }

    /// An operation is about to be done; whether only in part.
    fn meet(&self, operation: Operation, name: &str) -> io::Result<Extent> {
        self.look_again()?;
        let mut delay_ms = 0;
        let mut failure = None;
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        for (fault, met) in &mut armed.faults {
            if fault.operation != operation || !name.starts_with(&fault.file) {
                continue;
            }
            let place = *met;
            *met += 1;
            if place >= fault.skip && fault.times.is_none_or(|times| place - fault.skip < times) {
                delay_ms += fault.delay_ms;
                failure = failure.or(fault.error);
            }
        }
        drop(armed);
        if delay_ms > 0 {
            take_time(Duration::from_millis(delay_ms));
        }
        let number = match failure {
            None => return Ok(Extent::Whole),
            Some(Failure::Short) => return Ok(Extent::Half),
            Some(Failure::Io) => rustix::io::Errno::IO,
            Some(Failure::Full) => rustix::io::Errno::NOSPC,
            Some(Failure::ReadOnly) => rustix::io::Errno::ROFS,
            Some(Failure::Interrupted) => rustix::io::Errno::INTR,
        };
        Err(number.into())
    }
}

impl Armed {
    fn of(faults: Vec<Fault>) -> Armed {
        Armed { text: Vec::new(), faults: faults.into_iter().map(|fault| (fault, 0)).collect() }
    }
}

enum Extent {
    Whole,
    Half,
}

#[expect(clippy::disallowed_methods, reason = "a slow disk is a thread that waits for a time")]
fn take_time(delay: Duration) {
    std::thread::sleep(delay);
}

/// Files with faults.
pub(super) struct FaultyFiles {
    pub(super) files: Box<dyn Files>,
    pub(super) faults: Arc<Faults>,
}

struct FaultyHandle {
    file: Box<dyn FileHandle>,
    faults: Arc<Faults>,
    name: String,
}

impl FaultyFiles {
    fn handle(&self, file: Box<dyn FileHandle>, name: &str) -> Box<dyn FileHandle> {
        Box::new(FaultyHandle { file, faults: self.faults.clone(), name: name.to_owned() })
    }
}

impl Files for FaultyFiles {
    fn root(&self) -> &Path {
        self.files.root()
    }

    fn list(&self, dir: &str) -> io::Result<Option<Vec<String>>> {
        self.files.list(dir)
    }

    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        self.files.read(name)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn FileHandle>> {
        self.faults.meet(Operation::Create, name)?;
        Ok(self.handle(self.files.create(name)?, name))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn FileHandle>> {
        Ok(self.handle(self.files.open(name)?, name))
    }

    fn make_dir(&self, dir: &str) -> io::Result<()> {
        self.faults.meet(Operation::Create, dir)?;
        self.files.make_dir(dir)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.faults.meet(Operation::Rename, to)?;
        self.files.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.faults.meet(Operation::Remove, name)?;
        self.files.remove(name)
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        self.faults.meet(Operation::Sync, dir)?;
        self.files.sync_dir(dir)
    }
}

impl FileHandle for FaultyHandle {
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let count = match self.faults.meet(Operation::Write, &self.name)? {
            Extent::Whole => bytes.len(),
            Extent::Half => bytes.len().div_ceil(2),
        };
        self.file.write_at(&bytes[..count], offset)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.faults.meet(Operation::Sync, &self.name)?;
        self.file.sync()
    }
}
