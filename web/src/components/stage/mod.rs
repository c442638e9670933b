//! The stage: the ring of nodes, the lanes between them, messages in flight, clients.

pub mod boundary;
pub mod card;
pub mod client;
pub mod foot;
pub mod lane;
pub mod menu;
pub mod messages;
pub mod node;
pub mod what_if;

use leptos::prelude::*;
use web_sys::Event;

use self::boundary::boundaries;
use self::card::message_card;
use self::client::clients;
use self::foot::foot;
use self::lane::lanes;
use self::menu::node_menu;
pub use self::messages::Movers;
use self::messages::messages;
use self::node::nodes;
use super::focus::target_of;
use super::hint::hint;
use super::notice::notice;
use super::resize::watch_size;
use crate::dom::{El, h, svg};
use crate::model::StageView;
use crate::state::{use_wishes, use_world};
use crate::text::number::fill;
use crate::wish::{Selection, Wish};

/// The fill of a paused node.
const HATCH: &str = concat!(
    r#"<defs><pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" "#,
    r#"patternTransform="rotate(45)"><rect class="hatch-line" width="2.5" height="7"/></pattern></defs>"#
);

/// The stage with all that stands on it.
pub fn stage() -> El {
    let world = use_world();
    let wishes = use_wishes();
    // The menu takes the focus only where the keyboard opened it.
    let focus_menu = RwSignal::new(false);
    let ring = h("div.ring")
        .child(drawing(world.stage, focus_menu))
        .child(h("p.refusal").set("role", "status").live(move || world.refusal.read().clone()))
        .each(move |list| node_menu(list, world.menu, world.stage, focus_menu))
        .each(move |list| message_card(list, world.message, world.stage));
    // What is said above and below has room of its own: it never lies on what is drawn.
    watch_size(ring.element(), move |width, height| wishes.send(Wish::StageSize { width, height }));
    h("main.stage")
        .child(h("div").child(hint(world.hint, world.scenario)).each(move |list| notice(list, world.notice)))
        .child(ring)
        .child(foot(world.stage))
}

fn drawing(stage: RwSignal<StageView>, focus_menu: RwSignal<bool>) -> El {
    let wishes = use_wishes();
    // On pressing, not on a click: what was pressed may have moved on before the button comes up.
    let clear = move |event: Event| {
        if target_of(&event).is_some_and(|target| target.tag_name() == "svg") {
            wishes.select(Selection::Nothing);
        }
    };
    let size = move || {
        let geometry = stage.read().geometry;
        fill("0 0 %0 %0", &[geometry.width, geometry.height])
    };
    svg("svg.stage-svg")
        .attributes(&[("role", "group"), ("aria-label", "Cluster"), ("tabindex", "-1")])
        .bind("viewBox", size)
        .on("pointerdown", clear)
        .markup(HATCH)
        .child(boundaries(stage))
        .child(clients(stage))
        .child(lanes(stage))
        // Below the nodes: the way of a client's request may lead past one, whose words stay readable.
        .child(messages())
        .child(nodes(stage, focus_menu))
}
