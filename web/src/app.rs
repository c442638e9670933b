//! Starts the page.

use leptos::prelude::*;

use crate::components::page;
use crate::driver;
use crate::session::Session;
use crate::state::{Choices, Wishes, World};

/// Puts the page into the document's body.
pub fn start() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(|| {
        let choices = Choices::remembered();
        choices.keep();
        let wishes = Wishes::new();
        let world = World::new();
        provide_context(choices);
        provide_context(wishes);
        provide_context(world);
        if let Some(start) = document().get_element_by_id("start") {
            start.remove();
        }
        let session = Session::new(choices.speed.get_untracked());
        driver::start(session, wishes, world, choices);
        page().mount(&document().body().expect("a page has a body"));
    });
}
