//! The stage in a real browser: the attributes that tests and scripts rely on, and the wishes that it sends.
#![cfg(target_arch = "wasm32")]

mod support;

use leptos::prelude::*;
use mini_raft_web::components::stage::card::message_card;
use mini_raft_web::components::stage::lane::lanes;
use mini_raft_web::components::stage::menu::node_menu;
use mini_raft_web::components::stage::messages::messages;
use mini_raft_web::components::stage::node::nodes;
use mini_raft_web::components::{Movers, playback};
use mini_raft_web::dom::{h, svg};
use mini_raft_web::model::{
    ClockView, Face, LaneView, MenuItem, MessageView, Motion, NodeView, PlacedFlight, RoleView, Shape,
    StageView, Vote, menu_view,
};
use mini_raft_web::wish::{Act, Selection, Wish};
use support::{Stand, attribute, settled};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn leader() -> NodeView {
    NodeView {
        node: 0,
        role: RoleView::Leader,
        term: 3,
        commit_index: 11,
        last_index: 13,
        ..NodeView::default()
    }
}

fn stage() -> StageView {
    let lane = |from, to| LaneView { from, to, cut: false, selected: false };
    let follower = NodeView { node: 1, role: RoleView::Follower, ..leader() };
    StageView { nodes: vec![leader(), follower], lanes: vec![lane(0, 1), lane(1, 0)], ..StageView::default() }
}

#[wasm_bindgen_test]
async fn a_node_says_what_it_is_by_attributes_and_words() {
    let view = RwSignal::new(stage());
    let stand = Stand::new(move || svg("svg").child(nodes(view, RwSignal::new(false))));
    let node = stand.find("[data-node='node-0']");
    for (name, value) in [
        ("data-role", "leader"),
        ("data-term", "3"),
        ("data-commit", "11"),
        ("data-last-index", "13"),
        ("role", "button"),
        ("aria-label", "node-0, leader, term 3"),
    ] {
        assert_eq!(attribute(&node, name), value);
    }
    let text = stand.find(".node-text").text_content().unwrap_or_default();
    for word in ["node-0", "leader", "11 of 13", "T3"] {
        assert!(text.contains(word), "{word} in {text}");
    }

    view.write().nodes[0] = NodeView { role: RoleView::Down, commit_index: 0, ..leader() };
    settled().await;
    assert_eq!(attribute(&node, "data-role"), "down");
    assert!(stand.find(".node-text").text_content().unwrap_or_default().contains("crashed"));
}

#[wasm_bindgen_test]
async fn a_candidate_shows_each_voters_answer() {
    let votes = vec![Vote::Granted, Vote::Denied, Vote::Open];
    let candidate = NodeView { role: RoleView::Candidate, votes, ..leader() };
    let view = RwSignal::new(StageView { nodes: vec![candidate], ..StageView::default() });
    let stand = Stand::new(move || svg("svg").child(nodes(view, RwSignal::new(false))));
    for answer in ["granted", "denied", "open"] {
        assert_eq!(stand.count(&format!("[data-vote={answer}]")), 1);
    }

    view.write().nodes[0].votes[2] = Vote::Granted;
    settled().await;
    assert_eq!((stand.count("[data-vote=granted]"), stand.count(".pip")), (2, 3));
}

#[wasm_bindgen_test]
async fn a_click_on_a_node_selects_it() {
    let stand = Stand::new(|| svg("svg").child(nodes(RwSignal::new(stage()), RwSignal::new(false))));
    stand.click("[data-node='node-1'] .node-body");
    assert_eq!(stand.wishes.take(), [Wish::Select(Selection::Node(1))]);
}

