//! One line that says what to try.

use leptos::prelude::*;

use crate::model::HintView;
use crate::text::stage::hint as words;

/// The line; nothing once all was tried.
#[component]
pub fn Hint(
    /// What to try.
    hint: Signal<HintView>,
) -> impl IntoView {
    view! { <p class="hint">{move || words(hint.get())}</p> }
}
