//! What a node is told to be, from everywhere that one can tell it, and what it says about mistakes.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use clap::{CommandFactory, Parser};
use tempfile::TempDir;

use super::mistakes::{flag, variable};
use super::resolve::resolve;
use super::*;

const PEERS: &str = "node-0=http://127.0.0.1:8000,node-1=http://127.0.0.1:8001,node-2=http://127.0.0.1:8002";

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    node: NodeArgs,
}

/// A user with a home, and the settings of a node that this user starts.
struct User {
    home: TempDir,
    variables: BTreeMap<String, OsString>,
}

impl User {
    fn new() -> User {
        let home = tempfile::tempdir().expect("a home");
        let variables = [("HOME".to_owned(), home.path().into())].into();
        User { home, variables }
    }

    fn with(mut self, name: &str, value: &str) -> User {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.home.path().join(name);
        fs::write(&path, text).expect("a file");
        path
    }

    /// A secret's file that only this user may read.
    fn secret(&self, name: &str, mode: u32) -> PathBuf {
        let path = self.file(name, "a secret of the test\n");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("permissions");
        path
    }

    fn start(&self, flags: &[&str]) -> Result<NodeSettings, Mistakes> {
        let line = Line::try_parse_from([&["node"], flags].concat()).expect("flags of a node");
        resolve(&line.node, &|name| self.variables.get(name).cloned())
    }

    fn settings(&self, flags: &[&str]) -> NodeSettings {
        self.start(flags).unwrap_or_else(|mistakes| panic!("{mistakes}"))
    }

    /// What is wrong, a line for each mistake.
    fn mistakes(&self, flags: &[&str]) -> Vec<String> {
        let mistakes = self.start(flags).map(drop).expect_err("something is wrong");
        let home = format!("{}/", self.home.path().display());
        mistakes.0.iter().map(|mistake| mistake.to_string().replace(&home, "~/")).collect()
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn node<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["--id", "node-1", "--peers", PEERS, "--data", "d"], more].concat()
}

#[test]
fn the_line_of_the_contract_is_enough() {
    let settings = User::new().settings(&node(&["--listen", "127.0.0.1:8001"]));
    assert_eq!((settings.id, settings.listen.to_string()), (NodeId(1), "127.0.0.1:8001".to_owned()));
    assert_eq!(settings.others().map(|peer| peer.id.0).collect::<Vec<_>>(), [0, 2]);
    assert_eq!(settings.url_of(NodeId(2)).expect("a peer").to_string(), "http://127.0.0.1:8002");
    assert!(!settings.enable_chaos && !settings.new_cluster && settings.lease_reads.is_none());
    assert_eq!(settings.warnings, [""; 0]);
    let config = settings.raft_config(7);
    assert_eq!(config.election_timeout_min, Micros::from_millis(defaults::ELECTION_TIMEOUT_MIN_MS));
    assert_eq!((config.configuration.voters().len(), config.seed), (3, 7));
}

#[test]
fn a_node_on_loopback_listens_where_its_peers_look_for_it() {
    let settings = User::new().settings(&node(&[]));
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8001");
}

#[test]
fn flags_count_more_than_variables_and_variables_more_than_the_file() {
    let user = User::new().with("MINI_RAFT_SNAPSHOT_EVERY", "20").with("MINI_RAFT_HEARTBEAT_MS", "50");
    let file = user
        .file("raft.toml", "snapshot_every = 10\nheartbeat_ms = 40\nmax_watchers = 30\nid = \"node-0\"\n");
    let settings = user.settings(&node(&["--config", text(&file), "--heartbeat-ms", "60"]));
    assert_eq!(settings.heartbeat, Duration::from_millis(60), "the flag");
    assert_eq!(settings.snapshot_every, 20, "the variable");
    assert_eq!(settings.limits.watchers, 30, "the file");
    assert_eq!(settings.limits.connections, defaults::MAX_CONNECTIONS, "the default");
}

#[test]
fn a_file_says_everything_and_in_its_own_way() {
    let user = User::new();
    let secret = user.secret("s", 0o600);
    let file = user.file(
        "raft.toml",
        &format!(
            "id = 'node-1'\nlisten = '0.0.0.0:9001'\ndata = '/var/lib/mini-raft'\ncluster = 'shop'\n\
             peer_secret_file = '{}'\nelection_timeout_ms = [200, 400]\nheartbeat_ms = 40\nsnapshot_every = 5_000\n\
             max_connections = 10\nmax_proposals = 20\nmax_watchers = 30\nlease_reads_drift_percent = 5\n\
             enable_chaos = true\nnew_cluster = true\nlog_format = 'json'\nlog_filter = 'warn'\n\
             inject_disk_faults = 'faults.json'\n\
             [peers]\nnode-0 = 'http://a:1'\nnode-1 = 'http://b:1'\n",
            text(&secret)
        ),
    );
    let user = user.with("MINI_RAFT_CONFIG", text(&file));
    let settings = user.settings(&[]);
    assert_eq!(settings.cluster.as_str(), "shop");
    assert_eq!(settings.listen.to_string(), "0.0.0.0:9001");
    assert_eq!(settings.peers.len(), 2);
    assert_eq!(settings.election_timeout_max, Duration::from_millis(400));
    assert_eq!(settings.snapshot_every, 5000);
    assert_eq!(settings.limits, Limits { connections: 10, proposals: 20, watchers: 30 });
    assert_eq!(settings.lease_reads, Some(ClockDrift { percent: 5 }));
    assert!(settings.enable_chaos && settings.new_cluster);
    assert_eq!((settings.log_format, settings.log_filter.as_str()), (LogFormat::Json, "warn"));
    assert_eq!(settings.inject_disk_faults, Some(PathBuf::from("faults.json")));
}