#[wasm_bindgen_test]
async fn a_click_on_a_lane_cuts_that_direction_and_another_heals_it() {
    let view = RwSignal::new(stage());
    let stand = Stand::new(move || svg("svg").child(lanes(view)));
    let lane = stand.find("[data-link='node-0:node-1']");
    assert_eq!(attribute(&lane, "data-cut"), "false");
    stand.click("[data-link='node-0:node-1'] .lane-hit");
    assert!(stand.wishes.take().contains(&Wish::Act(Act::Cut { from: 0, to: 1 })));

    view.update(|view| view.lanes[0].cut = true);
    settled().await;
    assert_eq!(attribute(&lane, "data-cut"), "true");
    assert_eq!(attribute(&stand.find("[data-link='node-1:node-0']"), "data-cut"), "false");
    stand.click("[data-link='node-0:node-1'] .lane-hit");
    assert!(stand.wishes.take().contains(&Wish::Act(Act::Heal { from: 0, to: 1 })));
}

#[wasm_bindgen_test]
async fn the_menu_has_a_button_for_each_act_and_enables_what_makes_sense() {
    let stand = Stand::new(|| {
        let (menu, stage) = (RwSignal::new(menu_view(&stage(), 0)), RwSignal::new(stage()));
        h("div").each(move |list| node_menu(list, menu, stage, RwSignal::new(false)))
    });
    for name in [
        "Crash",
        "Restart",
        "Pause",
        "Resume",
        "Time out",
        "Transfer leadership",
        "Take snapshot",
        "Wipe disk",
    ] {
        let enabled = ["Crash", "Pause", "Take snapshot"].contains(&name);
        assert_eq!(stand.button(name).has_attribute("disabled"), !enabled, "{name}");
    }
    stand.button("Crash").click();
    assert_eq!(stand.wishes.take(), [Wish::Act(Act::Crash(0)), Wish::CloseMenu]);
}

#[wasm_bindgen_test]
async fn a_menu_that_the_keyboard_opens_has_the_focus_and_gives_it_back() {
    let menu = RwSignal::new(None);
    let stand = Stand::new(move || {
        let (stage, focus_menu) = (RwSignal::new(stage()), RwSignal::new(false));
        let nodes = svg("svg").child(nodes(stage, focus_menu));
        h("div").child(nodes).each(move |list| node_menu(list, menu, stage, focus_menu))
    });
    let has_focus = |name: &str| {
        document().active_element().and_then(|active| active.get_attribute(name)).unwrap_or_default()
    };
    stand.press("[data-node='node-0']", "Enter");
    assert_eq!(stand.wishes.take(), [Wish::Select(Selection::Node(0))]);
    menu.set(menu_view(&stage(), 0));
    settled().await;
    // The focus comes after the menu.
    settled().await;
    assert_eq!(has_focus("aria-label"), "Crash");
    for (key, name) in [("ArrowDown", "Pause"), ("ArrowUp", "Crash"), ("ArrowUp", "Isolate")] {
        stand.press(".node-menu button:focus", key);
        assert_eq!(has_focus("aria-label"), name);
    }
    stand.press(".node-menu button:focus", "Escape");
    assert_eq!(stand.wishes.take(), [Wish::Select(Selection::Nothing)]);
    assert_eq!(has_focus("data-node"), "node-0");
}

#[wasm_bindgen_test]
async fn playback_says_what_its_button_would_do() {
    let clock = RwSignal::new(ClockView { time_us: 3_482_900, playing: true, can_step_back: true });
    let stand = Stand::new(move || playback(clock));
    let time = stand.find("[data-clock]");
    assert_eq!(attribute(&time, "data-time-us"), "3482900");
    assert_eq!(attribute(&time, "data-playing"), "true");
    assert_eq!(time.text_content().as_deref(), Some("t = 3.482 s"));
    stand.button("Pause").click();
    assert_eq!(stand.wishes.take(), [Wish::Pause]);

    clock.update(|clock| clock.playing = false);
    settled().await;
    stand.button("Play").click();
    stand.button("Step forward").click();
    stand.button("Step back").click();
    assert_eq!(stand.wishes.take(), [Wish::Play, Wish::StepForward, Wish::StepBack]);
    assert_eq!(stand.count("input[type=range][aria-label=Speed]"), 1);
}

