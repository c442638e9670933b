//! What moves: messages in flight and the rings of the election timers.
//!
//! They are placed once a frame, directly on their elements; no signal is involved. Elements are used again.

use leptos::prelude::*;
use web_sys::{Element, Event};

use super::super::focus::target_of;
use super::super::shapes::{draw, pill_text};
use crate::dom::{El, put, svg};
use crate::model::{Face, Motion, PlacedFlight, Shape};
use crate::state::use_wishes;
use crate::text::number::fill;
use crate::wish::Selection;

/// The id of the group that holds the messages.
const LAYER: &str = "messages";

/// The group that the messages are put in; a press on one selects it.
pub fn messages() -> El {
    let wishes = use_wishes();
    let press = move |event: Event| {
        let id = target_of(&event)
            .and_then(|target| target.closest("[data-message]").ok().flatten())
            .and_then(|message| message.get_attribute("data-message")?.parse().ok());
        if let Some(id) = id {
            wishes.select(Selection::Message(id));
        }
    };
    svg("g.messages").set("id", LAYER).on("pointerdown", press).on("click", press)
}

/// Places what moves.
#[derive(Default)]
pub struct Movers {
    layer: Option<Element>,
    /// By id.
    shown: Vec<Shown>,
    /// Elements that show nothing now.
    free: Vec<Shown>,
    frame: u64,
    /// The rings of the election timers, by node.
    rings: Vec<Ring>,
}

/// The ring of a node's election timer.
#[derive(Default)]
struct Ring {
    element: Option<Element>,
    /// How it is turned.
    turned: String,
}

/// A message's element.
struct Shown {
    id: u64,
    element: Element,
    shape: Option<Shape>,
    motion: Motion,
    selected: bool,
    frame: u64,
    /// Where it stands: messages that are kept back, or lost, stay there.
    place: String,
}

impl Movers {
    /// Moves every message to its place. `face_of` says what a message looks like; it is asked once for each.
    pub fn place(
        &mut self,
        flights: &[PlacedFlight],
        scale: f64,
        selected: Option<u64>,
        face_of: impl Fn(u64) -> Option<Face>,
    ) {
        let Some(layer) = self.layer() else { return };
        self.frame += 1;
        for flight in flights {
            if let Ok(place) = self.find(flight.id) {
                self.shown[place].frame = self.frame;
            }
        }
        // The elements of those that are gone are free for those that are new.
        self.free_all_but(self.frame);
        for flight in flights {
            let place = match self.find(flight.id) {
                Ok(place) => place,
                Err(place) => {
                    let Some(face) = face_of(flight.id) else { continue };
                    let mut shown = self.free_for(&face.shape).unwrap_or_else(|| Shown::new(&layer));
                    shown.frame = self.frame;
                    shown.show(flight.id, face);
                    self.shown.insert(place, shown);
                    place
                }
            };
            let shown = &mut self.shown[place];
            shown.place(flight, scale);
            shown.select(selected == Some(flight.id));
        }
    }

    /// Turns the ring of a node's election timer to what is left, 0.0 to 1.0.
    pub fn turn_timer(&mut self, node: u32, left: f64) {
        let place = node as usize;
        if self.rings.len() <= place {
            self.rings.resize_with(place + 1, Ring::default);
        }
        self.rings[place].turn(node, left);
    }

    /// Where the message of this id is, or belongs.
    fn find(&self, id: u64) -> Result<usize, usize> {
        self.shown.binary_search_by_key(&id, |shown| shown.id)
    }

    fn free_all_but(&mut self, frame: u64) {
        for shown in self.shown.extract_if(.., |shown| shown.frame != frame) {
            shown.hide();
            self.free.push(shown);
        }
    }

    /// An element that shows nothing, best one that had this shape.
    fn free_for(&mut self, shape: &Shape) -> Option<Shown> {
        let fitting = self.free.iter().position(|shown| shown.shape.as_ref() == Some(shape));
        match fitting {
            Some(place) => Some(self.free.swap_remove(place)),
            None => self.free.pop(),
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

impl Ring {
    /// A ring that stays as it is costs the browser nothing: leaders have none that runs.
    fn turn(&mut self, node: u32, left: f64) {
        if !self.element.as_ref().is_some_and(|ring| ring.is_connected()) {
            // It is not there yet, or was made anew.
            self.element = document().get_element_by_id(&format!("timer-{node}"));
            self.turned.clear();
        }
        let Some(element) = &self.element else { return };
        let turned = fill("%1 100", &[left * 100.0]);
        if self.turned != turned {
            put(element, "stroke-dasharray", Some(&turned));
            self.turned = turned;
        }
    }
}

impl Shown {
    fn new(layer: &Element) -> Shown {
        let el = svg("g.message").attributes(&[("role", "button"), ("tabindex", "-1")]);
        let element = el.element().clone();
        el.mount(layer);
        Shown {
            id: 0,
            element,
            shape: None,
            motion: Motion::Flying,
            selected: false,
            frame: 0,
            place: String::new(),
        }
    }

    fn show(&mut self, id: u64, face: Face) {
        self.id = id;
        if self.shape.as_ref() != Some(&face.shape) {
            self.element.set_inner_html(&draw(&face.shape));
            if let (Some(words), Ok(Some(text))) =
                (pill_text(&face.shape), self.element.query_selector("text"))
            {
                // As text, never as markup: the words are a person's.
                text.set_text_content(Some(words));
            }
            self.shape = Some(face.shape);
        }
        put(&self.element, "data-hue", face.hue.map(|hue| hue.to_string()).as_deref());
        for (name, value) in [
            ("data-message", id.to_string().as_str()),
            ("data-kind", face.kind),
            ("data-from", &face.from),
            ("data-to", &face.to),
            ("aria-label", &face.label),
            ("data-motion", motion_name(Motion::Flying)),
        ] {
            put(&self.element, name, Some(value));
        }
        self.motion = Motion::Flying;
        put(&self.element, "display", None);
    }

    fn place(&mut self, flight: &PlacedFlight, scale: f64) {
        let place = fill("translate(%1 %1) scale(%2)", &[flight.x, flight.y, scale]);
        if self.place != place {
            put(&self.element, "transform", Some(&place));
            self.place = place;
        }
        if self.motion != flight.motion {
            self.motion = flight.motion;
            put(&self.element, "data-motion", Some(motion_name(flight.motion)));
        }
    }

    fn select(&mut self, selected: bool) {
        if self.selected != selected {
            self.selected = selected;
            put(&self.element, "data-selected", Some(if selected { "true" } else { "false" }));
        }
    }

    fn hide(&self) {
        put(&self.element, "display", Some("none"));
        for name in ["data-message", "data-kind", "data-from", "data-to"] {
            put(&self.element, name, None);
        }
    }
}

fn motion_name(motion: Motion) -> &'static str {
    match motion {
        Motion::Flying => "flying",
        Motion::Held => "held",
        Motion::Lost => "lost",
    }
}
