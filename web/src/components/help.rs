//! The help: what this is, what to try, how things are drawn, and all keys.

use leptos::html;
use leptos::prelude::*;

use crate::state::use_choices;
use crate::text::help::{KEYS, LEGEND, TRY};

/// A dialog, open while `choices.help_open` is true.
#[component]
pub fn Help() -> impl IntoView {
    let open = use_choices().help_open;
    let dialog: NodeRef<html::Dialog> = NodeRef::new();
    Effect::new(move |_| {
        let wanted = open.get();
        let Some(dialog) = dialog.get() else { return };
        if wanted && !dialog.open() {
            // Refused only where the dialog is not in the document.
            let _ = dialog.show_modal();
        } else if !wanted && dialog.open() {
            dialog.close();
        }
    });
    let on_click = move |event: leptos::ev::MouseEvent| {
        // The backdrop belongs to the dialog; everything else is in the box inside.
        let on_backdrop = event
            .target()
            .is_some_and(|target| dialog.get_untracked().is_some_and(|it| target == *it.as_ref()));
        if on_backdrop {
            open.set(false);
        }
    };
    view! {
        <dialog
            class="help"
            node_ref=dialog
            aria-labelledby="help-title"
            on:close=move |_| open.set(false)
            on:click=on_click
        >
            <div class="help-box">
                <header>
                    <h2 id="help-title">"How to use this laboratory"</h2>
                    <button type="button" class="square" aria-label="Close" on:click=move |_| open.set(false)>
                        "✕"
                    </button>
                </header>
                <div class="help-scroll" tabindex="0" data-scrolls="">
                    <p>
                        "Five servers run the Raft consensus algorithm on a simulated network, in your browser. "
                        "They agree on one log of commands although any server and any link may fail. "
                        "You can break all of it; nothing here can be damaged."
                    </p>
                    <h3>"Try this"</h3>
                    <ol>{TRY.iter().map(|line| view! { <li>{*line}</li> }).collect_view()}</ol>
                    <h3>"What you see"</h3>
                    <dl class="help-legend">
                        {LEGEND
                            .iter()
                            .map(|(what, means)| {
                                view! {
                                    <dt>{*what}</dt>
                                    <dd>{*means}</dd>
                                }
                            })
                            .collect_view()}
                    </dl>
                    <h3>"Keys"</h3>
                    <table class="help-keys">
                        <tbody>
                            {KEYS
                                .iter()
                                .map(|(keys, does)| {
                                    view! {
                                        <tr>
                                            <th scope="row">
                                                {keys.iter().map(|key| view! { <kbd>{*key}</kbd> " " }).collect_view()}
                                            </th>
                                            <td>{*does}</td>
                                        </tr>
                                    }
                                })
                                .collect_view()}
                        </tbody>
                    </table>
                </div>
            </div>
        </dialog>
    }
    .into_any()
}
