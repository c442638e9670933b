//! The log strip and the state machines in a real browser: the attributes that tests and scripts rely on.
#![cfg(target_arch = "wasm32")]

mod support;

use leptos::prelude::*;
use mini_raft_web::components::{log_strip, request_form, state_strip};
use mini_raft_web::model::StateView;
use mini_raft_web::model::kv::{KeyRow, KeyValue, RequestState, RequestView, StateColumn};
use mini_raft_web::model::log::{LogCell, LogProgress, LogRow, LogView, Reach};
use mini_raft_web::model::log_axis::{Axis, AxisStart};
use mini_raft_web::wish::{Act, Operation, RequestWish, Selection, Wish};
use support::{Stand, attribute, settled};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{HtmlInputElement, HtmlSelectElement};

wasm_bindgen_test_configure!(run_in_browser);

fn cells(indexes: std::ops::RangeInclusive<u64>) -> Vec<LogCell> {
    indexes.map(|index| LogCell { index, term: 3, label: format!("n={index}").into() }).collect()
}

/// Two nodes with entries 14 to 17; node 0 leads.
fn logs() -> LogView {
    let row = LogRow {
        node: 0,
        up: true,
        last: 17,
        reach: Reach { durable: 16, committed: 15, applied: 14 },
        cells: cells(14..=17),
        ..LogRow::default()
    };
    let progress = Some(LogProgress { next_index: 18, match_index: 16 });
    LogView {
        axis: Axis { start: AxisStart { origin: 1, has_snapshot: false }, last: 17 },
        built: (14, 17),
        leader: Some(0),
        selected: None,
        rows: vec![row.clone(), LogRow { node: 1, progress, ..row }],
    }
}

#[wasm_bindgen_test]
async fn a_cell_tells_its_term_and_how_far_it_has_come() {
    let view = RwSignal::new(logs());
    let stand = Stand::new(move || log_strip(view));
    settled().await;
    for (index, state) in [(14, "applied"), (15, "committed"), (16, "appended"), (17, "unsynced")] {
        let cell = stand.find(&format!("[data-log='node-0:{index}']"));
        assert_eq!(attribute(&cell, "data-state"), state);
        assert_eq!(attribute(&cell, "data-term"), "3");
        assert_eq!(
            attribute(&cell, "aria-label"),
            format!("entry {index} of node-0, term 3, n={index}, {state}")
        );
    }

    // The same element goes on to the next state: nothing is drawn anew.
    let cell = stand.find("[data-log='node-0:17']");
    view.update(|view| view.rows[0].reach = Reach { durable: 17, committed: 17, applied: 17 });
    settled().await;
    assert_eq!(attribute(&cell, "data-state"), "applied");
    assert!(cell.is_connected());
    assert_eq!(attribute(&stand.find("[data-log='node-1:17']"), "data-state"), "unsynced");
}

#[wasm_bindgen_test]
async fn an_entry_of_another_term_takes_the_place_of_a_removed_one() {
    let view = RwSignal::new(logs());
    let stand = Stand::new(move || log_strip(view));
    settled().await;
    let removed = stand.find("[data-log='node-0:17']");
    view.update(|view| view.rows[0].cells[3] = LogCell { index: 17, term: 4, label: "no-op".into() });
    settled().await;
    assert!(!removed.is_connected());
    assert_eq!(attribute(&stand.find("[data-log='node-0:17']"), "data-term"), "4");
    assert_eq!(stand.count("[data-log^='node-0:']"), 4);
}

#[wasm_bindgen_test]
async fn what_the_leader_knows_is_marked_on_the_followers_row() {
    let view = RwSignal::new(logs());
    let stand = Stand::new(move || log_strip(view));
    settled().await;
    let title = |mark: &str| attribute(&stand.find(&format!("[data-mark='{mark}']")), "title");
    assert_eq!(title("next"), "next_index of node-1: 18");
    assert_eq!(title("match"), "match_index of node-1: 16");
    assert_eq!(stand.count("[data-mark]"), 2, "the leader's own row has no marks");
    view.update(|view| view.rows[1].progress = Some(LogProgress { next_index: 18, match_index: 17 }));
    settled().await;
    assert_eq!(title("match"), "match_index of node-1: 17");
}

#[wasm_bindgen_test]
async fn a_click_and_arrow_keys_choose_an_entry() {
    let view = RwSignal::new(logs());
    let stand = Stand::new(move || log_strip(view));
    settled().await;
    stand.wishes.take();
    stand.click("[data-log='node-1:15'] span");
    let chosen = |node, index| Wish::Select(Selection::Entry { node, index });
    assert!(stand.wishes.take().contains(&chosen(1, 15)));
    view.update(|view| view.selected = Some((1, 15)));
    settled().await;
    assert_eq!(attribute(&stand.find("[data-log='node-1:15']"), "data-selected"), "true");
    assert_eq!(attribute(&stand.find("[role='grid']"), "aria-activedescendant"), "log-1-15");
    stand.press("[role='grid']", "ArrowUp");
    assert!(stand.wishes.take().contains(&chosen(0, 15)));
}

