//! What is wrong with settings, where, and how to mend it.

use std::fmt;
use std::path::PathBuf;

/// Where a value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a flag, by its key.
    Flag(&'static str),
    /// In an environment variable, by the key.
    Variable(&'static str),
    /// In the file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1; `None` for the file as a whole.
        line: Option<usize>,
        /// The key there; empty if none can be named.
        key: String,
    },
    /// Nowhere: nobody gave the setting with this key.
    Missing(&'static str),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Flag(key) => f.write_str(&flag(key)),
            Place::Variable(key) => f.write_str(&variable(key)),
            Place::File { path, line, key } => {
                write!(f, "{}", path.display())?;
                line.map_or(Ok(()), |line| write!(f, ":{line}"))?;
                if key.is_empty() { Ok(()) } else { write!(f, ": {key}") }
            }
            Place::Missing(key) => write!(f, "{}, {} or {key} in the file", flag(key), variable(key)),
        }
    }
}

/// How a setting is spelled as a flag.
pub fn flag(key: &str) -> String {
    format!("--{}", key.replace('_', "-"))
}

/// How a setting is spelled as an environment variable.
pub fn variable(key: &str) -> String {
    format!("MINI_RAFT_{}", key.to_ascii_uppercase())
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where it stands.
    pub place: Place,
    /// What is wrong there.
    pub what: String,
    /// What to do about it.
    pub mend: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.place, self.what, self.mend)
    }
}

/// All that is wrong: at least one thing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Mistakes(pub Vec<Mistake>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => write!(f, "a setting is wrong: {one}"),
            all => {
                write!(f, "{} settings are wrong:", all.len())?;
                all.iter().try_for_each(|mistake| write!(f, "\n  {mistake}"))
            }
        }
    }
}

/// What is wrong with a value, before it is known where that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) what: String,
    pub(super) mend: String,
}

impl Wrong {
    pub(super) fn new(what: impl Into<String>, mend: impl Into<String>) -> Wrong {
        Wrong { what: what.into(), mend: mend.into() }
    }

    pub(super) fn at(self, place: Place) -> Mistake {
        Mistake { place, what: self.what, mend: self.mend }
    }
}
