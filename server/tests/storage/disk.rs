//! A file system in memory that forgets in a crash what was not synced, and fails where it is told to.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use mini_raft_server::storage::{FileHandle, Files};

use super::rng::Rng;

/// What reaches a disk whole or not at all.
const SECTOR: usize = 512;

/// What a power failure leaves of what was not synced.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Loss {
    /// All of it reached the disk.
    Nothing,
    /// None of it.
    All,
    /// All new bytes, and no new names.
    Names,
    /// All new names, and no new bytes.
    Bytes,
    /// All but what follows the first bytes of the last write, of which this many parts in 16 arrived.
    TailOfLastWrite(usize),
    /// Each sector and each name by chance.
    Some(u64),
}

/// A disk; clones are the same disk.
#[derive(Clone, Default)]
pub(crate) struct Disk(Arc<Mutex<State>>);

/// How an operation of the disk goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// This operation and all later ones are not done: the process is gone.
    Death,
    /// This one fails, and nothing of it is done.
    Error(ErrorKind),
    /// From this one on, nothing that needs room succeeds.
    Full,
    /// This write takes only half of its bytes; an operation of another kind is interrupted by nothing.
    Short,
}

#[derive(Clone, Default)]
struct State {
    nodes: Vec<Node>,
    operations: usize,
    failure: Option<(usize, Failure)>,
    dead: bool,
    full: bool,
    log: Vec<String>,
}

#[derive(Clone)]
enum Node {
    Dir { durable: Names, now: Names, pending: Vec<NameChange> },
    File { durable: Vec<u8>, now: Vec<u8>, pending: Vec<(usize, Vec<u8>)> },
}

type Names = BTreeMap<String, usize>;

#[derive(Clone)]
enum NameChange {
    Set(String, usize),
    Unset(String),
    Rename(String, String, usize),
}

const ROOT: usize = 0;

impl Disk {
    pub(crate) fn new() -> Disk {
        let root = Node::Dir { durable: Names::new(), now: Names::new(), pending: Vec::new() };
        Disk(Arc::new(Mutex::new(State { nodes: vec![root], ..State::default() })))
    }

    pub(crate) fn files(&self) -> Box<dyn Files> {
        Box::new(self.clone())
    }

    /// The same content on a disk of its own.
    pub(crate) fn copy(&self) -> Disk {
        Disk(Arc::new(Mutex::new(self.state().clone())))
    }

    /// The operation with this number, from 0, goes wrong.
    pub(crate) fn fail_at(&self, operation: usize, failure: Failure) {
        self.state().failure = Some((operation, failure));
    }

    /// There is room again.
    pub(crate) fn make_room(&self) {
        let mut state = self.state();
        (state.full, state.failure) = (false, None);
    }

    pub(crate) fn operations(&self) -> usize {
        self.state().operations
    }

    /// What was done, in words.
    pub(crate) fn log(&self) -> Vec<String> {
        self.state().log.clone()
    }

    /// The process was killed, and the system lives on: nothing is lost, nothing is synced.
    pub(crate) fn after_kill(&self) -> Disk {
        let disk = self.copy();
        let mut state = disk.state();
        (state.dead, state.full, state.failure) = (false, false, None);
        drop(state);
        disk
    }

    /// The power failed.
    pub(crate) fn after_power_failure(&self, loss: Loss) -> Disk {
        let disk = self.after_kill();
        let mut rng = Rng::new(if let Loss::Some(seed) = loss { seed } else { 0 });
        for node in &mut disk.state().nodes {
            match node {
                Node::Dir { durable, now, pending } => {
                    for change in pending.drain(..) {
                        let stays = match loss {
                            Loss::Nothing | Loss::Bytes | Loss::TailOfLastWrite(_) => true,
                            Loss::All | Loss::Names => false,
                            Loss::Some(_) => rng.coin(),
                        };
                        if stays {
                            change.apply(durable);
                        }
                    }
                    now.clone_from(durable);
                }
                Node::File { durable, now, pending } => {
                    let last = pending.len().saturating_sub(1);
                    for (place, (offset, bytes)) in pending.drain(..).enumerate() {
                        match loss {
                            Loss::Nothing | Loss::Names => put(durable, offset, &bytes),
                            Loss::All | Loss::Bytes => {}
                            Loss::TailOfLastWrite(parts) if place == last => {
                                put(durable, offset, &bytes[..bytes.len() * parts / 16]);
                            }
                            Loss::TailOfLastWrite(_) => put(durable, offset, &bytes),
                            Loss::Some(_) => put_some_sectors(durable, offset, &bytes, &mut rng),
                        }
                    }
                    now.clone_from(durable);
                }
            }
        }
        disk
    }

