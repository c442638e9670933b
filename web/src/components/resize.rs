//! Watches the size of an element.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, ResizeObserver};

/// Calls `changed` with the width and height of the element, when it is first drawn and whenever they change.
pub fn watch_size(element: &Element, changed: impl Fn(f64, f64) + 'static) {
    let watched = element.clone();
    let callback = Closure::<dyn Fn()>::new(move || {
        let size = watched.get_bounding_client_rect();
        changed(size.width(), size.height());
    });
    // Where it cannot be watched, the stage keeps the size of its first guess.
    let Ok(observer) = ResizeObserver::new(callback.as_ref().unchecked_ref()) else {
        return;
    };
    observer.observe(element);
    let held = StoredValue::new_local((observer, callback));
    on_cleanup(move || held.with_value(|(observer, _)| observer.disconnect()));
}