/// The law of this module: one look shows everything that is wrong, where it stands, and what to do.
#[test]
fn every_mistake_is_named_at_once_with_its_place() {
    let user = User::new()
        .with("MINI_RAFT_HEARTBEAT_MS", "soon")
        .with("MINI_RAFT_LOG_FORMAT", "xml")
        .with("MINI_RAFT_ENABLE_CHAOS", "yes");
    let file = user.file(
        "raft.toml",
        "data = ''\n\nelection_timeout_ms = [400, 200]\nspeed = 9\nsnapshot_every = 1.5\nlog_filter = 'a=b=c'\n\
         [peers]\nnode-0 = 'https://a:1'\nnode-2 = 'x'\n",
    );
    let found =
        user.mistakes(&["--config", text(&file), "--listen", "8000", "--lease-reads-drift-percent", "0"]);
    let expected = [
        "~/raft.toml:4: speed: there is no such setting; remove it, or use one of id, listen,",
        "~/raft.toml:5: snapshot_every: a float is no value of a setting; give a text, a number,",
        "--id, MINI_RAFT_ID or id in the file: not given; say which node this is, as in --id node-0",
        "~/raft.toml:7: peers: \"https://a:1\" is no address of a node: it does not begin with http://; write each node \
         as in node-0=http://127.0.0.1:8000",
        "~/raft.toml:7: peers: \"x\" is no address of a node: it does not begin with http://; write each node",
        "--listen: \"8000\" is no address to listen on; give an IP address and a port, as in 127.0.0.1:8000",
        "~/raft.toml:1: data: it is empty; give a path",
        "~/raft.toml:3: election_timeout_ms: 400 is not below 200; give the least and the greatest",
        "MINI_RAFT_HEARTBEAT_MS: \"soon\" is not such a number; give a whole number from 5 to 60000",
        "--lease-reads-drift-percent: \"0\" is not such a number; give a whole number of percent from 1 to 50",
        "MINI_RAFT_ENABLE_CHAOS: \"yes\" is neither true nor false; give true or false",
        "MINI_RAFT_LOG_FORMAT: \"xml\" is no form of log lines; give text or json",
        "~/raft.toml:6: log_filter: \"a=b=c\" is no filter; give a level",
    ];
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\n  is not\n{expected}");
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    assert!(!found[0].contains("inject_disk_faults"), "what is for tests is told of to nobody");
    let shown = user.start(&[]).expect_err("wrong").to_string();
    assert!(shown.contains("settings are wrong:\n  "), "{shown}");
}

#[test]
fn mistakes_between_settings_are_named_too() {
    let user = User::new();
    let found = user.mistakes(&["--id", "node-7", "--peers", PEERS, "--data", "d", "--heartbeat-ms", "300"]);
    assert_eq!(
        found,
        [
            "--id: node-7 is not among the peers; give one of node-0 to node-2, or add it to --peers",
            "--heartbeat-ms: heartbeats every 300 ms are too rare for timeouts from 500 ms; \
             let two heartbeats fit into the least election timeout",
        ]
    );
    let remote = "node-0=http://10.0.0.1:8000,node-1=http://10.0.0.2:8000";
    let found = user.mistakes(&["--id", "node-0", "--peers", remote, "--data", "d"]);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(
        found[0].ends_with("say where http://10.0.0.1:8000 is, as in --listen 0.0.0.0:8000"),
        "{found:#?}"
    );
    assert!(found[1].contains("node-0 is not on this machine's loopback address"), "{found:#?}");
}

#[test]
fn a_file_that_is_not_there_or_not_toml_is_named() {
    let user = User::new();
    let found = user.mistakes(&node(&["--config", "/nowhere/raft.toml"]));
    assert!(found[0].starts_with("--config: /nowhere/raft.toml cannot be read: No such file"), "{found:#?}");
    let file = user.file("raft.toml", "snapshot_every = 3\nheartbeat_ms = = 4\n");
    let found = user.mistakes(&node(&["--config", text(&file)]));
    assert!(found[0].starts_with("~/raft.toml:2: not TOML: "), "{found:#?}");
}

