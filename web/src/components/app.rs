//! The page as a whole: where the regions stand.

use leptos::prelude::*;

use super::{ChecksBadge, Help, LogStrip, SideTabs};
use crate::state::use_world;

/// The page.
#[component]
pub fn App() -> impl IntoView {
    let world = use_world();
    view! {
        <div class="page">
            <header class="top">
                <span class="brand">"Mini-Raft"</span>
                <ChecksBadge view=world.checks.into() />
            </header>
            <main class="stage"></main>
            <LogStrip view=world.log.into() />
            <SideTabs />
            <Help />
        </div>
    }
    .into_any()
}
