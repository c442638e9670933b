//! What tests of components stand on: a place in the document, and the contexts.
#![allow(dead_code, reason = "each file of tests is a crate of its own and uses its own part")]

use js_sys::{Array, Function, Object, Reflect, global};
use leptos::mount::mount_to;
use leptos::prelude::*;
use mini_raft_web::dom::El;
use mini_raft_web::state::{Choices, Wishes, World};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement};

/// A view in the document, with the contexts that it was given.
pub(crate) struct Stand {
    pub(crate) place: Element,
    pub(crate) wishes: Wishes,
}

impl Stand {
    /// Mounts a view with fresh contexts; it stays for as long as the test runs.
    pub(crate) fn new(view: impl FnOnce() -> El + 'static) -> Stand {
        let place = document().create_element("div").expect("a div");
        document().body().expect("a body").append_child(&place).expect("it is put there");
        let owner = Owner::new();
        let (wishes, world) = owner.with(|| (Wishes::new(), World::new()));
        let parent = place.clone();
        let mounted = mount_to(place.clone().unchecked_into(), move || {
            provide_context(wishes);
            provide_context(world);
            provide_context(Choices::new());
            view().mount(&parent);
        });
        mounted.forget();
        // The signals live as long as the page does.
        std::mem::forget(owner);
        Stand { place, wishes }
    }

    /// The first element that matches.
    pub(crate) fn find(&self, selector: &str) -> Element {
        let found = self.place.query_selector(selector).expect("a selector");
        found.unwrap_or_else(|| panic!("no {selector} in {}", self.place.inner_html()))
    }

    /// How many elements match.
    pub(crate) fn count(&self, selector: &str) -> u32 {
        self.place.query_selector_all(selector).expect("a selector").length()
    }

    /// The button of this name.
    pub(crate) fn button(&self, name: &str) -> HtmlElement {
        let buttons = self.place.query_selector_all("button").expect("a selector");
        let named = |element: &HtmlElement| {
            element.get_attribute("aria-label").or_else(|| element.text_content()).as_deref().map(str::trim)
                == Some(name)
        };
        (0..buttons.length())
            .filter_map(|at| buttons.get(at)?.dyn_into::<HtmlElement>().ok())
            .find(named)
            .unwrap_or_else(|| panic!("no button {name} in {}", self.place.inner_html()))
    }

    /// Clicks what matches, as a pointer does: once.
    pub(crate) fn click_by_pointer(&self, selector: &str) {
        let init = Object::new();
        for (name, value) in [("detail", 1.into()), ("bubbles", JsValue::TRUE), ("cancelable", JsValue::TRUE)]
        {
            Reflect::set(&init, &name.into(), &value).expect("a field");
        }
        self.find(selector).dispatch_event(&make("MouseEvent", "click", &init)).expect("it is dispatched");
    }

    /// Clicks what matches, as a key does.
    pub(crate) fn click(&self, selector: &str) {
        let event = web_sys::MouseEvent::new("click").expect("an event");
        event.init_mouse_event_with_can_bubble_arg_and_cancelable_arg("click", true, true);
        self.find(selector).dispatch_event(&event).expect("it is dispatched");
    }

    /// Sends an event of this name to what matches.
    pub(crate) fn send(&self, selector: &str, name: &str) {
        send(&self.find(selector), name);
    }

    /// Presses a key on what matches.
    pub(crate) fn press(&self, selector: &str, key: &str) {
        let init = Object::new();
        let fields: [(&str, JsValue); 3] =
            [("key", key.into()), ("bubbles", true.into()), ("cancelable", true.into())];
        for (name, value) in fields {
            Reflect::set(&init, &name.into(), &value).expect("a field");
        }
        self.find(selector)
            .dispatch_event(&make("KeyboardEvent", "keydown", &init))
            .expect("it is dispatched");
    }
}

/// Makes an event. web-sys knows the parameters of these constructors only with features that the page does not need.
fn make(class: &str, name: &str, init: &Object) -> web_sys::Event {
    let constructor = Reflect::get(&global(), &class.into()).expect("a browser");
    let event = Reflect::construct(constructor.unchecked_ref::<Function>(), &Array::of2(&name.into(), init));
    event.expect("an event").unchecked_into()
}

/// Sends an event of this name to an element.
pub(crate) fn send(element: &Element, name: &str) {
    let event = web_sys::Event::new(name).expect("an event");
    event.init_event_with_bubbles(name, true);
    element.dispatch_event(&event).expect("it is dispatched");
}

/// An attribute that must be there.
pub(crate) fn attribute(element: &Element, name: &str) -> String {
    element.get_attribute(name).unwrap_or_else(|| panic!("no {name} on {}", element.outer_html()))
}

/// Waits until the signals have reached the document.
pub(crate) async fn settled() {
    leptos::task::tick().await;
}
