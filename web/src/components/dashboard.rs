//! The dashboard: the cluster at a glance, its nodes, and the last minute in numbers.

use leptos::prelude::*;

use super::inspect::use_inspect;
use super::table::table;
use crate::dom::{El, h, svg};
use crate::model::dashboard::{DashboardView, Health, MetricRow, NodeRow};
use crate::model::hue;
use crate::wish::Selection;

/// The dashboard.
pub fn dashboard(view: RwSignal<DashboardView>) -> El {
    h("div.dashboard")
        .child(h("section").child(h("h2").text("Cluster overview")).child(health(view)).child(tiles(view)))
        .child(h("section").child(h("h2").text("Node status")).child(nodes(view)))
        .child(
            h("section")
                .child(h("h2").text("Metrics ").child(h("small").live(move || view.read().window.clone())))
                .child(metrics(view)),
        )
}

fn health(view: RwSignal<DashboardView>) -> El {
    h("p.health")
        .bind("data-health", move || slug(view.read().health))
        .child(h("b").live(move || view.read().health.name()))
        .child(h("span").live(move || view.read().health.about()))
}

fn tiles(view: RwSignal<DashboardView>) -> El {
    let tile = |name: &'static str, count: fn(&DashboardView) -> u64| {
        h("div.tile")
            .bind("data-zero", move || count(&view.read()) == 0)
            .child(h("dt").text(name))
            .child(h("dd").live(move || count(&view.read())))
    };
    h("dl.tiles")
        .child(tile("Total nodes", |view| view.total))
        .child(tile("Leaders", |view| view.leaders))
        .child(tile("Followers", |view| view.followers))
        .child(tile("Candidates", |view| view.candidates))
        .child(tile("Unreachable", |view| view.unreachable))
        .child(
            h("div.tile")
                .bind("data-hue", move || hue(view.read().term))
                .child(h("dt").text("Current term"))
                .child(h("dd.tile-term").live(move || view.read().term)),
        )
}

fn nodes(view: RwSignal<DashboardView>) -> El {
    table("table.nodes", &["Node", "State", "Term", "Commit", "Log size"], move |list| {
        for row in &view.read().nodes {
            list.keep(row.node, || node(view, row.node));
        }
    })
}

fn node(view: RwSignal<DashboardView>, node: u32) -> El {
    let inspect = use_inspect();
    let row = move || view.read().nodes.iter().find(|row| row.node == node).copied().unwrap_or_default();
    let number = |of: fn(NodeRow) -> u64| h("td").live(move || of(row()));
    let name =
        h("button.link").text(format!("node-{node}")).on("click", move |_| inspect(Selection::Node(node)));
    h("tr")
        .bind("data-state", move || row().state)
        .bind("data-hue", move || hue(row().term))
        .child(h("th").set("scope", "row").child(name))
        .child(h("td.nodes-state").live(move || row().state))
        .child(number(|row| row.term).set("class", "nodes-term"))
        .child(number(|row| row.commit))
        .child(number(|row| row.log))
}

fn metrics(view: RwSignal<DashboardView>) -> El {
    h("ul.metrics").each(move |list| {
        for row in &view.read().metrics {
            list.keep(row.name, || metric(view, row.name));
        }
    })
}

fn metric(view: RwSignal<DashboardView>, name: &'static str) -> El {
    let part = move |of: fn(&MetricRow) -> String| {
        move || view.read().metrics.iter().find(|row| row.name == name).map(of)
    };
    let share = part(|row| (100.0 * row.bar.unwrap_or(0.0)).to_string());
    let bar = svg("svg.metric-bar")
        .attributes(&[("viewBox", "0 0 100 4"), ("preserveAspectRatio", "none"), ("aria-hidden", "true")])
        .child(svg("rect.metric-all").attributes(&[("width", "100"), ("height", "4")]))
        .child(svg("rect.metric-part").set("height", "4").bind("width", share));
    let spark = svg("svg.metric-spark")
        .attributes(&[("viewBox", "0 0 100 20"), ("preserveAspectRatio", "none"), ("aria-hidden", "true")])
        .child(svg("polyline").bind("points", part(|row| row.spark.clone())));
    h("li.metric")
        .child(h("span.metric-name").text(name))
        .child(h("b.metric-value").live(part(|row| row.value.clone())))
        .child(h("span.metric-note").live(part(|row| row.note.clone())))
        .child(bar)
        .child(spark)
}

fn slug(health: Health) -> &'static str {
    match health {
        Health::Healthy => "healthy",
        Health::Degraded => "degraded",
        Health::NoLeader => "no-leader",
        Health::NoMajority => "no-majority",
    }
}
