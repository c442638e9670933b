//! Which cluster a command is about.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};

use crate::client::view::nodes_known_to;
use crate::client::{Client, Http, NodeUrl, PeerUrl};
use crate::cluster::manifest::{Manifest, Member};

/// Where a cluster is, where nothing else is said.
pub(super) const DIR: &str = ".mini-raft";
/// How long one node may take to say how it is.
pub(super) const STATUS_MAX: Duration = Duration::from_secs(1);

/// A cluster on this machine or elsewhere.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Target {
    /// The directory of the cluster, as given to `mini-raft start`.
    #[arg(long, value_name = "DIR", default_value = DIR, env = "MINI_RAFT_DIR")]
    dir: PathBuf,

    /// Ask this node and those it knows, in place of the cluster in --dir; several, with commas, if one may be down.
    #[arg(long, value_name = "URL", value_delimiter = ',', env = "MINI_RAFT_URL")]
    url: Vec<NodeUrl>,
}

/// The cluster, and how long to wait for it.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Asked {
    #[command(flatten)]
    pub(super) target: Target,

    /// Give up after this time: seconds, or 500ms, 2m.
    #[arg(long, value_name = "TIME", default_value = "5", value_parser = duration)]
    timeout: Duration,
}

impl Target {
    /// Where the cluster is, in words.
    pub(super) fn name(&self) -> String {
        match self.url.first() {
            Some(url) => format!("cluster of {url}"),
            None => format!("cluster in {}", self.dir.display()),
        }
    }

    /// The URLs that are known without asking anybody.
    pub(super) fn urls(&self) -> anyhow::Result<Vec<NodeUrl>> {
        if self.url.is_empty() {
            Ok(Manifest::load(&self.dir)?.nodes.iter().map(Member::url).collect())
        } else {
            Ok(self.url.clone())
        }
    }

    /// All nodes: those in the directory, or those that a node whose URL was given knows.
    pub(super) async fn nodes(&self, http: &Http) -> anyhow::Result<Vec<PeerUrl>> {
        if self.url.is_empty() {
            return Ok(Manifest::load(&self.dir)?.urls());
        }
        let mut why = Vec::new();
        for url in &self.url {
            match nodes_known_to(http, url, STATUS_MAX).await {
                Ok(nodes) => return Ok(nodes),
                Err(error) => why.push(error),
            }
        }
        Err(crate::client::Failure::Unavailable(why.join("; ")).into())
    }

    /// The pid of the node, if it is a process of this machine that runs.
    pub(super) fn pid(&self, id: &str) -> Option<u32> {
        let manifest = self.url.is_empty().then(|| Manifest::load(&self.dir).ok()).flatten()?;
        manifest.member(id)?.pid()
    }

    /// The URL of the node of this name.
    pub(super) async fn url_of(&self, http: &Http, id: &str) -> anyhow::Result<NodeUrl> {
        let nodes = self.nodes(http).await?;
        let Some(node) = nodes.iter().find(|node| node.id == id) else {
            let known: Vec<&str> = nodes.iter().map(|node| node.id.as_str()).collect();
            bail!("there is no node {id} in the {}, only {}", self.name(), known.join(", "));
        };
        Ok(node.url.clone())
    }
}

impl Asked {
    /// A client of the cluster.
    pub(super) fn client(&self) -> anyhow::Result<Client> {
        Ok(Client::new(self.target.urls()?, self.timeout))
    }
}

/// Reads a length of time on the command line.
pub(super) fn duration(text: &str) -> anyhow::Result<Duration> {
    let number = |digits: &str, seconds: f64| -> anyhow::Result<Duration> {
        let count: f64 = digits.parse().context("no number")?;
        let duration = Duration::try_from_secs_f64(count * seconds).context("no length of time")?;
        match duration {
            Duration::ZERO => bail!("no time at all"),
            longer if longer > Duration::from_secs(86_400) => bail!("more than a day"),
            duration => Ok(duration),
        }
    };
    let (digits, seconds) = match text {
        text if text.ends_with("ms") => (&text[..text.len() - 2], 0.001),
        text if text.ends_with('s') => (&text[..text.len() - 1], 1.0),
        text if text.ends_with('m') => (&text[..text.len() - 1], 60.0),
        text => (text, 1.0),
    };
    number(digits, seconds).with_context(|| format!("{text:?} is no time such as 5, 1.5s, 500ms or 2m"))
}

/// Whether nothing was said about the directory, so that a command may tell where it is.
pub(super) fn is_usual(dir: &Path) -> bool {
    dir == Path::new(DIR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_with_or_without_its_unit() {
        let of = |text| duration(text).expect("a time").as_millis();
        assert_eq!([of("5"), of("1.5s"), of("500ms"), of("2m")], [5_000, 1_500, 500, 120_000]);
        for wrong in ["", "s", "-1", "0", "NaN", "inf", "5h", "1e9", "99999m"] {
            assert!(duration(wrong).is_err(), "{wrong:?} was taken");
        }
    }
}
