//! Is an empty disk a new one, or one that was lost?
//!
//! A server that lost its disk may have voted, and acknowledged entries, and knows nothing of it: if it took part as
//! if nothing had been, two leaders could win one term, and committed entries be lost. So before a node with an
//! empty disk takes part, it tells its peers the number of that disk, and each remembers durably the first number
//! that it heard of each peer. The node takes part when a majority *of the others* has answered: whoever asks later
//! under the same id, with another disk, must get an answer of somebody who remembers the first one. Then it
//! neither votes nor counts until the leader has admitted it anew (see `HardState::forgetful` in the core).

use std::time::Duration;

use mini_raft_core::raft::NodeId;
use tokio::task::JoinSet;

use super::disk::Disk;
use super::peers::PeerDoor;
use crate::settings::NodeSettings;
use crate::storage::Recovered;

/// How long it waits before it asks a peer again that did not answer.
const PAUSE: Duration = Duration::from_millis(100);

/// What a disk is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Birth {
    /// It takes part, in a cluster that began with these voters.
    TakesPart {
        /// Of the configuration before any in the log.
        first_voters: Vec<NodeId>,
    },
    /// It is empty, and there was another one before: what that one had promised is lost.
    Lost,
}

/// Asks until it is known. A disk that is not empty has been asked about before.
pub(super) async fn settle(
    settings: &NodeSettings,
    recovered: &Recovered,
    door: &PeerDoor,
    disk: &Disk,
) -> Birth {
    if recovered.born {
        return Birth::TakesPart { first_voters: recovered.first_voters.clone() };
    }
    let known =
        !recovered.fresh || (!settings.new_cluster && is_another_known(recovered.disk_id, door).await);
    if known {
        // Nothing is written: until the core has written that it forgets, another start asks again.
        if recovered.fresh {
            tracing::warn!(
                "this node has lost its disk: it only learns until it is admitted anew, with `mini-raft members --add NODE`"
            );
        }
        return Birth::Lost;
    }
    let first_voters = settings.first_voters();
    disk.born(first_voters.clone()).await;
    Birth::TakesPart { first_voters }
}

/// Whether one of the others knows another disk of this node.
async fn is_another_known(own: u64, door: &PeerDoor) -> bool {
    let mut questions = JoinSet::new();
    for peer in door.others() {
        questions.spawn(known_disk(door.clone(), peer));
    }
    let others = questions.len();
    let needed = if others == 0 { 0 } else { others / 2 + 1 };
    if needed > 0 {
        tracing::info!(
            needed,
            others,
            "the disk is empty: asking the other nodes whether this one has served with another disk before (at the very \
             first start of a cluster, --new-cluster goes on without asking)"
        );
    }
    let mut answers = 0;
    while answers < needed
        && let Some(Ok(known)) = questions.join_next().await
    {
        if known.is_some_and(|known| known != own) {
            return true;
        }
        answers += 1;
    }
    false
}

async fn known_disk(door: PeerDoor, peer: NodeId) -> Option<u64> {
    loop {
        match door.connect(peer).await {
            Ok((_, reply)) => return reply.known_disk,
            Err(error) => tracing::debug!(%peer, "no answer yet: {error:#}"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}
