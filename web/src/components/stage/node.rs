//! A node of the ring: role by shape and word, term by colour and number.

use leptos::prelude::*;

use super::super::focus::pressable;
use super::what_if::{note, notes};
use crate::dom::{El, svg};
use crate::model::whatif::Chance;
use crate::model::{NodeView, RoleView, StageView, Vote};
use crate::state::{use_wishes, use_world};
use crate::text::number::fill;
use crate::wish::Selection;

/// What a node is drawn of, around its centre, but for its votes.
const DRAWING: &str = concat!(
    r#"<circle class="node-halo" r="59"/><circle class="node-track" r="52"/>"#,
    r#"<circle class="node-timer" r="52" pathLength="100" stroke-dasharray="0 100" transform="rotate(-90)"/>"#,
    r#"<circle class="node-crown-ring" r="52"/><circle class="node-body" r="44"/>"#,
    r#"<circle class="node-hatch" r="44"/><circle class="node-disk" r="48"/>"#,
    r#"<path class="node-crown" d="M-13 -20l4 -10 5 6 4 -9 4 9 5 -6 4 10z"/>"#,
    r#"<path class="node-cross" d="M-6 -31l12 12m0 -12l-12 12"/>"#,
    r#"<path class="node-bars" d="M-4 -31v11M4 -31v11"/>"#
);

/// All nodes. `focus_menu` is set when the keyboard opens a menu.
pub fn nodes(stage: RwSignal<StageView>, focus_menu: RwSignal<bool>) -> El {
    let scale = move || fill("%2", &[stage.read().geometry.scale]);
    svg("g.nodes").style("--scale", scale).each(move |list| {
        for node in 0..stage.read().nodes.len() as u32 {
            list.keep(node, || self::node(stage, node, focus_menu));
        }
    })
}

fn node(stage: RwSignal<StageView>, node: u32, focus_menu: RwSignal<bool>) -> El {
    let transform = move || {
        let geometry = stage.read().geometry;
        let at = geometry.node(node);
        fill("translate(%1 %1) scale(%3)", &[at.x, at.y, geometry.scale])
    };
    svg("g")
        .bind("transform", transform)
        .child(button(stage, node, focus_menu))
        .child(words(stage, node))
        .each(move |list| notes(list, node))
}

fn button(stage: RwSignal<StageView>, node: u32, focus_menu: RwSignal<bool>) -> El {
    let wishes = use_wishes();
    let causes = use_world().causes;
    let select = move |by_keyboard| {
        focus_menu.set(by_keyboard);
        wishes.select(Selection::Node(node));
    };
    let (view, spoken) = (part(stage, node, NodeView::label), note(node, |note| Some(note.spoken())));
    let label = move || view().map(|label| label + &spoken().unwrap_or_default());
    let button = svg("g.node")
        .attributes(&[("role", "button"), ("tabindex", "0")])
        .set("data-node", format!("node-{node}"))
        .bind("data-role", part(stage, node, |view| view.role.name()))
        .bind("data-term", part(stage, node, |view| view.term))
        .bind("data-commit", part(stage, node, |view| view.commit_index))
        .bind("data-last-index", part(stage, node, |view| view.last_index))
        .bind("data-hue", part(stage, node, NodeView::hue))
        .bind("data-disk", part(stage, node, |view| view.waits_for_disk))
        .bind("data-timer", part(stage, node, |view| view.has_timer))
        .bind("aria-label", label)
        .bind("data-could-win", note(node, |note| note.chance.map(Chance::name)))
        .bind("data-would-lose", note(node, |note| note.loss.as_ref().map(|loss| loss.any)))
        .bind("aria-pressed", part(stage, node, |view| view.selected))
        .bind("data-cause", move || causes.read().nodes.binary_search(&node).is_ok().then_some("true"))
        .markup(DRAWING);
    if let Ok(Some(timer)) = button.element().query_selector(".node-timer") {
        timer.set_id(&format!("timer-{node}"));
    }
    pressable(pips(button, stage, node), select)
}

/// The words stand beside the button, not in it: its name says the same in words, and a button's text has to be in
/// its name.
fn words(stage: RwSignal<StageView>, node: u32) -> El {
    let badge = svg("g.node-badge")
        .set("transform", "translate(36 -36)")
        .markup("<rect x=-16 y=-10.5 width=32 height=21 rx=10.5></rect>")
        .child(svg("text").set("y", "4.5").text("T").live(part(stage, node, |view| view.term)));
    svg("g.node-text")
        .set("aria-hidden", "true")
        .bind("data-hue", part(stage, node, NodeView::hue))
        .child(svg("text.node-name").set("y", "-3").text(format!("node-{node}")))
        .child(svg("text.node-word").set("y", "12").live(part(stage, node, |view| view.role.word())))
        .child(svg("text.node-numbers").set("y", "28").live(part(stage, node, numbers)))
        .child(badge)
}

/// Adds the votes of a candidate, one circle for each voter.
fn pips(button: El, stage: RwSignal<StageView>, node: u32) -> El {
    button.each(move |list| {
        let stage = stage.read();
        let votes = stage.nodes.get(node as usize).map_or(&[][..], |view| &view.votes);
        let first = -4.0 * (votes.len() as f64 - 1.0);
        for (place, vote) in votes.iter().enumerate() {
            let at = fill("translate(%0 -25)", &[first + 8.0 * place as f64]);
            let (name, markup) = match vote {
                Vote::Granted => ("granted", "<circle r=3></circle>"),
                Vote::Denied => {
                    ("denied", r#"<circle r="3"/><path d="M-2.6 -2.6l5.2 5.2m0 -5.2l-5.2 5.2"/>"#)
                }
                Vote::Open => ("open", "<circle r=3></circle>"),
            };
            list.keep(at.clone() + name, || {
                svg("g.pip").set("data-vote", name).set("transform", at).markup(markup)
            });
        }
    })
}

fn part<T: 'static>(
    stage: RwSignal<StageView>,
    node: u32,
    of: fn(&NodeView) -> T,
) -> impl Fn() -> Option<T> + 'static {
    move || stage.read().nodes.get(node as usize).map(of)
}

/// The commit index and the last index; a crashed node has forgotten the first.
fn numbers(view: &NodeView) -> String {
    match view.role {
        RoleView::Down => format!("{} on disk", view.last_index),
        _ => format!("{} of {}", view.commit_index, view.last_index),
    }
}
