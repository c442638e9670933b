//! What an operator asks for: other members, another leader, a snapshot.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use mini_raft_core::raft::{Index, MembershipChange, NodeId, Term};
use serde::{Deserialize, Serialize};

use super::App;
use super::problem::Problem;
use super::request::{ForwardOnly, json_of, options_of};

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
        let detail =
            format!("{stranger} has no address: start all nodes with it in --peers, and itself with --join");
        return Err(Problem::new(StatusCode::CONFLICT, "unknown_node", detail));
    }
    let declined = |failure| app.problem(failure, &uri);
    let change = MembershipChange { add, remove, learners };
    let entry = app.node.change_members(change).await.map_err(declined)?;
    let status = app.node.status().await.map_err(declined)?;
    Ok(Json(MembersView { voters: status.voters, learners: status.learners, index: entry.index }))
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
