//! Elements of the page, bound to Leptos's signals.
//!
//! Leptos's own `view!` gives every element, attribute and list a type, and so machine code of its own: for this page
//! that was half of its weight. Here every element is an [`El`], every binding one boxed closure in a render effect
//! of Leptos, and every list a [`List`]; what can change is owned by Leptos's owners and goes with them.
//! `docs/architecture.md` has the numbers.
//!
//! ```ignore
//! h("li.metric")
//!     .set("data-name", name)
//!     .bind("data-hue", move || hue(term.get()))
//!     .child(h("b").live(move || value.get()))
//!     .on("click", move |_| wishes.send(Wish::Play))
//! ```

mod list;
mod show;

use std::borrow::Cow;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, Event, EventTarget, HtmlElement, HtmlInputElement};

pub use self::list::List;
pub use self::show::Show;

/// The namespace of SVG.
pub const SVG: &str = "http://www.w3.org/2000/svg";

/// An element of the page. Its methods take it and give it back, so that they can be written one after the other.
#[derive(Clone, Debug)]
pub struct El(Element);

/// An HTML element, by its tag and classes: `h("div.panel.wide")`.
pub fn h(selector: &str) -> El {
    make(None, selector)
}

/// An SVG element, by its tag and classes: `svg("g.node")`.
pub fn svg(selector: &str) -> El {
    make(Some(SVG), selector)
}

fn make(namespace: Option<&str>, selector: &str) -> El {
    let mut parts = selector.split('.');
    let tag = parts.next().unwrap_or_default();
    let element =
        document().create_element_ns(Some(namespace.unwrap_or("http://www.w3.org/1999/xhtml")), tag);
    let el = El(element.expect("a tag is a constant, and a name"));
    let classes = parts.collect::<Vec<_>>();
    if classes.is_empty() { el } else { el.set("class", classes.join(" ")) }
}

impl El {
    /// The element itself.
    pub fn element(&self) -> &Element {
        &self.0
    }

    /// The element as HTML's, for what only those can: focus, popovers, scrolling.
    pub fn html(&self) -> &HtmlElement {
        self.0.unchecked_ref()
    }

    /// Puts the element at the end of `parent`.
    pub fn mount(self, parent: &Element) {
        append(parent, &self.0);
    }

    // --- Attributes ----------------------------------------------------------------------------------------

    /// Sets an attribute for good.
    pub fn set(self, name: &'static str, value: impl Show) -> El {
        put(&self.0, name, value.show().as_deref());
        self
    }

    /// Sets several attributes for good.
    pub fn attributes(self, all: &[(&'static str, &'static str)]) -> El {
        for (name, value) in all {
            put(&self.0, name, Some(value));
        }
        self
    }

    /// Keeps an attribute at what `value` says; with `None` there is none.
    pub fn bind<T: Show>(self, name: &'static str, value: impl Fn() -> T + 'static) -> El {
        let element = self.0.clone();
        keep(Box::new(move || value().show()), Box::new(move |value| put(&element, name, value)));
        self
    }

    /// Keeps a boolean attribute (`hidden`, `disabled`) there while `on` says so.
    pub fn flag(self, name: &'static str, on: impl Fn() -> bool + 'static) -> El {
        self.bind(name, move || on().then_some(""))
    }

    /// Keeps a property of the element's style at what `value` says.
    pub fn style<T: Show>(self, name: &'static str, value: impl Fn() -> T + 'static) -> El {
        let element = self.0.clone();
        keep(
            Box::new(move || value().show()),
            Box::new(move |value| {
                let style = element.unchecked_ref::<HtmlElement>().style();
                // The browser ignores what it does not understand.
                let _ = style.set_property(name, value.unwrap_or_default());
            }),
        );
        self
    }

    /// Keeps the value of an input or a select at what `value` says. Add the options first.
    pub fn value<T: Show>(self, value: impl Fn() -> T + 'static) -> El {
        let element = self.0.clone();
        // What a person types is not known here, so the field itself is asked what it shows.
        effect(Box::new(move || {
            let value = value().show().unwrap_or_default();
            // Select elements have the same property.
            let field = element.unchecked_ref::<HtmlInputElement>();
            if field.value() != value {
                field.set_value(&value);
            }
        }));
        self
    }

