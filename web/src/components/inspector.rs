//! What is selected: why it is as it is, and its fields.

use leptos::prelude::*;

use super::field_row::{ask_button, changing, fields};
use super::inspect::use_inspect;
use super::network_panel::link_sliders;
use super::table::table;
use crate::dom::{El, h, svg};
use crate::model::inspector::{InspectorView, LEADER_STATE, PeerRow, Related, Section, Subject, Why};
use crate::model::{hue, share};
use crate::state::use_wishes;
use crate::wish::{Act, Asked, AskedField, Selection};

/// What is selected.
pub fn inspector(view: RwSignal<InspectorView>) -> El {
    let mut subject = Subject::Nothing;
    let mut subjects = 0_u32;
    h("div.inspector")
        .bind("data-hue", move || view.read().term.and_then(hue))
        .child(h("h2.inspector-heading").live(move || view.read().heading.clone()))
        .each(move |list| {
            let now = view.read();
            if now.subject != subject {
                // With another subject all is drawn anew, and nothing is marked as changed.
                subject = now.subject;
                subjects += 1;
            }
            if let Some(why) = &now.why {
                let rule = why.rule.map_or(["", ""], |rule| [rule.section, rule.rule]);
                list.keep([&*why.question, &*why.answer, rule[0], rule[1]].concat(), || why_box(why));
            }
            if let Some(link) = now.link {
                list.keep(subjects, || link_controls(view, link.from, link.to));
            }
            if now.chain.is_some() {
                list.keep("chain", || chain(view));
            }
            if !now.more.is_empty() {
                list.keep(format!("{subjects} more"), || more(view));
            }
            for part in &now.sections {
                list.keep(format!("{subjects} {}", part.title), || section(view, part));
            }
            if !now.related.is_empty() {
                list.keep("related", || related(view));
            }
        })
}

fn why_box(why: &Why) -> El {
    let mut all = h("div.why").child(h("b").text(why.question.clone()));
    if !why.answer.is_empty() {
        all = all.child(h("p").text(why.answer.clone()));
    }
    with_grounds(all, why)
}

/// Further questions, each closed until somebody asks it.
fn more(view: RwSignal<InspectorView>) -> El {
    h("div.why-more").each(move |list| {
        for (place, why) in view.read().more.iter().enumerate() {
            list.keep(why.question.clone(), || question(view, place, why));
        }
    })
}

fn question(view: RwSignal<InspectorView>, place: usize, why: &Why) -> El {
    // What is asked stays, while the answer may change.
    let answer = move || view.read().more.get(place).map(|why| why.answer.clone()).unwrap_or_default();
    let all = h("details").child(h("summary").text(why.question.clone())).child(h("p").live(answer));
    with_grounds(all, why)
}

/// An answer with the rule behind it, and the way to the event that it came of.
fn with_grounds(mut answer: El, why: &Why) -> El {
    if let Some(rule) = why.rule {
        let section = h("span.why-section").text(rule.section);
        answer = answer.child(h("p.why-rule").child(section).text(" ").text(rule.rule));
    }
    match why.event {
        Some(event) => answer.child(h("p.why-event").child(event_button(event, "See how it came about"))),
        None => answer,
    }
}

/// How an event came about, rule by rule, back to what began it.
fn chain(view: RwSignal<InspectorView>) -> El {
    let steps = h("ol").each(move |list| {
        let now = view.read();
        let Some(chain) = &now.chain else { return };
        for (place, step) in chain.steps.iter().enumerate() {
            if let Some((_, count)) = chain.left_out.filter(|(after, _)| *after == place) {
                list.keep(format!("{count} left out"), || {
                    h("li.chain-gap").text(format!("… and {count} more before that …"))
                });
            }
            list.keep(format!("{} {}", step.event, step.text), || {
                h("li").child(event_button(step.event, step.text.clone()))
            });
        }
        list.keep(chain.root.clone(), || h("li.chain-root").text(chain.root.clone()));
    });
    let keys = h("small").text("because … ").child(h("kbd").text("Q"));
    h("section.chain")
        .set("aria-label", "How it came about")
        .child(h("h3").text("How it came about ").child(keys))
        .child(steps)
}

