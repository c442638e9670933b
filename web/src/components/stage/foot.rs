//! The foot of the stage: what the shapes mean, and what can be done to the whole cluster.

use leptos::prelude::*;

use super::super::shapes::draw;
use super::what_if::what_if;
use crate::dom::{El, h, svg};
use crate::model::{Shape, StageView};
use crate::state::use_wishes;
use crate::text::stage::legend as words;
use crate::wish::Act;

/// The legend and the cluster's buttons.
pub fn foot(stage: RwSignal<StageView>) -> El {
    let wishes = use_wishes();
    let button = |name: &'static str, act: Act| {
        h("button").set("type", "button").text(name).on("click", move |_| wishes.act(act.clone()))
    };
    let acts = h("div.stage-acts")
        .attributes(&[("role", "group"), ("aria-label", "The whole cluster")])
        .children(what_if())
        .child(button("Heal all", Act::HealAll).flag("disabled", move || !stage.read().any_cut))
        .child(
            button("Avoid a split vote", Act::SpreadTimers)
                .set("title", "Move the election timers far apart"),
        )
        .child(
            button("Force a split vote", Act::AlignTimers)
                .set("title", "Make the election timers run out together"),
        );
    // Where there is no room for the legend, it is opened by a button.
    let open =
        h("button.legend-open").attributes(&[("type", "button"), ("popovertarget", "legend")]).text("Legend");
    h("div.stage-foot").child(open).child(legend()).child(acts)
}

/// What the shapes mean.
fn legend() -> El {
    let shapes = [
        Shape::Entries { hues: vec![1, 1], count: 2 },
        Shape::Heartbeat,
        Shape::AppendReply { accepted: true },
        Shape::VoteRequest { pre_vote: false },
        Shape::VoteReply { pre_vote: false, granted: true },
        Shape::VoteRequest { pre_vote: true },
    ];
    h("ul.legend")
        .attributes(&[("id", "legend"), ("popover", "auto"), ("aria-label", "Legend")])
        .children(shapes.iter().map(|shape| h("li").child(picture(shape)).text(words(shape))))
        .child(h("li.legend-colour").text("colour = term"))
}

fn picture(shape: &Shape) -> El {
    let message = svg("g.message").set("data-hue", "1");
    message.element().set_inner_html(&draw(shape));
    svg("svg.legend-shape")
        .attributes(&[
            ("viewBox", "-14 -11 28 22"),
            ("width", "28"),
            ("height", "22"),
            ("aria-hidden", "true"),
        ])
        .child(message)
}
