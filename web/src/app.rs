//! Starts the page.

use leptos::ev;
use leptos::prelude::*;

use crate::components::page;
use crate::driver;
use crate::model::fragment;
use crate::outside;
use crate::session::Session;
use crate::state::{Choices, Wishes, World};
use crate::wish::Wish;

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
        follow_address(wishes);
        page().mount(&document().body().expect("a page has a body"));
    });
}

/// Opens the run that the page's address names, now and whenever it changes.
fn follow_address(wishes: Wishes) {
    let open = move || {
        let address = outside::fragment();
        let parsed = fragment::parse(&address).and_then(Result::ok).unwrap_or_default();
        outside::embed(&parsed.panels.map(|panels| panels.join(" ")).unwrap_or_default());
        wishes.send(Wish::OpenLink(address));
    };
    open();
    let changes = window_event_listener(ev::hashchange, move |_| open());
    // The page listens as long as it lives.
    std::mem::forget(changes);
}
