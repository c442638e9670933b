//! `mini-raft members`, `transfer`, `snapshot`: the administration of a cluster.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use serde_json::json;

use super::target::{Asked, STATUS_MAX, Target, duration};
use super::{Format, exit, pipe, runtime};
use crate::client::admin::{Members, MembersChange};
use crate::client::view::ClusterView;
use crate::client::{Client, Failure, Http};

/// Show who belongs to a cluster, or change it.
///
/// All that one command asks for is changed at once, by joint consensus: there is no moment at which the old and the
/// new members could decide differently. A voter that has lost its disk is added again with --add: it learns first, and
/// votes when it has the log.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("\
Examples:
  mini-raft members
  mini-raft members --remove node-4
  mini-raft members --add node-4 --remove node-0
  mini-raft members --learner node-4

{}", exit::HELP))]
pub(super) struct Args {
    /// This node votes from now on; several, with commas.
    #[arg(long, value_name = "NODE", value_delimiter = ',')]
    add: Vec<String>,

    /// This node no longer belongs to the cluster; several, with commas.
    #[arg(long, value_name = "NODE", value_delimiter = ',')]
    remove: Vec<String>,

    /// This node is sent the log from now on, and does not vote; several, with commas.
    #[arg(long, value_name = "NODE", value_delimiter = ',')]
    learner: Vec<String>,

    #[command(flatten)]
    target: Target,

    /// Give up after this time: seconds, or 500ms, 2m. A new voter must catch up with the log first.
    #[arg(long, value_name = "TIME", default_value = "60", value_parser = duration)]
    timeout: Duration,

    /// How to print them.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Hand the leadership to another node, without the wait of an election.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("\
Examples:
  mini-raft transfer node-1
  mini-raft transfer

{}", exit::HELP))]
pub(super) struct TransferArgs {
    /// Who is to lead; without it, any node that has the whole log.
    #[arg(value_name = "NODE")]
    to: Option<String>,

    #[command(flatten)]
    asked: Asked,

    /// How to print the result.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Make a node take a snapshot, and drop the part of its log that the snapshot covers.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("\
Examples:
  mini-raft snapshot
  mini-raft snapshot node-3

{}", exit::HELP))]
pub(super) struct SnapshotArgs {
    /// Which node; without it, the leader.
    node: Option<String>,

    #[command(flatten)]
    asked: Asked,

    /// How to print the result.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut client = Client::new(args.target.urls()?, args.timeout);
    let change =
        MembersChange { add: args.add.clone(), remove: args.remove.clone(), learners: args.learner.clone() };
    if change == MembersChange::default() {
        let (voters, learners) = runtime::block_on(who_belongs(&args.target))?;
        return print_members(args.format, &voters, &learners, None);
    }
    let Members { voters, learners, index } =
        runtime::block_on(async { Ok(client.change_members(&change).await?) })?;
    print_members(args.format, &voters, &learners, Some(index))
}

pub(super) fn transfer(args: &TransferArgs) -> anyhow::Result<ExitCode> {
    let mut client = args.asked.client()?;
    let now = runtime::block_on(async { Ok(client.transfer(args.to.as_deref()).await?) })?;
    pipe::to_stdout(&match args.format {
        Format::Json => format!("{:#}\n", json!(now)),
        Format::Text => format!("{} leads in term {}\n", now.leader, now.term),
    })?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn snapshot(args: &SnapshotArgs) -> anyhow::Result<ExitCode> {
    let client = args.asked.client()?;
    let (id, snapshot) = runtime::block_on(async {
        let id = match &args.node {
            Some(id) => id.clone(),
            None => {
                let view = look(&args.asked.target).await?;
                view.leader().context("there is no leader now: name the node")?.id.clone()
            }
        };
        let url = args.asked.target.url_of(client.http(), &id).await?;
        Ok((id, client.snapshot(&url).await?))
    })?;
    pipe::to_stdout(&match args.format {
        Format::Json => {
            let value = json!({ "node": id, "index": snapshot.index, "term": snapshot.term });
            format!("{value:#}\n")
        }
        Format::Text => {
            format!(
                "{id} has a snapshot up to entry {}, which is of term {}\n",
                snapshot.index, snapshot.term
            )
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The voters and the learners, as the leader sees them; without a leader, as the node with the longest log does.
async fn who_belongs(target: &Target) -> anyhow::Result<(Vec<String>, Vec<String>)> {
    let view = look(target).await?;
    let source = view.leader().or_else(|| view.answers().max_by_key(|status| status.last_index));
    match source {
        Some(status) => Ok((status.voters.clone(), status.learners.clone())),
        None => {
            let why = format!("no node of the {} answers", target.name());
            Err(Failure::Unavailable(why).into())
        }
    }
}

async fn look(target: &Target) -> anyhow::Result<ClusterView> {
    let http = Http::new();
    let nodes = target.nodes(&http).await?;
    Ok(ClusterView::of(&http, &nodes, STATUS_MAX).await)
}

fn print_members(
    format: Format,
    voters: &[String],
    learners: &[String],
    index: Option<u64>,
) -> anyhow::Result<ExitCode> {
    pipe::to_stdout(&match format {
        Format::Json => {
            format!("{:#}\n", json!({ "voters": voters, "learners": learners, "index": index }))
        }
        Format::Text => {
            let learners = if learners.is_empty() { "none".to_owned() } else { learners.join(", ") };
            let by = index.map_or(String::new(), |index| format!("by entry {index}\n"));
            format!("voters: {}\nlearners: {learners}\n{by}", voters.join(", "))
        }
    })?;
    Ok(ExitCode::SUCCESS)
}