fn items(id: u64, hold: Act, under_way: bool) -> Vec<MenuItem> {
    let name = if hold == Act::Hold(id) { "Hold" } else { "Release" };
    let item = |name, key, act, enabled| MenuItem { name, key, act, enabled };
    vec![item("Drop", 'D', Act::Drop(id), under_way), item(name, 'H', hold, true)]
}

#[wasm_bindgen_test]
async fn a_selected_message_is_read_and_dropped() {
    let message = RwSignal::new(Some(MessageView {
        id: 17,
        title: "heartbeat".to_owned(),
        from: "node-1".to_owned(),
        to: "node-3".to_owned(),
        items: items(17, Act::Hold(17), true),
        ..MessageView::default()
    }));
    let stand = Stand::new(move || {
        let stage = RwSignal::new(stage());
        h("div").each(move |list| message_card(list, message, stage))
    });
    let text = stand.place.text_content().unwrap_or_default();
    for word in ["heartbeat", "node-1", "node-3"] {
        assert!(text.contains(word), "{word} in {text}");
    }
    let (drop, hold) = ("[aria-keyshortcuts=D]", "[aria-keyshortcuts=H]");
    stand.click_by_pointer(drop);
    assert_eq!(stand.wishes.take(), [Wish::Act(Act::Drop(17)), Wish::Select(Selection::Nothing)]);
    // By keyboard one goes on from message to message.
    stand.click(drop);
    assert_eq!(stand.wishes.take(), [Wish::Letter { key: 'D', focused: None }]);

    // The next one is read on the same card, so that its buttons keep the focus.
    let (drop, hold) = (stand.find(drop), stand.find(hold));
    let (title, items) = ("PreVote".to_owned(), items(18, Act::Release(18), false));
    message.set(Some(MessageView { id: 18, title, items, ..MessageView::default() }));
    settled().await;
    assert_eq!(stand.find("h2").text_content().as_deref(), Some("PreVote"));
    assert!(drop.is_connected() && drop.has_attribute("disabled"));
    assert_eq!(hold.text_content().as_deref(), Some("ReleaseH"));
    stand.click_by_pointer("[aria-keyshortcuts=H]");
    assert!(stand.wishes.take().contains(&Wish::Act(Act::Release(18))));

    message.set(None);
    settled().await;
    assert_eq!(stand.count("section"), 0);
}

/// Messages get their hooks, move, and give their elements to the next ones; a person's words stay words.
#[wasm_bindgen_test]
async fn messages_are_placed_on_elements_that_are_used_again() {
    let stand = Stand::new(|| svg("svg").child(messages()));
    let mut movers = Movers::default();
    let at = |id: u64, x: f64| PlacedFlight { id, x, y: 20.0, motion: Motion::Flying };
    let face = |_| {
        Some(Face {
            kind: "client-request",
            from: "c1".to_owned(),
            to: "node-2".to_owned(),
            shape: Shape::Pill { words: "set <b>".to_owned(), request: true },
            hue: None,
            label: "a request".to_owned(),
        })
    };
    movers.place(&[at(1, 10.0), at(2, 30.0)], 1.0, None, face);
    let message = stand.find("[data-message='1']");
    for (name, value) in [("data-kind", "client-request"), ("data-from", "c1"), ("data-to", "node-2")] {
        assert_eq!(attribute(&message, name), value);
    }
    assert_eq!(message.text_content().as_deref(), Some("set <b>"));
    assert_eq!(stand.count("b"), 0);
    let before = attribute(&message, "transform");
    movers.place(&[at(1, 12.0), at(2, 30.0)], 1.0, Some(1), face);
    assert_ne!(attribute(&message, "transform"), before);
    assert_eq!(attribute(&message, "data-selected"), "true");

    let elements = stand.count(".message");
    movers.place(&[at(3, 5.0)], 1.0, None, face);
    assert_eq!(stand.count("[data-message]"), 1);
    movers.place(&[at(3, 6.0), at(4, 5.0)], 1.0, None, face);
    assert_eq!((stand.count("[data-message]"), stand.count(".message")), (2, elements));
}
