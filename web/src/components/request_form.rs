//! The form with which a person sends requests.

use leptos::prelude::*;

/// The form.
#[component]
pub fn RequestForm() -> impl IntoView {}
