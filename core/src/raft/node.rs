//! A server of the cluster: the state of Figure 2 and the one way in, [`Node::step`].

use std::sync::Arc;

use super::config::{Config, Configuration};
use super::ids::{Index, NodeId, Term};
use super::io::{HardState, Input, Output, Persistent};
use super::log::Log;
use super::progress::Progress;
use super::role::{Follower, Role, RoleName};
use super::rules::Rules;
use crate::rng::Rng;
use crate::time::Micros;

/// When the election timer was set and when it runs out, in the node's local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ElectionTimer {
    /// When it was last set.
    pub started_at: Micros,
    /// When the node starts an election if nothing resets it.
    pub deadline: Micros,
}

/// One server.
#[derive(Clone, Debug)]
pub struct Node<R: Rules> {
    config: Config,
    rules: R,
    hard_state: HardState,
    log: Log,
    configuration: Configuration,
    commit_index: Index,
    last_applied: Index,
    durable_index: Index,
    role: Role,
    election_timer: ElectionTimer,
    timeouts: Rng,
}

impl<R: Rules> Node<R> {
    /// A server that starts with what its stable storage holds, as a follower (§5.2).
    ///
    /// `out.restore` is the snapshot found on disk, if any.
    pub fn new(config: Config, rules: R, persistent: Persistent, now: Micros, out: &mut Output) -> Node<R> {
        let Persistent {
            hard_state,
            snapshot,
            entries,
        } = persistent;
        let configuration = snapshot
            .as_ref()
            .map_or(&config.configuration, |s| &s.configuration)
            .clone();
        let log = Log::new(snapshot.clone(), entries);
        let base = log.snapshot_id().index;
        out.restore = snapshot;
        Node {
            timeouts: Rng::new(config.seed),
            hard_state,
            configuration,
            commit_index: base,
            last_applied: base,
            durable_index: log.last().index,
            role: Role::Follower(Follower::default()),
            election_timer: ElectionTimer {
                started_at: now,
                deadline: now,
            },
            config,
            rules,
            log,
        }
    }

    /// The one way in. `now` is this node's local time and never goes back.
    pub fn step(&mut self, _now: Micros, _input: Input, _out: &mut Output) {}

    /// When [`Input::TimerCheck`] is due next, in local time.
    pub fn deadline(&self) -> Micros {
        self.election_timer.deadline
    }

    /// This server.
    pub fn id(&self) -> NodeId {
        self.config.id
    }

    /// How it behaves.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Which rules it keeps.
    pub fn rules(&self) -> &R {
        &self.rules
    }

    /// `current_term` of Figure 2.
    pub fn current_term(&self) -> Term {
        self.hard_state.current_term
    }

    /// `voted_for` of Figure 2.
    pub fn voted_for(&self) -> Option<NodeId> {
        self.hard_state.voted_for
    }

    /// `commit_index` of Figure 2.
    pub fn commit_index(&self) -> Index {
        self.commit_index
    }

    /// `last_applied` of Figure 2.
    pub fn last_applied(&self) -> Index {
        self.last_applied
    }

    /// `log[]` of Figure 2.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The last index of the log that is known to be on stable storage.
    pub fn durable_index(&self) -> Index {
        self.durable_index
    }

    /// Who is in the cluster.
    pub fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    /// What it is at the moment.
    pub fn role(&self) -> RoleName {
        match self.role {
            Role::Follower(_) => RoleName::Follower,
            Role::PreCandidate(_) => RoleName::PreCandidate,
            Role::Candidate(_) => RoleName::Candidate,
            Role::Leader(_) => RoleName::Leader,
        }
    }

    /// The leader of the current term, as far as this server knows: itself, or the one that it follows.
    pub fn leader(&self) -> Option<NodeId> {
        match &self.role {
            Role::Leader(_) => Some(self.config.id),
            Role::Follower(follower) => follower.leader,
            Role::PreCandidate(_) | Role::Candidate(_) => None,
        }
    }

    /// The running election timer; a leader has none.
    pub fn election_timer(&self) -> Option<ElectionTimer> {
        (!matches!(self.role, Role::Leader(_))).then_some(self.election_timer)
    }

    /// Those who granted their vote or pre-vote in the election under way; empty outside one.
    pub fn votes_granted(&self) -> impl Iterator<Item = NodeId> {
        self.campaign()
            .into_iter()
            .flat_map(|campaign| campaign.granted.iter().copied())
    }

    /// Those who refused it.
    pub fn votes_denied(&self) -> impl Iterator<Item = NodeId> {
        self.campaign()
            .into_iter()
            .flat_map(|campaign| campaign.denied.iter().copied())
    }

    /// What a leader knows of the others, by id; empty for everyone else.
    pub fn progress(&self) -> impl Iterator<Item = (NodeId, &Progress)> {
        self.leader_state()
            .into_iter()
            .flat_map(|leader| leader.progress.iter().map(|(id, progress)| (*id, progress)))
    }

    /// To whom this leader hands leadership over at the moment.
    pub fn transferring_to(&self) -> Option<NodeId> {
        self.leader_state()?.transfer.map(|transfer| transfer.to)
    }

    /// Whether something waits for the disk: votes, acknowledgements, or a leader's own count.
    pub fn waits_for_disk(&self) -> bool {
        self.durable_index < self.log.last().index
    }

    fn campaign(&self) -> Option<&super::role::Campaign> {
        match &self.role {
            Role::PreCandidate(campaign) | Role::Candidate(campaign) => Some(campaign),
            Role::Follower(_) | Role::Leader(_) => None,
        }
    }

    fn leader_state(&self) -> Option<&super::role::Leader> {
        match &self.role {
            Role::Leader(leader) => Some(leader),
            _ => None,
        }
    }

    /// The newest snapshot.
    pub fn snapshot(&self) -> Option<&Arc<super::entry::Snapshot>> {
        self.log.snapshot()
    }
}
