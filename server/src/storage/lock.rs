//! `LOCK`: one process at a time uses a data directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::error::{Problem, ProblemKind, Refusal, Trouble};
use super::files::FILE_MODE;
use super::reading::LOCK;

/// The directory is this process's for as long as this lives.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Lock {
    /// Locks the directory, which is there.
    pub(super) fn take(dir: &Path) -> Result<Lock, Refusal> {
        let path = dir.join(LOCK);
        let trouble = |operation| {
            let file = path.clone();
            move |source| Trouble { file, operation, source }
        };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(FILE_MODE);
        let mut file = options.open(&path).map_err(trouble("opening"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Who holds it is a help, and no more.
                let _ = file.read_to_string(&mut holder);
                let found = match holder.trim() {
                    "" => "another process that uses it".to_owned(),
                    id => format!("process {id}, which uses it"),
                };
                let expected = "a directory that nobody uses";
                return Err(Problem::new(ProblemKind::InUse, dir.to_owned(), expected, found).into());
            }
            Err(TryLockError::Error(source)) => return Err(trouble("locking")(source).into()),
        }
        let id = format!("{}\n", std::process::id());
        let written = file.set_len(0).and_then(|()| file.write_all(id.as_bytes()));
        written.map_err(trouble("writing"))?;
        Ok(Lock { file })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Nobody uses it any more; a number left in it would only be out of date.
        let _ = self.file.set_len(0);
    }
}
