//! A node as the guide draws it: persistent state, volatile state, leader state, state machine, storage.

use mini_raft_core::raft::{
    Clause, Log, Node, NodeId, ProgressState, RoleName, RoleReason, Switchable, VoteRefusal,
};
use mini_raft_core::sim::{EventKind, Machine, Status, World};

use super::{
    Field, InspectorView, LEADER_STATE, Past, PeerRow, RuleView, Section, Why, campaign, entry, event,
    what_if,
};
use crate::text;
use crate::text::number::fill;
use crate::wish::AskedField;

/// Keys of the state machine that are listed; more are counted.
const KEYS_MAX: usize = 8;

/// The node, or nothing if there is none of that name.
pub(super) fn view(world: &World, past: Past, id: NodeId) -> Option<InspectorView> {
    let machine = world.machine(id)?;
    let mut view =
        InspectorView { title: id.to_string(), why: why(world, past, machine), ..InspectorView::default() };
    match machine.node() {
        None => {
            let hard_state = machine.disk().hard_state();
            view.heading = "Crashed: only its disk is left".to_owned();
            view.term = Some(hard_state.current_term.0);
            view.sections.push(Section {
                title: "Persistent state",
                note: "on disk",
                fields: vec![
                    Field::of_term("current_term", hard_state.current_term, hard_state.current_term.0)
                        .asking(id, AskedField::CurrentTerm),
                    Field::new("voted_for", text::node_or_none(hard_state.voted_for))
                        .asking(id, AskedField::VotedFor),
                    Field::new("log", log_range(machine.disk().log())).asking(id, AskedField::Log),
                ],
            });
        }
        Some(node) => {
            view.heading = heading(machine.status(), node);
            view.term = Some(node.current_term().0);
            view.sections.push(persistent(world, node));
            view.sections.push(volatile(node));
            if node.role() == RoleName::Leader {
                view.peers = peers(node);
                view.sections.push(Section {
                    title: LEADER_STATE,
                    note: "what it knows of the others",
                    fields: Vec::new(),
                });
            }
            view.sections.push(state_machine(machine));
            view.more.extend(campaign::why_not_won(world, past, node));
            view.more.extend(campaign::why_follower(node));
            view.more.push(what_if::could_win(world, machine));
            view.more.push(what_if::would_lose(machine));
        }
    }
    view.sections.push(storage(world, machine));
    Some(view)
}

fn heading(status: Status, node: &Node<Switchable>) -> String {
    let term = node.current_term();
    let role = match (node.role(), node.leader()) {
        (RoleName::Leader, _) => format!("Leader of term {term}"),
        (RoleName::Candidate, _) => format!("Candidate in term {term}"),
        (RoleName::PreCandidate, _) => format!("Pre-candidate in term {term}"),
        (RoleName::Follower, Some(leader)) => format!("Follower of {leader} in term {term}"),
        (RoleName::Follower, None) => format!("Follower in term {term}, no leader known"),
    };
    match status {
        Status::Paused => format!("Paused. {role}"),
        Status::Running | Status::Crashed => role,
    }
}

fn persistent(world: &World, node: &Node<Switchable>) -> Section {
    let term = node.current_term();
    let (id, last) = (node.id(), node.log().last().index);
    let synced = node.durable_index().min(last);
    let mut fields = vec![
        Field::of_term("current_term", term, term.0).asking(id, AskedField::CurrentTerm),
        Field::new("voted_for", text::node_or_none(node.voted_for())).asking(id, AskedField::VotedFor),
        Field::new("log", log_range(node.log())).asking(id, AskedField::Log),
        Field::new("synced to", synced).asking(id, AskedField::Synced),
    ];
    // Who is in the cluster is worth saying where it is not simply everybody.
    let configuration = node.configuration();
    if configuration.voters().len() < world.machines().len() || configuration.is_joint() {
        fields.push(Field::new("voters", text::names(configuration.voters())));
    }
    if configuration.is_joint() {
        fields.push(Field::new("old voters", text::names(configuration.outgoing())));
    }
    if !configuration.learners().is_empty() {
        fields.push(Field::new("learners", text::names(configuration.learners())));
    }
    Section { title: "Persistent state", note: "kept on disk", fields }
}

