//! The stage: the ring of nodes, the lanes between them, messages in flight, clients.

pub mod boundary;
pub mod card;
pub mod client;
pub mod foot;
pub mod lane;
pub mod menu;
pub mod messages;
pub mod node;

use leptos::ev::PointerEvent;
use leptos::html::Main;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use self::boundary::Boundaries;
use self::card::MessageCard;
use self::client::Clients;
use self::foot::Foot;
use self::lane::Lanes;
use self::menu::NodeMenu;
use self::messages::Messages;
pub use self::messages::Movers;
use self::node::Nodes;
use super::hint::Hint;
use super::resize::watch_size;
use crate::state::{use_wishes, use_world};
use crate::wish::{Selection, Wish};

/// The stage with all that stands on it.
#[component]
pub fn Stage() -> impl IntoView {
    let world = use_world();
    let wishes = use_wishes();
    let stage = world.stage;
    let geometry = Memo::new(move |_| stage.with(|stage| stage.geometry));
    let place = NodeRef::<Main>::new();
    watch_size(place, move |width, height| wishes.send(Wish::StageSize { width, height }));
    // The menu takes the focus only where the keyboard opened it.
    let focus_menu = RwSignal::new(false);

    // On pressing, not on a click: what was pressed may have moved on before the button comes up.
    let clear = move |event: PointerEvent| {
        let on_nothing = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
            .is_some_and(|target| target.tag_name() == "svg");
        if on_nothing {
            wishes.select(Selection::Nothing);
        }
    };

    view! {
        <main class="stage" node_ref=place>
            <svg
                class="stage-svg"
                role="group"
                aria-label="Cluster"
                viewBox=move || geometry.with(|geometry| format!("0 0 {:.0} {:.0}", geometry.width, geometry.height))
                on:pointerdown=clear
            >
                <defs>
                    <pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                        <rect class="hatch-line" width="2.5" height="7" />
                    </pattern>
                </defs>
                <Boundaries stage=stage.into() />
                <Clients stage=stage.into() />
                <Lanes stage=stage.into() />
                <Nodes stage=stage.into() focus_menu=focus_menu />
                <Messages />
            </svg>
            <Hint hint=world.hint.into() scenario=world.scenario.into() />
            <Foot any_cut=Signal::derive(move || stage.with(|stage| stage.any_cut)) />
            <p class="refusal" role="status">
                {move || world.refusal.get()}
            </p>
            <NodeMenu menu=world.menu.into() stage=stage.into() focus=focus_menu />
            <MessageCard message=world.message.into() stage=stage.into() />
        </main>
    }
    .into_any()
}