    /// The paths of all files.
    pub(crate) fn paths(&self) -> Vec<String> {
        let state = self.state();
        let mut paths = Vec::new();
        let mut dirs = vec![(String::new(), ROOT)];
        while let Some((prefix, dir)) = dirs.pop() {
            let Node::Dir { now, .. } = &state.nodes[dir] else {
                unreachable!("only directories are pushed")
            };
            for (name, id) in now {
                match &state.nodes[*id] {
                    Node::Dir { .. } => dirs.push((format!("{prefix}{name}/"), *id)),
                    Node::File { .. } => paths.push(format!("{prefix}{name}")),
                }
            }
        }
        paths.sort();
        paths
    }

    pub(crate) fn bytes(&self, path: &str) -> Vec<u8> {
        self.read(path).expect("the disk reads").expect("the file is there")
    }

    /// Changes a file behind the back of whoever uses it.
    pub(crate) fn change(&self, path: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.state();
        let id = state.find(path).expect("the file is there");
        let Node::File { durable, now, pending } = &mut state.nodes[id] else {
            panic!("{path} is a directory")
        };
        change(now);
        durable.clone_from(now);
        pending.clear();
    }

    /// Removes a file or a directory, with all in it, behind the back of whoever uses it.
    pub(crate) fn take_away(&self, path: &str) {
        let (dir, name) = split(path);
        let mut state = self.state();
        let dir = state.find(dir).expect("the directory is there");
        let Node::Dir { durable, now, .. } = &mut state.nodes[dir] else { panic!("{path} is in a file") };
        now.remove(name).expect("it is there");
        durable.remove(name);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test panics with the disk in its hand")
    }
}

impl State {
    fn find(&self, path: &str) -> Option<usize> {
        path.split('/').filter(|part| !part.is_empty()).try_fold(ROOT, |id, part| match &self.nodes[id] {
            Node::Dir { now, .. } => now.get(part).copied(),
            Node::File { .. } => None,
        })
    }

    /// An operation begins; what goes wrong with it.
    fn begin(&mut self, what: String, needs_room: bool) -> io::Result<Option<Failure>> {
        let failure = self.failure.filter(|(at, _)| *at == self.operations).map(|(_, failure)| failure);
        self.operations += 1;
        self.log.push(what);
        match failure {
            Some(Failure::Death) => self.dead = true,
            Some(Failure::Full) => self.full = true,
            Some(Failure::Error(kind)) => return Err(kind.into()),
            Some(Failure::Short) | None => {}
        }
        if self.dead {
            return Err(io::Error::other("the process is gone"));
        }
        if self.full && needs_room {
            return Err(ErrorKind::StorageFull.into());
        }
        Ok(failure)
    }

    fn change_name(&mut self, dir: &str, change: NameChange) -> io::Result<()> {
        let dir = self.find(dir).ok_or(ErrorKind::NotFound)?;
        let Node::Dir { now, pending, .. } = &mut self.nodes[dir] else {
            return Err(ErrorKind::NotADirectory.into());
        };
        change.apply(now);
        pending.push(change);
        Ok(())
    }

    fn add(&mut self, path: &str, node: Node) -> io::Result<usize> {
        let id = self.nodes.len();
        self.nodes.push(node);
        let (dir, name) = split(path);
        self.change_name(dir, NameChange::Set(name.to_owned(), id))?;
        Ok(id)
    }
}

impl NameChange {
    fn apply(&self, names: &mut Names) {
        match self {
            NameChange::Set(name, id) => {
                names.insert(name.clone(), *id);
            }
            NameChange::Unset(name) => {
                names.remove(name);
            }
            NameChange::Rename(from, to, id) => {
                names.remove(from);
                names.insert(to.clone(), *id);
            }
        }
    }
}

