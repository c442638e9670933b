//! Which scenario runs, and which there are.

use mini_raft_core::scenario::Scenario;
use mini_raft_core::sim::Command;

use crate::session::Session;

/// The scenario that runs and the library.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScenarioView {
    /// Its place in the menu.
    pub chosen: usize,
    /// The menu.
    pub cards: Vec<CardView>,
    /// What it is about.
    pub about: String,
    /// The seed of all its chance.
    pub seed: u64,
}

/// A scenario of the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardView {
    /// What it is called.
    pub name: String,
    /// What it shows, in a sentence.
    pub line: String,
    /// What is done in it, as a picture.
    pub glyph: Glyph,
}

/// What is done in a scenario: the most telling of its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    /// Nothing by hand: nodes elect a leader.
    Election,
    /// A node crashes.
    Crash,
    /// Links are cut.
    Cut,
    /// Messages are dropped, held, or travel badly.
    Message,
    /// A disk is slow, fails, or loses its content.
    Disk,
    /// A clock runs wrong, or a process stops.
    Clock,
    /// The cluster changes.
    Members,
    /// Leadership is handed over.
    Transfer,
    /// A log becomes a snapshot.
    Snapshot,
    /// A client asks.
    Client,
}

/// Builds the view.
pub fn scenario_view(session: &Session) -> ScenarioView {
    let (scenarios, chosen) = session.scenarios();
    ScenarioView {
        chosen,
        cards: scenarios.iter().map(card).collect(),
        about: session.about().to_owned(),
        seed: session.seed(),
    }
}

fn card(scenario: &Scenario) -> CardView {
    let name = if scenario.name.is_empty() { "A scenario without a name" } else { &scenario.name };
    CardView {
        name: name.to_owned(),
        line: first_sentence(&scenario.about).to_owned(),
        glyph: glyph(scenario),
    }
}

/// A text up to the first full stop that ends a sentence.
fn first_sentence(text: &str) -> &str {
    text.find(". ").map_or(text, |end| &text[..=end])
}

/// Rarer steps say more.
fn glyph(scenario: &Scenario) -> Glyph {
    const RANKING: [Glyph; 9] = [
        Glyph::Members,
        Glyph::Transfer,
        Glyph::Disk,
        Glyph::Clock,
        Glyph::Snapshot,
        Glyph::Cut,
        Glyph::Message,
        Glyph::Crash,
        Glyph::Client,
    ];
    let shows = |glyph: &Glyph| scenario.steps.iter().any(|step| glyph_of(&step.command) == Some(*glyph));
    RANKING.into_iter().find(shows).unwrap_or(Glyph::Election)
}

fn glyph_of(command: &Command) -> Option<Glyph> {
    Some(match command {
        Command::Crash { .. } | Command::Restart { .. } => Glyph::Crash,
        Command::Wipe { .. } | Command::Disk { .. } => Glyph::Disk,
        Command::Pause { .. } | Command::Resume { .. } | Command::Clock { .. } => Glyph::Clock,
        Command::Cut { .. } | Command::Partition { .. } => Glyph::Cut,
        Command::Heal { .. } | Command::Timeout { .. } | Command::Timers { .. } => return None,
        Command::Network { .. }
        | Command::Drop(_)
        | Command::Hold(_)
        | Command::Release(_)
        | Command::Duplicate(_) => Glyph::Message,
        Command::Request { .. } => Glyph::Client,
        Command::Transfer { .. } => Glyph::Transfer,
        Command::Members { .. } => Glyph::Members,
        Command::Snapshot { .. } => Glyph::Snapshot,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_of_the_library_has_a_name_a_sentence_and_a_picture_of_its_own_kind() {
        let view = scenario_view(&Session::new(1.0));
        assert_eq!(view.cards.len(), mini_raft_core::scenario::library().len());
        for card in &view.cards {
            assert!(!card.name.is_empty() && card.line.ends_with('.') && card.line.len() < 300, "{card:?}");
        }
        let kinds = view.cards.iter().map(|card| card.glyph as u8).collect::<std::collections::BTreeSet<_>>();
        assert!(kinds.len() >= 8, "{kinds:?}");
    }
}
