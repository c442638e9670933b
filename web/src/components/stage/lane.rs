//! The lanes: each direction of each link by itself. A click cuts or heals it.

use leptos::prelude::*;
use web_sys::KeyboardEvent;

use super::super::focus::{focus, pressable, shows_focus};
use crate::dom::{El, svg};
use crate::model::{End, Segment, StageView};
use crate::state::{use_wishes, use_world};
use crate::text::number::{line, translate};
use crate::text::stage::lane_label;
use crate::wish::{Act, Selection};

/// All lanes. They are one stop for the Tab key; the arrow keys move between them.
pub fn lanes(stage: RwSignal<StageView>) -> El {
    // The link that has the focus, or had it last.
    let focused = RwSignal::new(link(0, 1));
    let turn = move |event: &KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowRight" | "ArrowDown" => 1,
            "ArrowLeft" | "ArrowUp" => -1,
            _ => return,
        };
        if !shows_focus(event) {
            return;
        }
        event.prevent_default();
        event.stop_propagation();
        let links: Vec<String> =
            stage.read_untracked().lanes.iter().map(|lane| link(lane.from, lane.to)).collect();
        let here = links.iter().position(|link| *link == *focused.read_untracked()).unwrap_or(0);
        let there = (here as isize + step).rem_euclid(links.len().max(1) as isize) as usize;
        if let Some(link) = links.get(there) {
            focus(&format!("[data-link=\"{link}\"]"));
        }
    };
    svg("g.lanes").attributes(&[("role", "group"), ("aria-label", "Links")]).on_event("keydown", turn).each(
        move |list| {
            for lane in &stage.read().lanes {
                list.keep(link(lane.from, lane.to), || self::lane(stage, focused, lane.from, lane.to));
            }
        },
    )
}

fn lane(stage: RwSignal<StageView>, focused: RwSignal<String>, from: u32, to: u32) -> El {
    let wishes = use_wishes();
    let causes = use_world().causes;
    let name = link(from, to);
    let (own, noted) = (name.clone(), name.clone());
    let view = move || {
        let stage = stage.read();
        stage.lanes.iter().find(|lane| (lane.from, lane.to) == (from, to)).copied()
    };
    let cut = move || view().is_some_and(|lane| lane.cut);
    let way = move |write: fn(Segment) -> String| {
        move || write(stage.read().geometry.lane(End::Node(from), End::Node(to)))
    };
    let way_line = |selector| svg(selector).bind("d", way(|way| line(way.from, way.to)));
    let cross = svg("path.lane-cross")
        .set("d", "M-5 -5L5 5M5 -5L-5 5")
        .bind("transform", way(|way| translate(way.at(0.5))));
    let drawing = svg("g.lane")
        .set("role", "button")
        .set("data-link", name)
        .bind("tabindex", move || if *focused.read() == own { "0" } else { "-1" })
        .bind("data-cut", cut)
        .bind("data-cause", move || causes.read().ways.binary_search(&(from, to)).is_ok().then_some("true"))
        .bind("data-selected", move || view().is_some_and(|lane| lane.selected))
        .bind("aria-pressed", cut)
        .bind("aria-label", move || lane_label(from, to, cut()))
        .child(way_line("path.lane-hit"))
        .child(way_line("path.lane-inside"))
        .child(way_line("path.lane-line"))
        .child(cross);
    let toggle = move |_| {
        wishes.act(if untrack(cut) { Act::Heal { from, to } } else { Act::Cut { from, to } });
        wishes.select(Selection::Link { from, to });
    };
    pressable(drawing, toggle).on("focus", move |_| focused.set(noted.clone()))
}

fn link(from: u32, to: u32) -> String {
    format!("node-{from}:node-{to}")
}
