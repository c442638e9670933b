//! The panels in a real browser: what they show, how it changes, and the wishes that they send.
#![cfg(target_arch = "wasm32")]

mod support;

use leptos::prelude::*;
use mini_raft_web::components::top_strip::seed_form;
use mini_raft_web::components::{
    checks_badge, dashboard, events_panel, help, inspector, network_panel, side_tabs, state_strip,
};
use mini_raft_web::dom::h;
use mini_raft_web::model::checks::{ChecksView, PropertyView, ViolationView};
use mini_raft_web::model::dashboard::{DashboardView, Health, MetricRow, NodeRow};
use mini_raft_web::model::events::{EventLine, EventsView, Tone};
use mini_raft_web::model::inspector::{
    Field, InspectorView, LEADER_STATE, LinkSettings, PeerRow, RuleView, Section, Subject, Why,
};
use mini_raft_web::model::kv::{KeyRow, KeyValue, RequestState, RequestView, StateColumn};
use mini_raft_web::model::network::{NetworkNode, NetworkView};
use mini_raft_web::model::{ScenarioView, StateView};
use mini_raft_web::state::{Tab, use_choices};
use mini_raft_web::wish::{Act, NetworkWish, Operation, RequestWish, Selection, Wish};
use support::{Stand, attribute, settled};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::HtmlInputElement;

wasm_bindgen_test_configure!(run_in_browser);

fn checks(violations: u64) -> ChecksView {
    let property = |name, violations| PropertyView {
        name,
        title: name.to_owned(),
        about: "What it says.",
        section: "§5",
        violations,
    };
    let detail = ViolationView {
        event: 41,
        property: "Election safety".to_owned(),
        detail: "Two leaders in term 4.".to_owned(),
        nodes: "node-1 and node-2".to_owned(),
    };
    ChecksView {
        violations,
        properties: vec![property("election-safety", violations), property("log-matching", 0)],
        details: if violations == 0 { Vec::new() } else { vec![detail] },
    }
}

#[wasm_bindgen_test]
async fn the_badge_counts_violations_and_opens_the_list_at_the_first() {
    let view = RwSignal::new(checks(0));
    let stand = Stand::new(move || h("div").children(checks_badge(view)));
    settled().await;
    let badge = stand.find("[data-checks]");
    assert_eq!(attribute(&badge, "data-violations"), "0");
    assert_eq!(badge.text_content().as_deref(), Some("✓2 checks"));
    assert_eq!(stand.count("[popover]:popover-open"), 0);

    view.set(checks(1));
    settled().await;
    assert_eq!(attribute(&badge, "data-violations"), "1");
    assert_eq!(badge.text_content().as_deref(), Some("✕1 violation"));
    assert_eq!(stand.count("[popover]:popover-open"), 1);
    assert_eq!(attribute(&stand.find("[data-property='election-safety']"), "data-holds"), "false");
    assert_eq!(attribute(&stand.find("[data-property='log-matching']"), "data-holds"), "true");
    stand.button("See the event").click();
    assert_eq!(stand.wishes.take(), [Wish::Select(Selection::Event(41))]);
}

/// What is no seed is refused where it was typed, and the run goes on.
#[wasm_bindgen_test]
async fn a_wrong_seed_is_refused_with_a_message() {
    let scenario = RwSignal::new(ScenarioView { seed: 42, ..ScenarioView::default() });
    let stand = Stand::new(move || seed_form(scenario));
    let field: HtmlInputElement = stand.find("input").unchecked_into();
    assert_eq!(field.value(), "42");
    for wrong in ["abc", "-1", "1.5", "12345678901234567890123", "18446744073709551616", ""] {
        field.set_value(wrong);
        stand.send("input", "input");
        stand.send("form", "submit");
        settled().await;
        assert_eq!(stand.wishes.take(), [], "{wrong}");
        assert_eq!(attribute(&field, "aria-invalid"), "true", "{wrong}");
        assert!(field.validation_message().is_ok_and(|message| message.contains("whole number")), "{wrong}");
        assert_eq!(field.value(), wrong, "it can be mended");
    }
    field.set_value(" 18446744073709551615 ");
    stand.send("input", "input");
    settled().await;
    assert!(field.check_validity() && !field.has_attribute("aria-invalid"));
    stand.send("form", "submit");
    assert_eq!(stand.wishes.take(), [Wish::Restart { seed: u64::MAX }]);
}

