//! All that storage does to a file system, small enough for a test to stand in for one.
//!
//! Names are relative to the data directory, with `/` between their parts.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Who may read the files may read what clients wrote: this user alone.
pub(super) const FILE_MODE: u32 = 0o600;
/// The same of the directories.
pub(super) const DIR_MODE: u32 = 0o700;

/// A data directory.
///
/// What an operation did is on stable storage only after the sync that belongs to it: [`FileHandle::sync`] for the
/// bytes of a file, [`sync_dir`](Files::sync_dir) for names. Until then a crash may leave it done, undone, or, if
/// it is a write, done in part.
pub trait Files: Send {
    /// The path of the directory, for messages.
    fn root(&self) -> &Path;
    /// The names in a directory (`""` is the data directory itself), sorted; `None` if there is none.
    fn list(&self, dir: &str) -> io::Result<Option<Vec<String>>>;
    /// All of a file; `None` if there is none.
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>>;
    /// A file to write into, new or emptied.
    fn create(&self, name: &str) -> io::Result<Box<dyn FileHandle>>;
    /// A file to write into, as it is.
    fn open(&self, name: &str) -> io::Result<Box<dyn FileHandle>>;
    /// A new directory; it is no error if it is there.
    fn make_dir(&self, dir: &str) -> io::Result<()>;
    /// Gives a file or directory another name; a file of that name is replaced.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Makes the names in a directory durable.
    fn sync_dir(&self, dir: &str) -> io::Result<()>;
}

/// A file that is open for writing.
pub trait FileHandle: Send {
    /// Writes some of these bytes at this offset, and says how many; the file grows where it must.
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<usize>;
    /// Makes the bytes of the file durable, and its size.
    fn sync(&mut self) -> io::Result<()>;
}

/// Writes all of these bytes: goes on after a short write and after an interruption.
pub(super) fn write_all_at(file: &mut dyn FileHandle, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write_at(bytes, offset) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => {
                bytes = &bytes[count..];
                offset += count as u64;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A directory of the real file system.
#[derive(Debug)]
pub struct RealFiles {
    root: PathBuf,
}

impl RealFiles {
    /// The directory at this path, whether it is there or not.
    pub fn at(root: &Path) -> RealFiles {
        RealFiles { root: root.to_owned() }
    }

    fn path(&self, name: &str) -> PathBuf {
        // Joining an empty name would add a slash, which shows in messages.
        if name.is_empty() { self.root.clone() } else { self.root.join(name) }
    }
}

impl Files for RealFiles {
    fn root(&self) -> &Path {
        &self.root
    }

    fn list(&self, dir: &str) -> io::Result<Option<Vec<String>>> {
        let Some(entries) = if_there(fs::read_dir(self.path(dir)))? else { return Ok(None) };
        let mut names = Vec::new();
        for entry in entries {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(Some(names))
    }

    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        if_there(fs::read(self.path(name)))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn FileHandle>> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(FILE_MODE)
            .open(self.path(name))?;
        Ok(Box::new(RealFile(file)))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn FileHandle>> {
        let file = OpenOptions::new().write(true).open(self.path(name))?;
        Ok(Box::new(RealFile(file)))
    }

    fn make_dir(&self, dir: &str) -> io::Result<()> {
        match DirBuilder::new().mode(DIR_MODE).create(self.path(dir)) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            result => result,
        }
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path(from), self.path(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path(name))
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        File::open(self.path(dir))?.sync_all()
    }
}

#[derive(Debug)]
struct RealFile(File);

impl FileHandle for RealFile {
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.0.write_at(bytes, offset)
    }

    fn sync(&mut self) -> io::Result<()> {
        // fdatasync: the size is part of it, the time of the last change is not.
        self.0.sync_data()
    }
}

fn if_there<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
