//! What the browser does for the page: `web/assets/outside.js`. It is a script, because there each of these is a line
//! or two, and as wasm a kilobyte.

use leptos::prelude::window;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::Element;

#[wasm_bindgen]
extern "C" {
    /// Lets the reader save a file.
    #[wasm_bindgen(js_namespace = outside)]
    pub fn download(name: &str, kind: &str, text: &str);

    /// Copies what a field holds, and says so in `status`.
    #[wasm_bindgen(js_namespace = outside)]
    pub fn copy(field: &Element, status: &Element);

    /// Saves a drawing of the page, as `svg` or as `png`.
    #[wasm_bindgen(js_namespace = outside)]
    pub fn picture(selector: &str, kind: &str);

    /// The name of the file that was opened last; the window's event `mini-raft-file` tells of it.
    #[wasm_bindgen(js_namespace = outside, js_name = openedName)]
    pub fn opened_name() -> String;

    /// What is in it.
    #[wasm_bindgen(js_namespace = outside, js_name = openedText)]
    pub fn opened_text() -> String;

    /// Gives an element the focus.
    #[wasm_bindgen(js_namespace = outside)]
    pub fn focus(element: &Element);

    /// Shows these panels only; with an empty text, all.
    #[wasm_bindgen(js_namespace = outside)]
    pub fn embed(panels: &str);
}

/// The page's address, up to the `#`.
pub fn address() -> String {
    let address = window().location().href().unwrap_or_default();
    address.split('#').next().unwrap_or_default().to_owned()
}

/// What stands behind the `#` of the page's address.
pub fn fragment() -> String {
    window().location().hash().unwrap_or_default()
}