#[wasm_bindgen_test]
async fn a_snapshot_stands_for_the_beginning() {
    let mut logs = logs();
    logs.axis.start = AxisStart { origin: 14, has_snapshot: true };
    logs.rows[0].snapshot = 13;
    let view = RwSignal::new(logs);
    let stand = Stand::new(move || log_strip(view));
    settled().await;
    assert_eq!(stand.find(".logs-snapshot").text_content().as_deref(), Some("snapshot 1–13"));
    assert_eq!(stand.count(".logs-snapshot"), 1);
}

fn machines() -> StateView {
    let node = |node, up| StateColumn { node, up, applied: 7, behind: false };
    let value = |text: Option<&str>, differs| KeyValue { value: text.map(Into::into), differs };
    StateView {
        nodes: vec![node(0, true), node(1, true), node(2, false)],
        keys: vec![KeyRow {
            key: "city".into(),
            values: vec![value(Some("Oslo"), false), value(None, true), value(None, false)],
        }],
        ..StateView::default()
    }
}

#[wasm_bindgen_test]
async fn keys_stand_side_by_side_and_differences_are_marked() {
    let view = RwSignal::new(machines());
    let stand = Stand::new(move || state_strip(view));
    settled().await;
    let oslo = stand.find("[data-kv='node-0:city']");
    assert_eq!(oslo.text_content().as_deref(), Some("Oslo"));
    assert_eq!(stand.count("[data-kv]"), 1, "who has no such key has no value");
    assert_eq!(stand.count("td[data-differs='true']"), 1);
    view.update(|view| view.keys[0].values[1] = KeyValue { value: Some("Oslo".into()), differs: false });
    settled().await;
    assert_eq!(stand.find("[data-kv='node-1:city']").text_content().as_deref(), Some("Oslo"));
    assert_eq!(stand.count("td[data-differs='true']"), 0);
}

#[wasm_bindgen_test]
async fn a_request_is_told_while_it_waits_and_when_it_is_answered() {
    let view = RwSignal::new(machines());
    let stand = Stand::new(move || state_strip(view));
    let request = |state, came_to: &str| RequestView {
        request: 1,
        asked: "set city to “Oslo”".to_owned(),
        came_to: came_to.to_owned(),
        state,
    };
    view.update(|view| view.requests = vec![request(RequestState::Waiting, "sent to node-0")]);
    settled().await;
    let line = stand.find(".state-request");
    assert_eq!(attribute(&line, "data-state"), "waiting");
    view.update(|view| view.requests = vec![request(RequestState::Done, "done by node-0 at index 8")]);
    settled().await;
    assert_eq!(attribute(&line, "data-state"), "done");
    assert_eq!(line.text_content().as_deref(), Some("set city to “Oslo”done by node-0 at index 8"));
}

fn form() -> Stand {
    let column = |node| StateColumn { node, ..StateColumn::default() };
    let view = StateView { nodes: (0..3).map(column).collect(), ..StateView::default() };
    Stand::new(move || request_form(RwSignal::new(view)))
}

fn choose(stand: &Stand, selector: &str, value: &str) {
    let select: HtmlSelectElement = stand.find(selector).unchecked_into();
    select.set_value(value);
    stand.send(selector, "change");
}

fn sent(stand: &Stand) -> RequestWish {
    stand.button("Send").click();
    match &stand.wishes.take()[..] {
        [Wish::Act(Act::Request(wish))] => wish.clone(),
        other => panic!("one request, not {other:?}"),
    }
}

#[wasm_bindgen_test]
async fn one_click_sends_a_request_that_makes_sense() {
    let stand = form();
    settled().await;
    let wish = sent(&stand);
    assert_eq!((wish.operation, wish.key.as_str(), wish.value.as_str()), (Operation::Set, "city", "Oslo"));
    assert_eq!(wish.to, None, "the leader is asked");
}

#[wasm_bindgen_test]
async fn a_compare_and_set_asks_what_is_expected() {
    let stand = form();
    settled().await;
    assert!(stand.find(".request-expected").has_attribute("hidden"));
    choose(&stand, ".request-operation select", "cas");
    choose(&stand, ".request-to select", "2");
    settled().await;
    assert!(!stand.find(".request-expected").has_attribute("hidden"));
    let expected: HtmlInputElement = stand.find(".request-expected input").unchecked_into();
    expected.set_value("Rome");
    stand.send(".request-expected input", "input");
    let wish = sent(&stand);
    assert_eq!(
        (wish.operation, wish.expected.as_str(), wish.to),
        (Operation::CompareAndSet, "Rome", Some(2))
    );
}

#[wasm_bindgen_test]
async fn a_read_has_no_value() {
    let stand = form();
    settled().await;
    choose(&stand, ".request-operation select", "get");
    settled().await;
    assert!(stand.find(".request-value").has_attribute("hidden"));
    assert_eq!(sent(&stand).operation, Operation::Get);
}