fn node(id: u32, commit_index: u64) -> InspectorView {
    let field = |name: &str, value: String| Field { name: name.to_owned(), value, term: None, asks: None };
    InspectorView {
        subject: Subject::Selected(Selection::Node(id)),
        title: format!("node-{id}"),
        heading: "Leader of term 4".to_owned(),
        term: Some(4),
        why: Some(Why {
            question: "Why is entry 14 not committed yet?".to_owned(),
            answer: "Its leader counts it on 2 of 5 nodes.".to_owned(),
            rule: Some(RuleView { section: "§5.3", rule: "A majority holds it." }),
            event: None,
        }),
        sections: vec![
            Section {
                title: "Volatile state",
                note: "in memory",
                fields: vec![
                    field("commit_index", commit_index.to_string()),
                    field("last_applied", "13".to_owned()),
                ],
            },
            Section { title: LEADER_STATE, note: "", fields: Vec::new() },
        ],
        peers: vec![PeerRow {
            node: 2,
            next_index: 15,
            match_index: 13,
            mode: "replicate",
            inflight: 1,
            last_index: 14,
        }],
        ..InspectorView::default()
    }
}

#[wasm_bindgen_test]
async fn a_field_that_changed_is_marked_and_another_subject_is_not() {
    let view = RwSignal::new(node(1, 13));
    let stand = Stand::new(move || inspector(view));
    settled().await;
    let text = stand.place.text_content().unwrap_or_default();
    for part in ["Why is entry 14 not committed yet?", "§5.3", "commit_index", "replicate · 1"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(stand.count("[data-changed]"), 0);

    view.set(node(1, 14));
    settled().await;
    assert_eq!(stand.count("[data-changed]"), 1);
    assert_eq!(stand.find("[data-changed='odd']").text_content().as_deref(), Some("14"));
    view.set(node(1, 15));
    settled().await;
    assert_eq!(stand.find("[data-changed='even']").text_content().as_deref(), Some("15"));

    view.set(node(3, 2));
    settled().await;
    assert_eq!(stand.count("[data-changed]"), 0, "another node's values are not changes");
}

#[wasm_bindgen_test]
async fn the_dashboard_shows_the_cluster_its_nodes_and_the_last_minute() {
    let metric = MetricRow {
        name: "Operations/sec",
        value: "125.0".to_owned(),
        bar: Some(0.5),
        spark: "0.0,19.0 100.0,1.0".to_owned(),
        ..MetricRow::default()
    };
    let row = NodeRow { node: 3, state: "leader", term: 5, commit: 142, log: 143 };
    let view = RwSignal::new(DashboardView {
        health: Health::Healthy,
        total: 5,
        nodes: vec![row],
        metrics: vec![metric],
        ..DashboardView::default()
    });
    let stand = Stand::new(move || dashboard(view));
    settled().await;
    let text = stand.place.text_content().unwrap_or_default();
    for part in ["Healthy", "Total nodes5", "node-3leader5142143", "Operations/sec125.0"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(attribute(&stand.find(".metric-part"), "width"), "50");
    view.update(|view| view.health = Health::NoMajority);
    settled().await;
    assert_eq!(attribute(&stand.find(".health"), "data-health"), "no-majority");
    stand.button("node-3").click();
    assert_eq!(stand.wishes.take(), [Wish::Select(Selection::Node(3))]);
}

#[wasm_bindgen_test]
async fn a_slider_changes_the_network_and_keeps_the_range_in_order() {
    let view = RwSignal::new(NetworkView {
        latency_ms: (5.0, 15.0),
        nodes: vec![NetworkNode { node: 0, up: true, isolated: false }],
        ..NetworkView::default()
    });
    let stand = Stand::new(move || network_panel(view));
    settled().await;
    let slide = |place: usize, to: &str| {
        let sliders = stand.place.query_selector_all("input[type=range]").expect("a selector");
        let slider: HtmlInputElement = sliders.get(place as u32).expect("a slider").unchecked_into();
        slider.set_value(to);
        support::send(&slider, "change");
        stand.wishes.take()
    };
    let network = |wish: NetworkWish| [Wish::Act(Act::Network(wish))];
    assert_eq!(slide(2, "20"), network(NetworkWish { loss: Some(0.2), ..NetworkWish::default() }));
    // The least latency goes beyond the greatest, which goes with it.
    assert_eq!(
        slide(0, "50"),
        network(NetworkWish { latency_ms: Some((125.0, 125.0)), ..NetworkWish::default() })
    );
    stand.button("Isolate node-0").click();
    assert_eq!(stand.wishes.take(), [Wish::Act(Act::Isolate(0))]);
    view.update(|view| view.nodes[0].isolated = true);
    settled().await;
    stand.button("Rejoin node-0").click();
    assert_eq!(stand.wishes.take(), [Wish::Act(Act::Rejoin(0))]);
}

#[wasm_bindgen_test]
async fn the_sliders_of_a_link_change_it_alone_and_stay_where_they_are_held() {
    let link =
        LinkSettings { from: 1, to: 2, cut: false, latency_ms: (5.0, 20.0), loss: 0.1, duplicate: 0.0 };
    let subject = Subject::Selected(Selection::Link { from: 1, to: 2 });
    let view = RwSignal::new(InspectorView { subject, link: Some(link), ..InspectorView::default() });
    let stand = Stand::new(move || inspector(view));
    settled().await;
    let slider: HtmlInputElement = stand.find(".slider:nth-of-type(3) input").unchecked_into();
    assert_eq!((slider.value(), attribute(&slider, "aria-valuetext")), ("10".to_owned(), "10 %".to_owned()));
    slider.set_value("40");
    view.update(|view| view.heading = "node-1 to node-2".to_owned());
    settled().await;
    assert_eq!(slider.value(), "40", "what else the inspector shows moves no slider");
    support::send(&slider, "change");
    let wish = NetworkWish { link: Some((1, 2)), loss: Some(0.4), ..NetworkWish::default() };
    assert_eq!(stand.wishes.take(), [Wish::Act(Act::Network(wish))]);
    view.update(|view| view.link = Some(LinkSettings { loss: 0.2, cut: true, ..link }));
    settled().await;
    assert_eq!(slider.value(), "20");
    stand.button("Heal this direction").click();
    assert_eq!(stand.wishes.take(), [Wish::Act(Act::Heal { from: 1, to: 2 })]);
}

fn state(values: [Option<&str>; 2]) -> StateView {
    let column = |node| StateColumn { node, up: true, applied: 3, behind: false };
    let values = values.map(|value| KeyValue { value: value.map(Into::into), differs: value.is_none() });
    let answer = RequestView {
        request: 1,
        asked: "set city to “Oslo”".to_owned(),
        came_to: "done by node-0".to_owned(),
        state: RequestState::Done,
    };
    StateView {
        nodes: vec![column(0), column(1)],
        keys: vec![KeyRow { key: "city".into(), values: values.into() }],
        requests: vec![answer],
        ..StateView::default()
    }
}

#[wasm_bindgen_test]
async fn the_state_strip_shows_each_value_where_it_is_applied() {
    let view = RwSignal::new(state([Some("Oslo"), None]));
    let stand = Stand::new(move || state_strip(view));
    settled().await;
    assert_eq!(stand.find("[data-kv='node-0:city']").text_content().as_deref(), Some("Oslo"));
    assert_eq!(stand.count("[data-kv='node-1:city']"), 0);
    assert_eq!(stand.find("[data-differs='true']").text_content().as_deref(), Some("–"));
    let answer = stand.find("[aria-live]").text_content();
    assert_eq!(answer.as_deref(), Some("set city to “Oslo”: done by node-0"));

    view.set(state([Some("Oslo"), Some("")]));
    settled().await;
    assert_eq!(stand.find("[data-kv='node-1:city']").text_content().as_deref(), Some(""));
    view.set(StateView::default());
    settled().await;
    assert_eq!(stand.count("tbody tr"), 0);
    assert_eq!(stand.count(".state-empty:not([hidden])"), 1);
}

#[wasm_bindgen_test]
async fn the_form_asks_for_what_its_operation_takes_and_sends_it() {
    let view = RwSignal::new(state([None, None]));
    let stand = Stand::new(move || state_strip(view));
    settled().await;
    let shown = || stand.count(".request label:not([hidden])");
    let fill = |selector: &str, to: &str, event: &str| {
        let field: HtmlInputElement = stand.find(selector).unchecked_into();
        field.set_value(to);
        support::send(&field, event);
    };
    assert_eq!(shown(), 4, "a set takes no expected value");
    fill(".request-operation select", "cas", "change");
    settled().await;
    assert_eq!(shown(), 5);
    fill(".request-expected input", "Oslo", "input");
    fill(".request-value input", "Rome", "input");
    fill(".request-to select", "1", "change");
    stand.button("Send").click();
    let wish = RequestWish {
        operation: Operation::CompareAndSet,
        key: "city".to_owned(),
        value: "Rome".to_owned(),
        expected: "Oslo".to_owned(),
        to: Some(1),
    };
    assert_eq!(stand.wishes.take(), [Wish::Act(Act::Request(wish))]);
    fill(".request-operation select", "get", "change");
    settled().await;
    assert_eq!(shown(), 3);
}

#[wasm_bindgen_test]
async fn an_event_of_the_list_opens_in_the_inspector() {
    let line = EventLine {
        event: 7,
        at: "0.243 s".to_owned(),
        term: Some(1),
        tone: Tone::Good,
        text: "node-3 becomes the leader of term 1.".to_owned(),
    };
    let view = RwSignal::new(EventsView { nodes: 5, lines: vec![line], ..EventsView::default() });
    let tab = StoredValue::new(None);
    let stand = Stand::new(move || {
        let choices = use_choices();
        choices.tab.set(Tab::Events);
        tab.set_value(Some(choices.tab));
        events_panel(view)
    });
    settled().await;
    stand.find(".events-list button").unchecked_into::<web_sys::HtmlElement>().click();
    assert_eq!(stand.wishes.take(), [Wish::Select(Selection::Event(7))]);
    assert_eq!(tab.get_value().map(|tab| tab.get_untracked()), Some(Tab::Inspector));
}

#[wasm_bindgen_test]
async fn arrow_keys_turn_the_tabs_and_one_panel_is_open() {
    let stand = Stand::new(side_tabs);
    settled().await;
    let open = || stand.count("[role='tabpanel']:not([hidden])");
    let selected = || attribute(&stand.find("[role='tab'][aria-selected='true']"), "id");
    assert_eq!((open(), selected()), (1, "tab-inspector".to_owned()));
    stand.press("[role='tablist']", "ArrowRight");
    settled().await;
    assert_eq!((open(), selected()), (1, "tab-dashboard".to_owned()));
    stand.press("[role='tablist']", "End");
    settled().await;
    assert_eq!((open(), selected()), (1, "tab-diagram".to_owned()));
    assert_eq!(stand.count("[role='tab'][tabindex='0']"), 1, "one stop for the tab key");
}

#[wasm_bindgen_test]
async fn the_help_is_a_dialog_that_the_choice_opens_and_the_button_closes() {
    let open = StoredValue::new(None);
    let stand = Stand::new(move || {
        open.set_value(Some(use_choices().help_open));
        help()
    });
    settled().await;
    let open = open.get_value().expect("the choice");
    assert_eq!(stand.count("dialog[open]"), 0);
    open.set(true);
    settled().await;
    assert_eq!(stand.count("dialog[open]"), 1);
    stand.button("Close").click();
    settled().await;
    assert_eq!(stand.count("dialog[open]"), 0);
}
