//! The form with which a person sends requests.

use leptos::prelude::*;

use crate::dom::{El, effect, h, input_of};
use crate::model::StateView;
use crate::state::use_wishes;
use crate::wish::{Act, Operation, RequestWish};

/// The form: what to ask, of which key, and of whom.
pub fn request_form(view: RwSignal<StateView>) -> El {
    let wishes = use_wishes();
    let text = |first: &str| RwSignal::new(first.to_owned());
    let (operation, to) = (text("set"), text("leader"));
    let (key, value, expected) = (text("city"), text("Oslo"), text(""));
    let send = move || RequestWish {
        operation: operation_of(&operation.read_untracked()),
        key: key.get_untracked(),
        value: value.get_untracked(),
        expected: expected.get_untracked(),
        to: to.read_untracked().parse().ok(),
    };
    let takes_value = move || matches!(operation.read().as_str(), "set" | "append" | "cas");
    let takes_expected = move || operation.read().as_str() == "cas";
    let operations = h("select").set("aria-label", "Operation").markup(concat!(
        "<option value=set>Set</option><option value=get>Get</option><option value=delete>Delete</option>",
        "<option value=cas>Compare-and-set</option><option value=append>Append</option>"
    ));
    let nodes = h("select").set("aria-label", "Ask").markup("<option value=leader>the leader</option>").each(
        move |list| {
            for node in view.read().nodes.iter().map(|column| column.node) {
                list.keep(node, || h("option").set("value", node).text(format!("node-{node}")));
            }
        },
    );
    effect(Box::new(move || {
        // Another run may have fewer nodes.
        let node = to.read().parse::<u32>();
        if node.is_ok_and(|node| view.read().nodes.iter().all(|column| column.node != node)) {
            to.set("leader".to_owned());
        }
    }));
    h("form.request")
        .set("aria-label", "Send a request")
        .on("submit", move |event| {
            event.prevent_default();
            wishes.act(Act::Request(send()));
        })
        .child(field("label.request-operation", "Operation", operations, "change", operation))
        .child(field("label.request-key", "Key", input("64").set("required", ""), "input", key))
        .child(
            field(
                "label.request-expected",
                "Expected",
                input("256").set("placeholder", "no such key"),
                "input",
                expected,
            )
            .flag("hidden", move || !takes_expected()),
        )
        .child(
            field("label.request-value", "Value", input("256"), "input", value)
                .flag("hidden", move || !takes_value()),
        )
        .child(field("label.request-to", "Ask", nodes, "change", to))
        .child(h("button.primary").set("type", "submit").text("Send"))
}

/// A field with its name; it shows `text`, and the event of the name `changed` says that a person has changed it.
fn field(selector: &str, name: &'static str, field: El, changed: &'static str, text: RwSignal<String>) -> El {
    let field = field.value(move || text.get()).on(changed, move |event| text.set(input_of(&event)));
    h(selector).child(h("span").text(name)).child(field)
}

fn input(length_max: &'static str) -> El {
    h("input")
        .attributes(&[("type", "text"), ("autocomplete", "off"), ("spellcheck", "false")])
        .set("maxlength", length_max)
}

fn operation_of(name: &str) -> Operation {
    match name {
        "get" => Operation::Get,
        "delete" => Operation::Delete,
        "cas" => Operation::CompareAndSet,
        "append" => Operation::Append,
        _ => Operation::Set,
    }
}
