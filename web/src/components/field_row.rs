//! A name and a value, marked for a moment when the value changes.

use leptos::prelude::*;

use crate::model::{InspectorView, hue};

/// One field of a section of the inspector.
#[component]
pub fn FieldRow(
    /// The inspector.
    view: Signal<InspectorView>,
    /// The title of the section.
    section: &'static str,
    /// The field's place in it, from 0.
    place: usize,
    /// The field's name.
    name: String,
) -> impl IntoView {
    let field = Memo::new(move |_| view.with(|view| view.field(section, place).cloned()));
    let value = Memo::new(move |_| {
        field.with(|field| field.as_ref().map(|field| field.value.clone())).unwrap_or_default()
    });
    let term = move || field.with(|field| field.as_ref().and_then(|field| field.term));
    let mark = change_mark(value);
    view! {
        <dt>{name}</dt>
        <dd data-hue=move || term().map(hue) data-changed=mark>
            {move || value.get()}
        </dd>
    }
}

/// `data-changed` of an element that shows this value: it is another one after each change, so that the mark's
/// animation begins anew every time.
pub(super) fn change_mark<T: Clone + PartialEq + Send + Sync + 'static>(
    value: Memo<T>,
) -> Signal<Option<&'static str>> {
    let changes = Memo::new(move |before: Option<&(T, u32)>| {
        let now = value.get();
        match before {
            None => (now, 0),
            Some((shown, times)) if *shown == now => (now, *times),
            Some((_, times)) => (now, times + 1),
        }
    });
    Signal::derive(move || {
        changes.with(|(_, times)| match times {
            0 => None,
            times if times % 2 == 1 => Some("odd"),
            _ => Some("even"),
        })
    })
}
