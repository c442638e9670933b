//! Asking why, and what if, in a real browser: what is shown, and the wishes that are sent.
#![cfg(target_arch = "wasm32")]

mod support;

use leptos::prelude::*;
use mini_raft_web::components::inspector;
use mini_raft_web::components::stage::what_if::what_if;
use mini_raft_web::dom::h;
use mini_raft_web::model::Overlays;
use mini_raft_web::model::inspector::{
    BECAUSE, ChainView, Field, InspectorView, Related, Section, Subject, Why,
};
use mini_raft_web::state::use_choices;
use mini_raft_web::wish::{Asked, AskedField, Follow, Selection, Wish};
use support::{Stand, settled};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn step(event: u64, text: &str) -> Related {
    Related { event, how: BECAUSE, text: text.to_owned() }
}

#[wasm_bindgen_test]
async fn a_chain_lists_its_steps_and_each_leads_to_its_event() {
    let view = RwSignal::new(InspectorView {
        subject: Subject::Selected(Selection::Event(9)),
        chain: Some(ChainView {
            steps: vec![step(7, "node-1 counts the vote of node-2"), step(3, "node-1 becomes a candidate")],
            left_out: Some((1, 4)),
            root: "It began with time alone: a timer ran out.".to_owned(),
        }),
        ..InspectorView::default()
    });
    let stand = Stand::new(move || inspector(view));
    settled().await;
    let lines = stand.find(".chain ol").text_content().unwrap_or_default();
    assert_eq!(
        lines,
        "node-1 counts the vote of node-2… and 4 more before that …node-1 becomes a candidateIt began with time \
         alone: a timer ran out."
    );
    stand.button("node-1 becomes a candidate").click();
    assert_eq!(stand.wishes.take(), [Wish::Select(Selection::Event(3))]);
}

#[wasm_bindgen_test]
async fn a_field_is_asked_and_a_further_question_stays_open_while_its_answer_changes() {
    let asked = Asked { node: 1, what: AskedField::CommitIndex };
    let of = |answer: &str| InspectorView {
        subject: Subject::Selected(Selection::Node(1)),
        more: vec![Why {
            question: "Could node-1 win?".to_owned(),
            answer: answer.to_owned(),
            event: Some(5),
            ..Why::default()
        }],
        sections: vec![Section {
            title: "Volatile state",
            note: "",
            fields: vec![Field {
                name: "commit_index".to_owned(),
                value: "13".to_owned(),
                term: None,
                asks: Some(asked),
            }],
        }],
        ..InspectorView::default()
    };
    let view = RwSignal::new(of("Yes."));
    let stand = Stand::new(move || inspector(view));
    settled().await;
    stand.button("commit_index").click();
    assert_eq!(stand.wishes.take(), [Wish::Follow(Follow::Field(asked))]);

    let details = stand.find("details");
    details.set_attribute("open", "").expect("it opens");
    view.set(of("No: it is down."));
    settled().await;
    assert!(details.is_connected() && details.has_attribute("open"));
    assert!(details.text_content().is_some_and(|text| text.contains("No: it is down.")));
    stand.button("See how it came about").click();
    assert_eq!(stand.wishes.take(), [Wish::Select(Selection::Event(5))]);
}

#[wasm_bindgen_test]
async fn the_switches_show_and_change_the_choice() {
    let overlays = StoredValue::new_local(None);
    let stand = Stand::new(move || {
        let choice = use_choices().overlays;
        choice.set(Overlays::of_letters("F"));
        overlays.set_value(Some(choice));
        h("div").children(what_if())
    });
    settled().await;
    let choice: RwSignal<Overlays> = overlays.get_value().expect("it is there");
    assert_eq!(stand.count("input:checked"), 1);
    stand.send("[aria-label='Who could win an election']", "change");
    settled().await;
    assert_eq!(choice.get_untracked().letters(), "VF");
    assert_eq!(stand.count("input:checked"), 2);
}
