//! Which scenario runs, and which there are.

use crate::session::Session;

/// The scenario that runs and the library.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScenarioView {
    /// Its place in the menu.
    pub chosen: usize,
    /// The names in the menu.
    pub names: Vec<String>,
    /// What it is about.
    pub about: String,
    /// The seed of all its chance.
    pub seed: u64,
}

/// Builds the view.
pub fn scenario_view(session: &Session) -> ScenarioView {
    let (names, chosen) = session.scenarios();
    ScenarioView {
        chosen,
        names: names.map(str::to_owned).collect(),
        about: session.about().to_owned(),
        seed: session.seed(),
    }
}
