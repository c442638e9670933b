//! The fields of the inspector, each marked for a moment when its value changes.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::*;

use crate::dom::{El, h};
use crate::model::{InspectorView, hue};
use crate::state::use_wishes;
use crate::wish::{Asked, Follow, Wish};

/// The fields of a section: the name of each, and its value after it.
pub(super) fn fields(view: RwSignal<InspectorView>, section: &'static str) -> El {
    h("dl").each(move |list| {
        let view_now = view.read();
        let now = view_now.sections.iter().find(|candidate| candidate.title == section);
        for (place, field) in now.into_iter().flat_map(|now| now.fields.iter().enumerate()) {
            let key = format!("{place} {}", field.name);
            list.keep(format!("{key}:"), || name(view, section, place, &field.name));
            list.keep(key, || value(view, section, place));
        }
    })
}

/// The name of a field; of one that can be asked, a button that leads to the event that last changed it.
fn name(view: RwSignal<InspectorView>, section: &'static str, place: usize, name: &str) -> El {
    let asked = move || view.read_untracked().field(section, place).and_then(|field| field.asks);
    match asked() {
        Some(_) => h("dt").child(ask_button(asked).text(name.to_owned())),
        None => h("dt").text(name.to_owned()),
    }
}

/// A button that leads to the event that last changed what is asked.
pub(super) fn ask_button(asked: impl Fn() -> Option<Asked> + 'static) -> El {
    let wishes = use_wishes();
    h("button.ask")
        .attributes(&[("type", "button"), ("title", "Why? See the event that last changed it")])
        .on("click", move |_| {
            if let Some(asked) = asked() {
                wishes.send(Wish::Follow(Follow::Field(asked)));
            }
        })
}

fn value(view: RwSignal<InspectorView>, section: &'static str, place: usize) -> El {
    let term = move || view.read().field(section, place).and_then(|field| field.term).and_then(hue);
    changing(h("dd").bind("data-hue", term), move || {
        view.read().field(section, place).map(|field| field.value.clone()).unwrap_or_default()
    })
}

/// Adds a value to an element, and marks the element when the value changes.
pub(super) fn changing(el: El, value: impl Fn() -> String + 'static) -> El {
    let value: Rc<dyn Fn() -> String> = Rc::new(value);
    el.bind("data-changed", change_mark(value.clone())).live(move || value())
}

/// `data-changed` of an element that shows this value: it is another one after each change, so that the mark's
/// animation begins anew every time.
fn change_mark(value: Rc<dyn Fn() -> String>) -> impl Fn() -> Option<&'static str> {
    let changes = RefCell::new((None, 0_u32));
    move || {
        let now = Some(value());
        let (shown, times) = &mut *changes.borrow_mut();
        if shown.is_some() && *shown != now {
            *times += 1;
        }
        *shown = now;
        match *times {
            0 => None,
            times if times % 2 == 1 => Some("odd"),
            _ => Some("even"),
        }
    }
}
