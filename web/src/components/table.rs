//! A table whose rows come and go.

use crate::dom::{El, List, h};

/// A table with these columns; `rows` says which rows there are.
pub(super) fn table(selector: &str, columns: &[&'static str], rows: impl FnMut(&mut List) + 'static) -> El {
    let head = h("tr").children(columns.iter().map(|column| h("th").set("scope", "col").text(*column)));
    h(selector).child(h("thead").child(head)).child(h("tbody").each(rows))
}
