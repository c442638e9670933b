//! The state machines, side by side, and the form.

use std::sync::Arc;

use leptos::prelude::*;

use super::request_form;
use crate::dom::{El, h};
use crate::model::StateView;
use crate::model::kv::{KeyRow, KeyValue, RequestState, RequestView, StateColumn};

/// The state machines, side by side, and the form.
pub fn state_strip(view: RwSignal<StateView>) -> El {
    let requests = h("ul.state-requests").set("aria-label", "Your requests").each(move |list| {
        for one in &view.read().requests {
            // Another run has other requests of the same numbers.
            list.keep(format!("{} {}", one.request, one.asked), || request(view, one));
        }
    });
    h("section.state")
        .attributes(&[("id", "panel-state"), ("aria-labelledby", "state-title")])
        .child(h("h2").set("id", "state-title").text("State machines"))
        .child(values(view))
        .child(request_form(view))
        .child(requests)
        // A screen reader hears answers, and not how long one has been waiting.
        .child(h("p.for-screen-readers").set("aria-live", "polite").live(move || answered(&view.read())))
}

/// Keys and values of each node.
fn values(view: RwSignal<StateView>) -> El {
    let name = h("th").set("scope", "col").text("key").child(h("small").text("applied"));
    let head = h("tr").child(name).each(move |list| {
        for column in &view.read().nodes {
            list.keep(column.node, || heading(view, column.node));
        }
    });
    let rows = h("tbody").each(move |list| {
        for KeyRow { key, .. } in &view.read().keys {
            list.keep(key.clone(), || row(view, key.clone()));
        }
    });
    h("div.state-scroll")
        .attributes(&[
            ("tabindex", "0"),
            ("data-scrolls", ""),
            ("role", "group"),
            ("aria-label", "Keys and values of each node"),
        ])
        .child(h("table.state-table").child(h("thead").child(head)).child(rows))
        .child(
            h("p.state-empty")
                .flag("hidden", move || !view.read().keys.is_empty())
                .text("No keys yet: send a request, and see it applied on every node."),
        )
        .child(
            h("p.state-empty")
                .flag("hidden", move || view.read().more_keys == 0)
                .live(move || format!("… and {} more keys", view.read().more_keys)),
        )
}

fn heading(view: RwSignal<StateView>, node: u32) -> El {
    let column =
        move || view.read().nodes.iter().find(|column| column.node == node).copied().unwrap_or_default();
    let told = move || match column() {
        StateColumn { up: false, .. } => format!("node-{node} is down: its state machine is gone"),
        StateColumn { applied, behind, .. } => {
            format!(
                "node-{node} has applied its log up to {applied}{}",
                if behind { ", others more" } else { "" }
            )
        }
    };
    h("th")
        .set("scope", "col")
        .bind("title", told)
        .bind("data-behind", move || column().behind)
        .bind("data-down", move || !column().up)
        .child(h("abbr").set("title", format!("node-{node}")).text(node))
        .child(h("small").live(move || column().up.then(|| column().applied)))
}

fn row(view: RwSignal<StateView>, key: Arc<str>) -> El {
    let name = h("th").set("scope", "row").set("title", key.clone()).text(key.clone());
    h("tr").child(name).each(move |list| {
        let view = view.read();
        let Some(row) = view.keys.iter().find(|row| row.key == key) else { return };
        for (column, value) in view.nodes.iter().zip(&row.values) {
            let (node, up, differs) = (column.node, column.up, value.differs);
            let all = match &value.value {
                Some(value) => format!("{node}={differs} {value}"),
                None => format!("{node} {differs} {up}"),
            };
            list.keep(all, || cell(column, &key, value));
        }
    })
}

fn cell(column: &StateColumn, key: &str, value: &KeyValue) -> El {
    let cell = h("td").set("data-differs", value.differs);
    match &value.value {
        Some(text) => cell
            .set("data-kv", format!("node-{}:{key}", column.node))
            .set("title", text.clone())
            .text(text.clone()),
        None => cell.set("data-down", !column.up).text(if column.up { "–" } else { "" }),
    }
}

fn request(view: RwSignal<StateView>, request: &RequestView) -> El {
    let number = request.request;
    let now = move |of: fn(&RequestView) -> String| {
        move || view.read().requests.iter().find(|one| one.request == number).map(of)
    };
    h("li.state-request")
        .bind("data-state", now(|now| now.state.name().to_owned()))
        .child(h("b").set("title", request.asked.clone()).text(request.asked.clone()))
        .child(h("span").live(now(|now| now.came_to.clone())))
}

/// The last answer.
fn answered(view: &StateView) -> Option<String> {
    let last = view.requests.iter().find(|request| request.state != RequestState::Waiting)?;
    Some(format!("{}: {}", last.asked, last.came_to))
}
