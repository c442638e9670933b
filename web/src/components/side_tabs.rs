//! The panels at the side (wide) or in the sheet (narrow), one open at a time.

use leptos::prelude::*;

/// The tabs and the open panel.
#[component]
pub fn SideTabs() -> impl IntoView {}