#[test]
fn a_wider_bind_needs_a_secret() {
    let user = User::new();
    let found = user.mistakes(&node(&["--listen", "0.0.0.0:8001"]));
    assert_eq!(
        found,
        ["--peer-secret-file, MINI_RAFT_PEER_SECRET_FILE or peer_secret_file in the file: not given, and \
          0.0.0.0:8001 can be reached from outside; name a file with a secret that all nodes share, as in \
          --peer-secret-file cluster.secret"]
    );
    let secret = user.secret("s", 0o600);
    let settings = user.settings(&node(&["--listen", "0.0.0.0:8001", "--peer-secret-file", text(&secret)]));
    assert_eq!(settings.listen.to_string(), "0.0.0.0:8001");
}

#[test]
fn a_secret_is_a_file_of_some_length_that_others_do_not_write() {
    let user = User::new();
    let with = |path: &Path| node(&["--peer-secret-file", text(path)]).join(" ");
    let mistake = |path: &Path| user.mistakes(&with(path).split(' ').collect::<Vec<_>>()).join("\n");
    let short = user.file("short", "fifteen bytes..\n");
    fs::set_permissions(&short, fs::Permissions::from_mode(0o600)).expect("permissions");
    let found = mistake(&short);
    assert!(found.contains("~/short: a secret has at least 16 bytes, this one has 15"), "{found}");
    let found = mistake(&user.secret("open", 0o622));
    assert!(found.contains("others may write ~/open; chmod 600 "), "{found}");
    let found = mistake(Path::new("/nowhere"));
    assert!(found.starts_with("--peer-secret-file: /nowhere cannot be read"), "{found}");
    assert!(mistake(user.home.path()).contains("is no file of at most"));
    let seen = user.secret("seen", 0o644);
    let settings = user.settings(&with(&seen).split(' ').collect::<Vec<_>>());
    assert!(settings.warnings[0].contains("every user of this machine may read the secret"));
}

#[test]
fn the_secret_of_a_user_is_made_once_and_is_of_this_user_alone() {
    let user = User::new();
    let path = user.home.path().join(".config/mini-raft/loopback-secret");
    user.settings(&node(&[]));
    let made = fs::read(&path).expect("it was made");
    assert_eq!(made.len(), 65, "32 random bytes in hexadecimal, and an end of line");
    assert_eq!(fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o600);
    user.settings(&node(&[]));
    assert_eq!(fs::read(&path).expect("it is there"), made, "the second node shares it");
    let other = User::new();
    other.settings(&node(&[]));
    let others = fs::read(other.home.path().join(".config/mini-raft/loopback-secret")).expect("made");
    assert_ne!(others, made);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("permissions");
    let found = user.mistakes(&node(&[]));
    assert!(found[0].contains("others may read or write ~/.config/mini-raft/loopback-secret"), "{found:#?}");
}

/// Five nodes that start together agree: each finds a whole secret, and the same.
#[test]
fn nodes_that_start_together_share_the_secret_of_their_user() {
    let user = User::new();
    let secrets: Vec<_> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..5).map(|_| scope.spawn(|| user.settings(&node(&[])).secret)).collect();
        starts.into_iter().map(|start| start.join().expect("a start")).collect()
    });
    for secret in &secrets {
        assert!(crate::wire::secret::same(secret, &secrets[0]));
    }
}

#[test]
fn settings_do_not_show_the_secret() {
    let user = User::new();
    let secret = user.secret("s", 0o600);
    let shown = format!("{:?}", user.settings(&node(&["--peer-secret-file", text(&secret)])));
    assert!(shown.contains("Secret(…)") && !shown.contains("a secret of the test"), "{shown}");
}

#[test]
fn switches_may_stand_alone_or_have_a_value() {
    let user = User::new().with("MINI_RAFT_ENABLE_CHAOS", "true");
    assert!(user.settings(&node(&[])).enable_chaos);
    assert!(!user.settings(&node(&["--enable-chaos=false"])).enable_chaos);
    assert!(User::new().settings(&node(&["--enable-chaos", "--new-cluster"])).new_cluster);
}

/// One name in three spellings: every setting is a flag, and every flag is a setting.
#[test]
fn every_flag_is_a_setting_with_a_variable_and_a_key() {
    let args = NodeArgs::default();
    let mut settings: Vec<_> = args.flags().iter().map(|(key, _)| flag(key)).collect();
    settings.push(flag("config"));
    let command = Line::command();
    let flags = command.get_arguments().filter_map(|arg| arg.get_long()).filter(|name| *name != "help");
    let mut flags: Vec<_> = flags.map(|name| format!("--{name}")).collect();
    settings.sort();
    flags.sort();
    assert_eq!(settings, flags);
    assert_eq!(variable("peer_secret_file"), "MINI_RAFT_PEER_SECRET_FILE");
}
