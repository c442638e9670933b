//! The page as a whole: where the regions stand.

use leptos::prelude::*;

use super::{help, keyboard, log_strip, scenarios_dialog, share_dialog, side_tabs, stage, top_strip};
use crate::dom::{El, h};
use crate::state::use_world;

/// The page.
pub fn page() -> El {
    let world = use_world();
    keyboard::listen();
    h("div.page")
        .child(top_strip())
        .child(stage())
        .child(h("div.sheet").child(log_strip(world.log)).child(side_tabs()))
        .child(help())
        .child(scenarios_dialog())
        .child(share_dialog())
        .child(h("p.for-screen-readers").set("aria-live", "polite").live(move || world.announcement.get()))
}
