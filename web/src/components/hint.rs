//! What a scenario shows, or what to try in the first one.

use leptos::prelude::*;

use crate::dom::{El, h};
use crate::model::{HintView, ScenarioView};
use crate::text::stage::hint as words;

/// A line or two; nothing once all was tried. The first scenario is for trying, the others say what they show.
pub fn hint(hint: RwSignal<HintView>, scenario: RwSignal<ScenarioView>) -> El {
    h("p.hint").live(move || {
        let scenario = scenario.read();
        if scenario.chosen > 0 { scenario.about.clone() } else { words(*hint.read()).to_owned() }
    })
}