fn volatile(node: &Node<Switchable>) -> Section {
    let mut fields = vec![
        Field::new("state", node.role()).asking(node.id(), AskedField::State),
        Field::new("leader", text::node_or_none(node.leader())),
        Field::new("commit_index", node.commit_index()).asking(node.id(), AskedField::CommitIndex),
        Field::new("last_applied", node.last_applied()).asking(node.id(), AskedField::LastApplied),
    ];
    if let RoleName::Candidate | RoleName::PreCandidate = node.role() {
        let votes = if node.role() == RoleName::Candidate { "votes" } else { "pre-votes" };
        let granted: Vec<NodeId> = node.votes_granted().collect();
        let denied: Vec<NodeId> = node.votes_denied().collect();
        let needed = node.configuration().quorum();
        fields.push(Field::new(votes, format!("{} of {needed}: {}", granted.len(), text::names(&granted))));
        fields.push(Field::new("refused by", text::names(&denied)));
    }
    if let Some(timer) = node.election_timer() {
        fields.push(Field::new("election timeout", text::span(timer.deadline - timer.started_at)));
    }
    Section { title: "Volatile state", note: "in memory, lost in a crash", fields }
}

fn peers(node: &Node<Switchable>) -> Vec<PeerRow> {
    node.progress()
        .map(|(id, progress)| {
            let (mode, inflight) = match &progress.state {
                ProgressState::Probe { sent } => ("probe", u64::from(*sent)),
                ProgressState::Replicate { inflight } => ("replicate", inflight.len() as u64),
                ProgressState::Snapshot { .. } => ("snapshot", 1),
            };
            PeerRow {
                node: id.0,
                next_index: progress.next_index.0,
                match_index: progress.match_index.0,
                mode,
                inflight,
                last_index: node.log().last().index.0,
            }
        })
        .collect()
}

fn state_machine(machine: &Machine) -> Section {
    let kv = machine.kv();
    let mut fields: Vec<Field> = kv
        .into_iter()
        .flat_map(|kv| kv.iter())
        .take(KEYS_MAX)
        .map(|(key, value)| Field::new(&**key, format!("“{value}”")))
        .collect();
    match kv.map_or(0, |kv| kv.len()) {
        0 => fields.push(Field::new("no keys", "")),
        keys if keys > KEYS_MAX => fields.push(Field::new("more keys", keys - KEYS_MAX)),
        _ => {}
    }
    Section { title: "State machine", note: "what the applied entries led to", fields }
}

fn storage(world: &World, machine: &Machine) -> Section {
    let disk = machine.disk();
    let waiting = disk.pending().count();
    let snapshot = disk.snapshot().map_or_else(
        || "none".to_owned(),
        |snapshot| {
            let bytes = text::plural(snapshot.data.len() as u64, "byte", "bytes");
            format!("up to {}, {bytes}", text::place(snapshot.last_included))
        },
    );
    let mut fields = vec![
        Field::new(
            "writes not synced",
            match disk.first_unsynced() {
                Some(first) => format!("{waiting}, log from {first} on"),
                None => waiting.to_string(),
            },
        ),
        Field::new("snapshot", snapshot),
    ];
    if machine.status() == Status::Paused {
        fields.push(Field::new(
            "waiting for it",
            text::plural(machine.waiting() as u64, "message", "messages"),
        ));
    }
    if machine.clock_rate() != 1.0 {
        fields.push(Field::new("clock", fill("%2 of true time", &[machine.clock_rate()])));
    }
    if machine.boots() > 1 {
        fields.push(Field::new("started", text::plural(machine.boots(), "time", "times")));
    }
    let (min, max) = disk.sync_range();
    if (min, max) != world.setup().disk.sync {
        fields.push(Field::new("a sync takes", format!("{} to {}", text::span(min), text::span(max))));
    }
    Section { title: "Storage", note: "its disk", fields }
}

