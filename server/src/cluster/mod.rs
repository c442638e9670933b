//! A cluster of processes on this machine: starting, stopping, finding it again.
//!
//! A cluster lives in a directory: `cluster.json` says which nodes it has and which process is which ([`manifest`]),
//! `secret` is what its nodes know each other by, and each node has a directory for its data and a file for what it
//! prints. Nothing of it outlives the directory, and two clusters in two directories do not know of each other.
//!
//! A process is known by its pid and the moment it began ([`process`]): a pid that now belongs to somebody else is
//! never signalled. One command at a time works in a directory; the others are told so.

pub mod manifest;
pub mod process;

mod start;
mod stop;

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail};
use data_encoding::HEXLOWER;

use crate::client::{NodeUrl, PeerUrl};
use crate::settings::secret_file;
use manifest::{Manifest, Member};
use process::{Process, Signal};

pub use start::{Failed, Shape, Started};
pub use stop::Stopped;

/// A cluster in a directory, while this program works with it: nobody else can meanwhile.
#[derive(Debug)]
pub struct Cluster {
    dir: PathBuf,
    manifest: Manifest,
    /// The program that a node is, started as `PROGRAM node …`.
    program: PathBuf,
    /// Processes that this one started: it has to take note of their end, or they stay as zombies.
    children: Vec<Child>,
    _lock: File,
}

impl Cluster {
    /// The cluster in this directory; its nodes are started with `program`.
    ///
    /// # Errors
    /// When there is none, or another command is at work with it.
    pub fn open(dir: &Path, program: &Path) -> anyhow::Result<Cluster> {
        let manifest = Manifest::load(dir)?;
        Ok(Cluster::with(manifest, dir, program, lock(dir)?))
    }

    /// The cluster in this directory; where there is none, a new one of this shape. Nothing is started.
    ///
    /// # Errors
    /// When the one that is there has another shape, or the directory cannot be used.
    pub fn open_or_create(dir: &Path, shape: &Shape, program: &Path) -> anyhow::Result<Cluster> {
        let in_dir = || format!("cannot use the directory {}", dir.display());
        // Before anything is made: what cannot be started leaves nothing behind.
        let new_ports = if Manifest::exists(dir) { None } else { Some(shape.free_ports()?) };
        // Who may read the directory may read the logs and the data, and what clients wrote is nobody else's.
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).with_context(in_dir)?;
        let dir = &dir.canonicalize().with_context(in_dir)?;
        let lock = lock(dir)?;
        let mut manifest = match new_ports {
            // Another command may have made it meanwhile.
            Some(ports) if !Manifest::exists(dir) => {
                make_secret(&dir.join("secret"))?;
                Manifest::new(random_hex(8)?, &ports)
            }
            _ => {
                let manifest = Manifest::load(dir)?;
                shape.must_fit(&manifest, dir)?;
                manifest
            }
        };
        if !shape.flags.is_empty() {
            manifest.flags.clone_from(&shape.flags);
        }
        manifest.save(dir)?;
        Ok(Cluster::with(manifest, dir, program, lock))
    }

    fn with(manifest: Manifest, dir: &Path, program: &Path, lock: File) -> Cluster {
        let (dir, program) = (dir.to_owned(), program.to_owned());
        Cluster { dir, manifest, program, children: Vec::new(), _lock: lock }
    }

    /// Where it lives.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Its nodes, with their URLs.
    pub fn nodes(&self) -> Vec<PeerUrl> {
        self.manifest.urls()
    }

    /// The URLs of its nodes alone.
    pub fn urls(&self) -> Vec<NodeUrl> {
        self.manifest.nodes.iter().map(|member| member.url()).collect()
    }

    /// Whether the process of this node runs.
    pub fn runs(&mut self, id: &str) -> bool {
        self.reap();
        self.member(id).is_ok_and(|member| member.is_running())
    }

    /// Sends the signal to the process of this node.
    ///
    /// # Errors
    /// When there is no such node, it does not run, or the system refuses.
    pub fn signal(&mut self, id: &str, signal: Signal) -> anyhow::Result<()> {
        let process = self.member(id)?.process.clone();
        let reached = match &process {
            Some(process) => process.signal(signal).with_context(|| format!("cannot signal {id}"))?,
            None => false,
        };
        if !reached {
            bail!("{id} does not run");
        }
        Ok(())
    }

    /// Ends the process of this node as a loss of power would: at once, in whatever it was doing.
    ///
    /// # Errors
    /// When there is no such node, or it does not end.
    pub async fn kill(&mut self, id: &str) -> anyhow::Result<()> {
        self.signal(id, Signal::Kill)?;
        self.ended(id).await
    }

    /// Ends the processes of these nodes so, all as nearly at one moment as can be had.
    ///
    /// # Errors
    /// When there is no such node, or it does not end.
    pub async fn kill_together(&mut self, ids: &[String]) -> anyhow::Result<()> {
        ids.iter().try_for_each(|id| self.signal(id, Signal::Kill))?;
        for id in ids {
            self.ended(id).await?;
        }
        Ok(())
    }

    /// Ends every process that this program started, and waits for its end.
    pub fn kill_own(&mut self) {
        for child in &mut self.children {
            // One that has ended already is what is wanted.
            let _ = child.kill();
            let _ = child.wait();
        }
        self.children.clear();
    }

    /// Starts the process of this node, which must not run, and does not wait until it serves.
    ///
    /// # Errors
    /// When its port is in use or it cannot be started.
    pub fn spawn(&mut self, id: &str) -> anyhow::Result<()> {
        let member = self.member(id)?.clone();
        if member.is_running() {
            bail!("{id} runs already");
        }
        must_be_free(&member)?;
        let data = self.dir.join(&member.id);
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(self.log_file(&member.id))
            .with_context(|| format!("cannot write the log of {id}"))?;
        let child = Command::new(&self.program)
            .arg("node")
            .args(["--id", &member.id])
            .args(["--listen", member.url().authority()])
            .args(["--peers", &self.manifest.peers_argument()])
            .args(["--cluster", &self.manifest.cluster])
            .arg("--data")
            .arg(data)
            .arg("--peer-secret-file")
            .arg(self.dir.join("secret"))
            .args(if self.manifest.formed { &[][..] } else { &["--new-cluster"] })
            .args(&self.manifest.flags)
            .stdin(Stdio::null())
            .stdout(log.try_clone().context("cannot write the log")?)
            .stderr(log)
            .process_group_of_its_own()
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        let process =
            Process::of_pid(child.id()).with_context(|| format!("cannot see the process of {id}"))?;
        self.children.push(child);
        self.manifest.member_mut(id).expect("it was there").process = Some(process);
        self.manifest.save(&self.dir)
    }

    /// The end of what this node printed, at most so many lines.
    pub fn end_of_log(&self, id: &str, lines_max: usize) -> String {
        end_of_file(&self.log_file(id), lines_max).unwrap_or_default()
    }

    /// The file with what this node printed.
    pub fn log_file(&self, id: &str) -> PathBuf {
        self.dir.join(format!("{id}.log"))
    }

    fn member(&self, id: &str) -> anyhow::Result<&Member> {
        self.manifest.member(id).with_context(|| {
            let ids: Vec<_> = self.manifest.nodes.iter().map(|member| member.id.as_str()).collect();
            format!("there is no node {id} here, only {}", ids.join(", "))
        })
    }

    /// Takes note of those of its own processes that have ended.
    fn reap(&mut self) {
        self.children.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
    }
}

