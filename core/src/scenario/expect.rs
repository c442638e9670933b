//! What a scenario expects of its run, and whether it came true.

use super::write;
use crate::json::quoted;
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
                format!("{} to be {} on {}", quoted(key), quoted(value), named(*node))
            }
            Check::Applied { node, key, value: None } => {
                format!("no key {} on {}", quoted(key), named(*node))
            }
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
                Ok(Some(value)) => quoted(&value),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kv::{ClientId, Op};
    use crate::sim::{Command, Setup};

    fn run(world: &mut World, millis: u64) {
        let (until, mut events) = (world.now() + Micros::from_millis(millis), Vec::new());
        while world.next_at().is_some_and(|at| at <= until) {
            world.step(&mut events);
        }
        world.advance_to(until);
    }

    fn obey(world: &mut World, command: Command) {
        world.command(&command, &mut Vec::new()).expect("a command with a target");
    }

    /// Servers with a leader of term 1, which has applied `k = v` as entry 2, and its name.
    fn world_with_leader(setup: Setup) -> (World, NodeId) {
        let mut world = World::new(&setup, &mut Vec::new());
        run(&mut world, 1_000);
        let op = Op::Set { key: "k".into(), value: "v".into() };
        obey(&mut world, Command::Request { client: ClientId::new("c"), op, to: Target::Leader });
        run(&mut world, 1_000);
        let leader = world.leader().expect("a leader");
        (world, leader)
    }

    fn applied(node: Target, key: &str, value: Option<&str>) -> Check {
        Check::Applied { node, key: key.to_owned(), value: value.map(str::to_owned) }
    }

    fn violations(names: &[&str]) -> Check {
        Check::Violations(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn what_is_so_is_met() {
        let (mut world, leader) = world_with_leader(Setup { nodes: 3, ..Setup::default() });
        let (leads, follower) = (RoleName::Leader, RoleName::Follower);
        for check in [
            Check::Leader(LeaderIs::Someone),
            Check::Leader(LeaderIs::Node(leader)),
            Check::Term(Term(1)),
            Check::TermAtLeast(Term(1)),
            Check::TermAtLeast(Term(0)),
            Check::CommittedAtLeast(Index(2)),
            applied(Target::Node(leader), "k", Some("v")),
            applied(Target::Follower, "k", Some("v")),
            applied(Target::Leader, "other", None),
            Check::Role { node: Target::Leader, role: leads },
            Check::Role { node: Target::Follower, role: follower },
            violations(&[]),
        ] {
            assert_eq!(check.judge(&world, &[]), Ok(()), "{check:?}");
        }
        // Each once, in any order.
        let both = violations(&["durability", "vote-once"]);
        assert_eq!(both.judge(&world, &["vote-once", "durability"]), Ok(()));
        obey(&mut world, Command::Crash { node: Target::Leader });
        assert_eq!(Check::Leader(LeaderIs::NoOne).judge(&world, &[]), Ok(()));
    }

    #[test]
    fn what_is_not_so_is_told_with_what_is_there() {
        let (mut world, leader) = world_with_leader(Setup { nodes: 3, ..Setup::default() });
        let down = (0..3).map(NodeId).find(|id| *id != leader).expect("another");
        obey(&mut world, Command::Crash { node: Target::Node(down) });
        let role = |node, role| Check::Role { node, role };
        let leads = format!("found {leader} leading in term 1");
        for (check, expected) in [
            (Check::Leader(LeaderIs::NoOne), format!("expected no leader, {leads}")),
            (Check::Leader(LeaderIs::Node(down)), format!("expected {down} to lead, {leads}")),
            (Check::Term(Term(2)), "expected term 2, found term 1".to_owned()),
            (Check::TermAtLeast(Term(2)), "expected term 2 or later, found term 1".to_owned()),
            (Check::CommittedAtLeast(Index(3)), "expected a commit index of 3 or more, found 2".to_owned()),
            (
                applied(Target::Leader, "k", Some("w")),
                r#"expected "k" to be "w" on the leader, found "v""#.to_owned(),
            ),
            (
                applied(Target::Leader, "j", Some("w")),
                r#"expected "j" to be "w" on the leader, found no such key"#.to_owned(),
            ),
            (
                applied(Target::Node(down), "k", None),
                format!(r#"expected no key "k" on {down}, found {down} down"#),
            ),
            (
                role(Target::Follower, RoleName::Leader),
                "expected the follower to be leader, found follower".to_owned(),
            ),
            (
                role(Target::Candidate, RoleName::Candidate),
                "expected the candidate to be candidate, found there is no running candidate".to_owned(),
            ),
            (
                role(Target::Node(NodeId(9)), RoleName::Follower),
                "expected node-9 to be follower, found there is no node-9".to_owned(),
            ),
            (
                violations(&["durability"]),
                "expected broken: durability, found broken: durability, vote-once".to_owned(),
            ),
            (violations(&[]), "expected every property kept, found broken: durability, vote-once".to_owned()),
        ] {
            let unmet = check.judge(&world, &["durability", "vote-once"]).expect_err("it is not so");
            assert_eq!(unmet.to_string(), expected);
        }
        for node in world.machines().iter().map(Machine::id).filter(|id| *id != down).collect::<Vec<_>>() {
            obey(&mut world, Command::Crash { node: Target::Node(node) });
        }
        let unmet = Check::Leader(LeaderIs::Someone).judge(&world, &[]).expect_err("all are down");
        assert_eq!(unmet.to_string(), "expected a leader, found no leader");
        assert_eq!((term(&world), committed(&world)), (Term::ZERO, Index::ZERO));
    }

    /// Without CheckQuorum a leader that is cut off goes on leading its old term, and the new one is meant.
    #[test]
    fn of_two_leaders_the_one_of_the_later_term_counts() {
        let mut setup = Setup { nodes: 3, ..Setup::default() };
        setup.config.check_quorum = false;
        let (mut world, old) = world_with_leader(setup);
        let others: Vec<_> = (0..3).map(NodeId).filter(|id| *id != old).collect();
        let group = others.iter().copied().map(Target::Node).collect();
        obey(&mut world, Command::Partition { groups: vec![group, vec![Target::Node(old)]] });
        run(&mut world, 2_000);
        let role = world.machine(old).and_then(Machine::node).map(Node::role);
        assert_eq!(role, Some(RoleName::Leader));
        let (leader, term) = leader(&world).expect("the others have elected one");
        assert!(others.contains(&leader) && term > Term(1));
    }
}
