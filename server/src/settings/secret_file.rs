//! How the secret of a cluster comes from a file.
//!
//! A cluster on one machine's loopback address needs no file: then the secret is one of the user's own, made at
//! random when it is first needed, in a file that only this user may read. So other users of the machine, who can
//! reach the port, cannot speak as a peer.
//!
//! It lies below `$XDG_CONFIG_HOME` or `$HOME/.config`, and not below `$XDG_RUNTIME_DIR`: a node that is started
//! by a service has none, and would share no secret with one that is started by hand.

use std::fs::{self, DirBuilder};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;

use super::mistakes::Wrong;
use super::sources::Environment;
use crate::wire::Secret;

/// No secret is longer.
const SECRET_FILE_MAX: u64 = 64 << 10;

/// A secret, and what may surprise about the file it came from.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) secret: Secret,
    pub(super) warning: Option<String>,
}

/// Writes a new secret, made at random, into a new file that only this user may read. It appears whole or not at
/// all; an error of kind `AlreadyExists` if a file is there.
pub fn create(path: &Path) -> io::Result<()> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // Made with permissions 0600.
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    writeln!(file, "{}", HEXLOWER.encode(&bytes))?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map(drop).map_err(|error| error.error)
}

/// The secret in the file that was named.
pub(super) fn read(path: &Path) -> Result<Read, Wrong> {
    let (secret, mode) = open(path, "name a file that this user may read")?;
    let restrict = format!("chmod 600 {}", path.display());
    if mode & 0o022 != 0 {
        let what = format!("others may write {}", path.display());
        return Err(Wrong::new(what, restrict));
    }
    // Containers mount secrets that everybody in them may read: no mistake there.
    let warning = (mode & 0o004 != 0)
        .then(|| format!("every user of this machine may read the secret in {}: {restrict}", path.display()));
    Ok(Read { secret, warning })
}

/// The secret of this user for clusters on the loopback address; made if there is none.
pub(super) fn of_this_user(environment: Environment<'_>) -> Result<Secret, Wrong> {
    let directory = directory_of_this_user(environment);
    let path = directory.join("loopback-secret");
    let mend = "give the cluster a secret with --peer-secret-file FILE";
    let failed = |error: &io::Error| {
        Wrong::new(format!("no secret of this user can be kept in {}: {error}", path.display()), mend)
    };
    DirBuilder::new().recursive(true).mode(0o700).create(&directory).map_err(|error| failed(&error))?;
    owned_by_this_user(&directory, 0o022, mend)?;
    match create(&path) {
        Ok(()) => {}
        // Another node was first, or an earlier one: then it is the secret of both.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(failed(&error)),
    }
    owned_by_this_user(&path, 0o077, mend)?;
    open(&path, mend).map(|(secret, _)| secret)
}

fn directory_of_this_user(environment: Environment<'_>) -> PathBuf {
    let absolute = |name| environment(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let config = absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")));
    match config {
        Some(config) => config.join("mini-raft"),
        None => std::env::temp_dir().join(format!("mini-raft-{}", rustix::process::geteuid().as_raw())),
    }
}

/// Somebody else who could write there would know the secret, or give one.
fn owned_by_this_user(path: &Path, forbidden_mode: u32, mend: &str) -> Result<(), Wrong> {
    let metadata = fs::symlink_metadata(path)
        .map_err(|error| Wrong::new(format!("{}: {error}", path.display()), mend))?;
    if metadata.file_type().is_symlink() {
        return Err(Wrong::new(format!("{} is a symbolic link", path.display()), mend));
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(Wrong::new(format!("{} belongs to another user", path.display()), mend));
    }
    if metadata.mode() & forbidden_mode != 0 {
        let what = format!("others may read or write {}", path.display());
        return Err(Wrong::new(what, format!("chmod go-rwx {}, or {mend}", path.display())));
    }
    Ok(())
}

/// The secret in a file, and the file's mode.
fn open(path: &Path, mend: &str) -> Result<(Secret, u32), Wrong> {
    let cannot = |error: io::Error| Wrong::new(format!("{} cannot be read: {error}", path.display()), mend);
    let metadata = fs::metadata(path).map_err(cannot)?;
    if !metadata.is_file() || metadata.len() > SECRET_FILE_MAX {
        let what = format!("{} is no file of at most {SECRET_FILE_MAX} bytes", path.display());
        return Err(Wrong::new(what, mend));
    }
    let bytes = fs::read(path).map_err(cannot)?;
    // An editor's end of line is no part of the secret.
    let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let make = format!("make one with: head -c 32 /dev/urandom | base64 > {}", path.display());
    let secret =
        Secret::new(line).map_err(|short| Wrong::new(format!("{}: {short}", path.display()), make))?;
    Ok((secret, metadata.mode()))
}
