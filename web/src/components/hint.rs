//! What a scenario shows, or what to try in the first one.

use leptos::prelude::*;

use crate::model::{HintView, ScenarioView};
use crate::text::stage::hint as words;

/// A line or two; nothing once all was tried.
#[component]
pub fn Hint(
    /// What to try.
    hint: Signal<HintView>,
    /// Which scenario runs: the first is for trying, the others say what they show.
    scenario: Signal<ScenarioView>,
) -> impl IntoView {
    let about =
        Memo::new(move |_| scenario.with(|scenario| (scenario.chosen > 0).then(|| scenario.about.clone())));
    view! { <p class="hint">{move || about.get().unwrap_or_else(|| words(hint.get()).to_owned())}</p> }
}