fn log_range(log: &Log) -> String {
    let (first, last) = (log.first_index(), log.last().index);
    let entries = if first == last { format!("{first} … {last}") } else { text::range(first, last) };
    if log.snapshot_id().index.0 == 0 { entries } else { format!("{entries}, after a snapshot") }
}

fn why(world: &World, past: Past, machine: &Machine) -> Option<Why> {
    match machine.node() {
        Some(node) if node.role() == RoleName::Leader && node.commit_index() < node.log().last().index => {
            let first = node.log().get(node.commit_index().next())?;
            return Some(entry::why_not_committed_by(world, node, first.id()));
        }
        Some(node) if node.forgets().is_some() => return Some(why_no_vote(node)),
        Some(node) if matches!(node.role(), RoleName::Candidate | RoleName::PreCandidate) => {
            return Some(why_not_leader(node));
        }
        _ => {}
    }
    let Some(last) = past.chronicle.last_of(machine.id()) else {
        return Some(Why {
            question: format!("Why is {} a follower?", machine.id()),
            answer: "Every server starts as a follower, and waits for a leader to speak.".to_owned(),
            rule: Some(RuleView {
                section: "§5.2", rule: "When servers start up, they begin as followers."
            }),
            event: None,
        });
    };
    let question = match (&last.kind, machine.node()) {
        (_, None) => format!("Why is {} down?", machine.id()),
        (EventKind::Pause, _) => format!("Why does {} stand still?", machine.id()),
        (_, Some(node)) => format!("Why is {} {}?", machine.id(), text::role(node.role())),
    };
    let rule = event::rule(past, last);
    let answer = format!("{} That was at {}.", text::event(last), text::moment(last.at));
    Some(Why { question, answer, rule, event: Some(last.seq) })
}

fn why_no_vote(node: &Node<Switchable>) -> Why {
    let Clause { section, rule } = VoteRefusal::LostDisk.clause();
    Why {
        question: format!("Why does {} not vote?", node.id()),
        answer: "It lost its disk, and with it whom it voted for and what it acknowledged. It gets the log again, and \
                 counts again once it was removed from the cluster and added anew."
            .to_owned(),
        rule: Some(RuleView { section, rule }),
        event: None,
    }
}

fn why_not_leader(node: &Node<Switchable>) -> Why {
    let granted: Vec<NodeId> = node.votes_granted().collect();
    let denied: Vec<NodeId> = node.votes_denied().collect();
    let silent: Vec<NodeId> = node
        .configuration()
        .voters()
        .iter()
        .copied()
        .filter(|voter| !granted.contains(voter) && !denied.contains(voter))
        .collect();
    let needed = node.configuration().quorum() as u64;
    let pre_vote = node.role() == RoleName::PreCandidate;
    let mut answer = format!(
        "It has {} ({}), and {needed} are a majority.",
        text::plural(
            granted.len() as u64,
            if pre_vote { "pre-vote" } else { "vote" },
            if pre_vote { "pre-votes" } else { "votes" },
        ),
        text::names(&granted),
    );
    if !denied.is_empty() {
        answer += &format!(" Refused by {}.", text::names(&denied));
    }
    if !silent.is_empty() {
        answer += &format!(" No answer yet from {}.", text::names(&silent));
    }
    let wins = if pre_vote {
        RoleReason::PreVoteWon { votes: 0, needed: 0 }
    } else {
        RoleReason::ElectionWon { votes: 0, needed: 0 }
    };
    let question = if pre_vote {
        format!("Why does {} not stand for election yet?", node.id())
    } else {
        format!("Why is {} not the leader yet?", node.id())
    };
    Why { question, answer, rule: Some(wins.clause().into()), event: None }
}
