//! From what was given to settings, or to all that is wrong.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use mini_raft_core::raft::NodeId;

use super::args::NodeArgs;
use super::mistakes::{Mistake, Mistakes, Place, Wrong};
use super::peers::{self, Peer};
use super::sources::{Environment, Given, gather};
use super::values::{
    SPAN_MS, address, count, drift, log_filter, log_format, number, parsed, path, range_ms, truth,
};
use super::{Limits, NodeSettings, defaults, secret_file};

pub(super) fn resolve(args: &NodeArgs, environment: Environment<'_>) -> Result<NodeSettings, Mistakes> {
    let mut mistakes = Vec::new();
    let given = gather(args, environment, &mut mistakes);
    let mut values = Values { given, mistakes };
    let settings = settings(&mut values, environment);
    match settings {
        Some(settings) if values.mistakes.is_empty() => Ok(settings),
        _ => Err(Mistakes(values.mistakes)),
    }
}

/// `None` only where a mistake is noted. Every value is looked at before anything is given up.
fn settings(values: &mut Values, environment: Environment<'_>) -> Option<NodeSettings> {
    let id =
        values.required("id", "say which node this is, as in --id node-0", parsed("write it as in node-0"));
    let peers = values.peers();
    let own = values.own_peer(id, peers.as_deref());
    let listen = values.listen(own.as_ref());
    let data = values.required("data", "name the node's data directory, as in --data data/node-0", path);
    let named = values.optional("cluster", parsed("as in --cluster my-cluster"));
    let (min, max) = values
        .optional("election_timeout_ms", range_ms)
        .unwrap_or((defaults::ELECTION_TIMEOUT_MIN_MS, defaults::ELECTION_TIMEOUT_MAX_MS));
    let heartbeat = values.optional("heartbeat_ms", number(SPAN_MS)).unwrap_or(defaults::HEARTBEAT_MS);
    values.heartbeats_fit(heartbeat, min);
    let snapshot_every = values.optional("snapshot_every", number(1..=1_000_000_000));
    let limits = Limits {
        connections: values.optional("max_connections", count).unwrap_or(defaults::MAX_CONNECTIONS),
        proposals: values.optional("max_proposals", count).unwrap_or(defaults::MAX_PROPOSALS),
        watchers: values.optional("max_watchers", count).unwrap_or(defaults::MAX_WATCHERS),
    };
    let lease_reads = values.optional("lease_reads_drift_percent", drift).flatten();
    let enable_chaos = values.optional("enable_chaos", truth).unwrap_or(false);
    let new_cluster = values.optional("new_cluster", truth).unwrap_or(false);
    let join = values.optional("join", truth).unwrap_or(false);
    let log_format = values.optional("log_format", log_format).unwrap_or_default();
    let log_filter = values.optional("log_filter", log_filter);
    let inject_disk_faults = values.optional("inject_disk_faults", path);
    let secret = values.secret(listen, peers.as_deref(), environment);
    let (id, listen, peers, data, secret) = (id?, listen?, peers?, data?, secret?);
    Some(NodeSettings {
        id,
        listen,
        cluster: named.unwrap_or_else(|| peers::derived_name(&peers)),
        peers,
        data,
        secret: secret.secret,
        election_timeout_min: Duration::from_millis(min),
        election_timeout_max: Duration::from_millis(max),
        heartbeat: Duration::from_millis(heartbeat),
        snapshot_every: snapshot_every.unwrap_or(defaults::SNAPSHOT_EVERY),
        limits,
        lease_reads,
        enable_chaos,
        new_cluster,
        join,
        log_format,
        log_filter: log_filter.unwrap_or_else(|| defaults::LOG_FILTER.to_owned()),
        inject_disk_faults,
        warnings: secret.warning.into_iter().collect(),
    })
}

struct Values {
    given: BTreeMap<&'static str, Given>,
    mistakes: Vec<Mistake>,
}

impl Values {
    fn note(&mut self, place: Place, wrong: Wrong) {
        self.mistakes.push(wrong.at(place));
    }

    /// Where the setting stands.
    fn place(&self, key: &'static str) -> Place {
        self.given.get(key).map_or(Place::Missing(key), |given| given.place.clone())
    }