/// A button that leads to an event.
fn event_button(event: u64, text: impl Into<String>) -> El {
    let inspect = use_inspect();
    h("button.link")
        .set("data-event", event)
        .text(text.into())
        .on("click", move |_| inspect(Selection::Event(event)))
}

fn section(view: RwSignal<InspectorView>, section: &Section) -> El {
    let heading = h("h3").text(section.title).child(h("small").text(section.note));
    let mut all = h("section.inspector-section").child(heading);
    if section.title == LEADER_STATE {
        all = all.child(peers(view));
    }
    all.child(fields(view, section.title))
}

/// `next_index` and `match_index` of each follower, with how far that is of the leader's log.
fn peers(view: RwSignal<InspectorView>) -> El {
    table("table.peers", &["node", "next_index", "match_index", "sends"], move |list| {
        for row in &view.read().peers {
            list.keep(row.node, || peer(view, row.node));
        }
    })
}

fn peer(view: RwSignal<InspectorView>, node: u32) -> El {
    let part = move |of: fn(&PeerRow) -> String| {
        move || view.read().peers.iter().find(|peer| peer.node == node).map(of).unwrap_or_default()
    };
    let held = svg("rect.peers-held")
        .set("height", "3")
        .bind("width", part(|peer| (100.0 * share(peer.match_index, peer.last_index)).to_string()));
    let bar = svg("svg")
        .attributes(&[("viewBox", "0 0 100 3"), ("preserveAspectRatio", "none"), ("aria-hidden", "true")])
        .child(svg("rect.peers-all").attributes(&[("width", "100"), ("height", "3")]))
        .child(held);
    // Whose knowledge it is: with another leader all is drawn anew.
    let own = view.read_untracked().node();
    let asking = move |cell: El, what, value| {
        let asked = move || own.map(|own| Asked { node: own, what });
        cell.child(changing(ask_button(asked), value))
    };
    let sends = part(|peer| match peer.inflight {
        0 => peer.mode.to_owned(),
        some => format!("{} · {some}", peer.mode),
    });
    h("tr")
        .child(h("th").set("scope", "row").text(format!("node-{node}")))
        .child(asking(h("td"), AskedField::NextIndex(node), part(|peer| peer.next_index.to_string())))
        .child(
            asking(
                h("td.peers-match"),
                AskedField::MatchIndex(node),
                part(|peer| peer.match_index.to_string()),
            )
            .child(bar),
        )
        .child(h("td").live(sends))
}

/// The sliders of a link, and its cut.
fn link_controls(view: RwSignal<InspectorView>, from: u32, to: u32) -> El {
    let wishes = use_wishes();
    let cut = move || view.read().link.is_some_and(|link| link.cut);
    let settings = move || {
        let link = view.read().link;
        link.map_or([0.0; 4], |link| [link.latency_ms.0, link.latency_ms.1, link.loss, link.duplicate])
    };
    let button = h("button")
        .live(move || if cut() { "Heal this direction" } else { "Cut this direction" })
        .on("click", move |_| {
            wishes.act(if untrack(cut) { Act::Heal { from, to } } else { Act::Cut { from, to } });
        });
    h("section.inspector-section.sliders").child(button).children(link_sliders(Some((from, to)), settings))
}

/// What led to an event, and what it led to.
fn related(view: RwSignal<InspectorView>) -> El {
    h("ul.related").each(move |list| {
        for line in &view.read().related {
            list.keep(format!("{} {} {}", line.event, line.how, line.text), || related_line(line));
        }
    })
}

fn related_line(line: &Related) -> El {
    h("li").child(h("small").text(line.how)).child(event_button(line.event, line.text.clone()))
}
