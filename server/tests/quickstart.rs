//! `docs/quickstart.md` says what to type: here it is typed.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

/// The document, as its reader sees it.
const QUICKSTART: &str = include_str!("../../docs/quickstart.md");
/// Nodes of the cluster that it starts.
const NODES: u16 = 5;

#[test]
fn every_command_of_the_quick_start_does_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_ports();
    let commands: Vec<String> = blocks(QUICKSTART).into_iter().map(|block| on_ports(&block, port)).collect();
    assert!(commands.len() == 8, "the document has its commands in blocks that begin with ```sh");

    // Whatever happens, nothing goes on running.
    let script = format!("set -euo pipefail\ntrap 'mini-raft stop >&2' EXIT\n{}", commands.join("\n"));
    let output = run(&script, folder.path());
    let (said, complaints) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{said}\n{complaints}");

    let lines: Vec<&str> = said.lines().collect();
    let leaders: Vec<&&str> = lines.iter().filter(|line| line.contains(" leads in term ")).collect();
    assert!(leaders.len() >= 2, "a leader before the kill and after it: {said}");
    assert!(
        lines.iter().filter(|line| line.starts_with("Oslo")).count() >= 2,
        "the write outlives its leader: {said}"
    );
    assert!(lines.iter().any(|line| line.contains("country")), "the second key is listed: {said}");
    assert!(lines.last().is_some_and(|line| line.contains("stopped")), "{said}");
    assert!(said.contains("Bergen"), "curl wrote on one node and read on another: {said}");
}

/// The text of each block of shell commands, but for the build: what it builds is here already.
fn blocks(document: &str) -> Vec<String> {
    let fenced = document.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    fenced.filter(|block| !block.contains("cargo build")).map(str::to_owned).collect()
}

/// The same commands on ports that are free.
fn on_ports(block: &str, port: u16) -> String {
    let moved = block.replace("mini-raft start", &format!("mini-raft start --base-port {port}"));
    (0..NODES).fold(moved, |moved, node| {
        moved.replace(&format!("127.0.0.1:{}/", 8000 + node), &format!("127.0.0.1:{}/", port + node))
    })
}

fn run(script: &str, folder: &Path) -> Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_mini-raft"));
    let path =
        format!("{}:{}", binary.parent().unwrap().display(), std::env::var("PATH").unwrap_or_default());
    let bash = Command::new("bash").arg("-c").arg(script).current_dir(folder).env("PATH", path).output();
    bash.expect("bash runs")
}

/// The first of as many ports in a row as there are nodes, all free a moment ago.
fn free_ports() -> u16 {
    let is_free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let first = std::process::id() as u16 % 10_000 + 20_000;
    let mut starts = (first..first + 10_000).step_by(usize::from(NODES));
    starts.find(|start| (*start..start + NODES).all(is_free)).expect("five free ports in a row")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
