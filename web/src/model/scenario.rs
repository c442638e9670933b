//! Which scenario runs, and which there are.

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
