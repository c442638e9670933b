//! What moves: messages in flight and the rings of the election timers.
//!
//! They are placed once a frame, directly on their elements; no signal is involved. Elements are used again.

use std::collections::BTreeMap;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::super::shapes::{draw, pill_text};
use crate::model::{Face, Motion, PlacedFlight, Shape};
use crate::state::use_wishes;
use crate::wish::Selection;

const SVG: &str = "http://www.w3.org/2000/svg";
/// The id of the group that holds the messages.
const LAYER: &str = "messages";

/// The group that the messages are put in; a press on one selects it.
#[component]
pub fn Messages() -> impl IntoView {
    let wishes = use_wishes();
    let pressed = move |target: Option<web_sys::EventTarget>| {
        let id = target
            .and_then(|target| target.dyn_into::<Element>().ok())
            .and_then(|target| target.closest("[data-message]").ok().flatten())
            .and_then(|message| message.get_attribute("data-message")?.parse().ok());
        if let Some(id) = id {
            wishes.select(Selection::Message(id));
        }
    };
    view! {
        <g
            id=LAYER
            class="messages"
            on:pointerdown=move |event| pressed(event.target())
            on:click=move |event| pressed(event.target())
        ></g>
    }
}

/// Places what moves.
#[derive(Default)]
pub struct Movers {
    layer: Option<Element>,
    shown: BTreeMap<u64, Shown>,
    /// Elements that show nothing now.
    free: Vec<Shown>,
    frame: u64,
}

/// A message's element.
struct Shown {
    element: Element,
    shape: Option<(Shape, Option<u8>)>,
    motion: Motion,
    frame: u64,
}

impl Movers {
    /// Moves every message to its place. `face_of` says what a message looks like; it is asked once for each.
    pub fn place(&mut self, flights: &[PlacedFlight], scale: f64, face_of: impl Fn(u64) -> Option<Face>) {
        let Some(layer) = self.layer() else { return };
        self.frame += 1;
        let frame = self.frame;
        for flight in flights {
            if !self.shown.contains_key(&flight.id) {
                let Some(face) = face_of(flight.id) else { continue };
                let shown = self.free.pop().or_else(|| Shown::new(&layer));
                let Some(mut shown) = shown else { continue };
                shown.show(flight.id, &face);
                self.shown.insert(flight.id, shown);
            }
            if let Some(shown) = self.shown.get_mut(&flight.id) {
                shown.frame = frame;
                shown.place(flight, scale);
            }
        }
        let gone: Vec<u64> =
            self.shown.iter().filter(|(_, shown)| shown.frame != frame).map(|(id, _)| *id).collect();
        for id in gone {
            if let Some(shown) = self.shown.remove(&id) {
                shown.hide();
                self.free.push(shown);
            }
        }
    }

    /// Turns the ring of a node's election timer to what is left, 0.0 to 1.0.
    pub fn turn_timer(&self, node: u32, left: f64) {
        if let Some(ring) = document().get_element_by_id(&format!("timer-{node}")) {
            put(&ring, "stroke-dasharray", &format!("{:.1} 100", left * 100.0));
        }
    }

    /// The messages' group, which may have been made anew.
    fn layer(&mut self) -> Option<Element> {
        if !self.layer.as_ref().is_some_and(|layer| layer.is_connected()) {
            self.shown.clear();
            self.free.clear();
            self.layer = document().get_element_by_id(LAYER);
        }
        self.layer.clone()
    }
}

impl Shown {
    fn new(layer: &Element) -> Option<Shown> {
        let element = document().create_element_ns(Some(SVG), "g").ok()?;
        layer.append_child(&element).ok()?;
        for (name, value) in [("class", "message"), ("role", "button"), ("tabindex", "-1")] {
            put(&element, name, value);
        }
        Some(Shown { element, shape: None, motion: Motion::Flying, frame: 0 })
    }

    fn show(&mut self, id: u64, face: &Face) {
        let look = Some((face.shape.clone(), face.hue));
        if self.shape != look {
            self.element.set_inner_html(&draw(&face.shape));
            if let (Some(words), Ok(Some(text))) =
                (pill_text(&face.shape), self.element.query_selector("text"))
            {
                // As text, never as markup: the words are a person's.
                text.set_text_content(Some(words));
            }
            self.shape = look;
        }
        match face.hue {
            Some(hue) => put(&self.element, "data-hue", &hue.to_string()),
            None => drop_attribute(&self.element, "data-hue"),
        }
        for (name, value) in [
            ("data-message", id.to_string().as_str()),
            ("data-kind", face.kind),
            ("data-from", &face.from),
            ("data-to", &face.to),
            ("aria-label", &face.label),
            ("data-motion", motion_name(Motion::Flying)),
        ] {
            put(&self.element, name, value);
        }
        self.motion = Motion::Flying;
        drop_attribute(&self.element, "display");
    }

    fn place(&mut self, flight: &PlacedFlight, scale: f64) {
        let place = format!("translate({:.1} {:.1}) scale({scale:.2})", flight.x, flight.y);
        put(&self.element, "transform", &place);
        if self.motion != flight.motion {
            self.motion = flight.motion;
            put(&self.element, "data-motion", motion_name(flight.motion));
        }
    }

    fn hide(&self) {
        put(&self.element, "display", "none");
        drop_attribute(&self.element, "data-message");
    }
}

fn motion_name(motion: Motion) -> &'static str {
    match motion {
        Motion::Flying => "flying",
        Motion::Held => "held",
        Motion::Lost => "lost",
    }
}

/// The names are constants and the values plain text: the browser refuses neither.
fn put(element: &Element, name: &str, value: &str) {
    let _ = element.set_attribute(name, value);
}

fn drop_attribute(element: &Element, name: &str) {
    let _ = element.remove_attribute(name);
}
