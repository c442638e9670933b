//! Starts the page.

use leptos::prelude::*;

use crate::components::App;
use crate::state::{Choices, Wishes, World};

/// Puts the page into the document's body.
pub fn start() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(|| {
        let choices = Choices::remembered();
        choices.keep();
        provide_context(choices);
        provide_context(Wishes::new());
        provide_context(World::new());
        view! { <App /> }
    });
}
