//! `mini-raft status` and `mini-raft health`: how a cluster is, and whether one node is alive.

use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};

use super::target::{STATUS_MAX, Target, duration};
use super::text::{Style, harmless, pad};
use super::{FAILED, Format, pipe, runtime};
use crate::client::view::{ClusterView, Health, Membership, NodeView};
use crate::client::{Http, NodeUrl, Request};

/// Show how every node of a cluster is.
///
/// All nodes are asked at the same time. "healthy" means that a leader is ready and every member answers, counts and follows
/// it; with a member down it is degraded, and still serves as long as a majority is there.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mini-raft status
  mini-raft status --url http://127.0.0.1:8003 --format json

Exit status:
  0  the state of the cluster was told, whatever it is
  2  the command line is wrong, or there is no cluster in that directory
  3  of the nodes at --url none answers")]
pub(super) struct Args {
    #[command(flatten)]
    target: Target,

    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Say whether a node is alive: for the health check of a container.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mini-raft health --url http://127.0.0.1:8000
  mini-raft health --ready

Exit status:
  0  it is
  1  it is not
  2  the command line is wrong")]
pub(super) struct HealthArgs {
    /// The node.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8000", env = "MINI_RAFT_URL")]
    url: NodeUrl,

    /// Ask whether it can serve clients, and not only whether it lives.
    #[arg(long)]
    ready: bool,

    /// Give up after this time: seconds, or 500ms, 2m.
    #[arg(long, value_name = "TIME", default_value = "2", value_parser = duration)]
    timeout: Duration,

    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let view = runtime::block_on(async {
        let http = Http::new();
        let nodes = args.target.nodes(&http).await?;
        Ok(ClusterView::of(&http, &nodes, STATUS_MAX).await)
    })?;
    pipe::to_stdout(&match args.format {
        Format::Json => format!("{:#}\n", as_json(&view, &args.target)),
        Format::Text => as_text(&view, &args.target, Style::of_stdout()),
    })?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn health(args: &HealthArgs) -> anyhow::Result<ExitCode> {
    let path = if args.ready { "/readyz" } else { "/livez" };
    let answer = runtime::block_on(async {
        Ok(Http::new().ask(&args.url, &Request::get(path.to_owned()), args.timeout).await)
    })?;
    let trouble = match answer {
        Ok(reply) if reply.status.is_success() => None,
        Ok(reply) => {
            Some(format!("{}{path} answers {}: {}", args.url, reply.status, first_line(&reply.body)))
        }
        Err(why) => Some(why),
    };
    match args.format {
        Format::Json => {
            let value = json!({ "url": args.url, "ok": trouble.is_none(), "why": trouble });
            pipe::to_stdout(&format!("{value:#}\n"))?;
        }
        Format::Text => match &trouble {
            None => pipe::to_stdout("ok\n")?,
            Some(why) => pipe::to_stderr(&format!("error: {why}\n"))?,
        },
    }
    Ok(if trouble.is_none() { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

fn first_line(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let line: String = text.lines().next().unwrap_or_default().chars().take(200).collect();
    harmless(&line)
}

fn as_json(view: &ClusterView, target: &Target) -> Value {
    let nodes: Vec<Value> = view.nodes.iter().map(|node| node_as_json(node, view, target)).collect();
    json!({
        "leader": view.leader().map(|leader| &leader.id),
        "term": view.term(),
        "healthy": view.health() == Health::Healthy,
        "nodes": nodes,
    })
}

fn node_as_json(node: &NodeView, view: &ClusterView, target: &Target) -> Value {
    let status = node.status.as_ref().ok();
    json!({
        "id": node.node.id,
        "url": node.node.url,
        "pid": target.pid(&node.node.id),
        "reachable": status.is_some(),
        "member": view.membership(&node.node.id).map(Membership::name),
        "lost_disk": status.map(|status| status.forgetful),
        "role": status.map(|status| &status.role),
        "term": status.map(|status| status.term),
        "commit_index": status.map(|status| status.commit_index),
        "last_applied": status.map(|status| status.last_applied),
        "last_index": status.map(|status| status.last_index),
        "snapshot_index": status.map(|status| status.snapshot_index),
    })
}

fn as_text(view: &ClusterView, target: &Target, style: Style) -> String {
    let health = view.health();
    let named = match health {
        Health::Healthy => style.good(health.name()),
        Health::Degraded | Health::Down => style.bad(health.name()),
    };
    let leader = match view.leader() {
        Some(leader) => format!("{} leads in term {}", leader.id, leader.term),
        None => format!("nobody leads, term {}", or_dash(view.term())),
    };
    let mut text = format!("{}: {named}, {leader}\n", target.name());
    let rows: Vec<[String; 9]> = view.nodes.iter().map(|node| row(node, view, target)).collect();
    // Scripts may count the columns: a new one comes after the others.
    let names = ["node", "role", "term", "commit", "applied", "last", "snapshot", "pid", "member"];
    let widths: Vec<usize> = (0..names.len())
        .map(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or(0).max(names[column].len()))
        .collect();
    let line = |cells: &[&str]| {
        let padded = cells.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
            if column < 2 || names[column] == "member" { pad(cell, width) } else { format!("{cell:>width$}") }
        });
        padded.collect::<Vec<_>>().join("  ")
    };
    text.push_str(&style.dim(&format!("{}  url\n", line(&names))));
    for (row, node) in rows.iter().zip(&view.nodes) {
        let cells = line(&row.each_ref().map(String::as_str));
        text.push_str(&match &node.status {
            Ok(status) if status.is_leader() => style.bold(&format!("{cells}  {}", node.node.url)),
            Ok(_) => format!("{cells}  {}", node.node.url),
            Err(why) => format!("{cells}  {}", style.bad(&harmless(why))),
        });
        text.push('\n');
    }
    text
}

fn or_dash(known: Option<impl ToString>) -> String {
    known.map_or("-".to_owned(), |known| known.to_string())
}

fn row(node: &NodeView, view: &ClusterView, target: &Target) -> [String; 9] {
    let id = node.node.id.clone();
    let pid = or_dash(target.pid(&id));
    let member = or_dash(view.membership(&id).map(Membership::name));
    match &node.status {
        Ok(status) => {
            let numbers = [
                status.term,
                status.commit_index,
                status.last_applied,
                status.last_index,
                status.snapshot_index,
            ]
            .map(|number| number.to_string());
            let [term, commit, applied, last, snapshot] = numbers;
            let member = if status.forgetful { format!("{member}, lost its disk") } else { member };
            [id, harmless(&status.role), term, commit, applied, last, snapshot, pid, member]
        }
        Err(_) => {
            let none = || "-".to_owned();
            [id, "unreachable".to_owned(), none(), none(), none(), none(), none(), pid, member]
        }
    }
}
