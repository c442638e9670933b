//! What if: who could win an election, which entries are safe, what a crash would lose.

use mini_raft_core::raft::{Node, NodeId, Switchable};

use super::fact::refusal;
use super::{entries, names};
use crate::model::whatif::ballot::{Ballot, Standing, Vote};
use crate::model::whatif::crash::CrashLoss;
use crate::model::whatif::{Chance, Overlay};

/// The name of an overlay, as its switch has it.
pub fn overlay(overlay: Overlay) -> &'static str {
    match overlay {
        Overlay::Elections => "Who could win an election",
        Overlay::Entries => "Which entries are safe",
        Overlay::Crashes => "What a crash would lose",
    }
}

/// What an overlay shows, in a sentence.
pub fn about(overlay: Overlay) -> &'static str {
    match overlay {
        Overlay::Elections => "if it asked for votes now, and nobody minded the present leader",
        Overlay::Entries => "whoever leads next has them, whatever crashes; of the others one may not",
        Overlay::Crashes => "what of each node is not on its disk yet",
    }
}

/// Whether it could win, on its badge.
pub fn chance(chance: Chance) -> &'static str {
    match chance {
        Chance::Leads => "leads",
        Chance::Yes => "✓ could win",
        Chance::No => "✕ could not win",
    }
}

/// What a crash would lose, on a badge.
pub fn loss_note(node: Option<&Node<Switchable>>, loss: &CrashLoss) -> String {
    let Some(_) = node else { return "is down".to_owned() };
    let mut lost: Vec<String> = Vec::new();
    if let Some((first, last)) = loss.entries {
        lost.push(if first == last { format!("entry {first}") } else { format!("{first} to {last}") });
    }
    if loss.vote.is_some() {
        lost.push("its vote".to_owned());
    } else if loss.term.is_some() {
        lost.push("its term".to_owned());
    }
    match lost.as_slice() {
        [] if loss.returns.is_some() => "old entries return".to_owned(),
        [] => "loses nothing".to_owned(),
        lost => format!("loses {}", lost.join(", ")),
    }
}

/// The question to [`ballot`].
pub fn could_win(node: NodeId) -> String {
    format!("Could {node} win an election now?")
}

/// Who would vote for a node, and who would not and why.
pub fn ballot(ballot: &Ballot) -> String {
    match ballot.standing {
        Standing::Down => return "No: it is down.".to_owned(),
        Standing::Paused => return "No: it stands still.".to_owned(),
        Standing::NoVoter => {
            return "No: it has no vote in the configuration that it uses, so it does not stand.".to_owned();
        }
        Standing::LostDisk => return "No: it lost its disk, and does not stand.".to_owned(),
        Standing::Stands | Standing::Leads => {}
    }
    let of = |vote: Vote| -> Vec<NodeId> {
        ballot.votes.iter().filter(|(_, answer)| *answer == vote).map(|(voter, _)| *voter).collect()
    };
    let granted = of(Vote::Granted);
    let answer = match (ballot.standing, ballot.could_win) {
        (Standing::Leads, true) => "It leads, and could do so again",
        (Standing::Leads, false) => "It leads, and would not be elected again",
        (_, true) => "Yes, if it asked now and nobody minded the present leader",
        (_, false) => "No",
    };
    let mut text = format!(
        "{answer}: it would get {} of the {} votes that it needs ({}).",
        granted.len(),
        ballot.needed,
        names(&granted),
    );
    for (voter, vote) in &ballot.votes {
        if let Vote::Refused(why) = vote {
            text += &format!(" {voter} would refuse: {}.", refusal(why));
        }
    }
    let groups = [
        (Vote::Down, "is down", "are down"),
        (Vote::Paused, "stands still", "stand still"),
        (Vote::Unreachable, "is cut off from it", "are cut off from it"),
    ];
    for (vote, one, many) in groups {
        let nodes = of(vote);
        if !nodes.is_empty() {
            text += &format!(" {} {}.", names(&nodes), if nodes.len() == 1 { one } else { many });
        }
    }
    text
}

/// The question to [`crash_loss`].
pub fn would_lose(node: NodeId) -> String {
    format!("What would {node} lose if it crashed now?")
}

/// What a crash would lose of what a node must not forget.
pub fn crash_loss(loss: &CrashLoss) -> String {
    let mut text = String::new();
    if let Some((first, last)) = loss.entries {
        text += &format!("Of its log {}, which its disk does not have yet. ", entries(first, last));
    }
    if let Some((candidate, term)) = loss.vote {
        text += &format!("Its vote for {candidate} in term {term}: so it has not told anybody of it yet. ");
    } else if let Some((term, kept)) = loss.term {
        text += &format!("That it is in term {term}: its disk says {kept}. ");
    }
    if let Some((first, last)) = loss.returns {
        text += &format!("What it removed would be there again: {}. ", entries(first, last));
    }
    if text.is_empty() {
        return "Nothing that it must not forget: its term, its vote and its log are on its disk. Its role, its commit \
                index and its state machine it learns again."
            .to_owned();
    }
    text + "Nobody counts on any of it: what depends on a write waits until it is on disk."
}

/// The question to [`safe`].
pub fn is_safe(index: u64) -> String {
    format!("Could entry {index} still be lost?")
}

/// Whether an entry can still be lost. `without_rule`: a rule is left out in this world.
pub fn safe(is_safe: bool, without_rule: bool) -> &'static str {
    match (is_safe, without_rule) {
        (true, false) => {
            "No, whatever crashes, as long as no disk is lost: it is on so many disks that every majority has it, and no \
             log without it is as up-to-date as theirs. So whoever is elected has it."
        }
        (true, true) => {
            "By the rules of Raft, no; but in this world a rule is left out, and nothing is promised."
        }
        (false, _) => {
            "Yes: a node without it may yet be elected, since too few disks hold it, or a log without it is as up-to-date \
             as theirs."
        }
    }
}

#[cfg(test)]
mod tests {
    use mini_raft_core::raft::{EntryId, Index, Term, VoteRefusal};

    use super::*;

    #[test]
    fn a_ballot_says_who_would_refuse_and_who_cannot_be_asked() {
        let refused = VoteRefusal::LogNotUpToDate { ours: EntryId::new(2, 9), theirs: EntryId::new(2, 7) };
        let told = ballot(&Ballot {
            node: NodeId(1),
            standing: Standing::Stands,
            votes: vec![
                (NodeId(0), Vote::Refused(refused)),
                (NodeId(1), Vote::Granted),
                (NodeId(2), Vote::Down),
                (NodeId(3), Vote::Unreachable),
                (NodeId(4), Vote::Unreachable),
            ],
            needed: 3,
            could_win: false,
        });
        assert_eq!(
            told,
            "No: it would get 1 of the 3 votes that it needs (node-1). node-0 would refuse: its own log ends with entry \
             9 of term 2, the candidate's with entry 7 of term 2, which is less up-to-date. node-2 is down. node-3 and \
             node-4 are cut off from it."
        );
    }

    #[test]
    fn a_crash_says_what_is_not_on_disk() {
        let loss = CrashLoss {
            entries: Some((Index(5), Index(6))),
            vote: Some((NodeId(3), Term(4))),
            term: Some((Term(4), Term(3))),
            returns: None,
        };
        assert_eq!(
            crash_loss(&loss),
            "Of its log entries 5 to 6, which its disk does not have yet. Its vote for node-3 in term 4: so it has not \
             told anybody of it yet. Nobody counts on any of it: what depends on a write waits until it is on disk."
        );
        assert!(crash_loss(&CrashLoss::default()).starts_with("Nothing that it must not forget"));
    }
}
