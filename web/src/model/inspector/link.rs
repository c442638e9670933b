//! One direction of a link.

use mini_raft_core::raft::NodeId;
use mini_raft_core::sim::{Endpoint, World};

use super::{Field, InspectorView, LinkSettings, Past, Related, Section};
use crate::model::causes::cut_of;
use crate::text;

/// The link, or nothing if there is none between such nodes.
pub(super) fn view(world: &World, past: Past, from: NodeId, to: NodeId) -> Option<InspectorView> {
    let link = world.network().link(from, to).filter(|_| from != to)?;
    let under_way = world
        .flights()
        .filter(|flight| flight.from == Endpoint::Node(from) && flight.to == Endpoint::Node(to))
        .map(|flight| Field::new(format!("message {}", flight.id), text::message_name(&flight.payload)))
        .collect::<Vec<_>>();
    let sections = if under_way.is_empty() {
        Vec::new()
    } else {
        vec![Section { title: "Under way", note: "", fields: under_way }]
    };
    Some(InspectorView {
        title: format!("{from} → {to}"),
        heading: if link.cut { "Cut: it drops everything" } else { "Works" }.to_owned(),
        link: Some(LinkSettings {
            from: from.0,
            to: to.0,
            cut: link.cut,
            latency_ms: (link.latency.0.as_millis_f64(), link.latency.1.as_millis_f64()),
            loss: link.loss,
            duplicate: link.duplicate,
        }),
        sections,
        related: cut_of(past, from, to)
            .filter(|_| link.cut)
            .map(|event| Related { event: event.seq, how: "Cut by", text: text::event(event) })
            .into_iter()
            .collect(),
        ..InspectorView::default()
    })
}
