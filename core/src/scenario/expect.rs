//! What a scenario expects of its run.

use crate::raft::{Index, NodeId, RoleName, Term};
use crate::sim::Target;
use crate::time::Micros;

/// What must be true at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expect {
    /// When; everything that happens at that moment has then happened. `None` is the end of the run.
    pub at: Option<Micros>,
    /// What, in the order of the form; at least one.
    pub checks: Vec<Check>,
}

/// One thing that must be true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// Who leads: the running leader of the highest term.
    Leader(LeaderIs),
    /// The highest term of the running nodes.
    Term(Term),
    /// At least the highest term of the running nodes.
    TermAtLeast(Term),
    /// At least the highest commit index of the running nodes.
    CommittedAtLeast(Index),
    /// What a node's state machine holds.
    Applied {
        /// Which node.
        node: Target,
        /// The key.
        key: String,
        /// Its value; `None` = no such key.
        value: Option<String>,
    },
    /// The role of a node.
    Role {
        /// Which node.
        node: Target,
        /// Its role.
        role: RoleName,
    },
    /// The properties that were broken by the end of the run, whatever the moment: exactly these, each once.
    Violations(Vec<String>),
}

/// Who is expected to lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaderIs {
    /// Anyone.
    Someone,
    /// No one.
    NoOne,
    /// This node.
    Node(NodeId),
}

impl Check {
    /// The field of the form.
    pub fn name(&self) -> &'static str {
        match self {
            Check::Leader(_) => "leader",
            Check::Term(_) => "term",
            Check::TermAtLeast(_) => "term_at_least",
            Check::CommittedAtLeast(_) => "committed_at_least",
            Check::Applied { .. } => "applied",
            Check::Role { .. } => "role",
            Check::Violations(_) => "violations",
        }
    }
}