/// So that a Ctrl-C at the terminal ends the command and not the cluster.
trait ProcessGroup {
    fn process_group_of_its_own(&mut self) -> &mut Self;
}

impl ProcessGroup for Command {
    fn process_group_of_its_own(&mut self) -> &mut Command {
        std::os::unix::process::CommandExt::process_group(self, 0)
    }
}

/// Held until the file is closed, also by the end of the process.
fn lock(dir: &Path) -> anyhow::Result<File> {
    let path = dir.join("lock");
    let open = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
    let file = open.with_context(|| format!("cannot open {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("another command is starting or stopping the cluster in {}", dir.display())
        }
        Err(TryLockError::Error(error)) => Err(error).context(format!("cannot lock {}", path.display())),
    }
}

/// One that a start before this one made, and was ended, serves as well.
fn make_secret(path: &Path) -> anyhow::Result<()> {
    match secret_file::create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(error).context(format!("cannot write the cluster's secret to {}", path.display()))
        }
        _ => Ok(()),
    }
}

fn random_hex(bytes: usize) -> anyhow::Result<String> {
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random).context("the system gives no random bytes")?;
    Ok(HEXLOWER.encode(&random))
}

/// Of a member of a cluster that exists, which keeps its ports.
fn must_be_free(member: &Member) -> anyhow::Result<()> {
    let mend = "end that one, or start a new cluster in another --dir with another --base-port";
    port_must_be_free(&member.id, member.port, mend)
}

fn port_must_be_free(id: &str, port: u16, mend: &str) -> anyhow::Result<()> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            bail!("port {port} of {id} is in use by another program: {mend}")
        }
        Err(error) => Err(error).context(format!("port {port} of {id} cannot be listened on")),
    }
}

fn end_of_file(path: &Path, lines_max: usize) -> io::Result<String> {
    const BYTES_MAX: u64 = 16 << 10;
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(BYTES_MAX)))?;
    let mut bytes = Vec::new();
    file.take(BYTES_MAX).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    Ok(lines[lines.len().saturating_sub(lines_max)..].join("\n"))
}
