//! Elements, their bindings and lists, in a real browser.
#![cfg(target_arch = "wasm32")]

mod support;

use std::cell::Cell;
use std::rc::Rc;

use leptos::prelude::*;
use mini_raft_web::dom::{El, h, input_of, svg};
use support::{Stand, attribute, send, settled};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Element, HtmlInputElement};

wasm_bindgen_test_configure!(run_in_browser);

fn texts(stand: &Stand, selector: &str) -> Vec<String> {
    let found = stand.place.query_selector_all(selector).expect("a selector");
    (0..found.length()).filter_map(|at| found.get(at)?.text_content()).collect()
}

#[wasm_bindgen_test]
async fn a_text_and_an_attribute_follow_a_signal() {
    let count = RwSignal::new(1_u64);
    let stand = Stand::new(move || {
        h("p.a.b")
            .bind("data-count", move || (count.get() > 0).then(|| count.get()))
            .flag("hidden", move || count.get() == 2)
            .style("width", move || format!("{}px", count.get()))
            .text("n = ")
            .live(move || count.get())
    });
    let p = stand.find("p");
    assert_eq!(p.class_name(), "a b");
    assert_eq!((p.text_content().as_deref(), attribute(&p, "data-count").as_str()), (Some("n = 1"), "1"));
    assert!(!p.has_attribute("hidden"));
    count.set(2);
    settled().await;
    assert_eq!((p.text_content().as_deref(), attribute(&p, "data-count").as_str()), (Some("n = 2"), "2"));
    assert!(p.has_attribute("hidden"));
    assert_eq!(attribute(&p, "style"), "width: 2px;");
    count.set(0);
    settled().await;
    assert!(!p.has_attribute("data-count"), "None takes the attribute away");
}

#[wasm_bindgen_test]
async fn words_never_become_markup() {
    let stand = Stand::new(|| h("p").set("title", "<b>\"'").text("<b>bold</b>").live(|| "<i>"));
    assert_eq!(stand.count("b, i"), 0);
    assert_eq!(stand.find("p").text_content().as_deref(), Some("<b>bold</b><i>"));
}

#[wasm_bindgen_test]
async fn drawn_elements_are_svg() {
    let stand = Stand::new(|| svg("svg").child(svg("g.node")));
    assert!(stand.find("g").dyn_ref::<web_sys::SvgElement>().is_some());
}

/// A list of these letters, between two other elements.
fn letters(of: RwSignal<&'static str>, built: Rc<Cell<u32>>) -> El {
    h("ul")
        .child(h("li").text("<"))
        .each(move |list| {
            for letter in of.get().chars() {
                list.keep(letter.to_string(), || {
                    built.set(built.get() + 1);
                    h("li").text(letter.to_string())
                });
            }
        })
        .child(h("li").text(">"))
}

#[wasm_bindgen_test]
async fn a_list_keeps_its_elements_and_their_order() {
    let of = RwSignal::new("abc");
    let built = Rc::new(Cell::new(0));
    let counted = built.clone();
    let stand = Stand::new(move || letters(of, counted));
    assert_eq!(texts(&stand, "li").concat(), "<abc>");
    let b: Element = stand.find("li:nth-child(3)");
    for next in ["abcd", "dcba", "b", "xby", "", "cab", "ac", "bac", "cbax", "xabc"] {
        of.set(next);
        settled().await;
        assert_eq!(texts(&stand, "li").concat(), format!("<{next}>"));
        if next == "xby" {
            assert!(b.is_connected(), "what stays is the same element");
            assert_eq!(built.get(), 3 + 1 + 2, "only what is new is built");
        }
    }
}

#[wasm_bindgen_test]
async fn what_leaves_a_list_hears_of_nothing_any_more() {
    let shown = RwSignal::new(true);
    let count = RwSignal::new(0_u64);
    let runs = Rc::new(Cell::new(0));
    let counted = runs.clone();
    let stand = Stand::new(move || {
        h("div").when(
            move || shown.get(),
            move || {
                let runs = counted.clone();
                h("b").live(move || {
                    runs.set(runs.get() + 1);
                    count.get()
                })
            },
        )
    });
    count.set(1);
    settled().await;
    assert_eq!(runs.get(), 2);
    shown.set(false);
    settled().await;
    count.set(2);
    settled().await;
    assert_eq!((runs.get(), stand.count("b")), (2, 0));
    // It is built anew, with an owner that was used before.
    shown.set(true);
    settled().await;
    count.set(3);
    settled().await;
    assert_eq!((runs.get(), texts(&stand, "b")), (4, vec!["3".to_owned()]));
}

#[wasm_bindgen_test]
async fn a_field_shows_its_signal_and_tells_what_is_typed() {
    let value = RwSignal::new("Oslo".to_owned());
    let stand = Stand::new(move || {
        h("input").value(move || value.get()).on("input", move |event| value.set(input_of(&event)))
    });
    let input: HtmlInputElement = stand.find("input").unchecked_into();
    assert_eq!(input.value(), "Oslo");
    input.set_value("Bergen");
    send(&input, "input");
    settled().await;
    assert_eq!(value.get_untracked(), "Bergen");
    value.set("Rome".to_owned());
    settled().await;
    assert_eq!(input.value(), "Rome");
}