    /// Keeps a checkbox at what `on` says.
    pub fn checked(self, on: impl Fn() -> bool + 'static) -> El {
        let element = self.0.clone();
        effect(Box::new(move || element.unchecked_ref::<HtmlInputElement>().set_checked(on())));
        self
    }

    // --- What is in it -------------------------------------------------------------------------------------

    /// Adds a text for good.
    pub fn text(self, text: impl Show) -> El {
        if let Some(text) = text.show() {
            append(&self.0, &document().create_text_node(&text));
        }
        self
    }

    /// Adds a text that follows what `text` says.
    pub fn live<T: Show>(self, text: impl Fn() -> T + 'static) -> El {
        let node = document().create_text_node("");
        append(&self.0, &node);
        keep(Box::new(move || text().show()), Box::new(move |text| node.set_data(text.unwrap_or_default())));
        self
    }

    /// Fills the element with markup that is written in the program: no other word can get here.
    pub fn markup(self, markup: &'static str) -> El {
        self.0.set_inner_html(markup);
        self
    }

    /// Adds an element.
    pub fn child(self, child: El) -> El {
        append(&self.0, &child.0);
        self
    }

    /// Adds elements.
    pub fn children(self, children: impl IntoIterator<Item = El>) -> El {
        for child in children {
            append(&self.0, &child.0);
        }
        self
    }

    /// Adds elements that come and go: see [`List`].
    pub fn each(self, fill: impl FnMut(&mut List) + 'static) -> El {
        List::start(&self.0, Box::new(fill));
        self
    }

    /// Adds an element while `on` says so; it is built anew each time.
    pub fn when(self, on: impl Fn() -> bool + 'static, build: impl Fn() -> El + 'static) -> El {
        self.each(move |list| {
            if on() {
                list.keep("", &build);
            }
        })
    }

    // --- Events --------------------------------------------------------------------------------------------

    /// Calls `handle` at each event of this name, for as long as the element is part of the page.
    pub fn on(self, name: &'static str, handle: impl Fn(Event) + 'static) -> El {
        listen(&self.0, name, Box::new(handle));
        self
    }

    /// Calls `handle` with what the event brought, if it is of that kind: `on_event::<KeyboardEvent>("keydown", …)`.
    pub fn on_event<E: JsCast>(self, name: &'static str, handle: impl Fn(&E) + 'static) -> El {
        self.on(name, move |event| {
            if let Some(event) = event.dyn_ref::<E>() {
                handle(event);
            }
        })
    }
}

/// What the input or the select that an event came from holds.
pub fn input_of(event: &Event) -> String {
    // Select elements have the same property.
    event.target().map(|target| target.unchecked_into::<HtmlInputElement>().value()).unwrap_or_default()
}

/// Runs `run` now, and again after each change of a signal that it read, until the owner goes.
pub fn effect(mut run: Box<dyn FnMut()>) {
    let effect = RenderEffect::new(move |_: Option<()>| run());
    on_cleanup(move || drop(effect));
}

/// Says what is to be shown.
type Value = Box<dyn Fn() -> Option<Cow<'static, str>>>;

/// Shows it.
type Display = Box<dyn Fn(Option<&str>)>;

/// Shows what `value` says, where it differs from what is shown.
fn keep(value: Value, show: Display) {
    let mut shown = None;
    effect(Box::new(move || {
        let now = value();
        if now != shown {
            show(now.as_deref());
            shown = now;
        }
    }));
}

/// Calls `handle` at each event of this name, until the owner goes.
pub fn listen(target: &EventTarget, name: &'static str, handle: Box<dyn Fn(Event)>) {
    let closure = Closure::wrap(handle);
    // Refused only for a handler that is none.
    let _ = target.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
    let target = target.clone();
    let held = StoredValue::new_local((target, closure));
    on_cleanup(move || {
        held.with_value(|(target, closure)| {
            let _ = target.remove_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
        });
        held.dispose();
    });
}

/// Sets an attribute, or takes it away. The names are constants and the values plain text: the browser refuses
/// neither.
pub(crate) fn put(element: &Element, name: &str, value: Option<&str>) {
    let _ = match value {
        Some(value) => element.set_attribute(name, value),
        None => element.remove_attribute(name),
    };
}

/// A new node has no place that it could be refused for.
fn append(parent: &Element, child: &web_sys::Node) {
    let _ = parent.append_child(child);
}