    fn optional<T>(&mut self, key: &'static str, parse: impl Fn(&str) -> Result<T, Wrong>) -> Option<T> {
        let Given { text, place } = self.given.get(key)?.clone();
        parse(&text).map_err(|wrong| self.note(place, wrong)).ok()
    }

    fn required<T>(
        &mut self,
        key: &'static str,
        mend: &str,
        parse: impl Fn(&str) -> Result<T, Wrong>,
    ) -> Option<T> {
        if !self.given.contains_key(key) {
            self.note(Place::Missing(key), Wrong::new("not given", mend));
        }
        self.optional(key, parse)
    }

    fn peers(&mut self) -> Option<Vec<Peer>> {
        let Some(Given { text, place }) = self.given.get("peers").cloned() else {
            let mend =
                "list all nodes, as in --peers node-0=http://127.0.0.1:8000,node-1=http://127.0.0.1:8001";
            self.note(Place::Missing("peers"), Wrong::new("not given", mend));
            return None;
        };
        match peers::list(&text) {
            Ok(peers) => Some(peers),
            Err(all) => {
                all.into_iter().for_each(|wrong| self.note(place.clone(), wrong));
                None
            }
        }
    }

    /// This node among all.
    fn own_peer(&mut self, id: Option<NodeId>, peers: Option<&[Peer]>) -> Option<Peer> {
        let (id, peers) = (id?, peers?);
        let own = peers.iter().find(|peer| peer.id == id).cloned();
        if own.is_none() {
            let what = format!("{id} is not among the peers");
            let mend = format!("give one of node-0 to node-{}, or add it to --peers", peers.len() - 1);
            self.note(self.place("id"), Wrong::new(what, mend));
        }
        own
    }

    /// The address to listen on: a peer's URL may be that of a proxy, or a name, so it counts only on loopback.
    fn listen(&mut self, own: Option<&Peer>) -> Option<SocketAddr> {
        if self.given.contains_key("listen") {
            return self.optional("listen", address);
        }
        let url = &own?.url;
        match url.ip().filter(|ip| ip.is_loopback()) {
            Some(ip) => Some(SocketAddr::new(ip, url.port())),
            None => {
                let mend = format!("say where {url} is, as in --listen 0.0.0.0:{}", url.port());
                self.note(Place::Missing("listen"), Wrong::new("not given", mend));
                None
            }
        }
    }

    /// A follower must not lose patience because a single heartbeat is lost.
    fn heartbeats_fit(&mut self, heartbeat: u64, election_min: u64) {
        if heartbeat.saturating_mul(2) > election_min {
            let what =
                format!("heartbeats every {heartbeat} ms are too rare for timeouts from {election_min} ms");
            let key =
                if self.given.contains_key("heartbeat_ms") { "heartbeat_ms" } else { "election_timeout_ms" };
            let mend = "let two heartbeats fit into the least election timeout";
            self.note(self.place(key), Wrong::new(what, mend));
        }
    }

    fn secret(
        &mut self,
        listen: Option<SocketAddr>,
        peers: Option<&[Peer]>,
        environment: Environment<'_>,
    ) -> Option<secret_file::Read> {
        if self.given.contains_key("peer_secret_file") {
            let file = self.optional("peer_secret_file", path)?;
            let read = secret_file::read(&file);
            return read.map_err(|wrong| self.note(self.place("peer_secret_file"), wrong)).ok();
        }
        let place = Place::Missing("peer_secret_file");
        let outside = match (listen, peers?.iter().find(|peer| !peer.url.is_loopback())) {
            (Some(listen), _) if !listen.ip().is_loopback() => {
                Some(format!("{listen} can be reached from outside"))
            }
            (_, Some(peer)) => Some(format!("{} is not on this machine's loopback address", peer.id)),
            _ => None,
        };
        if let Some(why) = outside {
            let mend =
                "name a file with a secret that all nodes share, as in --peer-secret-file cluster.secret";
            self.note(place, Wrong::new(format!("not given, and {why}"), mend));
            return None;
        }
        let secret = secret_file::of_this_user(environment).map_err(|wrong| self.note(place, wrong)).ok()?;
        Some(secret_file::Read { secret, warning: None })
    }
}
