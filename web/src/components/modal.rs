//! A dialog that covers the page while it is open.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlDialogElement;

use crate::dom::{El, effect, h};

/// A dialog, open while `open` is true. What is in it is built anew each time.
pub(super) fn modal(
    name: &'static str,
    title: &'static str,
    open: RwSignal<bool>,
    contents: fn() -> El,
) -> El {
    let close = h("button.square")
        .attributes(&[("type", "button"), ("aria-label", "Close")])
        .text("✕")
        .on("click", move |_| open.set(false));
    let title_id = [name, "-title"].concat();
    let header = h("header").child(h("h2").set("id", title_id.clone()).text(title)).child(close);
    let modal = h("dialog.help")
        .set("id", name)
        .set("aria-labelledby", title_id)
        .on("close", move |_| open.set(false))
        .on("click", move |event| {
            // The backdrop belongs to the dialog; everything else is in the box inside.
            if event.target() == event.current_target() {
                open.set(false);
            }
        })
        .child(h("div.help-box").child(header).when(move || open.get(), contents));
    let dialog = modal.element().clone().unchecked_into::<HtmlDialogElement>();
    effect(Box::new(move || {
        let wanted = open.get();
        if wanted && !dialog.open() {
            // Refused only where the dialog is not in the document.
            let _ = dialog.show_modal();
        } else if !wanted && dialog.open() {
            dialog.close();
        }
    }));
    modal
}
