//! What can be wrong with a data directory, and what can go wrong while it is written.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::files::Files;

/// Why a data directory is not used: the node must not start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    /// All that is wrong, the first thing first; never empty.
    pub problems: Vec<Problem>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut problems = self.problems.iter();
        if let Some(first) = problems.next() {
            first.fmt(f)?;
        }
        match problems.len() {
            0 => Ok(()),
            more => write!(f, " ({more} more: `mini-raft inspect` lists them)"),
        }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Refusal {
        Refusal { problems: vec![problem] }
    }
}

/// One thing that is wrong with a data directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Of what kind.
    pub kind: ProblemKind,
    /// In which file or directory.
    pub file: PathBuf,
    /// At which byte of it, where that can be said.
    pub offset: Option<u64>,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub found: String,
    /// What a person can do.
    pub advice: &'static str,
}

/// The kinds of [`Problem`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// Bytes are not what was once written.
    Damaged,
    /// A file that must be there is not.
    Missing,
    /// It was written by a later version of this program.
    Newer,
    /// It belongs to another node or to another cluster.
    Foreign,
    /// Another process uses it.
    InUse,
    /// The system does not let this process read or write it.
    Inaccessible,
    /// It is no data directory of this program.
    NotOurs,
}

impl ProblemKind {
    /// Its name, for programs.
    pub fn name(self) -> &'static str {
        match self {
            ProblemKind::Damaged => "damaged",
            ProblemKind::Missing => "missing",
            ProblemKind::Newer => "newer",
            ProblemKind::Foreign => "foreign",
            ProblemKind::InUse => "in_use",
            ProblemKind::Inaccessible => "inaccessible",
            ProblemKind::NotOurs => "not_ours",
        }
    }

    fn advice(self) -> &'static str {
        match self {
            ProblemKind::Damaged | ProblemKind::Missing => {
                "Keep a copy of this directory, then start the node with an empty one: it comes back as a learner, \
                 and its cluster sends it what it lost"
            }
            ProblemKind::Newer => "Start the version of mini-raft that wrote it, or a later one",
            ProblemKind::Foreign => "Give each node the data directory that is its own",
            ProblemKind::InUse => "End that process first, or give this node a directory of its own",
            ProblemKind::Inaccessible => "Let the user of this process read and write it",
            ProblemKind::NotOurs => "Give an empty directory, or one that mini-raft made",
        }
    }
}

impl Problem {
    /// A problem with a file as a whole; `expected` and `found` complete "expected …, found …".
    pub(super) fn new(
        kind: ProblemKind,
        file: PathBuf,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Problem {
        let (expected, found) = (expected.into(), found.into());
        Problem { kind, file, offset: None, expected, found, advice: kind.advice() }
    }

    /// Where it is, what should be there and what is, without the advice.
    pub fn finding(&self) -> String {
        let at = self.offset.map_or(String::new(), |offset| format!(", byte {offset}"));
        format!("{}{at}: expected {}, found {}", self.file.display(), self.expected, self.found)
    }

    /// The same, at this byte.
    pub(super) fn at(self, offset: u64) -> Problem {
        Problem { offset: Some(offset), ..self }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. {}.", self.finding(), self.advice)
    }
}

/// Why a write is not on stable storage.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// There is no room. Nothing of the write was done and the storage is as it was: it may be tried again.
    #[error("{}: the disk is full; make room, and the write can be tried again", file.display())]
    Full {
        /// The file that found no room.
        file: PathBuf,
    },
    /// What is on stable storage is unknown. The process must end at once and never try again: after a failed sync
    /// a second one may report success for bytes that are lost.
    #[error("{}: {operation} failed: {source}; what is on the disk is unknown, so this process must end", file.display())]
    Failed {
        /// The file or directory.
        file: PathBuf,
        /// What was being done.
        operation: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

/// What the system said about a file.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) file: PathBuf,
    pub(super) operation: &'static str,
    pub(super) source: io::Error,
}

impl Trouble {
    /// Names the file and what was being done to it.
    pub(super) fn with(
        files: &dyn Files,
        name: &str,
        operation: &'static str,
    ) -> impl FnOnce(io::Error) -> Trouble {
        let file = place(files, name);
        move |source| Trouble { file, operation, source }
    }

    /// For a step after which it would not be known what is on stable storage.
    pub(super) fn fatal(self) -> WriteError {
        let Trouble { file, operation, source } = self;
        WriteError::Failed { file, operation, source }
    }

    /// For a step that can be undone without a trace.
    pub(super) fn full_or_fatal(self) -> WriteError {
        match self.source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => WriteError::Full { file: self.file },
            _ => self.fatal(),
        }
    }
}

impl From<Trouble> for Problem {
    fn from(trouble: Trouble) -> Problem {
        let expected = format!("{} to be possible", trouble.operation);
        Problem::new(ProblemKind::Inaccessible, trouble.file, expected, format!("\"{}\"", trouble.source))
    }
}

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Refusal {
        Problem::from(trouble).into()
    }
}

/// The path of a file in the data directory.
pub(super) fn place(files: &dyn Files, name: &str) -> PathBuf {
    if name.is_empty() { files.root().to_owned() } else { Path::join(files.root(), name) }
}
