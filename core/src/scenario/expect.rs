//! What a scenario expects of its run, and whether it came true.

use super::write;
use crate::raft::{Index, Node, NodeId, RoleName, Switchable, Term};
use crate::sim::{Machine, Status, Target, World};
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

/// What was wanted and what was there instead, in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found {found}")]
pub struct Unmet {
    /// What was wanted.
    pub expected: String,
    /// What was there.
    pub found: String,
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

    /// The node that it names.
    pub fn target(&self) -> Option<Target> {
        match self {
            Check::Leader(LeaderIs::Node(id)) => Some(Target::Node(*id)),
            Check::Applied { node, .. } | Check::Role { node, .. } => Some(*node),
            _ => None,
        }
    }

    /// What is wanted, in words: `a leader`, `term 3`, ….
    pub fn wanted(&self) -> String {
        match self {
            Check::Leader(LeaderIs::Someone) => "a leader".to_owned(),
            Check::Leader(LeaderIs::NoOne) => "no leader".to_owned(),
            Check::Leader(LeaderIs::Node(id)) => format!("{id} to lead"),
            Check::Term(term) => format!("term {term}"),
            Check::TermAtLeast(term) => format!("term {term} or later"),
            Check::CommittedAtLeast(index) => format!("a commit index of {index} or more"),
            Check::Applied { node, key, value: Some(value) } => {
                format!("{key:?} to be {value:?} on {}", named(*node))
            }
            Check::Applied { node, key, value: None } => format!("no key {key:?} on {}", named(*node)),
            Check::Role { node, role } => format!("{} to be {role}", named(*node)),
            Check::Violations(names) => broken_properties(names),
        }
    }

    /// Whether it is true of this world, in which the properties of these names were broken so far.
    ///
    /// # Errors
    /// Says what was expected and what is there.
    pub fn judge(&self, world: &World, broken: &[&str]) -> Result<(), Unmet> {
        let found = match self {
            Check::Leader(wanted) => match (wanted, leader(world)) {
                (LeaderIs::Someone, Some(_)) | (LeaderIs::NoOne, None) => return Ok(()),
                (LeaderIs::Node(id), Some((leader, _))) if *id == leader => return Ok(()),
                (_, Some((leader, term))) => format!("{leader} leading in term {term}"),
                (_, None) => "no leader".to_owned(),
            },
            Check::Term(wanted) => match term(world) {
                term if term == *wanted => return Ok(()),
                term => format!("term {term}"),
            },
            Check::TermAtLeast(wanted) => match term(world) {
                term if term >= *wanted => return Ok(()),
                term => format!("term {term}"),
            },
            Check::CommittedAtLeast(wanted) => match committed(world) {
                index if index >= *wanted => return Ok(()),
                index => format!("{index}"),
            },
            Check::Applied { node, key, value: wanted } => match applied(world, *node, key) {
                Ok(value) if value == *wanted => return Ok(()),
                Ok(Some(value)) => format!("{value:?}"),
                Ok(None) => "no such key".to_owned(),
                Err(why) => why,
            },
            Check::Role { node, role: wanted } => match role(world, *node) {
                Ok(role) if role == *wanted => return Ok(()),
                Ok(role) => role.to_string(),
                Err(why) => why,
            },
            Check::Violations(wanted) => {
                let as_wanted = wanted.iter().all(|name| broken.contains(&name.as_str()))
                    && broken.iter().all(|name| wanted.iter().any(|wanted| wanted == name));
                if as_wanted {
                    return Ok(());
                }
                broken_properties(broken)
            }
        };
        Err(Unmet { expected: self.wanted(), found })
    }
}

/// The running leader of the highest term, and that term.
pub fn leader(world: &World) -> Option<(NodeId, Term)> {
    let leaders = running(world).filter(|(_, node)| node.role() == RoleName::Leader);
    // Of one term there is one leader; without a rule of the paper there may be more: then the lowest id.
    leaders
        .map(|(id, node)| (id, node.current_term()))
        .max_by_key(|(id, term)| (*term, std::cmp::Reverse(*id)))
}

/// The highest term of the running nodes; 0 if none runs.
pub fn term(world: &World) -> Term {
    running(world).map(|(_, node)| node.current_term()).max().unwrap_or_default()
}

/// The highest commit index of the running nodes; 0 if none runs.
pub fn committed(world: &World) -> Index {
    running(world).map(|(_, node)| node.commit_index()).max().unwrap_or_default()
}

fn running(world: &World) -> impl Iterator<Item = (NodeId, &Node<Switchable>)> {
    let machines = world.machines().iter().filter(|machine| machine.status() == Status::Running);
    machines.filter_map(|machine| Some((machine.id(), machine.node()?)))
}

fn machine(world: &World, target: Target) -> Result<&Machine, String> {
    let id = world.find(target)?;
    world.machine(id).ok_or_else(|| format!("there is no {id}"))
}

fn applied(world: &World, target: Target, key: &str) -> Result<Option<String>, String> {
    let machine = machine(world, target)?;
    let kv = machine.kv().ok_or_else(|| format!("{} down", machine.id()))?;
    Ok(kv.get(key).map(|value| value.to_string()))
}

fn role(world: &World, target: Target) -> Result<RoleName, String> {
    let machine = machine(world, target)?;
    let node = machine.node().ok_or_else(|| format!("{} down", machine.id()))?;
    Ok(node.role())
}

fn named(target: Target) -> String {
    match target {
        Target::Node(id) => id.to_string(),
        role => format!("the {}", write::target_name(role)),
    }
}

fn broken_properties(names: &[impl AsRef<str>]) -> String {
    match names {
        [] => "every property kept".to_owned(),
        names => {
            let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
            format!("broken: {}", names.join(", "))
        }
    }
}
