//! What an operator asks for: other members, another leader, a snapshot.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use mini_raft_core::raft::{Index, MembershipChange, NodeId, Term};
use serde::{Deserialize, Serialize};

use super::problem::Problem;
use super::request::{ForwardOnly, json_of, options_of};
use super::{App, newcomers};

/// The body of `POST /v1/members`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MembersWanted {
    #[serde(default)]
    add: Vec<NodeId>,
    #[serde(default)]
    remove: Vec<NodeId>,
    #[serde(default)]
    learners: Vec<NodeId>,
}

/// Its answer.
#[derive(Debug, Serialize)]
pub(super) struct MembersView {
    voters: Vec<NodeId>,
    learners: Vec<NodeId>,
    index: Index,
}

pub(super) async fn members(State(app): State<App>, request: Request) -> Result<Json<MembersView>, Problem> {
    let uri = request.uri().clone();
    options_of::<ForwardOnly>(&uri)?;
    let MembersWanted { add, remove, learners } = json_of(request).await?;
    if let Some(stranger) = add.iter().chain(&learners).find(|id| app.url_of(**id).is_none()) {
        let mend = "start all nodes with it in --peers, and itself with --join";
        return Err(unknown_node(*stranger, mend));
    }
    let declined = |failure| app.problem(failure, &uri);
    let before = app.node.status().await.map_err(declined)?;
    let is_member =
        |id: &NodeId| [&before.voters, &before.outgoing, &before.learners].iter().any(|set| set.contains(id));
    if let Some(stranger) = remove.iter().find(|id| app.url_of(**id).is_none() && !is_member(id)) {
        return Err(unknown_node(*stranger, "there is nobody of this name to be removed"));
    }
    let lost = newcomers::voters_without_disk(&app, &add).await?;
    let change = MembershipChange { add, remove, learners };
    let entry = if lost.is_empty() {
        app.node.change_members(change).await.map_err(declined)?
    } else {
        newcomers::take_votes_away(&app, &lost).await.map_err(declined)?;
        newcomers::change_after_another(&app, &change).await.map_err(|failure| {
            let done = format!("only the first step is done, {} learns without a vote", list(&lost));
            declined(failure).after(&done)
        })?
    };
    let status = app.node.status().await.map_err(declined)?;
    Ok(Json(MembersView { voters: status.voters, learners: status.learners, index: entry.index }))
}

fn unknown_node(id: NodeId, mend: &str) -> Problem {
    let detail = format!("no node {id} is known here, it has no address: {mend}");
    Problem::new(StatusCode::BAD_REQUEST, "unknown_node", detail)
}

fn list(ids: &[NodeId]) -> String {
    ids.iter().map(NodeId::to_string).collect::<Vec<_>>().join(", ")
}

/// The body of `POST /v1/transfer`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct TransferWanted {
    #[serde(default)]
    to: Option<NodeId>,
}

/// Its answer.
#[derive(Debug, Serialize)]
pub(super) struct TransferView {
    leader: NodeId,
    term: Term,
}

pub(super) async fn transfer(
    State(app): State<App>,
    request: Request,
) -> Result<Json<TransferView>, Problem> {
    let uri = request.uri().clone();
    options_of::<ForwardOnly>(&uri)?;
    let TransferWanted { to } = json_of(request).await?;
    if let Some(stranger) = to.filter(|id| app.url_of(*id).is_none()) {
        let known: Vec<NodeId> = app.peers().map(|(id, _)| id).collect();
        return Err(unknown_node(stranger, &format!("known are {}", list(&known))));
    }
    let (leader, term) = app.node.transfer(to).await.map_err(|failure| app.problem(failure, &uri))?;
    Ok(Json(TransferView { leader, term }))
}

/// The answer of `POST /v1/snapshot`.
#[derive(Debug, Serialize)]
pub(super) struct SnapshotView {
    index: Index,
    term: Term,
}

pub(super) async fn snapshot(State(app): State<App>, uri: Uri) -> Result<Json<SnapshotView>, Problem> {
    options_of::<ForwardOnly>(&uri)?;
    let covered = app.node.take_snapshot().await.map_err(|failure| app.problem(failure, &uri))?;
    Ok(Json(SnapshotView { index: covered.index, term: covered.term }))
}
