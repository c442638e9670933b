//! What if: who could win an election now, which entries are safe whatever fails, and what each node would lose in a
//! crash. Pure functions of a world as it is at this moment.

pub mod ballot;
pub mod crash;
pub mod safety;

use mini_raft_core::sim::World;

use self::ballot::{Standing, ballot};
use self::crash::crash_loss;
use self::safety::safe_up_to;
use crate::text;

/// Which of them are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overlays {
    /// Who could win an election.
    pub elections: bool,
    /// Which entries are safe.
    pub entries: bool,
    /// What a crash would lose.
    pub crashes: bool,
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// Who could win an election.
    Elections,
    /// Which entries are safe.
    Entries,
    /// What a crash would lose.
    Crashes,
}

/// What the overlays show; nothing of those that are switched off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WhatIfView {
    /// What stands at each node.
    pub nodes: Vec<NodeNote>,
    /// Up to where the log of each node is safe.
    pub safe: Vec<u64>,
}

/// What the overlays say of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeNote {
    /// Whether it could win an election.
    pub chance: Option<Chance>,
    /// What it would lose in a crash, in a few words.
    pub loss: Option<LossNote>,
}

/// Whether a node could win an election.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chance {
    /// It leads already.
    Leads,
    /// It could.
    Yes,
    /// It could not.
    No,
}

/// What a node would lose in a crash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LossNote {
    /// Whether it would lose anything.
    pub any: bool,
    /// In a few words.
    pub words: String,
}

impl Overlay {
    /// All of them, in their order on the page.
    pub const ALL: [Overlay; 3] = [Overlay::Elections, Overlay::Entries, Overlay::Crashes];

    /// The letter in storage, and in lower case the key.
    pub fn letter(self) -> char {
        match self {
            Overlay::Elections => 'V',
            Overlay::Entries => 'F',
            Overlay::Crashes => 'X',
        }
    }
}

impl Overlays {
    /// Whether this one is shown.
    pub fn shows(self, overlay: Overlay) -> bool {
        match overlay {
            Overlay::Elections => self.elections,
            Overlay::Entries => self.entries,
            Overlay::Crashes => self.crashes,
        }
    }

    /// These, but that one as it is not.
    pub fn toggled(self, overlay: Overlay) -> Overlays {
        match overlay {
            Overlay::Elections => Overlays { elections: !self.elections, ..self },
            Overlay::Entries => Overlays { entries: !self.entries, ..self },
            Overlay::Crashes => Overlays { crashes: !self.crashes, ..self },
        }
    }

    /// The letters of those that are shown.
    pub fn letters(self) -> String {
        Overlay::ALL.into_iter().filter(|overlay| self.shows(*overlay)).map(Overlay::letter).collect()
    }

    /// Those whose letters these are.
    pub fn of_letters(letters: &str) -> Overlays {
        let chosen = Overlay::ALL.into_iter().filter(|overlay| letters.contains(overlay.letter()));
        chosen.fold(Overlays::default(), Overlays::toggled)
    }
}

impl NodeNote {
    /// What a screen reader adds to the name of the node.
    pub fn spoken(&self) -> String {
        let chance = self.chance.filter(|chance| *chance != Chance::Leads).map(text::whatif::chance);
        let loss = self.loss.as_ref().filter(|loss| loss.any).map(|loss| loss.words.as_str());
        chance.into_iter().chain(loss).map(|words| format!(", {words}")).collect()
    }
}

impl Chance {
    /// The value of `data-could-win`.
    pub fn name(self) -> &'static str {
        match self {
            Chance::Leads => "leads",
            Chance::Yes => "yes",
            Chance::No => "no",
        }
    }
}

/// What these overlays show of a world.
pub fn what_if_view(world: &World, overlays: Overlays) -> WhatIfView {
    let machines = world.machines().iter();
    WhatIfView {
        nodes: machines
            .map(|machine| NodeNote {
                chance: overlays.elections.then(|| match ballot(world, machine) {
                    ballot if ballot.standing == Standing::Leads => Chance::Leads,
                    ballot if ballot.could_win => Chance::Yes,
                    _ => Chance::No,
                }),
                loss: overlays.crashes.then(|| {
                    let loss = crash_loss(machine);
                    LossNote { any: !loss.is_empty(), words: text::whatif::loss_note(machine.node(), &loss) }
                }),
            })
            .collect(),
        safe: if overlays.entries {
            safe_up_to(world).into_iter().map(|index| index.0).collect()
        } else {
            Vec::new()
        },
    }
}

#[cfg(test)]
mod tests;