impl Files for Disk {
    fn root(&self) -> &Path {
        Path::new("/disk")
    }

    fn list(&self, dir: &str) -> io::Result<Option<Vec<String>>> {
        let state = self.state();
        Ok(state.find(dir).and_then(|id| match &state.nodes[id] {
            Node::Dir { now, .. } => Some(now.keys().cloned().collect()),
            Node::File { .. } => None,
        }))
    }

    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let state = self.state();
        Ok(state.find(name).and_then(|id| match &state.nodes[id] {
            Node::File { now, .. } => Some(now.clone()),
            Node::Dir { .. } => None,
        }))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn FileHandle>> {
        let mut state = self.state();
        state.begin(format!("create {name}"), true)?;
        // An emptied file is modelled as a new one: that the old bytes come back is not asked of anybody.
        let id = state.add(name, Node::File { durable: vec![], now: vec![], pending: vec![] })?;
        Ok(Box::new(Handle { disk: self.clone(), id, name: name.to_owned() }))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn FileHandle>> {
        let id = self.state().find(name).ok_or(ErrorKind::NotFound)?;
        Ok(Box::new(Handle { disk: self.clone(), id, name: name.to_owned() }))
    }

    fn make_dir(&self, dir: &str) -> io::Result<()> {
        let mut state = self.state();
        state.begin(format!("make {dir}"), true)?;
        if state.find(dir).is_none() {
            state.add(dir, Node::Dir { durable: Names::new(), now: Names::new(), pending: vec![] })?;
        }
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.state();
        state.begin(format!("rename {from} {to}"), false)?;
        let id = state.find(from).ok_or(ErrorKind::NotFound)?;
        let ((dir, from), (to_dir, to)) = (split(from), split(to));
        assert_eq!(dir, to_dir, "a file moves to another directory");
        state.change_name(dir, NameChange::Rename(from.to_owned(), to.to_owned(), id))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.state();
        state.begin(format!("remove {name}"), false)?;
        state.find(name).ok_or(ErrorKind::NotFound)?;
        let (dir, name) = split(name);
        state.change_name(dir, NameChange::Unset(name.to_owned()))
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        let mut state = self.state();
        state.begin(format!("sync directory {dir:?}"), false)?;
        let id = state.find(dir).ok_or(ErrorKind::NotFound)?;
        let Node::Dir { durable, now, pending } = &mut state.nodes[id] else {
            return Err(ErrorKind::NotADirectory.into());
        };
        durable.clone_from(now);
        pending.clear();
        Ok(())
    }
}

struct Handle {
    disk: Disk,
    id: usize,
    name: String,
}

impl FileHandle for Handle {
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let mut state = self.disk.state();
        let what = format!("write {} bytes at {offset} of {}", bytes.len(), self.name);
        let Node::File { now, .. } = &state.nodes[self.id] else { unreachable!("a handle is of a file") };
        let needs_room = offset as usize + bytes.len() > now.len();
        let failure = state.begin(what, needs_room)?;
        let count = if failure == Some(Failure::Short) { bytes.len().div_ceil(2) } else { bytes.len() };
        let Node::File { now, pending, .. } = &mut state.nodes[self.id] else {
            unreachable!("a handle is of a file")
        };
        put(now, offset as usize, &bytes[..count]);
        pending.push((offset as usize, bytes[..count].to_vec()));
        Ok(count)
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.state();
        state.begin(format!("sync {}", self.name), false)?;
        let Node::File { durable, now, pending } = &mut state.nodes[self.id] else {
            unreachable!("a handle is of a file")
        };
        durable.clone_from(now);
        pending.clear();
        Ok(())
    }
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn put(file: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    file.resize(file.len().max(offset + bytes.len()), 0);
    file[offset..offset + bytes.len()].copy_from_slice(bytes);
}

fn put_some_sectors(file: &mut Vec<u8>, offset: usize, bytes: &[u8], rng: &mut Rng) {
    let mut at = 0;
    while at < bytes.len() {
        let end = bytes.len().min(at + SECTOR - (offset + at) % SECTOR);
        if rng.coin() {
            put(file, offset + at, &bytes[at..end]);
        }
        at = end;
    }
}
