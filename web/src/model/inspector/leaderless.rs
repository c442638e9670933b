//! Nobody leads: what is done about it, or what keeps the cluster from it.

use mini_raft_core::raft::{Node, NodeId, RoleName, RoleReason, Switchable};
use mini_raft_core::sim::{Machine, Status, World};

use super::{InspectorView, RuleView, Why};
use crate::model::election::{Prospect, best_prospect, candidates};
use crate::text;

const STARTS: RuleView = RuleView {
    section: "§5.2",
    rule: "A follower that hears nothing for an election timeout starts an election.",
};
const MAJORITY: RuleView = RuleView {
    section: "§5.2",
    rule: "A candidate wins with the votes of a majority of the whole cluster, those that are down counted too.",
};

/// What is shown while nobody leads.
pub(super) fn view(world: &World) -> InspectorView {
    let asking: Vec<&Node<Switchable>> = candidates(world).collect();
    let (heading, question, answer, rule) = match best_prospect(world) {
        Some(prospect) if prospect.can_win && asking.is_empty() => {
            ("Nobody leads at the moment", "What happens now?", who_will_ask(world), STARTS)
        }
        Some(prospect) if prospect.can_win => {
            let states: Vec<String> = asking.iter().map(|node| standing(node)).collect();
            let answer = format!(
                "{}. If nobody gets enough, they ask again once their timers run out.",
                states.join("; "),
            );
            let won = RoleReason::ElectionWon { votes: 0, needed: 0 };
            ("An election is under way", "Who will lead?", answer, won.clause().into())
        }
        prospect => {
            let answer = match prospect {
                Some(prospect) => hopeless(world, &prospect),
                None => format!("No node runs: {}.", obstacles(world)),
            };
            ("Nobody can be elected", "Why can nobody be elected?", answer, MAJORITY)
        }
    };
    InspectorView {
        title: "No leader".to_owned(),
        heading: heading.to_owned(),
        why: Some(Why { question: question.to_owned(), answer, rule: Some(rule), event: None }),
        ..InspectorView::default()
    }
}

fn who_will_ask(world: &World) -> String {
    let mut answer = "No node asks for votes yet. The first whose election timer runs out does".to_owned();
    if let Some(first) = first_to_time_out(world) {
        answer += &format!("; as it looks, that is {first}");
    }
    answer + "."
}

fn hopeless(world: &World, prospect: &Prospect) -> String {
    let Prospect { reaches, needed, voters, .. } = prospect;
    format!(
        "A candidate needs {needed} of {voters} votes, and no node reaches more than {}, itself counted ({}). At \
         least {} more must come back: {}.",
        reaches.len(),
        text::names(reaches),
        needed.saturating_sub(reaches.len()).max(1),
        obstacles(world),
    )
}

/// How far a candidate has come.
fn standing(node: &Node<Switchable>) -> String {
    let (votes, term) = match node.role() {
        RoleName::Candidate => ("votes", format!("in term {}", node.current_term())),
        _ => ("pre-votes", format!("to stand in term {}", node.current_term().next())),
    };
    let (granted, needed) = (node.votes_granted().count(), node.configuration().quorum());
    format!("{} has {granted} of the {needed} {votes} that it needs {term}", node.id())
}

/// What keeps the nodes from each other, and what would end it.
fn obstacles(world: &World) -> String {
    let of = |status| -> Vec<NodeId> {
        let machines = world.machines().iter().filter(|machine| machine.status() == status);
        machines.map(Machine::id).collect()
    };
    let (down, paused) = (of(Status::Crashed), of(Status::Paused));
    let mut told = Vec::new();
    if !down.is_empty() {
        let are = if down.len() == 1 { "is" } else { "are" };
        told.push(format!("{} {are} down (restart)", text::names(&down)));
    }
    if !paused.is_empty() {
        let stand = if paused.len() == 1 { "stands" } else { "stand" };
        told.push(format!("{} {stand} still (resume)", text::names(&paused)));
    }
    if world.network().links().any(|(_, _, link)| link.cut) {
        told.push("links are cut (heal)".to_owned());
    }
    told.join("; ")
}

fn first_to_time_out(world: &World) -> Option<NodeId> {
    let running = world.machines().iter().filter(|machine| machine.status() == Status::Running);
    running
        .filter_map(|machine| {
            let timer = machine.node()?.election_timer()?;
            Some((machine.to_world(timer.deadline), machine.id()))
        })
        .min()
        .map(|(_, id)| id)
}
