//! Which nodes a cluster on this machine has, and which process is which: `cluster.json`.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::process::Process;
use crate::client::{NodeUrl, PeerUrl};

/// The form of the file. One of another version is refused.
const VERSION: u32 = 1;
const FILE: &str = "cluster.json";

/// The nodes of a cluster on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    version: u32,
    /// What the nodes tell each other that they belong to.
    pub cluster: String,
    /// Whether the cluster has served once. Until then an empty data directory is a new one, and no lost one; from then
    /// on a node with an empty one asks the others.
    pub formed: bool,
    /// Further flags of `mini-raft node`, for each node.
    pub flags: Vec<String>,
    /// In the order of their numbers.
    pub nodes: Vec<Member>,
}

/// One node of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Its name.
    pub id: String,
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    /// The last process that was started for it, whether it still runs or not.
    pub process: Option<Process>,
}

impl Member {
    /// Where it is reached.
    pub fn url(&self) -> NodeUrl {
        NodeUrl::local(self.port)
    }

    /// Whether its process runs.
    pub fn is_running(&self) -> bool {
        self.process.as_ref().is_some_and(Process::is_running)
    }

    /// The pid, while its process runs.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().filter(|process| process.is_running()).map(|process| process.pid)
    }
}

impl Manifest {
    /// Of a new cluster with a node on each of these ports.
    pub(super) fn new(cluster: String, ports: &[u16]) -> Manifest {
        let member = |(number, &port)| Member { id: format!("node-{number}"), port, process: None };
        let nodes = ports.iter().enumerate().map(member).collect();
        Manifest { version: VERSION, cluster, formed: false, flags: Vec::new(), nodes }
    }

    /// Whether there is a cluster in this directory.
    pub fn exists(dir: &Path) -> bool {
        dir.join(FILE).exists()
    }

    /// Reads that of the cluster in this directory.
    ///
    /// # Errors
    /// When there is none, or the file is damaged.
    pub fn load(dir: &Path) -> anyhow::Result<Manifest> {
        let path = dir.join(FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => bail!(
                "there is no cluster in {}: `mini-raft start` makes one there, --dir names another directory, --url a node that runs elsewhere",
                dir.display()
            ),
            Err(error) => return Err(error).context(format!("cannot read {}", path.display())),
        };
        let manifest: Manifest = serde_json::from_str(&text)
            .with_context(|| format!("{} is damaged: no cluster can be found by it", path.display()))?;
        if manifest.version != VERSION || manifest.nodes.is_empty() {
            bail!(
                "{} has version {} and {} nodes: this program reads version {VERSION} with at least one",
                path.display(),
                manifest.version,
                manifest.nodes.len()
            );
        }
        Ok(manifest)
    }

    /// Writes it: whoever reads it meanwhile, or after a crash, finds the old one or the new one, whole.
    pub(super) fn save(&self, dir: &Path) -> anyhow::Result<()> {
        let path = dir.join(FILE);
        let context = || format!("cannot write {}", path.display());
        let mut file = NamedTempFile::new_in(dir).with_context(context)?;
        let text = serde_json::to_string_pretty(self).expect("a manifest is JSON");
        writeln!(file, "{text}").with_context(context)?;
        file.as_file().sync_all().with_context(context)?;
        file.persist(&path).with_context(context)?;
        Ok(())
    }

    /// The nodes with their URLs.
    pub fn urls(&self) -> Vec<PeerUrl> {
        self.nodes.iter().map(|member| PeerUrl { id: member.id.clone(), url: member.url() }).collect()
    }

    /// The node of this name.
    pub fn member(&self, id: &str) -> Option<&Member> {
        self.nodes.iter().find(|member| member.id == id)
    }

    pub(super) fn member_mut(&mut self, id: &str) -> Option<&mut Member> {
        self.nodes.iter_mut().find(|member| member.id == id)
    }

    /// What `mini-raft node --peers` takes.
    pub(super) fn peers_argument(&self) -> String {
        let peer = |member: &Member| format!("{}={}", member.id, member.url());
        self.nodes.iter().map(peer).collect::<Vec<_>>().join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_saved_is_found_again() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut manifest = Manifest::new("c".to_owned(), &[8000, 8001]);
        manifest.member_mut("node-1").expect("it is there").process =
            Some(Process { pid: 1, started: "then".to_owned() });
        manifest.save(dir.path()).expect("it is written");
        assert_eq!(Manifest::load(dir.path()).expect("it is read"), manifest);
        assert_eq!(manifest.peers_argument(), "node-0=http://127.0.0.1:8000,node-1=http://127.0.0.1:8001");
    }

    #[test]
    fn a_directory_without_a_cluster_and_a_damaged_file_are_told_apart() {
        let dir = tempfile::tempdir().expect("a directory");
        let error = Manifest::load(dir.path()).expect_err("there is none");
        assert!(error.to_string().contains("there is no cluster in"), "{error}");
        for damaged in ["", "{}", r#"{"version":2,"cluster":"c","formed":true,"flags":[],"nodes":[]}"#] {
            fs::write(dir.path().join(FILE), damaged).expect("it is written");
            let error = Manifest::load(dir.path()).expect_err("it is damaged");
            assert!(error.to_string().contains(FILE), "{damaged}: {error}");
        }
    }
}
