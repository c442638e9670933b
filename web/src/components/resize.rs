//! Watches the size of an element.

use leptos::html::ElementType;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, ResizeObserver};

/// Calls `changed` with the width and height of the element, now and whenever they change.
pub fn watch_size<E>(place: NodeRef<E>, changed: impl Fn(f64, f64) + 'static)
where
    E: ElementType + 'static,
    E::Output: JsCast + Clone + AsRef<Element> + 'static,
{
    let measure = move || {
        if let Some(element) = place.get_untracked() {
            let size = AsRef::<Element>::as_ref(&element).get_bounding_client_rect();
            changed(size.width(), size.height());
        }
    };
    let callback = Closure::<dyn Fn()>::new(measure);
    // Where it cannot be watched, the stage keeps the size of its first guess.
    let Ok(observer) = ResizeObserver::new(callback.as_ref().unchecked_ref()) else {
        return;
    };
    let held = StoredValue::new_local((observer, callback));
    Effect::new(move |_| {
        if let Some(element) = place.get() {
            held.with_value(|(observer, _)| observer.observe(AsRef::<Element>::as_ref(&element)));
        }
    });
    on_cleanup(move || held.with_value(|(observer, _)| observer.disconnect()));
}
