//! The page as a whole: where the regions stand.

use leptos::prelude::*;

use super::keyboard;
use super::stage::Stage;
use super::{Help, LogStrip, SideTabs, TopStrip};
use crate::state::use_world;

/// The page.
#[component]
pub fn App() -> impl IntoView {
    let world = use_world();
    keyboard::listen();
    view! {
        <div class="page">
            <TopStrip />
            <Stage />
            <LogStrip view=world.log.into() />
            <SideTabs />
            <Help />
            <p class="for-screen-readers" aria-live="polite">
                {move || world.announcement.get()}
            </p>
        </div>
    }
    .into_any()
}
